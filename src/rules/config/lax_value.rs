//! Whether a value of config.yaml is among those that a row of the facts calls unsafe.
//!
//! A value that a reference or a template still has to fill in is never judged: what will stand there is not known.

use std::net::IpAddr;

use crate::deployment::{Home, Setting};
use crate::document::Place;
use crate::document::tree::Value;
use crate::facts::LaxValue;
use crate::rules::host::floating_image::moving_tag;
use crate::rules::paths;
use crate::rules::secret::is_local_url;
use crate::secrets::is_secret_name;

/// The places of what is unsafe in `setting`: the value, or entries of a list.
pub(super) fn unsafe_places<'d>(
    home: &Home<'d>,
    setting: &Setting<'d>,
    lax: &LaxValue,
) -> Vec<Place<'d>> {
    let open = setting.str().is_some_and(|text| !is_known(text)) && *lax != LaxValue::Set;
    if setting.is_hole() || open {
        return Vec::new();
    }
    let whole = |is_lax: bool| if is_lax { vec![setting.place()] } else { Vec::new() };
    let value = setting.value();
    match lax {
        LaxValue::Yes => whole(reads_as(value, true)),
        LaxValue::No => whole(reads_as(value, false)),
        LaxValue::Truthy => whole(!matches!(value, Value::Null) && is_truthy(value)),
        LaxValue::Falsy => whole(!matches!(value, Value::Null) && !is_truthy(value)),
        LaxValue::Set => whole(!setting.is_empty() && setting.bool() != Some(false)),
        LaxValue::Empty => whole(matches!(value, Value::Seq(items) if items.is_empty())),
        LaxValue::Above(bound) => whole(number(value).is_some_and(|number| number > *bound)),
        LaxValue::Zero => whole(number(value).is_some_and(|number| number <= 0.0)),
        LaxValue::NotWords(_)
        | LaxValue::BareProgram
        | LaxValue::NoName
        | LaxValue::FloatingImage => {
            whole(text(setting).is_some_and(|text| is_unsafe(home, lax, &text)))
        }
        LaxValue::PlainHttp
        | LaxValue::WideCidr(_)
        | LaxValue::LocalCidr
        | LaxValue::SecretName
        | LaxValue::PassingSecretName => each(setting, &[','], |it| is_unsafe(home, lax, it)),
        LaxValue::Words(_) => each(setting, &[',', ' '], |it| is_unsafe(home, lax, it)),
        LaxValue::WidePath => each(setting, &[], |it| is_unsafe(home, lax, it)),
    }
}

/// Whether the text of a variable, or an entry of a list in one, is among the unsafe values. Empty text is not set, and
/// to a variable `on` is no word for yes.
pub(in crate::rules) fn is_unsafe_text(home: &Home<'_>, lax: &LaxValue, text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() || !is_known(text) {
        return false;
    }
    let words = match lax {
        LaxValue::Words(_) => text.split([',', ' ']).collect(),
        LaxValue::PlainHttp => text.split(',').collect(),
        _ => vec![text],
    };
    words.iter().map(|word| word.trim()).any(|word| is_unsafe(home, lax, word))
}

/// Whether text is among the unsafe values.
fn is_unsafe(home: &Home<'_>, lax: &LaxValue, text: &str) -> bool {
    let credentials = home.knowledge.facts().credentials();
    let is_secret = || credentials.is_secret_name(text) || is_secret_name(text);
    let is_one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    let number = || text.parse().ok().filter(|number: &f64| number.is_finite());
    match lax {
        _ if text.is_empty() => false,
        LaxValue::Yes => is_one_of(&["1", "true", "yes"]),
        LaxValue::No => is_one_of(&["0", "false", "no", "off"]),
        LaxValue::Truthy | LaxValue::Set => true,
        LaxValue::Falsy | LaxValue::Empty => false,
        LaxValue::Above(bound) => number().is_some_and(|number| number > *bound),
        LaxValue::Zero => number().is_some_and(|number| number <= 0.0),
        LaxValue::Words(words) => words.iter().any(|word| fits(word, text)),
        LaxValue::NotWords(words) => !words.iter().any(|word| word.eq_ignore_ascii_case(text)),
        LaxValue::BareProgram => !text.contains(['/', '\\']),
        LaxValue::NoName => !is_variable_name(text),
        LaxValue::FloatingImage => moving_tag(text.trim_start_matches("docker://")).is_some(),
        LaxValue::PlainHttp => is_plain(text),
        LaxValue::WidePath => {
            text.starts_with(['/', '~', '$', '%']) && paths::rate(home, text).is_some()
        }
        LaxValue::WideCidr(bound) => network(text).is_some_and(|(address, prefix)| match address {
            IpAddr::V4(_) => prefix < *bound,
            IpAddr::V6(_) => prefix < bound.saturating_mul(2),
        }),
        LaxValue::LocalCidr => network(text).is_some_and(touches_local),
        LaxValue::SecretName => is_secret(),
        LaxValue::PassingSecretName => !credentials.is_held_back(text) && is_secret(),
    }
}

