//! `--archives`: what lies in an archive is found as if it lay in a folder, and nothing in it can hide or harm.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

#[path = "../common/mod.rs"]
mod common;
mod hostile;
mod random;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use common::pack;
use hermes_lint::secrets::template;
use serde_json::Value;

fn run(folder: &Path, arguments: &[&str], input: &[u8]) -> (i32, String) {
    let output = Command::cargo_bin("hermes-lint")
        .expect("the binary")
        .env_remove("HERMES_HOME")
        .env("NO_COLOR", "1")
        .timeout(Duration::from_secs(240))
        .current_dir(folder)
        .arg("check")
        .args(arguments)
        .write_stdin(input)
        .output()
        .expect("a run");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!stderr.contains("panicked"), "{stderr}");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8 output");
    (output.status.code().expect("a status, not a signal"), stdout)
}

/// The report on what is in `folder`.
fn report(folder: &Path, arguments: &[&str]) -> Value {
    let all: Vec<&str> = [".", "--format", "json", "--archives"]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    let (status, json) = run(folder, &all, b"");
    assert!(status == 0 || status == 1 || status == 3, "{status}: {json}");
    serde_json::from_str(&json).expect("JSON")
}

/// A folder with these files.
fn folder(files: &[pack::File<'_>]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

fn token(seed: u64) -> String {
    template::expand("sk-or-v1-{hex:64}", seed).expect("a template")
}

/// A text with a token at line 2, column 7.
fn note(seed: u64) -> Vec<u8> {
    format!("é first\nkey = {}\n", token(seed)).into_bytes()
}

/// `path:line:column` of each finding of a rule.
fn places(report: &Value, rule: &str) -> Vec<String> {
    let findings = report["findings"].as_array().expect("a list").iter();
    findings
        .filter(|finding| finding["rule"] == rule)
        .map(|finding| {
            let path = finding["path"].as_str().expect("a path");
            format!("{path}:{}:{}", finding["line"], finding["column"])
        })
        .collect()
}

fn tokens(report: &Value) -> Vec<String> {
    places(report, "secret/known-token")
}

/// `path reason` of each file that was not read.
fn skips(report: &Value) -> Vec<String> {
    let skipped = report["summary"]["skipped"].as_array().expect("a list").iter();
    skipped
        .map(|skip| {
            format!("{} {}", skip["path"].as_str().unwrap(), skip["reason"].as_str().unwrap())
        })
        .collect()
}

#[test]
fn every_format_is_known_by_its_content() {
    let text = note(1);
    let files: &[pack::File<'_>] = &[("d/note.txt", &text)];
    let (zip, tar) = (pack::zip(files), pack::tar(files));
    let zipapp = [b"#!/usr/bin/env python3\n".as_slice(), &zip].concat();
    let mut made: Vec<(String, Vec<u8>, &str)> =
        ["a.zip", "b.jar", "c.whl", "d.docx", "e.odt", "f.apk", "g.egg", "h", "i.txt"]
            .map(|name| (name.to_owned(), zip.clone(), "d/note.txt"))
            .into();
    made.push(("j.pyz".to_owned(), zipapp, "d/note.txt"));
    made.push(("k.tar".to_owned(), tar.clone(), "d/note.txt"));
    for (ending, pack) in [
        ("gz", pack::gzip as fn(&[u8]) -> Vec<u8>),
        ("bz2", pack::bzip2),
        ("xz", pack::xz),
        ("zst", pack::zstd),
    ] {
        made.push((format!("l.tar.{ending}"), pack(&tar), "d/note.txt"));
        made.push((format!("m.txt.{ending}"), pack(&text), "m.txt"));
    }
    let files: Vec<pack::File<'_>> =
        made.iter().map(|(name, bytes, _)| (name.as_str(), bytes.as_slice())).collect();
    let folder = folder(&files);
    let mut expected: Vec<String> =
        made.iter().map(|(name, _, inner)| format!("{name}!/{inner}:2:7")).collect();
    expected.sort();
    let found = report(folder.path(), &[]);
    assert_eq!(tokens(&found), expected);
    assert_eq!(skips(&found), [""; 0]);
    assert_eq!(found["summary"]["files"], made.len());
    assert!(!found.to_string().contains(&token(1)[20..]), "the token is shown");
    // All of them tell of the others.
    assert!(found["findings"].as_array().unwrap().iter().all(|f| f["related"][0]["path"] != ""));

    // Without the option they are what they were.
    let (_, json) = run(folder.path(), &[".", "--format", "json"], b"");
    let without: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(tokens(&without), [""; 0]);
    let binary: BTreeSet<String> = made.iter().map(|(name, ..)| format!("{name} binary")).collect();
    assert_eq!(skips(&without).into_iter().collect::<BTreeSet<_>>(), binary);
    let details = without["summary"]["skipped"].as_array().unwrap().iter();
    assert!(details.clone().all(|skip| skip["detail"].as_str().unwrap().contains("--archives")));
}

/// Every file of `folder`, by its path below.
fn files_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a folder").flatten() {
            if entry.file_type().expect("a type").is_dir() {
                open.push(entry.path());
            } else {
                let below = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.push((below, fs::read(entry.path()).expect("a file")));
            }
        }
    }
    found.sort();
    found
}

