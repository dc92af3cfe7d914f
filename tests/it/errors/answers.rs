//! What registries, their mirrors and their token servers answer, and what a deletion says of what it would take along.

use super::{keep, with_app, with_config, with_manifest};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Image, Index};
use crate::support::messages::Messages;
use crate::support::registry::Registry;
use crate::support::server::{Act, Response, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;
use crate::support::wire::basic;

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const PASSWORD: &str = "right-canary";

fn answer(response: Response) -> Act {
    Act::custom(move |_| response.clone())
}

#[test]
fn what_a_token_allows_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    for (scene, scope) in [("nothing", ""), ("to read", "repository:app:pull")] {
        let tokens = TokenServer::start(Users::default().anonymous(&[("app", "pull")]));
        let add_scope = move |_: &crate::support::server::Request, response: &mut Response| {
            let text = String::from_utf8(response.body.to_vec()).unwrap();
            let scoped = text.replacen('{', &format!(r#"{{"scope":"{scope}","#), 1);
            response.body = scoped.into_bytes().into();
        };
        tokens.rule(Rule::on("GET", "/token").then(Act::edit(add_scope)));
        let registry = Registry::start().with_token_server(&tokens);
        registry.put_image("app", "1", &Image::tiny(1));
        let run = lugger.args(["auth", "--push", &registry.name("app:1")]).run();
        messages.keep_all(scene, &lugger, &run);
    }
    let (registry, _) = with_app();
    lugger.config(&format!(
        r#"{{"auths":{{"{}":{{"registrytoken":"top-canary"}}}}}}"#,
        registry.host()
    ));
    registry.rule(
        Rule::on("*", "/v2/").then(Act::custom(|request| match request.header("authorization") {
            Some(_) => Response::error(403, "DENIED", "not with this"),
            None => Response::new(401).header("www-authenticate", "Bearer realm=\"http://127.0.0.1:1/token\""),
        })),
    );
    messages.keep_all(
        "a token of its own",
        &lugger,
        &lugger.args(["auth", &registry.name("app:1")]).run(),
    );
    messages.keep(
        "refused",
        &lugger,
        &lugger.args(["pull", "-q", &registry.name("app:1")]).run(),
    );
}

#[test]
fn a_token_server_that_is_another_one_now_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let start = || TokenServer::start(Users::default().user("alice", PASSWORD, &[("app", "pull")]));
    let (first, second) = (start(), start());
    let registry = with_app().0.with_token_server(&first);
    let host = registry.host();
    let login = || {
        lugger
            .args(["login", "-u", "alice", "--password-stdin", &host])
            .stdin(PASSWORD)
    };
    login().ok();
    let registry = registry.with_token_server(&second);
    messages.keep(
        "pull",
        &lugger,
        &lugger.args(["pull", "-q", &registry.name("app:1")]).fails(4),
    );
    messages.keep("login", &lugger, &login().ok());
    messages.keep("login once more", &lugger, &login().ok());
    let auth = basic("alice", "old-canary").split_off("Basic ".len());
    lugger.config(&format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#));
    messages.keep("login with another password", &lugger, &login().ok());
}

#[test]
fn a_registry_that_does_not_keep_what_it_takes_is_told() {
    let (lugger, registry, mut messages) = (Lugger::new(), Registry::start(), Messages::of_this_test());
    let name = registry.name("app:1");
    keep(&lugger, &name, &Image::tiny(1));
    for method in ["HEAD", "GET"] {
        registry.rule(Rule::on(method, "/manifests/").then(Act::status(404)));
    }
    registry.rule(Rule::on("PUT", "/manifests/").then(Act::RemoveHeader("docker-content-digest".to_owned())));
    messages.keep("a manifest", &lugger, &lugger.args(["push", "-q", &name]).fails(1));
}

#[test]
fn a_mirror_with_other_bytes_is_told() {
    let (lugger, mut messages) = (Lugger::new(), Messages::of_this_test());
    let (registry, mirror) = (Registry::start(), Registry::start());
    let image = Image::with_layers(&[vec![b'x'; 3 << 20]]);
    registry.put_image("app", "1", &image);
    mirror.put_image("app", "1", &image);
    lugger.hosts(
        &registry.host(),
        &format!("[host.\"{}\"]\ncapabilities = [\"pull\", \"resolve\"]\n", mirror.origin()),
    );
    mirror.rule(Rule::on("GET", &image.layers[0].digest).then(Act::CorruptByte(100)));
    messages.keep("pull", &lugger, &lugger.args(["pull", "-q", &registry.name("app:1")]).ok());
}

#[test]
fn manifests_beyond_all_measure_are_told() {
    let ((registry, image), mut messages) = (with_app(), Messages::of_this_test());
    let lugger = Lugger::new();
    let entry = |at: usize| format!(r#"{{"mediaType":"{OCI}","digest":"sha256:{at:064x}","size":2}}"#);
    let entries: Vec<String> = (0..10_001).map(entry).collect();
    let index = |entries: &str| format!(r#"{{"schemaVersion":2,"manifests":[{entries}]}}"#);
    registry.put_manifest("app", Some("many"), &Blob::new(INDEX, index(&entries.join(",")).into_bytes()));
    let untyped = with_manifest(&image, &format!("\"mediaType\": \"{OCI}\","), "");
    registry.put_manifest("app", Some("untyped"), &Blob::new(INDEX, untyped.manifest.bytes));
    let huge = image
        .manifest
        .descriptor()
        .replace(&image.manifest.size.to_string(), "5000000");
    registry.put_manifest("app", Some("huge"), &Blob::new(INDEX, index(&huge).into_bytes()));
    for tag in ["many", "untyped", "huge"] {
        let run = lugger
            .args(["pull", "-q", "--all-platforms", &registry.name(&format!("app:{tag}"))])
            .run();
        messages.keep(tag, &lugger, &run);
    }
}

/// What refers to a manifest.
fn referrer(subject: &Blob) -> Image {
    let image = Image::tiny(7);
    let begin = "\"schemaVersion\" :2,";
    with_manifest(&image, begin, &format!("{begin}\"subject\":{},", subject.descriptor()))
}

#[test]
fn lists_of_referrers_that_are_none_or_lead_too_deep_are_told() {
    let ((registry, image), mut messages) = (with_app(), Messages::of_this_test());
    let (lugger, target) = (Lugger::new(), Registry::start());
    let copy = || lugger.args(["copy", "-q", "--referrers", &registry.name("app:1"), &target.name("app:1")]);
    registry.rule(Rule::on("GET", "/referrers/").then(answer(Response::json(200, "{}"))));
    messages.keep("no list", &lugger, &copy().run());
    registry.clear_rules();
    registry.rule(Rule::on("GET", "/referrers/").then(Act::status(404)));
    registry.put_image("app", &image.digest().replace(':', "-"), &Image::tiny(3));
    messages.keep("an image in its place", &lugger, &copy().ok());
    registry.clear_rules();
    registry.rule(Rule::on("GET", "/referrers/").then(Act::status(403)));
    registry.rule(Rule::on("GET", &image.digest().replace(':', "-")).then(Act::status(404)));
    messages.keep("a list that is refused", &lugger, &copy().ok());
    registry.clear_rules();
    let mut subject = image.manifest.clone();
    for _ in 0..7 {
        let next = referrer(&subject);
        next.blobs().for_each(|blob| registry.put_blob("app", blob));
        registry.put_manifest("app", None, &next.manifest);
        let list = Response::json(200, list_of(&next)).header("content-type", INDEX);
        registry.rule(Rule::on("GET", &format!("/referrers/{}", subject.digest)).then(answer(list)));
        subject = next.manifest;
    }
    messages.keep("too deep", &lugger, &copy().fails(1));
    registry.clear_rules();
    // A push has to enter what it puts into the list, and must not replace an image by it.
    let own = Registry::start();
    own.put_image("app", &image.digest().replace(':', "-"), &Image::tiny(3));
    let list = Response::json(200, list_of(&referrer(&image.manifest))).header("content-type", INDEX);
    registry.rule(Rule::on("GET", &format!("/referrers/{}", image.digest())).then(answer(list)));
    let words = ["copy", "-q", "--referrers", &registry.name("app:1"), &own.name("app:1")];
    messages.keep("an image in the place of the new list", &lugger, &lugger.args(words).fails(1));
}

fn list_of(artifact: &Image) -> String {
    let entry = artifact.manifest.descriptor();
    format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{entry}]}}"#)
}

/// The addresses of another's registry, answered here.
#[test]
fn what_only_some_registries_answer_is_told() {
    let ((registry, _), mut messages) = (with_app(), Messages::of_this_test());
    let lugger = Lugger::new();
    for host in ["team.azurecr.io", "docker.io"] {
        lugger.hosts(host, &format!("server = \"{}\"\n", registry.origin()));
    }
    registry.rule(Rule::on("GET", "/acr/v1/").then(answer(Response::json(200, "<html>"))));
    let words = ["delete", "--dry-run", "--older-than", "1d", "team.azurecr.io/app"];
    messages.keep("Azure", &lugger, &lugger.args(words).run());
    let limit = Response::error(429, "TOOMANYREQUESTS", "pull rate limit").header("retry-after", "3600");
    registry.rule(Rule::on("*", "/manifests/").then(answer(limit)));
    messages.keep("Docker Hub", &lugger, &lugger.args(["pull", "-q", "app:1"]).fails(6));
}

#[test]
fn a_list_beyond_all_measure_is_told() {
    let (lugger, registry, mut messages) = (Lugger::new(), Registry::start(), Messages::of_this_test());
    let page = |from: usize| {
        let names: Vec<String> = (from..from + 160_000).map(|at| format!("\"{at}\"")).collect();
        let link = format!("</v2/app/tags/list?last={from}>; rel=\"next\"");
        Response::json(200, format!(r#"{{"tags":[{}]}}"#, names.join(","))).header("link", &link)
    };
    let pages = [page(0), page(200_000)];
    registry.rule(Rule::on("GET", "/tags/list").then(Act::custom(move |request| {
        pages[usize::from(request.target().contains("last="))].clone()
    })));
    messages.keep("tags", &lugger, &lugger.args(["list-tags", &registry.name("app")]).fails(1));
}

#[test]
fn what_a_deletion_takes_along_is_told() {
    let (lugger, registry, mut messages) = (Lugger::new(), Registry::start(), Messages::of_this_test());
    let image = Image::tiny(1);
    for tag in ["keep", "pr-1", "pr-2"] {
        registry.put_image("app", tag, &image);
    }
    registry.put_index("app", "all", &Index::of(&[(&image, "linux/amd64")]));
    let ageless = with_config(r#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}"#);
    registry.put_image("app", "old", &ageless);
    let registry = registry.with_habits(|habits| habits.delete_by_tag = false);
    let digest = registry.name(&format!("app@{}", image.digest()));
    let (tag, repository) = (registry.name("app:pr-1"), registry.name("app"));
    let runs: [&[&str]; 4] = [
        &["--dry-run", &tag],
        &["--dry-run", "--older-than", "1d", &repository],
        &["--yes", "--filter", "pr-*", "--keep", "0", &repository],
        &["--yes", &digest],
    ];
    for words in runs {
        let run = lugger.args([&["delete"], words].concat()).run();
        messages.keep_all(&words[..words.len() - 1].join(" "), &lugger, &run);
    }
}
