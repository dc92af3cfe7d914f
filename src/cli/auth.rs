//! `lugger auth`: which login a reference gets, from where, and what it is good for.

use anyhow::Context as _;
use lugger::credentials::{Credential, Origin};
use lugger::reference::Reference;
use lugger::registry::{Access, Granted, Wanted};
use lugger::store::ErrorKind;
use lugger::text::one_line;
use serde::Serialize;

use crate::cli::args::{Auth, Format};
use crate::cli::context::Context;
use crate::cli::failure::Cannot;
use crate::cli::output;

pub(crate) async fn run(context: &Context, arguments: &Auth) -> anyhow::Result<()> {
    let reference = &arguments.reference;
    let verb = if arguments.push { "push to" } else { "read" };
    // Without the repository: who has just been shown as whom it sees them is not sent to look there.
    let cannot = || Cannot::at(format!("cannot {verb} `{}`", reference.familiar()), reference.registry());
    let repository = context.network.repository(reference.repository())?;
    let access = repository
        .access(&reference.at(), arguments.push)
        .await
        .with_context(cannot)?;
    let report = Report::of(reference, &access, arguments.push);
    match arguments.formatted.format {
        Format::Json => output::json(&report)?,
        Format::Table => output::line(&report.lines())?,
    }
    access.outcome.with_context(cannot)
}

/// Everything that is told. None of it is secret.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    reference: String,
    login: Option<Login>,
    looked: Vec<String>,
    wanted: &'static str,
    token_server: Option<String>,
    service: Option<String>,
    asked: Vec<String>,
    granted: Option<Vec<String>>,
    granted_by: Option<&'static str>,
    access: &'static str,
}

/// A login, without what proves it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Login {
    /// The file, or the variable.
    place: String,
    /// The program that keeps it for the file.
    helper: Option<String>,
    key: String,
    /// The registry's name where the key has another one.
    alias_of: Option<String>,
    kind: &'static str,
    user: Option<String>,
    refused: bool,
}

impl Login {
    fn of(reference: &Reference, access: &Access) -> Option<Self> {
        let found = access.login.found.as_ref()?;
        let (place, helper, key) = match &found.source {
            Origin::File { path, key } => (path.display().to_string(), None, key),
            Origin::Variable { key } => ("DOCKER_AUTH_CONFIG".to_owned(), None, key),
            Origin::Helper { program, file, key } => (file.display().to_string(), Some(program.clone()), key),
        };
        let (kind, user) = match &found.credential {
            Credential::Password { username, .. } => ("password", Some(username.clone())),
            Credential::IdentityToken(_) => ("identity token", None),
            Credential::RegistryToken(_) => ("registry token", None),
        };
        let name = reference.registry().as_str();
        Some(Self {
            place,
            helper,
            key: key.clone(),
            alias_of: (!key.starts_with(name)).then(|| name.to_owned()),
            kind,
            user,
            refused: access.refused,
        })
    }

    fn line(&self) -> String {
        let alias = self.alias_of.as_ref().map(|name| format!(" (an alias of {name})"));
        let helper = self.helper.as_ref().map(|program| format!("{program}, named in "));
        let refused = if self.refused { "; refused, gone on without it" } else { "" };
        let (alias, helper) = (alias.unwrap_or_default(), helper.unwrap_or_default());
        format!("`{}`{alias} in {helper}{}{refused}", self.key, self.place)
    }

    fn person(&self) -> String {
        self.user.clone().unwrap_or_else(|| format!("in the {}", self.kind))
    }
}

impl Report {
    fn of(reference: &Reference, access: &Access, push: bool) -> Self {
        let (wanted, token_server, service) = match access.wanted.clone() {
            Wanted::Unheard => ("unknown", None, None),
            Wanted::Nothing => ("nothing", None, None),
            Wanted::Password => ("password", None, None),
            Wanted::Token { server, service } => ("token", Some(server), service),
        };
        Self {
            reference: reference.to_string(),
            login: Login::of(reference, access),
            looked: access.login.looked.clone(),
            wanted,
            token_server,
            service,
            asked: access.asked.clone(),
            granted: access.granted.scopes().map(<[String]>::to_vec),
            granted_by: match access.granted {
                Granted::Unsaid => None,
                Granted::Told(_) => Some("token server"),
                Granted::Claimed(_) => Some("token, unverified"),
            },
            access: verdict(access, push),
        }
    }

    /// What each line is about, then what there is to say, for a person.
    fn lines(&self) -> String {
        let mut facts = vec![("Reference", self.reference.clone())];
        match &self.login {
            Some(login) => facts.extend([("Login", login.line()), ("User", login.person())]),
            None => facts.push(("Login", format!("none; looked in {}", self.looked.join(", ")))),
        }
        facts.push(("Wanted", self.wish()));
        if self.wanted == "token" {
            facts.extend([("Asked", self.asked.join(" ")), ("Granted", self.grant())]);
        }
        facts.push(("Access", self.access.to_owned()));
        let lines = facts
            .into_iter()
            .map(|(fact, value)| format!("{fact:<10} {}", one_line(&value)));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn wish(&self) -> String {
        match (&self.token_server, &self.service) {
            (Some(server), Some(service)) => format!("a token of {server} for the service `{service}`"),
            (Some(server), None) => format!("a token of {server}"),
            _ if self.wanted == "password" => "user name and password".to_owned(),
            _ => self.wanted.to_owned(),
        }
    }

    fn grant(&self) -> String {
        match (&self.granted, self.granted_by) {
            (Some(scopes), Some(by)) if scopes.is_empty() => format!("nothing (says the {by})"),
            (Some(scopes), Some(by)) => format!("{} (says the {by})", scopes.join(" ")),
            _ => "the token does not say".to_owned(),
        }
    }
}

/// A push is not tried: where nobody says what the token allows, only the push itself will tell.
fn verdict(access: &Access, push: bool) -> &'static str {
    let token = matches!(access.wanted, Wanted::Token { .. });
    match &access.outcome {
        Ok(()) if push && token && access.granted == Granted::Unsaid => "not refused",
        Ok(()) => "accepted",
        Err(error) if error.kind() == ErrorKind::Denied => "denied",
        Err(error) if error.kind() == ErrorKind::NotFound => "missing",
        Err(_) => "failed",
    }
}
