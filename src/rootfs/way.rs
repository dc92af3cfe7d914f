//! The way from the root of a folder that is filled down to where something is put: each folder on it stays open while
//! things are put below it, so that a name costs one call and not one for each folder above it.
//!
//! Every folder is opened from the open one above it, and none of them can be a link.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};

/// How many folders stay open below the root; of those further down only the last one does, since a process has no more than
/// about a thousand files.
const KEPT: usize = 64;

pub(super) const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Open folders, each in the one before it.
pub(super) struct Way {
    root: OwnedFd,
    kept: Vec<(Box<[u8]>, OwnedFd)>,
    /// The end of the way, where that is further down.
    deepest: Option<OwnedFd>,
    /// Where it leads.
    path: Vec<u8>,
}

impl Way {
    pub(super) fn from(root: OwnedFd) -> Self {
        Self {
            root,
            kept: Vec::new(),
            deepest: None,
            path: Vec::new(),
        }
    }

    /// Goes to a folder, and gives it back open.
    pub(super) fn to(&mut self, path: &[u8]) -> io::Result<BorrowedFd<'_>> {
        if self.path != path {
            let gone = self.go(path);
            // A way that broke off leads to where it got, which no path says.
            self.path = if gone.is_ok() { path.to_vec() } else { b"/".to_vec() };
            gone?;
        }
        Ok(self.here())
    }

    fn go(&mut self, path: &[u8]) -> io::Result<()> {
        let mut parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).peekable();
        let mut same = 0_usize;
        for (name, _) in &self.kept {
            if parts.next_if(|part| **part == **name).is_none() {
                break;
            }
            same = same.saturating_add(1);
        }
        self.kept.truncate(same);
        self.deepest = None;
        for part in parts {
            let next = rustix::fs::openat(self.here(), part, FOLDER, Mode::empty())?;
            if self.kept.len() < KEPT {
                self.kept.push((part.into(), next));
            } else {
                self.deepest = Some(next);
            }
        }
        Ok(())
    }

    fn here(&self) -> BorrowedFd<'_> {
        let kept = self.kept.last().map(|(_, folder)| folder);
        self.deepest.as_ref().or(kept).unwrap_or(&self.root).as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, symlink};
    use std::path::Path;

    use super::*;

    fn way(root: &Path) -> Way {
        Way::from(rustix::fs::open(root, FOLDER, Mode::empty()).unwrap())
    }

    fn inode(way: &mut Way, path: &str) -> u64 {
        rustix::fs::fstat(way.to(path.as_bytes()).unwrap()).unwrap().st_ino
    }

    #[test]
    fn every_step_from_one_folder_to_another_leads_there() {
        let dir = tempfile::tempdir().unwrap();
        let deep: Vec<&str> = ["d"; KEPT + 3].to_vec();
        let mut paths: Vec<String> = (KEPT - 2..=deep.len()).map(|depth| deep[..depth].join("/")).collect();
        paths.push(format!("{}/e", deep[..=KEPT].join("/")));
        paths.extend(["", "a", "a/b", "a/b/c", "a/c", "b", "b/b/c"].map(str::to_owned));
        for path in &paths {
            fs::create_dir_all(dir.path().join(path)).unwrap();
        }
        let mut way = way(dir.path());
        for from in &paths {
            for to in &paths {
                way.to(from.as_bytes()).unwrap();
                let wanted = fs::metadata(dir.path().join(to)).unwrap().ino();
                assert_eq!(inode(&mut way, to), wanted, "from {from} to {to}");
            }
        }
    }

    #[test]
    fn no_more_folders_stay_open_than_a_process_has_files_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = ["d"; 1000].join("/");
        let mut way = way(dir.path());
        let mut at = String::new();
        for part in path.split('/') {
            rustix::fs::mkdirat(way.to(at.as_bytes()).unwrap(), part, Mode::RWXU).unwrap();
            at = if at.is_empty() {
                part.to_owned()
            } else {
                format!("{at}/{part}")
            };
        }
        way.to(at.as_bytes()).unwrap();
        assert_eq!(way.kept.len(), KEPT);
        // What is so deep has no name that the usual way to clear away could say.
        while !at.is_empty() {
            let (above, name) = at.rsplit_once('/').unwrap_or(("", &at));
            let (above, name) = (above.to_owned(), name.to_owned());
            rustix::fs::unlinkat(way.to(above.as_bytes()).unwrap(), &*name, rustix::fs::AtFlags::REMOVEDIR).unwrap();
            at = above;
        }
    }

    #[test]
    fn a_link_is_no_step_and_a_way_that_broke_off_is_gone_anew() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        symlink("b", dir.path().join("a/link")).unwrap();
        let mut way = way(dir.path());
        way.to(b"a").unwrap();
        for _ in 0..2 {
            assert!(way.to(b"a/link").is_err());
        }
        assert!(way.to(b"a/none/x").is_err());
        let wanted = fs::metadata(dir.path().join("a/b")).unwrap().ino();
        assert_eq!(inode(&mut way, "a/b"), wanted);
    }
}
