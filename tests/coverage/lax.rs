//! Homes in which one row of `settings.yaml` has something to say.

use hermes_lint::facts::{Circumstance, LaxValue, SettingFact};
use serde_json::{Map, Value, json};

use crate::seen::Case;

/// A home for each release that a row may need: what is a default in one is none in another.
pub fn cases(fact: &SettingFact) -> impl Iterator<Item = Case> {
    let text = yaml_serde::to_string(&config(fact)).expect("a config");
    [None, Some("0.21.3"), Some("0.22.2")].into_iter().map(move |release| Case {
        name: fact.key.clone(),
        release,
        files: vec![("config.yaml".to_owned(), text.clone())],
        modes: Vec::new(),
    })
}

fn config(fact: &SettingFact) -> Value {
    let mut config = json!({"model": {"provider": "openrouter"}, "approvals": {"mode": "manual"}});
    let (platform, path) = concrete(&fact.key);
    for circumstance in &fact.when {
        match circumstance.backend() {
            Some(backend) => put(&mut config, "terminal.backend", json!(backend)),
            None if *circumstance == Circumstance::Served => {
                put(&mut config, &format!("platforms.{platform}.enabled"), json!(true));
            }
            None => {}
        }
    }
    for key in &fact.needs {
        let sibling = key.strip_prefix('.').map(|name| {
            let (block, _) = path.rsplit_once('.').expect("a block");
            format!("{block}.{name}")
        });
        put(&mut config, &sibling.unwrap_or_else(|| concrete(key).1), json!(["on"]));
    }
    put(&mut config, &path, value(&fact.lax));
    config
}

/// The platform that a key speaks of, Telegram for those of any, and the key with a name in each free place.
fn concrete(key: &str) -> (&str, String) {
    let (platform, path) = match key.strip_prefix('<').and_then(|key| key.split_once(">.")) {
        None => ("telegram", key.to_owned()),
        Some((names, rest)) => {
            let first = names.split('|').next().expect("a name");
            let platform = if first == "platform" { "telegram" } else { first };
            (platform, format!("platforms.{platform}.{rest}"))
        }
    };
    (platform, path.replace('*', "acme"))
}

/// Writes `value` at a dotted path; `name[]` is the first item of a list.
fn put(config: &mut Value, path: &str, value: Value) {
    let (part, rest) = path.split_once('.').map_or((path, None), |(part, rest)| (part, Some(rest)));
    let (name, item) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
    if !config.is_object() {
        *config = Value::Object(Map::new());
    }
    let slot = config.as_object_mut().expect("a mapping").entry(name).or_insert(Value::Null);
    let slot = if item {
        if !slot.is_array() {
            *slot = json!([Value::Null]);
        }
        slot.get_mut(0).expect("an item")
    } else {
        slot
    };
    match rest {
        Some(rest) => put(slot, rest, value),
        None => *slot = value,
    }
}

/// A value on the unsafe side.
fn value(lax: &LaxValue) -> Value {
    match lax {
        LaxValue::Yes | LaxValue::Truthy => json!(true),
        LaxValue::No | LaxValue::Falsy => json!(false),
        LaxValue::Set => json!(["kx82ffkk"]),
        LaxValue::Words(words) => match words.first().map(String::as_str) {
            Some("*") => json!("*"),
            word => json!(word.unwrap_or_default().replace('*', "x")),
        },
        LaxValue::NotWords(_) => json!("kx82ffkk"),
        LaxValue::Above(limit) => json!(limit + 1.0),
        LaxValue::Zero => json!(0),
        LaxValue::Empty => json!([]),
        LaxValue::WidePath => json!("/"),
        LaxValue::BareProgram => json!("vault-program"),
        LaxValue::WideCidr(_) => json!("0.0.0.0/1"),
        LaxValue::LocalCidr => json!("10.0.0.0/8"),
        LaxValue::PlainHttp => json!("http://models.corp.net/v1"),
        LaxValue::FloatingImage => json!("acme/sandbox"),
        LaxValue::NoName => json!("not a name"),
        LaxValue::SecretName | LaxValue::PassingSecretName => json!("AWS_SECRET_ACCESS_KEY"),
    }
}
