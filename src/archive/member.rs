//! The names of an archive's members, and where its links lead: never out of the archive, and never in a circle.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::archive::tar::TarError;

/// How often a link may lead to a link. Layers of `docker save` are linked once.
const MAX_LINKS: usize = 16;
/// The longest name, in bytes: what Linux takes as a path.
const MAX_NAME: usize = 4096;

/// What a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File(Place),
    /// Another name for a member, by the path from the root.
    Link(String),
    Folder,
    /// A device or the like, of no use here.
    Other,
}

/// Where in the archive the content of a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: u64,
    pub(super) size: u64,
}

/// The members of an archive, by their names.
#[derive(Debug, Default)]
pub(super) struct Members {
    by_name: BTreeMap<String, Kind>,
    /// Members of one name and size. Whether they are the same is for who can read them to tell.
    pub(super) twins: Vec<(Place, Place, String)>,
}

impl Members {
    /// Adds a member. One that is there already must be the same: some readers would take the first, some the last.
    pub(super) fn add(&mut self, name: String, kind: Kind) -> Result<(), TarError> {
        match self.by_name.entry(name) {
            Entry::Vacant(vacant) => {
                vacant.insert(kind);
                Ok(())
            }
            Entry::Occupied(occupied) => {
                match (occupied.get(), kind) {
                    (Kind::File(first), Kind::File(second)) if first.size == second.size => {
                        self.twins.push((*first, second, occupied.key().clone()));
                    }
                    (first, second) if *first == second && second != Kind::Other => {}
                    _ => return Err(TarError::Twice(occupied.key().clone())),
                }
                Ok(())
            }
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// The file of a name, links followed; `None` if there is none.
    pub(super) fn file(&self, name: &str) -> Result<Option<Place>, TarError> {
        let mut at = name;
        for _ in 0..=MAX_LINKS {
            match self.by_name.get(at) {
                Some(Kind::File(place)) => return Ok(Some(*place)),
                Some(Kind::Link(target)) => at = target,
                Some(Kind::Folder | Kind::Other) | None => return Ok(None),
            }
        }
        Err(TarError::Links(name.to_owned()))
    }
}

/// A name as a path from the root of the archive; empty for the root itself.
pub(super) fn normal(name: &[u8]) -> Result<String, TarError> {
    let text = checked(name)?;
    if text.starts_with('/') {
        return Err(TarError::Outside(text.to_owned()));
    }
    walk(Vec::new(), text, false)
}

/// Where a symbolic link leads that is called `link`.
pub(super) fn target_of(link: &str, target: &[u8]) -> Result<String, TarError> {
    let text = checked(target)?;
    if text.starts_with('/') {
        return Err(TarError::Outside(text.to_owned()));
    }
    let mut folder: Vec<&str> = link.split('/').collect();
    folder.pop();
    walk(folder, text, true)
}

fn walk<'a>(mut path: Vec<&'a str>, text: &'a str, upward: bool) -> Result<String, TarError> {
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if upward && path.pop().is_some() => {}
            ".." => return Err(TarError::Outside(text.to_owned())),
            part => path.push(part),
        }
    }
    Ok(path.join("/"))
}

fn checked(name: &[u8]) -> Result<&str, TarError> {
    let text = std::str::from_utf8(name).map_err(|_| TarError::Name(String::from_utf8_lossy(name).into_owned()))?;
    if text.is_empty() || text.len() > MAX_NAME || text.chars().any(char::is_control) {
        return Err(TarError::Name(text.to_owned()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(at: u64) -> Kind {
        Kind::File(Place { at, size: 1 })
    }

    #[test]
    fn a_name_has_one_spelling() {
        for (name, expected) in [
            ("manifest.json", "manifest.json"),
            ("./a//b/", "a/b"),
            ("./", ""),
            ("a/./b", "a/b"),
            ("a/...", "a/..."),
        ] {
            assert_eq!(normal(name.as_bytes()).unwrap(), expected);
        }
    }

    #[test]
    fn names_that_leave_the_archive_or_are_none_are_refused() {
        for name in ["../a", "a/../b", "/a", "", "a\nb", "a\0b", "..", &"a".repeat(5000)] {
            assert!(normal(name.as_bytes()).is_err(), "{name}");
        }
        assert!(normal(b"\xff").is_err());
    }

    #[test]
    fn links_lead_to_where_they_would_after_unpacking() {
        assert_eq!(target_of("b/layer.tar", b"../a/layer.tar").unwrap(), "a/layer.tar");
        assert_eq!(target_of("x", b"./y").unwrap(), "y");
        for (link, target) in [("b/x", "../../etc/passwd"), ("x", "/etc/passwd"), ("x", ".."), ("x", "")] {
            assert!(target_of(link, target.as_bytes()).is_err(), "{target}");
        }
    }

    #[test]
    fn links_are_followed_and_circles_are_seen() {
        let mut members = Members::default();
        let link = |to: &str| Kind::Link(to.to_owned());
        for (name, kind) in [
            ("a", file(7)),
            ("b", link("a")),
            ("c", link("b")),
            ("x", link("y")),
            ("y", link("x")),
            ("z", link("no")),
        ] {
            members.add(name.to_owned(), kind).unwrap();
        }
        assert_eq!(members.file("c").unwrap(), Some(Place { at: 7, size: 1 }));
        assert_eq!(members.file("z").unwrap(), None);
        assert!(matches!(members.file("x"), Err(TarError::Links(_))));
    }

    #[test]
    fn a_member_that_is_there_twice_is_the_same_or_refused() {
        let mut members = Members::default();
        members.add("d".to_owned(), Kind::Folder).unwrap();
        members.add("d".to_owned(), Kind::Folder).unwrap();
        members.add("f".to_owned(), file(1)).unwrap();
        members.add("f".to_owned(), file(2)).unwrap();
        assert_eq!(members.twins.len(), 1);
        assert!(members.add("f".to_owned(), Kind::Folder).is_err());
        assert!(members.add("f".to_owned(), Kind::Link("d".to_owned())).is_err());
    }
}
