//! Objects in packs, stored as differences from each other.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use gix::ObjectId;

use super::repo::{Files, Repo};
use super::{key, line};

/// What an object in a pack is stored as.
enum Stored<'t> {
    Whole(&'t str),
    /// A difference from the object of that number, and whether that is named by its place or by its name.
    Built(&'t [u8], usize, bool),
}

fn squeezed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A number in groups of seven bits, the lowest first.
fn groups(mut number: usize, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The difference that keeps the first `kept` bytes of `base` and adds `new`.
fn difference(base: &str, kept: usize, new: &str) -> Vec<u8> {
    let mut out = Vec::new();
    groups(base.len(), &mut out);
    groups(kept + new.len(), &mut out);
    out.extend([0xb0, kept as u8, (kept >> 8) as u8]);
    for part in new.as_bytes().chunks(127) {
        out.push(part.len() as u8);
        out.extend(part);
    }
    out
}

/// Writes a pack of these objects, its index, and takes the loose ones away.
fn pack(repo: &Repo, objects: &[(ObjectId, Stored<'_>)]) {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend((objects.len() as u32).to_be_bytes());
    let mut offsets = Vec::new();
    for (_, stored) in objects {
        offsets.push(pack.len());
        let (kind, bytes) = match stored {
            Stored::Whole(text) => (3, text.as_bytes()),
            Stored::Built(bytes, _, by_place) => (if *by_place { 6 } else { 7 }, *bytes),
        };
        let more = if bytes.len() > 15 { 0x80 } else { 0 };
        pack.push(more | kind << 4 | (bytes.len() & 15) as u8);
        if more > 0 {
            groups(bytes.len() >> 4, &mut pack);
        }
        if let Stored::Built(_, base, by_place) = stored {
            let distance = offsets.last().unwrap() - offsets[*base];
            match by_place {
                true if distance > 0x7f => {
                    pack.extend([0x80 | ((distance >> 7) - 1) as u8, (distance & 0x7f) as u8]);
                }
                true => pack.push(distance as u8),
                false => pack.extend(objects[*base].0.as_slice()),
            }
        }
        pack.extend(squeezed(bytes));
    }
    pack.extend([0; 20]);
    let mut sorted: Vec<(ObjectId, usize)> =
        objects.iter().map(|(id, _)| *id).zip(offsets).collect();
    sorted.sort();
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=255 {
        let below = sorted.iter().filter(|(id, _)| id.as_slice()[0] <= first).count();
        index.extend((below as u32).to_be_bytes());
    }
    sorted.iter().for_each(|(id, _)| index.extend(id.as_slice()));
    sorted.iter().for_each(|_| index.extend([0; 4]));
    sorted.iter().for_each(|(_, offset)| index.extend((*offset as u32).to_be_bytes()));
    index.extend([0; 40]);
    let folder = repo.git_dir().join("objects");
    fs::create_dir_all(folder.join("pack")).unwrap();
    fs::write(folder.join("pack/pack-1.pack"), pack).unwrap();
    fs::write(folder.join("pack/pack-1.idx"), index).unwrap();
    for (id, _) in objects {
        let id = id.to_string();
        fs::remove_file(folder.join(&id[..2]).join(&id[2..])).unwrap();
    }
}

fn reports(repo: &Repo) -> Vec<String> {
    ["1", "2"]
        .map(|threads| {
            let (status, out, errors) =
                repo.run(&["check", "--history", "--format", "json", "--threads", threads]);
            assert_eq!((status, errors.as_str()), (1, ""));
            out.lines()
                .filter(|line| !line.contains("ended") && !line.contains("started"))
                .collect()
        })
        .into()
}

#[test]
fn blobs_are_read_from_packs_whatever_they_are_built_on() {
    let repo = Repo::new();
    let start = "x = 1\n".repeat(60);
    let lines: Vec<String> = (1..5).map(|seed| line(&key(seed))).collect();
    // Each but the first is another's start with a line of its own.
    let texts = [
        format!("{start}{}", lines[0]),
        format!("{}{}", &start[..330], lines[1]),
        format!("{}{}", &start[..300], lines[2]),
        format!("{}{}", &start[..240], lines[3]),
    ];
    let mut last = Vec::new();
    for text in &texts {
        let files: Files<'_> = [("a/k.py", text.as_str())].into();
        last = vec![repo.commit("main", &files, &last)];
    }
    let loose = reports(&repo);
    assert_eq!(loose[0], loose[1]);
    for seed in [1, 2, 3, 4] {
        assert!(!loose[0].contains(&key(seed)));
    }
    assert_eq!(loose[0].matches("\"brought\"").count(), 4);
    let ids: Vec<ObjectId> = texts.iter().map(|text| repo.blob(text)).collect();
    let one = difference(&texts[0], 330, &lines[1]);
    let two = difference(&texts[1], 300, &lines[2]);
    let three = difference(&texts[0], 240, &lines[3]);
    pack(
        &repo,
        &[
            (ids[0], Stored::Whole(&texts[0])),
            (ids[1], Stored::Built(&one, 0, true)),
            (ids[2], Stored::Built(&two, 1, false)),
            (ids[3], Stored::Built(&three, 0, true)),
        ],
    );
    assert_eq!(reports(&repo), loose);
}

#[test]
fn a_difference_that_makes_no_sense_is_named() {
    let repo = Repo::new();
    let (good, bad) = (line(&key(1)), line(&key(2)));
    let one = repo.commit("main", &[("k.py", good.as_str())].into(), &[]);
    repo.commit("main", &[("k.py", bad.as_str())].into(), &[one]);
    let ids = [repo.blob(&good), repo.blob(&bad)];
    // It keeps more than there is.
    let beyond = difference(&good, good.len() + 9, "x");
    pack(&repo, &[(ids[0], Stored::Whole(&good)), (ids[1], Stored::Built(&beyond, 0, true))]);
    let (status, report) = repo.report(&["--history"]);
    assert_eq!((status, report["findings"].as_array().unwrap().len()), (1, 1));
    let skipped = report["summary"]["skipped"].to_string();
    assert!(skipped.contains("k.py") && skipped.contains(&ids[1].to_string()), "{skipped}");
}
