//! What an archive says of one path.

/// One entry, as it stands in the archive. Nothing in it is to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) meta: Meta,
    pub(crate) what: What,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Folder,
    Leaf(Leaf),
    /// Another name of what an earlier entry, of this layer or one below, has put under this one.
    HardLink(Vec<u8>),
}

/// What is no folder and has no other name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    File(Content),
    Symlink(Vec<u8>),
    Fifo,
    Device(Device),
}

/// Where a file's bytes are in the archive, after decompression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    /// The first byte.
    pub(crate) start: u64,
    /// How many bytes there are.
    pub(crate) stored: u64,
    /// How large the file is.
    pub(crate) size: u64,
    /// Where the bytes belong, in order, if there are holes between them.
    pub(crate) pieces: Option<Box<[Piece]>>,
}

/// A part of a file that is no hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// A device node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) is_block: bool,
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

/// What a path has beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meta {
    /// The twelve bits.
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// `None` where no entry speaks of a folder.
    pub(crate) mtime: Option<Time>,
    pub(crate) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Meta {
    /// That of a folder nobody speaks of.
    pub(crate) fn unsaid() -> Self {
        Self {
            mode: 0o755,
            ..Self::default()
        }
    }
}

/// A point in time: seconds since 1970, and nanoseconds after them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) seconds: i64,
    pub(crate) nanos: u32,
}
