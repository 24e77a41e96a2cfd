//! Bytes at random, and archives with damage: no panic, and every limit holds.

use std::path::{Path, PathBuf};

use hermes_lint::source::archive::{Input, Limits, visit};
use hermes_lint::source::{Origin, Skip, Source, SourcePath, Visitor};
use proptest::prelude::*;

use super::common::pack;

/// Counts what it is shown.
#[derive(Default)]
struct Sizes {
    largest: usize,
    total: usize,
    shown: usize,
    skipped: usize,
}

impl Visitor for Sizes {
    fn wants(&mut self, _: &SourcePath, _: Origin) -> bool {
        true
    }

    fn parses(&self, path: &SourcePath) -> bool {
        path.file_name().ends_with("yaml")
    }

    fn source(&mut self, source: Source<'_>) {
        self.largest = self.largest.max(source.bytes.len());
        self.total += source.bytes.len();
        self.shown += 1;
        let shown = &source.path.display;
        assert!(shown.starts_with("outer!/") && !shown.chars().any(char::is_control), "{shown:?}");
        assert!(!shown.split('/').any(|part| part == ".." || part.is_empty()), "{shown:?}");
    }

    fn skip(&mut self, skip: Skip) {
        assert!(skip.path.display.starts_with("outer"));
        self.skipped += 1;
    }

    fn archive(&mut self, _: &SourcePath) {}

    fn held(&self) -> u64 {
        0
    }
}

const SMALL: Limits = Limits {
    max_size: 20_000,
    held: 20_000,
    total: 300_000,
    entries: 40,
    depth: 4,
    ratio: 100,
    ratio_from: 10_000,
    kept: 100_000,
    names: 2_000,
};

fn visited(bytes: &[u8]) -> Sizes {
    let mut sizes = Sizes::default();
    let path = SourcePath::new(PathBuf::from("outer"), Path::new("."));
    visit(&path, Origin::Named, Input::Bytes(bytes), &SMALL, &mut sizes);
    let mut streamed = Sizes::default();
    let (head, mut rest) = bytes.split_at(bytes.len().min(8 << 10));
    visit(&path, Origin::Named, Input::Stream(head, &mut rest), &SMALL, &mut streamed);
    for sizes in [&sizes, &streamed] {
        assert!(sizes.largest <= 40_000 + (2 << 20), "{}", sizes.largest);
        // What is decompressed is counted; what lies open is shown once for each archive around it.
        assert!(sizes.total <= 300_000 + 16 * bytes.len() + (64 << 10), "{}", sizes.total);
        assert!(sizes.shown <= 41 && sizes.skipped <= 60, "{} {}", sizes.shown, sizes.skipped);
    }
    sizes
}

/// Archives of every kind, one in another.
fn samples() -> Vec<Vec<u8>> {
    let text = b"some text, and some more\n".repeat(40);
    let files: &[pack::File<'_>] =
        &[("a/b.txt", &text), ("../c.yaml", b"a: b\n"), ("d.gz", &pack::gzip(&text))];
    let (zip, tar) = (pack::zip(files), pack::tar(files));
    vec![
        pack::zip(&[("t.tar", &tar), ("z.zip", &zip), ("x", &text)]),
        pack::tar(&[("z.zip", &zip), ("t.tgz", &pack::gzip(&tar)), ("x", &text)]),
        pack::gzip(&tar),
        pack::bzip2(&tar),
        pack::xz(&tar),
        pack::zstd(&tar),
        pack::zstd(&text),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic_or_go_beyond_its_limits(
        bytes in proptest::collection::vec(any::<u8>(), 0..4_000),
        kind in 0_usize..7,
    ) {
        visited(&bytes);
        let magic: [&[u8]; 7] = [
            b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46",
            b"\x28\xb5\x2f\xfd", b"BZh91AY&SY", b"7z\xbc\xaf\x27\x1c",
        ];
        visited(&[magic[kind], &bytes].concat());
    }

    #[test]
    fn no_damage_makes_it_panic_or_go_beyond_its_limits(
        sample in 0_usize..7,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6),
        cut in proptest::option::weighted(0.3, any::<proptest::sample::Index>()),
    ) {
        let mut bytes = samples().swap_remove(sample);
        prop_assert!(visited(&bytes).shown > 0);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        visited(&bytes);
    }
}
