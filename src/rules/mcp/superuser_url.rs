//! `mcp/superuser-url`: a connector logs in to a database as its superuser.

use std::collections::BTreeSet;

use crate::deployment::{Home, python_str};
use crate::document::{Document, Place};
use crate::facts::{Database, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::missing;
use crate::rules::{Draft, Findings, HomeRule, RuleMeta, page};
use crate::span::Span;

/// A connector logs in to a database as its superuser.
pub struct SuperuserUrl;

impl HomeRule for SuperuserUrl {
    const META: RuleMeta = RuleMeta {
        id: "mcp/superuser-url",
        summary: "a connector logs in to a database as its superuser",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["least-privilege-connectors"],
        cwe: &[250, 272],
        since: "0.1.0",
        page: page!("mcp/superuser-url"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        in_config(home, findings);
        let mut seen = BTreeSet::new();
        for name in home.variables().iter().map(|variable| variable.name.as_str()) {
            // Of several lines the one that wins counts.
            if !seen.insert(name) {
                continue;
            }
            let Some(found) = home.variable(name) else { continue };
            if let Some(login) = login(&found.winner.value) {
                let (value, place) = (&found.winner.value, &found.winner.place);
                report(home, &login, &format!("`{name}`"), place, value, findings);
            }
        }
    }
}

/// Every text of the config, those of servers that are off left out.
fn in_config(home: &Home<'_>, findings: &mut Findings) {
    let Some((document, structured)) = home.config().zip(home.structured()) else { return };
    let tree = &structured.tree;
    let on: BTreeSet<&str> = home.mcp_servers().iter().map(|server| server.name).collect();
    structured.walk(|visit| {
        let Some(value) = python_str(tree.value(visit.id)) else { return };
        let mut path = visit.path.splitn(3, '.');
        let server = match (path.next(), path.next()) {
            (Some("mcp_servers"), Some(name)) => Some(name.split('[').next().unwrap_or(name)),
            _ => None,
        };
        let login = match (visit.name, server) {
            (Some(name), Some(_)) if visit.path.contains(".env.") => {
                login(&value).or_else(|| named(home, name, &value))
            }
            _ => login(&value),
        };
        let Some(login) = login else { return };
        if server.is_some_and(|name| !on.contains(name)) {
            return;
        }
        let who = match server {
            Some(name) => format!("MCP server `{name}`"),
            None => format!("`{}`", visit.path),
        };
        let place = Place::new(document, tree.span(visit.id), visit.path);
        report(home, &login, &who, &place, &value, findings);
    });
}

/// A login, and how its database is known.
struct Login {
    user: String,
    scheme: String,
    /// The password as it stands in the text, to be looked for, never shown.
    password: Option<String>,
}

/// The login of an address, a JDBC address or an ADO connection string.
fn login(text: &str) -> Option<Login> {
    let text = text.trim();
    if text.len() > 4096 {
        return None;
    }
    let Some((scheme, rest)) = text.split_once("://") else { return ado(text) };
    let scheme = scheme.rsplit([':', ' ', '=', '"', '\'']).next().unwrap_or_default();
    if scheme.is_empty()
        || !scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    {
        return None;
    }
    let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
    let found = match authority.rsplit_once('@') {
        Some((info, _)) => match info.split_once(':') {
            Some((user, password)) => (user.to_owned(), Some(password.to_owned())),
            None => (info.to_owned(), None),
        },
        None => {
            let query = rest.split_once('?').map(|(_, query)| query)?;
            let pick = |name: &str| {
                query.split(['&', ';', '#']).find_map(|pair| {
                    let (key, value) = pair.split_once('=')?;
                    key.eq_ignore_ascii_case(name).then(|| value.to_owned())
                })
            };
            (pick("user")?, pick("password"))
        }
    };
    Some(Login { user: found.0, scheme: scheme.to_owned(), password: found.1 })
}

/// `Server=...;User Id=sa;Password=...`
fn ado(text: &str) -> Option<Login> {
    let pick = |names: &[&str]| {
        text.split(';').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            let key = key.trim();
            names.iter().any(|name| key.eq_ignore_ascii_case(name)).then(|| value.trim().to_owned())
        })
    };
    pick(&["server", "data source"])?;
    let user = pick(&["user id", "uid", "user"])?;
    Some(Login { user, scheme: "sqlserver".to_owned(), password: pick(&["password", "pwd"]) })
}

