use proptest::prelude::*;

use super::*;
use crate::audit::key::Signer;

/// The vector of Go's `sumdb/note`, whose format the specification wrote down.
const GO_VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                       then you don't know what your problem is.\n";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
/// The seed of that vector's key, as bytes.
const GO_SEED: [u8; 32] = [
    0x81, 0x0a, 0x14, 0x02, 0xd5, 0x14, 0x6c, 0x8d, 0x84, 0xf2, 0x44, 0x33, 0x30, 0xf5, 0x40, 0x80,
    0xeb, 0xf9, 0x8e, 0xe1, 0x7d, 0x9c, 0x74, 0xf6, 0x25, 0x2f, 0xc5, 0xd5, 0xc7, 0x28, 0x31, 0x73,
];

const CKPT: &str = "audit.example.com/hermes-01\n11\n\
    uM0F817vlgX0pCy4HUTCxVIek5aJao0+/WqIDW91aoY=\n\n\
    — audit.example.com/hermes-01 MvPlAStsM3cThcZfNP/TplS+DWL2TmmT0bs3J9XNfL6UCVkFQJ7scUG7yQ0LDnCvNhrHwrZne99nyWFIKaHj0Ioewgs=\n\
    \naudit.example.com/hermes-01\n22\nqTZzy74T17GcP6Pyjs6gB6FzdLY26ZR7FRlZ1ybP/yA=\n\n\
    — audit.example.com/hermes-01 MvPlAWh8fm0I7qycuRLbtDOnKMycFMm6+CUE01iBUXN5UGFBEMTHTyO6qo2weREXpZXPmfC5uHE9JZHs75aC/jUl3Qg=\n";
const CKPT_VERIFIER: &str =
    "audit.example.com/hermes-01+32f3e501+AeVDLlr35NzF8SDsRBJYpMtfsQFhKVDeeBhhHDpkCORG";

fn ring(keys: &[&str]) -> Ring {
    let mut ring = Ring::default();
    for key in keys {
        ring.add(Verifier::parse(key).unwrap()).unwrap();
    }
    ring
}

fn signer(name: &str, seed: u8) -> Signer {
    Signer::from_seed(name, &[seed; 32]).unwrap()
}

fn malformed(note: &[u8]) -> &'static str {
    match Note::parse(note) {
        Err(NoteError::Malformed(what)) => what,
        other => panic!("{other:?}"),
    }
}

/// The worked example of C2SP's signed-note: its key, and the note that it has signed.
#[test]
fn the_example_of_the_specification_verifies() {
    let key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let ring = ring(&[key]);
    let signed = "This is an example message.\n\n\
        — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let note = Note::parse(signed.as_bytes()).unwrap();
    assert_eq!(note.verify(&ring).unwrap()[0].name(), "example.com/foo");
    let changed = signed.replace("example message", "Example message");
    let note = Note::parse(changed.as_bytes()).unwrap();
    assert_eq!(note.verify(&ring), Err(NoteError::BadSignature("example.com/foo".to_owned())));
}

#[test]
fn the_reference_vector_verifies_and_is_what_we_sign() {
    let note = Note::parse(GO_NOTE.as_bytes()).unwrap();
    assert_eq!(note.text, GO_TEXT);
    let ring = ring(&[GO_VERIFIER]);
    assert_eq!(note.verify(&ring).unwrap()[0].name(), "PeterNeumann");
    let signer = Signer::from_seed("PeterNeumann", &GO_SEED).unwrap();
    assert_eq!(signer.verifier().to_string(), GO_VERIFIER);
    assert_eq!(signer.sign(GO_TEXT).unwrap(), GO_NOTE);
    let edited = GO_NOTE.replacen("answer", "anSwer", 1);
    assert_eq!(
        Note::parse(edited.as_bytes()).unwrap().verify(&ring),
        Err(NoteError::BadSignature("PeterNeumann".to_owned()))
    );
}

