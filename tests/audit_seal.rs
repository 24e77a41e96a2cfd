//! Sealing a log from the outside: what is in the chain afterwards is checked with nothing but SHA-256.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

#[path = "audit/seal.rs"]
mod seal;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use hermes_lint::audit::record::Map;
use hermes_lint::audit::seal::{Fsync, Options, Redact, Redacted, Sources, What, run};
use seal::{Chain, append, line, lines, seal, sealer, stdout, text_of};

struct Nothing;

impl Redact for Nothing {
    fn redact(&self, text: &str) -> Redacted {
        Redacted { text: text.to_owned(), count: 0, first: None }
    }

    fn name(&self) -> &str {
        "nothing"
    }
}

/// Seals once, without a process for it.
fn quickly(log: &Path, out: &Path, rotate_bytes: u64) {
    let sources = Sources::from_json(r#"{"sources":[]}"#).unwrap();
    let options = Options {
        source: log.to_owned(),
        out: Some(out.to_owned()),
        origin: Some("test".to_owned()),
        follow: false,
        fsync: Fsync::Never,
        heartbeat: Duration::from_secs(60),
        rotate_bytes,
        about: Map::new(),
        keep: None,
        say: &|_| {},
        what: What::Lines(&sources, &Nothing),
    };
    run(&options, &|| false).unwrap();
}

/// A folder of its own, the log in it and where it is sealed.
fn places() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (log, out) = (folder.path().join("agent.log"), folder.path().join("sealed"));
    (folder, log, out)
}

#[test]
fn a_log_is_sealed_once_and_the_chain_verifies() {
    let (_folder, log, out) = places();
    append(&log, 0..5);
    seal(&log, &out, &["--origin", "audit.example/a"]);
    let chain = Chain::read(&out);
    assert_eq!(chain.texts(), lines(0..5));
    assert_eq!(chain.kinds("log.open"), 1);
    assert_eq!(chain.records[0]["log"]["origin"], "audit.example/a");
    // Nothing new, and then something.
    seal(&log, &out, &[]);
    append(&log, 5..9);
    seal(&log, &out, &[]);
    let chain = Chain::read(&out);
    assert_eq!(chain.texts(), lines(0..9));
    assert_eq!(chain.kinds("log.gap"), 0);
    // The other half of the program agrees.
    let mut verify = Command::new(env!("CARGO_BIN_EXE_hermes-lint"));
    verify.args(["audit", "verify", "--origin", "audit.example/a"]).arg(&out);
    assert!(stdout(&mut verify).contains("intact"));
}

#[test]
fn sed_and_sha256sum_check_a_record() {
    let (_folder, log, out) = places();
    fs::write(&log, "2026-11-22 19:54:55,123 INFO a: \u{1f600} \u{2028} \"q\" \\ \u{1} tab\t\n")
        .unwrap();
    seal(&log, &out, &[]);
    let file = out.join("audit-000001.jsonl");
    for number in 1..=3 {
        let script = format!(
            r#"sed -n {number}p "$0" | sed 's/,"hash":"sha256:[0-9a-f]\{{64\}}"}}$/}}/' | tr -d '\n' | sha256sum"#
        );
        let sum = stdout(Command::new("sh").arg("-c").arg(script).arg(&file));
        let text = fs::read_to_string(&file).unwrap();
        let line = text.lines().nth(number - 1).unwrap();
        assert_eq!(format!("sha256:{}", &sum[..64]), line[line.len() - 73..line.len() - 2]);
    }
}

#[test]
fn whatever_a_crash_leaves_every_line_is_sealed_once() {
    let (_folder, log, out) = places();
    append(&log, 0..2);
    quickly(&log, &out, 1 << 20);
    let file = out.join("audit-000001.jsonl");
    let whole = fs::read(&file).unwrap();
    for len in 0..=whole.len() {
        fs::write(&file, &whole[..len]).unwrap();
        quickly(&log, &out, 1 << 20);
        let chain = Chain::read(&out);
        assert_eq!(chain.texts(), lines(0..2), "cut to {len} bytes");
        let torn = len > 0 && whole[len - 1] != b'\n' && whole[len] != b'\n';
        assert_eq!(
            chain.kinds("log.recover"),
            usize::from(torn && len < whole.len()),
            "cut to {len} bytes"
        );
    }
}

