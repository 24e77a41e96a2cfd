//! What archives do to hide something, or to cost too much.

use super::*;

#[test]
fn bombs_end() {
    let zeros = vec![b' '; 4 << 20];
    let bomb = gz(&zeros);
    let limits = Limits { ratio_from: 1 << 20, ..Limits::new(1 << 30) };
    let log = limited(&bomb, &limits, true);
    assert_eq!(log.skipped, [("a/outer".to_owned(), "archive-ratio")]);
    assert!((1 << 20..=2 << 20).contains(&log.bytes), "what was read is shown: {}", log.bytes);

    // Many small ones: the sum counts. Files after the stop are not read.
    let part = vec![b' '; 1 << 16];
    let files: Vec<(String, &[u8])> = (0..40).map(|n| (format!("f{n}"), part.as_slice())).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, b)| (n.as_str(), *b)).collect();
    for archive in [zip(&files), gz(&tar(&files))] {
        let limits = Limits { total: 10 << 16, ..Limits::new(2 << 20) };
        let log = limited(&archive, &limits, true);
        assert_eq!(log.skipped, [("a/outer".to_owned(), "archive-total")]);
        assert!((8 << 16..=10 << 16).contains(&log.bytes), "{}", log.bytes);
    }
}

#[test]
fn large_files_are_shown_in_parts_and_named_when_they_should_be_parsed() {
    let large = "some text é\n".repeat(600_000);
    let files: &[(&str, &[u8])] =
        &[("large", large.as_bytes()), ("config.yaml", large.as_bytes()), ("small", b"k=v")];
    for archive in [zip(files), gz(&tar(files))] {
        let log = limited(&archive, &Limits::new(5 << 20), false);
        assert_eq!(log.names(), ["a/outer!/large", "a/outer!/config.yaml", "a/outer!/small"]);
        assert!(log.read[0].1 == large && log.read[1].1 == large);
        assert_eq!(log.skipped, [("a/outer!/config.yaml".to_owned(), "too-large")]);
        assert!(log.largest <= (parts::PART + 2 * parts::MARGIN) as usize, "{}", log.largest);
        // What is parsed is whole up to its limit.
        let log = limited(&archive, &Limits::new(10 << 20), false);
        assert!(log.read[0].1 == large && log.read[1].1 == large && log.skipped.is_empty());
        assert_eq!(log.largest, large.len());
    }
}

#[test]
fn a_zip_that_lies_about_sizes_is_read_and_named() {
    let mut archive = zip(&[("f", &vec![b'x'; 1 << 20])]);
    // The size in the directory: 24 bytes into its record.
    let record = archive.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    archive[record + 24..record + 28].copy_from_slice(&10_u32.to_le_bytes());
    // All of it is read, whatever it claims.
    for limit in [1 << 16, 1 << 20] {
        let log = limited(&archive, &Limits::new(limit), false);
        assert_eq!(log.read[0].1.len(), 1 << 20);
        assert_eq!(log.skipped, [("a/outer!/f".to_owned(), "archive-broken")]);
    }
    archive[record + 24..record + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(limited(&archive, &Limits::new(1 << 20), false).read[0].1.len(), 1 << 20);
}

#[test]
fn many_entries_over_the_same_bytes_cost_no_more_than_the_limit() {
    // Stored once, named by two hundred records of the directory.
    let text = b"some text\n".repeat(10_000);
    let mut out = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
    let (mut entry, config) = archive.new_file("f").start().unwrap();
    let mut writer = config.wrap(&mut entry);
    writer.write_all(&text).unwrap();
    let (_, descriptor) = writer.finish().unwrap();
    entry.finish(descriptor).unwrap();
    archive.finish().unwrap();
    assert_eq!(read_all(&out).read[0].1.as_bytes(), text);
    let at = |signature: &[u8]| out.windows(4).rposition(|four| four == signature).unwrap();
    let (central, end) = (at(b"PK\x01\x02"), at(b"PK\x05\x06"));
    let directory = out[central..end].repeat(200);
    let mut record = out[end..].to_vec();
    for place in [8, 10] {
        record[place..place + 2].copy_from_slice(&200_u16.to_le_bytes());
    }
    record[12..16].copy_from_slice(&(directory.len() as u32).to_le_bytes());
    let many = [&out[..central], &directory, &record].concat();
    let limits = Limits { total: 1 << 20, ..Limits::new(1 << 20) };
    let log = limited(&many, &limits, true);
    assert_eq!(log.skipped, [("a/outer".to_owned(), "archive-total")]);
    assert!((900_000..=1 << 20).contains(&log.bytes), "{}", log.bytes);
}

#[test]
fn what_is_kept_of_an_archive_is_bounded() {
    let files: Vec<(String, &[u8])> = (0..40).map(|n| (format!("f{n}"), &b"k=v"[..])).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, b)| (n.as_str(), *b)).collect();
    let large = "some text\n".repeat(1 << 20);
    for (archive, read) in [(zip(&files), 11), (gz(large.as_bytes()), 1)] {
        // Something was kept before.
        let mut log = Log { keeps: 100, held: 5_000, ..Log::default() };
        let kept = if read == 1 { 100 } else { 1_000 };
        let limits = Limits { kept, ..Limits::new(1 << 20) };
        visit(&path(), Origin::Named, Input::Bytes(&archive), &limits, &mut log);
        assert_eq!(log.read.len(), read);
        assert_eq!(log.skipped, [("a/outer".to_owned(), "archive-kept")]);
        assert!(log.bytes <= 2 * parts::PART as usize);
    }
}

