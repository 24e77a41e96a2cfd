mod hostile;

use std::io::Write;
use std::path::{Path, PathBuf};

use rawzip::CompressionMethod;

use super::*;
use crate::source::{Source, parts};
use crate::span::Position;

#[derive(Default)]
struct Log {
    read: Vec<(String, String)>,
    skipped: Vec<(String, &'static str)>,
    bytes: usize,
    largest: usize,
    /// What it says that it keeps of each source.
    keeps: u64,
    held: u64,
    /// Keep no texts: for large archives.
    quiet: bool,
}

impl Visitor for Log {
    fn wants(&mut self, path: &SourcePath, _: Origin) -> bool {
        !path.display.contains("unwanted")
    }

    fn parses(&self, path: &SourcePath) -> bool {
        path.file_name() == "config.yaml"
    }

    fn archive(&mut self, path: &SourcePath) {
        assert_eq!(path.display, "a/outer");
    }

    fn held(&self) -> u64 {
        self.held
    }

    fn source(&mut self, source: Source<'_>) {
        assert_eq!(source.path.real, Path::new("a/outer"), "never a name out of the archive");
        let own = source.part.map_or(source.bytes, |part| part.own.of(source.bytes));
        self.bytes += own.len();
        self.held += self.keeps;
        self.largest = self.largest.max(source.bytes.len());
        if self.quiet {
            return;
        }
        let text = String::from_utf8_lossy(own).into_owned();
        match (source.part, self.read.last_mut()) {
            (Some(part), Some((name, before))) if part.number > 0 => {
                assert_eq!(*name, source.path.display, "the parts of a file come together");
                assert_eq!(part.at, Position::START.after(before.as_bytes()));
                assert!(before.as_bytes().starts_with(&part.head[..100]));
                before.push_str(&text);
            }
            _ => self.read.push((source.path.display.clone(), text)),
        }
    }

