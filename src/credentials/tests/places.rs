//! The order of the places, and what broken ones do.

use super::*;

/// Every place, each with a login for `reg.example` whose user is called as the place.
struct Places {
    folder: TempDir,
    files: LoginFiles,
}

impl Places {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let files = LoginFiles {
            docker: at("docker"),
            named: Some(at("named")),
            podman: vec![at("session"), at("lasting")],
            legacy: Some(at("legacy")),
        };
        let places = Self { folder, files };
        for name in ["docker", "named", "session", "lasting"] {
            places.write(name, &auths(name).to_string());
        }
        places.write("legacy", &auths("legacy")["auths"].to_string());
        places
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.folder.path().join(name)).unwrap();
    }

    async fn find(&self, variable: Option<&str>) -> Result<Lookup, CredentialError> {
        let variable = variable.map(Secret::new);
        let credentials = Credentials::new(self.files.clone(), variable, Vec::new());
        credentials.find(&registry("reg.example"), Some("a/b")).await
    }
}

fn auths(user: &str) -> Value {
    use base64::Engine as _;
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("{user}:pw"));
    json!({"auths": {"reg.example": {"auth": auth}}})
}

fn user(lookup: &Lookup) -> &str {
    match lookup.found.as_ref().map(|found| &found.credential) {
        Some(Credential::Password { username, .. }) => username,
        _ => "",
    }
}

#[tokio::test]
async fn the_places_have_an_order() {
    let mut places = Places::new();
    let variable = auths("variable").to_string();
    assert_eq!(user(&places.find(Some(&variable)).await.unwrap()), "variable");
    for name in ["named", "docker", "legacy"] {
        assert_eq!(
            user(&places.find(None).await.unwrap()),
            name,
            "podman's own files do not count"
        );
        places.remove(name);
    }
    let lookup = places.find(None).await.unwrap();
    assert_eq!((user(&lookup), lookup.looked.len()), ("", 3));
    places.files.named = None;
    places.write("legacy", "{}");
    for name in ["session", "lasting"] {
        assert_eq!(user(&places.find(None).await.unwrap()), name);
        places.remove(name);
    }
}

#[tokio::test]
async fn a_broken_place_is_an_error_only_where_no_earlier_one_has_the_login() {
    let places = Places::new();
    places.write("docker", "{");
    let lookup = places.find(None).await.unwrap();
    assert_eq!(user(&lookup), "named");
    assert!(lookup.warnings[0].contains("docker` is not valid JSON"), "{lookup:?}");
    places.write("named", "{}");
    let error = places.find(None).await.unwrap_err().to_string();
    assert!(error.contains("docker` is not valid JSON"), "{error}");
}

#[tokio::test]
async fn a_variable_that_docker_ignores_is_ignored() {
    let lookup = Places::new().find(Some(r#"{"auths": {}, "credsStore": "x"}"#)).await.unwrap();
    assert_eq!(user(&lookup), "named");
    assert!(lookup.warnings[0].contains("`credsStore` is unknown"), "{lookup:?}");
}

#[tokio::test]
async fn a_repositorys_own_login_beats_the_helper_of_its_host() {
    let own = json!({"reg.example/a": {"auth": "Ym9iOnMzY3I6ZXQicA=="}});
    let home = Home::with(&json!({"credsStore": "keeper", "auths": own})).helper("keeper", KEEPER);
    let reg = registry("reg.example");
    let find = |repository| home.credentials.find(&reg, Some(repository));
    assert_eq!(find("a/b").await.unwrap().found.unwrap().credential, bob());
    assert_eq!(home.calls("keeper"), "");
    assert_eq!(find("b").await.unwrap().found, None);
}

#[tokio::test]
async fn a_login_is_written_to_the_file_that_is_named() {
    let places = Places::new();
    let credentials = Credentials::new(places.files.clone(), None, Vec::new());
    let named = places.folder.path().join("named");
    let kept = credentials.store(&registry("reg.example"), &bob()).await.unwrap();
    assert_eq!(kept, Kept::File(named.clone()));
    assert!(credentials.erase(&registry("reg.example")).await.unwrap());
    assert_eq!(fs::read_to_string(named).unwrap(), "{\n\t\"auths\": {}\n}");
    assert_eq!(user(&places.find(None).await.unwrap()), "docker");
}
