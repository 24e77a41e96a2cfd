//! Finds literals assigned to secret names in text that no parser reads: skills, prompts, scripts.
//!
//! A quoted literal under a secret's name counts whatever it looks like, because the reader wrote it to be
//! used; an unquoted one must look generated, because unquoted text after `token:` is mostly prose, code
//! or a type.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::classify::{Context, classify};
use super::encoding::entropy;
use super::names::is_secret_name;
use super::spec::Confidence;
use super::syntax::{self, Separator, Value};
use crate::span::Span;

/// A literal under a secret's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name, without quotes.
    pub name: Span,
    /// The literal, without quotes and without an authentication scheme before it.
    pub value: Span,
    /// The quote around it, if any.
    pub quote: Option<u8>,
    /// What joins the two.
    pub separator: Separator,
    /// How sure it is that the literal is a credential.
    pub confidence: Confidence,
    /// Why, in a few words for a reader.
    pub reason: &'static str,
}

/// Every name that [`is_secret_name`] accepts holds one of these, in any case.
const STEMS: [&str; 14] = [
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "bearer",
    "jwt",
    "authorization",
    "pat=",
    "pat:",
    "pat\"",
    "nsec",
    "mnemonic",
];

/// Stems that only names of several words have: searched for with the joint before them.
const JOINED: [&str; 4] = ["_pat", "-pat", "_state", "ntstate"];

/// The name that the value at `value` is assigned to, a secret's name or any other, if one stands before it
/// on its line.
#[must_use]
pub fn name_of(bytes: &[u8], value: Span) -> Option<Span> {
    /// How far before a value its name may end: quotes, a type, a scheme.
    const REACH: usize = 48;
    const TRIES: usize = 6;
    let from = value.start.saturating_sub(REACH);
    let before = bytes.get(from..value.start)?;
    let before = before.rsplit(|&b| b == b'\n').next().unwrap_or_default();
    let quiet = before
        .iter()
        .rev()
        .take_while(|b| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'('))
        .count();
    // `--token value` has nothing but a blank between the two.
    let option = std::iter::once(value.start - quiet);
    let joints = memchr::memrchr3_iter(b'=', b':', b'>', before)
        .map(|at| value.start - before.len() + at)
        .take(TRIES);
    option
        .chain(joints)
        .filter_map(|at| syntax::name_before(bytes, at))
        .filter(|name| name.end <= value.start)
        .filter(|&name| {
            syntax::value_after(bytes, name).is_some_and(|found| found.span.start == value.start)
        })
        // In `token: &str = "value"` the type comes last.
        .last()
}

/// All literals under secret names in `bytes`, in order. References, placeholders, ordinary words,
/// expressions, types and prose are left out.
#[must_use]
pub fn assignments(bytes: &[u8]) -> Vec<Assignment> {
    static NAMES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let stems = STEMS.iter().chain(&JOINED);
        AhoCorasick::builder().ascii_case_insensitive(true).build(stems).ok()
    });
    let mut out = Vec::new();
    let Some(names) = &*NAMES else { return out };
    let mut read = 0;
    // Where the last long run without blanks ends, and its last separator: names before that have no value.
    let (mut run_end, mut last_joint) = (0, 0);
    for stem in names.find_iter(bytes) {
        if stem.start() < read {
            continue;
        }
        let sign = bytes.get(stem.end() - 1).is_some_and(|&b| !syntax::is_name_byte(b));
        let name = syntax::name_around(bytes, stem.start(), stem.end() - usize::from(sign));
        read = name.end;
        if !str::from_utf8(name.of(bytes)).is_ok_and(is_secret_name) {
            continue;
        }
        if name.end + RUN_ON + 64 < run_end && name.end + 64 < last_joint {
            continue;
        }
        let Some(value) = syntax::value_after(bytes, name) else { continue };
        if value.quote.is_none() && value.span.len() > RUN_ON {
            let joint = memchr::memrchr2(b'=', b':', value.span.of(bytes)).unwrap_or(0);
            (run_end, last_joint) = (value.span.end, value.span.start + joint);
        }
        if value.separator == Separator::NextLine {
            continue;
        }
        if let Some(found) = judge(bytes, name, value) {
            out.push(found);
        }
    }
    out
}

