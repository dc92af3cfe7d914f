//! Extended headers: records `LENGTH KEY=VALUE`, each ended by a line feed
//! ([POSIX](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_03)).
//!
//! Only what makes a file what it is, is taken. What is malformed is refused, not skipped: a reader that skips sees
//! other files than one that does not.

use super::entry::Time;
use super::{Malformed, field};

type Result<T> = std::result::Result<T, Malformed>;

/// What extended headers say of the entry behind them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Extended {
    pub(super) name: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) mtime: Option<Time>,
    pub(super) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Whose keys are attributes of a file.
const XATTR: &[u8] = b"SCHILY.xattr.";

impl Extended {
    /// Reads those that stand before one entry.
    pub(super) fn parse(records: &[u8]) -> Result<Self> {
        let mut extended = Self::default();
        each(records, |key, value| extended.take(key, value))?;
        Ok(extended)
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        match key {
            b"path" => return once(&mut self.name, text(value)?),
            b"linkpath" => return once(&mut self.link, text(value)?),
            b"size" => return once(&mut self.size, size(value)?),
            b"uid" => return once(&mut self.uid, field::owner(field::decimal(value)?)?),
            b"gid" => return once(&mut self.gid, field::owner(field::decimal(value)?)?),
            b"mtime" => return once(&mut self.mtime, field::time(value)?),
            _ if has_holes(key) => return Err("sparse files are known in GNU's form alone"),
            _ => {
                if let Some(name) = key.strip_prefix(XATTR) {
                    self.put(name, value)?;
                }
            }
        }
        Ok(())
    }

    fn put(&mut self, name: &[u8], value: &[u8]) -> Result<()> {
        if name.is_empty() || name.contains(&0) {
            return Err("an extended attribute has no name");
        }
        self.xattrs.retain(|(known, _)| known != name);
        self.xattrs.push((name.to_vec(), value.to_vec()));
        Ok(())
    }
}

/// Does a key speak of holes? Those of three archivers do.
fn has_holes(key: &[u8]) -> bool {
    key.starts_with(b"GNU.sparse.") || matches!(key, b"SCHILY.realsize" | b"SUN.holesdata")
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err("an extended header says a thing twice"),
    }
}

/// Refuses what stands for all entries to come where it would change what they are: programs do not agree on it.
pub(super) fn check_global(records: &[u8]) -> Result<()> {
    each(records, |key, _| {
        let changes = matches!(key, b"path" | b"linkpath" | b"size" | b"uid" | b"gid" | b"mtime");
        if changes || has_holes(key) || key.starts_with(XATTR) {
            return Err("a global header says what each file must say itself");
        }
        Ok(())
    })
}

fn size(value: &[u8]) -> Result<u64> {
    let size = field::decimal(value)?;
    i64::try_from(size).map_or(Err("a size is beyond all bounds"), |_| Ok(size))
}

fn text(value: &[u8]) -> Result<Vec<u8>> {
    if value.is_empty() || value.contains(&0) {
        return Err("a name in an extended header is empty or has a zero in it");
    }
    Ok(value.to_vec())
}

fn each(mut records: &[u8], mut take: impl FnMut(&[u8], &[u8]) -> Result<()>) -> Result<()> {
    while !records.is_empty() {
        let (key, value, rest) = record(records).ok_or("an extended header is malformed")?;
        take(key, value)?;
        records = rest;
    }
    Ok(())
}

/// Key and value of the first record, and what is behind it.
fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let digits = records.iter().take(20).position(|byte| *byte == b' ')?;
    if records.first() == Some(&b'0') {
        return None;
    }
    let length = usize::try_from(field::decimal(records.get(..digits)?).ok()?).ok()?;
    let (record, rest) = records.split_at_checked(length)?;
    let pair = record.get(digits.checked_add(1)?..)?.strip_suffix(b"\n")?;
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    let (key, value) = pair.split_at_checked(equals)?;
    (!key.is_empty()).then_some((key, value.get(1..)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records with the lengths they should have; a length of two digits is meant throughout.
    fn records(pairs: &[&[u8]]) -> Vec<u8> {
        let record = |pair: &&[u8]| [format!("{} ", pair.len() + 4).as_bytes(), pair, b"\n"].concat();
        pairs.iter().flat_map(record).collect()
    }

    #[test]
    fn records_say_what_a_file_is() {
        let text = records(&[
            b"path=a/b",
            b"linkpath=c\xff",
            b"size=70",
            b"uid=500",
            b"gid=600",
            b"mtime=1.25",
            b"comment=x",
        ]);
        let read = Extended::parse(&text).unwrap();
        assert_eq!(read.name.as_deref(), Some(&b"a/b"[..]));
        assert_eq!(read.link.as_deref(), Some(&b"c\xff"[..]));
        assert_eq!((read.size, read.uid, read.gid), (Some(70), Some(500), Some(600)));
        assert_eq!(read.mtime.map(|time| time.nanos), Some(250_000_000));
    }

    #[test]
    fn an_attribute_may_hold_any_bytes_and_the_last_one_counts() {
        let text = records(&[b"SCHILY.xattr.user.a=1", b"SCHILY.xattr.user.a=\n\0=\n"]);
        let read = Extended::parse(&text).unwrap();
        assert_eq!(read.xattrs, [(b"user.a".to_vec(), b"\n\0=\n".to_vec())]);
    }

    #[test]
    fn what_is_malformed_is_refused() {
        assert!(Extended::parse(b"12 path=a/b\n").is_ok());
        let cases: [&[u8]; 11] = [
            b"x",
            b"13 path=a/b\n",
            b"11 path=a/b\n",
            b"12 path=a/b ",
            b"12path=a/b\n",
            b"0 path=a/b\n",
            b"-1 path=a/b\n",
            b"99999999999999999999 path=a\n",
            b"7 path\n",
            b"5 =a\n",
            b"12 path=a/b\n\0\0",
        ];
        for malformed in cases {
            assert!(Extended::parse(malformed).is_err(), "{}", malformed.escape_ascii());
        }
        for pair in [
            &b"path="[..],
            b"path=a\0/b",
            b"size=-100",
            b"uid=4294967295",
            b"GNU.sparse.major=1",
            b"SCHILY.xattr.=1",
        ] {
            assert!(
                Extended::parse(&records(&[b"comment=x", pair])).is_err(),
                "{}",
                pair.escape_ascii()
            );
        }
    }

    #[test]
    fn what_stands_for_all_files_changes_none() {
        assert!(check_global(&records(&[b"comment=a"])).is_ok());
        for pair in [&b"path=a/b"[..], b"size=70", b"SCHILY.xattr.user.a=1"] {
            assert!(check_global(&records(&[pair])).is_err());
        }
        assert!(check_global(b"junk").is_err());
    }
}
