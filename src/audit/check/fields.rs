//! What a record says of itself: the fields that make its chain, and what it says of other files and lines.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use data_encoding::HEXLOWER;

use super::{Before, Fragment, Pruned, Record, Slot};
use crate::audit::json::pointer::{Pointer, find_all, inside, raw};
use crate::audit::json::tape::{Kind, Node, Tape, flags};
use crate::audit::json::text;
use crate::audit::merkle::Tree;
use crate::audit::plan::meets;
use crate::audit::preimage::{View, base64};
use crate::audit::profile::{Binding, Closing, Fields, Profile, Prune, Recover, Rotation, Written};
use crate::audit::time;

/// The fields that make the chain.
pub(super) fn facts(profile: &Profile, view: View<'_>, start: u32, record: &mut Record) {
    let Fields { hash, prev, seq, ts, version } = &profile.fields;
    let wanted = [hash, prev, seq, ts, version].map(Option::as_ref);
    let [hash, prev, seq, ts, version] = find_all(wanted, view.tape, view.bytes);
    record.hash = taken(hash, view, start);
    record.prev = taken(prev, view, start);
    record.seq = seq.and_then(|node| whole(node, view));
    record.version = version.and_then(|node| whole(node, view));
    record.ts = ts.and_then(|node| match node.kind {
        Kind::String if node.flags & flags::ESCAPED == 0 => time::micros(inside(view.bytes, node)),
        Kind::String => time::micros(&text::decode(inside(view.bytes, node))),
        Kind::Number => time::micros(raw(view.bytes, node)),
        _ => None,
    });
}

fn taken(node: Option<&Node>, view: View<'_>, start: u32) -> Slot {
    let Some(node) = node else { return Slot::Absent };
    match node.kind {
        Kind::Null => Slot::Null,
        Kind::String if node.flags & flags::ESCAPED == 0 => {
            Slot::At(start + node.start + 1, start + node.end - 1)
        }
        Kind::String => Slot::Own(text::decode(inside(view.bytes, node)).into()),
        _ => Slot::At(start + node.start, start + node.end),
    }
}

fn integer(at: &Pointer, view: View<'_>) -> Option<i64> {
    whole(at.find(view.tape, view.bytes)?.1, view)
}

fn whole(node: &Node, view: View<'_>) -> Option<i64> {
    let digits = match node.kind {
        Kind::Number => raw(view.bytes, node),
        Kind::String => inside(view.bytes, node),
        _ => return None,
    };
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// What of the chain's fields is not there.
pub(super) fn misses(profile: &Profile, no_hash: bool, record: &Record) -> Option<String> {
    let fields = &profile.fields;
    let absent = |pointer: Option<&Pointer>, absent: bool| {
        pointer.filter(|_| absent).map(|at| format!("the record has no {}", at.as_str()))
    };
    absent(fields.hash.as_ref(), no_hash)
        .or_else(|| absent(fields.prev.as_ref(), record.prev == Slot::Absent))
        .or_else(|| absent(fields.seq.as_ref(), record.seq.is_none()))
}

/// The bytes of a slot; those of `null` and of an absent field are none.
#[must_use]
pub fn slot<'a>(buffer: &'a [u8], slot: &'a Slot) -> Option<&'a [u8]> {
    match slot {
        Slot::Absent | Slot::Null => None,
        Slot::At(start, end) => buffer.get(*start as usize..*end as usize),
        Slot::Own(bytes) => Some(bytes),
    }
}

/// A hash as its format writes it.
pub fn write(written: &Written, digest: &[u8], out: &mut Vec<u8>) {
    written.encoding.write(&written.prefix, digest, out);
}

pub(super) fn is_hex_of(text: Option<&[u8]>, digest: &[u8; 32]) -> bool {
    let mut hex = [0_u8; 64];
    for (pair, &byte) in hex.chunks_exact_mut(2).zip(digest) {
        let digit = |half: u8| half + if half < 10 { b'0' } else { b'a' - 10 };
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
    }
    text == Some(hex.as_slice())
}

/// What a record about the log says: of the file before, of a line that was not finished, of what was removed.
pub(super) fn about_log(profile: &Profile, view: View<'_>, record: &mut Record) {
    match &profile.rotation {
        Rotation::Binding(binding) => record.before = bound(binding, view).map(Box::new),
        Rotation::Continue(Some(closing)) => record.before = closed(closing, view).map(Box::new),
        _ => {}
    }
    if let Some(recover) = profile.recover.as_ref().filter(|recover| meets(&recover.when, view)) {
        record.recovers = fragment(recover, view).map(Box::new);
    }
    if let Some(prune) = profile.prune.as_ref().filter(|prune| meets(&prune.when, view)) {
        record.prunes = pruned(prune, profile.seq_start, view).map(Box::new);
    }
}

fn pruned(prune: &Prune, start: Option<i64>, view: View<'_>) -> Option<Pruned> {
    let seq = integer(&prune.seq, view)?;
    let tree = prune.tree.as_ref().and_then(|at| {
        let (list, _) = at.find(view.tape, view.bytes)?;
        let roots = view.tape.children(list).map(|(_, node)| {
            let hash = HEXLOWER.decode(inside(view.bytes, node)).ok()?;
            hash.try_into().ok()
        });
        let removed = u64::try_from(seq.checked_sub(start?)?.checked_add(1)?).ok()?;
        Tree::resume(removed, roots.collect::<Option<_>>()?)
    });
    Some(Pruned { seq, hash: view.string(&prune.hash)?, tree })
}

fn bound(binding: &Binding, view: View<'_>) -> Option<Before> {
    if !meets(&binding.when, view) {
        return None;
    }
    let read = |view: View<'_>| {
        Some(Before {
            name: String::from_utf8(view.string(&binding.names)?).ok()?,
            seq: binding.seq.as_ref().and_then(|at| integer(at, view)),
            hash: Some(view.string(&binding.hash)?),
            ..Before::default()
        })
    };
    let before = match &binding.payload_base64 {
        None => read(view),
        Some(at) => view.string(at).and_then(|text| base64(&text)).and_then(|payload| {
            let mut tape = Tape::default();
            tape.read(&payload).ok()?;
            read(View { tape: &tape, bytes: &payload })
        }),
    };
    // Said to name a file, and not readable: an empty name is found nowhere.
    Some(before.unwrap_or_default())
}

fn fragment(recover: &Recover, view: View<'_>) -> Option<Fragment> {
    let count = |at| integer(at, view).and_then(|count| u64::try_from(count).ok());
    Some(Fragment {
        offset: count(&recover.offset)?,
        bytes: count(&recover.bytes)?,
        sha256: String::from_utf8(view.string(&recover.sha256)?).ok()?,
    })
}

fn closed(closing: &Closing, view: View<'_>) -> Option<Before> {
    if !meets(&closing.when, view) {
        return None;
    }
    let count = |at: &Option<Pointer>| {
        at.as_ref().and_then(|at| integer(at, view)).and_then(|count| u64::try_from(count).ok())
    };
    let string = |at: &Pointer| view.string(at).and_then(|text| String::from_utf8(text).ok());
    Some(Before {
        name: string(&closing.names).unwrap_or_default(),
        records: count(&closing.records),
        bytes: count(&closing.bytes),
        sha256: closing.sha256.as_ref().and_then(string),
        ..Before::default()
    })
}
