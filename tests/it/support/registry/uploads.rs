//! Upload sessions: opened by POST, fed by PATCH, finished by one PUT with the digest. The Location carries a state
//! that has to come back as it was given; a client that tidies it up is turned away.

use super::super::image::{sha256, sha512};
use super::super::server::{Arrived, Request, Response, percent_decoded};
use super::Habits;
use super::content::{Content, Upload};

/// One request about an upload.
pub(super) struct Desk<'a> {
    pub(super) origin: &'a str,
    pub(super) habits: &'a Habits,
    pub(super) request: &'a Request,
    pub(super) repository: &'a str,
}

impl Desk<'_> {
    pub(super) fn answer(&self, content: &mut Content, body: &Arrived, id: &str) -> Response {
        if self.request.method == "POST" && id.is_empty() {
            return self.open(content, body);
        }
        let (query, digest) = split_digest(&self.request.query);
        let Some(upload) = content.upload(id) else {
            return Response::error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
        };
        if upload.query != query {
            return Response::error(400, "BLOB_UPLOAD_INVALID", "the state is not the one that was given");
        }
        match self.request.method.as_str() {
            "GET" => self.status(content, id),
            "DELETE" => {
                content.close(id);
                Response::new(204)
            }
            "PATCH" => self.patch(content, body, id),
            "PUT" => self.put(content, body, id, digest),
            _ => Response::error(405, "UNSUPPORTED", "the operation is unsupported"),
        }
    }

    fn open(&self, content: &mut Content, body: &Arrived) -> Response {
        if self.request.header("content-length").is_none() {
            return Response::new(411);
        }
        if let Some(answer) = self.mount(content) {
            return answer;
        }
        if let Some(digest) = self.request.parameter("digest").filter(|_| self.habits.single_post) {
            return self.store(content, &digest, body.bytes.clone());
        }
        let id = format!("session-{}", content.next_number());
        self.accepted(content, &id, Upload::default())
    }

    fn mount(&self, content: &mut Content) -> Option<Response> {
        let digest = self.request.parameter("mount")?;
        let from = self.request.parameter("from")?;
        content.blob(&from, &digest)?;
        content.own(self.repository, &digest);
        Some(self.created(&digest))
    }

    /// Every step has its own Location, as registries that sign the state have.
    fn accepted(&self, content: &mut Content, id: &str, upload: Upload) -> Response {
        let path = format!("/v2/{}/blobs/uploads/{id}", self.repository);
        let state = format!("a%2Fb%3D%3D-canary-{}", content.next_number());
        let location = self.habits.location.replace("{origin}", self.origin).replace("{path}", &path);
        let location = location.replace("{state}", &state);
        let query = location
            .split_once('?')
            .map(|(_, query)| query.to_string())
            .unwrap_or_default();
        let end = upload.bytes.len().saturating_sub(1);
        content.open(id, Upload { query, ..upload });
        Response::new(202)
            .header("location", &location)
            .header("docker-upload-uuid", id)
            .header("range", &format!("0-{end}"))
    }

    fn status(&self, content: &mut Content, id: &str) -> Response {
        let upload = content.upload(id).cloned().unwrap_or_default();
        let upload = Upload { broken: false, ..upload };
        let mut answer = self.accepted(content, id, upload);
        answer.status = 204;
        answer
    }

    fn patch(&self, content: &mut Content, body: &Arrived, id: &str) -> Response {
        let mut upload = content.close(id).unwrap_or_default();
        let start = self.request.header("content-range").and_then(|range| range.split_once('-'));
        let start = start.and_then(|(start, _)| start.parse().ok()).unwrap_or(upload.bytes.len());
        if start != upload.bytes.len() || upload.broken {
            content.open(id, upload);
            return Response::error(416, "RANGE_INVALID", "invalid content range");
        }
        upload.bytes.extend_from_slice(&body.bytes);
        if body.whole {
            self.accepted(content, id, upload)
        } else {
            self.broken_off(content, id, upload)
        }
    }

    fn put(&self, content: &mut Content, body: &Arrived, id: &str, digest: Option<String>) -> Response {
        let form = Some("application/x-www-form-urlencoded");
        let Some(digest) = digest.filter(|_| self.request.header("content-type") != form) else {
            return Response::error(400, "DIGEST_INVALID", "digest missing");
        };
        if self.request.header("content-length").is_none() {
            return Response::error(400, "SIZE_INVALID", "provided length did not match content length");
        }
        let mut upload = content.close(id).unwrap_or_default();
        if upload.broken {
            content.open(id, upload);
            return Response::error(416, "RANGE_INVALID", "invalid content range");
        }
        upload.bytes.extend_from_slice(&body.bytes);
        if !body.whole {
            return self.broken_off(content, id, upload);
        }
        self.store(content, &digest, upload.bytes)
    }

    /// Nobody reads this answer: the client is gone, or will be.
    fn broken_off(&self, content: &mut Content, id: &str, upload: Upload) -> Response {
        if self.habits.resumable_uploads {
            content.open(id, Upload { broken: true, ..upload });
        }
        Response::error(400, "BLOB_UPLOAD_INVALID", "body broken off")
    }

    fn store(&self, content: &mut Content, digest: &str, bytes: Vec<u8>) -> Response {
        let actual = if digest.starts_with("sha512:") {
            sha512(&bytes)
        } else {
            sha256(&bytes)
        };
        if actual != digest {
            return Response::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
        }
        content.put_blob(self.repository, digest, bytes.into());
        self.created(digest)
    }

    fn created(&self, digest: &str) -> Response {
        Response::new(201)
            .header("location", &format!("{}/v2/{}/blobs/{digest}", self.origin, self.repository))
            .header("docker-content-digest", digest)
    }
}

/// The query without the digest a client added, byte for byte, and that digest.
fn split_digest(query: &str) -> (String, Option<String>) {
    let (digests, others): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| pair.starts_with("digest="));
    let digest = digests.first().map(|pair| percent_decoded(&pair["digest=".len()..]));
    (others.join("&"), digest)
}
