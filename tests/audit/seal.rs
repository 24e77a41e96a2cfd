//! Logs that are written, rotated and sealed, and chains that are checked.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The line of this number, without its newline. Its first bytes are its own.
pub fn line(number: usize) -> String {
    let second = number / 1000 % 60;
    format!("2026-11-22 19:54:{second:02},{:03} number {number:07}", number % 1000)
}

pub fn lines(numbers: Range<usize>) -> Vec<String> {
    numbers.map(line).collect()
}

pub fn append(path: &Path, numbers: Range<usize>) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    let text: String = numbers.map(|number| line(number) + "\n").collect();
    file.write_all(text.as_bytes()).unwrap();
}

/// The program, about to seal `log` into `out`.
pub fn sealer(log: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hermes-lint"));
    command.args(["audit", "seal", "--fsync", "never", "--out"]).arg(out).args(more).arg(log);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

pub fn seal(log: &Path, out: &Path, more: &[&str]) {
    let run = sealer(log, out, more).arg("--once").output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

pub fn stdout(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The files of the chain in `folder`, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "jsonl")).collect();
    files.sort();
    files
}

pub fn text_of(record: &Value) -> Option<&str> {
    // Of a line that was understood, the text is what follows the time.
    record["in"]["text"].as_str()
}

/// A chain that is in order.
pub struct Chain {
    pub records: Vec<Value>,
}

impl Chain {
    pub fn read(folder: &Path) -> Self {
        Self::of(&files(folder))
    }

    /// Checks hashes, links, numbers, rotation and the lines that are no records.
    pub fn of(files: &[PathBuf]) -> Self {
        let mut records: Vec<Value> = Vec::new();
        let mut prev: Option<String> = None;
        let mut before: Option<(Vec<u8>, usize)> = None;
        for path in files {
            let bytes = fs::read(path).unwrap();
            let mut junk: Vec<(usize, &[u8])> = Vec::new();
            let (mut at, mut own) = (0, 0);
            // A writer may be at work: only whole lines count.
            let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            for line in bytes[..whole].split_inclusive(|&byte| byte == b'\n') {
                let offset = at;
                at += line.len();
                let line = &line[..line.len() - 1];
                let Some(record) = checked(line) else {
                    junk.push((offset, line));
                    continue;
                };
                own += 1;
                assert_eq!(record["seq"], records.len(), "{path:?}");
                let wanted = prev.clone().unwrap_or_else(|| genesis(&record));
                assert_eq!(record["prev"], wanted, "{path:?}, record {}", records.len());
                prev = Some(record["hash"].as_str().unwrap().to_owned());
                let log = &record["log"];
                match record["what"]["kind"].as_str().unwrap() {
                    "log.rotate" => {
                        let (old, count) = before.take().unwrap();
                        assert_eq!(own, 1);
                        assert_eq!(log["prev_bytes"], old.len());
                        assert_eq!(log["prev_sha256"], HEXLOWER.encode(&Sha256::digest(&old)));
                        assert_eq!(log["prev_records"], count);
                    }
                    "log.recover" => {
                        let place = junk.iter().position(|(offset, _)| log["offset"] == *offset);
                        let (_, fragment) = junk.remove(place.expect("a fragment at that place"));
                        assert_eq!(log["bytes"], fragment.len());
                        assert_eq!(log["sha256"], HEXLOWER.encode(&Sha256::digest(fragment)));
                    }
                    _ => {}
                }
                records.push(record);
            }
            assert!(junk.is_empty(), "{path:?}: unexplained {junk:?}");
            before = Some((bytes, own));
        }
        Self { records }
    }

    /// The records that seal something.
    pub fn lines(&self) -> impl Iterator<Item = &Value> {
        self.records
            .iter()
            .filter(|record| record["src"]["len"].as_u64().is_some_and(|len| len > 0))
    }

    pub fn texts(&self) -> Vec<String> {
        self.lines().map(|record| text_of(record).unwrap().to_owned()).collect()
    }

    pub fn kinds(&self, kind: &str) -> usize {
        self.records.iter().filter(|record| record["what"]["kind"] == kind).count()
    }
}

fn genesis(first: &Value) -> String {
    let origin = first["log"]["origin"].as_str().unwrap();
    let seed = format!("hermes-lint audit v1\n{origin}\n");
    format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(seed)))
}

fn checked(line: &[u8]) -> Option<Value> {
    let record: Value = serde_json::from_slice(line).ok()?;
    let body = line.len().checked_sub(82)?;
    let image = [&line[..body], b"}"].concat();
    let hash = format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(image)));
    (record["hash"] == hash && line.len() <= 1 << 20).then_some(record)
}

/// How the log is rotated.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    Rename,
    RenameAndCompress,
    CopyAndCut,
    Dated,
}

pub const WAYS: [Way; 4] = [Way::Rename, Way::RenameAndCompress, Way::CopyAndCut, Way::Dated];