#[test]
fn a_crash_while_recovering_is_recovered_from_too() {
    let (_folder, log, out) = places();
    append(&log, 0..2);
    quickly(&log, &out, 1 << 20);
    let file = out.join("audit-000001.jsonl");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 100]).unwrap();
    let torn = whole.len() - 100;
    quickly(&log, &out, 1 << 20);
    let recovered = fs::read(&file).unwrap();
    // The newline, the opening and the explanation, cut at every byte.
    for len in torn..recovered.len() {
        fs::write(&file, &recovered[..len]).unwrap();
        quickly(&log, &out, 1 << 20);
        assert_eq!(Chain::read(&out).texts(), lines(0..2), "cut to {len} bytes");
    }
}

#[test]
fn a_crash_between_two_files_of_the_chain_is_recovered_from() {
    let (_folder, log, out) = places();
    append(&log, 0..20);
    quickly(&log, &out, 4096);
    let files = seal::files(&out);
    assert!(files.len() > 1);
    let last = files.last().unwrap();
    let whole = fs::read(last).unwrap();
    for len in 0..whole.len() {
        fs::write(last, &whole[..len]).unwrap();
        quickly(&log, &out, 1 << 20);
        let chain = Chain::read(&out);
        assert_eq!(chain.texts(), lines(0..20), "cut to {len} bytes");
    }
}

#[test]
fn rotated_files_are_read_in_their_order() {
    let (folder, log, out) = places();
    let at = |name: &str| folder.path().join(name);
    append(&log, 0..3);
    seal(&log, &out, &[]);
    append(&log, 3..5);
    // Three rotations while nobody seals, the oldest compressed; the oldest has lines that are not sealed.
    fs::rename(&log, at("agent.log.3")).unwrap();
    let mut gz =
        GzEncoder::new(fs::File::create(at("agent.log.3.gz")).unwrap(), Compression::fast());
    gz.write_all(&fs::read(at("agent.log.3")).unwrap()).unwrap();
    gz.finish().unwrap();
    fs::remove_file(at("agent.log.3")).unwrap();
    append(&at("agent.log.2"), 5..8);
    append(&at("agent.log.1"), 8..9);
    fs::OpenOptions::new()
        .append(true)
        .open(at("agent.log.1"))
        .unwrap()
        .write_all(b"no newline")
        .unwrap();
    append(&log, 9..12);
    seal(&log, &out, &[]);
    let chain = Chain::read(&out);
    let mut wanted = lines(0..9);
    wanted.push("no newline".to_owned());
    wanted.extend(lines(9..12));
    assert_eq!(chain.texts(), wanted);
    assert_eq!(chain.kinds("log.gap"), 0);
    let cut = chain.records.iter().find(|record| text_of(record) == Some("no newline")).unwrap();
    assert_eq!(cut["src"]["eol"], false);
    assert_eq!(cut["src"]["file"], "agent.log.1");
}

#[test]
fn what_was_removed_unread_is_a_gap() {
    let (folder, log, out) = places();
    let at = |name: &str| folder.path().join(name);
    append(&at("agent.log.1"), 0..2);
    append(&log, 2..5);
    seal(&log, &out, &[]);
    // The file that was read last is gone; the one before it, sealed already, is still there.
    fs::remove_file(&log).unwrap();
    append(&log, 9..12);
    seal(&log, &out, &[]);
    let chain = Chain::read(&out);
    assert_eq!(chain.texts(), [lines(0..5), lines(9..12)].concat());
    let gap = chain.records.iter().find(|record| record["what"]["kind"] == "log.gap").unwrap();
    assert_eq!(gap["log"]["reason"], "lost");
    assert_eq!(gap["log"]["file"], "agent.log");
    assert_eq!(gap["log"]["sealed"], lines(2..5).iter().map(|line| line.len() + 1).sum::<usize>());
}

