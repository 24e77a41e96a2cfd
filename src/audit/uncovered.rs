//! Which fields of a record no hash and no signature covers: what can be changed without a trace.

use super::json::pointer::{Pointer, inside};
use super::json::tape::{Kind, Tape};
use super::json::text;
use super::logs::Group;
use super::plan::Plan;
use super::profile::{Part, Profile, Subject};

/// Fields of the first records that nothing covers, and those the profile names.
#[must_use]
pub fn uncovered(plan: &Plan<'_>, group: &Group<'_>) -> Vec<String> {
    let profile = &plan.profile;
    let mut found: Vec<String> = Vec::new();
    let mut tape = Tape::default();
    for record in group.logs.iter().filter_map(|log| log.first.first()) {
        if tape.read(record).is_err() {
            continue;
        }
        for pointer in leaves(&tape, record) {
            if !covers(profile, plan.variant, &pointer) && !found.contains(&pointer) {
                found.push(pointer);
            }
        }
    }
    for pointer in &profile.unprotected {
        if !found.iter().any(|known| known == pointer.as_str()) {
            found.push(pointer.as_str().to_owned());
        }
    }
    found
}

/// Whether what is signed contains what links the records.
#[must_use]
pub fn covers_link(profile: &Profile, over: &[Part]) -> bool {
    let link = [&profile.fields.hash, &profile.fields.prev];
    link.into_iter().flatten().any(|at| over.iter().any(|part| part_covers(part, at.as_str())))
}

/// The members of a record, those of its objects one level deep.
fn leaves(tape: &Tape, record: &[u8]) -> Vec<String> {
    let mut out = Vec::new();
    let name = |key| {
        let name = String::from_utf8_lossy(&text::decode(inside(record, key))).into_owned();
        Pointer::member(&name).as_str().to_owned()
    };
    for (key, at, value) in tape.members(0) {
        let top = name(key);
        if value.kind == Kind::Object {
            for (inner, _, _) in tape.members(at) {
                out.push(format!("{top}{}", name(inner)));
            }
        } else {
            out.push(top);
        }
    }
    out
}

fn covers(profile: &Profile, variant: Option<usize>, pointer: &str) -> bool {
    let is = |at: &Option<Pointer>| at.as_ref().is_some_and(|at| at.as_str() == pointer);
    // The link and the hash are checked themselves; a signature covers itself.
    if is(&profile.fields.hash) || is(&profile.fields.prev) || is(&profile.fields.seq) {
        return true;
    }
    let preimages = match variant {
        Some(variant) => profile.hash.variants.get(variant).into_iter().collect::<Vec<_>>(),
        None => profile.hash.variants.iter().collect(),
    };
    let hashed = preimages.iter().any(|variant| covered(&variant.preimage, pointer));
    let digested = profile
        .digests
        .iter()
        .any(|digest| digest.field.as_str() == pointer || covered(&digest.preimage, pointer));
    let signed = profile
        .seals
        .iter()
        .any(|seal| seal.field.as_str() == pointer || covered(&seal.over, pointer));
    hashed || digested || signed
}

fn covered(parts: &[Part], pointer: &str) -> bool {
    parts.iter().any(|part| part_covers(part, pointer))
}

fn part_covers(part: &Part, pointer: &str) -> bool {
    let inside = |at: &Pointer| {
        pointer
            .strip_prefix(at.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match part {
        Part::Field(at, _)
        | Part::Hex(at)
        | Part::Base64(at)
        | Part::U64Field(at)
        | Part::Lp64(at) => inside(at),
        Part::Raw(_) => true,
        Part::Json(json) => match &json.what {
            Subject::Without(omit) => !omit.iter().any(inside),
            Subject::Members(members) => members.iter().any(|(_, at)| inside(at)),
            Subject::Value(at) => inside(at),
        },
        Part::Literal(_) | Part::U64(_) | Part::Prev | Part::File(..) | Part::Origin => false,
    }
}
