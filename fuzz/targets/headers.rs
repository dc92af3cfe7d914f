//! The headers that lead on: `Link`, `Location` and `Range` of an upload, `Content-Range`, `Retry-After`, and a body
//! with `Content-Encoding`. The first byte says which of them it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lugger::registry::fuzzing::{arrived, asked_wait, content_range, next_page, unpacked, upload};
use lugger_fuzz::assert_shown;

const PAGE: &str = "https://registry.example:5000/v2/team/app/tags/list?n=100";

fuzz_target!(|bytes: &[u8]| {
    let Some((which, value)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(value);
    match which {
        b'l' => {
            if let Some(next) = next_page(value, PAGE) {
                // Written out in full, the link leads to the same place.
                assert_eq!(next_page(format!("<{next}>; rel=next").as_bytes(), PAGE), Some(next));
            }
        }
        b'u' => match upload(&text, PAGE) {
            Ok(url) => {
                assert!(url.starts_with("https://"), "{url}");
                assert_eq!(upload(&url, PAGE).as_ref(), Ok(&url));
            }
            Err(error) => assert_shown(&error),
        },
        b'a' => {
            if let Some(bytes) = arrived(&text).filter(|bytes| *bytes > 0) {
                assert_eq!(arrived(&format!("0-{}", bytes - 1)), Some(bytes));
            }
        }
        b'c' => {
            if let Some((first, last, total)) = content_range(&text) {
                let total_text = total.map_or("*".to_owned(), |total| total.to_string());
                assert_eq!(
                    content_range(&format!("bytes {first}-{last}/{total_text}")),
                    Some((first, last, total))
                );
            }
        }
        b'r' => {
            if let Some(wait) = asked_wait(value) {
                let seconds = wait.as_secs();
                assert_eq!(
                    asked_wait(seconds.to_string().as_bytes()).map(|wait| wait.as_secs()),
                    Some(seconds)
                );
            }
        }
        _ => assert!(unpacked(value, 1 << 16).is_none_or(|length| length <= 1 << 16)),
    }
});
