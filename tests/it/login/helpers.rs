//! Credential helpers: programs that keep the logins, played by shell scripts that write down how they were called.

use std::fs;

use crate::login::{PASSWORD, assert_discreet, basic_registry, bob, login, stored};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::token::TokenServer;

/// Keeps one login in `$HOME/vault`, and its arguments in `$HOME/called`.
const VAULT: &str = r#"
echo "$@" >>"$HOME/called"
case $1 in
store) cat >"$HOME/vault" ;;
erase) cat >"$HOME/erased"; rm -f "$HOME/vault" ;;
list) if [ -f "$HOME/vault" ]; then sed 's/.*"ServerURL":"\([^"]*\)".*/{"\1":"bob"}/' "$HOME/vault"; else echo '{}'; fi ;;
get) cat >"$HOME/asked"
    if [ -f "$HOME/vault" ]; then cat "$HOME/vault"
    else echo "credentials not found in native keychain"; exit 1; fi ;;
esac"#;

fn with_vault() -> Lugger {
    let lugger = Lugger::new();
    lugger.helper("vault", VAULT);
    lugger.config(r#"{"credsStore":"vault"}"#);
    lugger
}

fn read(lugger: &Lugger, name: &str) -> String {
    fs::read_to_string(lugger.home().join(name)).unwrap_or_default()
}

#[test]
fn a_helper_keeps_gives_and_erases_the_login() {
    let (lugger, registry) = (with_vault(), basic_registry());
    let image = Image::tiny(1);
    registry.put_image("app", "1", &image);
    let run = login(&lugger, &registry, PASSWORD).ok();
    assert!(!run.stderr.contains("unencrypted"), "{}", run.stderr);
    assert_eq!(stored(&lugger, &registry), None);
    let kept: serde_json::Value = serde_json::from_str(&read(&lugger, "vault")).unwrap();
    let expected = serde_json::json!({"ServerURL": registry.host(), "Username": "bob", "Secret": PASSWORD});
    assert_eq!(kept, expected);
    let pull = lugger.args(["pull", &registry.name("app:1")]).ok();
    assert_eq!(read(&lugger, "asked"), registry.host());
    let logout = lugger.args(["logout", &registry.host()]).ok();
    assert!(logout.stdout.starts_with("Removing login credentials"), "{}", logout.stdout);
    assert_eq!(
        (read(&lugger, "erased"), read(&lugger, "vault")),
        (registry.host(), String::new())
    );
    for run in [&run, &pull, &logout] {
        assert_discreet(run);
    }
    let called = read(&lugger, "called");
    assert!(
        called.lines().all(|line| ["store", "get", "erase", "list"].contains(&line)),
        "{called}"
    );
    assert_eq!(called.lines().filter(|line| *line == "get").count(), 1, "{called}");
}

#[test]
fn a_login_in_the_file_moves_to_the_helper() {
    let (lugger, registry) = (with_vault(), basic_registry());
    let host = registry.host();
    lugger.config(&format!(
        r#"{{"auths":{{"{host}":{{"auth":"Ym9iOnB3"}}}},"credsStore":"vault"}}"#
    ));
    login(&lugger, &registry, PASSWORD).ok();
    assert_eq!(stored(&lugger, &registry), None);
    assert!(read(&lugger, "vault").contains(&host));
}

#[test]
fn a_logout_of_all_asks_the_helper_what_it_has() {
    let (lugger, registry) = (with_vault(), basic_registry());
    login(&lugger, &registry, PASSWORD).ok();
    let run = lugger.args(["logout", "--all"]).ok();
    assert_eq!(run.stdout, format!("Removing login credentials for {}\n", registry.host()));
    assert_eq!(read(&lugger, "vault"), "");
}

#[test]
fn a_helper_of_one_registry_goes_before_that_of_all() {
    let (lugger, registry) = (Lugger::new(), basic_registry());
    lugger.helper("vault", VAULT);
    lugger.helper("other", "echo used >>\"$HOME/other\"; exit 1");
    let host = registry.host();
    lugger.config(&format!(r#"{{"credsStore":"other","credHelpers":{{"{host}":"vault"}}}}"#));
    login(&lugger, &registry, PASSWORD).ok();
    assert!(read(&lugger, "vault").contains(&host));
    lugger.config(&format!(r#"{{"credsStore":"other","credHelpers":{{"{host}":""}}}}"#));
    login(&lugger, &registry, PASSWORD).ok();
    assert!(stored(&lugger, &registry).is_some());
    assert_eq!(read(&lugger, "other"), "");
}

#[test]
fn a_helper_that_fails_is_told_without_the_password() {
    let (lugger, registry) = (Lugger::new(), basic_registry());
    lugger.helper("vault", "cat; echo; echo the vault is locked; exit 1");
    lugger.config(r#"{"credsStore":"vault"}"#);
    let run = login(&lugger, &registry, PASSWORD).fails(1);
    assert!(run.stderr.contains("docker-credential-vault"), "{}", run.stderr);
    assert_discreet(&run);
    assert_eq!(stored(&lugger, &registry), None);
}

#[test]
fn a_public_image_needs_no_helper() {
    let tokens = TokenServer::start(bob().anonymous(&[("app", "pull")]));
    let (lugger, registry) = (Lugger::new(), Registry::start().with_token_server(&tokens));
    registry.put_image("app", "1", &Image::tiny(1));
    lugger.config(r#"{"credsStore":"nowhere"}"#);
    let run = lugger.args(["pull", &registry.name("app:1")]).ok();
    let warned = run.stderr.matches("docker-credential-nowhere").count();
    assert_eq!(warned, 1, "{}", run.stderr);
    assert!(run.stderr.contains("without a login"), "{}", run.stderr);
}

#[test]
fn a_helper_without_a_login_leaves_the_pull_anonymous() {
    let tokens = TokenServer::start(bob().anonymous(&[("app", "pull")]));
    let (lugger, registry) = (with_vault(), Registry::start().with_token_server(&tokens));
    registry.put_image("app", "1", &Image::tiny(1));
    let run = lugger.args(["pull", &registry.name("app:1")]).ok();
    assert!(!run.stderr.contains("vault"), "{}", run.stderr);
    assert!(
        tokens
            .log()
            .requests()
            .iter()
            .all(|asked| asked.header("authorization").is_none())
    );
}

#[test]
fn a_token_of_a_helper_is_an_identity_token() {
    let tokens = TokenServer::start(bob());
    let (lugger, registry) = (with_vault(), Registry::start().with_token_server(&tokens));
    registry.put_image("app", "1", &Image::tiny(1));
    let secret = tokens.identity_token("bob");
    let answer = format!(r#"{{"ServerURL":"x","Username":"<token>","Secret":"{secret}"}}"#);
    fs::write(lugger.home().join("vault"), answer).unwrap();
    let run = lugger.args(["pull", &registry.name("app:1")]).ok();
    assert_discreet(&run);
    assert_eq!((tokens.log().count("POST", ""), tokens.count()), (1, 1));
}
