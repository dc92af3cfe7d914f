//! `index.json`: the names of a layout. It is kept as the JSON it is, so that entries and fields of other programs
//! outlive a change; only entries that can be understood are handed out.
//!
//! Reading and replacing the file is here too; who waits for whom is `folder`'s business.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value};

use crate::files;
use crate::layout::folder::{Folder, failed};
use crate::layout::name::{Entry, RefName};
use crate::layout::room::unwritten;
use crate::oci::Descriptor;
use crate::oci::image_layout::{self, EMPTY_INDEX, REF_NAME};
use crate::store::{Error, Result};

/// The names of a layout, in their order.
pub(super) struct Names {
    document: Map<String, Value>,
    entries: Vec<Value>,
}

impl Names {
    /// Reads the file; a layout without one has no names.
    pub(super) fn read(folder: &Folder) -> Result<Self> {
        let path = folder.index();
        let text = match path.read() {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::none(),
            Err(error) => return Err(failed("read", path.path())(error)),
        };
        Self::of(&text, path.path())
    }

    /// What the text of the file at `path` says.
    pub(super) fn of(text: &[u8], path: &Path) -> Result<Self> {
        Self::parse(text)
            .with_context(|| format!("{} is damaged", path.display()))
            .map_err(Error::other)
    }

    /// Replaces the file. Wants the lock of the index.
    pub(super) fn write(self, folder: &Folder) -> Result<()> {
        let path = folder.index();
        let text = self.into_json().map_err(Error::other)?;
        files::replace_locked(path.path(), &text).map_err(unwritten(path.path(), text.len() as u64))
    }

    fn none() -> Result<Self> {
        Self::parse(EMPTY_INDEX.as_bytes()).map_err(Error::other)
    }

    fn parse(text: &[u8]) -> anyhow::Result<Self> {
        let mut document = image_layout::parse_index(text)?;
        // Taken out and not removed, so that the field keeps its place.
        let entries = match document.get_mut("manifests").map(Value::take) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(entries)) => entries,
            Some(_) => return Err(anyhow!("`manifests` is no list")),
        };
        Ok(Self { document, entries })
    }

    fn into_json(mut self) -> serde_json::Result<Vec<u8>> {
        self.document.insert("manifests".to_owned(), Value::Array(self.entries));
        serde_json::to_vec(&self.document)
    }

    /// All entries that can be understood.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.entries.iter().filter_map(|entry| read(entry).ok())
    }

    /// Why the other entries cannot be understood, with their names.
    pub(super) fn strange(&self) -> impl Iterator<Item = (Option<&str>, serde_json::Error)> {
        let strange = |entry| read(entry).err().map(|error| (name_of(entry), error));
        self.entries.iter().filter_map(strange)
    }

    /// Every entry, understood or not.
    pub(super) fn raw(&self) -> &[Value] {
        &self.entries
    }

    /// The entry of a name, or without a name the only entry there is; `None` if there is none.
    ///
    /// # Errors
    /// Several entries, of which none is the one meant; an entry that cannot be understood.
    pub(super) fn find(&self, name: Option<&RefName>) -> Result<Option<Entry>> {
        let found: Vec<&Value> = match name {
            Some(name) => self.entries.iter().filter(|entry| is_named(entry, Some(name))).collect(),
            None => self.entries.iter().collect(),
        };
        match (found.as_slice(), name) {
            ([], _) => Ok(None),
            ([entry], _) => read(entry).map(Some).map_err(damaged),
            (_, Some(name)) => Err(Error::other(anyhow!("`{name}` is the name of several images"))),
            (several, None) => Err(Error::other(anyhow!("several images to choose from: {}", told(several)))),
        }
    }

    /// The entry that [`Self::put`] would replace.
    pub(super) fn same(&self, name: Option<&RefName>) -> Option<Entry> {
        let mut same = self.entries.iter().filter(|entry| is_named(entry, name));
        let entry = same.next()?;
        same.next().is_none().then(|| read(entry).ok()).flatten()
    }

    /// Gives a name to an image, instead of what had it before; without a name, that of the entry without one.
    pub(super) fn put(&mut self, name: Option<&RefName>, image: &Descriptor) -> Result<()> {
        let image = serde_json::to_value(image).map_err(Error::other)?;
        self.replace(name, image);
        Ok(())
    }

    /// Gives what has one name another name too.
    pub(super) fn copy(&mut self, from: &RefName, to: &RefName) -> Result<()> {
        if self.find(Some(from))?.is_none() {
            return Err(Error::not_found(anyhow!("there is no image `{from}`")));
        }
        let Some(mut image) = self.entries.iter().find(|entry| is_named(entry, Some(from))).cloned() else {
            return Ok(());
        };
        image["annotations"][REF_NAME] = Value::String(to.to_string());
        self.replace(Some(to), image);
        Ok(())
    }

    fn replace(&mut self, name: Option<&RefName>, image: Value) {
        let place = self.entries.iter().position(|entry| is_named(entry, name));
        self.entries.retain(|entry| !is_named(entry, name));
        self.entries.insert(place.unwrap_or(self.entries.len()), image);
    }

    /// Drops names and gives back what they stood for, understood or not; all of them or, with an error, none.
    pub(super) fn drop_names(&mut self, names: &BTreeSet<RefName>) -> Result<Vec<Value>> {
        for name in names {
            if !self.entries.iter().any(|entry| is_named(entry, Some(name))) {
                return Err(Error::not_found(anyhow!("there is no image `{name}`")));
            }
        }
        let dropped = |entry: &Value| names.iter().any(|name| is_named(entry, Some(name)));
        let (gone, kept) = std::mem::take(&mut self.entries).into_iter().partition(dropped);
        self.entries = kept;
        Ok(gone)
    }
}

