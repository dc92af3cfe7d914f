//! A file like docker's `config.json`: which login and which helper it names for a registry, and changes that lose nothing.
//!
//! Only `auths`, `credHelpers` and `credsStore` are looked at; all else is kept as it is, in its order. What one entry
//! says is for `entry`, what a helper says for `helper`. The rules are docker's
//! [`configfile`](https://github.com/docker/cli/blob/master/cli/config/configfile/file.go).

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize as _;
use serde_json::ser::PrettyFormatter;
use serde_json::{Map, Serializer, Value};
use zeroize::Zeroizing;

use crate::credentials::entry;
use crate::credentials::keys;
use crate::credentials::rights;
use crate::credentials::{Credential, CredentialError};
use crate::files;
use crate::reference::RegistryName;

/// As many symbolic links as Linux follows.
const MAX_LINKS: usize = 40;

/// The file's content.
#[derive(Clone, Debug)]
pub(super) struct Config {
    path: PathBuf,
    document: Map<String, Value>,
}

/// The helper that keeps a registry's login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Its name, unchecked.
    pub(super) name: String,
    /// The key of `credHelpers` that chose it.
    key: Option<String>,
}

impl Config {
    /// Reads the file. None, or an empty one, is as good as `{}`, as it is for docker.
    pub(super) fn load(path: &Path) -> Result<Self, CredentialError> {
        match rights::read(path) {
            Ok(bytes) => Self::parse(path, &bytes),
            // Services often have `/dev/null` for a home.
            Err(CredentialError::Io { source, .. })
                if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
            {
                Self::parse(path, b"")
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, CredentialError> {
        let path = path.to_owned();
        if bytes.trim_ascii().is_empty() {
            return Ok(Self {
                path,
                document: Map::new(),
            });
        }
        // Parsed as any value first: an error about its kind would quote it.
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(document)) => Ok(Self { path, document }),
            Ok(_) => Err(CredentialError::Shape {
                path,
                field: "what stands".to_owned(),
                expected: "object",
            }),
            Err(problem) => Err(CredentialError::Json { path, problem }),
        }
    }

    /// `~/.dockercfg`, which is the `auths` of later files and nothing else.
    pub(super) fn load_legacy(path: &Path) -> Result<Self, CredentialError> {
        let Self { path, document } = Self::load(path)?;
        let document = Map::from_iter([("auths".to_owned(), Value::Object(document))]);
        Ok(Self { path, document })
    }

    /// What is not from a file: `path` is how messages call it.
    pub(super) fn of(path: PathBuf, document: Map<String, Value>) -> Self {
        Self { path, document }
    }

    /// Where it is from.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The login that the file itself has for a registry, and its key. The exact key comes first, then any that means
    /// the same registry when read without scheme and path.
    pub(super) fn login(&self, registry: &RegistryName) -> Result<Option<(String, Credential)>, CredentialError> {
        self.first(self.entries(registry)?)
    }

    /// The login for one repository alone, or for several of which it is one: the longest key wins
    /// ([containers-auth.json](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md)).
    pub(super) fn repository_login(
        &self,
        registry: &RegistryName,
        repository: &str,
    ) -> Result<Option<(String, Credential)>, CredentialError> {
        let close = |key: &str| keys::closeness(key, registry, repository);
        let entries = self.object("auths")?.into_iter().flatten();
        let mut entries: Vec<_> = entries.filter(|(key, _)| close(key).is_some()).collect();
        entries.sort_by_key(|(key, _)| std::cmp::Reverse(close(key)));
        self.first(entries)
    }

    fn first(&self, entries: Vec<(&String, &Value)>) -> Result<Option<(String, Credential)>, CredentialError> {
        for (key, entry) in entries {
            let login = entry::read(entry).map_err(|problem| CredentialError::Entry {
                path: self.path.clone(),
                key: key.clone(),
                problem,
            })?;
            if let Some(credential) = login {
                return Ok(Some((key.clone(), credential)));
            }
        }
        Ok(None)
    }

    /// The helper for a registry: `credHelpers` before `credsStore`. An empty name means the file, for this registry.
    pub(super) fn helper(&self, registry: &RegistryName) -> Result<Option<Chosen>, CredentialError> {
        let named = matching(self.object("credHelpers")?, registry).into_iter().next();
        let chosen = match named {
            Some((key, name)) => Chosen {
                name: self.text("credHelpers", name)?,
                key: Some(key.clone()),
            },
            None => Chosen {
                name: self.default_helper()?,
                key: None,
            },
        };
        Ok(Some(chosen).filter(|chosen| !chosen.name.is_empty()))
    }

    /// What `credsStore` says, perhaps nothing.
    pub(super) fn default_helper(&self) -> Result<String, CredentialError> {
        self.document
            .get("credsStore")
            .map_or(Ok(String::new()), |name| self.text("credsStore", name))
    }

    /// All helpers that `credHelpers` names, once each.
    pub(super) fn special_helpers(&self) -> Result<Vec<String>, CredentialError> {
        let mut names = Vec::new();
        for name in self.object("credHelpers")?.into_iter().flat_map(Map::values) {
            names.push(self.text("credHelpers", name)?);
        }
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// The keys to ask a helper for: docker's own, the one in `credHelpers`, and those of which a marker in the file
    /// tells. Without the markers every start would have to try all names of Docker Hub, a process each.
    pub(super) fn servers(&self, registry: &RegistryName, chosen: &Chosen) -> Result<Vec<String>, CredentialError> {
        let markers = self
            .entries(registry)?
            .into_iter()
            .filter(|(_, entry)| entry::is_marker(entry));
        let mut servers = vec![registry.credential_key().to_owned()];
        for key in chosen.key.iter().chain(markers.map(|(key, _)| key)) {
            // A key with a line break would be two to a helper that reads lines (git's CVE-2020-5260).
            if !servers.contains(key) && !key.contains(char::is_control) {
                servers.push(key.clone());
            }
        }
        Ok(servers)
    }

    /// The keys of all entries, as they stand.
    pub(super) fn keys(&self) -> Result<Vec<String>, CredentialError> {
        Ok(self.object("auths")?.into_iter().flat_map(Map::keys).cloned().collect())
    }

    /// The keys of all entries and of all that have a helper of their own, as far as these can be read.
    pub(super) fn named(&self) -> impl Iterator<Item = &String> {
        let fields = ["auths", "credHelpers"].into_iter();
        fields.filter_map(|field| self.object(field).ok()?).flat_map(Map::keys)
    }

    /// Is there an entry that is no marker?
    pub(super) fn has_logins(&self) -> bool {
        let entries = self.document.get("auths").and_then(Value::as_object);
        entries.is_some_and(|entries| entries.values().any(|entry| !entry::is_marker(entry)))
    }

    /// Is there an entry for this registry or one of its repositories, be it a marker?
    pub(super) fn mentions(&self, registry: &RegistryName) -> Result<bool, CredentialError> {
        Ok(self.keys()?.iter().any(|key| keys::lies_in(key, registry)))
    }

    /// Sets the login of a registry.
    pub(super) fn put(&mut self, registry: &RegistryName, credential: &Credential) -> Result<(), CredentialError> {
        let entry = self.auths()?.entry(registry.credential_key()).or_insert(Value::Null);
        entry::write(entry, credential)
    }

    /// Makes every entry of a registry a marker, because a helper has the login now.
    pub(super) fn clear(&mut self, registry: &RegistryName) -> Result<(), CredentialError> {
        let entries = self.auths()?.iter_mut();
        entries
            .filter(|(key, _)| keys::means(key, registry))
            .for_each(|(_, entry)| entry::clear(entry));
        Ok(())
    }

    /// Takes out every entry of a registry and of its repositories, whatever its key. Was there one?
    pub(super) fn remove(&mut self, registry: &RegistryName) -> Result<bool, CredentialError> {
        let auths = self.auths()?;
        let before = auths.len();
        auths.retain(|key, _| !keys::lies_in(key, registry));
        Ok(auths.len() < before)
    }

    fn entries(&self, registry: &RegistryName) -> Result<Vec<(&String, &Value)>, CredentialError> {
        Ok(matching(self.object("auths")?, registry))
    }

    fn auths(&mut self) -> Result<&mut Map<String, Value>, CredentialError> {
        // Asked first for its error: the document cannot be lent out twice.
        if self.object("auths")?.is_none() {
            self.document.insert("auths".to_owned(), Value::Object(Map::new()));
        }
        let error = self.shape("`auths`", "object");
        self.document.get_mut("auths").and_then(Value::as_object_mut).ok_or(error)
    }

    fn object(&self, field: &str) -> Result<Option<&Map<String, Value>>, CredentialError> {
        match self.document.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(fields)),
            Some(_) => Err(self.shape(&format!("`{field}`"), "object")),
        }
    }

