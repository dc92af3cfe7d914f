//! Files that appear whole or not at all, and locks between processes.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
#[cfg(target_os = "linux")]
use std::num::NonZeroU64;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// How the names of files begin that are not whole yet.
pub const ASIDE: &str = ".tmp";

/// A file that is written aside and gets its name when it is whole. Dropped before that it leaves nothing.
pub struct Aside {
    file: NamedTempFile,
    path: PathBuf,
}

impl Aside {
    /// A new file, empty, for this path.
    pub fn of(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let file = NamedTempFile::new_in(folder_of(&path)?)?;
        share(file.as_file())?;
        Ok(Self { file, path })
    }

    /// Where it is written.
    pub fn output(&self) -> io::Result<File> {
        self.file.as_file().try_clone()
    }

    /// Gives it its name, after so many bytes were written.
    pub fn keep(self, written: u64) -> io::Result<()> {
        sync_whole(self.file.as_file(), written)?;
        self.file.persist(&self.path)?;
        sync_folder(folder_of(&self.path)?)
    }
}

/// Writes a file aside, syncs it and renames it into place, so that a reader sees the old bytes or the new ones, and a
/// power cut leaves one of them. `private` makes it readable by its owner only.
pub fn replace(path: &Path, bytes: &[u8], private: bool) -> io::Result<()> {
    let aside = NamedTempFile::new_in(folder_of(path)?)?;
    if !private {
        share(aside.as_file())?;
    }
    put(aside, path, bytes)
}

/// The same for a file that everybody may read, by whoever has the lock of those who write it. The name aside is always
/// the same one, so that runs that are cut off leave one file at most, and the next run takes it away.
pub fn replace_locked(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path)?;
    let mut name = OsString::from(ASIDE);
    name.push("-");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
    match fs::remove_file(folder.join(&name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let aside = tempfile::Builder::new().prefix(&name).rand_bytes(0).tempfile_in(folder)?;
    share(aside.as_file())?;
    put(aside, path, bytes)
}

fn put(mut aside: NamedTempFile, path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Through the file itself: what goes wrong is then told without the name that nobody knows.
    aside.as_file_mut().write_all(bytes)?;
    sync_whole(aside.as_file(), bytes.len() as u64)?;
    aside.persist(path)?;
    sync_folder(folder_of(path)?)
}

fn folder_of(path: &Path) -> io::Result<&Path> {
    Ok(path.parent().ok_or(io::ErrorKind::InvalidInput)?)
}

/// Makes a file's bytes survive a power cut, and sees to it that there are as many of them as were written.
pub fn sync_whole(file: &File, written: u64) -> io::Result<()> {
    file.sync_all()?;
    let kept = file.metadata()?.len();
    if kept == written {
        return Ok(());
    }
    Err(io::Error::other(format!("the disk has kept {kept} of {written} bytes")))
}

/// Asks the system to begin writing a range of a file to the disk, so that a later sync has less to wait for.
#[cfg(target_os = "linux")]
pub fn start_writeback(file: &File, range: Range<u64>) {
    use rustix::fs::{Advice, fadvise};
    // It is advice to forget the range, which Linux follows by writing what is not on the disk yet. What is being written
    // stays in memory.
    let length = range.end.saturating_sub(range.start).min(i64::MAX.unsigned_abs());
    let _ = fadvise(file, range.start, NonZeroU64::new(length), Advice::DontNeed);
}

/// Elsewhere there is no such call.
#[cfg(not(target_os = "linux"))]
pub fn start_writeback(_: &File, _: Range<u64>) {}

/// Makes the names in a folder survive a power cut.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes the names in a folder survive a power cut: elsewhere a folder cannot be opened as a file, and NTFS journals names.
#[cfg(not(unix))]
pub fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a folder and those above it that are missing, so that they survive a power cut.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = above(folder);
    if let Some(above) = above {
        create_folder(above)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match fs::symlink_metadata(folder) {
            // Another process has made it, and removed it since.
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => return create_folder(folder),
            Ok(found) if found.is_dir() || folder.is_dir() => {}
            _ => return Err(error),
        },
        made => made?,
    }
    sync_folder(above.unwrap_or(Path::new(".")))
}

/// The same where the folder may have been made by a run that was cut off before it was sure to be on the disk.
pub fn create_folder_for_sure(folder: &Path) -> io::Result<()> {
    let mut missing = folder;
    while let (false, Some(above)) = (missing.is_dir(), above(missing)) {
        missing = above;
    }
    create_folder(folder)?;
    match sync_folder(above(missing).unwrap_or(Path::new("."))) {
        // Whoever may not look into a folder has made nothing in it.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}

fn above(folder: &Path) -> Option<&Path> {
    folder.parent().filter(|above| !above.as_os_str().is_empty())
}

/// Takes the lock that `path` stands for and waits for it if another process has it. It is given up with the file.
pub fn lock(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    file.lock()?;
    Ok(file)
}

/// A temporary file is private; this gives it the rights that a file made by `open` would have.
#[cfg(unix)]
pub fn share(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

/// Elsewhere rights are inherited from the folder.
#[cfg(not(unix))]
pub fn share(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_remains_of_a_replacement_that_was_cut_off_go_with_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index.json");
        fs::write(dir.path().join(".tmp-index.json"), "half and longer than the whole").unwrap();
        replace_locked(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(dir.path()), ["index.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_aside_is_not_written_through() {
        let dir = tempfile::tempdir().unwrap();
        let precious = dir.path().join("precious");
        fs::write(&precious, "precious").unwrap();
        std::os::unix::fs::symlink(&precious, dir.path().join(".tmp-index.json")).unwrap();
        replace_locked(&dir.path().join("index.json"), b"new").unwrap();
        assert_eq!(fs::read(&precious).unwrap(), b"precious");
        assert_eq!(names(dir.path()), ["index.json", "precious"]);
    }

    #[test]
    fn a_disk_that_kept_less_than_it_said_is_told() {
        let file = tempfile::tempfile().unwrap();
        (&file).write_all(b"four").unwrap();
        sync_whole(&file, 4).unwrap();
        let error = sync_whole(&file, 5).unwrap_err().to_string();
        assert_eq!(error, "the disk has kept 4 of 5 bytes");
    }

    #[test]
    fn folders_are_made_with_those_above_and_may_be_there() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("a/b/c");
        create_folder_for_sure(&deep).unwrap();
        create_folder_for_sure(&deep).unwrap();
        assert!(deep.is_dir());
    }

    #[test]
    fn a_folder_that_others_make_and_remove_is_made_all_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("now and then");
        let come_and_go = |folder: &Path| {
            for _ in 0..300 {
                create_folder(folder).unwrap();
                // Fails if another was faster.
                let _ = fs::remove_dir(folder);
            }
        };
        thread::scope(|scope| {
            (0..3).for_each(|_| drop(scope.spawn(|| come_and_go(&folder))));
        });
    }

    #[test]
    fn a_file_in_place_of_a_folder_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "").unwrap();
        assert_eq!(create_folder(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
