//! What a connector may do (options, database logins, OAuth scopes) and the least that would do.
//!
//! Servers are known by the words of their command line: a server that was copied or renamed is not, which costs a
//! finding and never makes a false one.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::glob_matches;
use super::inline_code::{InlineCode, Interpreter, Wrapper};
use super::weight::Weight;

/// The file `connectors.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connectors {
    /// Programs that run code out of their own arguments.
    pub interpreters: Vec<Interpreter>,
    /// Programs that only start another one.
    pub wrappers: BTreeMap<String, Wrapper>,
    /// What inline code does, by the words in it.
    pub inline: InlineCode,
    /// Options and variables that widen what any server may do.
    pub widening: Vec<Widening>,
    /// Servers that are known by their package.
    pub servers: Vec<KnownServer>,
    /// Databases and their all-powerful logins.
    pub databases: Vec<Database>,
    /// Broad OAuth scopes by provider.
    pub scopes: Vec<Scopes>,
}

/// An option or a variable that widens what a server may do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widening {
    /// The option; `*` for any ending.
    #[serde(default)]
    pub arg: Option<String>,
    /// The variable.
    #[serde(default)]
    pub env: Option<String>,
    /// Only with this value.
    #[serde(default)]
    pub value: Option<String>,
    /// Only without a value.
    #[serde(default)]
    pub bare: bool,
    /// Only for servers that run one of these programs.
    #[serde(default)]
    pub programs: Vec<String>,
    /// How much it matters.
    pub severity: Weight,
    /// What it lets happen.
    pub can: String,
    /// What to write instead.
    pub instead: String,
}

/// A server that is known by its package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownServer {
    /// What people call it, with its article.
    pub name: String,
    /// Names of its package, image or host.
    pub packages: Vec<String>,
    /// What widens it.
    #[serde(default)]
    pub widening: Vec<Widening>,
    /// How it can be told to have no more than is needed.
    #[serde(default)]
    pub limits: Vec<Limit>,
    /// What it does without a limit.
    #[serde(default)]
    pub open: Option<Open>,
}

/// One way of limiting a server; a row has one of these.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limit {
    /// An option.
    pub arg: Option<String>,
    /// A variable.
    pub env: Option<String>,
    /// A header.
    pub header: Option<String>,
    /// A part of its address.
    pub url: Option<String>,
}

/// What a server does that nobody limited.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// What it lets happen.
    pub can: String,
    /// What to write instead.
    pub instead: String,
}

/// A kind of database.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// What people call it.
    pub name: String,
    /// Schemes of its addresses, without a driver's `+name`.
    pub schemes: Vec<String>,
    /// Logins that may do everything.
    pub superusers: Vec<String>,
    /// Names that are given to such logins as a rule.
    #[serde(default)]
    pub likely: Vec<String>,
    /// Variables in which a server takes the login.
    #[serde(default)]
    pub variables: Vec<String>,
    /// What such a login lets happen.
    pub can: String,
    /// The statement that makes a login with less.
    pub instead: String,
}

/// Broad scopes of one provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scopes {
    /// Who grants them.
    pub provider: String,
    /// Words one of which must be near; empty where the scope says itself whose it is.
    #[serde(default)]
    pub about: Vec<String>,
    /// May stand before each scope.
    #[serde(default)]
    pub prefix: String,
    /// The scopes.
    pub scopes: Vec<Scope>,
}

/// A broad scope.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The scope; `*` for any ending.
    pub scope: String,
    /// How much it matters.
    pub severity: Weight,
    /// What it lets happen.
    pub can: String,
    /// What to ask for instead.
    pub instead: String,
}

impl Connectors {
    /// The server whose package one of `words` (a command line, an address) names.
    #[must_use]
    pub fn server<'w>(&self, words: impl Iterator<Item = &'w str> + Clone) -> Option<&KnownServer> {
        self.servers.iter().find(|server| {
            server.packages.iter().any(|package| words.clone().any(|word| names(word, package)))
        })
    }

    /// The database that an address of `scheme` leads to.
    #[must_use]
    pub fn database(&self, scheme: &str) -> Option<&Database> {
        let whole = scheme.to_ascii_lowercase();
        let is = |wanted: &str| {
            self.databases.iter().find(|database| database.schemes.iter().any(|one| one == wanted))
        };
        // `postgresql+psycopg`: a driver's name; but `mongodb+srv` is a scheme of its own.
        is(&whole).or_else(|| is(whole.split('+').next().unwrap_or_default()))
    }

    /// The database whose login stands in a variable of this name.
    #[must_use]
    pub fn database_of_variable(&self, name: &str) -> Option<&Database> {
        self.databases.iter().find(|database| database.variables.iter().any(|one| one == name))
    }

    /// What is broad about `scope`, given the words near it, lower case.
    #[must_use]
    pub fn scope(&self, scope: &str, near: &str) -> Option<(&Scopes, &Scope)> {
        let mut rows =
            self.scopes.iter().flat_map(|set| set.scopes.iter().map(move |one| (set, one)));
        rows.find(|(set, one)| {
            let about =
                set.about.is_empty() || set.about.iter().any(|word| near.contains(word.as_str()));
            let bare = if set.prefix.is_empty() { None } else { scope.strip_prefix(&set.prefix) };
            // A bare `drive` or `calendar` is Google's only where Google stands near.
            let short = set.prefix.is_empty()
                || one.scope.contains(['.', ':'])
                || near.contains(&set.provider.to_lowercase());
            about
                && (bare.is_some_and(|bare| fits(&one.scope, bare))
                    || (short && fits(&one.scope, scope)))
        })
    }
}

