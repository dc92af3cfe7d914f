//! `WWW-Authenticate`, line by line, and the answer of the token server it names. A realm leads to HTTPS from HTTPS, and
//! never inside; what a challenge says is understood again when it is written by the book.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lugger::registry::fuzzing::{bearer, token, token_server};
use url::{Host, Url};

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fuzz_target!(|bytes: &[u8]| {
    let _ = token(bytes);
    let Some((realm, service, scopes)) = bearer(bytes) else {
        return;
    };
    // A byte that is no UTF-8 becomes a character of three.
    let said = realm.len() + service.iter().map(String::len).sum::<usize>() + scopes.iter().map(String::len).sum::<usize>();
    assert!(said <= bytes.len() * 3);
    if let Some(url) = token_server(&realm, "https://registry.example/v2/") {
        let url = Url::parse(&url).expect("a URL");
        assert_eq!(url.scheme(), "https");
        match url.host().expect("a host") {
            Host::Domain(name) => assert_ne!(name, "localhost"),
            Host::Ipv4(address) => assert!(!address.is_loopback() && !address.is_private() && !address.is_link_local()),
            Host::Ipv6(address) => assert!(!address.is_loopback() && !address.is_unique_local()),
        }
    }
    let mut line = format!("Bearer realm={}", quoted(&realm));
    if let Some(service) = &service {
        line += &format!(",service={}", quoted(service));
    }
    line += &format!(",scope={}", quoted(&scopes.join(" ")));
    assert_eq!(bearer(line.as_bytes()), Some((realm, service, scopes)), "{line}");
});
