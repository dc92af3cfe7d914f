//! The layers of an image laid over each other, in memory: what is there in the end, and of which layer.
//!
//! Nothing touches a disk here, so no name and no link in a layer can lead anywhere: links are followed in the tree, whose
//! root has nothing above it. What a higher layer hides or replaces is gone before anything is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};

use crate::tarball::{Entry, Leaf, Meta, What};

/// How the names of files begin that hide something of the layers below
/// ([OCI image spec](https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts)).
const HIDES: &[u8] = b".wh.";
/// Hides all that the layers below have in its folder.
const HIDES_ALL: &[u8] = b".wh..wh..opq";
/// How the names of aufs's own files begin, which mean nothing elsewhere.
const AUFS: &[u8] = b".wh..wh.";

/// How many folders may lie in each other.
const MAX_DEPTH: usize = 1024;
/// The longest path, in bytes; the systems' limit.
const MAX_PATH: usize = 4096;
/// The longest name, in bytes; the systems' limit.
const MAX_NAME: usize = 255;
/// How many symbolic links may lead to each other; the systems' limit.
const MAX_LINKS: usize = 40;

type Name = Box<[u8]>;

/// The root of an image.
#[derive(Default)]
pub(super) struct Tree {
    root: Folder,
    inodes: u64,
}

/// A folder of the image.
#[derive(Default)]
pub(super) struct Folder {
    pub(super) meta: Option<Meta>,
    children: BTreeMap<Name, Node>,
    layer: usize,
    /// The layer that has hidden what lay in it.
    swept: Option<usize>,
}

/// What has a name.
pub(super) enum Node {
    Folder(Folder),
    Leaf {
        /// The layer that gave the name.
        layer: usize,
        inode: Arc<Inode>,
    },
}

/// What may have several names.
pub(super) struct Inode {
    pub(super) number: u64,
    /// The layer that has the content.
    pub(super) layer: usize,
    pub(super) meta: Meta,
    pub(super) leaf: Leaf,
}

impl Folder {
    pub(super) fn children(&self) -> impl Iterator<Item = (&[u8], &Node)> {
        self.children.iter().map(|(name, node)| (&**name, node))
    }

    fn of(layer: usize) -> Self {
        Self {
            layer,
            ..Self::default()
        }
    }

    /// Drops what the layers below have put here. What a folder of this layer holds is looked through once.
    fn sweep(&mut self, layer: usize) {
        if self.swept.replace(layer) == Some(layer) {
            return;
        }
        self.children.retain(|_, node| match node {
            Node::Leaf { layer: of, .. } => *of == layer,
            Node::Folder(folder) => {
                folder.sweep(layer);
                folder.layer == layer || !folder.children.is_empty()
            }
        });
    }

    /// The folder of this name, made where there is none.
    fn enter(&mut self, name: &[u8], layer: usize) -> Result<&mut Self> {
        let node = self
            .children
            .entry(name.into())
            .or_insert_with(|| Node::Folder(Self::of(layer)));
        match node {
            Node::Folder(folder) => Ok(folder),
            Node::Leaf { .. } => bail!("`{}` is not a folder", name.escape_ascii()),
        }
    }
}

impl Tree {
    pub(super) fn root(&self) -> &Folder {
        &self.root
    }

    /// Lays an entry of a layer over what is there.
    pub(super) fn apply(&mut self, layer: usize, entry: Entry) -> Result<()> {
        let name = entry.name.clone();
        self.put(layer, entry)
            .with_context(|| format!("the entry `{}` is not possible", name.escape_ascii()))
    }

    fn put(&mut self, layer: usize, entry: Entry) -> Result<()> {
        let parts = parts(&entry.name)?;
        let Some((last, parents)) = parts.split_last() else {
            return self.put_root(entry);
        };
        let is_aufs = |part: &&[u8]| part.starts_with(AUFS);
        if *last == HIDES_ALL && !parents.iter().any(is_aufs) {
            return self.hide(layer, parents, None);
        }
        if parts.iter().any(is_aufs) {
            return Ok(());
        }
        ensure!(
            !parents.iter().any(|part| part.starts_with(HIDES)),
            "what hides something is no folder"
        );
        if let Some(hidden) = last.strip_prefix(HIDES) {
            ensure!(!matches!(hidden, b"" | b"." | b".."), "it hides nothing that could be");
            return self.hide(layer, parents, Some(hidden));
        }
        match entry.what {
            What::Folder => self.put_folder(layer, parents, last, entry.meta),
            What::Leaf(leaf) => {
                let inode = Arc::new(Inode {
                    number: self.inodes,
                    layer,
                    meta: entry.meta,
                    leaf,
                });
                self.inodes = self.inodes.saturating_add(1);
                self.put_leaf(layer, parents, last, inode)
            }
            What::HardLink(target) => {
                let inode = self.target(&target)?;
                self.put_leaf(layer, parents, last, inode)
            }
        }
    }

    fn put_root(&mut self, entry: Entry) -> Result<()> {
        ensure!(entry.what == What::Folder, "the root can only be a folder");
        self.root.meta = Some(entry.meta);
        Ok(())
    }