fn judge(bytes: &[u8], name: Span, value: Value) -> Option<Assignment> {
    let mut span = value.span;
    if value.quote.is_none() {
        span = trimmed(bytes, name, span);
    }
    let secret = span.of(bytes);
    let holds = match value.quote {
        Some(_) => quoted_literal(secret),
        None => !is_run_on(secret) && unquoted_literal(bytes, name, span, value.separator),
    };
    let context = Context { name: str::from_utf8(name.of(bytes)).ok(), ..Context::default() };
    (secret.len() >= 6 && holds && classify(secret, &context).is_literal()).then_some(Assignment {
        name,
        value: span,
        quote: value.quote,
        separator: value.separator,
        confidence: Confidence::Medium,
        reason: "a literal under a secret's name",
    })
}

/// A run longer than this, with separators in it, holds names of its own, and would be read again for each.
const RUN_ON: usize = 256;

fn is_run_on(secret: &[u8]) -> bool {
    let inner = secret.get(..secret.len().saturating_sub(2)).unwrap_or_default();
    secret.len() > RUN_ON && inner.iter().any(|b| matches!(b, b'=' | b':'))
}

/// Cuts off what ends a value in shells, lists and queries.
fn trimmed(bytes: &[u8], name: Span, span: Span) -> Span {
    let text = span.of(bytes);
    let before = name.start.checked_sub(1).and_then(|at| bytes.get(at));
    let mut end = text.len();
    if matches!(before, Some(b'?' | b'&')) {
        end = text.iter().position(|b| matches!(b, b'&' | b'#' | b')')).unwrap_or(end);
    }
    while end > 0
        && text
            .get(end - 1)
            .is_some_and(|b| matches!(b, b',' | b';' | b')' | b'\\' | b'.' | b'|' | b'}'))
    {
        end -= 1;
    }
    Span::new(span.start, span.start + end)
}

fn quoted_literal(secret: &[u8]) -> bool {
    let blanks = secret.iter().filter(|b| b.is_ascii_whitespace()).count();
    if blanks > 0 {
        return is_app_password(secret);
    }
    // Sentences without blanks, in scripts that use none.
    let foreign = secret.iter().filter(|b| !b.is_ascii()).count();
    foreign * 3 < secret.len()
}

/// `abcd efgh ijkl mnop`, as Google writes application passwords.
fn is_app_password(secret: &[u8]) -> bool {
    secret.len() == 19
        && secret
            .split(|&b| b == b' ')
            .all(|group| group.len() == 4 && group.iter().all(u8::is_ascii_lowercase))
        && entropy(secret) > 3.0
}

fn unquoted_literal(bytes: &[u8], name: Span, span: Span, separator: Separator) -> bool {
    let secret = span.of(bytes);
    let odd = |b: &u8| !b.is_ascii_graphic() || b"()[]{}<>;,\\|".contains(b);
    if secret.iter().any(odd) {
        return false;
    }
    let digits = secret.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = secret.iter().filter(|b| b.is_ascii_alphabetic()).count();
    if digits == 0 || letters == 0 {
        return false;
    }
    // Whatever follows on the line makes it prose or an expression.
    let line = syntax::line_end(bytes, span.end, 256);
    let rest = Span::new(span.end, line).of(bytes).trim_ascii();
    let ends: [&[u8]; 6] = [b"#", b"\\", b"`", b"//", b"'", b"\""];
    let alone = rest.is_empty() || ends.iter().any(|end| rest.starts_with(end));
    let shouted = name.of(bytes).iter().all(|b| !b.is_ascii_lowercase());
    match separator {
        // Shell: the assignment may stand before a command.
        Separator::Equals if shouted => secret.len() >= 8 || alone,
        Separator::Equals | Separator::Space => looks_generated(secret),
        Separator::Colon => alone && looks_generated(secret),
        _ => false,
    }
}