#[test]
fn a_damaged_archive_does_not_stop_the_rest() {
    let (folder, log, out) = places();
    let at = |name: &str| folder.path().join(name);
    append(&log, 0..50);
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&fs::read(&log).unwrap()).unwrap();
    let packed = gz.finish().unwrap();
    fs::write(at("agent.log.3.gz"), &packed[..packed.len() / 2]).unwrap();
    fs::write(at("agent.log.2.gz"), b"no gzip").unwrap();
    fs::remove_file(&log).unwrap();
    append(&log, 50..60);
    seal(&log, &out, &[]);
    let chain = Chain::read(&out);
    let texts = chain.texts();
    assert_eq!(texts[texts.len() - 10..], lines(50..60));
    assert!(texts.len() > 10 && texts.len() < 60);
    let gaps: Vec<_> =
        chain.records.iter().filter(|record| record["what"]["kind"] == "log.gap").collect();
    assert_eq!(gaps.len(), 2);
    for (gap, file) in gaps.iter().zip(["agent.log.3.gz", "agent.log.2.gz"]) {
        assert_eq!(
            (&gap["log"]["reason"], &gap["log"]["file"]),
            (&"unreadable".into(), &file.into())
        );
    }
    // And again, from where it was.
    seal(&log, &out, &[]);
    assert_eq!(Chain::read(&out).texts().len(), texts.len());
}

#[test]
fn a_log_that_was_copied_and_cut_is_followed() {
    let (folder, log, out) = places();
    let at = |name: &str| folder.path().join(name);
    append(&log, 0..3);
    seal(&log, &out, &[]);
    append(&log, 3..6);
    fs::copy(&log, at("agent.log.1")).unwrap();
    fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
    // It has more bytes than were sealed of it again.
    append(&log, 6..20);
    seal(&log, &out, &[]);
    let chain = Chain::read(&out);
    assert_eq!(chain.texts(), lines(0..20));
    assert_eq!(chain.kinds("log.gap"), 0);
    // Cut without a copy: what is missing is not known, but that something may be.
    fs::remove_file(at("agent.log.1")).unwrap();
    fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
    append(&log, 30..32);
    seal(&log, &out, &[]);
    let chain = Chain::read(&out);
    assert_eq!(chain.texts(), [lines(0..20), lines(30..32)].concat());
    assert_eq!(chain.kinds("log.gap"), 1);
}

