//! The grammar, by hand: a regular expression costs more to compile than everything else a start does.

use std::str::FromStr;

use crate::oci::DigestError;
use crate::reference::{MAX_PATH, Reference, ReferenceError, RegistryName, RepositoryName, Tag, TagOrDigest};

const MAX_TAG: usize = 128;
const SCHEMES: [&str; 4] = ["https://", "http://", "oci://", "docker://"];

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        refuse_scheme(text)?;
        if text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(ReferenceError::LooksLikeId(text.to_owned()));
        }
        let (domain, rest) = split_domain(text);
        let rest = expand(domain, rest);
        refuse_uppercase(domain, &rest)?;
        let (name, digest) = cut(&rest, '@');
        let (path, tag) = cut(name, ':');
        let repository = repository(domain, path)?;
        let tag = tag
            .map(str::parse)
            .transpose()
            .map_err(|_: ReferenceError| ReferenceError::Format)?;
        let digest = digest.map(str::parse).transpose().map_err(digest_error)?;
        let defaulted = tag.is_none() && digest.is_none();
        Ok(Self {
            repository,
            tag: if defaulted { Some(Tag::latest()) } else { tag },
            digest,
            defaulted,
        })
    }
}

impl FromStr for RepositoryName {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let reference: Reference = text.parse()?;
        if reference.is_defaulted() {
            return Ok(reference.repository);
        }
        Err(ReferenceError::NotARepository(reference.suffix()))
    }
}

impl FromStr for Tag {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let sound = !text.is_empty()
            && text.len() <= MAX_TAG
            && !text.starts_with(['.', '-'])
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        if sound {
            Ok(Self(text.into()))
        } else {
            Err(ReferenceError::Tag)
        }
    }
}

impl FromStr for TagOrDigest {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if text.contains(':') {
            return Ok(Self::Digest(text.parse().map_err(digest_error)?));
        }
        Ok(Self::Tag(text.parse()?))
    }
}

fn refuse_scheme(text: &str) -> Result<(), ReferenceError> {
    match SCHEMES.iter().find_map(|scheme| Some((scheme, text.strip_prefix(scheme)?))) {
        None => Ok(()),
        Some((scheme, rest)) => Err(ReferenceError::Scheme {
            scheme,
            rest: rest.trim_end_matches('/').to_owned(),
        }),
    }
}

/// The first part is a registry if it could not be a path of Docker Hub: with a dot, a colon or an upper-case letter,
/// or if it is `localhost`.
fn split_domain(text: &str) -> (&str, &str) {
    match text.split_once('/') {
        Some((first, rest)) if first == "localhost" || first.contains(['.', ':']) || first.chars().any(char::is_uppercase) => {
            (first, rest)
        }
        _ => ("docker.io", text),
    }
}

/// What short forms stand for: `library/` for Docker Hub's own images and, beyond docker, Google's projects of a domain
/// (`gcr.io/example.com:project/web`), whose colon no path may have.
fn expand(domain: &str, rest: &str) -> String {
    let hub = domain.parse::<RegistryName>().is_ok_and(|name| name.is_hub());
    if hub && !rest.contains('/') && !rest.is_empty() {
        return format!("library/{rest}");
    }
    let google = domain == "gcr.io" || domain.ends_with(".gcr.io") || domain.ends_with(".pkg.dev");
    match rest.split_once(':') {
        Some((owner, project)) if google && !owner.contains(['/', '@']) && project.contains('/') => {
            format!("{owner}/{project}")
        }
        _ => rest.to_owned(),
    }
}

