//! What an Engine answers beside archives: JSON, of bounded length, in which a failure may hide behind a success.

use std::time::Duration;

use anyhow::anyhow;
use reqwest::Response;
use serde::Deserialize;

use crate::daemon::error::said;
use crate::store::{Error, Result};

/// The longest error or protocol of a load that is read, in bytes.
const MAX_TEXT: usize = 256 << 10;
/// The longest list of images, in bytes.
const MAX_LIST: usize = 16 << 20;

/// An answer that is none of those that were meant, in words.
pub(super) async fn refusal(answer: Response, silence: Duration) -> Error {
    #[derive(Deserialize)]
    struct Message {
        message: String,
    }
    let status = answer.status();
    // What came until then is shown; the status says enough without.
    let raw = text(answer, MAX_TEXT, silence).await.unwrap_or_default();
    let told = match serde_json::from_slice(&raw) {
        Ok(Message { message }) => message,
        // A page of something that is no Engine is of no use to anybody.
        Err(_) if raw.trim_ascii_start().starts_with(b"<") => String::new(),
        Err(_) => String::from_utf8_lossy(&raw).into_owned(),
    };
    said(Some(status.as_u16()), &told)
}

/// Reads the protocol of a load to its end: it is a success unless a line says otherwise.
pub(super) async fn success(answer: Response, silence: Duration) -> Result<()> {
    let raw = text(answer, MAX_TEXT, silence).await?;
    raw.split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .try_for_each(|line| match failure(line) {
            Ok(None) => Ok(()),
            Ok(Some(failure)) => Err(said(None, &failure)),
            Err(_) => Err(Error::other(anyhow!(
                "what answers at the address of Docker Engine is something else: its protocol is no JSON"
            ))),
        })
}

/// What went wrong, if a line of a protocol says that something did.
pub(super) fn failure(line: &[u8]) -> std::result::Result<Option<String>, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Line {
        error: Option<String>,
        error_detail: Option<Detail>,
    }
    #[derive(Deserialize)]
    struct Detail {
        message: Option<String>,
    }
    let Line { error, error_detail } = serde_json::from_slice(line)?;
    let detailed = error_detail.map(|detail| detail.message.unwrap_or_default());
    Ok(error.or(detailed))
}

/// The names in a list of images.
pub(super) async fn names(answer: Response, silence: Duration) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Image {
        repo_tags: Option<Vec<String>>,
    }
    let raw = text(answer, MAX_LIST, silence).await?;
    let images: Vec<Image> = serde_json::from_slice(&raw).map_err(Error::other)?;
    Ok(images
        .into_iter()
        .flat_map(|image| image.repo_tags.unwrap_or_default())
        .collect())
}

async fn text(mut answer: Response, most: usize, silence: Duration) -> Result<Vec<u8>> {
    let mut raw = Vec::new();
    while let Some(piece) = next(&mut answer, silence).await? {
        if raw.len().saturating_add(piece.len()) > most {
            return Err(Error::other(anyhow!("Docker Engine answers over {most} bytes")));
        }
        raw.extend_from_slice(&piece);
    }
    Ok(raw)
}

/// The next piece of a body, which may be waited for so long.
pub(super) async fn next(answer: &mut Response, silence: Duration) -> Result<Option<bytes::Bytes>> {
    match tokio::time::timeout(silence, answer.chunk()).await {
        Ok(piece) => piece.map_err(|_| Error::interrupted(anyhow!("the answer of Docker Engine broke off"))),
        Err(_) => Err(Error::interrupted(anyhow!(
            "Docker Engine fell silent: nothing came for {} s",
            silence.as_secs()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_found_in_each_of_its_spellings() {
        for (line, expected) in [
            (r#"{"stream":"Loaded image: app:1\n"}"#, Some(None)),
            (r#"{"error":"no space left"}"#, Some(Some("no space left"))),
            (r#"{"errorDetail":{"message":"m"},"error":"e"}"#, Some(Some("e"))),
            (r#"{"errorDetail":{"message":"m"}}"#, Some(Some("m"))),
            (r#"{"errorDetail":{}}"#, Some(Some(""))),
            ("<html>", None),
            ("[]", None),
        ] {
            let found = failure(line.as_bytes()).ok();
            assert_eq!(found, expected.map(|text| text.map(str::to_owned)), "{line}");
        }
    }
}