#[test]
fn names_of_what_is_not_read_are_bounded() {
    let long = format!("{}/.bin", "folder".repeat(400));
    let files: Vec<(&str, &[u8])> = vec![(&long, b"\0\x01"); 40];
    let limits = Limits { names: 10_000, ..Limits::new(1 << 20) };
    let log = limited(&zip(&files), &limits, false);
    let (last, listed) = log.skipped.split_last().unwrap();
    assert_eq!(*last, ("a/outer".to_owned(), "archive-unlisted"));
    assert_eq!(listed.len(), 9);
    assert!(listed.iter().all(|(name, word)| name.ends_with("/.bin") && *word == "binary"));
    assert!(listed[0].0.len() < 1_100 && listed[0].0.contains('…'));
}

#[test]
fn what_is_not_wanted_is_not_read() {
    let inner = zip(&[("x.env", b"k=v")]);
    let files: &[(&str, &[u8])] =
        &[("unwanted/a", b"k=v"), ("b", b"k=v"), ("unwanted.zip", &inner), ("c.zip", &inner)];
    for archive in [zip(files), tar(files)] {
        let log = read_all(&archive);
        assert_eq!(log.names(), ["a/outer!/b", "a/outer!/c.zip!/x.env"]);
        assert_eq!(log.skipped, []);
    }
}

