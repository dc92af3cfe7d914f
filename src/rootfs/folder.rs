//! A root filesystem as a folder, made beside its place and moved there when it is whole.
//!
//! Every name is reached from the open folder above it, and no symbolic link is ever followed: the tree says what is a
//! folder. What is there already is never opened, so names that the disk takes for the same are an error.

use std::fs::File;
use std::io::{self, BufRead, Write as _};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::Errno;

use super::tree::Inode;
use super::way::{FOLDER, Way};
use super::write::Output;
use crate::tarball::{Content, Device, Leaf, Meta, Time};

/// The bits that let a program run as somebody else.
const SET_ID: u32 = 0o6000;

/// What of an image the disk, or the rights of whoever asks, could not take; each a number of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Device nodes that were not made.
    pub devices: u64,
    /// Files whose owner is another.
    pub owners: u64,
    /// Programs that no longer run as somebody else.
    pub set_ids: u64,
    /// Extended attributes.
    pub xattrs: u64,
}

/// What the folder shall have of the image.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Device nodes too, which only root can make.
    pub devices: bool,
}

/// A folder that is being filled.
pub(super) struct Writer {
    way: Way,
    is_root: bool,
    /// Who owns what is made here, where that is known: it need not be given to them again.
    maker: Option<(u32, u32)>,
    wanted: Wanted,
    pub(super) lost: Lost,
}

