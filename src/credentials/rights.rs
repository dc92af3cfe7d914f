//! Whose a file of logins is: one that others may change is not believed, since it says which programs are started and
//! which login goes where; one that others may read is told of. ssh asks the same of its files.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::credentials::CredentialError;

/// The content of a file of logins. A device, such as the `/dev/null` that services have for a home, has none.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
    let cannot = || CredentialError::io("read", path);
    let mut content = Zeroizing::new(Vec::new());
    let mut file = open(path).map_err(cannot())?;
    let found = file.metadata().map_err(cannot())?;
    if is_device(&found) {
        return Ok(content);
    }
    if !found.is_file() {
        let no_file = io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
        return Err(cannot()(no_file));
    }
    if let Some(who) = changed_by(&found) {
        let path = path.to_owned();
        return Err(CredentialError::NotYours { path, who });
    }
    file.read_to_end(&mut content).map_err(cannot())?;
    Ok(content)
}

/// May others read the file?
#[cfg(unix)]
pub(super) fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
pub(super) fn is_open(_: &Path) -> bool {
    false
}

/// Without waiting for the other end of a pipe. Links are followed: people keep the file elsewhere.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(CWD, path, flags, Mode::empty())?.into())
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn is_device(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    found.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_device(_: &fs::Metadata) -> bool {
    false
}

/// Who else may change the file, if anybody. Root reads the files of whoever has started it, as in a container that a
/// user's file is mounted into; and what root owns is as good as one's own.
#[cfg(unix)]
fn changed_by(found: &fs::Metadata) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt as _;
    let me = rustix::process::geteuid();
    if found.mode() & 0o002 != 0 {
        Some("everybody on this machine")
    } else if found.mode() & 0o020 != 0 {
        Some("the other members of its group")
    } else if !me.is_root() && found.uid() != 0 && found.uid() != me.as_raw() {
        Some("another user, who owns it,")
    } else {
        None
    }
}

#[cfg(not(unix))]
fn changed_by(_: &fs::Metadata) -> Option<&'static str> {
    None
}
