//! What archives do to hide something, to cost too much, or to lead elsewhere.

use std::time::{Duration, Instant};

use super::common::pack;
use super::{files_of, folder, note, places, report, run, skips, tokens};

#[test]
fn what_is_not_read_is_named() {
    let text = note(1);
    let files: &[pack::File<'_>] = &[("one.txt", &text), ("two.txt", &text)];
    let mut encrypted = pack::zip(files);
    let (local, central) =
        (pack::record(&encrypted, b"PK\x03\x04", 0), pack::record(&encrypted, b"PK\x01\x02", 0));
    encrypted[local + 6] |= 1;
    encrypted[central + 8] |= 1;
    let mut method = pack::zip(files);
    let central = pack::record(&method, b"PK\x01\x02", 0);
    method[central + 10] = 14;
    let mut lies = pack::zip(files);
    let central = pack::record(&lies, b"PK\x01\x02", 0);
    lies[central + 24..central + 28].copy_from_slice(&3_u32.to_le_bytes());
    let noise = |salt: u32| -> Vec<u8> {
        (0..20_000_u32)
            .map(|n| n.wrapping_add(salt).wrapping_mul(2_654_435_761))
            .flat_map(|n| format!("{n:x}\n").into_bytes())
            .collect()
    };
    let (early, late) = (noise(1), noise(2));
    let cut = pack::gzip(&pack::tar(&[("one.txt", &text), ("a", &early), ("b", &late)]));
    let cut = &cut[..cut.len() * 3 / 4];
    let nested = (0..9).fold(pack::zip(files), |inner, _| pack::tar(&[("n", &inner)]));
    let folder = folder(&[
        ("a-encrypted.zip", &encrypted),
        ("b-method.zip", &method),
        ("c-lies.zip", &lies),
        ("d-cut.tgz", cut),
        ("e-nested.tar", &nested),
        ("f-bin.zip", &pack::zip(&[("x.bin", b"\0\x01\x02"), ("one.txt", &text)])),
        ("g.7z", b"7z\xbc\xaf\x27\x1c\0\x04"),
        ("h-broken.zip", &pack::zip(files)[..120]),
    ]);
    let found = report(folder.path(), &[]);
    assert_eq!(
        tokens(&found),
        [
            "a-encrypted.zip!/two.txt:2:7",
            "b-method.zip!/two.txt:2:7",
            // Whatever it claims its size to be.
            "c-lies.zip!/one.txt:2:7",
            "c-lies.zip!/two.txt:2:7",
            "d-cut.tgz!/one.txt:2:7",
            "f-bin.zip!/one.txt:2:7",
        ]
    );
    assert_eq!(
        skips(&found),
        [
            "a-encrypted.zip!/one.txt archive-encrypted",
            "b-method.zip!/one.txt archive-method",
            "c-lies.zip!/one.txt archive-broken",
            "d-cut.tgz archive-broken",
            "d-cut.tgz!/b archive-broken",
            "e-nested.tar!/n!/n!/n!/n!/n!/n!/n!/n archive-depth",
            "f-bin.zip!/x.bin binary",
            "g.7z archive-unsupported",
            "h-broken.zip archive-broken",
        ]
    );
    let arguments = ["f-bin.zip", "--archives", "--require-complete", "--fail-on", "never"];
    assert_eq!(run(folder.path(), &arguments, b"").0, 3);
    let (_, listed) = run(folder.path(), &["a-encrypted.zip", "--archives", "-v"], b"");
    assert!(
        listed.contains("a-encrypted.zip!/one.txt") && listed.contains("encrypted"),
        "{listed}"
    );
}

#[test]
fn a_bomb_ends_soon() {
    // 256 MiB of blanks in 260 KB, and the same in itself; a token stands behind.
    let blanks = vec![b' '; 1 << 20];
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..256 {
        std::io::Write::write_all(&mut encoder, &blanks).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let text = note(1);
    let folder = folder(&[
        ("bomb.gz", &bomb),
        ("nested.zip", &pack::zip(&[("a.gz", &bomb), ("b.gz", &bomb), ("c.txt", &text)])),
    ]);
    let start = Instant::now();
    let found = report(folder.path(), &[]);
    assert!(start.elapsed() < Duration::from_secs(60), "in an unoptimised build, too");
    assert_eq!(skips(&found), ["bomb.gz archive-ratio", "nested.zip archive-ratio"]);
    let bytes = found["summary"]["bytes"].as_u64().unwrap();
    assert!((64 << 20..200 << 20).contains(&bytes), "{bytes}");
}

#[test]
fn more_than_is_kept_is_searched_all_the_same() {
    let words = "some words of a skill\n".repeat(400_000);
    let text = note(1);
    let inner: &[pack::File<'_>] = &[
        ("home/config.yaml", b"model: x\napprovals:\n  mode: off\n"),
        ("skills/a/b/1.md", words.as_bytes()),
        ("skills/a/b/2.md", words.as_bytes()),
        ("skills/a/b/3.md", words.as_bytes()),
        ("z/config.yaml", b"model: x\napprovals:\n  mode: off\n"),
        ("z/note.txt", &text),
    ];
    let folder = folder(&[("x.zip", &pack::zip(inner)), ("y.zip", &pack::zip(&inner[4..]))]);
    let found = report(folder.path(), &[]);
    assert_eq!(tokens(&found), ["x.zip!/z/note.txt:2:7", "y.zip!/z/note.txt:2:7"]);
    assert_eq!(
        places(&found, "config/approvals-off"),
        ["x.zip!/home/config.yaml:3:9", "y.zip!/z/config.yaml:3:9"]
    );
    assert_eq!(skips(&found), ["x.zip archive-unjudged"]);
}

#[test]
fn names_do_not_lead_out_and_nothing_is_written() {
    let text = note(1);
    let link = |name: &str, kind, target: &str| pack::tar_entry(name, kind, target, b"");
    let file = |name: &str| pack::tar_entry(name, b'0', "", &text);
    let tar = pack::tar_of(&[
        file("/abs/x.txt"),
        file("../../up.txt"),
        file("a\u{1b}[2Jb\n.txt"),
        file("ok.txt"),
        link("in", b'2', "ok.txt"),
        link("out", b'2', "../../etc/passwd"),
        link("hard", b'1', "ok.txt"),
        link("hard-out", b'1', "/etc/passwd"),
        link("pipe", b'6', ""),
    ]);
    let zip = pack::zip_modes(&[
        ("../../up.txt", &text, None),
        ("link", b"/etc/passwd", Some(0o120_777)),
        ("..\\..\\win.txt", &text, None),
    ]);
    let folder = folder(&[("dir/x.tar", &tar), ("dir/y.zip", &zip)]);
    let before = files_of(folder.path());
    let found = report(folder.path(), &[]);
    assert!(files_of(folder.path()) == before);
    assert_eq!(
        tokens(&found),
        [
            "dir/x.tar!/(..)/(..)/up.txt:2:7",
            "dir/x.tar!/(root)/abs/x.txt:2:7",
            "dir/x.tar!/a\\x1B[2Jb\\x0A.txt:2:7",
            "dir/x.tar!/ok.txt:2:7",
            "dir/y.zip!/(..)/(..)/up.txt:2:7",
            "dir/y.zip!/(..)/(..)/win.txt:2:7",
        ]
    );
    assert_eq!(
        skips(&found),
        [
            "dir/x.tar!/hard-out symlink-outside",
            "dir/x.tar!/out symlink-outside",
            "dir/x.tar!/pipe special-file",
            "dir/y.zip!/link symlink-outside",
        ]
    );
    for format in ["human", "concise", "json"] {
        let (_, out) = run(folder.path(), &[".", "--archives", "-v", "--format", format], b"");
        assert!(!out.contains('\u{1b}'), "{format}");
    }
}
