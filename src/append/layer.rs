//! A layer from what lies on the disk: a folder, a file, or a tar that somebody made.
//!
//! What makes the tar and what compresses it work side by side, with a pipe between them; nothing is kept before all
//! layers are there.

use std::fs::File;
use std::io::{self, BufWriter, PipeWriter, Read, Write};
use std::path::PathBuf;
use std::thread;

use anyhow::{Context as _, anyhow};

use crate::append::tree::{self, Style};
use crate::compression::{self, Compression, Packing};
use crate::oci::{Algorithm, Digest, Hasher};
use crate::store::{Incoming, Intake};
use crate::tarball::{Reader, Stream};

/// How much is handed to the pipe at once, in bytes.
const BUFFER: usize = 256 << 10;

/// What a layer is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// What is in a folder, to lie in another one of the image; or a file, to be called so. The path is one below the
    /// image's root.
    Files {
        /// Where they lie now.
        from: PathBuf,
        /// Where they shall lie.
        to: PathBuf,
    },
    /// A tar, compressed or not, taken as it is.
    Tar(PathBuf),
    /// The same from stdin.
    Stdin,
}

/// A layer that is made and not kept yet.
pub(super) struct Made {
    pub(super) blob: Box<dyn Incoming>,
    pub(super) diff_id: Digest,
    pub(super) compression: Compression,
}

/// Makes a layer.
pub(super) fn make(content: &Content, style: Style, packing: Packing, intake: &dyn Intake) -> anyhow::Result<Made> {
    match content {
        Content::Files { from, to } if from.is_dir() => {
            pack(|output| tree::write_folder(from, to, style, output), packing, intake)
        }
        Content::Files { from, to } => pack(|output| tree::write_file(from, to, style, output), packing, intake),
        Content::Tar(path) => {
            let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            of_tar(file, packing, intake).with_context(|| format!("{} cannot be a layer", path.display()))
        }
        Content::Stdin => of_tar(io::stdin(), packing, intake).context("what comes from stdin cannot be a layer"),
    }
}

/// A tar that is compressed already is kept byte for byte: somebody may know its digest.
fn of_tar(mut raw: impl Read + Send, packing: Packing, intake: &dyn Intake) -> anyhow::Result<Made> {
    let (compression, whole) = compression::sniff(&mut raw)?;
    if compression == Compression::Plain {
        return pack(|output| walk(Copied { input: whole, output }), packing, intake);
    }
    let mut blob = intake.begin()?;
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let copied = Copied {
        input: whole,
        output: &mut *blob,
    };
    let (_, plain) = compression::reader(copied)?;
    walk(Seen {
        input: plain,
        hasher: &mut hasher,
    })?;
    Ok(Made {
        blob,
        diff_id: hasher.finish(),
        compression,
    })
}

/// Reads a tar to the end of its bytes, to be sure that it is one, and that all who unpack the layer see the same in it.
fn walk(input: impl Read) -> anyhow::Result<()> {
    let mut reader = Reader::new(Stream(input));
    while reader
        .next()
        .context("it is no tar, or none that can be read in one way only")?
        .is_some()
    {}
    // Two empty blocks end a tar, and one of nothing else is the smallest there is.
    if reader.finish()? == 0 {
        return Err(anyhow!("there is nothing in it, not even the end of a tar"));
    }
    Ok(())
}

/// Compresses what is written.
fn pack(
    write: impl FnOnce(&mut BufWriter<PipeWriter>) -> anyhow::Result<()> + Send,
    packing: Packing,
    intake: &dyn Intake,
) -> anyhow::Result<Made> {
    let mut blob = intake.begin()?;
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let (reader, writer) = io::pipe()?;
    let (packed, written) = thread::scope(|scope| {
        let writing = scope.spawn(move || -> anyhow::Result<()> {
            let mut output = BufWriter::with_capacity(BUFFER, writer);
            write(&mut output)?;
            Ok(output.flush()?)
        });
        let packed = compression::compress(packing, reader, &mut *blob, |piece| hasher.update(piece));
        (packed, writing.join())
    });
    // Where nothing could be kept, whoever wrote knows only that nobody reads any more.
    packed.context("cannot keep the layer")?;
    written.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    Ok(Made {
        blob,
        diff_id: hasher.finish(),
        compression: packing.kind(),
    })
}

/// A reader of which everything that is read is written elsewhere too.
struct Copied<R, W> {
    input: R,
    output: W,
}

impl<R: Read, W: Write> Read for Copied<R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.output.write_all(&buffer[..read])?;
        Ok(read)
    }
}

/// A reader of which everything that is read is hashed.
struct Seen<'a, R> {
    input: R,
    hasher: &'a mut Hasher,
}

impl<R: Read> Read for Seen<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}
