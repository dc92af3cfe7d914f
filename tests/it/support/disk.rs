//! File systems of a size, made in memory for one test. That takes root; a test that cannot have one fails.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::peers::process;

/// What a file system in memory gives out at once, in bytes.
pub(crate) const PAGE: u64 = 4096;

/// A file system in memory; it is unmounted when this is dropped, which must be before the folder around it.
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// Mounts one on a folder that is not there yet, with these options of tmpfs.
    pub(crate) fn mount(at: &Path, options: &str) -> Self {
        fs::create_dir(at).unwrap();
        let words = ["-t", "tmpfs", "-o", options, "tmpfs"];
        process::run(Command::new("mount").args(words).arg(at), "mount");
        Self(at.to_path_buf())
    }

    pub(crate) fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        process::run(Command::new("mount").args(["-o", &options]).arg(&self.0), "mount");
    }

    /// Takes all room but so many pages, by a file that is beside the store if the store is a folder of the disk.
    pub(crate) fn fill_but(&self, pages: u64) {
        let mut file = File::create(self.filler()).unwrap();
        let end = io::copy(&mut io::repeat(0), &mut file).unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::StorageFull);
        let full = file.metadata().unwrap().len();
        file.set_len(full - pages * PAGE).unwrap();
    }

    /// Gives that room back.
    pub(crate) fn clear(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}
