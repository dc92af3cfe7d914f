//! Logins found, kept and erased across file and helpers, with a helper that keeps each login in a file of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

mod places;

const HUB_KEY: &str = "https://index.docker.io/v1/";

/// Keeps what it is given in `$0.d`, named by the server with `/` as `_`; every call is noted in `$0.calls`.
const KEEPER: &str = r#"#!/bin/sh
mkdir -p "$0.d"; cd "$0.d" || exit 9
input=$(cat); echo "$1" >>"$0.calls"
file() { printf %s "$1" | tr / _; }
case $1 in
store) server=${input#*'"ServerURL":"'}; printf %s "$input" >"$(file "${server%%'"'*}")" ;;
get) cat "$(file "$input")" 2>/dev/null || { echo credentials not found in native keychain; exit 1; } ;;
erase) rm -f "$(file "$input")" ;;
list) printf '{'; sep=; for name in *; do [ -e "$name" ] && printf '%s"%s":"x"' "$sep" "$(printf %s "$name" | tr _ /)" && sep=,; done; echo '}' ;;
esac
"#;

struct Home {
    folder: TempDir,
    credentials: Credentials,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = LoginFiles::docker(&folder.path().join("docker"));
        let credentials = Credentials::new(files, None, vec![folder.path().to_owned()]);
        Self { folder, credentials }
    }

    fn with(document: &Value) -> Self {
        let home = Self::new();
        fs::create_dir(home.folder.path().join("docker")).unwrap();
        fs::write(home.config(), document.to_string()).unwrap();
        home
    }

    /// Written by a shell, so that no other test's child can hold it open when it is run.
    fn helper(self, name: &str, script: &str) -> Self {
        let write = r#"printf %s "$1" >"$2" && chmod 755 "$2""#;
        let path = self.folder.path().join(format!("docker-credential-{name}"));
        let written = Command::new("/bin/sh").args(["-c", write, "sh", script]).arg(path).status();
        assert!(written.unwrap().success());
        self
    }

    fn config(&self) -> std::path::PathBuf {
        self.folder.path().join("docker/config.json")
    }

    fn document(&self) -> Value {
        serde_json::from_slice(&fs::read(self.config()).unwrap()).unwrap()
    }

    fn calls(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(format!("docker-credential-{name}.calls"))).unwrap_or_default()
    }

    async fn find(&self, name: &str) -> Option<(Credential, String)> {
        let lookup = self.credentials.find(&registry(name), None).await.unwrap();
        lookup.found.map(|found| (found.credential, found.source.to_string()))
    }

    async fn store(&self, name: &str, credential: &Credential) -> Kept {
        self.credentials.store(&registry(name), credential).await.unwrap()
    }

    async fn erase(&self, name: &str) -> bool {
        self.credentials.erase(&registry(name)).await.unwrap()
    }
}

fn registry(name: &str) -> RegistryName {
    name.parse().unwrap()
}

fn bob() -> Credential {
    Credential::Password {
        username: "bob".to_owned(),
        password: Secret::new("s3cr:et\"p"),
    }
}

fn in_file(home: &Home, key: &str) -> String {
    format!("`{key}` in {}", home.config().display())
}

#[tokio::test]
async fn without_a_file_nobody_is_logged_in_and_nothing_appears() {
    let home = Home::new();
    assert_eq!(home.find("reg.example").await, None);
    assert!(!home.erase("reg.example").await);
    assert!(home.credentials.hosts().await.unwrap().is_empty());
    assert!(!home.config().parent().unwrap().exists());
}

