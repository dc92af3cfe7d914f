//! Addresses that mean something else to whoever reads them: this machine, and the network around it.
//!
//! A registry that names one could have a client talk to what only the client can reach.

use std::net::IpAddr;

use reqwest::Url;

/// Is the host this very machine?
pub(super) fn is_loopback(url: &Url) -> bool {
    let name = url.host_str().unwrap_or_default().trim_end_matches('.');
    // Every name below it is this machine too (RFC 6761, 6.3).
    name == "localhost" || name.ends_with(".localhost") || address(url).is_some_and(|address| address.is_loopback())
}

/// Does a URL that came from `from` lead inside this machine or network, by an address that is not the sender's own? A
/// registry on this machine may name others on it.
pub(super) fn leads_inside(from: &Url, to: &Url) -> bool {
    let own = to.host_str() == from.host_str();
    !own && is_inside(to) && !(is_loopback(to) && is_loopback(from))
}

fn is_inside(url: &Url) -> bool {
    if is_loopback(url) {
        return true;
    }
    match address(url) {
        Some(IpAddr::V4(v4)) => v4.is_private() || v4.is_link_local() || v4.is_unspecified(),
        Some(IpAddr::V6(v6)) => v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_unspecified(),
        None => false,
    }
}

/// The address that a host is. One of IPv4 may come in the clothes of IPv6.
fn address(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    host.parse().ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(from: &str, to: &str) -> bool {
        leads_inside(&Url::parse(from).unwrap(), &Url::parse(to).unwrap())
    }

    #[test]
    fn an_address_inside_is_only_the_senders_own() {
        let home = "https://reg.example/v2/";
        for to in [
            "https://10.0.0.1/u",
            "https://169.254.169.254/",
            "https://[fe80::1]/",
            "https://localhost/",
            "https://127.0.0.1/",
            "https://localhost./",
            "https://a.localhost/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0.0.0.0/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://[::]/",
        ] {
            assert!(leads(home, to), "{to}");
        }
        for to in ["https://reg.example/u", "https://storage.example/u", "https://192.0.2.1/u"] {
            assert!(!leads(home, to), "{to}");
        }
        assert!(!leads("http://127.0.0.1:5000/", "http://localhost:9/"));
        assert!(!leads("https://10.0.0.1/", "https://10.0.0.1:9/"));
        assert!(leads("http://127.0.0.1:5000/", "http://10.0.0.1/"));
    }
}
