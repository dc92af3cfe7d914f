//! `lugger pull`: what it fetches, under which name, and what it prints. Which image of an index is in `platforms`, what
//! a registry gets wrong in `damage` and `manifests`, what breaks off in `resume`, and layers in parts in `ranges`.

mod damage;
mod manifests;
mod platforms;
mod ranges;
mod resume;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::command::{Call, Lugger};
use crate::support::image::{Blob, Family, Image, Recipe};
use crate::support::registry::Registry;
use crate::support::store_check::StoreCheck;

fn pull(lugger: &Lugger, reference: &str) -> Call {
    lugger.args(["pull", reference])
}

/// A registry with this image as `app:1`.
fn serving(image: &Image) -> Registry {
    let registry = Registry::start();
    registry.put_image("app", "1", image);
    registry
}

fn check(lugger: &Lugger) -> StoreCheck {
    StoreCheck::of(&lugger.store()).allowing(&["lock", "index.lock"])
}

fn path(lugger: &Lugger, digest: &str) -> PathBuf {
    lugger.store().join("blobs").join(digest.replace(':', "/"))
}

fn has(lugger: &Lugger, blob: &Blob) -> bool {
    path(lugger, &blob.digest).exists()
}

fn holds(lugger: &Lugger, image: &Image) -> bool {
    image.blobs().chain([&image.manifest]).all(|blob| has(lugger, blob))
}

/// The digest a name of the store stands for.
fn root(lugger: &Lugger, name: &str) -> String {
    let json: Value = serde_json::from_slice(&fs::read(lugger.store().join("index.json")).unwrap()).unwrap();
    let entries = json["manifests"].as_array().unwrap();
    let named = |entry: &&Value| entry["annotations"]["org.opencontainers.image.ref.name"] == name;
    let entry = entries
        .iter()
        .find(named)
        .unwrap_or_else(|| panic!("no name {name} in {json}"));
    entry["digest"].as_str().unwrap().to_string()
}

/// The sizes of the unfinished blobs.
fn partial(lugger: &Lugger) -> Vec<u64> {
    sizes(&lugger.store().join("partial"))
}

fn sizes(folder: &Path) -> Vec<u64> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                sizes(&path)
            } else {
                fs::metadata(&path).map(|data| data.len()).into_iter().collect()
            }
        })
        .collect()
}

#[test]
fn an_image_is_pulled_by_tag_and_kept_byte_for_byte() {
    let (image, lugger) = (Image::tiny(1), Lugger::new());
    let registry = serving(&image);
    let name = registry.name("app:1");
    let run = pull(&lugger, &name).ok();
    let expected = format!(
        "Digest: {}\nStatus: Downloaded newer image for {name}\n{name}\n",
        image.digest()
    );
    assert_eq!(run.stdout, expected);
    assert!(holds(&lugger, &image));
    assert_eq!(
        fs::read(path(&lugger, image.digest())).unwrap(),
        image.manifest.bytes,
        "the manifest was rewritten"
    );
    assert_eq!(check(&lugger).names(), [name]);
    check(&lugger).assert_sound();
}

#[test]
fn both_families_compressed_or_not_are_pulled() {
    for family in [Family::Oci, Family::Docker] {
        let recipe = Recipe::default().family(family).layer(b"some content");
        for image in [recipe.clone().build(), recipe.gzipped().build()] {
            let (lugger, registry) = (Lugger::new(), serving(&image));
            pull(&lugger, &registry.name("app:1")).ok();
            assert_eq!(root(&lugger, &registry.name("app:1")), image.digest());
            check(&lugger).assert_sound();
        }
    }
}

#[test]
fn without_a_tag_it_is_latest_and_said_so_on_stderr() {
    let (image, lugger, registry) = (Image::tiny(1), Lugger::new(), Registry::start());
    registry.put_image("team/app", "latest", &image);
    let run = pull(&lugger, &registry.name("team/app")).ok();
    assert!(run.stderr.contains("Using default tag: latest"), "{}", run.stderr);
    assert!(run.stdout.ends_with(&format!("{}\n", registry.name("team/app:latest"))));
    assert_eq!(check(&lugger).names(), [registry.name("team/app:latest")]);
}

#[test]
fn a_digest_is_pulled_and_wins_over_a_tag_beside_it() {
    let (image, other) = (Image::tiny(1), Image::tiny(2));
    let registry = serving(&other);
    registry.put_image("app", "2", &image);
    let by_digest = registry.name(&format!("app@{}", image.digest()));
    for reference in [&by_digest, &registry.name(&format!("app:1@{}", image.digest()))] {
        let lugger = Lugger::new();
        let run = pull(&lugger, reference).ok();
        assert!(
            run.stdout.starts_with(&format!("Digest: {}\n", image.digest())),
            "{}",
            run.stdout
        );
        assert_eq!(root(&lugger, &by_digest), image.digest());
        check(&lugger).assert_sound();
    }
    assert_eq!(registry.count("*", "/manifests/1"), 0, "{}", registry.log().lines());
}

