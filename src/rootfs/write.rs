//! Carries out a plan: in which order what is written, whoever it is that writes.

use std::io::{BufRead, Read as _};
use std::thread;

use anyhow::{Context as _, Result};

use super::Layer;
use super::ahead::Ahead;
use super::limits::Stop;
use super::plan::{Plan, Planned};
use super::tree::Inode;
use crate::tarball::{Content, Meta};

/// Where a root filesystem is written. Paths come without a slash before or behind; that of the root is empty.
pub(super) trait Output {
    /// A folder, of which `None` is said where no layer says anything.
    fn folder(&mut self, path: &[u8], meta: Option<&Meta>) -> Result<()>;

    /// What has no content; `false` if it is left out.
    fn bare(&mut self, path: &[u8], inode: &Inode) -> Result<bool>;

    /// A file, of which `data` has the stored bytes and no more.
    fn file(&mut self, path: &[u8], meta: &Meta, content: &Content, data: &mut dyn BufRead) -> Result<()>;

    /// Another name for what was written last.
    fn link(&mut self, path: &[u8], original: &[u8], inode: &Inode) -> Result<()>;
}

/// Writes all of a plan.
pub(super) fn write(plan: &Plan<'_>, layers: &[Layer], stop: &Stop, output: &mut impl Output) -> Result<()> {
    for (path, meta) in &plan.folders {
        stop.check()?;
        output.folder(path, *meta).with_context(|| cannot(path))?;
    }
    for planned in &plan.bare {
        stop.check()?;
        if output
            .bare(&planned.path, planned.inode)
            .with_context(|| cannot(&planned.path))?
        {
            links(planned, output)?;
        }
    }
    thread::scope(|scope| {
        let mut parts = plan
            .files
            .iter()
            .filter_map(|(layer, files)| Some((layers.get(*layer)?, files)));
        let mut start = || {
            let (layer, files) = parts.next()?;
            let stored = files.iter().map(|(content, _)| (content.start, content.stored));
            Some((Ahead::start(scope, layer, stored.collect(), stop), files))
        };
        let mut next = start();
        while let Some((mut data, files)) = next {
            // The next layer is decompressed while this one is written.
            next = start();
            for (content, planned) in files {
                stop.check()?;
                let mut data = data.by_ref().take(content.stored);
                output
                    .file(&planned.path, &planned.inode.meta, content, &mut data)
                    .with_context(|| cannot(&planned.path))?;
                links(planned, output)?;
            }
        }
        Ok(())
    })
}

fn links(planned: &Planned<'_>, output: &mut impl Output) -> Result<()> {
    for link in &planned.links {
        output
            .link(link, &planned.path, planned.inode)
            .with_context(|| cannot(link))?;
    }
    Ok(())
}

fn cannot(path: &[u8]) -> String {
    format!("cannot write `{}`", path.escape_ascii())
}
