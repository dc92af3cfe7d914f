//! Where an Engine listens, as `DOCKER_HOST` says it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use reqwest::{ClientBuilder, Url};

/// Where docker has its Engine unless it is told otherwise.
const USUAL: &str = "unix:///var/run/docker.sock";
/// The port of an Engine that speaks plain HTTP.
const PLAIN_PORT: u16 = 2375;

/// An address of an Engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    text: String,
    url: Url,
    socket: Option<PathBuf>,
}

/// An address that is none, or one that is not spoken to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Docker Engine at `{address}`: {reason}")]
pub struct NoAddress {
    address: String,
    reason: &'static str,
}

impl Address {
    /// The one that was set, else docker's usual one.
    pub fn chosen(set: Option<&str>) -> Result<Self, NoAddress> {
        set.unwrap_or(USUAL).parse()
    }

    /// The URL below which it answers. The host of one on a socket is only a name.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    #[cfg(unix)]
    pub(super) fn reached_by(&self, builder: ClientBuilder) -> ClientBuilder {
        match &self.socket {
            Some(socket) => builder.unix_socket(socket.clone()),
            None => builder,
        }
    }

    #[cfg(not(unix))]
    pub(super) fn reached_by(&self, builder: ClientBuilder) -> ClientBuilder {
        builder
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let no = |reason| NoAddress {
            // What a URL has before an `@` may be a password.
            address: text
                .rsplit_once('@')
                .map_or(text, |(_, behind)| behind)
                .escape_debug()
                .to_string(),
            reason,
        };
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| no("it is not written as unix:///path or tcp://host:port"))?;
        match scheme {
            "unix" => {
                if cfg!(not(unix)) {
                    return Err(no("there are no such sockets on this system"));
                }
                if !rest.starts_with('/') {
                    return Err(no("a socket has a path, as unix:///var/run/docker.sock"));
                }
                let url = Url::parse("http://docker/").map_err(|_| no("no URL"))?;
                Ok(Self {
                    text: text.to_owned(),
                    url,
                    socket: Some(rest.into()),
                })
            }
            "tcp" | "http" => Self::over_tcp(text, rest).map_err(no),
            "ssh" => Err(no(
                "another machine is not reached by ssh from here; run `ssh HOST docker save NAME | lugger load`",
            )),
            "https" => Err(no(NO_TLS)),
            "npipe" => Err(no("named pipes are not spoken to; run `docker save NAME | lugger load`")),
            _ => Err(no("it is neither unix:// nor tcp://")),
        }
    }
}

const NO_TLS: &str = "an Engine behind TLS is not spoken to; run `docker save NAME | lugger load`";

impl Address {
    /// Whoever may speak to an Engine is root there: without TLS that is for this very machine alone.
    fn over_tcp(text: &str, rest: &str) -> Result<Self, &'static str> {
        let wrong = "it is not written as tcp://host:port";
        let mut url = Url::parse(&format!("http://{rest}")).map_err(|_| wrong)?;
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        if !plain || !matches!(url.path(), "" | "/") {
            return Err(wrong);
        }
        if !is_loopback(&url) {
            return Err(
                "plain HTTP to another machine is open to everyone on the way; run `docker save NAME | lugger load`, with `ssh HOST` before it",
            );
        }
        // The URL has no port where it is that of HTTP, which was not meant unless it was written.
        if url.port().is_none() && !rest.trim_end_matches('/').ends_with(":80") {
            url.set_port(Some(PLAIN_PORT)).map_err(|()| wrong)?;
        }
        Ok(Self {
            text: text.to_owned(),
            url,
            socket: None,
        })
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn sockets_and_ports_of_this_machine_are_addresses() {
        for (text, url) in [
            ("unix:///run/user/1000/docker.sock", "http://docker/"),
            ("tcp://127.0.0.1:2376", "http://127.0.0.1:2376/"),
            ("tcp://localhost", "http://localhost:2375/"),
            ("tcp://[::1]:80/", "http://[::1]/"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.url().as_str(), address.to_string().as_str()), (url, text));
        }
        assert_eq!(Address::chosen(None).unwrap().to_string(), USUAL);
    }

    #[test]
    fn other_machines_and_what_is_no_address_are_refused_with_the_way_out() {
        for (text, way_out) in [
            ("ssh://ann@build.example", "`ssh HOST docker save NAME | lugger load`"),
            ("tcp://10.0.0.7:2375", "open to everyone on the way"),
            ("tcp://127.0.0.1.example:2375", "open to everyone on the way"),
            ("https://127.0.0.1:2376", "behind TLS"),
            ("npipe:////./pipe/docker_engine", "named pipes"),
            ("/var/run/docker.sock", "unix:///path"),
            ("unix://docker.sock", "a socket has a path"),
            ("tcp://127.0.0.1:2375/path", "tcp://host:port"),
            ("tcp://a:b@127.0.0.1", "tcp://host:port"),
            ("tcp://127.0.0.1:99999", "tcp://host:port"),
            ("ftp://127.0.0.1", "neither"),
        ] {
            let refused = text.parse::<Address>().unwrap_err().to_string();
            assert!(refused.contains(way_out), "{text}: {refused}");
        }
        let refused = "tcp://ann:secret@10.0.0.7".parse::<Address>().unwrap_err();
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}
