//! Another tool's rule file, and patterns: read, translated, run on a text of its own, in bounded time.
#![no_main]

use hermes_lint::secrets::import::read;
use hermes_lint::secrets::pattern::{Pattern, Place};
use hermes_lint::secrets::{Engine, Nature, template};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Ok(imported) = read(text, &mut |_| Err("there are no other files".to_owned())) {
        for note in &imported.notes {
            let _ = note.to_string();
        }
        let engine = Engine::new(Vec::new()).unwrap().with_imported(imported);
        let mut found = Vec::new();
        engine.scan(data, Nature::default, &mut found);
    }
    if let Ok(pattern) = Pattern::parse(text) {
        let _ = (pattern.shortest(), pattern.longest(), pattern.literals(), pattern.bytes());
        let _ = pattern.proves(&["key-", "ab"], true, Place::Anywhere);
    }
    if text.len() < 200 {
        let _ = template::expand(text, 1);
    }
});