    fn skip(&mut self, skip: Skip) {
        self.skipped.push((skip.path.display, skip.reason.word()));
    }
}

impl Log {
    fn names(&self) -> Vec<&str> {
        self.read.iter().map(|(name, _)| name.as_str()).collect()
    }
}

fn path() -> SourcePath {
    SourcePath::new(PathBuf::from("a/outer"), Path::new("a"))
}

fn limited(bytes: &[u8], limits: &Limits, quiet: bool) -> Log {
    let mut log = Log { quiet, ..Log::default() };
    let is_archive = visit(&path(), Origin::Named, Input::Bytes(bytes), limits, &mut log);
    assert_eq!(is_archive, recognise(bytes).is_some());
    log
}

fn read_all(bytes: &[u8]) -> Log {
    let limits = Limits::new(1 << 20);
    let log = limited(bytes, &limits, false);
    // Read once from the beginning to the end, it is the same.
    let mut streamed = Log::default();
    let (head, mut rest) = bytes.split_at(bytes.len().min(HEAD));
    visit(&path(), Origin::Named, Input::Stream(head, &mut rest), &limits, &mut streamed);
    assert_eq!((&streamed.read, &streamed.skipped), (&log.read, &log.skipped));
    log
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip_entry<W: Write>(
    archive: &mut rawzip::ZipArchiveWriter<W>,
    name: &[u8],
    bytes: &[u8],
    mode: Option<u32>,
) {
    let path = rawzip::path::EntryPath::verbatim(name);
    let mut file = archive.new_file(path).compression_method(CompressionMethod::DEFLATE);
    if let Some(mode) = mode {
        file = file.unix_permissions(mode);
    }
    let (mut entry, config) = file.start().unwrap();
    let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::best());
    let mut writer = config.wrap(encoder);
    writer.write_all(bytes).unwrap();
    let (encoder, descriptor) = writer.finish().unwrap();
    encoder.finish().unwrap();
    entry.finish(descriptor).unwrap();
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
    for (name, bytes) in files {
        zip_entry(&mut archive, name.as_bytes(), bytes, None);
    }
    archive.finish().unwrap();
    out
}

fn tar_entry(name: &[u8], kind: u8, link: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 512];
    block[..name.len()].copy_from_slice(name);
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
    block[156] = kind;
    block[157..157 + link.len()].copy_from_slice(link);
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut out = block.to_vec();
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out: Vec<u8> = files
        .iter()
        .flat_map(|(name, bytes)| tar_entry(name.as_bytes(), b'0', b"", bytes))
        .collect();
    out.resize(out.len() + 1024, 0);
    out
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn reads_every_format() {
    let files: &[(&str, &[u8])] = &[("a/b.env", b"key = value\n"), (".env", b"x=y\n")];
    let expected = [
        ("a/outer!/a/b.env".to_owned(), "key = value\n".to_owned()),
        ("a/outer!/.env".to_owned(), "x=y\n".to_owned()),
    ];
    let behind_a_line = [b"#!/usr/bin/env python3\n".as_slice(), &zip(files)].concat();
    for bytes in [zip(files), tar(files), gz(&tar(files)), behind_a_line] {
        let log = read_all(&bytes);
        assert_eq!((log.read.as_slice(), log.skipped.as_slice()), (&expected[..], &[][..]));
        assert!(recognise(&bytes).is_some());
    }
}

#[test]
fn reads_every_compression() {
    // `key = value\n`, by the programs of these names.
    let xz = "fd377a585a000004e6d6b4460200210116000000742fe5a301000b6b6579203d2076616c75650a0046\
              7f7a09f12d38520001240ca618d8d81fb6f37d010000000004595a";
    let zstd = "28b52ffd04586100006b6579203d2076616c75650a02e1e5d5";
    let bzip2 = "425a68393141592653598a7933fd000003d980001040000002220c0320200031003020341ea2120ede\
                 30f1772453850908a7933fd0";
    for bytes in [unhex(xz), unhex(zstd), unhex(bzip2), gz(b"key = value\n")] {
        let log = read_all(&bytes);
        assert_eq!(log.read, [("a/outer!/outer".to_owned(), "key = value\n".to_owned())]);
        assert_eq!(log.skipped, []);
        // Cut short, it says so.
        let log = read_all(&bytes[..bytes.len() - 6]);
        assert_eq!(log.skipped.len(), 1, "{log:?}", log = log.read);
        assert_eq!(log.skipped[0].1, "archive-broken");
    }
    // Two frames with one to be skipped between them, and two members.
    let skipped = "502a4d1803000000aabbcc";
    for bytes in [
        unhex(&[zstd, skipped, zstd].concat()),
        [gz(b"key = value\n"), gz(b"key = value\n")].concat(),
        unhex(&[xz, xz].concat()),
        unhex(&[bzip2, bzip2].concat()),
    ] {
        let log = read_all(&bytes);
        assert_eq!(log.read[0].1, "key = value\nkey = value\n");
        assert_eq!(log.skipped, []);
    }
}

#[test]
fn what_is_no_archive_is_left_alone() {
    for bytes in [b"key = value\n".as_slice(), b"", b"PK", b"#!/bin/sh\nPK\n", &[0; 2048]] {
        assert_eq!(recognise(bytes), None);
        let log = read_all(bytes);
        assert!(log.read.is_empty() && log.skipped.is_empty());
    }
}

#[test]
fn archives_in_archives_up_to_the_limit() {
    let nested = |levels: usize| {
        (1..levels).fold(zip(&[("x.env", b"k=v\n")]), |inner, level| match level % 3 {
            0 => zip(&[("n.zip", &inner)]),
            1 => gz(&tar(&[("n.tar", &inner)])),
            _ => tar(&[("n", &inner)]),
        })
    };
    let log = read_all(&nested(8));
    assert_eq!(log.read.len(), 1);
    assert!(log.read[0].0.ends_with("/n!/n.tar!/x.env"), "{:?}", log.read);
    assert_eq!(log.skipped, []);
    let log = read_all(&nested(10));
    assert!(log.read.is_empty());
    assert_eq!(log.skipped.len(), 1);
    assert_eq!(log.skipped[0].1, "archive-depth");
    assert_eq!(log.skipped[0].0.matches('!').count(), 8);
}

#[test]
fn methods_and_kinds_that_are_not_read_are_named() {
    let mut archive = zip(&[("f", b"k=v")]);
    let at = archive.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    archive[at + 10] = 14;
    assert_eq!(read_all(&archive).skipped, [("a/outer!/f".to_owned(), "archive-method")]);
    let log = read_all(&tar(&[("x.7z", b"7z\xbc\xaf\x27\x1c\0\x04")]));
    assert_eq!(log.skipped, [("a/outer!/x.7z".to_owned(), "archive-unsupported")]);
}

#[test]
fn long_names_of_both_traditions() {
    let long = format!("{}/f.env", "folder".repeat(40));
    let record = |body: &str| {
        let mut length = body.len() + 3;
        while format!("{length} {body}\n").len() != length {
            length += 1;
        }
        format!("{length} {body}\n")
    };
    let gnu = tar_entry(b"././@LongLink", b'L', b"", format!("{long}\0").as_bytes());
    let pax = tar_entry(b"PaxHeaders/x", b'x', b"", record(&format!("path={long}")).as_bytes());
    for extension in [gnu, pax] {
        let bytes = [extension, tar(&[("short", b"k=v"), ("next", b"")])].concat();
        assert_eq!(read_all(&bytes).names(), [format!("a/outer!/{long}"), "a/outer!/next".into()]);
    }
    // A record as long as a bomb is passed over, not kept.
    let bytes =
        [tar_entry(b"././@LongLink", b'L', b"", &vec![b'n'; 1 << 20]), tar(&[("short", b"k=v")])]
            .concat();
    assert_eq!(read_all(&bytes).names(), ["a/outer!/short"]);
}

#[test]
fn binaries_are_skipped_but_for_what_hermes_reads() {
    let log = read_all(&zip(&[("a.bin", b"\0\x01"), (".env", b"K=v\0\n")]));
    assert_eq!(log.names(), ["a/outer!/.env"]);
    assert_eq!(log.skipped, [("a/outer!/a.bin".to_owned(), "binary")]);
}

#[test]
fn files_are_read_like_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let files: &[(&str, &[u8])] = &[("a", b"k=v\n"), ("b", b"x=y\n")];
    for bytes in [zip(files), tar(files), gz(&tar(files)), gz(b"k=v\n")] {
        let place = folder.path().join("f");
        std::fs::write(&place, &bytes).unwrap();
        let mut log = Log::default();
        let input = Input::File(File::open(&place).unwrap());
        assert!(visit(&path(), Origin::Named, input, &Limits::new(1 << 20), &mut log));
        assert_eq!(log.read, read_all(&bytes).read);
        assert_eq!(log.skipped, []);
    }
    let place = folder.path().join("plain");
    std::fs::write(&place, b"k=v\n").unwrap();
    let mut log = Log::default();
    let input = Input::File(File::open(&place).unwrap());
    assert!(!visit(&path(), Origin::Named, input, &Limits::new(1 << 20), &mut log));
    assert!(log.read.is_empty() && log.skipped.is_empty());
}

