//! HTTP/1.1 messages as they pass: heads kept line by line, so that they go on as they came, and bodies in pieces,
//! freed of their framing and framed again. Only as much is understood as is needed to know where a body ends.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// The most a head may have.
const MAX_HEAD: usize = 64 << 10;
/// The most that is passed on in one go.
const PIECE: u64 = 16 << 10;

/// The lines of a head, without their ends.
pub(super) struct Head {
    lines: Vec<String>,
}

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Nothing,
    Length(u64),
    Chunked,
    ToTheEnd,
}

impl Head {
    /// Nothing where the connection ends before it begins.
    pub(super) async fn read(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Self>> {
        let mut lines = Vec::new();
        let mut length = 0;
        loop {
            let Some(line) = line(reader).await? else {
                return if lines.is_empty() { Ok(None) } else { Err(broken()) };
            };
            length += line.len();
            if length > MAX_HEAD {
                return Err(broken());
            }
            if line.is_empty() && !lines.is_empty() {
                return Ok(Some(Self { lines }));
            }
            lines.push(line);
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        format!("{}\r\n\r\n", self.lines.join("\r\n")).into_bytes()
    }

    /// A word of the first line.
    pub(super) fn word(&self, at: usize) -> &str {
        self.lines[0].split(' ').nth(at).unwrap_or_default()
    }

    pub(super) fn status(&self) -> u16 {
        self.word(1).parse().unwrap_or_default()
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.lines[1..].iter().filter_map(|line| line.split_once(':'));
        fields
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The same message in chunks instead of with its length.
    pub(super) fn chunked(mut self) -> Self {
        self.lines
            .retain(|line| !line.to_ascii_lowercase().starts_with("content-length:"));
        self.lines.push("Transfer-Encoding: chunked".to_string());
        self
    }

    pub(super) fn request_framing(&self) -> Framing {
        self.framing().unwrap_or(Framing::Nothing)
    }

    /// What it is depends on the request it answers.
    pub(super) fn response_framing(&self, method: &str) -> Framing {
        match self.status() {
            100..200 | 204 | 304 => Framing::Nothing,
            _ if method == "HEAD" => Framing::Nothing,
            _ => self.framing().unwrap_or(Framing::ToTheEnd),
        }
    }

    fn framing(&self) -> Option<Framing> {
        let chunked = self
            .field("transfer-encoding")
            .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        if chunked {
            return Some(Framing::Chunked);
        }
        self.field("content-length")?.parse().ok().map(Framing::Length)
    }

    /// May the connection be used again?
    pub(super) fn keeps_open(&self) -> bool {
        let closes = self
            .field("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
        !closes && self.lines[0].contains("HTTP/1.1")
    }
}

impl Framing {
    pub(super) fn length(self) -> Option<u64> {
        match self {
            Self::Length(length) => Some(length),
            Self::Nothing => Some(0),
            Self::Chunked | Self::ToTheEnd => None,
        }
    }

    /// A piece as it goes out; an empty one would end a chunked body.
    pub(super) fn framed(self, piece: &[u8]) -> Vec<u8> {
        if self != Self::Chunked || piece.is_empty() {
            return piece.to_vec();
        }
        [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
    }

    pub(super) fn end(self) -> &'static [u8] {
        if self == Self::Chunked { b"0\r\n\r\n" } else { b"" }
    }
}

/// A body as far as it has been read.
pub(super) struct Body {
    framing: Framing,
    /// What is left of it, or of the chunk.
    left: u64,
}

impl Body {
    pub(super) fn of(framing: Framing) -> Self {
        let left = match framing {
            Framing::Length(length) => length,
            Framing::ToTheEnd => u64::MAX,
            Framing::Nothing | Framing::Chunked => 0,
        };
        Self { framing, left }
    }

    /// The next bytes; nothing at the end. One that ends early is an error.
    pub(super) async fn next(&mut self, reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
        if self.left == 0 && self.framing == Framing::Chunked {
            self.left = chunk(reader).await?;
        }
        if self.left == 0 {
            return Ok(None);
        }
        let mut piece = Vec::new();
        let most = usize::try_from(self.left.min(PIECE)).unwrap_or(usize::MAX);
        piece.resize(most, 0);
        let length = reader.read(&mut piece).await?;
        piece.truncate(length);
        match (length, self.framing) {
            (0, Framing::ToTheEnd) => return Ok(None),
            (0, _) => return Err(broken()),
            _ => self.left -= length as u64,
        }
        if self.left == 0 && self.framing == Framing::Chunked {
            line(reader).await?;
        }
        Ok(Some(piece))
    }
}

/// The length of the next chunk; after the last one its trailers are read too.
async fn chunk(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<u64> {
    let size = line(reader).await?.ok_or_else(broken)?;
    let digits = size.split(';').next().unwrap_or_default().trim();
    let length = u64::from_str_radix(digits, 16).map_err(|_| broken())?;
    if length == 0 {
        while !line(reader).await?.ok_or_else(broken)?.is_empty() {}
    }
    Ok(length)
}

async fn line(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let length = reader.take(MAX_HEAD as u64).read_until(b'\n', &mut bytes).await?;
    let text = String::from_utf8(bytes).map_err(|_| broken())?;
    match text.strip_suffix('\n') {
        Some(line) => Ok(Some(line.trim_end_matches('\r').to_string())),
        None if length == 0 => Ok(None),
        None => Err(broken()),
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the message is broken")
}
