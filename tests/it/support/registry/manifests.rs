//! Manifests: served verbatim if the client accepts their type, taken only if everything they name is there.

use serde_json::Value;

use super::super::image::{Blob, sha256, sha512};
use super::super::server::{Arrived, Request, Response};
use super::Habits;
use super::content::{Content, Manifest};

const LIMIT: usize = 4 << 20;

pub(super) fn answer(
    content: &mut Content,
    habits: &Habits,
    request: &Request,
    body: &Arrived,
    repository: &str,
    reference: &str,
) -> Response {
    match request.method.as_str() {
        "GET" | "HEAD" => get(content, request, repository, reference),
        "PUT" => put(content, habits, request, body, repository, reference),
        "DELETE" => delete(content, habits, repository, reference),
        _ => Response::error(405, "UNSUPPORTED", "the operation is unsupported"),
    }
}

fn get(content: &Content, request: &Request, repository: &str, reference: &str) -> Response {
    match content.manifest(repository, reference) {
        None => unknown(reference),
        Some(manifest) if accepts(request, &manifest.media_type) => served(manifest),
        Some(manifest) => {
            let message = format!("{} found, but accept header does not support it", manifest.media_type);
            Response::error(404, "MANIFEST_UNKNOWN", &message)
        }
    }
}

fn served(manifest: &Manifest) -> Response {
    Response::new(200)
        .header("content-type", &manifest.media_type)
        .header("docker-content-digest", &manifest.digest)
        .header("etag", &format!(r#""{}""#, manifest.digest))
        .body(manifest.bytes.clone())
}

fn unknown(reference: &str) -> Response {
    let detail = format!(r#"{{"Tag":"{reference}"}}"#);
    Response::error_about(404, "MANIFEST_UNKNOWN", "manifest unknown", &detail)
}

/// Wildcards do not count: distribution answers 404 to them too.
fn accepts(request: &Request, media_type: &str) -> bool {
    let lines = request.headers.iter().filter(|(name, _)| name == "accept");
    let mut types = lines.flat_map(|(_, line)| line.split(','));
    types.any(|accepted| accepted.split(';').next().is_some_and(|name| name.trim() == media_type))
}

fn put(
    content: &mut Content,
    habits: &Habits,
    request: &Request,
    body: &Arrived,
    repository: &str,
    reference: &str,
) -> Response {
    let media_type = request.header("content-type").unwrap_or_default();
    if let Some(refusal) = objection(content, body, repository, reference, media_type) {
        return refusal;
    }
    let by_digest = reference.contains(':');
    let mut manifest = Blob::new(media_type, body.bytes.clone());
    if by_digest {
        manifest.digest = reference.to_string();
    }
    content.put_manifest(repository, (!by_digest).then_some(reference), &manifest);
    let mut answer = Response::new(201)
        .header("location", &format!("/v2/{repository}/manifests/{}", manifest.digest))
        .header("docker-content-digest", &manifest.digest);
    if habits.tags_by_query && by_digest {
        for tag in request.parameters("tag") {
            content.put_manifest(repository, Some(&tag), &manifest);
            answer.add_header("oci-tag", &tag);
        }
    }
    answer
}

/// The first thing that is wrong with a manifest, as an answer.
fn objection(content: &Content, body: &Arrived, repository: &str, reference: &str, media_type: &str) -> Option<Response> {
    let invalid = |why: &str| Some(Response::error(400, "MANIFEST_INVALID", why));
    if !body.whole || body.bytes.len() > LIMIT {
        return invalid("manifest broken off or too large");
    }
    let Ok(json) = serde_json::from_slice::<Value>(&body.bytes) else {
        return invalid("not JSON");
    };
    if json["mediaType"].as_str().is_some_and(|inside| inside != media_type) || !is_manifest(media_type) {
        return invalid("media type and content differ");
    }
    if reference.contains(':') && sha256(&body.bytes) != reference && sha512(&body.bytes) != reference {
        return Some(Response::error(
            400,
            "DIGEST_INVALID",
            "provided digest did not match uploaded content",
        ));
    }
    missing(content, repository, &json).map(|digest| {
        let detail = format!(r#"{{"digest":"{digest}"}}"#);
        Response::error_about(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", &detail)
    })
}

fn is_manifest(media_type: &str) -> bool {
    let (oci, docker) = ("application/vnd.oci.image.", "application/vnd.docker.distribution.manifest.");
    media_type == "application/vnd.oci.artifact.manifest.v1+json"
        || media_type.starts_with(oci)
        || media_type.starts_with(docker)
}

fn missing(content: &Content, repository: &str, json: &Value) -> Option<String> {
    let digests = |list: &Value| -> Vec<String> {
        let entries = list.as_array().into_iter().flatten();
        entries
            .filter_map(|entry| entry["digest"].as_str())
            .map(ToString::to_string)
            .collect()
    };
    let mut blobs = digests(&json["layers"]);
    blobs.extend(digests(&json["blobs"]));
    blobs.extend(json["config"]["digest"].as_str().map(ToString::to_string));
    let no_blob = blobs.into_iter().find(|digest| content.blob(repository, digest).is_none());
    let mut children = digests(&json["manifests"]).into_iter();
    no_blob.or_else(|| children.find(|digest| content.manifest(repository, digest).is_none()))
}

fn delete(content: &mut Content, habits: &Habits, repository: &str, reference: &str) -> Response {
    if !reference.contains(':') && !habits.delete_by_tag {
        return Response::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    }
    if content.remove_manifest(repository, reference) {
        Response::new(202)
    } else {
        unknown(reference)
    }
}
