//! What was learned and stays true, so that the next run need not ask again: a sheet of facts for each subject.
//!
//! A sheet is a small file of lines, each with its own checksum, which is replaced as a whole. Facts are a convenience:
//! a sheet that cannot be read or written is an empty one, and a line that is damaged is no fact. So nothing here fails, and
//! nothing is synced. What a fact means, and whether it is still believed, is the business of who asked.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::time::{Duration, SystemTime};

use crate::below::{Access, Below};
use crate::files::ASIDE;
use crate::oci::Digest;

/// The largest sheet, in bytes; the facts that were not asked for longest give way.
const MAX_SHEET: u64 = 4 << 20;
/// How many sheets there are at most; the one that was not used longest gives way.
const MAX_SHEETS: usize = 64;
/// How many new facts a run that is cut off may lose; of many, one of so many.
const AT_RISK: usize = 200;
const PART_AT_RISK: usize = 5;
/// A sheet that is used is touched this often, so that it does not look forgotten.
const TOUCH: Duration = Duration::from_hours(24);
/// How many digits of a digest make a checksum: enough against accidents, and whoever wants to lie can compute any.
const CHECKSUM: usize = 16;

/// A folder of sheets; without one, facts last as long as the run.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    folder: Option<Below>,
}

impl Facts {
    /// The sheets in a folder, which is made when the first one is written.
    #[must_use]
    pub fn at(folder: Below) -> Self {
        Self { folder: Some(folder) }
    }

    /// The sheet of a subject, with what former runs have learned.
    #[must_use]
    pub fn open(&self, subject: &str) -> Sheet {
        let name = Digest::of(subject.as_bytes());
        let path = self.folder.as_ref().map(|folder| folder.join(name.hex()));
        let facts = path.as_ref().map(|path| read(path).unwrap_or_default());
        Sheet {
            path,
            facts: facts
                .unwrap_or_default()
                .into_iter()
                .map(|(key, text)| (key, Fact::old(text)))
                .collect(),
            unsaved: 0,
        }
    }
}

/// What is known of one subject. Dropped, it is kept for the next run.
pub struct Sheet {
    /// Where it is kept, if it is.
    path: Option<Below>,
    facts: HashMap<String, Fact>,
    unsaved: usize,
}

struct Fact {
    text: String,
    /// Did this run ask for it, or learn it?
    used: bool,
}

impl Fact {
    fn old(text: String) -> Self {
        Self { text, used: false }
    }
}

impl Sheet {
    /// What is known under a key.
    pub fn get(&mut self, key: &str) -> Option<&str> {
        let fact = self.facts.get_mut(key)?;
        fact.used = true;
        Some(&fact.text)
    }

    /// Notes what was learned. A key has no spaces, and neither has line breaks, or it is forgotten.
    pub fn put(&mut self, key: &str, text: &str) {
        let fact = Fact {
            text: text.to_owned(),
            used: true,
        };
        self.facts.insert(key.to_owned(), fact);
        self.unsaved = self.unsaved.saturating_add(1);
        if self.unsaved >= AT_RISK.max(self.facts.len() / PART_AT_RISK) {
            self.save();
        }
    }

    /// Writes all that is known, together with what other runs have written meanwhile.
    fn save(&mut self) {
        self.unsaved = 0;
        let Some(path) = &self.path else { return };
        for (key, text) in read(path).unwrap_or_default() {
            self.facts.entry(key).or_insert_with(|| Fact::old(text));
        }
        let mut facts: Vec<(&String, &Fact)> = self.facts.iter().collect();
        facts.sort_unstable_by_key(|(key, fact)| (!fact.used, *key));
        let mut text = String::new();
        for (key, fact) in facts {
            let line = line(key, &fact.text);
            let size = text.len().saturating_add(line.len());
            if u64::try_from(size).unwrap_or(u64::MAX) > MAX_SHEET {
                break;
            }
            text.push_str(&line);
        }
        // Without it the next run asks again.
        let _ = write(path, text.as_bytes());
    }
}

impl Drop for Sheet {
    fn drop(&mut self) {
        if self.unsaved > 0 {
            self.save();
        }
    }
}