/// A deployment with much to say of, its tokens expanded.
fn lax() -> common::Laid {
    common::lay(&common::root().join("fixtures/deployments/lax"))
}

/// What is found, without what only a disk can tell and what a path changes.
fn said(report: &Value, prefix: &str) -> Vec<String> {
    let findings = report["findings"].as_array().expect("a list").iter();
    let mut said: Vec<String> = findings
        .filter(|finding| !finding["rule"].as_str().unwrap().starts_with("host/secret-"))
        .filter_map(|finding| {
            let path = finding["path"].as_str().unwrap().strip_prefix(prefix)?;
            Some(format!(
                "{path}:{}:{} {} {} {}",
                finding["line"],
                finding["column"],
                finding["rule"],
                finding["severity"],
                finding["message"].as_str().unwrap().replace(prefix, "")
            ))
        })
        .collect();
    said.sort();
    said
}

#[test]
fn a_deployment_in_an_archive_is_judged_as_one_on_disk() {
    let laid = lax();
    let on_disk = report(laid.folder.path(), &[]);
    let files = files_of(laid.folder.path());
    let files: Vec<pack::File<'_>> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let tar = pack::gzip(&pack::tar(&files));
    let zip = pack::zip(&[("deep/inner.zip", &pack::zip(&files))]);
    let folder = folder(&[("a.tar.gz", &tar), ("b.zip", &zip)]);
    let packed = report(folder.path(), &[]);
    let expected: BTreeSet<String> = said(&on_disk, "").into_iter().collect();
    assert!(expected.len() > 100, "{}", expected.len());
    for prefix in ["a.tar.gz!/", "b.zip!/deep/inner.zip!/"] {
        let found: BTreeSet<String> = said(&packed, prefix).into_iter().collect();
        let differs: Vec<&String> = found.symmetric_difference(&expected).collect();
        assert!(differs.is_empty(), "{prefix} {differs:#?}");
    }
    let homes = |report: &Value| report["summary"]["homes"].as_array().unwrap().len();
    assert_eq!(homes(&packed), 2 * homes(&on_disk));
    // Nothing can be applied in there.
    let findings = packed["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["fix"].is_null()));
    for secret in &laid.secrets {
        assert!(!packed.to_string().contains(secret), "a secret is shown");
    }
}

#[test]
fn an_archive_and_what_lies_beside_it_know_nothing_of_each_other() {
    let beside: &[pack::File<'_>] = &[
        ("home/config.yaml", b"model: x\napprovals:\n  mode: manual\n"),
        ("home/.env", b"TELEGRAM_BOT_TOKEN=\nGATEWAY_ALLOW_ALL_USERS=true\n"),
    ];
    let inner: &[pack::File<'_>] = &[
        ("config.yaml", b"model: x\napprovals:\n  mode: off\n  deny: [\"*\"]\n"),
        (".env", b"TELEGRAM_ALLOWED_USERS=7\n"),
        (
            "Dockerfile",
            b"FROM hermes\nENV GATEWAY_ALLOW_ALL_USERS=true\nCMD [\"hermes\", \"--yolo\"]\n",
        ),
        ("etc/hermes/config.yaml", b"approvals:\n  mode: off\n"),
        (".pre-commit-config.yaml", b"repos:\n  - repo: https://github.com/gitleaks/gitleaks\n"),
    ];
    let alone = folder(beside);
    let expected = said(&report(alone.path(), &[]), "home/");
    assert!(!expected.is_empty());
    let archive = pack::gzip(&pack::tar(inner));
    let both: Vec<pack::File<'_>> =
        beside.iter().copied().chain([("home/backup.tgz", archive.as_slice())]).collect();
    let both = folder(&both);
    let found = report(both.path(), &[]);
    let of_host = |line: &String| !line.starts_with("backup.tgz");
    let host: Vec<String> = said(&found, "home/").into_iter().filter(of_host).collect();
    assert_eq!(host, expected);
    let only = folder(&[("home/backup.tgz", &archive)]);
    let of_archive = said(&report(only.path(), &[]), "home/backup.tgz");
    assert!(of_archive.len() > 2, "{of_archive:?}");
    assert_eq!(said(&found, "home/backup.tgz"), of_archive);
    // Nor does it vouch for it.
    let checklist = |folder: &Path, arguments: &[&str]| -> Value {
        let output = Command::cargo_bin("hermes-lint")
            .unwrap()
            .current_dir(folder)
            .args(["checklist", ".", "--format", "json"])
            .args(arguments)
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let status = |list: &Value, id: &str| {
        let items = list["items"].as_array().unwrap();
        items.iter().find(|item| item["id"] == id).unwrap()["status"].clone()
    };
    let id = "pre-commit-scanning";
    assert_eq!(status(&checklist(both.path(), &["--archives"]), id), "fail");
    assert_eq!(status(&checklist(only.path(), &["--archives"]), id), "pass");
}

#[test]
fn wide_text_and_long_files_are_searched_as_outside() {
    let mut wide = vec![0xff, 0xfe];
    wide.extend(String::from_utf8(note(1)).unwrap().encode_utf16().flat_map(u16::to_le_bytes));
    // Longer than what is read whole, with tokens at borders of parts.
    let mut long = String::new();
    for seed in 0..6 {
        let start = (seed + 1) * (1 << 20) - 30;
        while long.len() < start as usize {
            long.push_str("some é text\n");
        }
        long.push_str(&format!("key = {}\n", token(seed)));
    }
    let mut long_line = long.replace('\n', " ");
    long_line.push('\n');
    let files: &[pack::File<'_>] = &[
        ("wide.txt", &wide),
        ("long.txt", long.as_bytes()),
        ("long-line.txt", long_line.as_bytes()),
        ("config.yaml", long.as_bytes()),
    ];
    let plain = folder(files);
    let packed = folder(&[("a.zip", &pack::zip(files)), ("b.tgz", &pack::gzip(&pack::tar(files)))]);
    for limit in ["1M", "10M"] {
        let expected = report(plain.path(), &["--max-size", limit]);
        let found = report(packed.path(), &["--max-size", limit]);
        assert!(tokens(&expected).len() > 18, "{:?}", tokens(&expected));
        for name in ["a.zip", "b.tgz"] {
            let prefix = format!("{name}!/");
            let inner = |all: Vec<String>| -> Vec<String> {
                all.iter().filter_map(|one| one.strip_prefix(&prefix)).map(str::to_owned).collect()
            };
            assert_eq!(inner(tokens(&found)), tokens(&expected), "{name} {limit}");
            assert_eq!(inner(skips(&found)), skips(&expected), "{name} {limit}");
        }
    }
}

#[test]
fn one_secret_inside_and_outside_is_one_group() {
    let text = note(1);
    let folder = folder(&[("plain.txt", &text), ("x.zip", &pack::zip(&[("in.txt", &text)]))]);
    let found = report(folder.path(), &[]);
    assert_eq!(tokens(&found), ["plain.txt:2:7", "x.zip!/in.txt:2:7"]);
    let related = |index: usize| found["findings"][index]["related"][0]["path"].clone();
    assert_eq!((related(0), related(1)), ("x.zip!/in.txt".into(), "plain.txt".into()));
    // What makes a finding the same next time does not depend on how the archive is named.
    let print = |found: &Value, at: usize| found["findings"][at]["fingerprint"].clone();
    let path = folder.path().join("x.zip");
    let (_, json) = run(
        &std::env::temp_dir(),
        &[path.to_str().unwrap(), "--archives", "--format", "json"],
        b"",
    );
    let named: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(print(&named, 0), print(&found, 1));
    assert_ne!(print(&found, 0), print(&found, 1));
}

#[test]
fn settings_hold_in_archives_but_not_from_there() {
    let text = note(1);
    let own: &[pack::File<'_>] = &[
        (".hermes-lint.toml", b"ignore = [\"secret\"]\n"),
        ("docs/a.txt", &text),
        ("src/b.txt", &text),
    ];
    let zip = pack::zip(own);
    let all = folder(&[("x.zip", &zip), ("vendor/y.zip", &zip), ("z.jar", &zip)]);
    let settings = |text: &str| fs::write(all.path().join(".hermes-lint.toml"), text).unwrap();
    assert_eq!(tokens(&report(all.path(), &[])).len(), 6);
    settings("exclude = [\"*.jar\", \"docs/\", \"/vendor/\"]\n");
    let found = report(all.path(), &[]);
    assert_eq!(tokens(&found), ["x.zip!/src/b.txt:2:7"]);
    assert_eq!(
        skips(&found),
        ["vendor/y.zip excluded", "x.zip!/docs/a.txt excluded", "z.jar excluded"]
    );
    settings("[[per-path]]\npaths = [\"*.jar\", \"/x.zip!/docs/\"]\nignore = [\"secret\"]\n");
    assert_eq!(
        tokens(&report(all.path(), &[])),
        ["vendor/y.zip!/docs/a.txt:2:7", "vendor/y.zip!/src/b.txt:2:7", "x.zip!/src/b.txt:2:7"]
    );
}

#[test]
fn reports_do_not_depend_on_threads() {
    let laid = lax();
    let files = files_of(laid.folder.path());
    let files: Vec<pack::File<'_>> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let (zip, tgz) = (pack::zip(&files), pack::gzip(&pack::tar(&files)));
    let many: Vec<(String, &[u8])> = (0..5)
        .map(|n| (format!("{n}.bin"), if n % 2 == 0 { zip.as_slice() } else { &tgz }))
        .collect();
    let many: Vec<pack::File<'_>> =
        many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let folder = folder(&many);
    let of = |threads| {
        run(folder.path(), &[".", "--archives", "--format", "json", "--threads", threads], b"")
    };
    let one = of("1");
    assert_eq!(one.0, 1);
    for threads in ["2", "7"] {
        assert!(of(threads) == one, "{threads} threads");
    }
}

#[test]
fn standard_input_may_be_an_archive() {
    let text = note(1);
    let files: &[pack::File<'_>] = &[("d/note.txt", &text)];
    let arguments = ["-", "--archives", "--format", "json"];
    for bytes in [pack::zip(files), pack::tar(files), pack::xz(&pack::tar(files))] {
        let (status, json) = run(&std::env::temp_dir(), &arguments, &bytes);
        assert_eq!(status, 1);
        let found: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(tokens(&found), ["<stdin>!/d/note.txt:2:7"]);
    }
    let (_, json) = run(&std::env::temp_dir(), &arguments, &text);
    assert_eq!(tokens(&serde_json::from_str(&json).unwrap()), ["<stdin>:2:7"]);
    // A deployment in it is one, and a rule that speaks of the whole is heard.
    let home: &[pack::File<'_>] = &[("config.yaml", b"model: x\napprovals:\n  mode: off\n")];
    let (_, json) = run(&std::env::temp_dir(), &arguments, &pack::tar(home));
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(places(&found, "config/approvals-off"), ["<stdin>!/config.yaml:3:9"]);
}

#[test]
fn credential_files_in_archives_are_named_and_git_counts() {
    let env = format!("OPENROUTER_API_KEY={}\n", token(1));
    let zip = pack::zip(&[("home/.env", env.as_bytes())]);
    let backup = pack::zip(&[("x.txt", b"nothing")]);
    let state = pack::zip(&[("state.db", b"SQLite format 3\0")]);
    let folder = folder(&[
        ("state.zip", &state),
        ("tracked.zip", &zip),
        ("new.zip", &zip),
        ("hermes-backup-2026-11-02.zip", &backup),
    ]);
    let found = report(folder.path(), &[]);
    assert_eq!(
        places(&found, "host/secret-copy"),
        ["new.zip!/home/.env:null:null", "tracked.zip!/home/.env:null:null"]
    );
    common::git(folder.path(), &["new.zip".to_owned()]);
    for archives in [true, false] {
        let found = if archives {
            report(folder.path(), &[])
        } else {
            let (_, json) = run(folder.path(), &[".", "--format", "json"], b"");
            serde_json::from_str(&json).unwrap()
        };
        // By its name alone, with the option as without.
        let mut tracked = vec!["hermes-backup-2026-11-02.zip:null:null"];
        if archives {
            tracked.push("state.zip!/state.db:null:null");
            tracked.push("tracked.zip!/home/.env:null:null");
            for finding in found["findings"].as_array().unwrap() {
                let path = finding["path"].as_str().unwrap();
                let archive = path.split_once('!').map_or(path, |(archive, _)| archive);
                assert!(finding["help"].as_str().unwrap().contains(archive), "{finding}");
            }
            let new = ["new.zip!/home/.env:null:null"];
            assert_eq!(places(&found, "repo/env-not-ignored"), new);
            assert_eq!(places(&found, "host/secret-copy"), [""; 0]);
        }
        assert_eq!(places(&found, "repo/env-tracked"), tracked, "{archives}");
    }
}
