//! Holds the detector data to what it promises: each example is found by its own detector, with the
//! right span, and no counter-example is.

use std::fs;
use std::path::{Path, PathBuf};

use super::lint::{Level, lint_with};
use super::{Candidate, DetectorSpec, Engine, SpecFile};

/// How often each example is drawn.
const SEEDS: u64 = 40;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/secrets")
}

fn files() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

pub(super) fn specs() -> Vec<DetectorSpec> {
    let mut specs = Vec::new();
    for (name, text) in files() {
        let file: SpecFile =
            yaml_serde::from_slice(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        specs.extend(file.into_specs(&name).unwrap_or_else(|e| panic!("{e}")));
    }
    specs
}

fn engine() -> Engine {
    let engine = Engine::new(specs()).unwrap_or_else(|e| panic!("{e}"));
    engine.compile().unwrap_or_else(|e| panic!("{e}"));
    engine
}

fn scan(engine: &Engine, text: &str) -> Vec<Candidate> {
    let mut found = Vec::new();
    engine.scan(text.as_bytes(), Default::default, &mut found);
    // What the context tells is tested where it is read; an example is none of the detector's finds.
    found.retain(|candidate| {
        engine.spec(candidate).is_some() && candidate.note != Some(super::Note::Example)
    });
    found
}

/// What is wrong with the detectors of one half of the data, beside those of the other half: two tests, so that
/// two cores share the work.
fn wrong(half: usize) -> Vec<String> {
    let specs = specs();
    let (a, b) = specs.split_at(specs.len() / 2);
    let (own, beside) = if half == 0 { (a, b) } else { (b, a) };
    lint_with(own, beside, SEEDS)
        .iter()
        .filter(|problem| problem.level == Level::Error)
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_first_half_of_the_detectors_keeps_its_promises() {
    let wrong = wrong(0);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_second_half_of_the_detectors_keeps_its_promises() {
    let wrong = wrong(1);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_data_itself_holds_no_token() {
    let engine = engine();
    for (name, text) in files() {
        let found = scan(&engine, str::from_utf8(&text).unwrap());
        let ids: Vec<_> =
            found.iter().map(|c| (engine.spec(c).unwrap().id.as_ref(), c.span.start)).collect();
        assert!(ids.is_empty(), "{name}: {ids:?}");
    }
}

#[test]
fn errors_name_the_file_and_the_field() {
    let text = "provider: X\ndetectors:\n  - {id: a b, what: x, severity: error, confidence: high, keywords: [abcd], pattern: x}";
    let file: SpecFile = yaml_serde::from_str(text).unwrap();
    let error = file.into_specs("x.yaml").unwrap_err().to_string();
    assert!(
        error.contains("x.yaml") && error.contains("`a b`") && error.contains("`id`"),
        "{error}"
    );
    let unknown =
        yaml_serde::from_str::<SpecFile>("provider: X\ndetectors: []\nextra: 1").unwrap_err();
    assert!(unknown.to_string().contains("extra"));
}

/// Text made of keywords, separators and pieces of tokens, in random order.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let specs = specs();
    let words: Vec<&str> = specs
        .iter()
        .flat_map(|s| s.keywords.iter().chain(s.keys.iter()))
        .map(AsRef::as_ref)
        .collect();
    let glue = [
        "=", ": ", "\"", "'", "\n", " ", "://", "@", "\\", "<", "${", "%", "\u{e9}", "eyJ",
        "a1B2c3", ".", "-", "_", "\0", "Bearer ",
    ];
    let mut state = seed;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let mut text = Vec::new();
    while text.len() < length {
        match next() % 3 {
            0 => text.extend_from_slice(words[next() % words.len()].as_bytes()),
            1 => text.extend_from_slice(glue[next() % glue.len()].as_bytes()),
            _ => text.push((next() % 256) as u8),
        }
    }
    text
}

#[test]
fn no_bytes_make_it_panic() {
    let engine = engine();
    for seed in 0..200 {
        let text = noise(seed, 2000);
        let mut found = Vec::new();
        engine.scan(&text, Default::default, &mut found);
        for candidate in &found {
            assert!(candidate.span.end <= text.len() && candidate.whole.contains(candidate.span));
            let detected = matches!(candidate.origin, super::Origin::Detector(_));
            assert_eq!(engine.spec(candidate).is_some(), detected);
        }
        assert!(found.windows(2).all(|w| w[0].span.end <= w[1].span.start), "sorted, no overlap");
        for found in super::assignments(&text) {
            assert!(found.value.end <= text.len() && found.name.end <= found.value.start);
        }
        for end in 0..text.len().min(60) {
            let _ = super::classify(&text[..end], &super::Context::default());
        }
    }
}

#[test]
fn time_grows_with_length_only() {
    let engine = engine();
    let time = |text: &[u8]| {
        let start = std::time::Instant::now();
        engine.scan(text, Default::default, &mut Vec::new());
        let _ = super::assignments(text);
        start.elapsed().as_secs_f64()
    };
    let dashes = "-".repeat(5);
    let begin = format!("{dashes}BEGIN RSA PRIVATE KEY{dashes}\n");
    let pieces = [
        "sk-",
        "eyJ.",
        "-eyJa.",
        "://a:b",
        "token=",
        "api_key: \"",
        "discord ",
        &begin,
        "aws_secret.",
        "a",
        "=",
        "--token ",
    ];
    for piece in pieces {
        let best = |length: usize| {
            let text = piece.repeat(length / piece.len());
            (0..3).map(|_| time(text.as_bytes())).fold(f64::MAX, f64::min)
        };
        let short = best(40_000);
        let long = best(400_000);
        // Ten times the text: far below the hundred times of a quadratic pass, with room for noise.
        assert!(long < short * 40.0 + 0.05, "{piece:?}: {short} s, then {long} s");
    }
}