#[test]
fn the_examples_of_the_specifications_are_read() {
    // Their keys are not published with them, so there is nothing to verify.
    let poem = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    let note = Note::parse(poem.as_bytes()).unwrap();
    assert!(note.text.ends_with(":\n\ned è subito sera.\n"));
    assert_eq!(note.signatures[0].name, "quasimodo.example/salvatore");
    assert_eq!(note.signatures[0].id, [0x36, 0x7b, 0xa0, 0x4b]);
    assert_eq!(note.signatures[0].bytes.len(), 64);
    assert_eq!(note.verify(&ring(&[GO_VERIFIER])), Err(NoteError::Unknown));

    let sofa = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let note = Note::parse(sofa.as_bytes()).unwrap();
    let checkpoint = Checkpoint::parse(note.text).unwrap();
    assert_eq!((checkpoint.origin, checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(checkpoint.text(), note.text);
}

#[test]
fn a_file_of_checkpoints_verifies_one_by_one() {
    let ring = ring(&[CKPT_VERIFIER]);
    let found: Vec<Entry<'_>> = entries(CKPT.as_bytes()).collect();
    assert_eq!(found.len(), 2);
    for (entry, size) in found.iter().zip([11, 22]) {
        let note = entry.note.as_ref().unwrap();
        assert_eq!(note.verify(&ring).unwrap()[0].to_string(), CKPT_VERIFIER);
        let checkpoint = Checkpoint::parse(note.text).unwrap();
        assert_eq!(checkpoint.size, size);
        assert_eq!(checkpoint.origin, "audit.example.com/hermes-01");
        assert!(CKPT.as_bytes()[entry.offset..].starts_with(entry.bytes));
    }
}

#[test]
fn a_piece_that_was_cut_short_spoils_no_other() {
    let (first, second) = CKPT.split_at(CKPT.rfind("\naudit").unwrap());
    // Cut within the body, before the signature, and within it; each with what an appender adds before the next.
    for cut in [5, 30, first.find('—').unwrap() - 1, first.len() - 20] {
        let file = format!("{}\n\n{}", &first[..cut], &second[1..]);
        let found: Vec<bool> = entries(file.as_bytes())
            .map(|entry| entry.note.is_ok_and(|note| note.verify(&ring(&[CKPT_VERIFIER])).is_ok()))
            .collect();
        assert_eq!(found, [false, true], "cut at {cut}");
    }
    // Notes that were put together without a blank line.
    let joined = CKPT.replacen("=\n\naudit", "=\naudit", 1);
    assert_eq!(entries(joined.as_bytes()).filter(|entry| entry.note.is_ok()).count(), 2);
    assert_eq!(entries(b"").count(), 0);
    assert_eq!(entries(b"\n\n\n").count(), 0);
}

#[test]
fn what_is_no_note_is_refused() {
    assert_eq!(malformed(b""), "no blank line");
    assert_eq!(malformed(b"text\n"), "no blank line");
    assert_eq!(malformed(b"text\n\n"), "no newline at the end");
    assert_eq!(malformed(GO_NOTE.trim_end().as_bytes()), "no newline at the end");
    assert_eq!(malformed(b"text\xff\n\n\xe2\x80\x94 a AAAAAAA=\n"), "not UTF-8");
    assert_eq!(malformed(GO_NOTE.replace("then", "th\ten").as_bytes()), "a control character");
    assert_eq!(malformed(GO_NOTE.replace("is.\n", "is.\r\n").as_bytes()), "a control character");
    let broken = [
        ("— ", "- "),
        ("— ", "—\u{a0}"),
        ("— Peter", "—  Peter"),
        ("— PeterNeumann", "— Peter+Neumann"),
        ("— PeterNeumann", "— Peter\u{2003}Neumann"),
        ("PeterNeumann x08", "PeterNeumann  x08"),
        ("JnAM=", "JnAM"),
        ("JnAM=", "JnAM= "),
        ("JnAM=", "JnAN="),
    ];
    for (from, to) in broken {
        let note = GO_NOTE.replace(from, to);
        assert_eq!(malformed(note.as_bytes()), "a broken signature line", "{from} -> {to}");
    }
    // Four bytes are an id, and no signature.
    assert_eq!(malformed("a\n\n— n AAAAAA==\n".as_bytes()), "a broken signature line");
    assert_eq!(Note::parse(&vec![b'a'; MAX_BYTES + 1]), Err(NoteError::TooLong));
}

#[test]
fn a_note_with_17_signatures_is_refused_and_one_with_16_is_not() {
    let mut note = GO_NOTE.to_owned();
    for number in 1..16 {
        note.push_str(&line(&format!("witness-{number}"), [number; 4], &[number; 2420]));
    }
    let parsed = Note::parse(note.as_bytes()).unwrap();
    assert_eq!(parsed.signatures.len(), 16);
    assert_eq!(parsed.verify(&ring(&[GO_VERIFIER])).unwrap().len(), 1);
    note.push_str(&line("witness-16", [16; 4], &[1; 64]));
    assert_eq!(Note::parse(note.as_bytes()), Err(NoteError::TooManySignatures));
}

#[test]
fn only_name_and_id_together_make_a_key_known() {
    let (alice, mallory) = (signer("alice.example", 1), signer("alice.example", 2));
    let note = mallory.sign("text\n").unwrap();
    let mut ring = Ring::default();
    ring.add(alice.verifier().clone()).unwrap();
    // Same name, other id: unknown, and no reason to refuse what Alice has signed as well.
    assert_eq!(Note::parse(note.as_bytes()).unwrap().verify(&ring), Err(NoteError::Unknown));
    let both = alice.sign("text\n").unwrap() + note.rsplit("\n\n").next().unwrap();
    assert_eq!(Note::parse(both.as_bytes()).unwrap().verify(&ring).unwrap().len(), 1);
    // Same name and same id, but not her signature: the whole note is spoilt.
    let forged =
        alice.sign("text\n").unwrap() + &line("alice.example", alice.verifier().id(), &[0x11; 64]);
    assert_eq!(
        Note::parse(forged.as_bytes()).unwrap().verify(&ring),
        Err(NoteError::BadSignature("alice.example".to_owned()))
    );
    // Twice the same line counts once.
    let line = note.rsplit("\n\n").next().unwrap();
    ring.add(mallory.verifier().clone()).unwrap();
    let twice = format!("{note}{line}");
    assert_eq!(Note::parse(twice.as_bytes()).unwrap().verify(&ring).unwrap().len(), 1);
}

#[test]
fn keys_that_collide_are_not_taken_into_one_ring() {
    let mut ring = ring(&[GO_VERIFIER]);
    ring.add(Verifier::parse(GO_VERIFIER).unwrap()).unwrap();
    assert_eq!(ring.iter().count(), 1);
    let mut other = signer("PeterNeumann", 3).verifier().clone();
    other.id = Verifier::parse(GO_VERIFIER).unwrap().id();
    assert!(ring.add(other).is_err());
}

#[test]
fn a_key_that_is_not_exactly_one_is_refused() {
    for start in 0..GO_VERIFIER.len() {
        for end in start..GO_VERIFIER.len() + usize::from(start > 0) {
            assert!(
                Verifier::parse(&GO_VERIFIER[start..end]).is_err(),
                "{}",
                &GO_VERIFIER[start..end]
            );
        }
    }
    for at in 0..GO_VERIFIER.len() {
        let mut bytes = GO_VERIFIER.as_bytes().to_vec();
        bytes[at] += 1;
        let Ok(text) = String::from_utf8(bytes) else { continue };
        assert!(Verifier::parse(&text).is_err(), "{text}");
    }
    // Too long, and of another kind, both with the id that fits; and the point of order one.
    for key in [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ] {
        assert!(Verifier::parse(key).is_err(), "{key}");
    }
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert!(Verifier::new("a", VerifyingKey::from_bytes(&neutral).unwrap()).is_none());
}

#[test]
fn a_checkpoint_is_exactly_what_it_has_to_be() {
    let root = "uM0F817vlgX0pCy4HUTCxVIek5aJao0+/WqIDW91aoY=";
    let ok =
        |text: String| Checkpoint::parse(&text).map(|found| (found.size, found.extensions.len()));
    assert_eq!(ok(format!("a\n0\n{root}\n")), Ok((0, 0)));
    assert_eq!(ok(format!("a\n{}\n{root}\n", u64::MAX)), Ok((u64::MAX, 0)));
    assert_eq!(ok(format!("a\n7\n{root}\nmore\nand more\n")), Ok((7, 2)));
    for (text, why) in [
        (String::new(), "no newline at the end"),
        (format!("a\n7\n{root}"), "no newline at the end"),
        (format!("\n7\n{root}\n"), "no origin"),
        ("a\n".to_owned(), "no size"),
        ("a\n7\n".to_owned(), "no root"),
        (format!("a\n07\n{root}\n"), "the size is not a decimal number without leading zeros"),
        (format!("a\n+7\n{root}\n"), "the size is not a decimal number without leading zeros"),
        (format!("a\n\n{root}\n"), "the size is not a decimal number without leading zeros"),
        (format!("a\n18446744073709551616\n{root}\n"), "the size is out of range"),
        (format!("a\n7\n{}\n", &root[4..]), "the root is not the base64 of 32 bytes"),
        (format!("a\n7\n{root}=\n"), "the root is not the base64 of 32 bytes"),
        (format!("a\n7\n{root}\n\nmore\n"), "an empty line"),
    ] {
        assert_eq!(ok(text.clone()), Err(why), "{text:?}");
    }
}

proptest! {
    #[test]
    fn what_is_signed_is_read_and_verifies(
        text in "([^\u{0}-\u{1f}]{0,20}\n){1,5}",
        name in "[^\u{0}-\u{1f} +\\s]{1,20}",
        seed in any::<u8>(),
    ) {
        let key = signer(&name, seed);
        let signed = key.sign(&text).unwrap();
        let note = Note::parse(signed.as_bytes()).unwrap();
        prop_assert_eq!(note.text, &text);
        let mut ring = Ring::default();
        ring.add(Verifier::parse(&key.verifier().to_string()).unwrap()).unwrap();
        prop_assert_eq!(note.verify(&ring).unwrap().len(), 1);
    }

    #[test]
    fn no_bytes_panic(bytes in any::<Vec<u8>>(), note in "[a\n— +=A]{0,60}") {
        for input in [&bytes[..], note.as_bytes()] {
            let _ = Note::parse(input);
            let mut end = 0;
            for entry in entries(input) {
                assert!(entry.offset >= end && !entry.bytes.is_empty());
                end = entry.offset + entry.bytes.len();
            }
            assert!(end <= input.len());
        }
        let _ = Checkpoint::parse(&note);
        let _ = Verifier::parse(&note);
    }
}
