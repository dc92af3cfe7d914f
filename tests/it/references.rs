//! References, held against docker's answers to the same inputs, and against what lugger reads beyond docker.

use lugger::reference::{Reference, Tag};

/// What the reference implementation answers: input, `OK` or an error, then `key=value` columns.
const VECTORS: &str = include_str!("../data/reference_vectors.tsv");

/// Where lugger answers otherwise, and why. `Ok` is the full name, `Err` how the message begins.
const DEVIATIONS: [(&str, Result<&str, &str>); 5] = [
    // Every name of Docker Hub is Docker Hub.
    ("registry-1.docker.io/u/r", Ok("docker.io/u/r:latest")),
    ("registry-1.docker.io/ubuntu", Ok("docker.io/library/ubuntu:latest")),
    // Ports are range-checked.
    ("example.com:99999/r", Err("port 99999 is not between 1 and 65535")),
    ("example.com:0/r", Err("port 0 is not between 1 and 65535")),
    // The docker program links SHA-512, which the library alone does not, and accepts the digest.
    ("r@sha512:<64f><64f>", Ok("docker.io/library/r@sha512:<64f><64f>")),
];

struct Vector {
    written: String,
    input: String,
    answer: String,
    columns: Vec<String>,
}

impl Vector {
    fn read(line: &str) -> Self {
        let mut columns = line.split('\t').map(str::to_owned);
        let written = columns.next().unwrap().trim_matches('"').to_owned();
        Self {
            input: expanded(&written),
            written,
            answer: columns.next().unwrap(),
            columns: columns.collect(),
        }
    }

    fn column(&self, name: &str) -> String {
        let found = self
            .columns
            .iter()
            .find_map(|column| column.strip_prefix(&format!("{name}=")));
        expanded(found.unwrap_or_else(|| panic!("{} has no column {name}", self.written)))
    }

    fn check(&self) {
        match self.input.parse::<Reference>() {
            Ok(reference) => self.check_accepted(&reference),
            Err(error) => {
                assert_eq!(self.answer, "ERR", "{} is refused: {error}", self.written);
                let words = expanded(&self.columns[0]);
                let said = error.to_string();
                assert!(
                    said.starts_with(&words),
                    "{}: `{said}` does not begin `{words}`",
                    self.written
                );
            }
        }
    }

    fn check_accepted(&self, reference: &Reference) {
        assert_eq!(self.answer, "OK", "{} is accepted", self.written);
        let tag = reference.tag().map_or("-", Tag::as_str);
        assert_eq!(reference.registry().as_str(), self.column("domain"), "{}", self.written);
        assert_eq!(reference.repository().path(), self.column("path"), "{}", self.written);
        assert_eq!(tag, self.column("tag"), "{}", self.written);
        assert_eq!(reference.familiar(), self.column("familiar"), "{}", self.written);
        let digest = reference.digest().map_or("-".to_owned(), ToString::to_string);
        // The table shows the beginning of a digest; `familiar` has it whole.
        assert!(
            digest.starts_with(self.column("digest").trim_end_matches('…')),
            "{}",
            self.written
        );
        assert_eq!(
            without_tag_beside_digest(reference),
            self.column("dockerref"),
            "{}",
            self.written
        );
    }
}

/// What is asked for in the end: the tag, or the digest alone.
fn without_tag_beside_digest(reference: &Reference) -> String {
    match reference.digest() {
        Some(digest) => reference.repository().at_digest(digest.clone()).to_string(),
        None => reference.to_string(),
    }
}

/// Writes out `<64f>` and `<129×t>`.
fn expanded(text: &str) -> String {
    let Some((before, rest)) = text.split_once('<') else {
        return text.to_owned();
    };
    let (times, after) = rest.split_once('>').unwrap();
    let digits = times.find(|c: char| !c.is_ascii_digit()).unwrap();
    let letter = times[digits..].trim_start_matches('×');
    format!(
        "{before}{}{}",
        letter.repeat(times[..digits].parse().unwrap()),
        expanded(after)
    )
}

fn vectors() -> Vec<Vector> {
    VECTORS.lines().map(Vector::read).collect()
}

fn deviates(vector: &Vector) -> bool {
    DEVIATIONS.iter().any(|(input, _)| *input == vector.written)
}

#[test]
fn every_vector_is_answered_as_docker_answers_it() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 106);
    vectors.iter().filter(|vector| !deviates(vector)).for_each(Vector::check);
}

#[test]
fn where_lugger_deviates_it_does_so_as_documented() {
    let vectors = vectors();
    for (input, answer) in DEVIATIONS {
        let vector = vectors.iter().find(|vector| vector.written == input).expect("a vector");
        match (vector.input.parse::<Reference>(), answer) {
            (Ok(reference), Ok(full)) => assert_eq!(reference.to_string(), expanded(full)),
            (Err(error), Err(words)) => assert!(error.to_string().starts_with(words), "{error}"),
            (found, _) => panic!("{input} is read as {found:?}"),
        }
    }
}

#[test]
fn a_pasted_url_is_shown_without_its_scheme() {
    for (input, shown) in [
        ("https://ghcr.io/acme/app:1", "write `ghcr.io/acme/app:1`"),
        ("http://localhost:5000/app", "write `localhost:5000/app`"),
        ("oci://reg.example/charts/app:1", "write `reg.example/charts/app:1`"),
        ("docker://alpine", "write `alpine`"),
    ] {
        let error = input.parse::<Reference>().unwrap_err().to_string();
        assert!(error.ends_with(shown), "{error}");
    }
}

#[test]
fn a_project_of_a_domain_at_google_is_a_path() {
    for (input, full) in [
        ("gcr.io/example.com:my-project/web:v1", "gcr.io/example.com/my-project/web:v1"),
        ("eu.gcr.io/example.com:p/a/b", "eu.gcr.io/example.com/p/a/b:latest"),
        (
            "us-docker.pkg.dev/example.com:p/r/web:2",
            "us-docker.pkg.dev/example.com/p/r/web:2",
        ),
    ] {
        assert_eq!(input.parse::<Reference>().unwrap().to_string(), full);
    }
    assert!("reg.example/example.com:p/web:v1".parse::<Reference>().is_err());
}

#[test]
fn upper_case_in_a_path_is_shown_in_lower_case() {
    let error = "ghcr.io/Acme/App:V1".parse::<Reference>().unwrap_err().to_string();
    assert!(error.ends_with("write `ghcr.io/acme/app:V1`"), "{error}");
}