/// Whether Hermes reads `value` as this boolean, by the words that most of its switches take.
fn reads_as(value: &Value, wanted: bool) -> bool {
    match value {
        Value::Bool(value) => *value == wanted,
        Value::Int(number) => (*number != 0) == wanted,
        Value::Str(text) => {
            let words =
                if wanted { ["1", "true", "yes", "on"] } else { ["0", "false", "no", "off"] };
            words.contains(&text.trim().to_ascii_lowercase().as_str())
        }
        _ => false,
    }
}

/// What Python's `bool()` gives.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Str(text) => !text.is_empty(),
        Value::Seq(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
        _ => true,
    }
}

/// Whether a setting is on for the sake of another one: anything but empty or a word for no.
pub(super) fn is_on(setting: &Setting<'_>) -> bool {
    !setting.is_empty() && is_truthy(setting.value()) && !reads_as(setting.value(), false)
}

/// A number, in quotes or not.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "bounds are far below 2^52")]
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Str(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// The text of a scalar that is known.
fn text(setting: &Setting<'_>) -> Option<String> {
    let text = setting.python_str().filter(|_| !matches!(setting.value(), Value::Null))?;
    is_known(&text).then(|| text.trim().to_owned())
}

fn is_known(text: &str) -> bool {
    let home = ["${HOME}", "$HOME"].iter().any(|word| text.trim_start().starts_with(word));
    home || !(text.contains("${") || text.contains("{{") || text.contains("$("))
}

/// The places of the entries that `is_lax` holds for: of a list, of text between `marks`, or of the one value.
fn each<'d>(
    setting: &Setting<'d>,
    marks: &[char],
    is_lax: impl Fn(&str) -> bool,
) -> Vec<Place<'d>> {
    let is_lax = |text: &str| is_known(text) && !text.trim().is_empty() && is_lax(text.trim());
    if let Value::Seq(_) = setting.value() {
        let items = setting.item_settings().into_iter().filter(|item| !item.is_hole());
        return items
            .filter(|item| item.python_str().is_some_and(|text| is_lax(&text)))
            .map(|item| item.place())
            .collect();
    }
    match setting.python_str().filter(|_| !matches!(setting.value(), Value::Null)) {
        Some(text) if text.split(marks).any(is_lax) => vec![setting.place()],
        _ => Vec::new(),
    }
}

/// A word of the facts against an entry: as a glob when it holds a star and more.
fn fits(word: &str, entry: &str) -> bool {
    let (word, entry) = (word.to_ascii_lowercase(), entry.to_ascii_lowercase());
    // `*` and `*.*` are what people write, not what the row means by it.
    let is_glob = word.contains(|c: char| c.is_ascii_alphanumeric());
    let Some((head, rest)) = word.split_once('*').filter(|_| is_glob) else {
        return word == entry;
    };
    let Some(mut left) = entry.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    true
}

fn is_variable_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !text.starts_with(|c: char| c.is_ascii_digit())
}

