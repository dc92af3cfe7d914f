//! What stands in the header of an entry itself.

use tar::{GnuHeader, Header};

use super::blocks::Block;
use super::entry::Device;
use super::{Error, Malformed, Result, field};

/// Where the field for the beginning of a name begins.
const PREFIX: usize = 345;
/// The part of the field for the beginning of a name that the archiver star leaves to it.
const STARS_PREFIX: usize = 131;

/// Reads a header, which begins at a byte: its checksum is right and its form known.
pub(super) fn parse(at: u64, block: &Block) -> Result<Header> {
    let mut header = Header::new_old();
    *header.as_mut_bytes() = *block;
    let stated = field::signed(&header.as_old().cksum).map_err(|_| Error::Checksum(at))?;
    let bytes = block.iter().enumerate();
    let blanked = bytes.map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
    let (unsigned, signed) = blanked.fold((0_i64, 0_i64), |(unsigned, signed), byte| {
        (
            unsigned.saturating_add(byte.into()),
            signed.saturating_add(byte.cast_signed().into()),
        )
    });
    // Some old programs added up the bytes as numbers with a sign.
    if stated != unsigned && stated != signed {
        return Err(Error::Checksum(at));
    }
    let claims = block.get(257..262) == Some(b"ustar");
    if claims && header.as_ustar().is_none() && header.as_gnu().is_none() {
        return Err(Error::Header(at, "its form is not known"));
    }
    Ok(header)
}

/// The name in the header itself; the form that says so has its first part in another field.
pub(super) fn name(header: &Header) -> std::result::Result<Vec<u8>, Malformed> {
    let name = field::text(&header.as_old().name);
    let Some(ustar) = header.as_ustar() else {
        // GNU keeps times there, and the oldest form nothing; not every reader knows, nor did every writer.
        let [kind] = header.as_old().linkflag;
        if kind != b'S' && header.as_bytes().get(PREFIX).is_some_and(|byte| *byte != 0) {
            return Err("it may have two names");
        }
        return Ok(name.to_vec());
    };
    let prefix = field::text(&ustar.prefix);
    // The archiver star keeps times in the last bytes of the field, and says so at the very end.
    if header.as_bytes().ends_with(b"tar\0") && prefix.len() >= STARS_PREFIX {
        return Err("its name runs into its times");
    }
    if prefix.is_empty() {
        return Ok(name.to_vec());
    }
    Ok([prefix, b"/", name].concat())
}

/// The numbers of a device.
pub(super) fn device(header: &Header, is_block: bool) -> std::result::Result<Device, Malformed> {
    let (major, minor) = match (header.as_ustar(), header.as_gnu()) {
        (Some(ustar), _) => (ustar.dev_major, ustar.dev_minor),
        (_, Some(gnu)) => (gnu.dev_major, gnu.dev_minor),
        _ => return Err("a device has no number"),
    };
    let number = |digits: &[u8]| u32::try_from(field::unsigned(digits)?).map_err(|_| "the number of a device is out of range");
    Ok(Device {
        is_block,
        major: number(&major)?,
        minor: number(&minor)?,
    })
}

/// The header in the form in which files have holes.
pub(super) fn of_sparse(header: &Header) -> std::result::Result<&GnuHeader, Malformed> {
    header.as_gnu().ok_or("sparse files are known in GNU's form alone")
}
