//! The secret engine on any bytes: no panic, spans inside the text, and work in proportion to its length.
//!
//! An input whose first byte is odd is read as a recipe: each further byte is a piece of what the engine looks for,
//! or repeats what there is. So the fuzzer need not guess forty-byte literals.
#![no_main]

use std::sync::LazyLock;

use hermes_lint::secrets::context::{MARKS, WORDS};
use hermes_lint::secrets::{DETECTORS, Engine, Nature};
use libfuzzer_sys::fuzz_target;

/// Most bytes that are looked at again for each one there is: four budgets, and what may be decoded.
const FACTOR: usize = 150;
const LONGEST: usize = 1 << 16;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::with_builtin(Vec::new()).unwrap());

static PIECES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let fixed = [
        "=", ":", "\"", "'", " ", "\n", "\\", "://", "@", "{", "}", "<", ">", "+", "%3D", "\\x41", "&quot;", "-----BEGIN ",
        "a1B2c3D4e5F6", "0123456789abcdef", "q7m2b9x4kt1wz", "dGhlIHF1aWNrIGJyb3duIGZveCBq",
    ];
    let keywords = DETECTORS.iter().flat_map(|spec| spec.keywords.iter().chain(spec.keys.iter()));
    let words = MARKS.iter().chain(WORDS.iter()).map(|word| (*word).to_owned());
    fixed.map(str::to_owned).into_iter().chain(words).chain(keywords.map(|word| word.to_string())).collect()
});

fn cooked(recipe: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for step in recipe.chunks(2) {
        let [kind, pick] = *step else { break };
        let index = usize::from(kind >> 2) * 256 + usize::from(pick);
        match kind & 3 {
            // What there is, again.
            3 if text.len() < LONGEST / 2 => text.extend_from_within(..),
            3 => break,
            _ => text.extend(PIECES[index % PIECES.len()].bytes()),
        }
    }
    text.truncate(LONGEST);
    text
}

fuzz_target!(|data: &[u8]| {
    let cooked_text;
    let text = match data.split_first() {
        Some((first, recipe)) if first & 1 == 1 => {
            cooked_text = cooked(recipe);
            &cooked_text
        }
        _ => data,
    };
    let mut found = Vec::new();
    let effort = ENGINE.scan(text, || Nature::of("a.txt", text), &mut found);
    assert!(effort.looked <= FACTOR * (text.len() + 4096), "{effort:?} for {} bytes", text.len());
    for pair in found.windows(2) {
        assert!(pair[0].span.start <= pair[1].span.start);
    }
    for candidate in &found {
        assert!(candidate.span.end <= text.len() && candidate.whole.end <= text.len());
    }
});
