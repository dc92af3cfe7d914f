//! Looking through a whole layout: every blob is hashed, every name followed to all it needs.

mod damage;
mod reading;
mod repair;

use std::collections::BTreeSet;

use crate::below::{Below, Found};
use crate::layout::Shared;
use crate::layout::blobs;
use crate::layout::folder::{Folder, failed};
use crate::layout::index::Names;
use crate::oci::image_layout::{INDEX_FILE, LAYOUT_FILE};
use crate::oci::{Descriptor, Digest};
use crate::store::{ErrorKind, Result};

pub use damage::{Checked, Damage, Fault};

use damage::{Findings, kind};
use reading::faults;
use repair::mend;

/// How far a check is, told from several threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// These blobs will be read; with the sizes of their files in bytes.
    Found(Vec<(Digest, u64)>),
    /// One is begun.
    Began(Digest),
    /// So many more bytes of it are read.
    Read(Digest, u64),
    /// It is read.
    Ended(Digest),
}

/// Who is told of steps.
pub(super) type Watch<'a> = &'a (dyn Fn(Step) + Sync);

/// Looks through the layout, and with `repair` drops what is damaged.
pub(super) fn check(shared: &Shared, repair: bool, watch: Watch<'_>) -> Result<Checked> {
    let folder = &shared.folder;
    let mark = folder.flaw_of_mark()?;
    if mark.is_none() && !folder.is_layout()? {
        return Ok(Checked::default());
    }
    folder.keep_deleters_off()?;
    let mut found = Findings::default();
    if let Some(flaw) = mark {
        found.add(LAYOUT_FILE.into(), Fault::Mark(flaw), None);
    }
    // Names first: what they need was there before them, and nobody deletes it now.
    let images = images(folder, &mut found);
    let blobs = listed_blobs(folder, &mut found)?;
    watch(Step::Found(blobs.clone()));
    for (digest, fault) in faults(folder, &blobs, watch)? {
        found.add(folder.blob(&digest).way().to_owned(), fault, None);
    }
    for (name, root) in &images {
        follow(folder, name, root, &mut found)?;
    }
    let mut checked = Checked {
        blobs: blobs.len(),
        bytes: blobs.iter().map(|(_, size)| size).sum(),
        images: images.len(),
        unfinished: unfinished(folder, &mut found)?,
        ..Checked::default()
    };
    checked.damages = found.damages.into_values().collect();
    if repair && !checked.damages.is_empty() {
        mend(folder, &mut checked)?;
    }
    Ok(checked)
}

/// The images by name and root, as far as `index.json` tells them.
fn images(folder: &Folder, found: &mut Findings) -> Vec<(String, Descriptor)> {
    let mut tell = |flaw: String, name: Option<&str>| found.add(INDEX_FILE.into(), Fault::Names(flaw), name);
    match blobs::look(&folder.index()) {
        Ok(Some(file)) if file.is_file() => {}
        Ok(Some(file)) => {
            tell(format!("it is {}", kind(file.kind)), None);
            return Vec::new();
        }
        Ok(None) => {
            tell("it is missing".to_owned(), None);
            return Vec::new();
        }
        Err(error) => {
            tell(format!("{:#}", error.cause()), None);
            return Vec::new();
        }
    }
    let names = match Names::read(folder) {
        Ok(names) => names,
        Err(error) => {
            tell(error.cause().root_cause().to_string(), None);
            return Vec::new();
        }
    };
    for (name, error) in names.strange() {
        tell(error.to_string(), name);
    }
    let entries = names.entries().map(|entry| {
        let name = entry.name.map(|name| name.to_string());
        (name.unwrap_or_else(|| entry.descriptor.digest.to_string()), entry.descriptor)
    });
    entries.collect()
}

/// The regular files under the names of blobs, with their sizes; anything else there is a damage.
fn listed_blobs(folder: &Folder, found: &mut Findings) -> Result<Vec<(Digest, u64)>> {
    let mut listed = Vec::new();
    for algorithm in ["sha256", "sha384", "sha512"] {
        for (path, file) in entries(&folder.blobs().join(algorithm))? {
            let name = path.way().file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Ok(digest) = format!("{algorithm}:{name}").parse() else {
                continue;
            };
            if file.is_file() {
                listed.push((digest, file.size));
            } else {
                found.add(path.way().to_owned(), Fault::NoFile(kind(file.kind)), None);
            }
        }
    }
    Ok(listed)
}

/// How many unfinished blobs there are. What is no file there is in the way of whoever wants to write one.
fn unfinished(folder: &Folder, found: &mut Findings) -> Result<usize> {
    let mut count = 0;
    for (path, file) in entries(&folder.partials())? {
        if file.is_file() {
            count += 1;
        } else {
            found.add(path.way().to_owned(), Fault::NoFile(kind(file.kind)), None);
        }
    }
    Ok(count)
}

/// What is in a folder, links not followed, in the order of the names; nothing if there is no folder.
fn entries(folder: &Below) -> Result<Vec<(Below, Found)>> {
    if blobs::look(folder)?.is_none() {
        return Ok(Vec::new());
    }
    folder.list().map_err(failed("read", folder.path()))
}

/// Follows an image to all that it needs.
fn follow(folder: &Folder, image: &str, root: &Descriptor, found: &mut Findings) -> Result<()> {
    let mut next = vec![root.clone()];
    let mut seen = BTreeSet::new();
    while let Some(at) = next.pop() {
        if !seen.insert(at.digest.clone()) {
            continue;
        }
        let file = folder.blob(&at.digest).way().to_owned();
        if let Some(damage) = found.damages.get_mut(&file) {
            damage.images.insert(image.to_owned());
            continue;
        }
        match blobs::size(folder, &at.digest)? {
            None if at.media_type.is_foreign_layer() => {}
            None => found.add(file, Fault::Missing, Some(image)),
            Some(actual) if actual != at.size => {
                let expected = at.size;
                found.add(file, Fault::Size { expected, actual }, Some(image));
            }
            Some(_) if at.media_type.is_manifest() => match blobs::manifest(folder, &at) {
                Ok(manifest) => next.extend(manifest.blobs().chain(manifest.children()).cloned()),
                // Deleted or spoilt just now; the next check tells.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Mismatch) => {}
                Err(error) => found.add(file, Fault::NoManifest(error.cause().root_cause().to_string()), Some(image)),
            },
            Some(_) => {}
        }
    }
    Ok(())
}
