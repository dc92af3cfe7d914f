//! What is to be written, in the order in which it can be: folders, what has no content, and the files layer by layer as
//! they come out of the decompression.

use std::collections::BTreeMap;

use super::tree::{Folder, Inode, Node, Tree};
use crate::tarball::{Content, Leaf, Meta};

/// All of an image's root filesystem.
#[derive(Default)]
pub(super) struct Plan<'t> {
    /// Each folder after the one it lies in; the root, whose path is empty, first.
    pub(super) folders: Vec<(Vec<u8>, Option<&'t Meta>)>,
    pub(super) bare: Vec<Planned<'t>>,
    /// For each layer that has any, the files in the order of their content.
    pub(super) files: BTreeMap<usize, Vec<(&'t Content, Planned<'t>)>>,
}

/// One thing under all its names, of which there is at least one.
pub(super) struct Planned<'t> {
    pub(super) inode: &'t Inode,
    pub(super) path: Vec<u8>,
    pub(super) links: Vec<Vec<u8>>,
}

impl<'t> Plan<'t> {
    pub(super) fn of(tree: &'t Tree) -> Self {
        let mut plan = Self::default();
        let mut leaves = BTreeMap::new();
        plan.collect(tree.root(), Vec::new(), &mut leaves);
        for planned in leaves.into_values() {
            match &planned.inode.leaf {
                Leaf::File(content) => plan.files.entry(planned.inode.layer).or_default().push((content, planned)),
                _ => plan.bare.push(planned),
            }
        }
        for files in plan.files.values_mut() {
            files.sort_by_key(|(content, _)| content.start);
        }
        plan
    }

    fn collect(&mut self, folder: &'t Folder, path: Vec<u8>, leaves: &mut BTreeMap<u64, Planned<'t>>) {
        for (name, node) in folder.children() {
            let Node::Leaf { inode, .. } = node else { continue };
            let path = below(&path, name);
            if let Some(planned) = leaves.get_mut(&inode.number) {
                planned.links.push(path);
            } else {
                let links = Vec::new();
                leaves.insert(inode.number, Planned { inode, path, links });
            }
        }
        let inner: Vec<_> = folder
            .children()
            .filter_map(|(name, node)| match node {
                Node::Folder(folder) => Some((below(&path, name), folder)),
                Node::Leaf { .. } => None,
            })
            .collect();
        self.folders.push((path, folder.meta.as_ref()));
        for (path, folder) in inner {
            self.collect(folder, path, leaves);
        }
    }
}

fn below(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.is_empty() {
        return name.to_vec();
    }
    [path, b"/", name].concat()
}
