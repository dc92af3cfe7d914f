//! As whom a registry was asked, for the message about its refusal. The login itself is not kept here.

use std::fmt;

use crate::credentials::{Credential, Found, Origin};

/// The asker, as messages call it; printed, it stands in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Nobody: no login was sent.
    Nobody,
    /// The owner of a login.
    Login {
        /// The name, where the login has one.
        user: Option<String>,
        /// The login's place, if it is a stored one.
        place: Option<Origin>,
    },
}

/// A stored login that was refused, as it is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored login {0} was refused")]
pub struct RefusedLogin(pub(super) Origin);

impl Whom {
    pub(super) fn given(credential: &Credential) -> Self {
        Self::Login {
            user: user(credential),
            place: None,
        }
    }
}

impl From<&Found> for Whom {
    fn from(found: &Found) -> Self {
        Self::Login {
            user: user(&found.credential),
            place: Some(found.source.clone()),
        }
    }
}

fn user(credential: &Credential) -> Option<String> {
    match credential {
        Credential::Password { username, .. } => Some(username.clone()),
        Credential::IdentityToken(_) | Credential::RegistryToken(_) => None,
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("without a login"),
            Self::Login { user, place } => {
                match user {
                    Some(user) => write!(f, "as `{user}`")?,
                    None => f.write_str("with a token")?,
                }
                place.iter().try_for_each(|place| write!(f, ", from {place}"))
            }
        }
    }
}
