//! Tests of [`super`].

use super::*;

fn spec(id: &str, keywords: &[&str], pattern: &str) -> DetectorSpec {
    DetectorSpec {
        id: id.to_owned().into(),
        what: "x".into(),
        confidence: Confidence::High,
        keywords: keywords.iter().map(|&word| word.to_owned().into()).collect(),
        pattern: pattern.to_owned().into(),
        literal: true,
        ..DetectorSpec::BLANK
    }
}

fn scan(specs: Vec<DetectorSpec>, text: &str) -> Vec<(String, String)> {
    let engine = Engine::new(specs).unwrap();
    engine.compile().unwrap();
    let mut found = Vec::new();
    engine.scan(text.as_bytes(), Default::default, &mut found);
    found
        .iter()
        .filter_map(|c| {
            let secret = String::from_utf8_lossy(c.span.of(text.as_bytes())).into_owned();
            Some((engine.spec(c)?.id.to_string(), secret))
        })
        .collect()
}

#[test]
fn tokens_end_where_their_characters_end() {
    let specs = || vec![spec("a", &["zz_"], "zz_[a-z]{5}")];
    let hit = |text: &str| scan(specs(), text).len();
    assert_eq!(hit("zz_qmfkt"), 1);
    assert_eq!(hit("\"zz_qmfkt\""), 1);
    assert_eq!(hit("x=zz_qmfkt&y"), 1);
    assert_eq!(hit("a\\nzz_qmfkt\\n"), 1);
    assert_eq!(hit("%20zz_qmfkt"), 1);
    assert_eq!(hit("fizz_qmfkt"), 0);
    assert_eq!(hit("-zz_qmfkt"), 0);
    assert_eq!(hit("zz_qmfkty"), 0);
    assert_eq!(hit("zz_qmfkt-x"), 0);
}

#[test]
fn the_more_specific_detector_wins() {
    let specs =
        vec![spec("a", &["sk-"], "sk-[a-z-]{5,}"), spec("b", &["sk-or-"], "sk-or-[a-z]{5,}")];
    assert_eq!(scan(specs, "k: sk-or-qmfktw"), [("b".to_owned(), "sk-or-qmfktw".to_owned())]);
}

#[test]
fn keys_need_a_secret_name_and_a_value() {
    let keyed = || {
        let mut keyed = spec("m", &[], "[a-z0-9]{8}");
        keyed.literal = false;
        keyed.keys = vec!["mistral".into()].into();
        vec![keyed]
    };
    let hit = |text: &str| scan(keyed(), text).len();
    assert_eq!(hit("MISTRAL_API_KEY=q7m2b9x4"), 1);
    assert_eq!(hit("mistral_api_key: \"q7m2b9x4\""), 1);
    assert_eq!(hit("mistralApiKey = 'q7m2b9x4'"), 1);
    assert_eq!(hit("MISTRAL_MODEL=q7m2b9x4"), 0);
    assert_eq!(hit("MISTRAL_API_KEY_ENV=q7m2b9x4"), 0);
    assert_eq!(hit("mistral_api_key=q7m2b9x4.lower()"), 0);
    assert_eq!(hit("mistral_api_key=q7m2b9x4(x)"), 0);
    assert_eq!(hit("Authorization: q7m2b9x4 mistral"), 0);
}

#[test]
fn near_and_before_look_beside_the_keyword() {
    let mut near = spec("n", &["discord"], "[A-Za-z0-9]{16}");
    (near.near, near.literal) = (20, false);
    let mut before = spec("b", &[":AA"], "[0-9]{4}:AA[a-z]{4}");
    before.before = 4;
    assert_eq!(scan(vec![near.clone()], "discord token Q7mF2kT4wQ9zL3vX").len(), 1);
    assert_eq!(scan(vec![near.clone()], "discord\nQ7mF2kT4wQ9zL3vX").len(), 0);
    assert_eq!(scan(vec![near], "discord token far far far away Q7mF2kT4wQ9zL3vX").len(), 0);
    assert_eq!(scan(vec![before.clone()], "x 8291:AAqmfk")[0].1, "8291:AAqmfk");
    assert_eq!(scan(vec![before], "18291:AAqmfk").len(), 0);
}