const NEW_FILE: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl Writer {
    /// Fills the empty folder at `root`.
    pub(super) fn new(root: &Path, wanted: Wanted) -> Result<Self> {
        let root = rustix::fs::open(root, FOLDER, Mode::empty())?;
        Ok(Self {
            maker: maker(&root)?,
            way: Way::from(root),
            is_root: rustix::process::geteuid().is_root(),
            wanted,
            lost: Lost::default(),
        })
    }

    /// Gives the folders what they have, the innermost first: before, they could not be written to, and their times would
    /// not last.
    pub(super) fn finish(mut self, folders: &[(Vec<u8>, Option<&Meta>)]) -> Result<Lost> {
        for (path, meta) in folders.iter().rev() {
            let folder = self.way.to(path)?.try_clone_to_owned()?;
            let given = self.give(&folder, meta.unwrap_or(&Meta::unsaid()));
            given.with_context(|| format!("cannot write `{}`", path.escape_ascii()))?;
        }
        Ok(self.lost)
    }

    /// The open folder that a path lies in, and its name there.
    fn place<'p>(&mut self, path: &'p [u8]) -> io::Result<(BorrowedFd<'_>, &'p [u8])> {
        let (parent, name) = split(path);
        Ok((self.way.to(parent)?, name))
    }

    /// Gives an open file or folder its owner, attributes, rights and times, in the order in which each survives the next.
    fn give(&mut self, file: &impl AsFd, meta: &Meta) -> Result<()> {
        if self.owns(meta) {
            let (uid, gid) = owner(meta);
            rustix::fs::fchown(file, uid, gid)?;
        }
        for (name, value) in &meta.xattrs {
            let set = |name: &[u8]| rustix::fs::fsetxattr(file, name, value, XattrFlags::empty());
            self.set_xattr(name, set)?;
        }
        rustix::fs::fchmod(file, self.mode(meta))?;
        if let Some(times) = times(meta) {
            rustix::fs::futimens(file, &times)?;
        }
        Ok(())
    }

    /// The same for what cannot be opened. Its name was given a moment ago, in a folder that nobody else may enter.
    fn give_unopened(&mut self, path: &[u8], meta: &Meta, is_link: bool) -> Result<()> {
        let owns = self.owns(meta);
        let mode = self.mode(meta);
        let (folder, name) = self.place(path)?;
        if owns {
            let (uid, gid) = owner(meta);
            rustix::fs::chownat(folder, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        let by_number = [format!("/proc/self/fd/{}/", folder.as_raw_fd()).as_bytes(), name].concat();
        for (attribute, value) in &meta.xattrs {
            let set = |attribute: &[u8]| rustix::fs::lsetxattr(&by_number, attribute, value, XattrFlags::empty());
            self.set_xattr(attribute, set)?;
        }
        let (folder, name) = self.place(path)?;
        if !is_link {
            rustix::fs::chmodat(folder, name, mode, AtFlags::empty())?;
        }
        if let Some(times) = times(meta) {
            rustix::fs::utimensat(folder, name, &times, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }

    /// Is the owner to be given? Counts where that cannot be.
    fn owns(&mut self, meta: &Meta) -> bool {
        if !self.is_root && (meta.uid != rustix::process::geteuid().as_raw() || meta.gid != rustix::process::getegid().as_raw())
        {
            self.lost.owners = self.lost.owners.saturating_add(1);
        }
        self.is_root && self.maker != Some((meta.uid, meta.gid))
    }

    fn mode(&mut self, meta: &Meta) -> Mode {
        if self.is_root || meta.mode & SET_ID == 0 {
            return Mode::from_raw_mode(meta.mode);
        }
        self.lost.set_ids = self.lost.set_ids.saturating_add(1);
        Mode::from_raw_mode(meta.mode & !SET_ID)
    }

    /// Whoever is not root gets only the attributes that are everybody's.
    fn set_xattr(&mut self, name: &[u8], set: impl FnOnce(&[u8]) -> rustix::io::Result<()>) -> Result<()> {
        let result = if self.is_root || name.starts_with(b"user.") {
            set(name)
        } else {
            Err(Errno::PERM)
        };
        match result {
            Err(Errno::PERM | Errno::NOTSUP) => self.lost.xattrs = self.lost.xattrs.saturating_add(1),
            result => result.with_context(|| format!("cannot set the attribute `{}`", name.escape_ascii()))?,
        }
        Ok(())
    }

    fn device(&mut self, path: &[u8], device: Device) -> Result<bool> {
        if !self.is_root || !self.wanted.devices {
            self.lost.devices = self.lost.devices.saturating_add(1);
            return Ok(false);
        }
        let kind = if device.is_block {
            FileType::BlockDevice
        } else {
            FileType::CharacterDevice
        };
        let (folder, name) = self.place(path)?;
        let number = rustix::fs::makedev(device.major, device.minor);
        rustix::fs::mknodat(folder, name, kind, Mode::empty(), number)?;
        Ok(true)
    }
}

impl Output for Writer {
    fn folder(&mut self, path: &[u8], _: Option<&Meta>) -> Result<()> {
        if !path.is_empty() {
            let (folder, name) = self.place(path)?;
            rustix::fs::mkdirat(folder, name, Mode::RWXU)?;
        }
        Ok(())
    }

    fn bare(&mut self, path: &[u8], inode: &Inode) -> Result<bool> {
        let is_link = match &inode.leaf {
            Leaf::Symlink(target) => {
                let (folder, name) = self.place(path)?;
                rustix::fs::symlinkat(target, folder, name)?;
                true
            }
            Leaf::Device(device) => {
                if !self.device(path, *device)? {
                    return Ok(false);
                }
                false
            }
            Leaf::Fifo | Leaf::File(_) => {
                let (folder, name) = self.place(path)?;
                rustix::fs::mkfifoat(folder, name, Mode::RUSR | Mode::WUSR)?;
                false
            }
        };
        self.give_unopened(path, &inode.meta, is_link)?;
        Ok(true)
    }

    fn file(&mut self, path: &[u8], meta: &Meta, content: &Content, data: &mut dyn BufRead) -> Result<()> {
        let (folder, name) = self.place(path)?;
        let mut file = File::from(rustix::fs::openat(folder, name, NEW_FILE, Mode::RUSR | Mode::WUSR)?);
        match &content.pieces {
            None => fill(&mut file, data, content.size)?,
            Some(pieces) => {
                file.set_len(content.size)?;
                for piece in pieces {
                    io::Seek::seek(&mut file, io::SeekFrom::Start(piece.offset))?;
                    fill(&mut file, data, piece.length)?;
                }
            }
        }
        self.give(&file, meta)
    }

    fn link(&mut self, path: &[u8], original: &[u8], _: &Inode) -> Result<()> {
        let (above, original) = split(original);
        let above = self.way.to(above)?.try_clone_to_owned()?;
        let (folder, name) = self.place(path)?;
        Ok(rustix::fs::linkat(&above, original, folder, name, AtFlags::empty())?)
    }
}

/// Writes so many bytes to a file, from where they lie.
fn fill(file: &mut File, data: &mut dyn BufRead, length: u64) -> Result<()> {
    let mut left = length;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        let here = data.fill_buf()?;
        let here = here.get(..most.min(here.len())).unwrap_or_default();
        if here.is_empty() {
            bail!("the layer ends in the middle of a file");
        }
        file.write_all(here)?;
        let written = here.len();
        data.consume(written);
        left = left.saturating_sub(written as u64);
    }
    Ok(())
}

/// The owner of whatever is made below an empty folder; `None` where the folder shows that the disk, or a bit of the folder
/// above, gives new things to somebody else than who makes them.
fn maker(root: &OwnedFd) -> io::Result<Option<(u32, u32)>> {
    let found = rustix::fs::fstat(root)?;
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let is_own = (found.st_uid, found.st_gid) == (uid, gid) && !Mode::from_raw_mode(found.st_mode).contains(Mode::SGID);
    Ok(is_own.then_some((uid, gid)))
}

/// A path's folder and its name there.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = path.rsplitn(2, |byte| *byte == b'/');
    let name = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), name)
}

fn owner(meta: &Meta) -> (Option<Uid>, Option<Gid>) {
    (Some(Uid::from_raw(meta.uid)), Some(Gid::from_raw(meta.gid)))
}

/// The time of the last change; that of the last reading stays.
fn times(meta: &Meta) -> Option<Timestamps> {
    let Time { seconds, nanos } = meta.mtime?;
    Some(Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: rustix::fs::UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: seconds,
            tv_nsec: nanos.into(),
        },
    })
}
