//! Borders that logins, headers and bytes do not cross: addresses inside manifests, realms that are none, keys of other
//! registries, helpers that misbehave, proxies, and certificates that are not good. Redirects are in `origins`.

use std::fs;

use crate::support::command::Lugger;
use crate::support::image::{Blob, Image, Recipe};
use crate::support::registry::Registry;
use crate::support::server::{Act, Flaw, Log, Response, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;
use crate::support::wire::basic;

const BASIC: &str = r#"Basic realm="r""#;
const PASSWORD: &str = "pw-canary";
/// A name that no machine has.
const FAR: &str = "reg.example:5000";

fn packed() -> String {
    basic("ann", PASSWORD).trim_start_matches("Basic ").to_string()
}

fn know(lugger: &Lugger, key: &str) {
    lugger.config(&format!(r#"{{"auths":{{"{key}":{{"auth":"{}"}}}}}}"#, packed()));
}

fn guarded() -> Registry {
    let registry = Registry::start().with_basic("ann", PASSWORD, BASIC);
    registry.put_image("app", "1", &Image::tiny(1));
    registry
}

fn shown(log: &Log, header: &str) -> usize {
    log.requests()
        .iter()
        .filter(|request| request.header(header).is_some())
        .count()
}

#[test]
fn a_layer_that_lies_elsewhere_is_not_looked_for_there() {
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    for challenge in [BASIC, r#"Bearer realm="https://127.0.0.1:9/t""#, ""] {
        for media_type in [foreign, "application/vnd.oci.image.layer.v1.tar"] {
            let elsewhere = Registry::start();
            let asks = Response::new(401).header("www-authenticate", challenge);
            elsewhere.rule(Rule::on("*", "").then(Act::custom(move |_| asks.clone())));
            let recipe = Recipe::default().layer(b"x").stored_as(media_type, b"layer".to_vec());
            let image = recipe.build();
            let layer = image.layers[0].descriptor();
            let urls = layer.replacen('{', &format!(r#"{{ "urls":["{}/layer"],"#, elsewhere.origin()), 1);
            let json = String::from_utf8(image.manifest.bytes.clone())
                .unwrap()
                .replace(&layer, &urls);
            let registry = guarded();
            registry.put_blob("app", &image.config);
            registry.put_manifest("app", Some("2"), &Blob::new(&image.manifest.media_type, json.into()));
            let lugger = Lugger::new();
            know(&lugger, &registry.host());
            let run = lugger.args(["pull", &registry.name("app:2")]).fails(3);
            assert!(run.stderr.contains("lies elsewhere, says the manifest"), "{}", run.stderr);
            assert_eq!(elsewhere.requests().len(), 0, "{}", elsewhere.log().lines());
        }
    }
}

#[test]
fn a_realm_that_is_no_https_address_is_sent_nothing() {
    let tokens = TokenServer::start(Users::default().user("ann", PASSWORD, &[("*", "pull")]));
    let port = tokens
        .realm()
        .trim_end_matches("/token")
        .rsplit(':')
        .next()
        .unwrap()
        .to_string();
    for realm in [
        format!("http://127.0.0.1:{port}/token"),
        format!("HTTP://127.0.0.1:{port}/token"),
        format!("gopher://127.0.0.1:{port}/token"),
        format!("ftp://127.0.0.1:{port}/token"),
        "file:///etc/passwd".to_string(),
        "data:application/json,{}".to_string(),
        format!("https://ann:{PASSWORD}@127.0.0.1:{port}/token"),
        format!("https://x@127.0.0.1:{port}/token"),
        "https://169.254.169.254/token".to_string(),
        "https://[::ffff:10.0.0.1]/token".to_string(),
        "https://".to_string(),
        "https://127.0.0.1:99999/".to_string(),
    ] {
        let registry = Registry::start_tls().with_realm(&tokens, &realm);
        registry.put_image("app", "1", &Image::tiny(1));
        let lugger = Lugger::new();
        know(&lugger, &registry.host());
        fs::write(lugger.home().join("ca.pem"), registry.authority_pem()).unwrap();
        let run = lugger.args(["pull", "--ca-file", "ca.pem", &registry.name("app:1")]).fails(4);
        assert!(run.stderr.contains("the registry names "), "{realm}: {}", run.stderr);
        assert!(!run.stderr.contains(PASSWORD), "{realm}: {}", run.stderr);
        assert_eq!(shown(registry.log(), "authorization"), 0, "{realm}");
        assert_eq!(tokens.count(), 0, "{realm}");
    }
}

#[test]
fn a_header_of_hosts_toml_goes_to_no_token_server_and_no_foreign_upload() {
    let users = || Users::default().anonymous(&[("app", "pull,push")]);
    let (tokens, other, image) = (TokenServer::start(users()), Registry::start(), Image::tiny(1));
    other.rule(Rule::on("PUT", "/upload").then(Act::status(201)));
    let location = format!("{}/upload?_state={{state}}", other.origin());
    let registry = Registry::start()
        .with_token_server(&tokens)
        .with_habits(|habits| habits.location = location);
    let digest = image.digest().to_string();
    let stored = Act::custom(move |_| Response::new(201).header("docker-content-digest", &digest));
    let let_in = |request: &crate::support::server::Request| request.header("authorization").is_some();
    registry.rule(Rule::on("PUT", "/manifests/").when(let_in).then(stored));
    let (source, lugger) = (Registry::start(), Lugger::new());
    source.put_image("app", "1", &image);
    let toml = format!("server = \"{}\"\n[header]\nx-team = \"canary\"\n", registry.origin());
    lugger.hosts(&registry.host(), &toml);
    lugger.args(["copy", &source.name("app:1"), &registry.name("app:1")]).ok();
    assert!(shown(registry.log(), "x-team") > 3, "{}", registry.log().lines());
    assert!(other.count("PUT", "/upload") == 3 && tokens.count() > 0);
    for log in [other.log(), tokens.log(), source.log()] {
        assert_eq!(shown(log, "x-team"), 0, "{}", log.lines());
    }
}

#[test]
fn a_login_is_used_for_its_own_registry_alone() {
    let registry = guarded();
    let (host, port) = (registry.host(), registry.host().rsplit(':').next().unwrap().to_string());
    for (key, is_its_own) in [
        (host.clone(), true),
        (format!("http://{host}"), true),
        (format!("https://{host}/v1/"), true),
        (format!("{host}/app"), true),
        (format!("{host}/ap"), false),
        (format!("{host}/app/other"), false),
        (String::new(), false),
        ("https://index.docker.io/v1/".to_string(), false),
        ("127.0.0.1".to_string(), false),
        ("127.0.0.1:443".to_string(), false),
        (format!("localhost:{port}"), false),
        (format!("127.0.0.1:{port}1"), false),
        (format!("127.1:{port}"), false),
        (format!("127.0.0.1.:{port}"), false),
        (format!("ann@{host}"), false),
    ] {
        let (lugger, before) = (Lugger::new(), shown(registry.log(), "authorization"));
        know(&lugger, &key);
        let run = lugger.args(["digest", &registry.name("app:1")]).run();
        assert_eq!(run.status, if is_its_own { 0 } else { 4 }, "`{key}`: {}", run.stderr);
        let used = shown(registry.log(), "authorization") > before;
        assert_eq!(used, is_its_own, "`{key}`");
    }
}

#[test]
fn a_host_with_what_could_end_a_line_reaches_no_helper() {
    let lugger = Lugger::new();
    lugger.helper("vault", "echo used >>\"$HOME/used\"; exit 1");
    lugger.config(r#"{"credsStore":"vault"}"#);
    for host in [
        "reg.example\n",
        "reg.example\r",
        "reg.example\nhost=evil",
        "reg.example%0a",
        "a b",
        "\u{202e}a.example",
    ] {
        for words in [&["login", host, "-u", "ann", "--password-stdin"][..], &["logout", host]] {
            lugger.args(words).stdin(PASSWORD).fails(2);
        }
        lugger.args(["pull", &format!("{host}/app:1")]).fails(2);
    }
    assert!(!lugger.home().join("used").exists());
}

#[test]
fn a_helper_that_misbehaves_is_an_error_and_harms_nobody() {
    let registry = guarded();
    let good = r#"{"ServerURL":"x","Username":"ann","Secret":"pw-canary"}"#;
    for (script, words) in [
        ("head -c 1073741824 /dev/zero", "it is longer than 64 KiB"),
        ("yes", "it is longer than 64 KiB"),
        ("echo pw-canary", "it is no JSON object"),
        ("printf '\\377\\376'", "it is no JSON object"),
        (&format!("echo '{good}{good}'"), "it is no JSON object"),
        (&format!("echo '{good}'; exit 1"), "exit status: 1"),
        ("printf '\\033[2Jboo'; exit 1", "boo"),
        ("kill -9 $$", "signal: 9"),
        ("exit 0", "it is no JSON object"),
    ] {
        let lugger = Lugger::new();
        lugger.helper("vault", script);
        lugger.config(r#"{"credsStore":"vault"}"#);
        let run = lugger.args(["digest", &registry.name("app:1")]).fails(1);
        assert!(run.stderr.contains(words), "{script}: {}", run.stderr);
        assert!(
            !run.stderr.contains("canary") && !run.stderr.contains('\u{1b}'),
            "{}",
            run.stderr
        );
        assert!(run.peak_rss_kib.unwrap_or_default() < 100 << 10, "{script}");
    }
    for name in ["../vault", "a/b", "a;b", "$(x)", "a b", "-x\n", ".."] {
        let lugger = Lugger::new();
        lugger.helper("vault", "echo used >>\"$HOME/used\"; exit 1");
        lugger.config(&serde_json::json!({"credsStore": name}).to_string());
        let run = lugger.args(["login", &registry.host(), "-u", "ann", "--password-stdin"]);
        run.stdin(PASSWORD).fails(1);
        assert!(!lugger.home().join("used").exists(), "{name}");
    }
    // Each of these logins was tried once before it could not be kept.
    assert_eq!(shown(registry.log(), "authorization"), 7);
}

#[test]
fn a_proxys_password_is_for_the_proxy_and_a_login_is_not() {
    let proxy = Registry::start();
    let lugger = Lugger::new();
    know(&lugger, FAR);
    let address = format!("http://carl:proxy-canary@{}", proxy.host());
    let run = lugger
        .args(["pull", &format!("{FAR}/app:1")])
        .env("HTTPS_PROXY", &address)
        .fails(5);
    let tunnels = proxy.log().select("CONNECT", "");
    assert!(!tunnels.is_empty(), "{}", proxy.log().lines());
    for request in proxy.requests() {
        assert_eq!(
            request.header("proxy-authorization"),
            Some(basic("carl", "proxy-canary").as_str())
        );
        assert_eq!(request.header("authorization"), None);
    }
    assert!(!run.stderr.contains("canary"), "{}", run.stderr);
    // Where there is no need of it, nobody gets it.
    let registry = guarded();
    know(&lugger, &registry.host());
    let call = lugger.args(["pull", &registry.name("app:1")]);
    call.env("HTTP_PROXY", &address)
        .env("HTTPS_PROXY", &address)
        .env("ALL_PROXY", &address)
        .ok();
    assert_eq!(shown(registry.log(), "proxy-authorization"), 0);
}

#[test]
fn hosts_of_no_proxy_are_not_asked_for_at_the_proxy() {
    let proxy = Registry::start();
    let lugger = Lugger::new();
    for names in ["reg.example", ".example", "*", "other,reg.example"] {
        let call = lugger.args(["digest", &format!("{FAR}/app:1")]);
        let call = call
            .env("HTTPS_PROXY", format!("http://{}", proxy.host()))
            .env("NO_PROXY", names);
        call.fails(5);
        assert_eq!(proxy.requests().len(), 0, "{names}: {}", proxy.log().lines());
    }
    let call = lugger.args(["digest", &format!("{FAR}/app:1")]);
    let call = call.env("HTTPS_PROXY", format!("http://{}", proxy.host()));
    call.env("NO_PROXY", "other.example").fails(5);
    assert!(proxy.count("CONNECT", "") > 0);
}

#[test]
fn a_certificate_that_is_not_good_ends_the_talk_before_it_begins() {
    for flaw in [Flaw::Expired, Flaw::OtherName] {
        let registry = Registry::start_flawed(flaw);
        registry.put_image("app", "1", &Image::tiny(1));
        let lugger = Lugger::new();
        know(&lugger, &registry.host());
        fs::write(lugger.home().join("ca.pem"), registry.authority_pem()).unwrap();
        for flags in [&["--ca-file", "ca.pem"][..], &["--ca-file", "ca.pem", "--plain-http"]] {
            let name = registry.name("app:1");
            let words = ["pull", &name].into_iter().chain(flags.iter().copied());
            let run = lugger.args(words).fails(5);
            assert!(run.stderr.contains("certificate"), "{flaw:?}: {}", run.stderr);
        }
        assert_eq!(registry.requests().len(), 0, "{flaw:?}: {}", registry.log().lines());
        lugger
            .args(["login", &registry.host(), "-u", "ann", "--password-stdin"])
            .stdin("x")
            .fails(5);
        lugger.args(["pull", "--insecure", &registry.name("app:1")]).ok();
    }
}

/// Copies `app:1` of an open registry to a registry whose uploads go to this address, which gets nothing.
fn upload_refused(registry: Registry, location: &str, name: &str, lugger: &Lugger, flags: &[(&str, &str)], words: &[&str]) {
    let source = Registry::start();
    source.put_image("app", "1", &Image::tiny(1));
    let location = location.to_string();
    let registry = registry.with_habits(|habits| habits.location = location);
    let from = source.name("app:1");
    let call = lugger.args(["copy", &from, name].iter().chain(words));
    let run = flags.iter().fold(call, |call, (name, value)| call.env(name, value)).fails(1);
    assert!(run.stderr.contains("redirects to"), "{}", run.stderr);
    assert!(registry.count("POST", "/uploads/") > 0, "{}", registry.log().lines());
}

#[test]
fn an_upload_goes_neither_from_https_to_plain_http_nor_inside() {
    let other = Registry::start();
    let registry = Registry::start_tls();
    let lugger = Lugger::new();
    fs::write(lugger.home().join("ca.pem"), registry.authority_pem()).unwrap();
    let (plain, name) = (format!("{}/upload?_state={{state}}", other.origin()), registry.name("app:1"));
    // The registry's own host by plain HTTP is taken for a proxy that does not know of its TLS.
    let stranger = plain.replace("127.0.0.1", "localhost");
    upload_refused(registry, &stranger, &name, &lugger, &[], &["--ca-file", "ca.pem"]);
    for inside in [
        plain,
        format!("http://localhost:{}/upload", other.host().rsplit(':').next().unwrap()),
        "http://169.254.169.254/upload".to_string(),
        "http://10.0.0.1/upload".to_string(),
        "http://[::ffff:127.0.0.1]:9/upload".to_string(),
    ] {
        // A registry that is far away, for which the fake one stands as the proxy on the way.
        let registry = Registry::start();
        let proxy = format!("http://{}", registry.host());
        let far = [("HTTP_PROXY", proxy.as_str())];
        upload_refused(registry, &inside, &format!("{FAR}/app:1"), &lugger, &far, &["--plain-http"]);
    }
    assert_eq!(other.requests().len(), 0, "{}", other.log().lines());
}
