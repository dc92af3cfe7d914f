//! Tar and gzip written by hand, so that a fixture's bytes are the same on every machine and no library of the
//! product decides what a layer looks like. Regular files, directories and symbolic links are enough; reading
//! archives is left to the programs under test.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// A ustar archive under construction.
#[derive(Default)]
pub(crate) struct Tar {
    bytes: Vec<u8>,
}

impl Tar {
    pub(crate) fn file(self, path: &str, mode: u32, content: &[u8]) -> Self {
        self.entry(path, mode, b'0', "", content)
    }

    pub(crate) fn directory(self, path: &str) -> Self {
        self.entry(&format!("{}/", path.trim_end_matches('/')), 0o755, b'5', "", &[])
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(path, 0o777, b'2', target, &[])
    }

    /// The path is written as given: `../x` and `/x` are what a hostile layer holds.
    pub(crate) fn entry(mut self, path: &str, mode: u32, kind: u8, link: &str, content: &[u8]) -> Self {
        self.bytes.extend_from_slice(&header(path, mode, kind, link, content.len()));
        self.bytes.extend_from_slice(content);
        let padded = self.bytes.len().next_multiple_of(512);
        self.bytes.resize(padded, 0);
        self
    }

    /// The archive with its two closing blocks of zeros.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len() + 1024, 0);
        self.bytes
    }
}

/// What stands before the content of an entry.
pub(crate) fn header(path: &str, mode: u32, kind: u8, link: &str, size: usize) -> [u8; 512] {
    assert!(
        path.len() <= 100 && link.len() <= 100,
        "too long for a plain ustar header: {path}"
    );
    let mut block = [0; 512];
    put(&mut block, 0, path);
    put(&mut block, 100, &format!("{mode:07o}"));
    put(&mut block, 108, "0000000");
    put(&mut block, 116, "0000000");
    put(&mut block, 124, &format!("{size:011o}"));
    put(&mut block, 136, "00000000000");
    // The sum is taken with its own field full of spaces.
    put(&mut block, 148, "        ");
    block[156] = kind;
    put(&mut block, 157, link);
    put(&mut block, 257, "ustar\u{0}00");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut block, 148, &format!("{sum:06o}\u{0} "));
    block
}

/// A header with other bytes in one place, and the checksum that fits.
pub(crate) fn altered(mut block: [u8; 512], at: usize, bytes: &[u8]) -> [u8; 512] {
    block[at..at + bytes.len()].copy_from_slice(bytes);
    block[148..156].copy_from_slice(b"        ");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// Content and the rest of its last block.
pub(crate) fn padded(content: &[u8]) -> Vec<u8> {
    let mut block = content.to_vec();
    block.resize(content.len().next_multiple_of(512), 0);
    block
}

/// A header of a kind that is about the next entry, with what it says.
pub(crate) fn special(kind: u8, content: &[u8]) -> Vec<u8> {
    [&header("special", 0o644, kind, "", content.len())[..], &padded(content)].concat()
}

/// A record of an extended header, which says its own length.
pub(crate) fn record(pair: &[u8]) -> Vec<u8> {
    let rest = pair.len() + 2;
    let length = (1..9)
        .map(|digits| rest + digits)
        .find(|length| rest + length.to_string().len() == *length);
    [format!("{} ", length.unwrap()).as_bytes(), pair, b"\n"].concat()
}

/// An extended header of these `KEY=VALUE`.
pub(crate) fn pax(pairs: &[&[u8]]) -> Vec<u8> {
    special(b'x', &pairs.iter().flat_map(|pair| record(pair)).collect::<Vec<_>>())
}

fn put(block: &mut [u8; 512], at: usize, text: &str) {
    block[at..at + text.len()].copy_from_slice(text.as_bytes());
}

/// A gzip member of stored blocks: every reader takes it, and its bytes depend on no compressor.
pub(crate) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut blocks = data.chunks(0xffff).peekable();
    if blocks.peek().is_none() {
        out.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    }
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap();
        out.push(u8::from(blocks.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend_from_slice(&crc32(data).to_le_bytes());
    out.extend_from_slice(&u32::try_from(data.len() as u64 & 0xffff_ffff).unwrap().to_le_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    let table: Vec<u32> = (0..256).map(crc32_entry).collect();
    !data.iter().fold(u32::MAX, |crc, byte| {
        table[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ (crc >> 8)
    })
}

fn crc32_entry(index: u32) -> u32 {
    (0..8).fold(index, |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
}

/// Bytes no compressor can shrink, the same for the same seed.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// A layer in which `/bin/echo` and `/bin/cat` of this machine run: the programs, their shared libraries and the
/// loader, each at the path where the program looks for it.
pub(crate) fn runnable_root() -> Vec<u8> {
    let programs = ["/bin/echo", "/bin/cat"];
    let mut paths: Vec<String> = programs.iter().map(ToString::to_string).collect();
    paths.extend(programs.iter().flat_map(|program| shared_libraries(program)));
    paths.sort();
    paths.dedup();
    paths.iter().fold(Tar::default(), |tar, path| copy_of(tar, path)).finish()
}

fn copy_of(tar: Tar, path: &str) -> Tar {
    let content = fs::read(path).unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
    let mode = fs::metadata(Path::new(path)).unwrap().permissions().mode() & 0o777;
    tar.file(path.trim_start_matches('/'), mode, &content)
}

fn shared_libraries(program: &str) -> Vec<String> {
    let output = Command::new("ldd")
        .arg(program)
        // `faketime` preloads a library, which would be listed as well.
        .env_remove("LD_PRELOAD")
        .output()
        .expect("cannot run ldd (Debian package libc-bin)");
    assert!(output.status.success(), "ldd {program} failed");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace()
        .filter(|word| word.starts_with('/'))
        .map(ToString::to_string)
        .collect()
}