impl Database {
    /// How sure it is that `login` may do everything: `Some(true)` for certain, `Some(false)` by its name.
    #[must_use]
    pub fn superuser(&self, login: &str) -> Option<bool> {
        let is = |list: &[String]| list.iter().any(|one| one.eq_ignore_ascii_case(login));
        // A pooler's login carries the project's name after a dot.
        let pooled = login.split_once('.').is_some_and(|(user, _)| {
            self.superusers.iter().any(|one| one == user) && !user.is_empty()
        });
        if is(&self.superusers) || pooled {
            return Some(true);
        }
        is(&self.likely).then_some(false)
    }
}

/// Whether `pattern`, with `*` for anything, is all of `text`; case does not count.
fn fits(pattern: &str, text: &str) -> bool {
    if pattern.contains('*') && pattern.len() > 1 {
        return glob_matches(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase());
    }
    pattern.eq_ignore_ascii_case(text)
}

/// Whether `word` names `package`: as a whole part of a path, an image or an address.
fn names(word: &str, package: &str) -> bool {
    if let Some(start) = package.strip_suffix('*') {
        return word.rsplit('/').next().unwrap_or_default().starts_with(start);
    }
    let inner = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    word.match_indices(package).any(|(at, _)| {
        let before = word.get(..at).unwrap_or_default();
        let after = word.get(at + package.len()..).unwrap_or_default();
        let after = after.strip_suffix(".exe").unwrap_or(after);
        !before.ends_with(inner) && !after.starts_with(inner) && !after.starts_with('.')
    })
}

impl Widening {
    /// Whether `words` (a command line without the program) hold the option; the number of the word if so.
    #[must_use]
    pub fn in_args(&self, words: &[&str]) -> Option<usize> {
        let wanted = self.arg.as_deref()?;
        words.iter().enumerate().find_map(|(at, word)| {
            let (name, given) = match word.split_once('=') {
                Some((name, given)) => (name, Some(given)),
                None => (*word, None),
            };
            if !fits_option(wanted, name) || is_no(given) || (self.bare && given.is_some()) {
                return None;
            }
            let fine = match (&self.value, given) {
                (None, _) => true,
                (Some(value), Some(given)) => given.eq_ignore_ascii_case(value),
                (Some(value), None) => {
                    words.get(at + 1).is_some_and(|next| next.eq_ignore_ascii_case(value))
                }
            };
            fine.then_some(at)
        })
    }

    /// Whether `name` with `value` is the variable, switched on.
    #[must_use]
    pub fn is_variable(&self, name: &str, value: &str) -> bool {
        self.env.as_deref() == Some(name)
            && match &self.value {
                Some(wanted) => value.trim() == wanted,
                None => is_yes(value),
            }
    }
}

/// Whether an option's name is the wanted one; its case counts, as `-A` and `-a` differ.
fn fits_option(wanted: &str, name: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == wanted,
    }
}

/// True for what programs take for switched on; a list of names (`C0123,C0456`) narrows, so it is none.
pub(crate) fn is_yes(value: &str) -> bool {
    ["1", "true", "yes", "on"].contains(&value.trim().to_ascii_lowercase().as_str())
}

fn is_no(value: Option<&str>) -> bool {
    value.is_some_and(|value| {
        ["0", "false", "no", "off"].contains(&value.trim().to_ascii_lowercase().as_str())
    })
}

