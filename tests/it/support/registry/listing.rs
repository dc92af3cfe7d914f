//! Tags and repositories, in pages.

use super::super::server::{Request, Response};
use super::Habits;
use super::content::Content;

pub(super) fn tags(content: &Content, request: &Request, repository: &str, habits: &Habits) -> Response {
    if !content.is_known(repository) {
        let detail = format!(r#"{{"name":"{repository}"}}"#);
        return Response::error_about(404, "NAME_UNKNOWN", "repository name not known to registry", &detail);
    }
    let tags = content.tags(repository).into_keys().collect();
    page(request, tags, habits, &format!(r#""name":"{repository}","tags""#))
}

pub(super) fn catalog(content: &Content, request: &Request, habits: &Habits) -> Response {
    page(request, content.repositories(), habits, r#""repositories""#)
}

/// The names after `last`, at most `n`, and a Link if there are more.
fn page(request: &Request, mut names: Vec<String>, habits: &Habits, key: &str) -> Response {
    let Ok(limit) = request.parameter("n").map_or(Ok(habits.page), |n| n.parse::<usize>()) else {
        return Response::error(400, "PAGINATION_NUMBER_INVALID", "invalid number of results requested");
    };
    let last = request.parameter("last").unwrap_or_default();
    names.retain(|name| *name > last);
    let more = names.len() > limit;
    names.truncate(limit);
    let quoted: Vec<String> = names.iter().map(|name| format!(r#""{name}""#)).collect();
    let answer = Response::json(200, format!("{{{key}:[{}]}}\n", quoted.join(",")));
    match names.last() {
        Some(end) if more => answer.header("link", &format!(r#"<{}?last={end}&n={limit}>; rel="next""#, request.path)),
        _ => answer,
    }
}
