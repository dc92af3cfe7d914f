//! Notes that outlive a run: where an upload was begun, so that the next run can go on there.
//!
//! One small file for each, locked by the process that is at it. A note is a convenience: one that cannot be written or
//! read is no note, and what it was about is begun anew. So nothing here fails, and nothing is synced.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};

use crate::below::{Access, Below};
use crate::oci::Digest;

/// The longest note, in bytes.
const MAX_NOTE: u64 = 16 << 10;

/// A folder of notes; without one they last as long as the process.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    folder: Option<Below>,
}

impl Journal {
    /// The notes in a folder, which is made when the first one is written.
    #[must_use]
    pub fn at(folder: Below) -> Self {
        Self { folder: Some(folder) }
    }

    /// The page for a subject, with what the last run left there. While another process is at it, one that is not kept.
    #[must_use]
    pub fn open(&self, subject: &str) -> Page {
        let path = self
            .folder
            .as_ref()
            .map(|folder| folder.join(Digest::of(subject.as_bytes()).hex()));
        let mut page = Page {
            path,
            file: None,
            text: None,
        };
        page.load();
        page
    }
}

/// The note on one subject. Dropped, it stays for the next run.
pub struct Page {
    /// Where it is kept, if it is.
    path: Option<Below>,
    /// None before anything was written.
    file: Option<File>,
    text: Option<String>,
}

impl Page {
    /// What was noted.
    #[must_use]
    pub fn read(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Notes this instead of what was there.
    pub fn write(&mut self, text: &str) {
        self.text = Some(text.to_owned());
        if self.file.is_none() {
            self.file = self.path.as_ref().and_then(create);
        }
        if let Some(file) = &mut self.file {
            // Half a note leads nowhere, and there the next run finds nothing.
            let _ = file
                .set_len(0)
                .and_then(|()| file.rewind())
                .and_then(|()| file.write_all(text.as_bytes()));
        }
    }

    /// Drops the note.
    pub fn tear_out(self) {
        if let (Some(path), Some(_locked)) = (&self.path, &self.file) {
            let _ = path.remove();
            // Fails where there are others, as it should.
            let _ = path.folder().remove_folder();
        }
    }

    fn load(&mut self) {
        let Some(path) = &self.path else { return };
        let Ok(file) = path.open(Access::Write) else {
            return;
        };
        if file.try_lock().is_err() {
            self.path = None;
            return;
        }
        let mut text = String::new();
        if (&file).take(MAX_NOTE).read_to_string(&mut text).is_ok() && !text.is_empty() {
            self.text = Some(text);
        }
        self.file = Some(file);
    }
}

/// A new file that this process has locked. It is for its owner only: whoever has the address of an upload may be able to
/// add to it.
fn create(path: &Below) -> Option<File> {
    path.folder().create_folder().ok()?;
    let file = path.open(Access::MakePrivate).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_note_is_there_in_the_next_run_until_it_is_torn_out() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(Below::root(folder.path().to_owned()).join("uploads"));
        let mut page = journal.open("a");
        assert_eq!(page.read(), None);
        page.write("a long first note");
        page.write("second");
        drop(page);
        let page = journal.open("a");
        assert_eq!(page.read(), Some("second"));
        assert_eq!(journal.open("b").read(), None);
        page.tear_out();
        assert_eq!(journal.open("a").read(), None);
        assert!(!folder.path().join("uploads").exists(), "the last one takes the folder along");
    }

    #[test]
    fn a_page_is_kept_for_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(Below::root(folder.path().to_owned()));
        let mut page = journal.open("a");
        page.write("mine");
        let mut other = journal.open("a");
        assert_eq!(other.read(), None);
        other.write("theirs");
        assert_eq!(other.read(), Some("theirs"));
        other.tear_out();
        drop(page);
        assert_eq!(journal.open("a").read(), Some("mine"));
    }

    #[test]
    fn where_nothing_can_be_written_a_note_lasts_as_long_as_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        for journal in [Journal::at(Below::root(file.clone()).join("uploads")), Journal::default()] {
            let mut page = journal.open("a");
            page.write("x");
            assert_eq!(page.read(), Some("x"));
            drop(page);
            assert_eq!(journal.open("a").read(), None);
        }
    }

    #[cfg(unix)]
    #[test]
    fn notes_are_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let mut page = Journal::at(Below::root(folder.path().to_owned())).open("a");
        page.write("x");
        let mode = fs::metadata(page.path.unwrap().path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