#[test]
fn context_must_stand_on_the_line() {
    let mut one = spec("c", &["app-"], "app-[a-z]{6}");
    one.context = vec!["Dify".into()].into();
    assert_eq!(scan(vec![one.clone()], "DIFY_KEY=app-qmfktw").len(), 1);
    assert_eq!(scan(vec![one], "dify:\n  app-qmfktw").len(), 0);
}

#[test]
fn mistakes_in_the_data_are_named() {
    let error = Engine::new(vec![spec("a", &["zz_"], "x"), spec("a", &["zz_"], "x")]).unwrap_err();
    assert_eq!((error.detector.as_str(), error.field), ("a", "id"));
    let engine = Engine::new(vec![spec("a", &["zz_"], "(")]).unwrap();
    assert_eq!(engine.compile().unwrap_err().field, "pattern");
    assert_eq!(Engine::new(vec![spec("a", &["zz"], "x")]).unwrap_err().field, "keywords");
}

#[test]
fn a_vendor_beside_a_digest_or_an_address_is_not_asked() {
    let mut near = spec("n", &["discord"], "[A-Za-z0-9]{16}");
    (near.near, near.literal) = (40, false);
    let hit = |text: &str| scan(vec![near.clone()], text).len();
    assert_eq!(hit(r#"{"discord": 1, "value": "Q7mF2kT4wQ9zL3vX"}"#), 1);
    assert_eq!(hit(r#"{"discord": 1, "sha256": "Q7mF2kT4wQ9zL3vX"}"#), 0);
    assert_eq!(hit(r#"{"discord": 1, "url": "https://example.org/Q7mF2kT4wQ9zL3vX"}"#), 0);
    assert_eq!(hit(r#"{"url": "https://discord.example/Q7mF2kT4wQ9zL3vX"}"#), 1);
}

proptest::proptest! {
    #[test]
    fn what_detectors_share_rules_none_of_them_out(
        scheme in "postgres|https|[a-z]{2,5}",
        joint in "://",
        user in "[a-z]{0,6}:?",
        rest in "[A-Za-z0-9_/.]{0,30}[@@?\" ]?[a-z0-9/]{0,6}",
        more in "[ /]?(https://[a-z]{0,30}@?h)?",
    ) {
        let text = format!("{scheme}{joint}{user}{rest}{more}");
        let engine = Engine::with_builtin(Vec::new()).unwrap();
        let of = |waker: &Waker| &engine.detectors[usize::from(waker.detector)];
        let by_scheme = |waker: &Waker| of(waker).spec.keywords.iter().any(|word| word == "://");
        let literal =
            engine.literal_wakers.iter().position(|wakers| wakers.iter().any(by_scheme)).unwrap();
        let wakers = &engine.literal_wakers[literal];
        proptest::prop_assert!(wakers.len() > 1);
        for (start, _) in text.match_indices("://") {
            let matches = |waker: &Waker| {
                let regex = of(waker).regex().unwrap();
                regex.find_iter(text.as_bytes()).any(|m| m.range().contains(&start))
            };
            let may = engine.may_wake(literal, text.as_bytes(), start);
            proptest::prop_assert!(may || !wakers.iter().any(matches), "{text}");
        }
    }
}

#[test]
fn long_lines_of_keywords_stay_linear() {
    let text = "sk-or-".repeat(200_000);
    let specs =
        vec![spec("a", &["sk-"], "sk-[a-z]{40}"), spec("b", &["sk-or-"], "sk-or-[a-z]{40}")];
    let start = std::time::Instant::now();
    assert!(scan(specs, &text).is_empty());
    assert!(start.elapsed().as_secs() < 5);
}

#[test]
fn a_vendor_is_told_by_the_blocks_around_a_name_and_by_its_line() {
    let scan = |text: &str| {
        let mut keyed = spec("m", &[], "[a-zA-Z0-9]{16}");
        (keyed.literal, keyed.keys) = (false, vec!["mistral".into()].into());
        let engine = Engine::new(vec![keyed]).unwrap();
        let mut found = Vec::new();
        engine.scan(text.as_bytes(), Default::default, &mut found);
        let told = found.iter().find(|c| engine.spec(c).is_some());
        told.map(|c| c.note.map(|note| note.to_string()).unwrap_or_default())
    };
    let value = "Q7mF2kT4wQ9zL3vX";
    for text in [
        format!("mistral:\n  # x\n  api_key: {value}\n"),
        format!("providers:\n  - mistral:\n      model: m\n\n      api_key: '{value}'\n"),
        format!("{{\"mistral\": {{\n  \"url\": \"u\",\n  \"apiKey\": \"{value}\"}}}}"),
        format!("[other]\na = 1\n[mistral]\nurl = \"x\"\napi_key = \"{value}\"\n"),
    ] {
        assert!(scan(&text).is_some_and(|note| note.contains("block")), "{text}");
    }
    for text in [format!("Mistral.connect(key, '{value}')"), format!("mistral token {value}")] {
        assert!(scan(&text).is_some_and(|note| note.contains("line")), "{text}");
    }
    for text in [
        format!("mistral:\n  model: m\nother:\n  api_key: {value}\n"),
        format!("[mistral]\nurl = 1\n[other]\napi_key = \"{value}\"\n"),
        format!("Mistral.connect('{value}')"),
        format!("MISTRAL_TOKEN_FILE={value}"),
    ] {
        assert_eq!(scan(&text), None, "{text}");
    }
}

#[test]
fn hidden_tokens_are_found_where_they_stand() {
    use crate::secrets::template::{BASE64, encode};
    let token = ["zz_Q7mF2kT4wQ", "9zL3vX8rB5nH6jD1cG0pS"].concat();
    let text = format!("token={token};");
    let base64 = encode(text.as_bytes(), BASE64);
    let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
    let escaped: String = text.chars().map(|c| format!("\\u{:04x}", c as u32)).collect();
    let (a, b) = token.split_at(15);
    let specs = || {
        let mut one = spec("z", &["zz_"], "zz_[A-Za-z0-9]{31}");
        one.literal = false;
        vec![one]
    };
    let wide: Vec<u8> = std::iter::once('\u{feff}')
        .chain(format!("key: {token}\n").chars())
        .flat_map(|c| (c as u16).to_le_bytes())
        .collect();
    let engine = Engine::new(specs()).unwrap();
    for (bytes, inside) in [
        (format!("data: {base64}\n").into_bytes(), base64.as_str()),
        (format!("x = \"{hex}\"\n").into_bytes(), hex.as_str()),
        (format!("{{\"x\": \"{escaped}\"}}").into_bytes(), escaped.as_str()),
        (format!("key = \"{a}\" +\n    \"{b}\"\n").into_bytes(), a),
        (wide, ""),
    ] {
        let mut found = Vec::new();
        engine.scan(&bytes, Nature::default, &mut found);
        found.retain(|c| engine.spec(c).is_some());
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(found.len(), 1, "{shown}");
        let place = found[0].span.of(&bytes);
        let at = memchr::memmem::find(&bytes, inside.as_bytes()).unwrap();
        if inside.is_empty() {
            assert_eq!(place.len(), token.len() * 2);
        } else if inside == a {
            assert_eq!(found[0].span.start, at);
            assert!(place.ends_with(b.as_bytes()), "{shown}");
        } else {
            // The token begins after `token=`, and an encoded group counts whole.
            let scale = inside.len() as f64 / text.len() as f64;
            let expected = at as f64 + 6.0 * scale;
            assert!((found[0].span.start as f64 - expected).abs() <= 4.0, "{shown}");
            assert!(found[0].note.is_some());
        }
    }
}

#[test]
fn a_literal_further_on_hides_no_name_of_a_run() {
    let engine = Engine::new(Vec::new()).unwrap();
    let text =
        crate::secrets::template::expand("nonce: {hex:32}\n\npassword: kx7#pq2v\n", 3).unwrap();
    let mut found = Vec::new();
    engine.scan(text.as_bytes(), Nature::default, &mut found);
    let names: Vec<&[u8]> = found
        .iter()
        .filter_map(|c| match c.origin {
            Origin::Context { name, .. } => Some(name.of(text.as_bytes())),
            Origin::Detector(_) => None,
        })
        .collect();
    assert_eq!(names, [&b"nonce"[..], b"password"]);
}

#[test]
fn what_is_shown_counts_less_than_what_is_used() {
    use Confidence::{High, Low, Medium};
    let mut anybody = spec("anybody", &["yy_"], "yy_[a-z]{5}");
    anybody.confidence = Medium;
    let engine = Engine::new(vec![spec("own", &["zz_"], "zz_[a-z]{5}"), anybody]).unwrap();
    let judged = |path: &str, text: &str| {
        let mut found = Vec::new();
        engine.scan(text.as_bytes(), || Nature::of(path, text.as_bytes()), &mut found);
        found.iter().map(|c| c.confidence).collect::<Vec<_>>()
    };
    let all = "zz_qmfkt yy_qmfkt\npassword = 'kx7#pq2v'\n";
    for (path, text, expected) in [
        ("src/a.py", all, [High, Medium, Medium]),
        ("examples/a.py", all, [High, Medium, Medium]),
        ("README.md", all, [High, Medium, Medium]),
        ("a.txt", all, [High, Medium, Medium]),
        ("pkg/examples/a.rst", all, [Medium, Low, Low]),
        ("docs/a.md", all, [High, Low, Low]),
        ("a.py", &format!("def f():\n    \"\"\"Shows.\n    {all}\"\"\"\n"), [Medium, Low, Low]),
        ("a.py", &format!("text = \"\"\"\n{all}\"\"\"\n"), [High, Medium, Medium]),
    ] {
        assert_eq!(judged(path, text), expected, "{path}: {text}");
    }
}

#[test]
fn hashes_are_no_passwords_in_programs() {
    let text = crate::secrets::template::expand("x = '$2b$05${alnum:53}'", 3).unwrap();
    let engine = Engine::with_builtin(Vec::new()).unwrap();
    let judged = |path: &str| {
        let mut found = Vec::new();
        engine.scan(text.as_bytes(), || Nature::of(path, text.as_bytes()), &mut found);
        found.first().map(|c| c.confidence)
    };
    assert_eq!(judged("users.ini"), Some(Confidence::High));
    assert_eq!(judged("test/users.ini"), Some(Confidence::Low));
    assert_eq!(judged("src/auth.go"), Some(Confidence::Low));
}

#[test]
fn signatures_and_badges_are_shown_to_everybody() {
    let engine = Engine::with_builtin(Vec::new()).unwrap();
    for (text, expected) in [
        ("{'x-hub-signature': '{hex:40}'}", Some(Confidence::Low)),
        ("{'x-hub-key': '{hex:40}'}", Some(Confidence::Medium)),
        ("https://ci.corp/a/badge.svg?key={hex:40}", Some(Confidence::Low)),
        ("https://ci.corp/a/badge?key={hex:40}", Some(Confidence::Low)),
        ("https://ci.corp/a/upload?key={hex:40}", Some(Confidence::Medium)),
        ("key = b'{hex:40}'", Some(Confidence::Medium)),
    ] {
        let text = crate::secrets::template::expand(text, 3).unwrap_or_else(|_| {
            text.replace("{hex:40}", &crate::secrets::template::expand("{hex:40}", 3).unwrap())
        });
        let mut found = Vec::new();
        engine.scan(text.as_bytes(), || Nature::of("a.js", text.as_bytes()), &mut found);
        assert_eq!(found.first().map(|c| c.confidence), expected, "{text}");
    }
}

#[test]
fn cells_of_a_notebook_are_read_as_the_program_they_are() {
    let engine = Engine::with_builtin(Vec::new()).unwrap();
    let value = "q7Lw2kT4wQ9zL3vXb8Rn";
    let text = format!(
        r#"{{"cells": [{{"source": "import x\napi_key = \"{value}\"\nx.go()\n", "outputs": []}}]}}"#
    );
    let names = |path| {
        let mut found = Vec::new();
        let place = Where { path, commit: None };
        let nature = || Nature { language: Language::Json, ..Nature::default() };
        engine.scan_at(text.as_bytes(), place, nature, &mut found);
        let of = |span: Span| String::from_utf8_lossy(span.of(text.as_bytes())).into_owned();
        found
            .iter()
            .filter_map(|candidate| match candidate.origin {
                Origin::Context { name, .. } => Some((of(name), of(candidate.span))),
                Origin::Detector(_) => None,
            })
            .collect::<Vec<_>>()
    };
    let cell = [("api_key".to_owned(), value.to_owned())];
    assert_eq!(names(Some("a/b.ipynb")), cell);
    // The break before the name is no part of it in mere JSON, either.
    assert_eq!(names(Some("a/b.json")), cell);
}