fn read(entry: &Value) -> serde_json::Result<Entry> {
    serde_json::from_value::<Descriptor>(entry.clone()).map(Entry::from)
}

fn damaged(error: serde_json::Error) -> Error {
    Error::other(error).context("the image's entry in index.json cannot be understood")
}

fn name_of(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(REF_NAME)?.as_str()
}

fn is_named(entry: &Value, name: Option<&RefName>) -> bool {
    name_of(entry) == name.map(RefName::as_str)
}

/// The names of several entries, for a person.
fn told(entries: &[&Value]) -> String {
    let names: Vec<String> = entries
        .iter()
        .map(|entry| name_of(entry).unwrap_or("(without a name)").escape_debug().to_string())
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::{Digest, MediaType};

    const FOREIGN: &str = r#"{"schemaVersion":2,"manifests":[
        {"mediaType":"x/y","digest":"blake3:00","size":1,"annotations":{"org.opencontainers.image.ref.name":"odd"}},
        {"mediaType":"application/vnd.oci.image.manifest.v1+json","size":2,
         "digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
         "annotations":{"org.opencontainers.image.ref.name":"v1"},"data":"e30=","urls":["https://example.com"]}],
        "annotations":{"made.by":"another"}}"#;

    fn name(text: &str) -> RefName {
        text.parse().unwrap()
    }

    fn image(content: &[u8], text: &str) -> Descriptor {
        let mut image = Descriptor::new(MediaType::OCI_MANIFEST, Digest::of(content), content.len() as u64);
        image.annotations.insert(REF_NAME.to_owned(), text.to_owned());
        image
    }

    #[test]
    fn entries_and_fields_of_others_outlive_a_change() {
        let before: Value = serde_json::from_str(FOREIGN).unwrap();
        let mut names = Names::parse(FOREIGN.as_bytes()).unwrap();
        names.put(Some(&name("new")), &image(b"new", "new")).unwrap();
        names.copy(&name("v1"), &name("v2")).unwrap();
        let after: Value = serde_json::from_slice(&names.into_json().unwrap()).unwrap();
        assert_eq!(after["annotations"], before["annotations"]);
        assert_eq!(after["manifests"][0], before["manifests"][0]);
        assert_eq!(after["manifests"][1], before["manifests"][1]);
        assert_eq!(after["manifests"][3]["data"], "e30=");
        assert_eq!(after["manifests"][3]["annotations"][REF_NAME], "v2");
        let keys: Vec<&String> = after.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["schemaVersion", "manifests", "annotations"]);
    }

    #[test]
    fn the_last_one_wins_for_a_name_and_takes_its_place() {
        let mut names = Names::parse(FOREIGN.as_bytes()).unwrap();
        names.put(Some(&name("odd")), &image(b"1", "odd")).unwrap();
        names.put(Some(&name("odd")), &image(b"2", "odd")).unwrap();
        let listed: Vec<Entry> = names.entries().collect();
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0].descriptor, image(b"2", "odd"));
    }

    #[test]
    fn a_name_for_two_images_is_ambiguous_until_it_is_given_anew() {
        let mut names = Names::none().unwrap();
        names.put(Some(&name("a")), &image(b"1", "a")).unwrap();
        names.put(Some(&name("b")), &image(b"2", "a")).unwrap();
        let error = names.find(Some(&name("a"))).unwrap_err().to_string();
        assert!(error.contains("several images"), "{error}");
        names.put(Some(&name("a")), &image(b"3", "a")).unwrap();
        assert_eq!(names.entries().count(), 1);
    }

    #[test]
    fn without_a_name_the_only_image_is_meant_or_the_names_are_told() {
        let mut names = Names::none().unwrap();
        assert!(names.find(None).unwrap().is_none());
        names.put(Some(&name("a")), &image(b"1", "a")).unwrap();
        assert!(names.find(None).unwrap().is_some());
        names.put(Some(&name("b")), &image(b"2", "b")).unwrap();
        assert!(names.find(None).unwrap_err().to_string().ends_with(": a, b"));
    }

    #[test]
    fn what_is_no_index_is_damaged_and_not_empty() {
        let twice = r#"{"manifests":[],"manifests":[]}"#;
        for text in [
            "",
            "[]",
            r#"{"manifests":{}}"#,
            r#"{"manifests":["#,
            twice,
            r#"{"Manifests":[]}"#,
        ] {
            assert!(Names::parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn an_entry_that_cannot_be_understood_is_told_when_it_is_asked_for() {
        let names = Names::parse(FOREIGN.as_bytes()).unwrap();
        assert_eq!(names.entries().count(), 1);
        let error = names.find(Some(&name("odd"))).unwrap_err().to_string();
        assert!(error.contains("cannot be understood"), "{error}");
    }
}