#[test]
fn small_archives_cut_short_are_read_as_far_as_they_go() {
    let noise: Vec<u8> =
        (0..400_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let packed = gz(&tar(&[("one", b"k=v"), ("two.bin", &noise), ("three", b"k=v")]));
    let cut = &packed[..packed.len() - 400];
    for (archive, prefix) in
        [(cut.to_vec(), "a/outer!/"), (tar(&[("in.tgz", cut)]), "a/outer!/in.tgz!/")]
    {
        let log = read_all(&archive);
        assert_eq!(log.names(), [format!("{prefix}one")]);
        let whole = prefix.trim_end_matches("!/").to_owned();
        assert!(log.skipped.contains(&(whole, "archive-broken")), "{:?}", log.skipped);
    }
}

#[test]
fn windows_beyond_the_limit_are_named() {
    // A frame that asks for 2 GiB, and a block of xz that asks for 4 GiB less one.
    let zstd = unhex("28b52ffd00a86100006b6579203d2076616c75650a");
    let xz = unhex(
        "fd377a585a000004e6d6b4460200210128000000e6a011b3a301000b6b6579203d2076616c75650a0046",
    );
    for (kind, bytes) in [("zstd", zstd), ("xz", xz)] {
        let log = read_all(&bytes);
        assert!(log.read.is_empty());
        assert_eq!(log.skipped, [("a/outer!/outer".to_owned(), "archive-window")], "{kind}");
    }
}

#[test]
fn too_many_entries_end_at_the_limit() {
    let limits = Limits { entries: 1_000, ..Limits::new(1 << 20) };
    let one = tar_entry(b"f", b'0', b"", b"");
    let log = limited(&gz(&one.repeat(2_000)), &limits, true);
    assert_eq!(log.skipped, [("a/outer".to_owned(), "archive-entries")]);

    let mut out = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
    for _ in 0..2_000 {
        let (entry, config) = archive.new_file("f").start().unwrap();
        let writer = config.wrap(entry);
        let (entry, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    let log = limited(&out, &limits, true);
    assert_eq!(log.skipped, [("a/outer".to_owned(), "archive-entries")]);
    let log = limited(&out, &Limits { entries: 2_000, ..limits }, true);
    assert_eq!(log.skipped, []);
}

#[test]
fn encrypted_entries_are_named() {
    let mut archive = zip(&[("secret.txt", b"k=v"), ("open.txt", b"a=b")]);
    for signature in [b"PK\x03\x04", b"PK\x01\x02"] {
        let at = archive.windows(4).position(|four| four == signature).unwrap();
        archive[at + if signature[2] == 3 { 6 } else { 8 }] |= 1;
    }
    let log = read_all(&archive);
    assert_eq!(log.names(), ["a/outer!/open.txt"]);
    assert_eq!(log.skipped, [("a/outer!/secret.txt".to_owned(), "archive-encrypted")]);
}

#[test]
fn names_stay_inside() {
    let names = ["/etc/passwd", "../../x", "a/../../y", "./z", "a\u{1b}[2Jb", "c\u{202e}d", ""];
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, b"k=v".as_slice())).collect();
    let expected = [
        "(root)/etc/passwd",
        "(..)/(..)/x",
        "a/(..)/(..)/y",
        "z",
        "a\\x1B[2Jb",
        "c\\xE2\\x80\\xAEd",
        "(unnamed)",
    ];
    let expected: Vec<String> = expected.iter().map(|name| format!("a/outer!/{name}")).collect();
    assert_eq!(read_all(&tar(&files)).names(), expected);
    assert_eq!(read_all(&zip(&files)).names(), expected);
    let log = read_all(&zip(&[("dir\\sub\\f.txt", b"k=v")]));
    assert_eq!(log.names(), ["a/outer!/dir/sub/f.txt"]);
}

#[test]
fn links_and_devices() {
    let mut bytes = Vec::new();
    for (name, kind, target) in [
        ("d/in", b'2', "../f"),
        ("d/out", b'2', "../../f"),
        ("abs", b'2', "/etc/passwd"),
        ("hard", b'1', "d/f"),
        ("fifo", b'6', ""),
        ("dev", b'3', ""),
        ("dir", b'5', ""),
    ] {
        bytes.extend(tar_entry(name.as_bytes(), kind, target.as_bytes(), b""));
    }
    bytes.extend(tar(&[("f", b"k=v")]));
    let log = read_all(&bytes);
    assert_eq!(log.names(), ["a/outer!/f"]);
    let skipped: Vec<_> = log.skipped.iter().map(|(name, word)| (name.as_str(), *word)).collect();
    assert_eq!(
        skipped,
        [
            ("a/outer!/d/out", "symlink-outside"),
            ("a/outer!/abs", "symlink-outside"),
            ("a/outer!/fifo", "special-file"),
            ("a/outer!/dev", "special-file"),
        ]
    );
    let mut out = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
    zip_entry(&mut archive, b"d/in", b"../f", Some(0o120_777));
    zip_entry(&mut archive, b"d/out", b"../../f", Some(0o120_777));
    archive.finish().unwrap();
    let log = read_all(&out);
    assert!(log.read.is_empty());
    assert_eq!(log.skipped, [("a/outer!/d/out".to_owned(), "symlink-outside")]);
}

#[test]
fn damage_is_named_and_the_rest_is_read() {
    // A tar cut in its second file.
    let whole = tar(&[("one", b"k=v\n"), ("two", &[b'x'; 2000]), ("three", b"")]);
    let log = read_all(&whole[..512 * 4]);
    assert_eq!(log.names(), ["a/outer!/one", "a/outer!/two"]);
    assert!(log.skipped.iter().any(|skip| skip.1 == "archive-broken"));
    // A zip without its directory.
    let whole = zip(&[("one", b"k=v"), ("two", b"k=v")]);
    let log = read_all(&whole[..whole.len() - 30]);
    assert_eq!(log.skipped, [("a/outer".to_owned(), "archive-broken")]);
    // A zip whose first file is damaged.
    let mut bytes = zip(&[("one", &[b'x'; 400]), ("two", b"k=v")]);
    bytes[36] ^= 0x55;
    let log = read_all(&bytes);
    assert_eq!(log.skipped, [("a/outer!/one".to_owned(), "archive-broken")]);
    assert!(log.names().contains(&"a/outer!/two"));
    // A damaged inner archive does not hide its sibling.
    let log = read_all(&tar(&[("bad.zip", b"PK\x03\x04 nothing"), ("ok", b"k=v")]));
    assert_eq!(log.names(), ["a/outer!/ok"]);
    assert_eq!(log.skipped, [("a/outer!/bad.zip".to_owned(), "archive-broken")]);
}

#[test]
fn held_archives_share_one_limit() {
    // Each fits alone; one in the other does not.
    let noise: Vec<u8> =
        (0..60_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let inner = zip(&[("noise", &noise), ("x.env", b"k=v")]);
    let outer = zip(&[("pad", &noise), ("inner.zip", &inner)]);
    let limit = inner.len() as u64 + 100_000;
    let limits = Limits { held: limit.max(outer.len() as u64), ..Limits::new(1 << 20) };
    let log = limited(&tar(&[("outer.zip", &outer)]), &limits, false);
    assert!(log.read.is_empty());
    assert!(log.skipped.contains(&("a/outer!/outer.zip!/inner.zip".to_owned(), "archive-held")));
}

#[test]
fn siblings_have_the_limit_anew() {
    let noise: Vec<u8> =
        (0..60_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let inner = zip(&[("noise", &noise), ("x.env", b"k=v")]);
    let limits = Limits { held: inner.len() as u64 + 100, ..Limits::new(1 << 20) };
    let log = limited(&tar(&[("1.zip", &inner), ("2.zip", &inner)]), &limits, false);
    assert_eq!(log.names(), ["a/outer!/1.zip!/x.env", "a/outer!/2.zip!/x.env"]);
}

#[test]
fn a_directory_that_lies_is_named() {
    let whole = zip(&[("one", b"k=v")]);
    // Two entries by the last record, one in the directory.
    let mut bytes = whole.clone();
    let record = bytes.windows(4).rposition(|four| four == b"PK\x05\x06").unwrap();
    bytes[record + 8] = 2;
    bytes[record + 10] = 2;
    let log = read_all(&bytes);
    assert_eq!(log.names(), ["a/outer!/one"]);
    assert_eq!(log.skipped, [("a/outer".to_owned(), "archive-broken")]);
    // A checksum that does not hold: the text is read, and said to be damaged.
    let mut bytes = whole;
    let record = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    bytes[record + 16] ^= 1;
    let log = read_all(&bytes);
    assert_eq!(log.names(), ["a/outer!/one"]);
    assert_eq!(log.skipped, [("a/outer!/one".to_owned(), "archive-broken")]);
    // Without entries it is an archive all the same.
    assert_eq!(recognise(&zip(&[])), Some(Format::Zip));
    assert_eq!(read_all(&zip(&[])).skipped, []);
}

#[test]
fn nothing_panics_on_damage() {
    let files: &[(&str, &[u8])] =
        &[("a/b.env", b"key = value\n"), ("inner.gz", &gz(b"k=v\n")), ("c", &[b'c'; 700])];
    let samples = [zip(files), tar(files), gz(&tar(files)), zip(&[("t.tar", &tar(files))])];
    let compressed = [
        "fd377a585a000004e6d6b4460200210116000000742fe5a301000b6b6579203d2076616c75650a00467f7a09f1\
         2d38520001240ca618d8d81fb6f37d010000000004595a",
        "28b52ffd04586100006b6579203d2076616c75650a02e1e5d5",
        "425a68393141592653598a7933fd000003d980001040000002220c0320200031003020341ea2120ede30f17724\
         53850908a7933fd0",
    ];
    let mut state = 3_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % below
    };
    for sample in samples.into_iter().chain(compressed.iter().map(|text| unhex(text))) {
        for _ in 0..300 {
            let mut bytes = sample.clone();
            for _ in 0..=next(4) {
                let at = next(bytes.len());
                bytes[at] = next(256) as u8;
            }
            if next(3) == 0 {
                bytes.truncate(next(bytes.len()));
            }
            read_all(&bytes);
        }
    }
}
