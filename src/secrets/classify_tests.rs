//! Tests of [`super`].

use super::*;

fn kind(value: &str) -> Kind {
    classify(value.as_bytes(), &Context::default()).kind
}

#[test]
fn references() {
    for value in [
        "${ZAI_API_KEY}",
        "'${X}'",
        "$X",
        "$(cat key)",
        "{{ hermes.token }}",
        "{% x %}",
        "<YOUR_TOKEN>",
        "<token from @BotFather>",
        "__HERMES_KEY__",
        "%API_KEY%",
        "op://vault/item/field",
        "vault:secret/x#y",
        "bws://abc",
        "ENC[AES256_GCM,data:xx]",
        "!ENV X",
        "os.environ[\"X\"]",
        "process.env.KEY",
        "vars.apps.hermes.token",
        "config.sops.secrets.x",
        "getenv('X')",
        "load_key(\"prod\")",
        "`pass x`",
        "${POSTGRES_PASSWORD:-x}",
        "{api_key}",
        "self.api_key",
        "sk-ant-<real>",
        "0.<machine-account-token>",
        "Bearer {os.environ['TOKEN']}",
        "{os.environ[\"TOKEN\"]}",
        "{get_token()}",
        "Bearer {get_token()}",
        "{settings['gh']['token']}",
        "{settings[",
        "sk-{api_key}",
        "{prefix}{session.token}",
        "password]",
    ] {
        assert_eq!(kind(value), Kind::Reference, "{value}");
    }
}

#[test]
fn placeholders() {
    for value in [
        "your_key_here",
        "sk-YOUR-KEY",
        "changeme",
        "CHANGE_ME_please1",
        "ChangeMe",
        "change-me",
        "user:changeme",
        "local-dev-only-change-me",
        "REPLACE_ME",
        "sk-REPLACE_ME",
        "sk-ant-DUMMY_replace_me_000000",
        "FILL_IN",
        "paste-output-of-openssl-rand-hex-32",
        "set-via-extraEnvFrom",
        "sk-or-v1-xxxxxxxx",
        "pplx-xxx",
        "m0-xxx",
        "ghp_xxxxxxxxxxxxxxxxxxxx",
        "placeholder",
        "sk-example",
        "dummy",
        "example",
        "123456789:ABCdef-GhiJklmnoPQRstuvwxyz",
        "123456789:AAExampleTokenExampleTokenExample",
        "AKIAIOSFODNN7EXAMPLE",
        "0000000000000000",
        "aaaaaaaaaaaaaaaaaaaaaaaaa",
        "sk-nous-xxx",
        "your-strong-shared-secret",
        "1234567890",
        "your-api-key",
        "my-secret-token",
        "test_key_123",
        "abcdefghijklmnop",
        "deadbeefdeadbeefdeadbeef",
        "abc",
        "abc123",
        "'abc123'",
        "\"xyz789\"",
        "123abc",
        "https://deploy:q7m2b9x4@git.example.com/x.git",
        "https://deploy:q7m2b9x4@example.org",
        "postgres://app:q7m2b9x4@db.internal.test:5432/x",
        "http://app:q7m2b9x4@localhost:8080/",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ] {
        assert_eq!(kind(value), Kind::Placeholder, "{value}");
    }
}

#[test]
fn masked() {
    for value in [
        "***",
        "***REDACTED***",
        "[REDACTED]",
        "sk-ant-...",
        "sk-2f9...b72f",
        "xoxb-…",
        "••••••••",
        "********",
    ] {
        assert!(matches!(kind(value), Kind::Redacted | Kind::Reference), "{value}");
    }
}

#[test]
fn other_kinds() {
    assert_eq!(kind(""), Kind::Empty);
    assert_eq!(kind("''"), Kind::Empty);
    assert_eq!(kind("COPILOT_GITHUB_TOKEN"), Kind::EnvName);
    assert_eq!(kind("unused"), Kind::LocalServer);
    assert_eq!(kind("no-key-required"), Kind::LocalServer);
    assert_eq!(kind("scrypt$16384$8$1$TUFTTUFT$x"), Kind::Hash);
    assert_eq!(kind("$6$salt$hash"), Kind::Hash);
    assert_eq!(kind("$6$qX7mB2vK9t"), Kind::Literal);
    assert_eq!(kind("true"), Kind::Boolean);
    assert_eq!(kind("~/.ssh/id_ed25519"), Kind::Path);
    assert_eq!(kind("./secrets.enc.yaml"), Kind::Path);
    assert_eq!(kind("keycloak_dev"), Kind::Word);
    assert_eq!(kind("minioadmin"), Kind::Word);
    assert_eq!(kind("hermes-may-discord-secrets"), Kind::Word);
    let local = Context { local_server: true, ..Context::default() };
    for word in ["ollama", "lm-studio", "omniroute-local", "strix-local", "sk-codex-proxy-local"] {
        assert_eq!(classify(word.as_bytes(), &local).kind, Kind::LocalServer, "{word}");
    }
    let voice = Context { name: Some("voice_id"), ..Context::default() };
    assert_eq!(classify(b"pNInz6obpgDQGcFmaJgB", &voice).kind, Kind::PublicIdentifier);
    let sealed = Context { sealed: true, ..Context::default() };
    assert_eq!(classify(b"AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq", &sealed).kind, Kind::Hash);
}

#[test]
fn literals() {
    for value in [
        "sk-abc123",
        "hunter2",
        "39b7c1f0-6a5e-4d2c-9b8a-1e7f3d5c2b4a",
        "Tr0ub4dor&3",
        "p4ssw0rd!x9",
        "qX7mB2vK9tLw4ZsR",
        "https://user:pw9@host/",
        "https://user:pw9@host/?to=me@localhost",
        "https://user:pw9@latest/",
        concat!("https://user:q7m2b9x4kt1", "@localhost.corp/"),
        "q7m2@localhost",
        "abc1234",
        "xyz789q",
        "p4{x}9!q7",
        "{\"token\": 91}q",
        "xkcd 7Qm blue 91",
    ] {
        assert_eq!(kind(value), Kind::Literal, "{value}");
    }
}

#[test]
fn shaped_values_keep_the_strict_tests() {
    let shaped = Context { shaped: true, ..Context::default() };
    assert_eq!(classify(b"sk-ant-api03-qX7mB2vKfake9tLw4ZsR", &shaped).kind, Kind::Literal);
    assert_eq!(classify(b"sk-ant-api03-DUMMY_replace_me_0000", &shaped).kind, Kind::Placeholder);
    assert_eq!(classify(b"ghp_0000000000000000000000000000", &shaped).kind, Kind::Placeholder);
}

#[test]
fn a_colour_is_no_secret() {
    let pass = Context { name: Some("pass"), ..Context::default() };
    for colour in ["#1a7f37", "#FFF", "#7ee787ff", "#abcd"] {
        assert_eq!(classify(colour.as_bytes(), &pass).kind, Kind::PublicIdentifier, "{colour}");
    }
    for other in ["#1a7f3", "#hunter2", "1a7f37", "#1a7f37aa99"] {
        assert_ne!(classify(other.as_bytes(), &pass).kind, Kind::PublicIdentifier, "{other}");
    }
}
