//! Room on the disk: how a write is told that found no more.

use std::io;
use std::path::Path;

use crate::layout::folder::failed;
use crate::size::spaced;
use crate::store::Error;

/// The error of a write of which `left` bytes were still to be written; that is told if there was no room for them.
pub(super) fn unwritten(path: &Path, left: u64) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            let more = spaced(left);
            Error::other(error).context(format!("cannot write {}: no room for {more} more", path.display()))
        }
        _ => failed("write", &path)(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_disk_is_told_with_what_was_still_to_come() {
        let told = |kind: io::ErrorKind| unwritten(Path::new("/x"), 41_000_000)(kind.into()).to_string();
        let full = "cannot write /x: no room for 41 MB more";
        assert_eq!(told(io::ErrorKind::StorageFull), full);
        assert_eq!(told(io::ErrorKind::QuotaExceeded), full);
        assert_eq!(told(io::ErrorKind::PermissionDenied), "cannot write /x");
    }
}
