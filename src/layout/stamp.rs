//! Telling whether a file has stayed as it was, without reading it again.

use std::fs::Metadata;
use std::time::{Duration, SystemTime};

/// How long a file must have been left alone before its stamp says something: a second change within one tick of the disk's
/// clock leaves the time as it is, and a file that replaces another may get the inode of one before that.
const SETTLED: Duration = Duration::from_secs(2);

/// What changes whenever a file is replaced or written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    inode: (u64, u64),
    /// When anything about the file was last changed, where the system says so; that cannot be set to another time.
    changed: Option<SystemTime>,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(file: &Metadata) -> Self {
        let (inode, changed) = system(file);
        Self {
            size: file.len(),
            inode,
            changed,
            modified: file.modified().ok(),
        }
    }

    /// Was the file left alone for so long before `now` that a later change gives it another stamp?
    pub(super) fn is_settled(&self, now: SystemTime) -> bool {
        let last = self.changed.or(self.modified);
        last.and_then(|last| now.duration_since(last).ok())
            .is_some_and(|age| age >= SETTLED)
    }
}

#[cfg(unix)]
fn system(file: &Metadata) -> ((u64, u64), Option<SystemTime>) {
    use std::os::unix::fs::MetadataExt as _;

    let nanos = u32::try_from(file.ctime_nsec()).ok();
    let since = u64::try_from(file.ctime()).ok().zip(nanos);
    let changed = since.and_then(|(seconds, nanos)| SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanos)));
    ((file.dev(), file.ino()), changed)
}

#[cfg(not(unix))]
fn system(_: &Metadata) -> ((u64, u64), Option<SystemTime>) {
    ((0, 0), None)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_stamp_counts_once_the_file_was_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        fs::write(&path, "1").unwrap();
        let stamp = Stamp::of(&fs::metadata(&path).unwrap());
        let changed = stamp.changed.or(stamp.modified).unwrap();
        for (age, is_settled) in [(0, false), (1999, false), (2000, true), (9000, true)] {
            assert_eq!(stamp.is_settled(changed + Duration::from_millis(age)), is_settled, "{age}");
        }
        assert!(
            !stamp.is_settled(changed - Duration::from_secs(9)),
            "a clock that was set back"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_in_the_place_of_another_has_another_stamp_though_size_and_time_are_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (dir.path().join("one"), dir.path().join("other"));
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(9);
        for path in [&one, &other] {
            fs::write(path, "1").unwrap();
            fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
        }
        let before = Stamp::of(&fs::metadata(&one).unwrap());
        assert_eq!(before, Stamp::of(&fs::metadata(&one).unwrap()));
        fs::rename(&other, &one).unwrap();
        assert_ne!(before, Stamp::of(&fs::metadata(&one).unwrap()));
    }
}
