//! `list-tags` and `list-repos` on registries that page, wander and add things of their own.

use crate::support::command::{Lugger, Run};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Request, Response, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;

fn registry_with(tags: &[&str]) -> Registry {
    let registry = Registry::start();
    for tag in tags {
        registry.put_image("team/app", tag, &Image::tiny(1));
    }
    registry
}

/// The tags of `list-tags`, in its order.
fn tags(run: &Run) -> Vec<String> {
    let rows: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let tags = rows
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row["tags"].as_array().unwrap());
    tags.map(|tag| tag.as_str().unwrap().to_string()).collect()
}

fn listed(registry: &Registry) -> Vec<String> {
    let run = Lugger::new()
        .args(["list-tags", &registry.name("team/app"), "--format", "json"])
        .ok();
    tags(&run)
}

fn refused(registry: &Registry) -> Run {
    Lugger::new().args(["list-tags", &registry.name("team/app")]).fails(1)
}

/// Answers the first page with the tag `a` and this link, and a page behind it with `b`.
fn linked(link: &str) -> Registry {
    let registry = registry_with(&["a", "b"]);
    let link = link.replace("{origin}", registry.origin());
    registry.rule(
        Rule::on("GET", "/tags/list")
            .when(|request| request.query.is_empty())
            .then(Act::custom(move |_| page(&["a"]).header("link", &link))),
    );
    registry.rule(Rule::on("GET", "/v2/team/app/tags/list?").then(Act::custom(|_| page(&["b"]))));
    registry
}

