//! What an archive says of one path: the words in which the parts of this module speak to each other.

/// One entry of a layer, as it stands in the archive. Nothing in it is to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) meta: Meta,
    pub(super) what: What,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Folder,
    Leaf(Leaf),
    /// Another name of what an earlier entry, of this layer or one below, has put under this one.
    HardLink(Vec<u8>),
}

/// What is no folder and has no other name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    File(Content),
    Symlink(Vec<u8>),
    Fifo,
    Device(Device),
}

/// Where a file's bytes are in its layer, after decompression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// The first byte.
    pub(super) start: u64,
    /// How many bytes there are.
    pub(super) stored: u64,
    /// How large the file is.
    pub(super) size: u64,
    /// Where the bytes belong, in order, if there are holes between them.
    pub(super) pieces: Option<Box<[Piece]>>,
}

/// A part of a file that is no hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// A device node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Device {
    pub(super) is_block: bool,
    pub(super) major: u32,
    pub(super) minor: u32,
}

/// What a path has beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Meta {
    /// The twelve bits.
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// `None` where no entry speaks of a folder.
    pub(super) mtime: Option<Time>,
    pub(super) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Meta {
    /// That of a folder nobody speaks of.
    pub(super) fn unsaid() -> Self {
        Self {
            mode: 0o755,
            ..Self::default()
        }
    }
}

/// A point in time: seconds since 1970, and nanoseconds after them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Time {
    pub(super) seconds: i64,
    pub(super) nanos: u32,
}
