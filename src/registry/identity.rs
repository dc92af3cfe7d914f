//! As whom a registry is spoken to: the login of each repository, looked up once, and what becomes of one that is refused.
//!
//! Two repositories of one registry may have two logins. What a login is exchanged for is `auth`'s business.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;
use tokio::sync::Mutex as AsyncMutex;

use crate::credentials::Credential;
use crate::credentials::Credentials;
use crate::credentials::Lookup;
use crate::credentials::Origin;
use crate::reference::RegistryName;
use crate::registry::Notices;
use crate::registry::scope::Scope;
use crate::registry::whom::{RefusedLogin, Whom};
use crate::store::{Error, ErrorKind};

/// The logins for one registry.
pub(super) struct Identities {
    registry: RegistryName,
    credentials: Arc<Credentials>,
    notices: Notices,
    /// A credential that is not stored, for a login; it is all there is then.
    given: Option<Credential>,
    /// Is it remembered that the registry itself takes logins?
    is_settled: AtomicBool,
    /// By the path of the repository; none for the registry as a whole.
    known: Mutex<HashMap<Option<String>, Cell>>,
}

/// Held while a login is looked up, so that twenty layers ask a helper once.
type Cell = Arc<AsyncMutex<Known>>;

/// What is known of one repository's login.
#[derive(Default)]
struct Known {
    lookup: Option<Lookup>,
    /// Has the helper been asked again after a refusal?
    renewed: bool,
    /// Was it refused for reading, which goes on without it?
    refused: bool,
}

impl Known {
    fn credential(&self) -> Option<&Credential> {
        Some(&self.lookup.as_ref()?.found.as_ref()?.credential)
    }

    fn source(&self) -> Option<&Origin> {
        Some(&self.lookup.as_ref()?.found.as_ref()?.source)
    }
}

/// What to do instead of a login that was refused.
pub(super) enum Instead {
    /// The helper has another one by now.
    Credential(Credential),
    /// Go on without: a stored login that no longer works must not keep anyone from a public image.
    Nobody,
    /// Nothing, but to say which stored login it was.
    Nothing(Option<RefusedLogin>),
}

impl Identities {
    pub(super) fn new(
        registry: RegistryName,
        credentials: Arc<Credentials>,
        notices: Notices,
        given: Option<Credential>,
    ) -> Self {
        Self {
            registry,
            credentials,
            notices,
            given,
            is_settled: AtomicBool::new(false),
            known: Mutex::default(),
        }
    }

    /// The credential for what a request needs; `None` for an anonymous one.
    pub(super) async fn credential(&self, scope: &Scope) -> Result<Option<Credential>, Error> {
        if self.given.is_some() {
            return Ok(self.given.clone());
        }
        let cell = self.cell(scope);
        let mut known = cell.lock().await;
        self.look_up(&mut known, scope).await?;
        let dropped = known.refused && scope.only_reads();
        Ok(known.credential().filter(|_| !dropped).cloned())
    }

    /// As whom a request is made, as far as a login was looked up for it.
    pub(super) async fn whom(&self, scope: &Scope) -> Whom {
        if let Some(given) = &self.given {
            return Whom::given(given);
        }
        let cell = self.cell(scope);
        let known = cell.lock().await;
        let dropped = known.refused && scope.only_reads();
        let found = known.lookup.as_ref().and_then(|lookup| lookup.found.as_ref());
        found.filter(|_| !dropped).map_or(Whom::Nobody, Whom::from)
    }

    /// May a login go to this token server? A stored one goes only to the server that the registry named when a login was
    /// first given to it. A login under way may go to another, and makes it the one.
    pub(super) fn check_server(&self, server: &Url) -> Result<(), Error> {
        if self.given.is_some() {
            return Ok(());
        }
        let named = server.origin().ascii_serialization();
        let known = self.credentials.token_server(&self.registry, &named);
        if named == known {
            return Ok(());
        }
        let text = format!(
            "{} now names the token server {named}, and its logins have gone to {known} so far, so nothing was sent; if \
             that is meant, `lugger login {}` accepts it",
            self.registry, self.registry
        );
        Err(Error::new(ErrorKind::Denied, anyhow::anyhow!(text)))
    }

    /// A token server has taken a login. Where it is another than before, a person may want to know.
    pub(super) fn remember_server(&self, server: &Url) {
        let server = server.origin().ascii_serialization();
        if let Some(before) = self.credentials.remember_token_server(&self.registry, &server) {
            self.notices.tell(&format!(
                "warning: logins of {} go to {server} from now on; they went to {before} before",
                self.registry
            ));
        }
    }

    /// The registry itself has taken a login: as its own token server, or the password itself. A token server on another host
    /// that is named later is another one.
    pub(super) fn remember_home(&self, home: &Url) {
        if self.given.is_none() && !self.is_settled.swap(true, Ordering::Relaxed) {
            self.credentials
                .remember_home(&self.registry, &home.origin().ascii_serialization());
        }
    }

    /// A login was made at a registry that asked for none.
    pub(super) fn remember_unasked(&self, home: &Url) {
        self.credentials
            .remember_unasked(&self.registry, &home.origin().ascii_serialization());
    }

    /// What was found, and whether it was refused.
    pub(super) async fn lookup(&self, scope: &Scope) -> Result<(Lookup, bool), Error> {
        let cell = self.cell(scope);
        let mut known = cell.lock().await;
        let lookup = self.look_up(&mut known, scope).await?.clone();
        Ok((lookup, known.refused))
    }

    /// After a refusal of the credential that `was` knows: a helper is asked once more, since its logins run out by
    /// themselves; then a read goes on without, and tells so once.
    pub(super) async fn refused(&self, scope: &Scope, was: impl Fn(&Credential) -> bool) -> Result<Instead, Error> {
        if self.given.is_some() {
            return Ok(Instead::Nothing(None));
        }
        let cell = self.cell(scope);
        let mut known = cell.lock().await;
        if !known.renewed && known.credential().is_some_and(&was) {
            known.renewed = true;
            if known.source().is_some_and(|source| self.credentials.forget(source)) {
                known.lookup = None;
            }
        }
        self.look_up(&mut known, scope).await?;
        match (known.credential(), known.source()) {
            (Some(other), _) if !was(other) && !known.refused => Ok(Instead::Credential(other.clone())),
            (Some(_), Some(source)) if !scope.only_reads() => Ok(Instead::Nothing(Some(RefusedLogin(source.clone())))),
            (Some(_), Some(source)) => {
                if !known.refused {
                    self.notices.tell(&self.warning(source));
                }
                known.refused = true;
                Ok(Instead::Nobody)
            }
            _ => Ok(Instead::Nobody),
        }
    }

    fn warning(&self, source: &Origin) -> String {
        let text = format!("warning: the stored login {source} was refused; going on without it");
        if self.credentials.erases(source) {
            return format!("{text}; `lugger logout {}` removes it", self.registry);
        }
        text
    }

    async fn look_up<'a>(&self, known: &'a mut Known, scope: &Scope) -> Result<&'a Lookup, Error> {
        if known.lookup.is_none() {
            let found = self.credentials.find(&self.registry, scope.repository()).await;
            let lookup = found.map_err(Error::other)?;
            for warning in &lookup.warnings {
                self.notices.tell_once(&format!("warning: {warning}"));
            }
            known.lookup = Some(lookup);
        }
        Ok(known.lookup.get_or_insert_default())
    }

    fn cell(&self, scope: &Scope) -> Cell {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(scope.repository().map(str::to_owned)).or_default())
    }
}
