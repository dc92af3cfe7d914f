//! A folder with all that is in it, to be compared: types, rights, owners, times, attributes, links and content. How it came
//! to be is left to the tests.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::image::sha256;

/// What a path is, in words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    paths: BTreeMap<PathBuf, String>,
}

impl Tree {
    pub(crate) fn of(root: &Path) -> Self {
        let mut tree = Self { paths: BTreeMap::new() };
        let mut names = BTreeMap::new();
        tree.collect(root, Path::new(""), &mut names);
        for linked in names.into_values() {
            let linked_to = format!(" named {linked:?}");
            for path in linked {
                tree.paths.entry(path).and_modify(|said| said.push_str(&linked_to));
            }
        }
        for (path, attributes) in attributes(root) {
            tree.paths.entry(path).and_modify(|said| said.push_str(&attributes));
        }
        tree
    }

    fn collect(&mut self, root: &Path, path: &Path, names: &mut BTreeMap<u64, Vec<PathBuf>>) {
        let whole = root.join(path);
        let found = fs::symlink_metadata(&whole).unwrap();
        let content = match found.file_type() {
            kind if kind.is_symlink() => fs::read_link(&whole)
                .unwrap()
                .as_os_str()
                .as_bytes()
                .escape_ascii()
                .to_string(),
            kind if kind.is_file() => sha256(&fs::read(&whole).unwrap()),
            _ => String::new(),
        };
        let said = format!(
            "{:o} {}:{} at {}.{:09} device {} {content}",
            found.mode(),
            found.uid(),
            found.gid(),
            found.mtime(),
            found.mtime_nsec(),
            found.rdev()
        );
        self.paths.insert(path.to_path_buf(), said);
        if found.is_dir() {
            let mut inner: Vec<_> = fs::read_dir(&whole)
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            inner.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
            for name in inner {
                self.collect(root, &path.join(name), names);
            }
        } else {
            names.entry(found.ino()).or_default().push(path.to_path_buf());
        }
    }

    /// Insists that nothing differs, and tells what does.
    pub(crate) fn assert_is(&self, other: &Self) {
        let paths = self.paths.keys().chain(other.paths.keys());
        let differences: Vec<String> = paths
            .filter(|path| self.paths.get(*path) != other.paths.get(*path))
            .map(|path| {
                format!(
                    "{}\n  is        {:?}\n  should be {:?}",
                    path.display(),
                    self.paths.get(path),
                    other.paths.get(path)
                )
            })
            .collect();
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        assert!(!self.paths.is_empty());
    }
}

/// The extended attributes below a folder, as getfattr tells them.
fn attributes(root: &Path) -> Vec<(PathBuf, String)> {
    let output = Command::new("getfattr")
        .args(["-R", "-P", "-h", "-d", "-m", "-", "-e", "hex", "."])
        .current_dir(root)
        .output();
    let output = output.expect("cannot run getfattr (Debian package attr)");
    let text = String::from_utf8(output.stdout).unwrap();
    let blocks = text
        .split("\n\n")
        .filter_map(|block| block.trim().strip_prefix("# file: ")?.split_once('\n'));
    blocks
        .map(|(path, said)| {
            (
                Path::new(path).components().collect(),
                format!(" {}", said.replace('\n', " ")),
            )
        })
        .collect()
}
