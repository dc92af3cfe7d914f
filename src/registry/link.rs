//! `Link: <…>; rel="next"`: where the next page is ([RFC 8288](https://www.rfc-editor.org/rfc/rfc8288#section-3)).

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::panic))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};

/// The next page, resolved against the page that named it.
pub(super) fn next(headers: &HeaderMap, page: &Url) -> Option<Url> {
    let lines = headers.get_all(LINK).iter().filter_map(|line| line.to_str().ok());
    let target = lines.flat_map(links).find(|link| link.is_next)?.target;
    page.join(target).ok()
}

struct Link<'a> {
    target: &'a str,
    is_next: bool,
}

/// The links of one line. A target may hold `;` and `,`, and so may a quoted parameter.
fn links(line: &str) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    let mut rest = line;
    while let Some((_, opened)) = rest.split_once('<') {
        let Some((target, after)) = opened.split_once('>') else {
            break;
        };
        let (parameters, others) = after.split_at(end_of_parameters(after));
        links.push(Link {
            target: target.trim(),
            is_next: parameters.split(';').any(is_next),
        });
        rest = others;
    }
    links
}

/// Where the parameters of a link end: at a comma outside quotes.
fn end_of_parameters(text: &str) -> usize {
    let mut quoted = false;
    for (position, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => return position,
            _ => {}
        }
    }
    text.len()
}

fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    let relations = value.trim().trim_matches('"');
    name.trim().eq_ignore_ascii_case("rel")
        && relations
            .split_whitespace()
            .any(|relation| relation.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_of(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(LINK, line.parse().unwrap());
        }
        let page = Url::parse("https://reg.example/v2/a/tags/list?n=5").unwrap();
        next(&headers, &page).map(|url| url.to_string())
    }

    #[test]
    fn the_next_page_is_found_in_every_form() {
        let relative = Some("https://reg.example/v2/a/tags/list?last=v04&n=5".to_owned());
        for line in [
            r#"</v2/a/tags/list?last=v04&n=5>; rel="next""#,
            "</v2/a/tags/list?last=v04&n=5>;rel=next",
            r#"<https://reg.example/v2/a/tags/list?last=v04&n=5>; title="a, b"; REL="NEXT""#,
            r#"</x>; rel="prev", </v2/a/tags/list?last=v04&n=5>; rel="last next""#,
            "<?last=v04&n=5>; rel=next",
        ] {
            assert_eq!(next_of(&[line]), relative, "{line}");
        }
        assert_eq!(
            next_of(&["</p>; rel=prev", "<?n=5&last=a;b,c>; rel=next"]).unwrap(),
            "https://reg.example/v2/a/tags/list?n=5&last=a;b,c"
        );
    }

    #[test]
    fn what_is_no_next_page_is_none() {
        for line in [
            "",
            "<",
            "</x>",
            "</x>; rel=prev",
            "</x; rel=next",
            r#"</x>; title="rel=next""#,
            "rel=next",
        ] {
            assert_eq!(next_of(&[line]), None, "{line}");
        }
    }
}
