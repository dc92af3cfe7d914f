//! Logins that are refused, lacking, or cannot be read: as whom was asked, and what to do.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};

use super::{keep, with_app};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::messages::Messages;
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;
use crate::support::wire::basic;

const PASSWORD: &str = "right-canary";

fn locked() -> Registry {
    let registry = Registry::start();
    registry.put_image("app", "1", &Image::tiny(1));
    registry.with_basic("alice", PASSWORD, r#"Basic realm="test""#)
}

fn auths(host: &str, user: &str, password: &str) -> String {
    let encoded = basic(user, password).split_off("Basic ".len());
    format!(r#"{{"auths":{{"{host}":{{"auth":"{encoded}"}}}}}}"#)
}

#[test]
fn a_refusal_says_as_whom_was_asked() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let registry = locked();
    let name = registry.name("app:1");
    keep(&lugger, &name, &Image::tiny(2));
    for command in ["pull", "push", "digest"] {
        let run = lugger
            .args(
                [command, "-q", &name][..if command == "digest" { 1 } else { 2 }]
                    .iter()
                    .chain([&&*name]),
            )
            .fails(4);
        messages.keep(&format!("{command} without a login"), &lugger, &run);
    }
    lugger.config(&auths(&registry.host(), "alice", "wrong-canary"));
    for command in ["pull", "push"] {
        messages.keep(
            &format!("{command} with a wrong password"),
            &lugger,
            &lugger.args([command, "-q", &name]).fails(4),
        );
    }
    lugger.config(&auths(&registry.host(), "alice", PASSWORD));
    registry.rule(Rule::on("*", "/app/").then(Act::error(403, "DENIED", "requested access to the resource is denied")));
    for command in ["pull", "push"] {
        messages.keep(
            &format!("{command} without the right"),
            &lugger,
            &lugger.args([command, "-q", &name]).fails(4),
        );
    }
    let run = lugger
        .args(["list-repos", &registry.host()])
        .env("DOCKER_CONFIG", "nowhere")
        .run();
    messages.keep("a list of repositories without a login", &lugger, &run);
}

#[test]
fn a_token_server_that_says_no_is_told_with_as_whom() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let users = Users::default().user("alice", PASSWORD, &[("team/app", "pull")]);
    let tokens = TokenServer::start(users);
    let registry = Registry::start().with_token_server(&tokens);
    registry.put_image("team/app", "1", &Image::tiny(1));
    let name = registry.name("team/app:1");
    keep(&lugger, &name, &Image::tiny(2));
    messages.keep("without a login", &lugger, &lugger.args(["pull", "-q", &name]).fails(4));
    lugger.config(&auths(&registry.host(), "alice", "wrong-canary"));
    messages.keep("with a wrong password", &lugger, &lugger.args(["push", "-q", &name]).fails(4));
    lugger.config(&auths(&registry.host(), "alice", PASSWORD));
    messages.keep("without the right", &lugger, &lugger.args(["push", "-q", &name]).fails(4));
    messages.keep(
        "without the right, asked",
        &lugger,
        &lugger.args(["auth", "--push", &name]).run(),
    );
    let odd = [
        ("no JSON", Response::new(200).body("canary")),
        ("no token", Response::json(200, "{}")),
        ("a redirect", Response::new(302).header("location", "/elsewhere")),
    ];
    for (scene, answer) in odd {
        let tokens = TokenServer::start(Users::default().user("alice", PASSWORD, &[]));
        tokens.rule(Rule::on("*", "/token").then(Act::custom(move |_| answer.clone())));
        let registry = Registry::start().with_token_server(&tokens);
        registry.put_image("team/app", "1", &Image::tiny(1));
        let run = Lugger::new().args(["pull", "-q", &registry.name("team/app:1")]).run();
        messages.keep(scene, &lugger, &run);
    }
}