/// Whether an option is there and not switched off, given the words of a command line.
#[must_use]
pub fn has_option(words: &[&str], option: &str) -> bool {
    words.iter().any(|word| {
        word.strip_prefix(option).is_some_and(|rest| {
            rest.is_empty() || (rest.starts_with('=') && !is_no(rest.strip_prefix('=')))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::with_facts;
    use super::*;

    #[test]
    fn packages_are_whole_parts() {
        for word in [
            "postgres-mcp",
            "/opt/venv/bin/postgres-mcp",
            "postgres-mcp==0.3.0",
            "crystaldba/postgres-mcp:latest",
        ] {
            assert!(names(word, "postgres-mcp"), "{word}");
        }
        for word in ["my-postgres-mcp", "postgres-mcp-server", "postgres-mcp.py"] {
            assert!(!names(word, "postgres-mcp"), "{word}");
        }
        assert!(names("awslabs.eks-mcp-server@latest", "awslabs.*"));
        assert!(names("https://api.githubcopilot.com/mcp/", "api.githubcopilot.com"));
    }

    #[test]
    fn scopes_need_their_provider_where_the_word_is_common() {
        with_facts(|facts| {
            let broad = |scope: &str, near: &str| {
                let found = facts.connectors().scope(scope, near);
                found.map(|(set, _)| set.provider.clone())
            };
            assert_eq!(
                broad("repo", "github https://api.githubcopilot.com"),
                Some("GitHub".into())
            );
            assert_eq!(broad("repo", "crm"), None);
            assert_eq!(broad("https://mail.google.com/", ""), Some("Google".into()));
            assert_eq!(broad("https://www.googleapis.com/auth/drive", ""), Some("Google".into()));
            assert_eq!(broad("https://www.googleapis.com/auth/drive.file", ""), None);
            assert_eq!(broad("https://www.googleapis.com/auth/gmail.readonly", ""), None);
            assert_eq!(broad("drive", "notes"), None);
            assert_eq!(broad("drive", "google workspace"), Some("Google".into()));
            assert_eq!(broad("Files.ReadWrite.All", ""), Some("Microsoft Graph".into()));
            assert_eq!(
                broad("https://graph.microsoft.com/Mail.Send", ""),
                Some("Microsoft Graph".into())
            );
            assert_eq!(broad("Files.Read", ""), None);
            assert_eq!(broad("admin:org", "github"), Some("GitHub".into()));
            assert_eq!(broad("read:jira-work", "jira"), None);
            assert_eq!(broad("*", ""), Some("any provider".into()));
        });
    }

    #[test]
    fn options_and_variables_are_read_with_their_values() {
        with_facts(|facts| {
            let data = facts.connectors();
            let server = data.server(["uvx", "postgres-mcp"].into_iter()).unwrap();
            let mode = &server.widening[0];
            assert_eq!(mode.in_args(&["postgres-mcp", "--access-mode=unrestricted"]), Some(1));
            assert_eq!(mode.in_args(&["--access-mode", "unrestricted"]), Some(0));
            assert_eq!(mode.in_args(&["--access-mode", "restricted"]), None);
            let dangerous = &data.widening[0];
            assert_eq!(dangerous.in_args(&["--dangerously-skip-permissions"]), Some(0));
            assert_eq!(dangerous.in_args(&["--dangerously-skip-permissions=false"]), None);
            let write = data.widening.iter().find(|row| row.bare).unwrap();
            assert_eq!(write.in_args(&["--allow-write"]), Some(0));
            assert_eq!(write.in_args(&["--allow-write=/srv/work"]), None);
        });
        assert!(has_option(&["--read-only"], "--read-only"));
        assert!(!has_option(&["--read-only=false"], "--read-only"));
        assert!(is_yes("True") && !is_yes("C0123456789") && !is_yes(""));
    }

    #[test]
    fn logins_are_told_by_scheme_and_name() {
        with_facts(|facts| {
            let data = facts.connectors();
            let rate = |scheme: &str, login: &str| data.database(scheme)?.superuser(login);
            assert_eq!(rate("postgresql+psycopg", "postgres"), Some(true));
            assert_eq!(rate("postgres", "postgres.abcdefgh"), Some(true));
            assert_eq!(rate("postgres", "admin"), Some(false));
            assert_eq!(rate("postgres", "app"), None);
            assert_eq!(rate("mongodb+srv", "root"), Some(true));
            assert_eq!(rate("https", "root"), None);
        });
    }

    #[test]
    fn every_row_says_what_to_write_instead() {
        with_facts(|facts| {
            let data = facts.connectors();
            let rows = data.widening.iter().chain(data.servers.iter().flat_map(|s| &s.widening));
            for row in rows {
                assert!(row.arg.is_some() != row.env.is_some(), "{row:?}");
                assert!(!row.can.is_empty() && !row.instead.is_empty(), "{row:?}");
                assert!(!row.can.ends_with('.'), "{row:?}");
            }
            for server in &data.servers {
                assert_eq!(server.open.is_some(), !server.limits.is_empty(), "{server:?}");
            }
        });
    }
}
