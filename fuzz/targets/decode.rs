//! Decoded readings of any bytes: no panic, and every byte of a reading comes from inside the original.
#![no_main]

use hermes_lint::secrets::views::{Kind, View, decode, join, notebook, runs, utf16};
use hermes_lint::span::Span;
use libfuzzer_sys::fuzz_target;

fn check(view: &View, bytes: &[u8]) {
    for at in [0, view.text.len() / 2, view.text.len().saturating_sub(1)] {
        assert!(view.original(Span::new(at, at + 1)).end <= bytes.len());
    }
    assert!(view.text.len() <= 4 * bytes.len() + 16);
}

fuzz_target!(|bytes: &[u8]| {
    let mut view = View::new();
    if utf16::view(bytes, &mut view) {
        check(&view, bytes);
    }
    if notebook::view(bytes, &mut view) {
        check(&view, bytes);
    }
    let mut found = Vec::new();
    runs::find(bytes, &mut found);
    let mut decoded = 0;
    for run in found {
        assert!(run.span.end <= bytes.len());
        if decode::run(bytes, run.span, run.kind, &mut view) {
            decoded += view.text.len();
            check(&view, bytes);
        }
    }
    // The parts of a long run overlap, and escapes are read with what stands around them.
    assert!(decoded <= 8 * bytes.len() + 4096, "{decoded} of {}", bytes.len());
    let all = Span::new(0, bytes.len());
    for kind in [Kind::Base64, Kind::Hex, Kind::Percent, Kind::Escapes, Kind::Entities] {
        if decode::run(bytes, all, kind, &mut view) {
            check(&view, bytes);
        }
    }
    for at in (0..bytes.len()).step_by(7) {
        if join::literals(bytes, at, 1024, &mut view) {
            check(&view, bytes);
        }
    }
});