#[test]
fn following_sees_lines_rotation_and_the_end() {
    let (folder, log, out) = places();
    let mut child = sealer(&log, &out, &["--follow", "--heartbeat", "1"]).spawn().unwrap();
    let wait = |texts: Vec<String>| {
        let since = Instant::now();
        while !out.exists() || Chain::read(&out).texts() != texts {
            assert!(since.elapsed() < Duration::from_secs(30), "{:?}", Chain::read(&out).texts());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    std::thread::sleep(Duration::from_millis(100));
    append(&log, 0..3);
    wait(lines(0..3));
    // Half a line is none.
    fs::OpenOptions::new()
        .append(true)
        .open(&log)
        .unwrap()
        .write_all(&line(3).as_bytes()[..20])
        .unwrap();
    append(&log, 4..4);
    std::thread::sleep(Duration::from_millis(500));
    wait(lines(0..3));
    let rest = format!("{}\n", &line(3)[20..]);
    fs::OpenOptions::new().append(true).open(&log).unwrap().write_all(rest.as_bytes()).unwrap();
    wait(lines(0..4));
    fs::rename(&log, folder.path().join("agent.log.1")).unwrap();
    append(&folder.path().join("agent.log.1"), 4..5);
    append(&log, 5..7);
    wait(lines(0..7));
    fs::copy(&log, folder.path().join("agent.log-20261122")).unwrap();
    fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
    append(&log, 7..9);
    wait(lines(0..9));

    // Who writes to a file that was rotated away long ago is not followed, but told of.
    append(&folder.path().join("agent.log-20261122"), 90..91);
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(Chain::read(&out).kinds("log.gap"), 1);

    // One writer only.
    let second = sealer(&log, &out, &["--once"]).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another process is sealing"));

    std::thread::sleep(Duration::from_millis(1500));
    stdout(Command::new("kill").arg("-TERM").arg(child.id().to_string()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let chain = Chain::read(&out);
    assert!(chain.kinds("log.heartbeat") > 0);
    assert_eq!(chain.records.last().unwrap()["what"]["kind"], "log.close");
    assert_eq!(chain.kinds("log.gap"), 1);
}

#[test]
fn secrets_are_neither_in_the_chain_nor_in_what_is_said() {
    let (_folder, log, out) = places();
    let key = hermes_lint::secrets::template::expand("sk-ant-api03-{alnum:93}AA", 7).unwrap();
    let password = hermes_lint::secrets::template::expand("{alnum:14}", 8).unwrap();
    let text = format!(
        "{key}\nDB_PASSWORD={password}\n{{\"api_key\": \"{key}\"}}\nlong {}{key}\n",
        "x ".repeat(600_000)
    );
    fs::write(&log, text).unwrap();
    let run = sealer(&log, &out, &["--once"]).output().unwrap();
    assert!(run.status.success());
    let written: String =
        seal::files(&out).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    for text in [&written, &String::from_utf8_lossy(&run.stderr).into_owned()] {
        for secret in [&key[..], &password[..], &key[20..60]] {
            assert!(!text.contains(secret));
        }
    }
    let chain = Chain::read(&out);
    let redacted: Vec<u64> =
        chain.lines().map(|record| record["red"]["n"].as_u64().unwrap()).collect();
    assert_eq!(redacted[..3], [1, 1, 1]);
    let long = chain.lines().nth(3).unwrap();
    assert_eq!(long["in"]["cut"], true);
    assert_eq!(long["in"]["bytes"], 1_200_000 + 5 + key.len());
    // The first bytes of the file make it known, up to the first secret only.
    assert_eq!(chain.lines().next().unwrap()["src"]["head_len"], 0);
}

#[test]
fn files_are_made_for_their_owner_and_links_are_not_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let (folder, log, out) = places();
    append(&log, 0..1);
    seal(&log, &out, &[]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&out) & 0o027, 0);
    assert_eq!(mode(&out.join("audit-000001.jsonl")) & 0o137, 0);

    let refused = |log: &Path, out: &Path, what: &str| {
        let run = sealer(log, out, &["--once"]).output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(2), "{said}");
        assert!(said.contains(what), "{said}");
    };
    let open = folder.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o775)).unwrap();
    refused(&log, &open, "others can change what is in");
    let link = folder.path().join("link");
    symlink(&out, &link).unwrap();
    refused(&log, &link, "is a symbolic link or no folder");
    let linked = folder.path().join("linked.log");
    symlink(&log, &linked).unwrap();
    refused(&linked, &out, "is a symbolic link or no regular file");
    refused(&folder.path().join("none.log"), &out, "there is no log");
    let planted = folder.path().join("planted");
    fs::create_dir(&planted).unwrap();
    fs::set_permissions(&planted, fs::Permissions::from_mode(0o755)).unwrap();
    symlink(folder.path().join("elsewhere"), planted.join("audit-000001.jsonl")).unwrap();
    refused(&log, &planted, "audit-000001.jsonl");
    assert!(!folder.path().join("elsewhere").exists());
}

#[test]
fn a_sidecar_vouches_for_every_byte_of_the_log() {
    use sha2::{Digest, Sha256};

    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("agent.log");
    append(&log, 0..2000);
    let sidecar = || {
        let out = folder.path().join("out");
        let _ = fs::create_dir(&out);
        let run = sealer(&log, &out, &["--once", "--sidecar"]).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        Chain::of(&[out.join("agent.log.seal")])
    };
    sidecar();
    append(&log, 2000..2100);
    let chain = sidecar();
    let bytes = fs::read(&log).unwrap();
    let mut at = 0;
    for record in chain.lines() {
        let src = &record["src"];
        let (off, len) =
            (src["off"].as_u64().unwrap() as usize, src["len"].as_u64().unwrap() as usize);
        assert_eq!(off, at);
        assert!(len <= 64 << 10);
        let sum = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes[off..off + len]));
        assert_eq!(src["sha256"], sum);
        assert!(bytes[off..off + len].ends_with(b"\n"));
        at += len;
    }
    assert_eq!(at, bytes.len());
    assert!(chain.lines().count() < 20);
}

