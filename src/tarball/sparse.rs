//! The map of a file with holes, in GNU's form.

use tar::{GnuExtSparseHeader, GnuSparseHeader, Header};

use super::blocks::{Blocks, Source};
use super::entry::{Content, Piece};
use super::{BLOCK, Error, Malformed, Result, field, header};

/// The largest map, in bytes.
const MAX_MAP: u64 = 1 << 20;

/// Reads the rest of the map, and skips what is stored.
pub(super) fn content<S: Source>(blocks: &mut Blocks<S>, header: &Header, at: u64, stored: u64) -> Result<Content> {
    let malformed = |why| Error::Header(at, why);
    let gnu = header::of_sparse(header).map_err(malformed)?;
    let size = field::unsigned(&gnu.realsize).map_err(malformed)?;
    let mut map = Map::default();
    map.extend(&gnu.sparse).map_err(malformed)?;
    let mut goes_on = gnu.isextended;
    let mut bytes = 0_u64;
    while goes_on != [0] {
        bytes = bytes.saturating_add(BLOCK);
        if bytes > MAX_MAP {
            return Err(malformed("the map of a sparse file is over 1 MiB"));
        }
        let mut more = GnuExtSparseHeader::new();
        *more.as_mut_bytes() = blocks.next()?.ok_or(Error::Cut)?;
        map.extend(&more.sparse).map_err(malformed)?;
        goes_on = more.isextended;
    }
    if map.stored != stored || map.end > size {
        return Err(malformed("the map of a sparse file is wrong"));
    }
    let start = blocks.position;
    blocks.skip(stored)?;
    Ok(Content {
        start,
        stored,
        size,
        pieces: Some(map.pieces.into()),
    })
}

/// The map of a sparse file as far as it is read.
#[derive(Default)]
struct Map {
    pieces: Vec<Piece>,
    end: u64,
    stored: u64,
    is_over: bool,
}

impl Map {
    fn extend(&mut self, fields: &[GnuSparseHeader]) -> std::result::Result<(), Malformed> {
        for field in fields {
            if field.offset.iter().chain(&field.numbytes).all(|byte| *byte == 0) {
                self.is_over = true;
                continue;
            }
            if self.is_over {
                return Err("the map of a sparse file goes on behind its end");
            }
            let (offset, length) = (field::unsigned(&field.offset)?, field::unsigned(&field.numbytes)?);
            if offset < self.end {
                return Err("the map of a sparse file goes back");
            }
            self.end = offset.checked_add(length).ok_or("a sparse file is too large")?;
            self.stored = self.stored.checked_add(length).ok_or("a sparse file is too large")?;
            self.pieces.push(Piece { offset, length });
        }
        Ok(())
    }
}
