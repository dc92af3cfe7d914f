//! The images of a layout as they were last read: whoever asks for them again and again, as a server does, has `index.json`
//! read and understood anew only when it has changed, whoever has changed it.

use std::io::{self, Read as _};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use crate::below::Access;
use crate::layout::folder::{Folder, failed, locked};
use crate::layout::index::Names;
use crate::layout::name::Entry;
use crate::layout::stamp::Stamp;
use crate::store::Result;

/// The images, and the stamp of the file that said so.
#[derive(Default)]
pub(super) struct Known(Mutex<Option<(Stamp, Arc<[Entry]>)>>);

impl Known {
    /// The images that there are now. As long as the file stays the same, so does what is given back.
    pub(super) fn images(&self, folder: &Folder) -> Result<Arc<[Entry]>> {
        let path = folder.index();
        let unread = || failed("read", path.path());
        let mut file = match path.open(Access::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Arc::default()),
            Err(error) => return Err(unread()(error)),
        };
        // Both are taken before the file is read: a change from then on is seen the next time.
        let now = SystemTime::now();
        let stamp = Stamp::of(&file.metadata().map_err(unread())?);
        if let Some((known, images)) = &*locked(&self.0)
            && *known == stamp
        {
            return Ok(Arc::clone(images));
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(unread())?;
        let images: Arc<[Entry]> = Names::of(&text, path.path())?.entries().collect();
        *locked(&self.0) = stamp.is_settled(now).then(|| (stamp, Arc::clone(&images)));
        Ok(images)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn index(name: &str) -> String {
        let digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        let named = format!(r#"{{"org.opencontainers.image.ref.name":"{name}"}}"#);
        format!(r#"{{"manifests":[{{"mediaType":"a/b","digest":"{digest}","size":2,"annotations":{named}}}]}}"#)
    }

    /// The file of a layout that nobody has touched for long, and what reads it.
    fn settled() -> (tempfile::TempDir, Folder, Known) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("index.json"), index("one")).unwrap();
        thread::sleep(Duration::from_millis(2100));
        let folder = Folder::new(dir.path().to_owned());
        (dir, folder, Known::default())
    }

    fn name(known: &Known, folder: &Folder) -> String {
        known.images(folder).unwrap()[0].name.clone().unwrap().to_string()
    }

    #[test]
    fn images_that_have_stayed_are_not_read_anew() {
        let (_dir, folder, known) = settled();
        let first = known.images(&folder).unwrap();
        assert!(Arc::ptr_eq(&first, &known.images(&folder).unwrap()));
    }

    #[test]
    fn a_change_counts_at_once_however_it_was_made() {
        let (dir, folder, known) = settled();
        let path = dir.path().join("index.json");
        let as_before = |path: &Path, time| File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
        assert_eq!(name(&known, &folder), "one");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        // In place, of the same size and at what is said to be the same time.
        fs::write(&path, index("two")).unwrap();
        as_before(&path, time);
        assert_eq!(name(&known, &folder), "two");
        // One right after the other, in the same tick of the clock.
        for round in 0..200 {
            let new = dir.path().join("new");
            fs::write(&new, index(&format!("{round:03}"))).unwrap();
            fs::rename(&new, &path).unwrap();
            assert_eq!(name(&known, &folder), format!("{round:03}"));
        }
        fs::remove_file(&path).unwrap();
        assert!(known.images(&folder).unwrap().is_empty());
    }

    #[test]
    fn a_file_that_was_damaged_is_told_and_not_what_it_said_before() {
        let (dir, folder, known) = settled();
        assert_eq!(name(&known, &folder), "one");
        fs::write(dir.path().join("index.json"), "{").unwrap();
        for _ in 0..2 {
            assert!(known.images(&folder).is_err());
        }
    }
}
