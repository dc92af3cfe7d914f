//! The rules of docker's `config.json`, as tables, and what a change does to a file.

use std::fs;

use serde_json::json;

use super::*;
use crate::secret::Secret;

/// Laid out as docker does it, in an order that is not the alphabet's.
const DOTFILE: &str = r#"
{
	"zeta": {
		"b": 1,
		"a": []
	},
	"auths": {
		"z.example": {},
		"docker.io": {},
		"a.example": {
			"email": "a@b"
		}
	},
	"HttpHeaders": {
		"X": "<&>"
	}
}
"#;

const HUB_KEY: &str = "https://index.docker.io/v1/";

fn registry(name: &str) -> RegistryName {
    name.parse().unwrap()
}

fn config(document: &Value) -> Config {
    Config::parse(Path::new("config.json"), document.to_string().as_bytes()).unwrap()
}

fn token(text: &str) -> Credential {
    Credential::IdentityToken(Secret::new(text))
}

/// `auths` with an identity token under each key that is the key itself.
fn auths(keys: &[&str]) -> Config {
    let entries = keys.iter().map(|key| ((*key).to_owned(), json!({"identitytoken": key})));
    config(&json!({"auths": entries.collect::<Map<_, _>>()}))
}

#[test]
fn a_login_is_found_under_the_keys_that_mean_its_registry() {
    let rows: [(&[&str], &str, Option<&str>); 14] = [
        (&["reg.example"], "reg.example", Some("reg.example")),
        (
            &["https://reg.example/v1/", "reg.example"],
            "reg.example",
            Some("reg.example"),
        ),
        (&["https://reg.example/v1/"], "reg.example", Some("https://reg.example/v1/")),
        (
            &["http://reg.example:5000/v2/"],
            "reg.example:5000",
            Some("http://reg.example:5000/v2/"),
        ),
        (&["reg.example/team"], "reg.example", None),
        (&["reg.example:443"], "reg.example", None),
        (&["reg.example"], "reg.example:443", None),
        (
            &["REG.example", "reg.example.", "", "https://", "https:///x", "a@reg.example"],
            "reg.example",
            None,
        ),
        (
            &["xn--reg.example", "evilreg.example", "reg.example.evil"],
            "reg.example",
            None,
        ),
        (&["docker.io", HUB_KEY], "docker.io", Some(HUB_KEY)),
        (&["https://index.docker.io"], "docker.io", Some("https://index.docker.io")),
        (&["docker.io"], "index.docker.io", Some("docker.io")),
        (
            &["https://registry-1.docker.io/v2/"],
            "docker.io",
            Some("https://registry-1.docker.io/v2/"),
        ),
        (&["", "reg.example"], "docker.io", None),
    ];
    for (keys, name, expected) in rows {
        let found = auths(keys).login(&registry(name)).unwrap();
        let expected = expected.map(|key| (key.to_owned(), token(key)));
        assert_eq!(found, expected, "{name} in {keys:?}");
    }
}

/// Row 25: of `h`, `h/a` and `h/a/b` the longest that fits.
#[test]
fn a_repository_has_the_login_of_its_longest_key() {
    let config = auths(&["reg.example", "reg.example/a", "reg.example/a/b", "https://reg.example/a/b/c"]);
    for (repository, expected) in [
        ("a/b", Some("reg.example/a/b")),
        ("a/b/c", Some("reg.example/a/b")),
        ("a/bc", Some("reg.example/a")),
        ("b", None),
    ] {
        let found = config.repository_login(&registry("reg.example"), repository).unwrap();
        assert_eq!(found.map(|(key, _)| key).as_deref(), expected, "{repository}");
    }
}

#[test]
fn the_oldest_file_is_nothing_but_logins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".dockercfg");
    fs::write(
        &path,
        r#"{"https://index.docker.io/v1/": {"auth": "Ym9iOnB3", "email": "a@b"}}"#,
    )
    .unwrap();
    let config = Config::load_legacy(&path).unwrap();
    assert!(config.login(&RegistryName::hub()).unwrap().is_some());
    for missing in [folder.path().join("none"), path.join("below a file")] {
        let none = Config::load_legacy(&missing).unwrap();
        assert_eq!(none.login(&RegistryName::hub()).unwrap(), None);
    }
}

#[test]
fn a_marker_hides_no_login_under_another_key() {
    let config = config(&json!({"auths": {"reg.example": {}, "https://reg.example": {"identitytoken": "t"}}}));
    let found = config.login(&registry("reg.example")).unwrap();
    assert_eq!(found, Some(("https://reg.example".to_owned(), token("t"))));
}

#[test]
fn a_damaged_entry_hurts_only_its_own_registry() {
    let config = config(&json!({"auths": {"bad.example": {"auth": "%"}, "reg.example": {"identitytoken": "t"}}}));
    assert!(config.login(&registry("reg.example")).unwrap().is_some());
    let error = config.login(&registry("bad.example")).unwrap_err().to_string();
    assert!(error.contains("`bad.example` in `config.json`"), "{error}");
}