#[tokio::test]
async fn a_login_goes_to_the_file_as_docker_writes_it() {
    let home = Home::new();
    assert_eq!(home.store("docker.io", &bob()).await, Kept::File(home.config()));
    let text = fs::read_to_string(home.config()).unwrap();
    let expected =
        format!("{{\n\t\"auths\": {{\n\t\t\"{HUB_KEY}\": {{\n\t\t\t\"auth\": \"Ym9iOnMzY3I6ZXQicA==\"\n\t\t}}\n\t}}\n}}");
    assert_eq!(text, expected);
    for name in ["docker.io", "index.docker.io", "registry-1.docker.io"] {
        assert_eq!(home.find(name).await, Some((bob(), in_file(&home, HUB_KEY))), "{name}");
    }
    assert!(home.erase("docker.io").await);
    assert_eq!(home.document(), json!({"auths": {}}));
    assert!(!home.erase("docker.io").await);
}

#[tokio::test]
async fn every_kind_of_login_comes_back_from_file_and_helper() {
    let token = || Secret::new("t\"o:k");
    for credential in [bob(), Credential::IdentityToken(token()), Credential::RegistryToken(token())] {
        for document in [json!({}), json!({"credsStore": "keeper"})] {
            let home = Home::with(&document).helper("keeper", KEEPER);
            home.store("reg.example:5000", &credential).await;
            let found = home.find("reg.example:5000").await;
            assert_eq!(
                found.map(|(credential, _)| credential).as_ref(),
                Some(&credential),
                "{document}"
            );
        }
    }
}

#[tokio::test]
async fn a_helper_takes_the_login_out_of_the_file() {
    let old = json!({"reg.example": {"auth": "Ym9iOm9sZA==", "email": "a@b"}, "other.example": {"auth": "Ym9iOm9sZA=="}});
    let home = Home::with(&json!({"auths": old, "credsStore": "keeper"})).helper("keeper", KEEPER);
    assert_eq!(home.store("reg.example", &bob()).await, Kept::Helper("keeper".to_owned()));
    let left = json!({"reg.example": {"email": "a@b"}, "other.example": {"auth": "Ym9iOm9sZA=="}});
    assert_eq!(home.document(), json!({"auths": left, "credsStore": "keeper"}));
    let source = "the helper docker-credential-keeper".to_owned();
    assert_eq!(home.find("reg.example").await, Some((bob(), source)));
    assert!(home.erase("reg.example").await);
    assert_eq!(home.find("reg.example").await, None);
    assert!(!home.erase("reg.example").await);
}

#[tokio::test]
async fn what_a_helper_does_not_know_is_looked_for_in_the_file() {
    let document = json!({"credsStore": "keeper", "auths": {"reg.example": {"auth": "Ym9iOnMzY3I6ZXQicA=="}}});
    let home = Home::with(&document).helper("keeper", KEEPER);
    assert_eq!(home.find("reg.example").await, Some((bob(), in_file(&home, "reg.example"))));
    assert_eq!(home.calls("keeper"), "get\n", "once, not for each name");
}

#[tokio::test]
async fn a_helper_is_asked_once_until_its_answer_is_forgotten() {
    let home = Home::with(&json!({"credsStore": "keeper"})).helper("keeper", KEEPER);
    home.store("reg.example", &bob()).await;
    let reg = registry("reg.example");
    let found = |repository| home.credentials.find(&reg, repository);
    let source = found(None).await.unwrap().found.unwrap().source;
    for repository in [Some("a"), Some("a/b"), None] {
        assert!(found(repository).await.unwrap().found.is_some());
    }
    assert_eq!(home.calls("keeper"), "store\nget\n");
    assert!(home.credentials.forget(&source));
    assert!(found(None).await.unwrap().found.is_some());
    assert_eq!(home.calls("keeper"), "store\nget\nget\n");
}

#[tokio::test]
async fn an_empty_helper_name_means_the_file() {
    let home = Home::with(&json!({"credsStore": "keeper", "credHelpers": {"reg.example": ""}})).helper("keeper", KEEPER);
    assert_eq!(home.store("reg.example", &bob()).await, Kept::File(home.config()));
    assert!(home.find("reg.example").await.is_some());
    assert!(home.erase("reg.example").await);
    assert_eq!(home.calls("keeper"), "");
}