fn page(tags: &[&str]) -> Response {
    let quoted: Vec<String> = tags.iter().map(|tag| format!(r#""{tag}""#)).collect();
    Response::json(200, format!(r#"{{"name":"team/app","tags":[{}]}}"#, quoted.join(",")))
}

#[test]
fn a_list_in_any_shape_is_read() {
    for (body, expected) in [
        (r#"{"name":"team/app","tags":null}"#, vec![]),
        (r#"{"name":"team/app"}"#, vec![]),
        (r#"{"tags":["b",null,"a","b","sha256:0000"],"more":{}}"#, vec!["a", "b"]),
    ] {
        let registry = registry_with(&["a", "b"]);
        registry.rule(Rule::on("GET", "/tags/list").then(Act::ReplaceBody(body.into())));
        assert_eq!(listed(&registry), expected, "{body}");
    }
}

#[test]
fn every_form_of_link_is_followed() {
    for link in [
        r#"</v2/team/app/tags/list?last=a&n=1>; rel="next""#,
        "</v2/team/app/tags/list?last=a>;rel=next",
        r#"<{origin}/v2/team/app/tags/list?last=a>; title="x, y"; REL="NEXT""#,
        r#"</x>; rel="prev", </v2/team/app/tags/list?last=a;b,c>; rel="next""#,
        "<?last=a>; rel=next",
    ] {
        assert_eq!(listed(&linked(link)), ["a", "b"], "{link}");
    }
}

#[test]
fn a_link_with_a_wrong_prefix_or_size_leads_to_the_lists_own_path() {
    for link in [
        "</team/app/tags/list?last=a>; rel=next",
        "</v2/docker-local/team/app/tags/list?last=a&n=1>; rel=next",
    ] {
        let registry = linked(link);
        registry.rule(Rule::on("GET", "docker-local").then(Act::error(404, "NAME_UNKNOWN", "no such")));
        assert_eq!(listed(&registry), ["a", "b"], "{link}");
    }
    let registry = registry_with(&["a", "b"]);
    let too_many = |request: &Request| request.parameter("n").is_some_and(|n| n == "5000");
    registry.rule(Rule::on("GET", "/tags/list").when(too_many).then(Act::error(
        400,
        "PAGINATION_NUMBER_INVALID",
        "invalid number of results requested",
    )));
    registry.rule(
        Rule::on("GET", "/tags/list")
            .when(|request| request.query.is_empty())
            .then(Act::custom(|_| {
                page(&["a"]).header("link", r#"</v2/team/app/tags/list?n=5000&last=a>; rel="next""#)
            })),
    );
    assert_eq!(listed(&registry), ["a", "b"]);
}

#[test]
fn a_link_that_leads_nowhere_new_ends_the_list_with_an_error() {
    for link in [
        "</v2/team/app/tags/list>; rel=next",
        "<?>; rel=next",
        "<https://elsewhere.example/v2/team/app/tags/list?last=a>; rel=next",
        "<//127.0.0.2/v2/team/app/tags/list?last=a>; rel=next",
    ] {
        let registry = registry_with(&["a"]);
        registry.rule(Rule::on("GET", "/tags/list").then(Act::add_header("link", link)));
        refused(&registry);
        assert!(registry.count("*", "") <= 5, "{link}\n{}", registry.log().lines());
    }
    let registry = registry_with(&["a"]);
    registry.rule(Rule::on("GET", "/tags/list").then(Act::edit(|request, response| {
        let last = request.parameter("last").unwrap_or_default();
        response.add_header("link", &format!(r#"</v2/team/app/tags/list?last={last}x>; rel="next""#));
        response.body = r#"{"tags":["a"]}"#.into();
    })));
    assert!(refused(&registry).stderr.contains("never ends"));
    assert!(registry.count("*", "") <= 5, "{}", registry.log().lines());
}

#[test]
fn an_empty_page_behind_the_last_full_one_ends_the_list() {
    let registry = registry_with(&["a", "b"]).with_habits(|habits| habits.page = 1);
    registry.rule(Rule::on("GET", "last=b").then(Act::ReplaceBody(r#"{"name":"team/app","tags":null}"#.into())));
    registry
        .rule(Rule::on("GET", "last=a").then(Act::add_header("link", r#"</v2/team/app/tags/list?last=b&n=1>; rel="next""#)));
    assert_eq!(listed(&registry), ["a", "b"]);
    assert_eq!(registry.count("GET", "/tags/list"), 3);
}

#[test]
fn a_thousand_tags_come_by_pages() {
    let names: Vec<String> = (0..1000).map(|number| format!("v{number:04}")).collect();
    let registry = registry_with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let registry = registry.with_habits(|habits| habits.page = 100);
    assert_eq!(listed(&registry), names);
    assert_eq!(registry.count("GET", "/tags/list"), 10);
    assert_eq!(registry.count("GET", "tags/list?n=0"), 0);
}

/// Google's list, with its numbers in strings.
pub(crate) fn google(images: &[(&str, &[&str], &str, &str)]) -> String {
    let entries: Vec<String> = images
        .iter()
        .map(|(digest, tags, created, uploaded)| {
            let tags: Vec<String> = tags.iter().map(|tag| format!(r#""{tag}""#)).collect();
            format!(
                r#""{digest}":{{"imageSizeBytes":"4096","layerId":"","mediaType":"application/vnd.oci.image.manifest.v1+json","tag":[{}],"timeCreatedMs":"{created}","timeUploadedMs":"{uploaded}"}}"#,
                tags.join(",")
            )
        })
        .collect();
    let tags = images.iter().flat_map(|(_, tags, ..)| tags.iter());
    let tags: Vec<String> = tags.map(|tag| format!(r#""{tag}""#)).collect();
    format!(
        r#"{{"child":["sub"],"manifest":{{{}}},"name":"team/app","tags":[{}]}}"#,
        entries.join(","),
        tags.join(",")
    )
}

#[test]
fn googles_list_says_everything_in_one_request() {
    let registry = registry_with(&[]);
    let digest = |letter: &str| format!("sha256:{}", letter.repeat(64));
    let (a, b, c) = (digest("a"), digest("b"), digest("c"));
    let body = google(&[
        (&a, &["v1", "latest"], "1700000000000", "1800000000000"),
        (&b, &[], "0", "1750000000000"),
        (&c, &["v0"], "-62135596800000", "1600000000000"),
    ]);
    registry.rule(Rule::on("GET", "/tags/list").then(Act::custom(move |_| Response::json(200, body.clone()))));
    let run = Lugger::new()
        .args(["list-tags", &registry.name("team/app"), "--format", "json"])
        .ok();
    let rows: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let digests: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["digest"].as_str().unwrap())
        .collect();
    assert_eq!(digests, [&b, &a, &c]);
    assert_eq!(rows[0]["tags"], serde_json::json!([]));
    assert_eq!(rows[1]["tags"], serde_json::json!(["latest", "v1"]));
    assert_eq!(rows[1]["timestamp"], "2023-11-14T22:13:20Z");
    assert_eq!(rows[1]["size"], 4096);
    assert_eq!(registry.count("*", "/v2/"), 1, "{}", registry.log().lines());
}

#[test]
fn repositories_are_listed_by_pages_and_below_a_prefix() {
    let registry = Registry::start().with_habits(|habits| habits.page = 2);
    for name in ["team/web", "team/app", "teamwork/x", "other", "team"] {
        registry.put_image(name, "1", &Image::tiny(1));
    }
    let lugger = Lugger::new();
    let lines = |place: &str| lugger.args(["list-repos", place]).ok().stdout;
    let named = |names: &[&str]| names.iter().map(|name| registry.name(name) + "\n").collect::<String>();
    assert_eq!(
        lines(&registry.host()),
        named(&["other", "team", "team/app", "team/web", "teamwork/x"])
    );
    assert_eq!(lines(&registry.name("team")), named(&["team", "team/app", "team/web"]));
    assert_eq!(lines(&registry.name("none")), "");
    let json = lugger
        .args(["catalog", &registry.name("team/app"), "--format", "json"])
        .ok()
        .stdout;
    assert_eq!(
        serde_json::from_str::<Vec<String>>(&json).unwrap(),
        [registry.name("team/app")]
    );
}

#[test]
fn a_catalog_needs_its_own_right() {
    let users = Users::default()
        .user("ann", "pw-canary", &[("catalog", "*")])
        .user("bob", "pw-canary", &[]);
    let tokens = TokenServer::start(users);
    let registry = Registry::start().with_token_server(&tokens);
    registry.put_image("team/app", "1", &Image::tiny(1));
    let lugger = Lugger::new();
    lugger.args(["login", &registry.host(), "-u", "ann", "-p", "pw-canary"]).ok();
    assert_eq!(
        lugger.args(["list-repos", &registry.host()]).ok().stdout,
        registry.name("team/app\n")
    );
    lugger.args(["login", &registry.host(), "-u", "bob", "-p", "pw-canary"]).ok();
    lugger.args(["list-repos", &registry.host()]).fails(4);
}

#[test]
fn a_registry_without_a_catalog_is_told_so() {
    for (status, code) in [(404, 3), (403, 4), (405, 8)] {
        let registry = Registry::start();
        registry.rule(Rule::on("GET", "_catalog").then(Act::status(status)));
        let run = Lugger::new().args(["list-repos", &registry.host()]).fails(code);
        assert!(run.stderr.contains("many do not offer one"), "{}", run.stderr);
    }
}
