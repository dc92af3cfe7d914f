//! The objects of `--progress json`, and how each becomes one line of text.
//!
//! When they are written, and what they mean, is said in `json`.

use std::time::Duration;

use jiff::Timestamp;
use lugger::oci::Digest;
use lugger::registry::Wait;
use serde::Serialize;

use super::words::clean;

/// One thing that is told. What others wrote must have been cleaned, so that whoever prints a member is safe.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub(super) enum Record<'a> {
    Begin {
        schema: u32,
        program: &'static str,
        version: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        command: Option<&'a str>,
    },
    Planned {
        direction: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        source: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<&'a str>,
        blobs: Vec<BlobRecord<'a>>,
        bytes: u64,
    },
    Started {
        digest: &'a Digest,
        size: u64,
        offset: u64,
    },
    Progress {
        digest: &'a Digest,
        size: u64,
        at: u64,
    },
    Arrived {
        digest: &'a Digest,
        size: u64,
    },
    Interrupted {
        digest: &'a Digest,
        reason: &'a str,
        wait_ms: u64,
    },
    Done {
        digest: &'a Digest,
        size: u64,
        #[serde(flatten)]
        how: HowRecord,
    },
    Sealed {
        digest: &'a Digest,
    },
    Total {
        at: u64,
        of: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        rate: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        left_ms: Option<u64>,
        done: usize,
        blobs: usize,
    },
    Wait {
        registry: String,
        reason: String,
        wait_ms: u64,
    },
    Note {
        message: String,
    },
    Warning {
        message: String,
    },
    Error {
        exit: u8,
        message: String,
        causes: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    End {
        exit: u8,
    },
}

impl Record<'_> {
    /// The first of a run.
    pub(super) fn begin(command: Option<&str>) -> Record<'_> {
        Record::Begin {
            schema: 1,
            program: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            command,
        }
    }

    /// A line for people: a warning if it says so itself.
    pub(super) fn remark(text: &str) -> Self {
        let message = clean(text);
        match message.strip_prefix("warning: ") {
            Some(warning) => Self::Warning {
                message: warning.to_owned(),
            },
            None => Self::Note { message },
        }
    }

    /// All requests to a registry wait.
    pub(super) fn wait(wait: &Wait) -> Self {
        Self::Wait {
            registry: wait.registry.to_string(),
            reason: clean(&wait.reason),
            wait_ms: milliseconds(wait.time),
        }
    }

    /// The last of a run that failed: what was tried, then why.
    pub(super) fn error(exit: u8, told: &[String], hint: Option<&str>) -> Self {
        let mut told = told.iter().map(|text| clean(text));
        Self::Error {
            exit,
            message: told.next().unwrap_or_default(),
            causes: told.collect(),
            hint: hint.map(clean),
        }
    }
}

/// A blob of a plan.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlobRecord<'a> {
    pub(super) digest: &'a Digest,
    pub(super) size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) media_type: Option<String>,
}

/// How a blob came to be there.
#[derive(Debug, Serialize)]
#[serde(tag = "how", rename_all = "lowercase")]
pub(super) enum HowRecord {
    Moved,
    Mounted { from: String },
    Exists,
    Read,
}

#[derive(Serialize)]
struct Stamped<'a> {
    time: String,
    #[serde(flatten)]
    record: &'a Record<'a>,
}

/// The line of a record, with the time that it is now.
pub(super) fn line(record: &Record<'_>) -> String {
    let time = format!("{:.3}", Timestamp::now());
    // Nothing of a record can fail to be JSON: all its keys are words.
    serde_json::to_string(&Stamped { time, record }).unwrap_or_default()
}

pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