#[test]
fn a_token_server_that_logins_must_not_go_to_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    for realm in [
        "ftp://auth.example/token",
        "http://bob:top-canary@127.0.0.1:1/token",
        "http://:port",
        "http://10.0.0.1/token",
    ] {
        let registry = Registry::start().with_basic("alice", PASSWORD, &format!(r#"Bearer realm="{realm}",service="s""#));
        registry.put_image("app", "1", &Image::tiny(1));
        let shown = realm.replace("top-canary", "…");
        messages.keep(&shown, &lugger, &lugger.args(["pull", "-q", &registry.name("app:1")]).run());
    }
}

#[test]
fn a_login_is_told_how_it_went() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let registry = locked();
    let login = |password: &str| {
        let call = lugger.args(["login", "-u", "alice", "--password-stdin", &registry.host()]);
        call.stdin(password)
    };
    messages.keep("refused", &lugger, &login("wrong-canary").fails(4));
    messages.keep("kept in the file", &lugger, &login(PASSWORD).ok());
    let run = lugger.args(["login", "-u", "alice", "-p", PASSWORD, &registry.host()]).ok();
    messages.keep("the password on the command line", &lugger, &run);
    let open = with_app().0;
    let call = lugger.args(["login", "-u", "al:ice", "--password-stdin", &open.host()]);
    messages.keep("a name that the file cannot hold", &lugger, &call.stdin("x-canary").run());
    let call = lugger.args(["login", "-u", "alice", "--password-stdin", &open.host()]);
    messages.keep("not asked for", &lugger, &call.stdin("x-canary").ok());
    open.rule(Rule::on("GET", "").then(Act::status(404)));
    let call = lugger.args(["login", "-u", "alice", "--password-stdin", &open.host()]);
    messages.keep("no registry", &lugger, &call.stdin("x-canary").run());
}

#[test]
fn a_file_of_logins_that_cannot_be_used_is_told() {
    let (registry, mut messages) = (locked(), Messages::of_this_test());
    let host = registry.host();
    let files = [
        ("no JSON", "{".to_owned()),
        ("no object", "[]".to_owned()),
        ("no list of logins", r#"{"auths":7}"#.to_owned()),
        ("no login", format!(r#"{{"auths":{{"{host}":{{"auth":7}}}}}}"#)),
        ("no base64", format!(r#"{{"auths":{{"{host}":{{"auth":"%%"}}}}}}"#)),
        ("not UTF-8", format!(r#"{{"auths":{{"{host}":{{"auth":"/w=="}}}}}}"#)),
        ("no colon", format!(r#"{{"auths":{{"{host}":{{"auth":"YWxpY2U="}}}}}}"#)),
        ("no name of a helper", r#"{"credsStore":"../evil"}"#.to_owned()),
        ("a helper that is missing", r#"{"credsStore":"missing"}"#.to_owned()),
        ("a helper that fails", r#"{"credsStore":"failing"}"#.to_owned()),
        ("a helper that says something else", r#"{"credsStore":"odd"}"#.to_owned()),
        ("a helper that is none", r#"{"credsStore":"broken"}"#.to_owned()),
    ];
    for (scene, json) in files {
        let lugger = Lugger::new();
        lugger.helper("failing", "echo 'the vault is locked'; exit 1");
        lugger.helper("odd", "echo '{\"Username\":1}'");
        lugger.helper("broken", "");
        std::fs::write(lugger.home().join("bin/docker-credential-broken"), "#!/nowhere\n").unwrap();
        lugger.config(&json);
        messages.keep(
            &format!("{scene}: pull"),
            &lugger,
            &lugger.args(["pull", "-q", &registry.name("app:1")]).run(),
        );
        let login = lugger.args(["login", "-u", "alice", "--password-stdin", &host]);
        messages.keep(&format!("{scene}: login"), &lugger, &login.stdin(PASSWORD).run());
    }
    let lugger = Lugger::new();
    let call = lugger.args(["pull", "-q", &registry.name("app:1")]);
    messages.keep(
        "a variable that is none",
        &lugger,
        &call.env("DOCKER_AUTH_CONFIG", "canary").run(),
    );
}

/// What others can change may send a password to anybody.
#[test]
fn logins_that_others_could_have_changed_are_not_read() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let registry = locked();
    lugger.config(&auths(&registry.host(), "alice", PASSWORD));
    let is = |mode: u32, owner: u32| {
        fs::set_permissions(lugger.config_path(), fs::Permissions::from_mode(mode)).unwrap();
        chown(lugger.config_path(), Some(owner), Some(owner)).unwrap();
    };
    for path in [lugger.home(), &lugger.home().join("docker")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for (scene, mode, owner) in [
        ("everybody's", 0o666, 54321),
        ("a group's", 0o660, 54321),
        ("another user's", 0o644, 12345),
    ] {
        is(mode, owner);
        let call = lugger.args(["digest", &registry.name("app:1")]);
        let run = call.under("setpriv", ["--reuid=54321", "--clear-groups"]).run();
        messages.keep(scene, &lugger, &run);
    }
}
