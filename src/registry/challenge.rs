//! `WWW-Authenticate`: what a registry asks for. Pure parsing.
//!
//! Registries send several lines, several challenges in one line, names in any case, commas inside quotes and empty list
//! elements ([RFC 9110, 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)); all of it is read, nothing panics.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// One challenge that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User name and password.
    Basic,
    /// A token from a token server.
    Bearer {
        /// Where the token server is; a URL, or a path of the registry.
        realm: String,
        /// What the token server calls the registry.
        service: Option<String>,
        /// The scopes the registry wants.
        scopes: Vec<String>,
    },
}

impl Challenge {
    /// The challenge to answer: a token if one is offered, else a password. Schemes nobody uses with registries
    /// (`Negotiate`, `NTLM`) are passed over.
    pub(super) fn choose(headers: &HeaderMap) -> Option<Self> {
        let offered: Vec<Offer> = headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .flat_map(|value| parse(&String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let bearer = offered.iter().find_map(Offer::bearer);
        bearer.or_else(|| offered.iter().find(|offer| offer.is("basic")).map(|_| Self::Basic))
    }
}

/// A scheme and its parameters, as written.
#[derive(Debug, PartialEq, Eq)]
struct Offer {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Offer {
    fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The first value of a parameter; a second one is ignored.
    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn bearer(&self) -> Option<Challenge> {
        let realm = self
            .parameter("realm")
            .filter(|realm| !realm.is_empty() && self.is("bearer"))?;
        let scope = self.parameter("scope").unwrap_or_default();
        Some(Challenge::Bearer {
            realm: realm.to_owned(),
            service: self.parameter("service").map(str::to_owned),
            // Harbor puts several scopes into one parameter.
            scopes: scope.split_whitespace().map(str::to_owned).collect(),
        })
    }
}

fn parse(line: &str) -> Vec<Offer> {
    let mut offers = Vec::new();
    let mut rest = Rest(line);
    loop {
        rest.skip_separators();
        let Some(word) = rest.token() else { break };
        if rest.eat('=') {
            let value = rest.value();
            if let Some(Offer { parameters, .. }) = offers.last_mut() {
                parameters.push((word, value));
            }
        } else {
            offers.push(Offer {
                scheme: word,
                parameters: Vec::new(),
            });
            rest.skip_token68();
        }
    }
    offers
}

/// What is still to be read of a header line.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn skip_separators(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t', ',']);
    }

    fn token(&mut self) -> Option<String> {
        let end = self.0.find(|c: char| !is_token(c)).unwrap_or(self.0.len());
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        (!token.is_empty()).then(|| token.to_owned())
    }

    /// Takes a character, with white space around it.
    fn eat(&mut self, wanted: char) -> bool {
        let Some(rest) = self.0.trim_start_matches([' ', '\t']).strip_prefix(wanted) else {
            return false;
        };
        self.0 = rest.trim_start_matches([' ', '\t']);
        true
    }

    fn value(&mut self) -> String {
        if let Some(inside) = self.0.strip_prefix('"') {
            return self.quoted(inside.chars());
        }
        let end = self.0.find([' ', '\t', ',']).unwrap_or(self.0.len());
        let (value, rest) = self.0.split_at(end);
        self.0 = rest;
        value.to_owned()
    }

    /// Reads to the closing quote; a line that ends before it ends the value.
    fn quoted(&mut self, mut characters: std::str::Chars<'a>) -> String {
        let mut value = String::new();
        while let Some(c) = characters.next() {
            match c {
                '"' => break,
                '\\' => value.extend(characters.next()),
                c => value.push(c),
            }
        }
        self.0 = characters.as_str();
        value
    }

    /// Passes over `Scheme dG9rZW42OA==`, whose padding looks like a parameter.
    fn skip_token68(&mut self) {
        let text = self.0.trim_start_matches([' ', '\t']);
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        let bare = word.trim_end_matches('=');
        let alone = rest.is_empty() || rest.starts_with(',');
        if alone && !word.is_empty() && !bare.contains(['=', '"']) && (word != bare || bare.contains(['/', '+'])) {
            self.0 = rest;
        }
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(lines: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(WWW_AUTHENTICATE, line.parse().unwrap());
        }
        Challenge::choose(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>, scopes: &[&str]) -> Challenge {
        Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scopes: scopes.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_bearer_challenge_is_read_whole() {
        let line = r#"Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull,push""#;
        let expected = Some(bearer(
            "https://auth.example/token",
            Some("reg"),
            &["repository:a/b:pull,push"],
        ));
        assert_eq!(choose(&[line]), expected);
    }

    #[test]
    fn a_token_is_preferred_to_a_password_wherever_it_stands() {
        let lines = [
            "Negotiate",
            r#"Basic realm="x", bearer REALM="https://a/t",service=reg,scope="repository:a/b:pull,push""#,
        ];
        let expected = Some(bearer("https://a/t", Some("reg"), &["repository:a/b:pull,push"]));
        assert_eq!(choose(&lines), expected);
        assert_eq!(
            choose(&[r#"NTLM dG9r/ZW4=, Basic realm="a b, \"q\"""#]),
            Some(Challenge::Basic)
        );
    }

    #[test]
    fn odd_spacing_and_empty_elements_do_not_matter() {
        let line = r#", ,Bearer   realm = "https://a/t" , , scope="s1 s2", service = "x\"y", realm="https://b""#;
        assert_eq!(choose(&[line]), Some(bearer("https://a/t", Some("x\"y"), &["s1", "s2"])));
    }

    #[test]
    fn what_cannot_be_answered_is_no_challenge() {
        for line in [
            "",
            "Negotiate",
            "Bearer",
            r#"Bearer realm="""#,
            "Digest realm=x",
            "=",
            "\"",
            ",,,",
            "Bearer realm",
        ] {
            assert_eq!(choose(&[line]), None, "{line:?}");
        }
        assert_eq!(
            choose(&[r#"Bearer realm="https://a/t"#]),
            Some(bearer("https://a/t", None, &[]))
        );
        assert_eq!(choose(&[r#"Basic realm="\"#]), Some(Challenge::Basic));
    }
}