/// The checksum of a header that was changed.
fn summed(mut entry: Vec<u8>) -> Vec<u8> {
    entry[148..156].fill(b' ');
    let sum: u32 = entry[..512].iter().map(|&b| u32::from(b)).sum();
    entry[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    entry
}

#[test]
fn fields_of_later_tars() {
    // POSIX: the first part of a long path has a field of its own.
    let mut entry = tar_entry(b"f.env", b'0', b"", b"k=v");
    entry[345..352].copy_from_slice(b"a/long/");
    entry[351] = 0;
    assert_eq!(read_all(&summed(entry)).names(), ["a/outer!/a/long/f.env"]);

    // The size in an extension record wins over the header's.
    let pax = tar_entry(b"x", b'x', b"", b"10 size=4\n");
    let mut entry = tar_entry(b"f", b'0', b"", b"k=v\n");
    entry[124..135].copy_from_slice(b"00000000000");
    let bytes = [pax, summed(entry), tar(&[("g", b"x=y")])].concat();
    let log = read_all(&bytes);
    assert_eq!(log.read[0].1, "k=v\n");
    assert_eq!(log.names(), ["a/outer!/f", "a/outer!/g"]);

    // The map of a sparse file may go on before its bytes.
    let mut entry = tar_entry(b"s", b'S', b"", b"k=v\n");
    entry[482] = 1;
    let mut more = [0; 512];
    more[504] = 1;
    let bytes =
        [&summed(entry.clone())[..512], &more, &[0; 512], &entry[512..], &tar(&[("g", b"x")])]
            .concat();
    let log = read_all(&bytes);
    assert_eq!((log.read[0].1.as_str(), log.read.len()), ("k=v\n", 2));

    // Sizes over 8 GiB are in base 256.
    let mut entry = tar_entry(b"f", b'0', b"", b"k=v\n");
    entry[124..136].copy_from_slice(b"\x80\0\0\0\0\0\0\0\0\0\0\x04");
    assert_eq!(read_all(&summed(entry.clone())).read[0].1, "k=v\n");
    entry[124..136].fill(0xff);
    let log = read_all(&summed(entry));
    assert!(log.read.is_empty());
    assert_eq!(log.skipped, [("a/outer".to_owned(), "archive-broken")]);
}
