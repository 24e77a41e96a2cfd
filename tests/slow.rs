//! No text makes the engine work out of proportion: what it looks at again stays within a factor of the length.
//!
//! Texts are put together of what the engine looks for. Work is counted, not timed, so that the test says the same on any
//! machine; `benches/slow-inputs.py` measures seconds.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

use std::sync::LazyLock;

use hermes_lint::secrets::context::{MARKS, WORDS};
use hermes_lint::secrets::template::expand;
use hermes_lint::secrets::{DETECTORS, Effort, Engine, MOST_FOUND, Nature};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Most bytes that are looked at again for each byte of a text.
const FACTOR: usize = 100;
/// How long the texts are.
const LENGTH: usize = 12 << 10;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::with_builtin(Vec::new()).expect("data"));

/// What may stand between two words.
const JOINTS: [&str; 24] = [
    "", " ", "=", ": ", "\"", "\": \"", "' => '", "\n", ",", "://", "@", "\\", "{", "}", "<", ">",
    "(", " + ", "\" + \"", "%3D", "\\x3d", "&quot;", "-", "/",
];

/// What may be a value, or a part of a token.
const RUNS: [&str; 10] = [
    "a1B2c3D4e5F6",
    "0123456789abcdef",
    "q7m2b9x4kt1wz",
    "hunter2",
    "x",
    "dGhlIHF1aWNrIGJyb3duIGZveCBq",
    "\\x41\\x42",
    "user:pw@",
    "7061737377",
    "é",
];

fn work(text: &[u8]) -> Effort {
    let mut found = Vec::new();
    ENGINE.scan(text, || Nature::of("a.txt", text), &mut found)
}

/// A word that the engine looks for, or a run.
fn word() -> impl Strategy<Value = String> {
    let keywords = DETECTORS.iter().flat_map(|spec| spec.keywords.iter().chain(spec.keys.iter()));
    let keywords: Vec<String> = keywords.map(|word| word.to_string()).collect();
    let named = MARKS.iter().chain(WORDS.iter()).map(|word| (*word).to_owned()).collect::<Vec<_>>();
    prop_oneof![
        3 => prop::sample::select(keywords),
        3 => prop::sample::select(named),
        2 => prop::sample::select(&RUNS[..]).prop_map(str::to_owned),
    ]
}

/// A few words and joints, said once or over and over, to `LENGTH` bytes.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let part = (word(), prop::sample::select(&JOINTS[..])).prop_map(|(word, joint)| word + joint);
    let unit = prop::collection::vec((part, 1_usize..4), 1..5).prop_map(|parts| {
        parts.iter().map(|(part, times)| part.repeat(*times)).collect::<String>()
    });
    prop::collection::vec(unit, 1..4).prop_map(|units| {
        let share = LENGTH / units.len();
        units.iter().flat_map(|unit| unit.bytes().cycle().take(share)).collect()
    })
}

fn for_each_text(cases: u32, check: impl Fn(Vec<u8>) -> Result<(), TestCaseError>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    runner.run(&text(), check).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn work_stays_within_a_factor_of_the_length() {
    for_each_text(200, |text| {
        let effort = work(&text);
        prop_assert!(effort.looked <= FACTOR * text.len(), "{effort:?}");
        Ok(())
    });
}

#[test]
fn twice_the_text_is_twice_the_work() {
    for_each_text(60, |text| {
        let (once, twice) = (work(&text).looked, work(&text.repeat(2)).looked);
        // Where the two meet, something more may begin. Four times would be the square.
        prop_assert!(twice <= 5 * once / 2 + 64 * 1024, "{once} and then {twice}");
        Ok(())
    });
}

#[test]
fn what_is_too_dense_is_told() {
    // Each of the names before a value may own all of it, up to where its reading ends.
    let names = "password=".repeat(2000);
    let effort = work(names.as_bytes());
    assert!(effort.unread.first().is_some_and(|span| span.start < 4096), "{effort:?}");
    assert!(!effort.full);
    // What people write is looked through whole, however much of it is credentials.
    let lines =
        (0..400).map(|n| format!("db{n}.password = \"q7m2b9{n}x4kt\"\n")).collect::<String>();
    let effort = work(lines.as_bytes());
    assert_eq!((effort.unread, effort.full), (Vec::new(), false));
}

#[test]
fn a_list_of_credentials_is_read_up_to_a_number() {
    let list = |count: usize| {
        (0..count).map(|n| format!("db{n}.password = \"q7m2b9{n}x4kt\"\n")).collect::<String>()
    };
    let scan = |text: &str| {
        let mut found = Vec::new();
        let nature = || Nature::of("a.properties", text.as_bytes());
        (ENGINE.scan(text.as_bytes(), nature, &mut found), found)
    };
    let most = list(MOST_FOUND);
    let (effort, found) = scan(&most);
    assert_eq!((found.len(), effort.full), (MOST_FOUND, false));
    let (effort, found) = scan(&list(MOST_FOUND + 500));
    assert_eq!((found.len(), effort.full), (MOST_FOUND, true));
    // All that was passed over is told: it holds what was not found, and nothing that was.
    let [rest] = &*effort.unread else { panic!("{:?}", effort.unread) };
    assert!(found.iter().all(|one| one.span.end <= rest.start), "{rest:?}");
    assert_eq!(rest.start, most.len() + "db4096.".len());
    assert_eq!(rest.end, list(MOST_FOUND + 500).len());
}

#[test]
fn a_flood_of_names_hides_no_token() {
    let token = expand("ghp_{alnum:36}", 7).unwrap();
    for word in ["password=", "secret:key:token:", "password: hunter2 ", "api_key = 'x'; "] {
        let text = format!("{}\nx {token} y\n", word.repeat(2_000_000 / word.len()));
        let mut found = Vec::new();
        let effort = ENGINE.scan(text.as_bytes(), Nature::default, &mut found);
        assert!(!effort.unread.is_empty(), "{word}");
        let at = text.len() - token.len() - 3;
        assert!(found.iter().any(|one| one.span.start == at), "{word}: {:?}", found.last());
    }
}