    fn text(&self, field: &str, value: &Value) -> Result<String, CredentialError> {
        match value {
            Value::Null => Ok(String::new()),
            Value::String(text) => Ok(text.clone()),
            _ => Err(self.shape(&format!("a name in `{field}`"), "string")),
        }
    }

    fn shape(&self, field: &str, expected: &'static str) -> CredentialError {
        CredentialError::Shape {
            path: self.path.clone(),
            field: field.to_owned(),
            expected,
        }
    }

    /// As docker lays it out: a tab for each level, no line break at the end.
    pub(super) fn bytes(&self) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::new());
        let mut serializer = Serializer::with_formatter(&mut *bytes, PrettyFormatter::with_indent(b"\t"));
        self.document.serialize(&mut serializer)?;
        Ok(bytes)
    }
}

/// Changes the file, alone among all processes of lugger. A change that changes nothing writes nothing.
pub(super) fn change<T>(
    path: &Path,
    edit: impl FnOnce(&mut Config) -> Result<T, CredentialError>,
) -> Result<T, CredentialError> {
    let target = follow(path).map_err(CredentialError::io("follow", path))?;
    let folder = target.parent().unwrap_or(Path::new("."));
    make_folder(folder).map_err(CredentialError::io("create", folder))?;
    let _lock = lock(folder).map_err(CredentialError::io("lock", folder))?;
    let before = Config::load(path)?;
    let mut after = before.clone();
    let result = edit(&mut after)?;
    if after.document == before.document {
        make_private(&target);
        return Ok(result);
    }
    after
        .bytes()
        .and_then(|bytes| files::replace(&target, &bytes, true))
        .map_err(CredentialError::io("write", &target))?;
    Ok(result)
}

