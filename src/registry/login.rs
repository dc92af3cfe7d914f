//! Proving a credential before it is kept.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};

use crate::registry::Registry;
use crate::registry::client::Call;
use crate::registry::scope::Scope;
use crate::store::Error;

/// What a registry said to a credential it accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginOutcome {
    /// It asked for the credential and took it.
    Proven,
    /// It did not ask, so nothing is known of the credential.
    NotAsked,
}

impl Registry {
    /// Tries the credential this registry was made with.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`](crate::store::ErrorKind::Denied) for a credential that is refused; an answer that is not a
    /// registry's.
    pub async fn prove(&self) -> Result<LoginOutcome, Error> {
        let answer = self.client.send(&Call::new(Method::GET, "/v2/"), &Scope::none()).await?;
        let page = answer
            .header(CONTENT_TYPE)
            .is_some_and(|media_type| media_type.starts_with("text/html"));
        match answer.status() {
            StatusCode::OK if !page => {}
            status if !page && status != StatusCode::NOT_FOUND => return Err(answer.failure().await.into()),
            _ => {
                let name = self.client.name();
                let failure = answer.failure().await;
                return Err(Error::other(failure).context(format!("{name} answers, but not as a registry")));
            }
        }
        self.client.remember_login()?;
        let asked = self.client.auth().was_challenged();
        Ok(if asked { LoginOutcome::Proven } else { LoginOutcome::NotAsked })
    }
}
