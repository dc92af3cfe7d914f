//! Why a request is refused, in the
//! [form of the spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes).

use std::fmt::Display;

use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderName, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::serve::answer::{Answer, Builder};
use crate::store::{self, ErrorKind, MissingBlobs};

/// The codes, each with the status it goes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    Denied,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    PaginationNumberInvalid,
    RangeInvalid,
    SizeInvalid,
    TooManyRequests,
    Unauthorized,
    Unknown,
    Unsupported,
}

impl Code {
    fn text(self) -> &'static str {
        match self {
            Self::BlobUnknown => "BLOB_UNKNOWN",
            Self::BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
            Self::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            Self::Denied => "DENIED",
            Self::DigestInvalid => "DIGEST_INVALID",
            Self::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            Self::ManifestInvalid => "MANIFEST_INVALID",
            Self::ManifestUnknown => "MANIFEST_UNKNOWN",
            Self::NameInvalid => "NAME_INVALID",
            Self::NameUnknown => "NAME_UNKNOWN",
            Self::PaginationNumberInvalid => "PAGINATION_NUMBER_INVALID",
            Self::RangeInvalid => "RANGE_INVALID",
            Self::SizeInvalid => "SIZE_INVALID",
            Self::TooManyRequests => "TOOMANYREQUESTS",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Unknown => "UNKNOWN",
            Self::Unsupported => "UNSUPPORTED",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::BlobUnknown | Self::BlobUploadUnknown | Self::ManifestUnknown | Self::NameUnknown => StatusCode::NOT_FOUND,
            Self::BlobUploadInvalid
            | Self::DigestInvalid
            | Self::ManifestBlobUnknown
            | Self::ManifestInvalid
            | Self::NameInvalid
            | Self::PaginationNumberInvalid
            | Self::SizeInvalid => StatusCode::BAD_REQUEST,
            Self::Denied => StatusCode::FORBIDDEN,
            Self::RangeInvalid => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
        }
    }
}

/// A refused request.
#[derive(Debug)]
pub(super) struct Refusal(Box<Reason>);

#[derive(Debug)]
struct Reason {
    code: Code,
    status: StatusCode,
    message: String,
    detail: Value,
    headers: Vec<(HeaderName, String)>,
    /// What failed here, for whoever runs the server and nobody else.
    failure: Option<store::Error>,
}

impl Refusal {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Box::new(Reason {
            code,
            status: code.status(),
            message: message.into(),
            detail: Value::Null,
            headers: Vec::new(),
            failure: None,
        }))
    }

    /// With another status than the usual one.
    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    pub(super) fn with(mut self, name: HeaderName, value: &(impl Display + ?Sized)) -> Self {
        self.0.headers.push((name, value.to_string()));
        self
    }

    /// A method that makes no sense here, and those that do.
    pub(super) fn method(allowed: &'static str) -> Self {
        Self::new(Code::Unsupported, "this cannot be done here").with(ALLOW, allowed)
    }

    /// A login is needed.
    pub(super) fn login() -> Self {
        Self::new(Code::Unauthorized, "a user and the right password are needed")
            .with(WWW_AUTHENTICATE, r#"Basic realm="lugger""#)
    }

    /// What went wrong in this server, if that is why.
    pub(super) fn failure(&self) -> Option<&store::Error> {
        self.0.failure.as_ref()
    }

    pub(super) fn into_answer(self) -> Answer {
        let reason = *self.0;
        let mut error = json!({"code": reason.code.text(), "message": reason.message});
        if !reason.detail.is_null() {
            error["detail"] = reason.detail;
        }
        let mut builder = Builder::new(reason.status);
        for (name, value) in reason.headers {
            builder = builder.header(name, &value);
        }
        builder.json(json!({"errors": [error]}).to_string())
    }
}

impl From<store::Error> for Refusal {
    /// What the store says of manifests and names; elsewhere its answers are read before they get here.
    fn from(error: store::Error) -> Self {
        if let Some(missing) = error.cause().downcast_ref::<MissingBlobs>() {
            let digests: Vec<String> = missing.digests.iter().map(ToString::to_string).collect();
            let mut refusal = Self::new(Code::ManifestBlobUnknown, missing.reason.clone());
            refusal.0.detail = json!({"digest": digests.first(), "digests": digests});
            return refusal;
        }
        match error.kind() {
            ErrorKind::NotFound => Self::new(Code::ManifestUnknown, "there is no such manifest in this repository"),
            ErrorKind::Refused => Self::new(Code::Unsupported, error.to_string()),
            _ => {
                let mut refusal = Self::new(Code::Unknown, "the store of this server failed");
                refusal.0.failure = Some(error);
                refusal
            }
        }
    }
}
