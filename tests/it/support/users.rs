//! Who may do what, for every token server of the tests: users with passwords, and rights by resource. How a right
//! becomes a token is left to `token` (opaque) and `peers::jwt` (signed).

use super::{canary, wire};

/// What a scope comes down to for one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// `repository` or `registry`.
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) actions: Vec<String>,
}

/// The users of one token server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Users {
    users: Vec<User>,
    anonymous: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct User {
    name: String,
    password: String,
    rights: Vec<(String, String)>,
}

/// The credentials are not those of any user.
#[derive(Debug)]
pub(crate) struct Unknown;

impl Users {
    /// Rights are pairs of a resource, `*` for any, and actions: `("acme/app", "pull,push")`.
    pub(crate) fn user(mut self, name: &str, password: &str, rights: &[(&str, &str)]) -> Self {
        canary::assert_marked(password);
        let (name, password) = (name.to_string(), password.to_string());
        self.users.push(User {
            name,
            password,
            rights: owned(rights),
        });
        self
    }

    /// What one may do without credentials; nothing unless this is said.
    pub(crate) fn anonymous(mut self, rights: &[(&str, &str)]) -> Self {
        self.anonymous = owned(rights);
        self
    }

    /// The user an `Authorization` header proves; an empty name without one.
    pub(crate) fn identify(&self, authorization: Option<&str>) -> Result<String, Unknown> {
        let Some(value) = authorization else {
            return Ok(String::new());
        };
        let (name, password) = wire::from_basic(value).ok_or(Unknown)?;
        self.check(&name, &password)
    }

    pub(crate) fn check(&self, name: &str, password: &str) -> Result<String, Unknown> {
        let known = self.users.iter().any(|user| user.name == name && user.password == password);
        if known { Ok(name.to_string()) } else { Err(Unknown) }
    }

    /// The part of the asked scopes that the user has, in the order asked.
    pub(crate) fn grant(&self, user: &str, scopes: &[String]) -> Vec<Access> {
        let asked = scopes.iter().flat_map(|scope| scope.split(' ')).filter_map(parse_scope);
        asked
            .map(|access| self.narrowed(user, access))
            .filter(|access| !access.actions.is_empty())
            .collect()
    }

    fn narrowed(&self, user: &str, mut access: Access) -> Access {
        let known = self.users.iter().find(|known| known.name == user);
        let rights = known.map_or(&self.anonymous, |known| &known.rights);
        access.actions.retain(|action| allows(rights, &access.name, action));
        access
    }
}

fn allows(rights: &[(String, String)], name: &str, action: &str) -> bool {
    let here = rights.iter().filter(|(resource, _)| resource == "*" || resource == name);
    here.flat_map(|(_, actions)| actions.split(','))
        .any(|allowed| allowed == action)
}

/// `repository:acme/app:pull,push`; a name may hold a colon where it starts with a host and port.
fn parse_scope(scope: &str) -> Option<Access> {
    let (kind, rest) = scope.split_once(':')?;
    let (name, actions) = rest.rsplit_once(':')?;
    let actions = actions.split(',').map(ToString::to_string).collect();
    Some(Access {
        kind: kind.to_string(),
        name: name.to_string(),
        actions,
    })
}

fn owned(rights: &[(&str, &str)]) -> Vec<(String, String)> {
    rights
        .iter()
        .map(|(resource, actions)| (resource.to_string(), actions.to_string()))
        .collect()
}