/// A fact as it is written: checksum, key, text.
fn line(key: &str, text: &str) -> String {
    format!("{} {key} {text}\n", checksum(&format!("{key} {text}")))
}

fn checksum(fact: &str) -> String {
    Digest::of(fact.as_bytes()).hex().chars().take(CHECKSUM).collect()
}

/// The fact of a line, if it is whole.
fn parse(line: &str) -> Option<(String, String)> {
    let (sum, fact) = line.split_once(' ')?;
    if sum != checksum(fact) {
        return None;
    }
    let (key, text) = fact.split_once(' ')?;
    Some((key.to_owned(), text.to_owned()))
}

fn read(path: &Below) -> io::Result<Vec<(String, String)>> {
    let file = path.open(Access::Read)?;
    touch(&file);
    let mut bytes = Vec::new();
    file.take(MAX_SHEET).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).lines().filter_map(parse).collect())
}

/// Whoever may not do this may not write the sheet either.
fn touch(file: &File) {
    let now = SystemTime::now();
    let touched = file.metadata().and_then(|known| known.modified());
    if touched.is_ok_and(|touched| now.duration_since(touched).is_ok_and(|age| age > TOUCH)) {
        let _ = file.set_modified(now);
    }
}

/// A sheet is for its owner only: it tells what a repository has that perhaps not everybody may see.
fn write(path: &Below, bytes: &[u8]) -> io::Result<()> {
    let folder = path.folder();
    folder.create_folder()?;
    if path.look()?.is_none() {
        make_room(&folder)?;
    }
    let aside = folder.join(format!("{ASIDE}{:016x}", fastrand::u64(..)));
    let mut file = aside.open(Access::MakePrivate)?;
    let written = file.write_all(bytes).and_then(|()| aside.rename(path));
    if written.is_err() {
        let _ = aside.remove();
    }
    written
}

