//! Which texts must be in every match of a pattern: the keywords that it could have.
//!
//! Sets of strings are multiplied out along the pattern while they stay small, and the most telling one is
//! kept. What is given is only a proposal: [`super::Pattern::proves`] decides.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::holds;

/// Most literals in a set.
const MOST_LITERALS: usize = 64;
/// Longest literal, and most repeats that are written out.
const LONGEST_LITERAL: u32 = 32;

/// What is known of the literals of a part of a pattern.
#[derive(Clone)]
pub(super) struct Required {
    /// All strings that it matches, in lower case, when they are few.
    pub exact: Option<Vec<Vec<u8>>>,
    /// Literals one of which stands in every match.
    pub best: Option<Vec<Vec<u8>>>,
}

pub(super) fn required(hir: &Hir) -> Required {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Required { exact: Some(vec![Vec::new()]), best: None },
        HirKind::Literal(literal) => {
            let text = vec![literal.0.to_ascii_lowercase()];
            Required { exact: Some(text.clone()), best: Some(text) }
        }
        HirKind::Class(class) => {
            let mut bytes: Vec<Vec<u8>> = (0..=u8::MAX)
                .filter(|&byte| holds(class, byte))
                .map(|byte| vec![byte.to_ascii_lowercase()])
                .collect();
            bytes.sort();
            bytes.dedup();
            let whole = matches!(class, Class::Bytes(_))
                || class.is_utf8() && class.maximum_len() == Some(1);
            let exact = (whole && bytes.len() <= MOST_LITERALS).then_some(bytes);
            Required { exact, best: None }
        }
        HirKind::Alternation(parts) => {
            let parts: Vec<Required> = parts.iter().map(required).collect();
            let exact = union(parts.iter().map(|part| part.exact.clone()));
            let best = union(parts.into_iter().map(|part| better(part.exact, part.best)));
            Required { exact, best }
        }
        HirKind::Capture(_) | HirKind::Concat(_) | HirKind::Repetition(_) => {
            let mut units = Vec::new();
            unfold(hir, &mut units);
            concat(units.into_iter())
        }
    }
}

/// The parts of `hir` that follow one another, with repeats written out as far as literals go.
fn unfold(hir: &Hir, units: &mut Vec<Required>) {
    match hir.kind() {
        HirKind::Capture(capture) => unfold(&capture.sub, units),
        HirKind::Concat(parts) => parts.iter().for_each(|part| unfold(part, units)),
        HirKind::Repetition(repetition) => {
            let inner = required(&repetition.sub);
            if repetition.min == 0 {
                let exact = inner
                    .exact
                    .filter(|_| repetition.max == Some(1))
                    .and_then(|exact| union([Some(exact), Some(vec![Vec::new()])].into_iter()));
                units.push(Required { exact, best: None });
                return;
            }
            let times = repetition.min.min(LONGEST_LITERAL);
            units.extend((0..times).map(|_| inner.clone()));
            if repetition.max != Some(times) {
                units.push(Required { exact: None, best: None });
            }
        }
        _ => units.push(required(hir)),
    }
}

fn concat(parts: impl Iterator<Item = Required>) -> Required {
    let nothing = || vec![Vec::new()];
    // All that fits since the last part that did not; and, of that, what follows the last choice.
    let mut run = nothing();
    let mut plain = nothing();
    let mut best = None;
    let mut whole = true;
    for part in parts {
        // Before it is multiplied out: one short literal is better than many longer ones.
        best = [part.best, Some(run.clone()), Some(plain.clone())].into_iter().fold(best, better);
        plain = match &part.exact {
            Some(exact) if exact.len() == 1 => product(&plain, exact).unwrap_or_else(nothing),
            _ => nothing(),
        };
        let joined = part.exact.as_ref().and_then(|exact| product(&run, exact));
        whole &= joined.is_some();
        run = joined.or(part.exact).unwrap_or_else(nothing);
    }
    let best = [Some(run.clone()), Some(plain)].into_iter().fold(best, better);
    Required { exact: Some(run).filter(|_| whole), best }
}

fn product(a: &[Vec<u8>], b: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    if a.len() * b.len() > MOST_LITERALS {
        return None;
    }
    let mut all = Vec::with_capacity(a.len() * b.len());
    for left in a {
        for right in b {
            if left.len() + right.len() > LONGEST_LITERAL as usize {
                return None;
            }
            all.push([left.as_slice(), right.as_slice()].concat());
        }
    }
    Some(all)
}

fn union(parts: impl Iterator<Item = Option<Vec<Vec<u8>>>>) -> Option<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for part in parts {
        all.extend(part?);
        if all.len() > MOST_LITERALS * 4 {
            return None;
        }
    }
    all.sort();
    all.dedup();
    (all.len() <= MOST_LITERALS).then_some(all)
}

/// The more telling of two sets: four bytes are enough, then fewer literals count, then longer ones.
pub(super) fn better(a: Option<Vec<Vec<u8>>>, b: Option<Vec<Vec<u8>>>) -> Option<Vec<Vec<u8>>> {
    let rank = |set: &Vec<Vec<u8>>| {
        let shortest = set.iter().map(Vec::len).min().unwrap_or(0);
        (shortest.min(4), usize::MAX - set.len(), shortest)
    };
    match (a, b) {
        (Some(a), Some(b)) => Some(if rank(&a) >= rank(&b) { a } else { b }),
        (a, b) => a.or(b),
    }
}