/// The login in a variable of its own.
fn named(home: &Home<'_>, name: &str, value: &str) -> Option<Login> {
    let database = home.knowledge.facts().connectors().database_of_variable(name)?;
    let scheme = database.schemes.first()?.clone();
    Some(Login { user: value.trim().to_owned(), scheme, password: None })
}

fn report(
    home: &Home<'_>,
    login: &Login,
    who: &str,
    place: &Place<'_>,
    text: &str,
    findings: &mut Findings,
) {
    let Some(database) = home.knowledge.facts().connectors().database(&login.scheme) else {
        return;
    };
    let Some(certain) = database.superuser(&login.user) else { return };
    let mut draft = start(place, text, login);
    let (what, confidence) = match certain {
        true => ("its superuser", Confidence::High),
        false => ("by its name an administrator", Confidence::Medium),
    };
    draft = draft
        .severity(missing(home, Severity::Warning))
        .confidence(confidence)
        .message(format!(
            "{who} logs in to {} as `{}`, {what}: a prompt that gets through {}",
            database.name,
            shown(&login.user, database),
            database.can
        ))
        .label("logs in as superuser")
        .help(format!("give it a login of its own: `{}`", database.instead));
    findings.add(draft);
}

/// The name that the data knows; a pooler's login goes on with the project's name.
fn shown<'l>(user: &'l str, database: &Database) -> &'l str {
    match user.split_once('.') {
        Some((short, _)) if database.superuser(user).is_some() => short,
        _ => user,
    }
}

/// A finding at the login alone; without the line where a password on it is one that nothing masks.
fn start(place: &Place<'_>, text: &str, login: &Login) -> Draft {
    let meta = &SuperuserUrl::META;
    let Some(span) = place.span else { return meta.at(place) };
    let bytes = place.document.text.bytes();
    let near = format!("//{}", login.user);
    let at = memchr::memmem::find(span.of(bytes), near.as_bytes());
    let narrow = match at {
        Some(at) => Span::new(span.start + at + 2, span.start + at + near.len()),
        None => span,
    };
    let open = login.password.as_deref().is_some_and(|password| {
        !password.is_empty() && !password.starts_with('$') && !is_masked(place.document, span, text)
    });
    if !open {
        return meta.at(&Place::new(place.document, narrow, place.route.clone()));
    }
    let mut location = Place::new(place.document, narrow, place.route.clone()).location();
    location.excerpt = None;
    meta.at_location(location).anchor(place.route.clone())
}

fn is_masked(document: &Document, span: Span, text: &str) -> bool {
    text.contains("${") || document.text.is_masked(span)
}

#[cfg(test)]
mod tests {
    use super::login;

    #[test]
    fn logins_are_read_from_the_usual_spellings() {
        for (text, user, scheme) in [
            ("postgresql+psycopg://postgres:x@h/db", "postgres", "postgresql+psycopg"),
            ("mysql://root@h", "root", "mysql"),
            ("jdbc:postgresql://h/db?user=postgres&password=x", "postgres", "postgresql"),
            ("Server=h,1433;Database=d;User Id=sa;Password=x;", "sa", "sqlserver"),
            ("--dsn=postgres://admin:p@ss@h/db", "admin", "postgres"),
        ] {
            let found = login(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.user.as_str(), found.scheme.as_str()), (user, scheme), "{text}");
        }
        for text in ["https://h/db", "postgres://h/db", "root", "", "://@", "a=b;c=d"] {
            assert!(login(text).is_none(), "{text}");
        }
    }
}
