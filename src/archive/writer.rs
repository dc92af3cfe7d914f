//! Writing a tar whose bytes follow from what is in it alone: no dates, no owners, fixed rights.

use std::io::{self, Write};

use crate::tarball::{BLOCK, padding};

/// What a header's field of a size can hold in octal.
const OCTAL_SIZES: u64 = 1 << 33;
/// How long a name may be in a header.
const SHORT: usize = 100;
/// As GNU calls the record of a longer one.
const LONG_NAME: &str = "././@LongLink";

/// A tar that is being written.
pub(super) struct Tar<W> {
    output: W,
    written: u64,
}

impl<W: Write> Tar<W> {
    pub(super) fn new(output: W) -> Self {
        Self { output, written: 0 }
    }

    /// A small file, whole.
    pub(super) fn file(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        self.begin(name, content.len() as u64)?;
        self.content(content)?;
        self.end(content.len() as u64)
    }

    pub(super) fn folder(&mut self, name: &str) -> io::Result<()> {
        self.header(&format!("{name}/"), 0o755, b'5', 0)
    }

    /// What stands before the content of a file.
    pub(super) fn begin(&mut self, name: &str, size: u64) -> io::Result<()> {
        self.header(name, 0o644, b'0', size)
    }

    /// The next bytes of the content.
    pub(super) fn content(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.output.write_all(bytes)?;
        self.written = self.written.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// What stands behind the content of a file.
    pub(super) fn end(&mut self, size: u64) -> io::Result<()> {
        self.zeros(padding(size))
    }

    /// Ends the archive; the answer is how many bytes it has.
    pub(super) fn finish(&mut self) -> io::Result<u64> {
        self.zeros(2 * BLOCK)?;
        self.output.flush()?;
        Ok(self.written)
    }

    fn zeros(&mut self, count: u64) -> io::Result<()> {
        let zeros = vec![0; usize::try_from(count).unwrap_or_default()];
        self.content(&zeros)
    }

    fn header(&mut self, name: &str, mode: u32, kind: u8, size: u64) -> io::Result<()> {
        if name.len() > SHORT {
            let record = format!("{name}\0");
            self.content(&block(LONG_NAME, 0o644, b'L', record.len() as u64))?;
            self.content(record.as_bytes())?;
            self.zeros(padding(record.len() as u64))?;
        }
        let short = name.get(..name.len().min(SHORT)).unwrap_or_default();
        self.content(&block(short, mode, kind, size))
    }
}

/// A header in GNU's form, which has room for every name and size.
fn block(name: &str, mode: u32, kind: u8, size: u64) -> [u8; 512] {
    let mut block = [0; 512];
    put(&mut block, 0, name.as_bytes());
    put(&mut block, 100, format!("{mode:07o}").as_bytes());
    put(&mut block, 108, b"0000000");
    put(&mut block, 116, b"0000000");
    if size < OCTAL_SIZES {
        put(&mut block, 124, format!("{size:011o}").as_bytes());
    } else {
        put(&mut block, 124, &[0x80]);
        put(&mut block, 128, &size.to_be_bytes());
    }
    put(&mut block, 136, b"00000000000");
    // The sum is taken with its own field full of spaces.
    put(&mut block, 148, b"        ");
    put(&mut block, 156, &[kind]);
    put(&mut block, 257, b"ustar  ");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut block, 148, format!("{sum:06o}\0").as_bytes());
    block
}

fn put(block: &mut [u8; 512], at: usize, bytes: &[u8]) {
    for (slot, byte) in block.iter_mut().skip(at).zip(bytes) {
        *slot = *byte;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::archive::member::Place;
    use crate::archive::tar::index;

    #[test]
    fn what_is_written_is_read_again_whatever_its_name_and_size() {
        let long = format!("blobs/sha512/{}", "a".repeat(128));
        let mut tar = Tar::new(Vec::new());
        tar.folder("blobs").unwrap();
        tar.file("empty", b"").unwrap();
        tar.file(&long, &[7; 512]).unwrap();
        tar.file("odd", &[7; 700]).unwrap();
        let length = tar.finish().unwrap();
        assert_eq!(length, tar.output.len() as u64);
        let members = index(Cursor::new(&tar.output)).unwrap();
        for (name, size) in [("empty", 0), (&long, 512), ("odd", 700)] {
            assert_eq!(members.file(name).unwrap().unwrap().size, size);
        }
    }

    #[test]
    fn a_size_beyond_octal_is_read_as_it_is_written() {
        // The content itself is not written: only a file that is as long is needed to read the header.
        struct Sparse(Cursor<Vec<u8>>, u64);
        impl io::Read for Sparse {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                match self.0.read(buffer)? {
                    0 => io::Read::read(&mut io::repeat(0), buffer),
                    length => Ok(length),
                }
            }
        }
        impl io::Seek for Sparse {
            fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
                match to {
                    io::SeekFrom::End(_) => Ok(self.1),
                    to => self.0.seek(to),
                }
            }
        }
        let size = OCTAL_SIZES + 512;
        let header = block("large", 0o644, b'0', size).to_vec();
        let members = index(Sparse(Cursor::new(header), size + 3 * 512)).unwrap();
        assert_eq!(members.file("large").unwrap(), Some(Place { at: 512, size }));
    }
}