#[test]
fn no_kill_loses_or_doubles_a_line() {
    // The script beside this sets more.
    let kills = std::env::var("SEAL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    for (number, way) in seal::WAYS.iter().enumerate() {
        let told = seal::kills(*way, kills / seal::WAYS.len(), number as u64 + 1);
        eprintln!("{way:?}: {told}");
    }
}

#[test]
fn a_key_is_made_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("log.key");
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hermes-lint"));
        command.args(["audit", "checkpoint", "--generate", "audit.example/a", "--key"]).arg(&key);
        command.stdin(Stdio::null());
        command
    };
    let verifier = stdout(&mut command());
    assert!(verifier.starts_with("audit.example/a+") && verifier.lines().count() == 1);
    let private = fs::read_to_string(&key).unwrap();
    assert!(!verifier.contains(private.trim_end().splitn(5, '+').last().unwrap()));
    let again = command().output().unwrap();
    assert_eq!(again.status.code(), Some(2));
    // Root reads everything.
    let other = folder.path().join("other.key");
    for agent in ["0", "root", "nobody-of-that-name"] {
        let run = Command::new(env!("CARGO_BIN_EXE_hermes-lint"))
            .args(["audit", "checkpoint", "--generate", "a", "--agent-user", agent, "--key"])
            .arg(&other)
            .output()
            .unwrap();
        assert_eq!(run.status.code(), Some(2));
        assert!(run.stdout.is_empty() && !other.exists());
    }
    assert_eq!(fs::read_to_string(&key).unwrap(), private);
}

/// Signs how far the sealed log goes.
fn checkpoint(folder: &Path, out: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hermes-lint"));
    command.args(["audit", "checkpoint", "-q", "--key"]).arg(folder.join("key"));
    if !folder.join("key").exists() {
        let key = stdout(command.args(["--generate", "audit.example/a"]));
        fs::write(folder.join("key.pub"), key).unwrap();
        return checkpoint(folder, out);
    }
    stdout(command.arg(out).arg("--out").arg(folder.join("ckpt")));
}

/// Makes the first files of the chain look as if nothing had been written to them for a hundred days.
fn age(out: &Path, many: usize) {
    let then = std::time::SystemTime::now() - Duration::from_secs(100 * 24 * 3600);
    for path in seal::files(out).iter().take(many) {
        fs::File::options().append(true).open(path).unwrap().set_modified(then).unwrap();
    }
}