/// Removes the sheets that were not used longest, until there is room for one more.
fn make_room(folder: &Below) -> io::Result<()> {
    let mut sheets: Vec<(SystemTime, Below)> = Vec::new();
    for (path, _) in folder.list()? {
        let used = path.open(Access::Read).and_then(|file| file.metadata()?.modified());
        sheets.push((used.unwrap_or(SystemTime::UNIX_EPOCH), path));
    }
    sheets.sort_by_key(|(used, _)| *used);
    let many = sheets.len().saturating_add(1).saturating_sub(MAX_SHEETS);
    for (_, path) in sheets.iter().take(many) {
        let _ = path.remove();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn facts(folder: &tempfile::TempDir) -> Facts {
        Facts::at(Below::root(folder.path().to_owned()).join("facts"))
    }

    fn only_file(folder: &tempfile::TempDir) -> std::path::PathBuf {
        let mut files = fs::read_dir(folder.path().join("facts")).unwrap();
        let file = files.next().unwrap().unwrap().path();
        assert!(files.next().is_none(), "nothing lies aside");
        file
    }

    #[test]
    fn a_fact_is_there_in_the_next_run_and_for_its_subject_only() {
        let folder = tempfile::tempdir().unwrap();
        let mut sheet = facts(&folder).open("a");
        sheet.put("key", "some text");
        sheet.put("empty", "");
        assert_eq!(sheet.get("key"), Some("some text"));
        drop(sheet);
        let mut sheet = facts(&folder).open("a");
        assert_eq!(sheet.get("key"), Some("some text"));
        assert_eq!(sheet.get("other"), None);
        assert_eq!(sheet.get("empty"), Some(""));
        assert_eq!(facts(&folder).open("b").get("key"), None);
        only_file(&folder);
    }

    #[test]
    fn what_is_damaged_is_forgotten_and_the_rest_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let mut sheet = facts(&folder).open("a");
        (0..9).for_each(|number| sheet.put(&format!("key{number}"), "text"));
        drop(sheet);
        let file = only_file(&folder);
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x21;
            fs::write(&file, &bytes).unwrap();
            let mut sheet = facts(&folder).open("a");
            let known: Vec<_> = (0..9)
                .filter_map(|number| sheet.get(&format!("key{number}")).map(str::to_owned))
                .collect();
            // A line break that is gone takes two lines along.
            assert!(known.len() >= 7 && known.iter().all(|text| text == "text"), "{at}: {known:?}");
            fs::write(&file, &whole[..at]).unwrap();
            assert_eq!(facts(&folder).open("a").get("other"), None);
        }
        let long = "a".repeat(100_000);
        for nonsense in [&b""[..], b"\n\n\n", b"\xff\xfe\0 \n x\n", b" ", long.as_bytes()] {
            fs::write(&file, nonsense).unwrap();
            let mut sheet = facts(&folder).open("a");
            assert_eq!(sheet.get("key1"), None);
            sheet.put("key1", "again");
            drop(sheet);
            assert_eq!(facts(&folder).open("a").get("key1"), Some("again"));
        }
    }

    #[test]
    fn two_runs_at_once_keep_what_both_have_learned() {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut other) = (facts(&folder).open("a"), facts(&folder).open("a"));
        one.put("one", "1");
        other.put("other", "2");
        drop(one);
        drop(other);
        let mut sheet = facts(&folder).open("a");
        assert_eq!(sheet.get("one"), Some("1"));
        assert_eq!(sheet.get("other"), Some("2"));
    }

    #[test]
    fn a_run_that_is_cut_off_loses_little() {
        let folder = tempfile::tempdir().unwrap();
        let mut sheet = facts(&folder).open("a");
        (0..AT_RISK + 5).for_each(|number| sheet.put(&format!("key{number}"), "text"));
        std::mem::forget(sheet);
        let mut sheet = facts(&folder).open("a");
        let known = (0..AT_RISK + 5).filter(|number| sheet.get(&format!("key{number}")).is_some());
        assert_eq!(known.count(), AT_RISK);
    }

    #[test]
    fn a_sheet_keeps_what_was_asked_for_last_and_does_not_grow_beyond_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let text = "x".repeat(64 << 10);
        let mut sheet = facts(&folder).open("a");
        (0..60).for_each(|number| sheet.put(&format!("old{number}"), &text));
        drop(sheet);
        let mut sheet = facts(&folder).open("a");
        assert!(sheet.get("old59").is_some());
        (0..30).for_each(|number| sheet.put(&format!("new{number}"), &text));
        drop(sheet);
        assert!(fs::metadata(only_file(&folder)).unwrap().len() <= MAX_SHEET);
        let mut sheet = facts(&folder).open("a");
        assert!((0..30).all(|number| sheet.get(&format!("new{number}")).is_some()) && sheet.get("old59").is_some());
        assert!((0..60).any(|number| sheet.get(&format!("old{number}")).is_none()));
    }

    #[test]
    fn the_sheet_that_was_not_used_longest_gives_way_to_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let long_ago = SystemTime::now() - Duration::from_hours(50);
        for number in 0..MAX_SHEETS {
            facts(&folder).open(&number.to_string()).put("key", "text");
        }
        for entry in fs::read_dir(folder.path().join("facts")).unwrap() {
            File::open(entry.unwrap().path()).unwrap().set_modified(long_ago).unwrap();
        }
        assert!(facts(&folder).open("7").get("key").is_some(), "and this touches it");
        facts(&folder).open("new").put("key", "text");
        assert_eq!(fs::read_dir(folder.path().join("facts")).unwrap().count(), MAX_SHEETS);
        for kept in ["7", "new"] {
            assert!(facts(&folder).open(kept).get("key").is_some(), "{kept}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn where_nothing_can_be_kept_facts_last_as_long_as_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "precious").unwrap();
        std::os::unix::fs::symlink(&file, folder.path().join("facts")).unwrap();
        for facts in [
            Facts::at(Below::root(file.clone()).join("facts")),
            facts(&folder),
            Facts::default(),
        ] {
            let mut sheet = facts.open("a");
            sheet.put("key", "text");
            assert_eq!(sheet.get("key"), Some("text"));
            drop(sheet);
            assert_eq!(facts.open("a").get("key"), None);
        }
        assert_eq!(fs::read(&file).unwrap(), b"precious");
    }

    #[cfg(unix)]
    #[test]
    fn sheets_are_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        facts(&folder).open("a").put("key", "text");
        let mode = fs::metadata(only_file(&folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
