//! The fields of a tar header: texts that end with a zero, and numbers in octal or in binary.
//!
//! Readers differ in what they make of a field that is not as it should be; such an archive means different things to
//! different programs, and is refused.

use super::Malformed;
use super::entry::Time;

type Result<T> = std::result::Result<T, Malformed>;

/// The bytes before the first zero.
pub(super) fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number that may be negative: octal digits between spaces or zeros, or two's complement after a leading bit.
pub(super) fn signed(field: &[u8]) -> Result<i64> {
    match field.split_first() {
        Some((first, rest)) if first & 0x80 != 0 => binary(*first, rest),
        _ => octal(field),
    }
}

/// A number that cannot be negative.
pub(super) fn unsigned(field: &[u8]) -> Result<u64> {
    u64::try_from(signed(field)?).map_err(|_| "a number is negative")
}

fn octal(field: &[u8]) -> Result<i64> {
    let digits = field.iter().copied().skip_while(|byte| *byte == b' ');
    let digits: Vec<u8> = digits.take_while(|byte| !matches!(byte, b' ' | 0)).collect();
    let mut after = field.iter().skip_while(|byte| **byte == b' ').skip(digits.len());
    // Some readers take a zero before digits for their end, and some step over it.
    if !after.all(|byte| matches!(byte, b' ' | 0)) {
        return Err("a number has something behind it");
    }
    digits.iter().try_fold(0_i64, |number, digit| {
        let digit = i64::from(digit.checked_sub(b'0').filter(|digit| *digit < 8).ok_or("a number is none")?);
        let number = number.checked_mul(8).and_then(|number| number.checked_add(digit));
        number.ok_or("a number is too large")
    })
}

fn binary(first: u8, rest: &[u8]) -> Result<i64> {
    // The bit that marks the form is no part of the number; the next one is its sign.
    let start = if first & 0x40 == 0 {
        i64::from(first & 0x3f)
    } else {
        i64::from(first | 0x80).wrapping_sub(256)
    };
    rest.iter().try_fold(start, |number, byte| {
        let number = number
            .checked_mul(256)
            .and_then(|number| number.checked_add(i64::from(*byte)));
        number.ok_or("a number is too large")
    })
}

/// An owner or group. The number that means "leave it" to the system is none.
pub(super) fn owner(number: u64) -> Result<u32> {
    let owner = u32::try_from(number).ok().filter(|owner| *owner != u32::MAX);
    owner.ok_or("an owner is out of range")
}

/// A number in digits, as extended headers have it.
pub(super) fn decimal(text: &[u8]) -> Result<u64> {
    let number = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    number
        .and_then(|text| text.parse().ok())
        .ok_or("a number of an extended header is none")
}

/// A time in digits, with a sign before or not, and a fraction behind a point or not. What is finer than a nanosecond is
/// dropped.
pub(crate) fn time(text: &[u8]) -> Result<Time> {
    let (is_negative, text) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    };
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    let seconds = i64::try_from(decimal(parts.next().unwrap_or_default())?).map_err(|_| "a time is out of range")?;
    let nanos = nanos(parts.next().unwrap_or_default())?;
    if !is_negative {
        return Ok(Time { seconds, nanos });
    }
    let seconds = seconds.checked_neg().ok_or("a time is out of range")?;
    match 1_000_000_000_u32.checked_sub(nanos) {
        Some(rest) if nanos > 0 => Ok(Time {
            seconds: seconds.checked_sub(1).ok_or("a time is out of range")?,
            nanos: rest,
        }),
        _ => Ok(Time { seconds, nanos: 0 }),
    }
}

fn nanos(fraction: &[u8]) -> Result<u32> {
    if !fraction.iter().all(u8::is_ascii_digit) {
        return Err("a time of an extended header is none");
    }
    let digits = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(9);
    Ok(digits.fold(0_u32, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u32::from(digit.saturating_sub(b'0')))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_every_form_that_writers_use() {
        let cases: [(&[u8], i64); 10] = [
            (b"0000644\0", 0o644),
            (b"   644 \0", 0o644),
            (b"\0\0\0\0\0\0\0\0", 0),
            (b"        ", 0),
            (b"00000000007", 7),
            (b"77777777777\0", 0o777_7777_7777),
            (&[0x80, 0, 0, 0, 0, 0, 1, 0], 256),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], -1),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], -2),
            (&[0x80, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], 2 << 56),
        ];
        for (field, number) in cases {
            assert_eq!(signed(field).unwrap(), number, "{field:?}");
        }
    }

    #[test]
    fn numbers_that_programs_read_differently_are_refused() {
        for field in [
            &b"0000688\0"[..],
            b"12\x0034\0\0\0",
            b"-1\0\0\0\0\0\0",
            b"0x1f\0\0\0\0",
            b"1 2     ",
            b"\x00000644",
            &[0x80; 12],
            &[0xbf; 12],
        ] {
            assert!(signed(field).is_err(), "{field:?}");
        }
        assert!(unsigned(&[0xff; 8]).is_err());
        assert!(decimal(b"").is_err() && decimal(b"+1").is_err() && decimal(b"18446744073709551616").is_err());
    }

    #[test]
    fn owners_end_where_the_systems_do() {
        assert_eq!(owner(4_294_967_294).unwrap(), 4_294_967_294);
        for number in [4_294_967_295, 4_294_967_296, u64::MAX] {
            assert!(owner(number).is_err(), "{number}");
        }
    }

    #[test]
    fn times_have_fractions_and_signs() {
        let read = |text: &str| time(text.as_bytes()).map(|time| (time.seconds, time.nanos)).ok();
        assert_eq!(read("1700000000"), Some((1_700_000_000, 0)));
        assert_eq!(read("1.5"), Some((1, 500_000_000)));
        assert_eq!(read("1.0000000019"), Some((1, 1)));
        assert_eq!(read("-1.5"), Some((-2, 500_000_000)));
        assert_eq!(read("-3"), Some((-3, 0)));
        for text in ["", "-", "1.x", "1,5", "1.-5", "9223372036854775808"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
