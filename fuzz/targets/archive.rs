//! Archives of any bytes: no panic, no name out of the archive in what is opened, and no more read than the limits say.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use hermes_lint::source::archive::{Input, Limits, visit};
use hermes_lint::source::{Origin, Skip, Source, SourcePath, Visitor};
use libfuzzer_sys::fuzz_target;

/// Small, so that the limits are reached.
static LIMITS: LazyLock<Limits> = LazyLock::new(|| {
    let mut limits = Limits::new(64 << 10);
    limits.total = 4 << 20;
    limits.entries = 500;
    limits
});

static OUTER: LazyLock<SourcePath> =
    LazyLock::new(|| SourcePath::new("a/outer".into(), Path::new("a")));

#[derive(Default)]
struct Count {
    bytes: u64,
    entries: u64,
}

impl Visitor for Count {
    fn wants(&mut self, path: &SourcePath, _: Origin) -> bool {
        assert_eq!(path.real, OUTER.real);
        true
    }

    fn parses(&self, path: &SourcePath) -> bool {
        path.file_name() == "config.yaml"
    }

    fn archive(&mut self, path: &SourcePath) {
        assert_eq!(path.display, OUTER.display);
    }

    fn held(&self) -> u64 {
        0
    }

    fn source(&mut self, source: Source<'_>) {
        assert_eq!(source.path.real, OUTER.real);
        assert!(source.path.display.starts_with(&OUTER.display));
        self.bytes += source.part.map_or(source.bytes.len(), |part| part.own.len()) as u64;
        self.entries += u64::from(source.part.is_none_or(|part| part.number == 0));
    }

    fn skip(&mut self, _: Skip) {}
}

fuzz_target!(|bytes: &[u8]| {
    let mut count = Count::default();
    visit(&OUTER, Origin::Named, Input::Bytes(bytes), &LIMITS, &mut count);
    assert!(count.bytes <= LIMITS.total, "{} bytes", count.bytes);
    assert!(count.entries <= LIMITS.entries as u64, "{} entries", count.entries);
});