#[test]
fn several_references_are_pulled_one_after_the_other() {
    let (lugger, registry) = (Lugger::new(), serving(&Image::tiny(1)));
    registry.put_image("other", "2", &Image::tiny(2));
    lugger.args(["pull", &registry.name("app:1"), &registry.name("other:2")]).ok();
    assert_eq!(check(&lugger).names(), [registry.name("app:1"), registry.name("other:2")]);
    check(&lugger).assert_sound();
}

#[test]
fn an_image_that_is_up_to_date_costs_one_head() {
    let (image, lugger) = (Image::tiny(1), Lugger::new());
    let registry = serving(&image);
    let name = registry.name("app:1");
    pull(&lugger, &name).ok();
    let before = registry.requests().len();
    let run = pull(&lugger, &name).ok();
    let requests = registry.requests().split_off(before);
    let told: Vec<(&str, &str)> = requests.iter().map(|request| (&*request.method, &*request.path)).collect();
    assert_eq!(told, [("HEAD", "/v2/app/manifests/1")]);
    let expected = format!("Digest: {}\nStatus: Image is up to date for {name}\n{name}\n", image.digest());
    assert_eq!(run.stdout, expected);
}

#[test]
fn only_layers_that_are_missing_are_fetched() {
    let layers = [b"shared".to_vec(), b"first".to_vec(), b"second".to_vec()];
    let first = Image::with_layers(&[layers[0].clone(), layers[1].clone()]);
    let second = Image::with_layers(&[layers[0].clone(), layers[2].clone()]);
    let (lugger, registry) = (Lugger::new(), serving(&first));
    registry.put_image("app", "2", &second);
    pull(&lugger, &registry.name("app:1")).ok();
    let run = pull(&lugger, &registry.name("app:2")).ok();
    assert_eq!(registry.count("*", &first.layers[0].digest), 1, "{}", registry.log().lines());
    assert_eq!(registry.count("GET", &second.layers[1].digest), 1);
    assert!(run.stderr.contains("Already exists"), "{}", run.stderr);
    check(&lugger).assert_sound();
}

#[test]
fn a_tag_that_has_moved_is_fetched_anew() {
    let (lugger, registry) = (Lugger::new(), serving(&Image::tiny(1)));
    let (name, moved) = (registry.name("app:1"), Image::tiny(2));
    pull(&lugger, &name).ok();
    registry.put_image("app", "1", &moved);
    let run = pull(&lugger, &name).ok();
    assert!(run.stdout.contains("Downloaded newer image"), "{}", run.stdout);
    assert_eq!(root(&lugger, &name), moved.digest());
    check(&lugger).assert_sound();
}

#[test]
fn quiet_prints_one_line_that_names_the_content() {
    let (image, lugger) = (Image::tiny(1), Lugger::new());
    let registry = serving(&image);
    let line = format!("{}\n", registry.name(&format!("app@{}", image.digest())));
    for _ in 0..2 {
        let run = lugger.args(["pull", "-q", &registry.name("app:1")]).ok();
        assert_eq!((run.stdout, run.stderr), (line.clone(), String::new()));
    }
}

#[test]
fn all_tags_are_pulled_with_a_and_a_tag_beside_it_is_misuse() {
    let (lugger, registry) = (Lugger::new(), serving(&Image::tiny(1)));
    registry.put_image("app", "2", &Image::tiny(2));
    registry.put_image("app", "same-as-1", &Image::tiny(1));
    lugger.args(["pull", "-a", &registry.name("app:1")]).fails(2);
    lugger.args(["pull", "-a", &registry.name("app")]).ok();
    let names = ["app:1", "app:2", "app:same-as-1"].map(|name| registry.name(name));
    assert_eq!(check(&lugger).names(), names);
    check(&lugger).assert_sound();
}

#[test]
fn progress_goes_to_stderr_and_has_no_escape_codes_in_a_pipe() {
    let image = Image::tiny(1);
    for mode in ["auto", "lines", "bars", "none"] {
        let (lugger, registry) = (Lugger::new(), serving(&image));
        let run = lugger.args(["pull", "--progress", mode, &registry.name("app:1")]).ok();
        assert_eq!(run.stdout.lines().count(), 3, "{mode}: {}", run.stdout);
        assert!(!run.stdout.contains('\u{1b}'), "{mode}: {}", run.stdout);
        assert!(!run.stderr.contains(['\u{1b}', '\r']), "{mode}: {:?}", run.stderr);
        let told = run.stderr.contains("Pull complete");
        assert!(told || !matches!(mode, "auto" | "lines"), "{mode}: {}", run.stderr);
    }
}

#[test]
fn an_image_that_is_not_there_is_exit_3_and_leaves_no_name() {
    let (lugger, registry) = (Lugger::new(), serving(&Image::tiny(1)));
    let ways_out = [
        ("app:2", "hint: the nearest there is: `1`; `lugger list-tags"),
        ("nothing:1", "hint: there is no repository `nothing`; `lugger list-repos"),
    ];
    for (name, hint) in ways_out {
        let run = pull(&lugger, &registry.name(name)).fails(3);
        assert_eq!(run.stdout, "");
        let first = format!("error: cannot pull `{}`", registry.name(name));
        assert!(run.stderr.contains(&first), "{}", run.stderr);
        assert!(run.stderr.contains(hint), "{}", run.stderr);
    }
    assert_eq!(check(&lugger).names(), Vec::<String>::new());
}