fn is_plain(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    ["http", "ws"].contains(&scheme.to_ascii_lowercase().as_str())
        && !rest.starts_with(['$', '{', '<'])
        && !is_local_url(url)
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => {
            (address.trim().parse().ok()?, Some(prefix.trim().parse().ok()?))
        }
        None => (text.parse().ok()?, None),
    };
    let longest = if matches!(address, IpAddr::V4(_)) { 32 } else { 128 };
    let prefix = prefix.unwrap_or(longest);
    (prefix <= longest).then_some((address, prefix))
}

/// True when a network shares an address with the local network or this machine.
fn touches_local((address, prefix): (IpAddr, u8)) -> bool {
    const LOCAL_4: [([u8; 4], u8); 6] = [
        ([10, 0, 0, 0], 8),
        ([172, 16, 0, 0], 12),
        ([192, 168, 0, 0], 16),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16),
        ([100, 64, 0, 0], 10),
    ];
    const LOCAL_6: [(u128, u8); 3] = [(1, 128), (0xFC00 << 112, 7), (0xFE80 << 112, 10)];
    match address {
        IpAddr::V4(own) => LOCAL_4.iter().any(|(other, length)| {
            let differing = own.to_bits() ^ u32::from_be_bytes(*other);
            let shared = prefix.min(*length);
            shared == 0 || differing >> (32 - shared) == 0
        }),
        IpAddr::V6(own) => LOCAL_6.iter().any(|(other, length)| {
            let differing = own.to_bits() ^ other;
            let shared = prefix.min(*length);
            shared == 0 || differing >> (128 - shared) == 0
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_read_as_most_switches_read_them() {
        for on in [Value::Bool(true), Value::Int(1), Value::Str(" Yes ".into())] {
            assert!(reads_as(&on, true) && !reads_as(&on, false), "{on:?}");
        }
        for off in [Value::Bool(false), Value::Int(0), Value::Str("OFF".into())] {
            assert!(reads_as(&off, false) && !reads_as(&off, true), "{off:?}");
        }
        for neither in [Value::Null, Value::Str("enabled".into()), Value::Seq(Vec::new())] {
            assert!(!reads_as(&neither, true) && !reads_as(&neither, false), "{neither:?}");
        }
        assert!(is_truthy(&Value::Str("false".into())), "as Python has it");
    }

    #[test]
    fn words_may_hold_a_star() {
        assert!(fits("--remote-debugging-*", "--Remote-Debugging-Port=9222"));
        assert!(fits("*", "*") && !fits("*", "123"));
        assert!(fits("*/shared/*", "~/x/shared/y") && !fits("*/shared/*", "~/shared"));
        assert!(fits("*.*", "*.*") && !fits("*.*", "a.b"));
        assert!(fits("*dropbox*", "~/Dropbox") && !fits("a*a", "a") && fits("a*a", "aa"));
        assert!(fits("open", "Open") && !fits("open", "opened"));
    }

    #[test]
    fn plain_addresses_are_those_of_other_networks() {
        for plain in ["http://models.example/v1", "ws://203.0.113.7:9222", "HTTP://a.example"] {
            assert!(is_plain(plain), "{plain}");
        }
        for fine in [
            "https://models.example",
            "http://localhost:11434/v1",
            "http://192.168.1.5:8080",
            "http://ollama:11434",
            "http://${HOST}/v1",
            "models.example",
        ] {
            assert!(!is_plain(fine), "{fine}");
        }
    }

    #[test]
    fn networks_are_compared_by_their_bits() {
        let touches = |text: &str| network(text).is_some_and(touches_local);
        for local in ["10.1.0.0/16", "0.0.0.0/0", "192.168.0.0/8", "127.0.0.1", "fd00::/8", "::/0"]
        {
            assert!(touches(local), "{local}");
        }
        for other in ["198.18.0.0/15", "28.0.0.0/8", "2001:db8::/32", "10.0.0.0/33", "x", "1/2/3"] {
            assert!(!touches(other), "{other}");
        }
    }

    #[test]
    fn names_of_variables_have_no_dashes() {
        for name in ["BWS_ACCESS_TOKEN", "_x", "token2"] {
            assert!(is_variable_name(name), "{name}");
        }
        for other in ["0.abc", "sk-abc123", "two words", "9lives"] {
            assert!(!is_variable_name(other), "{other}");
        }
    }
}
