//! What is typed for an image to be made: where it starts, its layers, words, pairs, ports.

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use lugger::append::Content;

use crate::cli::failure::Usage;
use crate::cli::place::Place;

/// What an image is based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Nothing.
    Scratch,
    /// Another image.
    At(Place),
}

impl FromStr for Start {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text {
            "scratch" => Ok(Self::Scratch),
            place => Ok(Self::At(place.parse()?)),
        }
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scratch => f.write_str("scratch"),
            Self::At(place) => place.fmt(f),
        }
    }
}

/// What a layer is made from, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayerSource {
    path: PathBuf,
    destination: Option<PathBuf>,
}

impl FromStr for LayerSource {
    type Err = &'static str;

    /// A place in the image begins with a slash, so that a colon in a file's name is none of ours.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, destination) = match text.rfind(":/") {
            Some(colon) => (&text[..colon], Some(PathBuf::from(&text[colon + 1..]))),
            None => (text, None),
        };
        if path.is_empty() {
            return Err("a layer is a folder, a tar, or - for stdin, with a DEST as in ./certs:/etc/ssl if it shall lie there");
        }
        let climbs = |path: &Path| path.components().any(|part| part == std::path::Component::ParentDir);
        if destination.as_deref().is_some_and(climbs) {
            return Err("a place in the image has no `..`");
        }
        Ok(Self {
            path: path.into(),
            destination,
        })
    }
}

/// What the layers are made from, after a look at what is there.
pub(crate) fn layers(sources: &[LayerSource]) -> Result<Vec<Content>, Usage> {
    let stdins = sources.iter().filter(|source| source.is_stdin()).count();
    if stdins > 1 {
        return Err(Usage("stdin is one layer; there cannot be two".to_owned()));
    }
    if stdins == 1 && io::stdin().is_terminal() {
        return Err(Usage("--layer - reads a tar from stdin, which is a terminal".to_owned()));
    }
    sources.iter().map(LayerSource::content).collect()
}

impl LayerSource {
    fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    fn content(&self) -> Result<Content, Usage> {
        let files = |to: PathBuf| Content::Files {
            from: self.path.clone(),
            to,
        };
        match &self.destination {
            Some(_) if self.is_stdin() => Err(Usage(
                "what comes from stdin is a tar, which says itself what lies where".to_owned(),
            )),
            None if self.is_stdin() => Ok(Content::Stdin),
            None if self.path.is_dir() => Ok(files(PathBuf::new())),
            None => Ok(Content::Tar(self.path.clone())),
            Some(to) if self.path.is_dir() => Ok(files(below_root(to))),
            Some(to) => self.file_destination(to).map(files),
        }
    }

    /// A place that ends with a slash is the folder of the file.
    fn file_destination(&self, to: &Path) -> Result<PathBuf, Usage> {
        let is_folder = to.as_os_str().to_string_lossy().ends_with('/');
        match self.path.file_name().filter(|_| is_folder) {
            Some(name) => Ok(below_root(to).join(name)),
            None if is_folder => Err(Usage(format!("{} has no name of its own", self.path.display()))),
            None => Ok(below_root(to)),
        }
    }
}

fn below_root(path: &Path) -> PathBuf {
    let parts = path
        .components()
        .filter(|part| matches!(part, std::path::Component::Normal(_)));
    parts.collect()
}

/// A program and its arguments, as typed: a JSON list, or words as a shell has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words(Vec<String>);

impl FromStr for Words {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim_start().starts_with('[') {
            let words = serde_json::from_str(text);
            return words
                .map(Self)
                .map_err(|error| format!("it is no JSON list of words: {error}"));
        }
        let words = shlex::split(text);
        words.map(Self).ok_or_else(|| "a quote is not closed".to_owned())
    }
}

impl From<Words> for Vec<String> {
    fn from(words: Words) -> Self {
        words.0
    }
}

/// A name and its value.
pub(crate) fn pair(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE"),
    }
}

/// A port with its protocol, as a config has it.
pub(crate) fn port(text: &str) -> Result<String, &'static str> {
    let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let known = ["tcp", "udp", "sctp"].contains(&protocol);
    match number.parse::<u16>() {
        Ok(number) if known && number > 0 => Ok(format!("{number}/{protocol}")),
        _ => Err("write a port as 80, 53/udp or 36412/sctp"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(path: &str, destination: Option<&str>) -> LayerSource {
        LayerSource {
            path: path.into(),
            destination: destination.map(PathBuf::from),
        }
    }

    #[test]
    fn a_place_in_the_image_begins_with_a_slash() {
        for (text, read) in [
            ("./certs", layer("./certs", None)),
            ("./certs:/etc/ssl", layer("./certs", Some("/etc/ssl"))),
            ("a:b.tar", layer("a:b.tar", None)),
            ("/a:/b:/c", layer("/a:/b", Some("/c"))),
            ("-", layer("-", None)),
        ] {
            assert_eq!(text.parse(), Ok(read), "{text}");
        }
        for text in ["", ":/etc", "a:/../b"] {
            assert!(text.parse::<LayerSource>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_goes_into_a_folder_or_gets_another_name() {
        let to = |text: &str| layer("x/app", None).file_destination(Path::new(text)).unwrap();
        assert_eq!(to("/usr/bin/"), Path::new("usr/bin/app"));
        assert_eq!(to("/usr/./bin/run"), Path::new("usr/bin/run"));
    }

    #[test]
    fn words_are_a_shells_or_a_list() {
        let words = |text: &str| text.parse::<Words>().map(Vec::from);
        assert_eq!(words("nginx -g 'daemon off;'").unwrap(), ["nginx", "-g", "daemon off;"]);
        assert_eq!(words(r#"["/a b", "c"]"#).unwrap(), ["/a b", "c"]);
        assert_eq!(words("[]").unwrap(), [""; 0]);
        for text in ["'a", "[1]", "[", r#"["a"] b"#] {
            assert!(words(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ports_and_pairs() {
        assert_eq!(port("80").unwrap(), "80/tcp");
        assert_eq!(port("53/udp").unwrap(), "53/udp");
        assert!(
            ["", "0", "x", "80/", "65536", "80/icmp"]
                .iter()
                .all(|text| port(text).is_err())
        );
        assert_eq!(pair("a=b=c").unwrap(), ("a".to_owned(), "b=c".to_owned()));
        assert!(["", "a", "=b"].iter().all(|text| pair(text).is_err()));
    }
}
