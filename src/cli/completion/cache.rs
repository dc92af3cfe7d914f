//! What registries have answered, for the next Tab: a file for each question, for the user alone.
//!
//! It is forgotten after a minute, and that there was no answer after a few seconds: some shells ask several times for
//! one Tab. Whatever goes wrong here only means that the registry is asked again.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lugger::oci::Digest;
use tempfile::NamedTempFile;

/// How long an answer counts.
const FRESH: Duration = Duration::from_mins(1);
/// How long it counts that there was none.
const SILENT: Duration = Duration::from_secs(5);
/// The most that is read: some hundred thousand names.
const MAX_SIZE: u64 = 8 << 20;
/// The most files that are looked at when old ones are taken away.
const MAX_FILES: usize = 1000;
/// How an answer begins. A file without it says that there was none.
const HEARD: &str = "names\n";

/// A folder of answers.
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub(super) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// What was heard last; `None` if that is too long ago, no names if nothing was heard.
    pub(super) fn get(&self, question: &str) -> Option<Vec<String>> {
        let file = File::open(self.file(question)).ok()?;
        let age = age(&file.metadata().ok()?)?;
        let mut text = String::new();
        file.take(MAX_SIZE).read_to_string(&mut text).ok()?;
        match text.strip_prefix(HEARD) {
            Some(names) => (age < FRESH).then(|| names.lines().map(str::to_owned).collect()),
            None => (age < SILENT).then(Vec::new),
        }
    }

    /// Keeps an answer, or that there was none.
    pub(super) fn put(&self, question: &str, names: Option<&[String]>) {
        let text = names.map_or_else(String::new, |names| format!("{HEARD}{}", names.join("\n")));
        if text.len() as u64 > MAX_SIZE || make_folder(&self.folder).is_err() {
            return;
        }
        self.sweep();
        let Ok(mut aside) = NamedTempFile::new_in(&self.folder) else {
            return;
        };
        // A file server's clock may differ from this machine's, by which the age is computed.
        let written = aside.write_all(text.as_bytes());
        if written.and_then(|()| aside.as_file().set_modified(SystemTime::now())).is_ok() {
            let _ = aside.persist(self.file(question));
        }
    }

    /// A question may have any letters; the name of its file has none of them.
    fn file(&self, question: &str) -> PathBuf {
        self.folder.join(Digest::of(question.as_bytes()).short())
    }

    fn sweep(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries.take(MAX_FILES) {
            if entry.metadata().is_ok_and(|found| age(&found).is_none_or(|age| age > FRESH)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// How old a file is; `None` for one from the future.
fn age(found: &fs::Metadata) -> Option<Duration> {
    SystemTime::now().duration_since(found.modified().ok()?).ok()
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aged(cache: &Cache, question: &str, age: Duration) {
        let file = File::options().write(true).open(cache.file(question)).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    fn an_answer_counts_for_a_minute_and_none_for_seconds() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("lugger/completion"));
        assert_eq!(cache.get("a"), None);
        cache.put("a", Some(&["1".to_owned(), "2".to_owned()]));
        cache.put("b", None);
        cache.put("c", Some(&[]));
        assert_eq!(cache.get("a").unwrap(), ["1", "2"]);
        assert_eq!([cache.get("b"), cache.get("c")], [Some(Vec::new()), Some(Vec::new())]);
        for question in ["a", "b", "c"] {
            aged(&cache, question, Duration::from_secs(30));
        }
        assert_eq!([cache.get("b"), cache.get("c")], [None, Some(Vec::new())]);
        assert_eq!(cache.get("a").unwrap(), ["1", "2"]);
        aged(&cache, "a", Duration::from_secs(61));
        assert_eq!(cache.get("a"), None);
        cache.put("d", None);
        assert!(!cache.file("a").exists(), "an old answer stayed");
    }

    #[cfg(unix)]
    #[test]
    fn answers_are_for_the_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("lugger/completion"));
        cache.put("a", Some(&[]));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&cache.file("a")), mode(&cache.folder)], [0o600, 0o700]);
    }
}