fn refuse_uppercase(domain: &str, rest: &str) -> Result<(), ReferenceError> {
    let path = rest.split(':').next().unwrap_or_default();
    let lower = path.to_lowercase();
    // Some letters are upper case and have no lower one.
    if path == lower {
        return Ok(());
    }
    let tag = rest.strip_prefix(path).unwrap_or_default();
    let lower = format!("{domain}/{lower}{tag}");
    let lower = lower.parse::<Reference>().map_or(lower, |reference| reference.familiar());
    Err(ReferenceError::Uppercase {
        path: path.to_owned(),
        lower,
    })
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn repository(domain: &str, path: &str) -> Result<RepositoryName, ReferenceError> {
    let registry = domain.parse()?;
    if !path.split('/').all(is_component) {
        return Err(ReferenceError::Format);
    }
    if path.len() > MAX_PATH {
        return Err(ReferenceError::TooLong);
    }
    Ok(RepositoryName {
        registry,
        path: path.into(),
    })
}

/// `[a-z0-9]+` parts, joined by one dot, one or two underscores, or any number of dashes.
fn is_component(component: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = component.split(alphanumeric).filter(|between| !between.is_empty());
    component.starts_with(alphanumeric) && component.ends_with(alphanumeric) && separators.into_iter().all(is_separator)
}

fn is_separator(text: &str) -> bool {
    matches!(text, "." | "_" | "__") || text.bytes().all(|byte| byte == b'-')
}

/// A digest against the grammar makes the reference malformed; one that is only unusable says why.
fn digest_error(error: DigestError) -> ReferenceError {
    match error {
        DigestError::Format => ReferenceError::Format,
        error => ReferenceError::Digest(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::Digest;

    fn error(text: &str) -> String {
        text.parse::<Reference>().unwrap_err().to_string()
    }

    fn full(text: &str) -> String {
        text.parse::<Reference>().unwrap().to_string()
    }

    #[test]
    fn a_project_of_a_domain_at_google_is_a_path() {
        assert_eq!(
            full("gcr.io/example.com:my-project/web:v1"),
            "gcr.io/example.com/my-project/web:v1"
        );
        assert_eq!(full("eu.gcr.io/example.com:p/web"), "eu.gcr.io/example.com/p/web:latest");
        let digest = format!("@sha256:{}", "f".repeat(64));
        let long = format!("europe-docker.pkg.dev/example.com:p/r/web{digest}");
        assert_eq!(full(&long), format!("europe-docker.pkg.dev/example.com/p/r/web{digest}"));
        assert_eq!(full("gcr.io/project/web:v1"), "gcr.io/project/web:v1");
        assert_eq!(error("quay.io/example.com:p/web:v1"), ReferenceError::Format.to_string());
    }

    #[test]
    fn a_pasted_url_is_shown_without_its_scheme() {
        let cases = [
            ("https://ghcr.io/acme/app:1", "`https://`; write `ghcr.io/acme/app:1`"),
            ("http://localhost:5000/app/", "`http://`; write `localhost:5000/app`"),
            ("oci://reg.example/chart", "`oci://`; write `reg.example/chart`"),
            ("docker://alpine", "`docker://`; write `alpine`"),
        ];
        for (text, end) in cases {
            assert!(error(text).ends_with(end), "{}", error(text));
        }
    }

    #[test]
    fn every_name_of_docker_hub_is_docker_hub() {
        for text in [
            "ubuntu",
            "docker.io/ubuntu",
            "index.docker.io/ubuntu",
            "registry-1.docker.io/ubuntu",
        ] {
            assert_eq!(full(text), "docker.io/library/ubuntu:latest", "{text}");
        }
        assert_eq!(full("registry-1.docker.io/u/r"), "docker.io/u/r:latest");
    }

    #[test]
    fn ports_are_ports() {
        assert_eq!(error("example.com:99999/r"), "port 99999 is not between 1 and 65535");
        assert_eq!(error("example.com:0/r"), "port 0 is not between 1 and 65535");
        assert_eq!(full("example.com:65535/r"), "example.com:65535/r:latest");
    }

    #[test]
    fn upper_case_is_shown_in_lower_case() {
        assert!(error("ghcr.io/Acme/App:V1").ends_with("(Acme/App) must be lowercase; write `ghcr.io/acme/app:V1`"));
        assert!(error("Ubuntu").ends_with("(library/Ubuntu) must be lowercase; write `ubuntu:latest`"));
        assert_eq!(error("\u{1d400}"), ReferenceError::Format.to_string());
    }

    #[test]
    fn a_repository_has_no_tag() {
        let name: RepositoryName = "alpine".parse().unwrap();
        assert_eq!(name.to_string(), "docker.io/library/alpine");
        let error = "alpine:3.20".parse::<RepositoryName>().unwrap_err();
        assert_eq!(error.to_string(), "a repository is meant here; leave out `:3.20`");
    }

    #[test]
    fn printing_and_parsing_are_inverse() {
        let digest = format!("sha256:{}", "f".repeat(64));
        for text in [
            "ubuntu",
            "u/r:t",
            "localhost:5000/a/b:c",
            &format!("[::1]:5000/r:t@{digest}"),
            &format!("q.io/a@{digest}"),
        ] {
            let reference: Reference = text.parse().unwrap();
            let (full, familiar) = (reference.to_string(), reference.familiar());
            assert_eq!(full.parse::<Reference>().unwrap().at(), reference.at());
            assert_eq!(familiar.parse::<Reference>().unwrap().to_string(), full);
        }
    }

    #[test]
    fn a_name_of_docker_hub_is_not_shortened_to_that_of_another_registry() {
        for text in ["docker.io/example.com/app", "docker.io/localhost/app"] {
            let name: RepositoryName = text.parse().unwrap();
            assert_eq!(name.familiar(), text);
            assert_eq!(
                format!("{text}:1").parse::<Reference>().unwrap().familiar(),
                format!("{text}:1")
            );
        }
    }

    #[test]
    fn the_digest_decides() {
        let digest: Digest = format!("sha256:{}", "f".repeat(64)).parse().unwrap();
        let both: Reference = format!("h.example/r:t@{digest}").parse().unwrap();
        assert_eq!(both.at(), TagOrDigest::Digest(digest));
        assert_eq!(both.tag().unwrap().as_str(), "t");
    }
}
