//! What the requests to a mirror carry: the registry that is meant, the path, the headers.

use super::{Pair, any_has, table};
use crate::support::command::Lugger;
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};
use crate::support::token::TokenServer;
use crate::support::users::Users;

#[test]
fn every_request_to_a_mirror_says_which_registry_is_meant() {
    let tokens = TokenServer::start(Users::default().anonymous(&[("team/app", "pull")]));
    let mirror = Registry::start()
        .with_token_server(&tokens)
        .with_habits(|habits| habits.page = 1);
    let pair = Pair::of(Registry::start(), mirror, Image::tiny(1));
    pair.mirror.put_image("team/app", "2", &Image::tiny(2));
    let layer = &pair.image.layers[0].digest;
    // A redirect within the mirror, one failure, and pages.
    let bounce = Act::Redirect("{path}?bounced=1".to_owned(), 307);
    pair.mirror.rule(Rule::on("GET", layer).times(1).then(Act::status(500)));
    pair.mirror.rule(
        Rule::on("GET", layer)
            .times(1)
            .when(|request| request.header("authorization").is_some())
            .then(bounce),
    );
    let lugger = pair.home("");
    pair.pull(&lugger);
    let listed = lugger.args(["list-tags", &pair.upstream.name("team/app")]).ok().stdout;
    assert!(listed.contains('1') && listed.contains('2'), "{listed}");
    assert_eq!(pair.upstream.requests().len(), 0, "{}", pair.upstream.log().lines());
    for request in pair.mirror.requests() {
        assert_eq!(request.parameters("ns"), [pair.upstream.host()], "{}", request.target());
    }
    assert!(pair.mirror.count("GET", "bounced=1") > 0, "{}", pair.mirror.log().lines());
    assert!(pair.mirror.count("GET", "tags/list") > 1);
}

#[test]
fn the_registry_itself_is_not_told_its_name() {
    let pair = Pair::plain();
    pair.mirror.rule(Rule::on("*", "").then(Act::status(404)));
    pair.pull(&pair.home(""));
    assert_eq!(pair.upstream.count("*", "ns="), 0);
    assert!(pair.upstream.count("GET", "/v2/") > 0);
}

#[test]
fn a_path_is_put_before_v2_or_taken_as_it_is() {
    for (path, settings, start) in [
        ("", "", "/v2/team/app/"),
        ("/v2", "", "/v2/team/app/"),
        ("/cache", "", "/cache/v2/team/app/"),
        ("/cache/v2/", "", "/cache/v2/team/app/"),
        ("/v2/cache", "override_path = true", "/v2/cache/team/app/"),
    ] {
        let pair = Pair::plain();
        pair.mirror.put_image("cache/team/app", "1", &pair.image);
        let lugger = Lugger::new();
        let toml = format!("[host.\"{}{path}\"]\n{settings}\n", pair.mirror.origin());
        lugger.hosts(&pair.upstream.host(), &toml);
        pair.pull(&lugger);
        let requests = pair.mirror.requests();
        assert!(
            requests.iter().all(|request| request.path.starts_with(start)),
            "{path}: {}",
            pair.mirror.log().lines()
        );
        assert_eq!(pair.upstream.requests().len(), 0, "{path}");
    }
}

#[test]
fn hosts_are_asked_in_the_order_of_the_file() {
    let (first, second) = (Registry::start(), Registry::start());
    let pair = Pair::plain();
    let lugger = Lugger::new();
    lugger.hosts(
        &pair.upstream.host(),
        &(table(&second, "") + &table(&first, "") + &table(&pair.mirror, "")),
    );
    pair.pull(&lugger);
    let asked = |registry: &Registry| registry.requests()[0].started;
    assert!(asked(&second) < asked(&first) && asked(&first) < asked(&pair.mirror));
    assert_eq!(pair.upstream.requests().len(), 0);
}

#[test]
fn headers_go_to_their_own_host_and_not_along_a_redirect() {
    let pair = Pair::plain();
    let elsewhere = Registry::start();
    elsewhere.put_image("team/app", "1", &pair.image);
    let layer = &pair.image.layers[0].digest;
    let storage = format!("{}/storage/{{last}}", elsewhere.origin());
    pair.mirror.rule(Rule::on("GET", layer).then(Act::Redirect(storage, 307)));
    let settings = format!(
        "[host.\"{}\".header]\nx-team = [\"a\", \"b\"]\nAuthorization = \"Bearer given\"",
        pair.mirror.origin()
    );
    pair.pull(&pair.home(&settings));
    for request in pair.mirror.requests() {
        assert_eq!(request.header("authorization"), Some("Bearer given"));
        let teams: Vec<_> = request.headers.iter().filter(|(name, _)| name == "x-team").collect();
        assert_eq!(teams.len(), 2);
    }
    assert_eq!(elsewhere.count("GET", "/storage/"), 1);
    assert_eq!(elsewhere.count("GET", "ns="), 0);
    assert!(!any_has(&elsewhere.requests(), "x-team") && !any_has(&elsewhere.requests(), "authorization"));
}

#[test]
fn no_message_shows_a_header() {
    let pair = Pair::plain();
    let settings = format!(
        "[host.\"{}\".header]\nAuthorization = \"Bearer geheim\"",
        pair.mirror.origin()
    );
    let lugger = pair.home(&settings);
    pair.mirror.rule(Rule::on("*", "").then(Act::status(403)));
    pair.upstream.rule(Rule::on("*", "").then(Act::status(403)));
    let run = lugger.args(["pull", &pair.name()]).fails(4);
    assert!(!run.stderr.contains("geheim"), "{}", run.stderr);
    lugger.hosts(&pair.upstream.host(), "[header]\nAuthorization = \"Bearer geheim\n");
    let run = lugger.args(["pull", &pair.name()]).fails(1);
    assert!(
        run.stderr.contains("hosts.toml:2:") && !run.stderr.contains("geheim"),
        "{}",
        run.stderr
    );
}
