//! Hostile and odd input: nothing panics, hangs, or is skipped without being named.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;

fn hermes_lint() -> Command {
    let mut command = Command::cargo_bin("hermes-lint").expect("the binary");
    command.env_remove("HERMES_HOME").env("NO_COLOR", "1").timeout(Duration::from_secs(20));
    command
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = hermes_lint().current_dir(folder).args(arguments).output().expect("a run");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8 output");
    (
        output.status.code().expect("a status, not a signal"),
        text(output.stdout),
        text(output.stderr),
    )
}

/// A folder with everything that makes a walker or parser stumble.
fn odd() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), mode).expect("a FIFO");
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).expect("a socket");
    std::os::unix::fs::symlink("loop-b", at("loop-a")).expect("a link");
    std::os::unix::fs::symlink("loop-a", at("loop-b")).expect("a link");
    std::os::unix::fs::symlink("nowhere", at("broken")).expect("a link");
    std::os::unix::fs::symlink("/etc/passwd", at("outside.yaml")).expect("a link");
    std::os::unix::fs::symlink(".", at("self")).expect("a link");
    fs::write(at("unreadable"), "x").expect("a file");
    let none = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o000);
    fs::set_permissions(at("unreadable"), none).expect("a mode");
    let sparse = fs::File::create(at("sparse")).expect("a file");
    sparse.set_len(2 << 30).expect("a sparse file");
    let name = std::ffi::OsStr::from_bytes(b"name-\xFF\xFE.txt");
    fs::write(folder.path().join(name), "password").expect("a file");
    fs::write(at("blob"), [0u8, 1, 2, 3]).expect("a file");
    let mut bomb =
        String::from("model: x\napprovals: {mode: manual}\na: &a [x, x, x, x, x, x, x, x, x]\n");
    for (this, last) in "bcdefghi".chars().zip("abcdefgh".chars()) {
        let aliases = vec![format!("*{last}"); 9].join(", ");
        bomb.push_str(&format!("{this}: &{this} [{aliases}]\n"));
    }
    fs::create_dir(at("bomb")).expect("a folder");
    fs::write(at("bomb/config.yaml"), bomb).expect("a file");
    fs::create_dir(at("deep")).expect("a folder");
    let deep = format!(
        "model: x\napprovals: {{mode: manual}}\ndeep: {}{}\n",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    fs::write(at("deep/config.yaml"), deep).expect("a file");
    fs::create_dir(at("cron")).expect("a folder");
    let deep = format!("{{\"jobs\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    fs::write(at("cron/jobs.json"), deep).expect("a file");
    folder
}

#[test]
fn an_odd_folder_ends_quickly_with_each_skip_named() {
    let folder = odd();
    let start = Instant::now();
    let (status, json, stderr) = run(folder.path(), &["check", ".", "--format", "json"]);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(2), "took {took:?}, in an unoptimised build too");
    assert!(status == 0 || status == 1, "{status}: {stderr}");
    let report: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let skipped: Vec<(String, String)> = report["summary"]["skipped"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|skip| {
            (skip["path"].as_str().unwrap().to_owned(), skip["reason"].as_str().unwrap().to_owned())
        })
        .collect();
    let reason = |path: &str| {
        skipped.iter().find(|(name, _)| name == path).map_or("", |(_, reason)| reason.as_str())
    };
    assert_eq!(reason("pipe"), "special-file");
    assert_eq!(reason("socket"), "special-file");
    assert_eq!(reason("loop-a"), "symlink-loop");
    assert_eq!(reason("loop-b"), "symlink-loop");
    assert_eq!(reason("broken"), "symlink-broken");
    assert_eq!(reason("outside.yaml"), "symlink-outside");
    assert_eq!(reason("sparse"), "binary");
    assert_eq!(reason("blob"), "binary");
    if !rustix::process::geteuid().is_root() {
        assert_eq!(reason("unreadable"), "unreadable");
    }
    let found = |path: &str| {
        report["findings"].as_array().expect("a list").iter().any(|finding| finding["path"] == path)
    };
    assert!(found("deep/config.yaml"), "deep nesting is a finding: {json}");
}

#[test]
fn long_lines_and_long_lists_take_linear_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("cron")).expect("a folder");
    fs::write(at("config.yaml"), "approvals: {mode: manual}\n").expect("a file");
    let mut jobs = String::from("{\"jobs\": [{\"id\": \"a\", \"prompt\": \"x\", \"env\": {");
    for number in 0..5_000 {
        let filler = "é ".repeat(55);
        jobs.push_str(&format!(
            "\"A{number}_API_KEY\": \"q7Zk{number}Vw2Rt9Lm\", \"n{number}\": \"{filler}\", "
        ));
    }
    jobs.push_str("\"z\": 1}}]}");
    assert!(jobs.len() > 1 << 20 && !jobs.contains('\n'));
    fs::write(at("cron/jobs.json"), jobs).expect("a file");
    fs::write(at(".env"), "A=1 # x\n".repeat(40_000)).expect("a file");
    let compose = format!(
        "services:\n  hermes:\n    image: hermes\n    environment:\n      A: \"{}\"\n",
        "${".repeat(50_000)
    );
    fs::write(at("compose.yaml"), compose).expect("a file");
    // Paths that grow with each brace, and names as long as the file.
    let nix = format!(
        "{{ services.hermes.environment.{} = {{ {}",
        "a.".repeat(100_000),
        "b = { c = x; ".repeat(40_000)
    );
    fs::write(at("flake.nix"), nix).expect("a file");
    let name = "N".repeat(400_000);
    let nix = format!("{{ hermes.environment.{name} = {}1; }}", "{ d = 1; ".repeat(50_000));
    fs::write(at("module.nix"), nix).expect("a file");
    // `run` stops after 20 s; an unoptimised build needs less than half of that.
    let (status, _, stderr) = run(folder.path(), &["check", ".", "--format", "json"]);
    assert!(status == 0 || status == 1, "{status}: {stderr}");
}

