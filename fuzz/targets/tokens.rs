//! Records of any bytes: no panic, every token lies in the record, and what a canonical form gives is its own
//! canonical form.
#![no_main]

use hermes_lint::audit::json::canon::{Form, Writer};
use hermes_lint::audit::json::pointer::Pointer;
use hermes_lint::audit::json::tape::{Tape, flags};
use hermes_lint::audit::time;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = time::micros(data);
    let mut tape = Tape::default();
    if let Err(broken) = tape.read(data) {
        assert!(broken.at <= data.len());
        return;
    }
    let root = *tape.root().unwrap();
    assert!(root.start <= root.end && root.end as usize <= data.len());
    let mut last = 0;
    for index in 0..root.next {
        let node = tape.node(index).unwrap();
        assert!(last <= node.start && node.start < node.end && node.end <= root.end);
        assert!(node.next > index && node.next <= root.next);
        last = node.start;
    }
    if let Ok(text) = std::str::from_utf8(data) {
        // A reader of another make takes whatever this one takes, but for what it has flags for.
        let odd =
            flags::LONE_SURROGATE | flags::NOT_FINITE | flags::FLOAT | flags::UNSAFE_INT;
        let deep = data.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > 100;
        if root.flags & odd == 0 && !deep {
            assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text:?}");
        }
        for name in Form::NAMES {
            let form = Form::named(name).unwrap();
            let (mut once, mut twice) = (Vec::new(), Vec::new());
            Writer::default().write(&tape, data, 0, form, &[], &mut once);
            let mut again = Tape::default();
            again.read(&once).unwrap();
            Writer::default().write(&again, &once, 0, form, &[], &mut twice);
            assert_eq!(once, twice, "{name}");
        }
    }
    for pointer in ["", "/a", "/a/0", "/~01"] {
        let _ = Pointer::parse(pointer).unwrap().find(&tape, data);
    }
});
