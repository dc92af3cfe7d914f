//! What `lugger auth` tells, and that it tells no secret.

use serde_json::Value;

use crate::support::command::{Lugger, Run};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;

const BASIC: &str = r#"Basic realm="r""#;
/// `ann` with the password `pw-canary`.
const ANN: &str = "YW5uOnB3LWNhbmFyeQ==";

fn config(lugger: &Lugger, key: &str) {
    lugger.config(&format!(r#"{{"auths":{{"{key}":{{"auth":"{ANN}"}}}}}}"#));
}

fn filled(registry: Registry) -> Registry {
    registry.put_image("team/app", "1", &Image::tiny(1));
    registry
}

/// What was printed, with the places of this run by name.
fn told(run: &Run, lugger: &Lugger, registry: &Registry) -> String {
    assert!(!run.stdout.contains("canary") && !run.stderr.contains("canary"), "{run:?}");
    let home = lugger.home().display().to_string();
    run.stdout.replace(&registry.host(), "HOST").replace(&home, "~")
}

#[test]
fn a_password_from_a_file() {
    let registry = filled(Registry::start().with_basic("ann", "pw-canary", BASIC));
    let lugger = Lugger::new();
    config(&lugger, &format!("{}/team", registry.host()));
    let run = lugger.args(["auth", &registry.name("team/app:1")]).ok();
    let expected = "\
Reference  HOST/team/app:1
Login      `HOST/team` in ~/docker/config.json
User       ann
Wanted     user name and password
Access     accepted
";
    assert_eq!(told(&run, &lugger, &registry), expected);
}

#[test]
fn nobody_where_nobody_is_asked() {
    let registry = filled(Registry::start());
    let lugger = Lugger::new();
    let run = lugger.args(["auth", &registry.name("team/app:1")]).ok();
    let expected = "\
Reference  HOST/team/app:1
Login      none; looked in ~/docker/config.json, ~/run/containers/auth.json, ~/.config/containers/auth.json, ~/.dockercfg
Wanted     nothing
Access     accepted
";
    assert_eq!(told(&run, &lugger, &registry), expected);
    let run = lugger.args(["auth", &registry.name("team/app:2")]).fails(3);
    assert!(run.stdout.ends_with("Access     missing\n"), "{}", run.stdout);
    let run = lugger.args(["auth", "127.0.0.1:1/x"]).fails(5);
    assert!(
        run.stdout.ends_with("Wanted     unknown\nAccess     failed\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_helper_and_a_token() {
    let users = Users::default().user("ann", "pw-canary", &[("team/app", "pull")]);
    let tokens = TokenServer::start(users);
    let registry = filled(Registry::start().with_token_server(&tokens));
    let lugger = Lugger::new();
    lugger.helper("keeper", r#"cat >/dev/null; echo '{"Username":"ann","Secret":"pw-canary"}'"#);
    lugger.config(r#"{"credsStore":"keeper"}"#);
    let run = lugger.args(["auth", &registry.name("team/app:1")]).ok();
    let expected = "\
Reference  HOST/team/app:1
Login      `HOST` in docker-credential-keeper, named in ~/docker/config.json
User       ann
Wanted     a token of http://TOKENS/token for the service `fake registry`
Asked      repository:team/app:pull
Granted    the token does not say
Access     accepted
";
    assert_eq!(told(&run, &lugger, &registry).replace(&tokens.host(), "TOKENS"), expected);
}

#[test]
fn a_push_is_judged_by_what_the_token_server_says() {
    let users = Users::default().user("ann", "pw-canary", &[("team/app", "pull,push")]);
    let tokens = TokenServer::start(users);
    let registry = filled(Registry::start().with_token_server(&tokens));
    let lugger = Lugger::new();
    config(&lugger, &registry.host());
    let name = registry.name("team/app");
    let call = || lugger.args(["auth", "--push", "--format", "json", &name]);
    let report: Value = serde_json::from_str(&call().ok().stdout).unwrap();
    assert_eq!((&report["access"], &report["granted"]), (&"not refused".into(), &Value::Null));
    for (scope, status, access) in [
        ("repository:team/app:pull,push", 0, "accepted"),
        ("repository:team/app:pull", 4, "denied"),
    ] {
        tokens.rule(Rule::on("GET", "/token").times(1).then(Act::edit(move |_, response| {
            let body = String::from_utf8(response.body.to_vec()).unwrap();
            response.body = body.replacen('{', &format!(r#"{{"scope":"{scope}","#), 1).into();
        })));
        let report: Value = serde_json::from_str(&call().fails(status).stdout).unwrap();
        assert_eq!(report["asked"][0], "repository:team/app:pull,push");
        assert_eq!(report["granted"][0], scope);
        assert_eq!(
            (&report["grantedBy"], &report["access"]),
            (&"token server".into(), &access.into())
        );
        assert_eq!(
            (&report["login"]["user"], &report["login"]["kind"]),
            (&"ann".into(), &"password".into())
        );
    }
    assert_eq!(registry.open_uploads() + registry.count("POST", ""), 0);
}

/// The claims are those of `{"access":[{"type":"repository","name":"team/app","actions":["pull"]}]}`.
#[test]
fn what_a_token_says_of_itself_is_marked_as_such() {
    let token = "canary.eyJhY2Nlc3MiOlt7InR5cGUiOiJyZXBvc2l0b3J5IiwibmFtZSI6InRlYW0vYXBwIiwiYWN0aW9ucyI6WyJwdWxsIl19XX0.x";
    let tokens = TokenServer::start(Users::default());
    let answer = format!(r#"{{"token":"{token}"}}"#);
    tokens.rule(Rule::on("GET", "/token").then(Act::custom(move |_| Response::json(200, answer.clone()))));
    let registry = filled(Registry::start());
    let challenge = format!(r#"Bearer realm="{}""#, tokens.realm());
    let refusal = move |_: &_| Response::new(401).header("www-authenticate", &challenge);
    registry.rule(Rule::on("*", "").times(1).then(Act::custom(refusal)));
    let lugger = Lugger::new();
    let run = lugger.args(["auth", &registry.name("team/app:1")]).ok();
    let said = "Granted    repository:team/app:pull (says the token, unverified)\nAccess     accepted\n";
    assert!(told(&run, &lugger, &registry).ends_with(said), "{}", run.stdout);
}

#[test]
fn a_refusal_tells_whose_it_is() {
    let registry = filled(Registry::start().with_basic("ann", "other-canary", BASIC));
    let lugger = Lugger::new();
    config(&lugger, &format!("https://{}/v2/", registry.host()));
    let run = lugger.args(["auth", &registry.name("team/app:1")]).fails(4);
    let expected = "\
Reference  HOST/team/app:1
Login      `https://HOST/v2/` (an alias of HOST) in ~/docker/config.json; refused, gone on without it
User       ann
Wanted     user name and password
Access     denied
";
    assert_eq!(told(&run, &lugger, &registry), expected);
    assert!(run.stderr.contains("error: cannot read `"), "{}", run.stderr);
}
