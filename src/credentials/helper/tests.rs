//! Helpers as short shell scripts, in a folder of their own.

use std::process::Command as Sync;

use tempfile::TempDir;

use super::*;

const SERVER: &str = "reg.example:5000";

/// Writes a helper through a shell: a file that this process wrote itself could not be run while another test's child
/// still holds it open ("text file busy").
fn write_script(folder: &Path, name: &str, script: &str) {
    let path = folder.join(format!("docker-credential-{name}"));
    let written = Sync::new("/bin/sh")
        .args(["-c", r#"printf '#!/bin/sh\n%s\n' "$1" >"$2" && chmod 755 "$2""#, "sh", script])
        .arg(path)
        .status();
    assert!(written.unwrap().success());
}

fn helper(script: &str) -> (TempDir, Helper) {
    let folder = tempfile::tempdir().unwrap();
    write_script(folder.path(), "fake", script);
    let helper = Helper::find("fake", &[folder.path().to_owned()], Duration::from_secs(20)).unwrap();
    (folder, helper)
}

async fn get(script: &str) -> Result<Option<Credential>, CredentialError> {
    let (_folder, helper) = helper(script);
    helper.get(SERVER).await
}

#[tokio::test]
async fn an_answer_is_a_login() {
    let password = Credential::Password {
        username: "bob".to_owned(),
        password: Secret::new("s3cr:et\"p"),
    };
    let rows = [
        (
            r#"echo '{"ServerURL":"x","Username":"bob","Secret":"s3cr:et\"p"}'"#,
            Some(password.clone()),
        ),
        (r#"echo '{"username":"bob","secret":"s3cr:et\"p"}'"#, Some(password)),
        (
            r#"echo '{"ServerURL":"x","Username":"<token>","Secret":"id"}'"#,
            Some(Credential::IdentityToken(Secret::new("id"))),
        ),
        (r#"echo '{"ServerURL":"","Username":"","Secret":""}'"#, None),
        ("echo; echo ' credentials not found in native keychain '; exit 1", None),
    ];
    for (script, expected) in rows {
        assert_eq!(get(script).await.unwrap(), expected, "{script}");
    }
}

#[tokio::test]
async fn the_server_comes_on_stdin_and_the_action_alone_as_argument() {
    let script = r#"printf '{"Username":"%s","Secret":"%s"}' "$*" "$(cat)""#;
    let expected = Credential::Password {
        username: "get".to_owned(),
        password: Secret::new(SERVER),
    };
    assert_eq!(get(script).await.unwrap(), Some(expected));
}

#[tokio::test]
async fn a_wrong_answer_is_an_error_that_does_not_show_it() {
    let rows = [
        ("echo canary", "it is no JSON object"),
        ("echo '[\"canary\"]'", "it is no JSON object"),
        ("echo null", "it is no JSON object"),
        ("true", "it is no JSON object"),
        (r#"echo '{"Username":"canary"}'"#, "it lacks `Username` or `Secret`"),
        (
            r#"echo '{"Username":"","Secret":"canary"}'"#,
            "it lacks `Username` or `Secret`",
        ),
        (
            r#"echo '{"Username":1,"Secret":"canary"}'"#,
            "it lacks `Username` or `Secret`",
        ),
        ("cat /dev/zero", "it is longer than 64 KiB"),
    ];
    for (script, expected) in rows {
        let error = get(script).await.unwrap_err().to_string();
        assert!(error.ends_with(expected) && !error.contains("canary"), "{script}: {error}");
    }
}

#[tokio::test]
async fn a_failure_shows_the_helpers_own_words() {
    let rows = [
        ("echo 'the vault is shut'; exit 1", "failed to get: the vault is shut"),
        (r"printf 'a\nb\033[31m\007c\n'; exit 1", "failed to get: a b[31mc"),
        (r"printf 'gno\342\200\256p'; exit 1", "failed to get: gnop"),
        ("exit 3", "failed to get: exit status: 3"),
        (
            r#"echo '{"Username":"u","Secret":"canary"}'; exit 4"#,
            "failed to get: exit status: 4",
        ),
        (
            "echo 'Credentials not found in native keychain'; exit 1",
            "failed to get: Credentials not found in native keychain",
        ),
    ];
    for (script, expected) in rows {
        let error = get(script).await.unwrap_err().to_string();
        assert_eq!(error, format!("the credential helper `docker-credential-fake` {expected}"));
    }
    let error = get("head -c 60000 /dev/zero | tr '\\0' x; exit 1").await.unwrap_err();
    assert!(error.to_string().len() < MAX_MESSAGE + 100);
}

#[tokio::test]
async fn a_login_is_stored_as_one_line_of_json() {
    let (folder, helper) = helper(r#"cat >"$0.$1""#);
    let stored = folder.path().join("docker-credential-fake.store");
    for (username, expected) in [(Some("bob"), "bob"), (None, "<token>")] {
        helper.store(SERVER, username, &Secret::new("s3cr:et\"p\n")).await.unwrap();
        let line = std::fs::read_to_string(&stored).unwrap();
        let json = format!("{{\"ServerURL\":\"{SERVER}\",\"Username\":\"{expected}\",\"Secret\":\"s3cr:et\\\"p\\n\"}}\n");
        assert_eq!(line, json);
    }
}

#[tokio::test]
async fn a_secret_that_a_failing_helper_repeats_is_not_shown() {
    let (_folder, helper) = helper("printf 'cannot store canary from '; cat; exit 1");
    let error = helper
        .store(SERVER, Some("bob"), &Secret::new("canary"))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("cannot store ***") && !error.contains("canary"), "{error}");
}

#[tokio::test]
async fn erasing_tells_whether_the_helper_knew_the_server() {
    let rows = [
        ("true", true),
        ("echo credentials not found in native keychain; exit 1", false),
    ];
    for (script, expected) in rows {
        let (_folder, helper) = helper(script);
        assert_eq!(helper.erase(SERVER).await.unwrap(), expected, "{script}");
    }
}

#[tokio::test]
async fn a_list_has_the_servers() {
    let rows: [(&str, &[&str]); 3] = [
        (r#"echo '{"https://b":"bob","a":""}'"#, &["https://b", "a"]),
        ("echo '{}'", &[]),
        ("echo null", &[]),
    ];
    for (script, expected) in rows {
        let (_folder, helper) = helper(script);
        assert_eq!(helper.list().await.unwrap(), expected, "{script}");
    }
}

#[tokio::test]
async fn a_helper_that_hangs_is_stopped() {
    let (folder, mut helper) = helper(r#"echo $$ >"$0.pid"; exec sleep 600"#);
    helper.limit = Duration::from_secs(1);
    let error = helper.get(SERVER).await.unwrap_err();
    assert!(matches!(error, CredentialError::HelperSilent { seconds: 1, .. }), "{error}");
    let pid = std::fs::read_to_string(folder.path().join("docker-credential-fake.pid")).unwrap();
    let is_running = || {
        Sync::new("/bin/sh")
            .args(["-c", "kill -0 $0 2>/dev/null", pid.trim()])
            .status()
            .unwrap()
            .success()
    };
    for _ in 0..100 {
        if !is_running() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it still runs");
}

#[test]
fn only_plain_names_in_absolute_folders_are_helpers() {
    let folder = tempfile::tempdir().unwrap();
    write_script(folder.path(), "fake.x_1-2", "true");
    std::fs::write(folder.path().join("docker-credential-text"), "").unwrap();
    std::fs::create_dir(folder.path().join("docker-credential-folder")).unwrap();
    let find = |name: &str| Helper::find(name, &["relative".into(), folder.path().to_owned()], TIME_LIMIT);
    assert!(find("fake.x_1-2").is_ok());
    for name in ["text", "folder", "absent", ".."] {
        assert!(matches!(find(name), Err(CredentialError::HelperMissing { .. })), "{name}");
    }
    for name in ["", "../x", "a;b", "a b", "a\n", "ä", "$(x)"] {
        assert!(matches!(find(name), Err(CredentialError::HelperName { .. })), "{name}");
    }
    let relative = Helper::find("x", &[".".into(), "".into()], TIME_LIMIT);
    assert!(matches!(relative, Err(CredentialError::HelperMissing { name }) if name == "x"));
}