#[tokio::test]
async fn a_login_that_docker_left_with_a_helper_under_an_alias_is_found_and_erased() {
    let home = Home::with(&json!({"credsStore": "keeper", "auths": {"index.docker.io": {}}})).helper("keeper", KEEPER);
    let helper = home.credentials.helper("keeper").unwrap();
    helper
        .store("index.docker.io", Some("bob"), &Secret::new("s3cr:et\"p"))
        .await
        .unwrap();
    assert!(home.find("docker.io").await.is_some());
    assert!(home.erase("docker.io").await);
    assert!(helper.list().await.unwrap().is_empty());
    assert_eq!(home.document()["auths"], json!({}));
}

#[tokio::test]
async fn a_missing_helper_is_told_apart_and_stores_nothing() {
    let home = Home::with(&json!({"credsStore": "gone", "auths": {"old.example": {"auth": "Ym9iOnMzY3I6ZXQicA=="}}}));
    let reg = registry("reg.example");
    let missing = |error| matches!(error, CredentialError::HelperMissing { name } if name == "gone");
    let lookup = home.credentials.find(&reg, None).await.unwrap();
    assert_eq!(lookup.found, None);
    assert!(lookup.warnings[0].ends_with("; going on without a login"), "{lookup:?}");
    assert!(missing(home.credentials.store(&reg, &bob()).await.unwrap_err()));
    assert!(missing(home.credentials.erase(&reg).await.unwrap_err()));
    assert!(home.find("old.example").await.is_some(), "the file's own logins still count");
    assert_eq!(home.credentials.hosts().await.unwrap(), ["old.example"]);
}

#[tokio::test]
async fn a_failing_helper_is_an_error_but_the_file_is_cleaned() {
    let document = json!({"credsStore": "shut", "auths": {"reg.example": {"auth": "Ym9iOnB3"}}});
    let home = Home::with(&document).helper("shut", "#!/bin/sh\necho the vault is shut\nexit 1\n");
    let reg = registry("reg.example");
    for error in [
        home.credentials.find(&reg, None).await.unwrap_err(),
        home.credentials.store(&reg, &bob()).await.unwrap_err(),
        home.credentials.hosts().await.unwrap_err(),
    ] {
        assert!(error.to_string().ends_with("the vault is shut"), "{error}");
    }
    assert_eq!(home.document(), document);
    home.credentials.erase(&reg).await.unwrap_err();
    assert_eq!(home.document()["auths"], json!({}));
}

#[tokio::test]
async fn hosts_are_those_of_the_file_and_of_every_helper_that_can_list() {
    let helpers = json!({"a.example": "own", "b.example": "mute", "c.example": "gone", "d.example": ""});
    let document = json!({"auths": {"reg.example": {}, "z.example": {}}, "credsStore": "keeper", "credHelpers": helpers});
    let home = Home::with(&document).helper("keeper", KEEPER).helper("own", KEEPER);
    let home = home.helper("mute", "#!/bin/sh\necho unknown action\nexit 1\n");
    for name in ["reg.example", "a.example"] {
        home.store(name, &bob()).await;
    }
    assert_eq!(
        home.credentials.hosts().await.unwrap(),
        ["reg.example", "z.example", "a.example"]
    );
}

#[test]
fn logins_at_the_same_time_do_not_lose_each_other() {
    let home = Home::new();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let credentials = home.credentials.clone();
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                for round in 0..5 {
                    let name = registry(&format!("reg{number}.example:{}", 5000 + round));
                    runtime.block_on(credentials.store(&name, &bob())).unwrap();
                }
            });
        }
    });
    assert_eq!(home.document()["auths"].as_object().unwrap().len(), 40);
    assert_eq!(fs::read_dir(Path::new(&home.config()).parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn no_debug_output_shows_a_secret() {
    let found = Found {
        credential: bob(),
        source: Origin::Helper {
            program: "docker-credential-x".to_owned(),
            file: "config.json".into(),
            key: "reg.example".to_owned(),
        },
    };
    assert!(!format!("{found:?}").contains("s3cr"));
}
