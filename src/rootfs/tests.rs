//! Layers laid over each other, entry by entry.

use super::plan::Plan;
use super::tree::Tree;
use crate::tarball::{Content, Entry, Leaf, Meta, What};

fn entry(name: &str, what: What) -> Entry {
    Entry {
        name: name.into(),
        meta: Meta::default(),
        what,
    }
}

fn file(name: &str) -> Entry {
    let content = Content {
        start: 0,
        stored: 0,
        size: 0,
        pieces: None,
    };
    entry(name, What::Leaf(Leaf::File(content)))
}

fn folder(name: &str) -> Entry {
    entry(name, What::Folder)
}

fn symlink(name: &str, target: &str) -> Entry {
    entry(name, What::Leaf(Leaf::Symlink(target.into())))
}

fn link(name: &str, target: &str) -> Entry {
    entry(name, What::HardLink(target.into()))
}

fn lay(layers: Vec<Vec<Entry>>) -> anyhow::Result<Tree> {
    let mut tree = Tree::default();
    for (at, entries) in layers.into_iter().enumerate() {
        entries.into_iter().try_for_each(|entry| tree.apply(at, entry))?;
    }
    Ok(tree)
}

/// All paths, folders with a slash behind them; further names of a file behind the first one.
fn paths(layers: Vec<Vec<Entry>>) -> String {
    let tree = lay(layers).unwrap();
    let plan = Plan::of(&tree);
    let folders = plan.folders.iter().skip(1).map(|(path, _)| [path, &b"/"[..]].concat());
    let files = plan.files.values().flatten().map(|(_, planned)| planned);
    let leaves = plan.bare.iter().chain(files).map(|planned| {
        let names = std::iter::once(&planned.path).chain(&planned.links);
        names.map(|name| &**name).collect::<Vec<_>>().join(&b"="[..])
    });
    let mut paths: Vec<String> = folders.chain(leaves).map(|path| String::from_utf8(path).unwrap()).collect();
    paths.sort();
    paths.join(" ")
}

#[test]
fn a_whiteout_hides_what_is_below_and_nothing_of_its_own_layer() {
    let below = || vec![folder("d"), file("d/old"), file("d/other"), file("gone")];
    assert_eq!(paths(vec![below(), vec![file("d/.wh.old"), file(".wh.gone")]]), "d/ d/other");
    assert_eq!(paths(vec![below(), vec![file(".wh.d"), file("d/new")]]), "d/ d/new gone");
    assert_eq!(
        paths(vec![below(), vec![file("d/new"), file("d/.wh.new"), file(".wh.d")]]),
        "d/ d/new gone"
    );
    assert_eq!(
        paths(vec![below(), vec![file("no/where/.wh.x"), file(".wh.absent")]]),
        "d/ d/old d/other gone"
    );
}

#[test]
fn an_opaque_folder_keeps_only_what_its_layer_has_wherever_the_mark_stands() {
    let below = || vec![folder("d"), folder("d/sub"), file("d/sub/old"), file("d/old")];
    let mark = "d/.wh..wh..opq";
    assert_eq!(paths(vec![below(), vec![file(mark), file("d/new")]]), "d/ d/new");
    assert_eq!(
        paths(vec![below(), vec![file("d/new"), file("d/sub/new"), file(mark)]]),
        "d/ d/new d/sub/ d/sub/new"
    );
    assert_eq!(paths(vec![below(), vec![file(mark)], vec![file("d/later")]]), "d/ d/later");
}

#[test]
fn what_takes_the_place_of_another_kind_replaces_it_whole() {
    assert_eq!(paths(vec![vec![folder("a"), file("a/x")], vec![file("a")]]), "a");
    assert_eq!(paths(vec![vec![file("a")], vec![folder("a"), file("a/x")]]), "a/ a/x");
    assert_eq!(
        paths(vec![vec![folder("a"), file("a/x")], vec![folder("a"), file("a/y")]]),
        "a/ a/x a/y"
    );
    assert_eq!(
        paths(vec![vec![folder("t"), symlink("a", "t")], vec![folder("a"), file("a/x")]]),
        "a/ a/x t/"
    );
}

#[test]
fn links_on_the_way_are_followed_inside_the_root() {
    assert_eq!(
        paths(vec![vec![folder("usr/lib"), symlink("lib", "usr/lib"), file("lib/x")]]),
        "lib usr/ usr/lib/ usr/lib/x"
    );
    assert_eq!(
        paths(vec![vec![symlink("up", "../../../etc"), file("up/x")]]),
        "etc/ etc/x up"
    );
    assert_eq!(paths(vec![vec![symlink("abs", "/etc"), file("abs/x")]]), "abs etc/ etc/x");
    assert_eq!(
        paths(vec![vec![folder("u"), file("u/x"), symlink("l", "u")], vec![file("l/.wh.x")]]),
        "l u/"
    );
    assert!(lay(vec![vec![symlink("a", "b"), symlink("b", "a"), file("a/x")]]).is_err());
}

#[test]
fn a_file_outlives_the_name_that_others_were_linked_to() {
    let below = || vec![file("a"), link("b", "a"), link("c", "/b")];
    assert_eq!(paths(vec![below()]), "a=b=c");
    assert_eq!(paths(vec![below(), vec![file(".wh.a")]]), "b=c");
    assert_eq!(paths(vec![below(), vec![file("a")]]), "a b=c");
    assert_eq!(paths(vec![below(), vec![link("d", "c"), file(".wh.c")]]), "a=b=d");
    assert_eq!(paths(vec![vec![file("a"), link("a", "a")]]), "a");
}

#[test]
fn what_cannot_be_is_refused_with_its_name_escaped() {
    let long = format!("{}x", "y/".repeat(2047));
    let impossible = [
        file("../x"),
        file("a/../../x"),
        symlink("./", "x"),
        file("/"),
        file("/."),
        file(""),
        file(".wh."),
        file(".wh.."),
        file(".wh..."),
        file("a/.wh.../x"),
        file("nul\0l"),
        link("l", "absent"),
        link("l", "../etc/passwd"),
        file(&"n".repeat(256)),
        file(&long),
    ];
    for entry in impossible {
        let name = entry.name.escape_ascii().to_string();
        assert!(lay(vec![vec![entry]]).is_err(), "{name}");
    }
    let error = lay(vec![vec![link("bell\u{7}\n", "x")]]).err().unwrap();
    assert_eq!(error.to_string(), r"the entry `bell\x07\n` is not possible");
    assert!(lay(vec![vec![folder("d"), link("l", "d")]]).is_err());
    assert!(lay(vec![vec![file("f"), file("f/x")]]).is_err());
}
