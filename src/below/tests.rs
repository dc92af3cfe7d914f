//! What leads out of a root, or is no file, against every call.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::Command;

use tempfile::TempDir;

use super::*;

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

/// A root with a folder in it, and a folder beside the root.
fn scene() -> (TempDir, Below, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let (root, outside) = (dir.path().join("root"), dir.path().join("outside"));
    fs::create_dir_all(root.join("folder")).unwrap();
    fs::create_dir(&outside).unwrap();
    (dir, Below::root(root), outside)
}

#[test]
fn a_file_is_made_found_renamed_and_removed() {
    let (_dir, root, _) = scene();
    let (deep, other) = (root.join("a/b/file"), root.join("folder/other"));
    assert_eq!(deep.look().unwrap(), None);
    deep.folder().create_folder().unwrap();
    deep.folder().create_folder().unwrap();
    let mut file = deep.open(Access::Make).unwrap();
    file.write_all(b"four").unwrap();
    assert!(deep.leads_to(&file).unwrap());
    let found = Found {
        kind: Kind::File,
        size: 4,
    };
    assert_eq!(deep.look().unwrap(), Some(found));
    assert_eq!(deep.folder().list().unwrap(), [(deep.clone(), found)]);
    deep.rename(&other).unwrap();
    assert_eq!(other.read().unwrap(), b"four");
    assert!(!deep.leads_to(&file).unwrap() && other.leads_to(&file).unwrap());
    assert!(other.open(Access::MakePrivate).is_err(), "it is there");
    other.remove().unwrap();
    deep.folder().remove_folder().unwrap();
    deep.folder().folder().sync().unwrap();
    let names: Vec<_> = root
        .list()
        .unwrap()
        .into_iter()
        .map(|(below, _)| below.way().to_owned())
        .collect();
    assert_eq!(names, [Path::new("a"), Path::new("folder")]);
}

#[test]
fn a_link_on_the_way_is_followed_by_nothing() {
    let (_dir, root, outside) = scene();
    fs::write(outside.join("file"), "precious").unwrap();
    symlink(&outside, root.path().join("link")).unwrap();
    fs::write(root.path().join("folder/mine"), "mine").unwrap();
    let (file, new, mine) = (root.join("link/file"), root.join("link/new"), root.join("folder/mine"));
    assert_eq!(file.look().unwrap(), None);
    for access in [Access::Read, Access::Write, Access::Make, Access::MakePrivate] {
        assert!(file.open(access).is_err() && new.open(access).is_err(), "{access:?}");
    }
    assert!(new.create_folder().is_err() && new.folder().create_folder().is_err());
    assert!(file.remove().is_err() && file.remove_folder().is_err());
    assert!(mine.rename(&file).is_err() && mine.rename(&new).is_err() && file.rename(&mine).is_err());
    assert!(file.folder().list().is_err() && file.folder().sync().is_err());
    assert_eq!(fs::read(outside.join("file")).unwrap(), b"precious");
    fs::remove_file(outside.join("file")).unwrap();
    assert!(is_empty(&outside));
}

#[test]
fn a_root_that_is_a_link_is_the_choice_of_its_user() {
    let (dir, root, _) = scene();
    let link = dir.path().join("link");
    symlink(root.path(), &link).unwrap();
    let file = Below::root(link).join("folder/file");
    file.open(Access::Make).unwrap();
    assert!(root.path().join("folder/file").is_file());
    assert_eq!(file.folder().folder().list().unwrap().len(), 1);
}

#[test]
fn a_way_that_leads_out_is_none() {
    let (_dir, root, outside) = scene();
    fs::write(outside.join("file"), "precious").unwrap();
    for way in [
        Path::new("../outside/file"),
        Path::new("folder/../../outside/file"),
        &outside.join("file"),
    ] {
        let below = root.join(way);
        assert!(
            below.open(Access::Read).is_err() && below.remove().is_err(),
            "{}",
            way.display()
        );
    }
    assert!(!is_empty(&outside));
}

#[test]
fn a_pipe_is_not_waited_for_and_nothing_but_a_file_is_opened() {
    let (_dir, root, outside) = scene();
    let (pipe, link, folder) = (root.join("pipe"), root.join("link"), root.join("folder"));
    assert!(Command::new("mkfifo").arg(pipe.path()).status().unwrap().success());
    symlink(outside.join("file"), link.path()).unwrap();
    for below in [pipe, link, folder] {
        for access in [Access::Read, Access::Write, Access::Make] {
            let error = below.open(access).unwrap_err().to_string();
            assert_eq!(error, "it is not a regular file", "{access:?} {}", below.path().display());
        }
        assert!(below.read().is_err());
    }
    assert!(is_empty(&outside));
}