#[test]
fn what_is_old_and_vouched_for_is_removed_and_the_rest_still_verifies() {
    let (folder, log, out) = places();
    let small = ["--rotate-bytes", "4096", "--origin", "audit.example/a"];
    append(&log, 0..40);
    seal(&log, &out, &small);
    let before = seal::files(&out);
    assert!(before.len() > 4, "{before:?}");
    let ckpt = folder.path().join("ckpt");
    let keep = |more: &[&str]| {
        let keep = ["--keep", "90", "--checkpoint", ckpt.to_str().unwrap()];
        let run = sealer(&log, &out, &[&small[..], &keep, more].concat()).arg("--once").output();
        let run = run.unwrap();
        assert!(run.status.success());
        String::from_utf8(run.stderr).unwrap()
    };
    let verify = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hermes-lint"));
        command.current_dir(folder.path());
        command.args(["audit", "verify", "--strict", "--format", "json", "sealed"]);
        command.args(["--origin", "audit.example/a", "--state", "pins"]).args(more);
        let output = command.output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), report["logs"][0].clone())
    };
    assert_eq!(verify(&[]).0, Some(0));
    // Old, and nobody speaks for it.
    age(&out, 2);
    keep(&[]);
    assert_eq!(seal::files(&out)[..2], before[..2]);
    // Somebody speaks for it, and it is old.
    checkpoint(folder.path(), &out);
    append(&log, 40..44);
    let said = keep(&[]);
    assert!(said.contains("removed 2 old files"), "{said}");
    assert_eq!(seal::files(&out)[0], before[2]);
    let key = ["--checkpoint", "ckpt", "--public-key", "key.pub", "--require", "checkpoint,state"];
    let (status, chain) = verify(&key);
    assert_eq!(status, Some(0), "{chain:#}");
    assert_eq!(chain["anchored"]["by"], "checkpoint", "{chain:#}");
    let removed = chain["removed"].as_u64().unwrap();
    assert_eq!(chain["first_seq"].as_u64(), Some(removed));
    // A second time, from where the first has left it.
    checkpoint(folder.path(), &out);
    age(&out, 1);
    assert!(keep(&[]).contains("removed 1 old file"));
    let (status, chain) = verify(&key);
    assert_eq!(status, Some(0), "{chain:#}");
    assert!(chain["removed"].as_u64().unwrap() > removed);
    // Nothing is lost or sealed twice.
    append(&log, 44..50);
    keep(&[]);
    let (status, _) = verify(&key);
    assert_eq!(status, Some(0));
    let texts: Vec<String> = seal::files(&out)
        .iter()
        .flat_map(|path| {
            fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .filter_map(|line| {
            serde_json::from_str::<serde_json::Value>(&line).unwrap()["in"]["text"]
                .as_str()
                .map(str::to_owned)
        })
        .collect();
    let first = 50 - texts.len();
    assert_eq!(texts, lines(first..50));
}

/// How many records of the chain own up to a file that was removed.
fn prunes(out: &Path) -> usize {
    let texts = seal::files(out).into_iter().map(|path| fs::read_to_string(path).unwrap());
    texts.map(|text| text.matches("\"kind\":\"log.prune\"").count()).sum()
}

#[test]
fn what_was_removed_is_owned_up_to_once_and_old_checkpoints_are_no_trouble() {
    let (folder, log, out) = places();
    let ckpt = folder.path().join("ckpt");
    let arguments = ["--rotate-bytes", "4096", "--origin", "audit.example/a"];
    let keep = || {
        let keep = ["--keep", "90", "--checkpoint", ckpt.to_str().unwrap()];
        let run = sealer(&log, &out, &[&arguments[..], &keep].concat()).arg("--once").output();
        let run = run.unwrap();
        assert!(run.status.success());
        String::from_utf8(run.stderr).unwrap()
    };
    append(&log, 0..2);
    seal(&log, &out, &arguments);
    checkpoint(folder.path(), &out);
    let early = fs::read(&ckpt).unwrap();
    append(&log, 2..40);
    seal(&log, &out, &arguments);
    checkpoint(folder.path(), &out);
    let first = seal::files(&out).remove(0);
    age(&out, 1);
    let before = fs::read(&first).unwrap();
    assert!(keep().contains("removed 1 old file"));
    assert_eq!(prunes(&out), 1);
    // As if it could not have been removed: it is now, and nothing more is written of it.
    fs::write(&first, before).unwrap();
    age(&out, 1);
    assert!(keep().contains("removed 1 old file"));
    assert_eq!(prunes(&out), 1);
    // A checkpoint of nothing that is still there: nothing to do, and nothing to complain about.
    fs::write(&ckpt, early).unwrap();
    age(&out, 1);
    let before = seal::files(&out);
    let said = keep();
    assert!(!said.contains("does not fit") && !said.contains("removed"), "{said}");
    assert_eq!(seal::files(&out)[0], before[0]);
}

#[test]
fn what_a_checkpoint_does_not_fit_is_evidence_and_stays() {
    let (folder, log, out) = places();
    append(&log, 0..40);
    seal(&log, &out, &["--rotate-bytes", "4096", "--origin", "audit.example/a"]);
    checkpoint(folder.path(), &out);
    // Written anew, with the same number of records.
    fs::remove_dir_all(&out).unwrap();
    fs::remove_file(&log).unwrap();
    append(&log, 100..140);
    let ckpt = folder.path().join("ckpt");
    let arguments = ["--rotate-bytes", "4096", "--origin", "audit.example/a"];
    seal(&log, &out, &arguments);
    age(&out, 3);
    let before = seal::files(&out);
    let keep = ["--keep", "90", "--checkpoint", ckpt.to_str().unwrap()];
    let run = sealer(&log, &out, &[&arguments[..], &keep].concat()).arg("--once").output().unwrap();
    assert!(run.status.success());
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(said.contains("the newest checkpoint does not fit"), "{said}");
    assert_eq!(seal::files(&out)[..before.len()], before);
}
