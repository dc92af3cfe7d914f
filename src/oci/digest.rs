//! Digests: the names of content, and the hashing that proves them.
//!
//! A [`Digest`] exists only with a supported algorithm and lower-case hex of the right length
//! ([OCI image spec, digests](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests)),
//! so it is safe as a file name and in a URL.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// A digest algorithm that can be computed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// SHA-256, which every registry speaks.
    Sha256,
    /// SHA-384; not registered by OCI, but accepted by docker.
    Sha384,
    /// SHA-512, the second algorithm OCI registers.
    Sha512,
}

impl Algorithm {
    /// The algorithm's name in front of the colon.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// How many hex digits its digests have.
    #[must_use]
    pub fn hex_length(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

/// The checked name of a blob or manifest: `sha256:` and 64 lower-case hex digits, or the same of another algorithm.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest {
    algorithm: Algorithm,
    hex: Box<str>,
}

impl Digest {
    /// The SHA-256 digest of bytes held in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::with(Algorithm::Sha256, bytes)
    }

    /// The digest of bytes held in memory, by the algorithm asked for.
    #[must_use]
    pub fn with(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hex digits, without the algorithm.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// The first 12 hex digits, as docker shows a layer.
    #[must_use]
    pub fn short(&self) -> &str {
        self.hex.get(..12).unwrap_or(&self.hex)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let (algorithm, hex) = split(text).ok_or(DigestError::Format)?;
        let algorithm = Algorithm::from_name(algorithm).ok_or(DigestError::Algorithm)?;
        if hex.len() != algorithm.hex_length() {
            return Err(DigestError::Length);
        }
        if hex.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(DigestError::Case);
        }
        Ok(Self {
            algorithm,
            hex: hex.into(),
        })
    }
}

/// Cuts `algorithm:hex` by the grammar of docker's references, which wants at least 32 hex digits of either case.
fn split(text: &str) -> Option<(&str, &str)> {
    let (algorithm, hex) = text.split_once(':')?;
    let named = algorithm
        .split(['-', '_', '+', '.'])
        .all(|part| part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    let hexadecimal = hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    (named && hexadecimal).then_some((algorithm, hex))
}

/// Why a text is no digest, in the words of docker's reference library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Not `algorithm:hex` at all.
    #[error("invalid digest format")]
    Format,
    /// An algorithm that cannot be computed here, so content could not be verified.
    #[error("unsupported digest algorithm; sha256, sha384 and sha512 are known")]
    Algorithm,
    /// The wrong number of hex digits for the algorithm.
    #[error("invalid checksum digest length; a sha256 has 64 digits")]
    Length,
    /// Hex in upper case.
    #[error("invalid checksum digest format; its digits are lower case")]
    Case,
}

/// A running hash.
#[derive(Clone)]
pub struct Hasher(State);

#[derive(Clone)]
enum State {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    /// A hash of nothing yet.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha384 => State::Sha384(Sha384::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
        })
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(hash) => hash.update(bytes),
            State::Sha384(hash) => hash.update(bytes),
            State::Sha512(hash) => hash.update(bytes),
        }
    }

    /// The digest of everything added.
    #[must_use]
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(hash) => named(Algorithm::Sha256, &hash.finalize()),
            State::Sha384(hash) => named(Algorithm::Sha384, &hash.finalize()),
            State::Sha512(hash) => named(Algorithm::Sha512, &hash.finalize()),
        }
    }
}

fn named(algorithm: Algorithm, hash: &[u8]) -> Digest {
    use fmt::Write as _;
    let mut hex = String::with_capacity(algorithm.hex_length());
    for byte in hash {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Digest {
        algorithm,
        hex: hex.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_known_bytes_are_the_published_ones() {
        assert_eq!(
            Digest::of(b"").to_string(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            Digest::of(b"{}").to_string(),
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
        assert!(
            Digest::with(Algorithm::Sha512, b"abc")
                .to_string()
                .starts_with("sha512:ddaf35a193617abacc417349ae204131")
        );
        assert!(
            Digest::with(Algorithm::Sha384, b"abc")
                .to_string()
                .starts_with("sha384:cb00753f45a35e8bb5a03d699ac65007")
        );
    }

    /// A million times `a` is NIST's own vector; the other, of 1 MiB, was hashed by Python. Long enough for whatever
    /// faster way the processor has, and in pieces that end in the middle of a block.
    #[test]
    fn long_inputs_have_the_known_digests_however_they_come() {
        let pattern: Vec<u8> = (0..=250).cycle().take(1 << 20).collect();
        let cases = [
            (
                Algorithm::Sha256,
                vec![b'a'; 1_000_000],
                "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            ),
            (
                Algorithm::Sha256,
                pattern.clone(),
                "sha256:631b84027d6b9e52b539c4e8373622d23032dfadc64d60af87339c9037e4f769",
            ),
            (
                Algorithm::Sha384,
                vec![b'a'; 1_000_000],
                "sha384:9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985",
            ),
            (
                Algorithm::Sha384,
                pattern.clone(),
                "sha384:c0b5633796816dc370458921d148550ed3e490ca635324e19b86a26c500577c623a37ecc5de698c222fba72e08e0ee5b",
            ),
            (
                Algorithm::Sha512,
                vec![b'a'; 1_000_000],
                "sha512:e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b",
            ),
            (
                Algorithm::Sha512,
                pattern.clone(),
                "sha512:67dad569eefc986a3b2424f5516d5a0284bb53d7b52d75f5ed881a6830a95765ccc82bc48752fb693422579f11dc9a400561ec1885af9eeef703dbbd312d4fd0",
            ),
        ];
        for (algorithm, bytes, known) in cases {
            assert_eq!(Digest::with(algorithm, &bytes).to_string(), known);
            for piece in [1, 63, 64, 65, 4093, 1 << 19] {
                let mut hasher = Hasher::new(algorithm);
                bytes.chunks(piece).for_each(|piece| hasher.update(piece));
                assert_eq!(hasher.finish().to_string(), known, "in pieces of {piece}");
            }
        }
    }

    #[test]
    fn printing_and_parsing_are_inverse() {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
            let digest = Digest::with(algorithm, b"x");
            assert_eq!(digest.to_string().parse(), Ok(digest));
        }
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        let cases = [
            ("", DigestError::Format),
            ("sha256", DigestError::Format),
            ("sha256:../../etc/passwd", DigestError::Format),
            ("../../x:ffffffffffffffffffffffffffffffff", DigestError::Format),
            ("sha256:ffff\0fffffffffffffffffffffffffffffffffff", DigestError::Format),
            ("md5:ffffffffffffffffffffffffffffffff", DigestError::Algorithm),
            ("sha256:ffffffffffffffffffffffffffffffff", DigestError::Length),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Digest>(), Err(error), "{text:?}");
        }
        let upper = format!("sha256:{}", "F".repeat(64));
        assert_eq!(upper.parse::<Digest>(), Err(DigestError::Case));
    }
}