    fn put_folder(&mut self, layer: usize, parents: &[&[u8]], name: &[u8], meta: Meta) -> Result<()> {
        let parent = self.parent(layer, parents, name)?;
        if !matches!(parent.children.get(name), Some(Node::Folder(_))) {
            parent.children.remove(name);
        }
        let folder = parent.enter(name, layer)?;
        folder.layer = layer;
        folder.meta = Some(meta);
        Ok(())
    }

    fn put_leaf(&mut self, layer: usize, parents: &[&[u8]], name: &[u8], inode: Arc<Inode>) -> Result<()> {
        let parent = self.parent(layer, parents, name)?;
        parent.children.insert(name.into(), Node::Leaf { layer, inode });
        Ok(())
    }

    /// Hides one thing of the layers below, or all in a folder; what is not there need not be hidden.
    fn hide(&mut self, layer: usize, parents: &[&[u8]], hidden: Option<&[u8]>) -> Result<()> {
        let way = self.way(parents)?;
        let Some(folder) = find(&mut self.root, &way) else {
            return Ok(());
        };
        let Some(name) = hidden else {
            folder.sweep(layer);
            return Ok(());
        };
        let goes = match folder.children.get_mut(name) {
            None => false,
            Some(Node::Leaf { layer: of, .. }) => *of != layer,
            Some(Node::Folder(folder)) => {
                folder.sweep(layer);
                folder.layer != layer && folder.children.is_empty()
            }
        };
        if goes {
            folder.children.remove(name);
        }
        Ok(())
    }

    /// What a hard link leads to. A symbolic link at the end is meant itself.
    fn target(&mut self, target: &[u8]) -> Result<Arc<Inode>> {
        let parts = parts(target).context("it is a link to something impossible")?;
        let found = match parts.split_last() {
            None => None,
            Some((last, parents)) => {
                let way = self.way(parents)?;
                find(&mut self.root, &way).and_then(|folder| folder.children.get(*last))
            }
        };
        match found {
            Some(Node::Leaf { inode, .. }) => Ok(Arc::clone(inode)),
            Some(Node::Folder(_)) => bail!("it is a hard link to the folder `{}`", target.escape_ascii()),
            None => bail!("it is a hard link to `{}`, which is not there", target.escape_ascii()),
        }
    }

    /// The folder that something is put in; those that nobody has spoken of are made.
    fn parent(&mut self, layer: usize, parents: &[&[u8]], name: &[u8]) -> Result<&mut Folder> {
        let way = self.way(parents)?;
        let length = way
            .iter()
            .fold(name.len(), |sum, part| sum.saturating_add(part.len()).saturating_add(1));
        ensure!(length < MAX_PATH, "its path is longer than {MAX_PATH} bytes");
        way.iter().try_fold(&mut self.root, |folder, part| folder.enter(part, layer))
    }

    /// Where a path leads when the symbolic links on it are followed inside the tree. Folders at its end may be missing.
    fn way(&self, parts: &[&[u8]]) -> Result<Vec<Name>> {
        let mut way: Vec<(&[u8], Option<&Folder>)> = Vec::with_capacity(parts.len());
        let mut next: Vec<&[u8]> = parts.iter().rev().copied().collect();
        let mut links = 0_usize;
        while let Some(part) = next.pop() {
            if part == b".." {
                way.pop();
                continue;
            }
            let here = way.last().map_or(Some(&self.root), |(_, folder)| *folder);
            match here.and_then(|folder| folder.children.get(part)) {
                None => way.push((part, None)),
                Some(Node::Folder(folder)) => way.push((part, Some(folder))),
                Some(Node::Leaf { inode, .. }) => {
                    let Leaf::Symlink(target) = &inode.leaf else {
                        bail!("`{}` is not a folder", part.escape_ascii());
                    };
                    links = links.saturating_add(1);
                    ensure!(links <= MAX_LINKS, "too many symbolic links lead to each other");
                    if target.starts_with(b"/") {
                        way.clear();
                    }
                    next.extend(steps(target).rev());
                }
            }
            ensure!(way.len() <= MAX_DEPTH, "more than {MAX_DEPTH} folders lie in each other");
        }
        Ok(way.into_iter().map(|(name, _)| name.into()).collect())
    }
}

fn find<'t>(root: &'t mut Folder, way: &[Name]) -> Option<&'t mut Folder> {
    way.iter().try_fold(root, |folder, part| match folder.children.get_mut(part) {
        Some(Node::Folder(folder)) => Some(folder),
        _ => None,
    })
}

/// The steps of a path that lead anywhere.
fn steps(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b"."))
}

/// The names in an entry's path. One that goes up, or that no system could have, is refused.
fn parts(path: &[u8]) -> Result<Vec<&[u8]>> {
    ensure!(!path.is_empty(), "it has no name");
    ensure!(!path.contains(&0), "its name has a zero in it");
    ensure!(path.len() < MAX_PATH, "its path is longer than {MAX_PATH} bytes");
    let parts: Vec<&[u8]> = steps(path).collect();
    ensure!(!parts.contains(&&b".."[..]), "its path goes up");
    ensure!(
        parts.iter().all(|part| part.len() <= MAX_NAME),
        "its name is longer than {MAX_NAME} bytes"
    );
    Ok(parts)
}
