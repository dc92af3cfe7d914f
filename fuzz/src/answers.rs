//! Answers of a registry as a text that a fuzzer can change: parts with a line `%%` between them, each with a status,
//! headers, an empty line and a body.
//!
//! Digests cannot be guessed, so they are filled in: `$d3` is the digest of the body of part 3, `$s3` its length. A body
//! may name only later parts.

use lugger::oci::Digest;
use url::{Host, Url};

/// Where the registry is; nobody else has this name.
pub const HOST: &str = "registry.test";

/// As many parts as digits can name.
const MAX_PARTS: usize = 10;

/// One answer.
pub struct Answer {
    /// Status and headers, each line with its end.
    pub head: Vec<u8>,
    /// The body.
    pub body: Vec<u8>,
    /// The body's digest.
    pub digest: Digest,
    /// Does it say itself where it ends?
    pub framed: bool,
}

/// Reads all answers.
pub fn read(input: &[u8]) -> Vec<Answer> {
    let parts: Vec<(&[u8], &[u8])> = cut_all(input, b"\n%%\n")
        .into_iter()
        .take(MAX_PARTS)
        .map(|part| cut(part, b"\n\n"))
        .collect();
    let mut known: Vec<Option<(Digest, usize)>> = vec![None; parts.len()];
    let mut bodies = Vec::new();
    for (at, (_, body)) in parts.iter().enumerate().rev() {
        let body = filled(body, &known);
        known[at] = Some((Digest::of(&body), body.len()));
        bodies.push(body);
    }
    bodies.reverse();
    let answers = parts.into_iter().zip(bodies);
    answers.map(|((head, _), body)| answer(&filled(head, &known), body)).collect()
}

fn answer(head: &[u8], body: Vec<u8>) -> Answer {
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = lines.next().unwrap_or_default();
    let mut wire = [b"HTTP/1.1 ", status, b"\r\n"].concat();
    let mut framed = false;
    for line in lines.filter(|line| !leads_home(line)) {
        let name = line
            .split(|byte| *byte == b':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        framed |= matches!(name.as_slice(), b"content-length" | b"transfer-encoding" | b"connection");
        wire.extend(line.iter().filter(|byte| **byte != b'\r'));
        wire.extend(b"\r\n");
    }
    let digest = Digest::of(&body);
    Answer {
        head: wire,
        body,
        digest,
        framed,
    }
}

/// Is it a redirect to this machine? It would be followed past the proxy, to whoever listens there.
fn leads_home(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    let Some((name, value)) = line.split_once(':') else {
        return false;
    };
    let base = Url::parse("http://registry.test/").expect("a URL");
    let home = match base.join(value.trim()).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name.trim_end_matches('.').ends_with("localhost"),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    };
    name.trim().eq_ignore_ascii_case("location") && home
}

/// Fills `$dN` and `$sN` in.
fn filled(text: &[u8], known: &[Option<(Digest, usize)>]) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let named = match rest {
            [b'$', what @ (b'd' | b's'), digit @ b'0'..=b'9', ..] => {
                let part = known.get(usize::from(digit - b'0')).and_then(Option::as_ref);
                part.map(|(digest, length)| {
                    if *what == b'd' {
                        digest.to_string()
                    } else {
                        length.to_string()
                    }
                })
            }
            _ => None,
        };
        match named {
            Some(value) => {
                filled.extend(value.bytes());
                rest = &rest[3..];
            }
            None => {
                filled.push(*first);
                rest = after;
            }
        }
    }
    filled
}

fn cut<'a>(text: &'a [u8], at: &[u8]) -> (&'a [u8], &'a [u8]) {
    match text.windows(at.len()).position(|window| window == at) {
        Some(position) => (&text[..position], &text[position + at.len()..]),
        None => (text, b""),
    }
}

fn cut_all<'a>(text: &'a [u8], at: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.windows(at.len()).any(|window| window == at) {
        let (part, after) = cut(rest, at);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}
