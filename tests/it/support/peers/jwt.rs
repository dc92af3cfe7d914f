//! A token server for real registries: it signs what its users may do, and the registry checks the signature by the
//! certificate it was given. Users and rights are kept in `users`.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::super::server::{Arrived, Handler, Log, Request, Response, Rule, Server};
use super::super::users::{Access, Unknown, Users};

/// The name of the registry in the eyes of the token server.
pub(crate) const SERVICE: &str = "registry.test";
pub(crate) const ISSUER: &str = "issuer.test";

/// What distribution forgives clocks that differ. It is taken off, so that tokens end when they say they do.
const LEEWAY: u64 = 60;

/// The running token server.
pub(crate) struct JwtServer {
    server: Server,
    certificate: String,
}

impl JwtServer {
    pub(crate) fn start(users: Users) -> Self {
        Self::with_lifetime(users, 300)
    }

    /// Tokens that end after so many seconds.
    pub(crate) fn with_lifetime(users: Users, seconds: u64) -> Self {
        let pair = rcgen::generate_simple_self_signed([ISSUER.to_string()]).unwrap();
        let signer = Signer {
            key: EncodingKey::from_ec_pem(pair.signing_key.serialize_pem().as_bytes()).unwrap(),
            chain: vec![BASE64_STANDARD.encode(pair.cert.der())],
            users,
            lifetime: seconds,
            made: AtomicU64::new(0),
        };
        let server = Server::start(|_: SocketAddr| signer);
        Self {
            server,
            certificate: pair.cert.pem(),
        }
    }

    pub(crate) fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    pub(crate) fn host(&self) -> String {
        self.server.host()
    }

    pub(crate) fn realm(&self) -> String {
        format!("http://{}/token", self.server.host())
    }

    pub(crate) fn rule(&self, rule: Rule) {
        self.server.rule(rule);
    }

    pub(crate) fn log(&self) -> &Log {
        self.server.log()
    }
}

struct Signer {
    key: EncodingKey,
    chain: Vec<String>,
    users: Users,
    lifetime: u64,
    made: AtomicU64,
}

impl Handler for Signer {
    fn answer(&self, request: &Request, _: &Arrived) -> Response {
        if request.path != "/token" {
            return Response::new(404);
        }
        if request.method != "GET" {
            return Response::new(405);
        }
        let answer = self.issue(request);
        answer.unwrap_or_else(|Unknown| Response::error(401, "UNAUTHORIZED", "authentication required"))
    }
}

impl Signer {
    fn issue(&self, request: &Request) -> Result<Response, Unknown> {
        let user = self.users.identify(request.header("authorization"))?;
        let access = self.users.grant(&user, &request.parameters("scope"));
        let service = request.parameter("service").unwrap_or_default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let issued_at = rfc3339(now);
        let body = json!({
            "token": self.sign(&user, &service, now, &access),
            "expires_in": self.lifetime,
            "issued_at": issued_at,
        });
        Ok(Response::json(200, body.to_string()))
    }

    fn sign(&self, user: &str, service: &str, now: u64, access: &[Access]) -> String {
        let header = Header {
            x5c: Some(self.chain.clone()),
            ..Header::new(Algorithm::ES256)
        };
        let access: Vec<Value> = access.iter().map(claim).collect();
        let claims = json!({
            "iss": ISSUER,
            "sub": user,
            "aud": service,
            "exp": now + self.lifetime - LEEWAY,
            "nbf": now - LEEWAY,
            "iat": now,
            "jti": format!("token-{}", self.made.fetch_add(1, Ordering::Relaxed)),
            "access": access,
        });
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }
}

fn claim(access: &Access) -> Value {
    json!({ "type": access.kind, "name": access.name, "actions": access.actions })
}

fn rfc3339(seconds: u64) -> String {
    jiff::Timestamp::from_second(seconds.try_into().unwrap()).unwrap().to_string()
}