/// Random enough, and the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Appends lines and rotates until told to stop; returns how many lines and rotations that were.
fn write(log: &Path, way: Way, seed: u64, stop: &AtomicBool) -> (usize, usize) {
    let mut random = Random(seed);
    let (mut number, mut rotations) = (0, 0);
    let mut file = OpenOptions::new().append(true).create(true).open(log).unwrap();
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..random.below(40) {
            let text = line(number) + "\n";
            number += 1;
            // Sometimes in two writes, as a full buffer does it.
            let (head, tail) = text.as_bytes().split_at(random.below(text.len() as u64) as usize);
            if random.below(10) == 0 {
                file.write_all(head).unwrap();
                std::thread::sleep(Duration::from_micros(random.below(3000)));
                file.write_all(tail).unwrap();
            } else {
                file.write_all(text.as_bytes()).unwrap();
            }
        }
        if random.below(12) == 0 {
            rotations += 1;
            rotate(log, way, rotations, &mut random);
            file = OpenOptions::new().append(true).create(true).open(log).unwrap();
        }
        std::thread::sleep(Duration::from_micros(random.below(20_000)));
    }
    (number, rotations)
}

fn rotate(log: &Path, way: Way, count: usize, random: &mut Random) {
    let at = |suffix: String| PathBuf::from(format!("{}{suffix}", log.display()));
    if let Way::Dated = way {
        return fs::rename(log, at(format!("-20261122-{count:05}"))).unwrap();
    }
    for number in (1..count).rev() {
        for ending in ["", ".gz"] {
            let old = at(format!(".{number}{ending}"));
            if old.exists() {
                fs::rename(old, at(format!(".{}{ending}", number + 1))).unwrap();
            }
        }
    }
    match way {
        Way::CopyAndCut => {
            fs::copy(log, at(".1".to_owned())).unwrap();
            std::thread::sleep(Duration::from_micros(random.below(2000)));
            OpenOptions::new().write(true).open(log).unwrap().set_len(0).unwrap();
        }
        Way::Rename | Way::RenameAndCompress | Way::Dated => {
            fs::rename(log, at(".1".to_owned())).unwrap();
        }
    }
    // As with delaycompress: the one before last.
    let plain = at(".2".to_owned());
    if matches!(way, Way::RenameAndCompress) && plain.exists() {
        let mut gz =
            GzEncoder::new(File::create(at(".2.gz".to_owned())).unwrap(), Compression::fast());
        gz.write_all(&fs::read(&plain).unwrap()).unwrap();
        gz.finish().unwrap();
        fs::remove_file(plain).unwrap();
    }
}

/// Kills a sealer `times` times at random moments while the log is written and rotated, and cuts the chain at a random
/// byte after some of them, as a power failure does. Then every line must be in it once, in order.
pub fn kills(way: Way, times: usize, seed: u64) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (log, out) = (folder.path().join("agent.log"), folder.path().join("sealed"));
    let stop = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (log, stop) = (log.clone(), Arc::clone(&stop));
        move || write(&log, way, seed, &stop)
    });
    let mut random = Random(seed ^ 0x9e37_79b9_7f4a_7c15);
    let mut cut = 0;
    for _ in 0..times {
        let mut child =
            sealer(&log, &out, &["--follow", "--rotate-bytes", "100000"]).spawn().unwrap();
        // Mostly while it catches up, sometimes while it waits and looks again.
        let most = if random.below(8) == 0 { 500 } else { 90 };
        std::thread::sleep(Duration::from_millis(random.below(most)));
        assert_eq!(child.try_wait().unwrap(), None, "it ended by itself: {}", {
            let output = child.wait_with_output().unwrap();
            String::from_utf8_lossy(&output.stderr).into_owned()
        });
        child.kill().unwrap();
        child.wait().unwrap();
        if random.below(2) == 0
            && let Some(last) = out.exists().then(|| files(&out).pop()).flatten()
        {
            let file = OpenOptions::new().write(true).open(last).unwrap();
            let len = file.metadata().unwrap().len();
            let kept = len.saturating_sub(random.below(3000));
            file.set_len(kept).unwrap();
            cut += 1;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let (count, rotations) = writer.join().unwrap();
    seal(&log, &out, &[]);
    let chain = Chain::read(&out);
    let texts = chain.texts();
    let wanted = lines(0..count);
    let first = texts.iter().zip(&wanted).position(|(a, b)| a != b);
    assert!(
        texts == wanted,
        "{way:?}: {} lines sealed of {count}; the first that differs is {first:?}: {:?}",
        texts.len(),
        first.map(|at| &texts[at..(at + 3).min(texts.len())]),
    );
    assert_eq!(chain.kinds("log.gap"), 0);
    // The verifier calls it intact, torn lines that are explained included.
    let mut verify = Command::new(env!("CARGO_BIN_EXE_hermes-lint"));
    verify.args(["audit", "verify", "--format", "json"]).arg(&out);
    let report: Value = serde_json::from_str(&stdout(&mut verify)).unwrap();
    assert_eq!(report["verdict"], "intact", "{report}");
    format!(
        "{times} kills ({cut} with the chain cut), {count} lines, {rotations} rotations, {} files of {} records, \
         {} torn lines explained",
        files(&out).len(),
        chain.records.len(),
        chain.kinds("log.recover")
    )
}