/// Twelve characters or more, digits in several places; or a short key with a maker's prefix.
pub(super) fn looks_generated(secret: &[u8]) -> bool {
    let prefixed = [&b"sk-"[..], b"sk_", b"pk_", b"key-", b"ghp_", b"xox"]
        .iter()
        .any(|p| secret.starts_with(p));
    let mut groups = 0;
    let mut inside = false;
    for b in secret {
        groups += u32::from(b.is_ascii_digit() && !inside);
        inside = b.is_ascii_digit();
    }
    // `i18n.t2.label` is an expression, `0c64….q7M` a key.
    let dotted = secret.contains(&b'.') && secret.split(|&b| b == b'.').all(|part| part.len() < 16);
    prefixed && secret.len() >= 8
        || !dotted && secret.len() >= 12 && groups >= 2 && entropy(secret) >= 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_knows_its_name() {
        for (text, name) in [
            ("api_key = \"VALUE\"", Some("api_key")),
            ("  deploy: VALUE", Some("deploy")),
            ("{\"a\": 1, \"token\": \"VALUE\"}", Some("token")),
            ("let token: &str = \"VALUE\";", Some("token")),
            ("Authorization: Bearer VALUE", Some("Authorization")),
            ("let deploy: &str = \"VALUE\";", Some("deploy")),
            ("get https://host/x?key=VALUE", Some("key")),
            ("run --api-key VALUE", Some("api-key")),
            ("key:\nVALUE", None),
            ("VALUE", None),
            ("the token VALUE", None),
        ] {
            let start = text.find("VALUE").unwrap();
            let found = name_of(text.as_bytes(), Span::new(start, start + 5));
            let found = found.map(|span| std::str::from_utf8(span.of(text.as_bytes())).unwrap());
            assert_eq!(found, name, "{text}");
        }
    }
    use crate::secrets::template::expand;

    fn found(text: &str) -> Vec<String> {
        assignments(text.as_bytes())
            .iter()
            .map(|a| {
                let show =
                    |span: Span| String::from_utf8_lossy(span.of(text.as_bytes())).into_owned();
                format!("{}={}", show(a.name), show(a.value))
            })
            .collect()
    }

    #[test]
    fn literals_under_secret_names() {
        for (text, expected) in [
            ("api_key = \"sk-abc123\"", "api_key=sk-abc123"),
            ("api_key: {uuid}\n", "api_key={uuid}"),
            ("export MY_TOKEN=q7m2b9x4 && run", "MY_TOKEN=q7m2b9x4"),
            ("  \"password\": \"hunter2\",", "password=hunter2"),
            ("client_secret: str = 'q7m2b9x4'", "client_secret=q7m2b9x4"),
            ("curl -H 'Authorization: Bearer {lower-alnum:14}'", "Authorization={lower-alnum:14}"),
            ("tool --api-key {lower-alnum:14} --x", "api-key={lower-alnum:14}"),
            ("https://h/x?api_key={lower-alnum:14}&y=1", "api_key={lower-alnum:14}"),
            ("EMAIL_PASSWORD=\"qmfk twzb ndrl vhxc\"", "EMAIL_PASSWORD=qmfk twzb ndrl vhxc"),
            ("os.environ['API_TOKEN'] = 'q7m2b9x4'", "API_TOKEN=q7m2b9x4"),
            ("- **api_key**: `q7m2b9x4`", "api_key=q7m2b9x4"),
            ("api_key: sk-abc123", "api_key=sk-abc123"),
        ] {
            // Templates, so that the file itself holds no token.
            let (text, expected) = (expand(text, 7).unwrap(), expand(expected, 7).unwrap());
            assert_eq!(found(&text), [expected], "{text}");
        }
    }

    #[test]
    fn code_prose_and_placeholders() {
        for text in [
            "token: str",
            "password: string",
            "def f(token: str, key: int): pass",
            "token: the token you got",
            "api_key = os.environ[\"API_KEY\"]",
            "api_key = get_key(3)",
            "token = self.token2",
            "token: Uint8Array",
            "secret: Uint8ClampedArray,",
            "api_key: ${API_KEY}",
            "API_KEY=your_key_here",
            "API_KEY=$OTHER_KEY1",
            "password = \"<password>\"",
            "token == \"q7m2b9x4\"",
            "token != \"q7m2b9x4\"",
            "max_tokens: 4096",
            "max_tokens = 128000",
            "api_key_env: \"Q7M2B9X4\"",
            "TOKEN_FILE=/run/x/q7m2b9x4",
            "token=",
            "\"token\": \"The token of 2 users\"",
            "password: \"\"",
            "api_key: \"sk-...\"",
            "secret = r\"sk-[A-Za-z0-9]{20,}\"",
            "token: 8 bytes",
            "- token: required since 2024",
            "private_key: ~/.ssh/id_ed25519",
            "PASSWORD=$1",
            "PASSWORD=\"$2\"",
            "token: i18n.t2.label",
            "api_key = 'abc123'",
            "API_TOKEN=\"xyz789\"",
            "password: '123abc'",
            "headers = {'Authorization': f\"Bearer {os.environ['TOKEN']}\"}",
            "\"Authorization\": f\"token {get_token()}\"",
            "auth_token = f\"{settings['gh']['token']}\"",
            "auth_token = f\"{settings[\"gh\"][\"token\"]}\"",
            "token = f'{prefix}-{session.key()}'",
            "secret_url = 'https://user:q7m2b9x4@api.service.test/'",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
