//! One `hosts.toml`
//! ([its keys](https://github.com/containerd/containerd/blob/main/docs/hosts.md#hoststoml-content-description---detail)).
//!
//! Hosts are asked in the order in which they stand in the file. What stands outside the `[host]` tables is about the
//! server, which comes last.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::hosts::value::{Source, Value};
use crate::hosts::{Address, Capabilities, Capability, ClientCertificate, Endpoint, HostConfig, HostsError, Tls};
use crate::secret::Secret;

/// Reads a file's text; `path` is for its errors and for the names in it.
pub(super) fn parse(text: &str, path: &Path) -> Result<HostConfig, HostsError> {
    let source = Source { text, path };
    let root = source.parse()?;
    let mut reader = Reader {
        source: &source,
        remarks: Vec::new(),
    };
    let mut endpoints = match root.get("host") {
        Some(hosts) => reader.mirrors(source.table(hosts, "host")?)?,
        None => Vec::new(),
    };
    let address = match root.get("server") {
        Some(server) => Some(reader.address(source.string(server, "server")?, server.span(), &root)?),
        None => None,
    };
    endpoints.push(reader.endpoint(address, &root, &["server", "host"])?);
    Ok(HostConfig {
        endpoints,
        remarks: reader.remarks,
    })
}

struct Reader<'s, 'a> {
    source: &'s Source<'a>,
    remarks: Vec<String>,
}

impl<'a> Reader<'_, 'a> {
    fn mirrors(&mut self, hosts: &DeTable<'a>) -> Result<Vec<Endpoint>, HostsError> {
        // The parser sorts keys by name; where each first stands is the order that counts.
        let mut tables: Vec<_> = hosts.iter().collect();
        tables.sort_by_key(|(url, _)| url.span().start);
        let mut mirrors = Vec::new();
        for (url, table) in tables {
            let table = self.source.table(table, url.get_ref())?;
            let address = self.address(url.get_ref(), url.span(), table)?;
            mirrors.push(self.endpoint(Some(address), table, &[])?);
        }
        Ok(mirrors)
    }

    fn address(&self, text: &str, at: std::ops::Range<usize>, table: &DeTable<'a>) -> Result<Address, HostsError> {
        let override_path = match table.get("override_path") {
            Some(value) => self.source.boolean(value, "override_path")?,
            None => false,
        };
        Address::parse(text, override_path).map_err(|problem| self.source.wrong(at, problem))
    }

    fn endpoint(&mut self, address: Option<Address>, table: &DeTable<'a>, also_known: &[&str]) -> Result<Endpoint, HostsError> {
        let mut endpoint = Endpoint {
            address,
            ..Endpoint::default()
        };
        for (key, value) in table {
            let name: &str = key.get_ref();
            match name {
                "capabilities" => endpoint.capabilities = self.capabilities(value)?,
                "ca" => endpoint.tls.authorities = self.files(value)?,
                "client" => self.client(value, &mut endpoint.tls)?,
                "skip_verify" => endpoint.tls.skip_verify = self.source.boolean(value, name)?,
                "dial_timeout" => endpoint.dial_timeout = Some(self.source.duration(value, name)?),
                "header" => endpoint.headers = self.headers(value)?,
                "override_path" => {}
                _ if also_known.contains(&name) => {}
                _ => self.remark(&key.span(), &format!("`{name}` is unknown, and is passed over")),
            }
        }
        Ok(endpoint)
    }

    fn capabilities(&self, value: &Value<'a>) -> Result<Capabilities, HostsError> {
        let words = self.source.strings(value, "capabilities")?;
        let known = words.iter().map(|word| match *word {
            "pull" => Ok(Capability::Pull),
            "resolve" => Ok(Capability::Resolve),
            "push" => Ok(Capability::Push),
            "referrers" => Ok(Capability::Referrers),
            _ => Err(self
                .source
                .expected(value, "capabilities", "of pull, resolve, push and referrers")),
        });
        let named: Vec<Capability> = known.collect::<Result<_, _>>()?;
        // An empty list means the same as none, as it does to containerd.
        Ok(if named.is_empty() {
            Capabilities::default()
        } else {
            Capabilities(named)
        })
    }

    fn files(&self, value: &Value<'a>) -> Result<Vec<std::path::PathBuf>, HostsError> {
        let names = self.source.strings(value, "ca")?;
        names.into_iter().map(|name| self.source.file(name, value, "ca")).collect()
    }

    /// `"both.pem"`, `["both.pem"]`, or `[["x.cert", "x.key"]]`.
    fn client(&mut self, value: &Value<'a>, tls: &mut Tls) -> Result<(), HostsError> {
        let certificates = match value.get_ref() {
            DeValue::Array(values) => values.iter().map(|value| self.certificate(value)).collect(),
            _ => self.certificate(value).map(|certificate| vec![certificate]),
        }?;
        if certificates.len() > 1 {
            self.remark(&value.span(), "only the first certificate of `client` is shown to the host");
        }
        tls.client = certificates.into_iter().next();
        Ok(())
    }

    fn certificate(&self, value: &Value<'a>) -> Result<ClientCertificate, HostsError> {
        let file = |name: &str| self.source.file(name, value, "client");
        match self.source.strings(value, "client")?.as_slice() {
            [certificate] => Ok(ClientCertificate {
                certificate: file(certificate)?,
                key: None,
            }),
            [certificate, key] => Ok(ClientCertificate {
                certificate: file(certificate)?,
                key: Some(file(key)?),
            }),
            _ => Err(self
                .source
                .expected(value, "client", "a file, or pairs of certificate and key")),
        }
    }

    fn headers(&self, value: &Value<'a>) -> Result<Vec<(String, Secret)>, HostsError> {
        let mut headers = Vec::new();
        for (name, value) in self.source.table(value, "header")? {
            for text in self.source.strings(value, name.get_ref())? {
                headers.push((name.get_ref().to_string(), Secret::new(text)));
            }
        }
        Ok(headers)
    }

    fn remark(&mut self, at: &std::ops::Range<usize>, text: &str) {
        let (path, line) = (self.source.path.display(), self.source.line(at));
        self.remarks.push(format!("{path}:{line}: {text}"));
    }
}
