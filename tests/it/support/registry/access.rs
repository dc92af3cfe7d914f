//! Who gets in: nobody is asked, a password, or a token with the right for the operation at hand.

use std::sync::Arc;

use super::super::canary;
use super::super::server::{Request, Response};
use super::super::token::{Office, Verdict};
use super::super::users::Access;
use super::super::wire;
use super::route::{Place, Route};

/// The door of the registry.
#[derive(Default)]
pub(super) enum Guard {
    #[default]
    Open,
    Basic {
        expected: String,
        challenge: String,
    },
    Tokens {
        office: Arc<Office>,
        realm: String,
    },
}

impl Guard {
    pub(super) fn basic(user: &str, password: &str, challenge: &str) -> Self {
        canary::assert_marked(password);
        Self::Basic {
            expected: wire::basic(user, password),
            challenge: challenge.to_string(),
        }
    }

    pub(super) fn tokens(office: Arc<Office>, realm: &str) -> Self {
        Self::Tokens {
            office,
            realm: realm.to_string(),
        }
    }

    /// The answer to a request for a token, if that is what it is.
    pub(super) fn token_request(&self, request: &Request, body: &[u8]) -> Option<Response> {
        match self {
            Self::Tokens { office, .. } if request.path == "/token" => Some(office.answer(request, body)),
            _ => None,
        }
    }

    /// The refusal of a request that may not pass.
    pub(super) fn refuses(&self, request: &Request, route: &Route) -> Option<Response> {
        let authorization = request.header("authorization");
        if matches!(route.place, Place::Storage(_)) {
            return None;
        }
        match self {
            Self::Open => None,
            Self::Basic { expected, challenge } => (authorization != Some(expected)).then(|| refusal(challenge)),
            Self::Tokens { office, realm } => {
                let wanted = needed(request, route);
                let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
                let verdict = token.map_or(Verdict::Invalid, |token| office.allows(token, &wanted));
                let error = token.and(error_of(verdict));
                (verdict != Verdict::Allowed).then(|| refusal(&challenge(realm, &wanted, error)))
            }
        }
    }
}

fn error_of(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Allowed => None,
        Verdict::TooLittle => Some("insufficient_scope"),
        Verdict::Invalid => Some("invalid_token"),
    }
}

fn refusal(challenge: &str) -> Response {
    Response::error(401, "UNAUTHORIZED", "authentication required").header("www-authenticate", challenge)
}

fn challenge(realm: &str, wanted: &[Access], error: Option<&str>) -> String {
    let scopes: Vec<String> = wanted.iter().map(scope).collect();
    let scope = if scopes.is_empty() {
        String::new()
    } else {
        format!(r#",scope="{}""#, scopes.join(" "))
    };
    let error = error.map(|error| format!(r#",error="{error}""#)).unwrap_or_default();
    format!(r#"Bearer realm="{realm}",service="fake registry"{scope}{error}"#)
}

fn scope(access: &Access) -> String {
    format!("{}:{}:{}", access.kind, access.name, access.actions.join(","))
}

/// What the operation takes; a mount also needs to read where it mounts from.
fn needed(request: &Request, route: &Route) -> Vec<Access> {
    let mut needed = match (&route.place, request.method.as_str()) {
        (Place::Base | Place::Storage(_), _) => Vec::new(),
        (Place::Catalog, _) => vec![access("registry", "catalog", "*")],
        (_, "GET" | "HEAD") => vec![access("repository", &route.repository, "pull")],
        (_, "DELETE") => vec![access("repository", &route.repository, "delete")],
        _ => vec![access("repository", &route.repository, "pull,push")],
    };
    if let (Place::Upload(_), Some(from)) = (&route.place, request.parameter("from")) {
        needed.push(access("repository", &from, "pull"));
    }
    needed
}

fn access(kind: &str, name: &str, actions: &str) -> Access {
    let actions = actions.split(',').map(ToString::to_string).collect();
    Access {
        kind: kind.to_string(),
        name: name.to_string(),
        actions,
    }
}
