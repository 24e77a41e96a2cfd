use super::*;

fn sieve() -> Sieve {
    Sieve::new(std::iter::empty::<(&[u8], bool)>())
}

fn runs(text: &[u8]) -> Vec<Span> {
    let mut found = Vec::new();
    sieve().scan(text, |met| {
        if let Met::Run(run) = met {
            found.push(run);
        }
    });
    found
}

/// What the pass is for, said without blocks: maximal runs, long enough, that look generated.
fn naive(text: &[u8]) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = 0;
    for run in text.split(|&b| !is_inside(b)) {
        if run.len() >= SHORTEST && looks_random(run) {
            found.push(Span::new(at, at + run.len()));
        }
        at += run.len() + 1;
    }
    found
}

#[test]
fn every_random_run_is_met_wherever_it_lies() {
    let piece = "q7Lw2kT4wQ9zL3v";
    for before in 0..140 {
        for after in [0, 1, 7, 8, 9, 63, 64, 65] {
            let text = format!("{}{piece}{}", " ".repeat(before), " ".repeat(after));
            assert_eq!(runs(text.as_bytes()), [Span::new(before, before + 15)], "{before} {after}");
        }
    }
}

#[test]
fn what_no_credential_can_be_is_passed_over() {
    assert!(runs("a1b2c3d4e5f6g7 ".repeat(400).as_bytes()).is_empty(), "too short");
    assert!(runs("\n  some_rather_long_identifier\n".repeat(400).as_bytes()).is_empty());
    assert!(runs(b"").is_empty());
}

#[test]
fn a_run_is_reported_once_however_long() {
    for length in [60, 63, 64, 65, 66, 127, 128, 129, 4000, 4096, 5000, 70_000] {
        let long = "q7Lw2kT4".repeat(length / 8 + 1);
        let text = format!("x {} y", &long[..length]);
        assert_eq!(runs(text.as_bytes()), [Span::new(2, 2 + length)], "{length}");
    }
}

#[test]
fn finds_all_occurrences_in_any_case() {
    let words: [(&[u8], bool); 6] = [
        (b"password", true),
        (b"://", false),
        (b"-----BEGIN", false),
        (b"_key", false),
        (b"_keyPass", false),
        (b"ab", false),
    ];
    let sieve = Sieve::new(words.iter().copied());
    let mut found = Vec::new();
    let text = b"Password PASSWORD a_passWord://x assword ab_key-----BEGIN_keyPassWord://";
    sieve.scan(text, |met| {
        if let Met::Literal(literal, at) = met {
            found.push((at, literal));
        }
    });
    found.sort_unstable();
    let expected =
        [(0, 0), (9, 0), (20, 0), (28, 1), (43, 3), (47, 2), (57, 3), (57, 4), (61, 0), (69, 1)];
    assert_eq!(found, expected);
}

proptest::proptest! {
    #[test]
    fn agrees_with_a_naive_reading(
        pieces in proptest::collection::vec(
            proptest::prop_oneof!["[a-zA-Z0-9]{1,90}", "[-_=+/., \"\n]{1,3}", "[a-z]{1,9}://", "\u{e9}"],
            0..120,
        )
    ) {
        let text = pieces.concat().into_bytes();
        proptest::prop_assert_eq!(runs(&text), naive(&text));
        let sieve = Sieve::new([(&b"://"[..], false)].into_iter());
        let mut found = Vec::new();
        sieve.scan(&text, |met| {
            if let Met::Literal(0, at) = met {
                found.push(at);
            }
        });
        let expected: Vec<usize> =
            (0..text.len()).filter(|&at| text[at..].starts_with(b"://")).collect();
        proptest::prop_assert_eq!(found, expected);
    }
}