#[test]
fn the_helper_named_for_a_registry_beats_the_one_for_all() {
    let helpers = json!({"reg.example": "own", "file.example": "", "https://index.docker.io/v1/": "hub", "null.example": null});
    let config = config(&json!({"credsStore": "all", "credHelpers": helpers}));
    let rows = [
        ("reg.example", Some("own")),
        ("file.example", None),
        ("null.example", None),
        ("docker.io", Some("hub")),
        ("other.example", Some("all")),
        ("reg.example:5000", Some("all")),
    ];
    for (name, expected) in rows {
        let chosen = config.helper(&registry(name)).unwrap();
        assert_eq!(chosen.map(|chosen| chosen.name).as_deref(), expected, "{name}");
    }
    assert_eq!(config.special_helpers().unwrap(), ["hub", "own"]);
}

#[test]
fn an_empty_file_names_no_helper() {
    for document in [
        json!({}),
        json!({"credsStore": ""}),
        json!({"credsStore": null, "credHelpers": null}),
    ] {
        assert_eq!(
            config(&document).helper(&registry("reg.example")).unwrap(),
            None,
            "{document}"
        );
    }
}

#[test]
fn a_helper_is_asked_for_the_keys_that_have_a_marker_too() {
    let markers = json!({"docker.io": {}, "index.docker.io": {"auth": "Ym9iOnB3"}, "docker.io/\n": {}, "reg.example": {}});
    let config = config(&json!({"credHelpers": {"registry-1.docker.io": "own"}, "auths": markers}));
    let hub = RegistryName::hub();
    let chosen = config.helper(&hub).unwrap().unwrap();
    let servers = config.servers(&hub, &chosen).unwrap();
    assert_eq!(servers, [HUB_KEY, "registry-1.docker.io", "docker.io"]);
}

#[test]
fn fields_of_another_kind_are_named() {
    let rows = [
        (json!({"auths": []}), "`auths` in `config.json` is no JSON object"),
        (
            json!({"credHelpers": "x"}),
            "`credHelpers` in `config.json` is no JSON object",
        ),
        (
            json!({"credHelpers": {"reg.example": 1}}),
            "a name in `credHelpers` in `config.json` is no JSON string",
        ),
        (
            json!({"credsStore": {}}),
            "a name in `credsStore` in `config.json` is no JSON string",
        ),
    ];
    let reg = registry("reg.example");
    for (document, expected) in rows {
        let config = config(&document);
        let error = config.helper(&reg).and_then(|_| config.login(&reg)).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

fn put(path: &Path, name: &str, text: &str) {
    change(path, |config| config.put(&registry(name), &token(text))).unwrap();
}

#[test]
fn a_change_leaves_all_else_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    let before = DOTFILE.trim();
    fs::write(&path, before).unwrap();
    put(&path, "a.example", "t");
    let email = "\"email\": \"a@b\"";
    let expected = before.replace(email, &format!("{email},\n\t\t\t\"identitytoken\": \"t\""));
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    assert!(change(&path, |config| config.remove(&RegistryName::hub())).unwrap());
    let expected = expected.replace("\n\t\t\"docker.io\": {},", "");
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
}

#[test]
fn erasing_takes_every_key_of_the_registry_and_no_other() {
    let mut config = auths(&[
        "docker.io",
        "x.example",
        HUB_KEY,
        "http://registry-1.docker.io",
        "docker.io/team",
        "y.example",
    ]);
    assert!(config.remove(&RegistryName::hub()).unwrap());
    assert_eq!(config.keys().unwrap(), ["x.example", "y.example"]);
    assert!(!config.remove(&RegistryName::hub()).unwrap());
}

#[test]
fn a_broken_file_is_named_with_the_place_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    for (text, expected) in [
        ("{\n  \"auths\": {,}\n}", "line 2 column 13"),
        ("\"canary\"", "is no JSON object"),
    ] {
        fs::write(&path, text).unwrap();
        let error = change(&path, |config| config.put(&registry("reg.example"), &token("t"))).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("config.json") && error.contains(expected), "{error}");
        assert!(!error.contains("canary"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn open_to_all(path: &Path) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    #[test]
    fn file_and_folder_are_for_their_owner_only() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/.docker/config.json");
        put(&path, "reg.example", "t");
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        for text in ["t", "u"] {
            open_to_all(&path);
            put(&path, "reg.example", text);
            assert_eq!(mode(&path), 0o600, "{text}");
        }
        let names: Vec<_> = fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["config.json"], "nothing else is left");
    }

    #[test]
    fn a_link_is_followed_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (path, middle) = (folder.path().join("config.json"), folder.path().join("middle"));
        let target = folder.path().join("dotfiles/docker.json");
        symlink("middle", &path).unwrap();
        symlink("dotfiles/docker.json", &middle).unwrap();
        put(&path, "a.example", "t");
        put(&path, "b.example", "t");
        assert!(path.is_symlink() && middle.is_symlink());
        assert_eq!(Config::load(&target).unwrap().keys().unwrap(), ["a.example", "b.example"]);
    }

    #[test]
    fn links_in_a_circle_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        symlink("config.json", &path).unwrap();
        assert!(
            change(&path, |_| Ok(()))
                .unwrap_err()
                .to_string()
                .starts_with("cannot follow")
        );
    }
}