#[test]
fn what_is_passed_over_is_told_and_never_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    // A line shows its neighbours, and most of these are not looked at.
    let secret = |n: usize| format!("q7m2b9{n}x4kt");
    let line: String = (0..6000).map(|n| format!("password = \"{}\"; ", secret(n))).collect();
    let file = (0..6000).map(|n| format!("A{n}_API_KEY={}\n", secret(n))).collect::<String>();
    fs::write(folder.path().join("line.py"), line).expect("a file");
    fs::create_dir(folder.path().join(".hermes")).expect("a folder");
    fs::write(folder.path().join(".hermes/.env.example"), file).expect("a file");
    for arguments in [&["-v"][..], &["--format", "json"], &["--format", "concise"]] {
        let arguments = [&["check", ".", "--no-ignore", "--min-confidence", "low"], arguments];
        let (status, out, errors) = run(folder.path(), &arguments.concat());
        assert_eq!(status, 1, "{errors}");
        let shown = out + &errors;
        assert!(!shown.contains("x4kt"), "a value is shown");
        for name in ["line.py", ".hermes/.env.example"] {
            let told = shown.lines().any(|line| line.contains(name));
            assert!(told, "{name}");
        }
        assert!(shown.contains("too many credentials") || arguments.concat().contains(&"concise"));
    }
}

#[test]
fn require_complete_fails_on_a_skip() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("blob"), [0u8; 4]).expect("a file");
    assert_eq!(run(folder.path(), &["check", "."]).0, 0);
    assert_eq!(run(folder.path(), &["check", ".", "--require-complete"]).0, 3);
}

#[test]
fn no_bytes_make_it_panic() {
    // Each kind of document, cut and spoilt at many places.
    let seeds: &[(&str, &[u8])] = &[
        ("config.yaml", b"model: {api_key: sk-abc123}\napprovals:\n  mode: off\n  deny: [\"*rm*\", \"x\"]\nmcp_servers: {a: {command: npx}}\n"),
        (".env", b"TELEGRAM_BOT_TOKEN=\"a b\" # note\nexport X='y'\nGATEWAY_ALLOW_ALL_USERS=true\n"),
        ("compose.yaml", b"services:\n  hermes:\n    image: hermes\n    ports: [\"8642:8642\"]\n    environment: {A: \"${B:-c}\"}\n"),
        ("x.service", b"[Service]\nExecStart=/bin/hermes \"a b\" \\\n --yolo\nEnvironment=\"A=b c\" D=e\n"),
        ("Dockerfile", b"FROM hermes\nENV A=\"b c\" D=e\nCMD [\"hermes\", \"--yolo\"]\nUSER root\n"),
        ("module.nix", b"{ services.hermes.environment = { \"A_TOKEN\" = vars.x; B.c = ''\n x''; }; }\n"),
        ("SKILL.md", b"---\nname: x\n---\napi_key = \"sk-abc123\"\n"),
        ("cron/jobs.json", b"{\"jobs\": [{\"prompt\": \"x\", \"schedule\": {\"kind\": \"cron\"}}]}\n"),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let mut number = 0;
    for (name, bytes) in seeds {
        for cut in (0..bytes.len()).step_by(5) {
            for spoil in
                [b"".as_slice(), b"\xFF", b"\"", b"{{", b"\t", b"\r\n: ", "\u{202e}".as_bytes()]
            {
                let path = folder.path().join(number.to_string()).join(name);
                fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
                let mut text = bytes[..cut].to_vec();
                text.extend_from_slice(spoil);
                text.extend_from_slice(&bytes[cut..]);
                fs::write(path, text).expect("a file");
                number += 1;
            }
        }
    }
    for format in ["json", "human", "concise"] {
        let (status, _, stderr) = run(folder.path(), &["check", ".", "--format", format]);
        assert!(status == 0 || status == 1, "{status}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
fn terminal_controls_of_a_scanned_file_never_reach_the_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join("config.yaml"),
        "approvals: {mode: off}\nmodel: {api_key: \"\u{1b}[31mhunter2\u{7}x9k\"}\n",
    )
    .expect("a file");
    fs::write(
        folder.path().join("\u{1b}[2Jx.yaml"),
        "approvals: {mode: off}\nmodel: {api_key: hunter2x9k}\n",
    )
    .expect("a file");
    for format in ["human", "concise", "json"] {
        let (_, stdout, _) = run(folder.path(), &["check", ".", "--format", format, "-v"]);
        assert!(!stdout.contains('\u{1b}') && !stdout.contains('\u{7}'), "{format}: {stdout:?}");
    }
}