/// The pairs whose key means the registry, docker's own key first.
fn matching<'a>(map: Option<&'a Map<String, Value>>, registry: &RegistryName) -> Vec<(&'a String, &'a Value)> {
    let mut pairs: Vec<_> = map
        .into_iter()
        .flatten()
        .filter(|(key, _)| keys::means(key, registry))
        .collect();
    pairs.sort_by_key(|(key, _)| key.as_str() != registry.credential_key());
    pairs
}

/// The file to write: people keep `config.json` elsewhere and link to it. The link may lead to nothing yet.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut at = path.to_owned();
    for _ in 0..MAX_LINKS {
        if !fs::symlink_metadata(&at).is_ok_and(|metadata| metadata.is_symlink()) {
            return Ok(at);
        }
        let next = fs::read_link(&at)?;
        at = at.parent().unwrap_or(Path::new("")).join(next);
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Locks the folder itself: that leaves no file behind, and unlike the file the folder is not replaced meanwhile. Where
/// a folder cannot be locked (Windows, NFS) a file beside does it.
fn lock(folder: &Path) -> io::Result<File> {
    let lock = || {
        let folder = File::open(folder)?;
        folder.lock()?;
        Ok(folder)
    };
    lock().or_else(|_: io::Error| files::lock(&folder.join("config.json.lock")))
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// A file that others can read is closed to them even if its content stays. One that cannot be, such as a mounted
/// secret, is no reason to fail: nothing of ours was written.
#[cfg(unix)]
fn make_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let open = fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
    if open {
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
    }
}

#[cfg(not(unix))]
fn make_private(_: &Path) {}

#[cfg(test)]
mod tests;
