//! The rows themselves: that they speak of keys that are read, and of none that another table answers for.

use super::super::tests::with_facts;
use super::super::{Facts, Holds, Lookup, VersionScope};
use super::*;

/// The path of a row's key as the table of keys has it; of a platform's, in the first block that it names.
fn segments(key: &str) -> Vec<String> {
    let key = match key.strip_prefix('<').and_then(|key| key.split_once(">.")) {
        Some(("platform", rest)) => format!("telegram.{rest}"),
        Some((names, rest)) => format!("{}.{rest}", names.split('|').next().unwrap()),
        None => key.to_owned(),
    };
    key.replace("[]", ".[]").split('.').map(str::to_owned).collect()
}

fn lookup<'f>(facts: &'f Facts<'_>, key: &str) -> Lookup<'f> {
    let segments = segments(key);
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    facts.keys().lookup(&segments)
}

/// The releases of the ladder that a range holds in.
fn releases(facts: &Facts<'_>, range: Range) -> Vec<Release> {
    let versions = facts.versions();
    let holds =
        |release: &Release| versions.holds(&range, &VersionScope::exact(*release)) == Holds::Always;
    versions.ladder.iter().map(|rung| rung.version).filter(holds).collect()
}

#[test]
fn each_key_is_read_by_some_release() {
    with_facts(|facts| {
        assert!(facts.settings().settings.len() > 100);
        for row in &facts.settings().settings {
            match lookup(facts, &row.key) {
                Lookup::Known { range, .. } => {
                    let own = releases(facts, row.range());
                    let read = releases(facts, range.and(row.range()));
                    assert!(!read.is_empty(), "{}: no release reads it", row.key);
                    if row.since.is_some() || row.until.is_some() {
                        assert_eq!(own, read, "{}: keys.yaml says otherwise", row.key);
                    }
                }
                // Adapters read more below their block than is listed.
                Lookup::Free if row.key.starts_with('<') => {}
                other => panic!("{} is not in keys.yaml: {other:?}", row.key),
            }
            for other in row.needs.iter().chain(&row.unless) {
                let known =
                    other.starts_with('.') || matches!(lookup(facts, other), Lookup::Known { .. });
                assert!(known, "{}: {other} is not in keys.yaml", row.key);
            }
        }
    });
}

#[test]
fn no_key_is_answered_for_by_another_table() {
    with_facts(|facts| {
        for row in &facts.settings().settings {
            let segments = segments(&row.key);
            let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
            assert!(facts.misplaced().find(&segments).is_none(), "{} is misplaced", row.key);
            let Some(inert) = facts.inert().key(&segments) else { continue };
            let Lookup::Known { range, .. } = lookup(facts, &row.key) else { continue };
            let dead = releases(facts, Range { since: inert.since, until: inert.until });
            let read = releases(facts, range.and(row.range()));
            assert!(read.iter().all(|release| !dead.contains(release)), "{} is inert", row.key);
        }
    });
}

#[test]
fn platforms_named_in_keys_exist() {
    with_facts(|facts| {
        let known = |id: &str| facts.platforms().platforms.iter().any(|one| one.id == id);
        for row in &facts.settings().settings {
            if let Some((names, _)) = row.key.strip_prefix('<').and_then(|key| key.split_once(">."))
            {
                assert!(names == "platform" || names.split('|').all(known), "{}", row.key);
            }
        }
    });
}

#[test]
fn rows_are_written_alike() {
    with_facts(|facts| {
        for row in &facts.settings().settings {
            let key = &row.key;
            assert!(row.write.is_none() || row.help.is_none(), "{key}: write or help");
            assert!(!row.means.ends_with('.') && !row.means.is_empty(), "{key}");
            assert!(
                row.means.starts_with(|c: char| c.is_lowercase() || c == '`' || c == 'M'),
                "{key}"
            );
            let idle = row.when.is_empty() && row.needs.is_empty();
            assert!(!idle || row.otherwise == Otherwise::Info, "{key}: else without a condition");
        }
    });
}

#[test]
fn a_safe_value_is_none_of_the_unsafe_words() {
    with_facts(|facts| {
        for row in &facts.settings().settings {
            if let (Some(write), LaxValue::Words(words)) = (&row.write, &row.lax) {
                assert!(!words.iter().any(|word| word == write), "{}", row.key);
            }
        }
    });
}
