//! Mirrors that fail in the middle of a layer: the registry is asked for the rest, and for nothing else.

use super::{Pair, noise};
use crate::support::image::Image;
use crate::support::registry::Registry;
use crate::support::server::{Act, Rule};

const SIZE: usize = 8 << 20;
/// Where the first answer of the mirror breaks off.
const CUT: usize = 5 << 20;

/// A registry and its mirror, whose first answer is changed, and which answers `afterwards` from then on.
fn breaking_pair(first: Vec<Act>, afterwards: Act) -> Pair {
    let both = Pair::of(Registry::start(), Registry::start(), Image::with_layers(&[noise(SIZE)]));
    let layer = &both.image.layers[0].digest;
    let once = Rule::on("GET", layer).times(1);
    both.mirror.rule(first.into_iter().fold(once, Rule::then));
    both.mirror.rule(Rule::on("GET", layer).then(afterwards));
    both
}

/// Pulls and returns what the user is told.
fn rest_comes_from_the_registry(pair: &Pair) -> String {
    let layer = &pair.image.layers[0].digest;
    let stderr = pair.pull(&pair.home(""));
    assert_eq!(pair.mirror.count("GET", layer), 1, "{}", pair.mirror.log().lines());
    let rest = pair.upstream.log().select("GET", layer);
    let sent: u64 = rest.iter().map(|request| request.sent).sum();
    assert!(sent <= (SIZE - CUT + SIZE / 10) as u64, "{}", pair.upstream.log().lines());
    assert!(rest.iter().all(|request| request.header("range").is_some()));
    stderr
}

#[test]
fn whatever_a_mirror_answers_after_a_break_the_registry_has_the_rest() {
    for answer in [
        Act::status(404),
        Act::status(500),
        Act::status(503),
        Act::status(429),
        Act::status(403),
        Act::status(400),
        Act::status(416),
        Act::LoseAnswer,
        Act::CutAfter(0),
    ] {
        let stderr = rest_comes_from_the_registry(&breaking_pair(vec![Act::CutAfter(CUT)], answer));
        assert!(stderr.contains("is passed over"), "{stderr}");
    }
}

#[test]
fn a_mirror_whose_answer_ends_early_without_an_error_is_passed_over() {
    let shorter = Act::edit(|_, response| response.body.truncate(CUT));
    let stderr = rest_comes_from_the_registry(&breaking_pair(vec![shorter, Act::Chunked], Act::status(404)));
    assert!(stderr.contains("ended early"), "{stderr}");
}
