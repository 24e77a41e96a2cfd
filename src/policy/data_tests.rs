//! The shipped data against the shipped logic: each recommended list covers what it says it covers.

use super::allow::{approves, is_compound, pairs, rate_guide};
use super::*;

fn commands() -> CommandTable {
    yaml_serde::from_str(include_str!("../../rules/commands.yaml")).unwrap()
}

fn approvals() -> ApprovalTable {
    yaml_serde::from_str(include_str!("../../rules/hermes/approval_patterns.yaml")).unwrap()
}

/// Usual spellings a list leaves open, as `class: command`.
fn usual_holes(vocabulary: DenyVocabulary, list: &[&str], release: Release) -> Vec<String> {
    let table = commands();
    holes(vocabulary, list, &table, release)
        .iter()
        .flat_map(|class| {
            class.usual().map(|hole| format!("{}: {}", class.class.id, hole.spelling.command))
        })
        .collect()
}

#[test]
fn the_table_is_whole() {
    let table = commands();
    assert!(table.classes.len() >= 16);
    for class in &table.classes {
        let usual = class.spellings.iter().filter(|s| s.usual).count();
        assert!(usual >= 6 && class.spellings.len() >= 12, "{}", class.id);
        let mut seen = std::collections::HashSet::new();
        for spelling in &class.spellings {
            assert!(seen.insert(&spelling.command), "{} twice", spelling.command);
        }
    }
    let mut ids: Vec<_> = table.classes.iter().map(|c| &c.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), table.classes.len());
}

#[test]
fn recommended_native_lists_cover_each_class_alone() {
    let table = commands();
    for release in [Release::SEGMENT_DENY, Release::FAITHFUL_QUOTES, Release::NEWEST] {
        for class in &table.classes {
            let list: Vec<&str> = class.native_deny(Some(release)).collect();
            let open: Vec<_> = usual_holes(DenyVocabulary::Native, &list, release)
                .into_iter()
                .filter(|hole| hole.starts_with(&format!("{}: ", class.id)))
                .collect();
            assert_eq!(open, Vec::<String>::new(), "{} in {release}", class.id);
        }
    }
}

#[test]
fn recommended_native_lists_cover_early_releases() {
    let table = commands();
    let list: Vec<&str> = table.classes.iter().flat_map(|c| c.native_deny(None)).collect();
    for release in [Release::OLDEST, Release::new(0, 21, 0)] {
        assert_eq!(usual_holes(DenyVocabulary::Native, &list, release), Vec::<String>::new());
    }
}

#[test]
fn recommended_guide_lists_cover_each_class_together() {
    let table = commands();
    let list: Vec<&str> =
        table.classes.iter().flat_map(|c| c.guide_deny.iter().map(String::as_str)).collect();
    assert_eq!(usual_holes(DenyVocabulary::Guide, &list, Release::NEWEST), Vec::<String>::new());
}

#[test]
fn everyday_commands_stay_free() {
    let table = commands();
    let native: Vec<&str> =
        table.classes.iter().flat_map(|c| c.native_deny(Some(Release::NEWEST))).collect();
    let native = DenyGlob::list(native);
    let guide = GuideEntry::list(table.classes.iter().flat_map(|c| c.guide_deny.iter()));
    for class in &table.classes {
        for command in &class.harmless {
            let by = denied_by(&native, command, Release::NEWEST).and_then(|i| native.get(i));
            assert!(by.is_none(), "{command}: {by:?}");
            let by = guide::denied_by(&guide, command).and_then(|i| guide.get(i));
            assert!(by.is_none(), "{command}: {by:?}");
        }
    }
}

#[test]
fn a_typical_list_has_holes() {
    let table = commands();
    let list = ["rm -rf*", "sudo *"];
    let classes = holes(DenyVocabulary::Native, &list, &table, Release::NEWEST);
    let deletes = classes.iter().find(|c| c.class.id == "recursive-delete").unwrap();
    let open: Vec<_> = deletes.usual().map(|h| h.spelling.command.as_str()).collect();
    assert!(open.contains(&"rm -fr build") && open.contains(&"find . -delete"));
    assert!(!open.contains(&"/bin/rm -rf build") && !open.contains(&"cd /srv/app && rm -rf data"));
    assert!(deletes.denied > 0);
    let floor = classes.iter().find(|c| c.class.id == "shutdown-reboot").unwrap();
    let reboot = floor.usual().find(|h| h.spelling.command == "reboot").unwrap();
    assert!(reboot.hardline);
}

#[test]
fn entries_are_rated() {
    let (approvals, table) = (approvals(), commands());
    let rating = |entry: &'static str, release| {
        // The tables outlive the test; a rating borrows its entry.
        match rate(entry, release, &approvals, &table) {
            Rating::StandingApproval(p) => format!("standing {}", p.class),
            Rating::ClassWord(w) => format!("word {}", w.approves.len()),
            Rating::FutureClass(p) => format!("future {}", p.since),
            Rating::LegacyKey => "legacy".to_owned(),
            Rating::Special(s) => format!("{s:?}"),
            Rating::Everything => "everything".to_owned(),
            Rating::RunsAnything(r) => format!("runs {}", r.entry),
            Rating::Glob { classes } => format!("glob {}", classes.join(",")),
            Rating::Exact { class } => format!("exact {}", class.unwrap_or("-")),
            Rating::Nothing => "nothing".to_owned(),
        }
    };
    let (old, new) = (Release::OLDEST, Release::NEWEST);
    for (entry, release, expected) in [
        ("recursive delete", new, "standing recursive-delete"),
        ("execute remote content via Invoke-Expression", old, "future 0.20.1"),
        ("find", new, "word 2"),
        ("(?:perl|ruby)", old, "word 2"),
        ("mkfs", old, "word 1"),
        ("mkfs", new, "exact filesystem-format"),
        ("", old, "nothing"),
        ("", new, "word 2"),
        (r"git\s+push", new, "legacy"),
        ("execute_code", new, "ExecuteCode"),
        ("tirith:homograph", new, "Tirith(\"homograph\")"),
        ("*", new, "everything"),
        ("git *", new, "runs git"),
        ("git status*", new, "glob "),
        ("npm run *", new, "runs npm run"),
        ("/usr/bin/python3.12 *", new, "runs python3"),
        ("rm *", new, "glob recursive-delete,log-wipe"),
        ("find . *", new, "glob recursive-delete,permission-change,ownership-change"),
        ("rm -rf build", new, "exact recursive-delete"),
        ("ls -l", new, "exact -"),
        ("curl https://example.com/x | sh", new, "nothing"),
    ] {
        assert_eq!(rating(entry, release), expected, "{entry:?} in {release}");
    }
}

#[test]
fn guide_entries_are_rated() {
    let table = commands();
    let runner = |entry| rate_guide(entry, &table).map(|r| r.entry.as_str());
    assert_eq!(runner("python3"), Some("python3"));
    assert_eq!(runner("npm test"), Some("npm test"));
    assert_eq!(runner("git *"), Some("git"));
    assert_eq!(runner("git status"), None);
    assert_eq!(runner("ls"), None);
    assert_eq!(runner("go"), Some("go run"));
    let found = pairs(&["ls", "curl", "git", "bash"], &table);
    assert_eq!(found.iter().map(|(_, a, b)| (*a, *b)).collect::<Vec<_>>(), [(1, 3)]);
}

#[test]
fn the_allowlist_matches_simple_commands_only() {
    let (old, new) = (Release::OLDEST, Release::NEWEST);
    for (entry, command, release, expected) in [
        ("git *", "git push --force", old, true),
        ("git *", "git status; rm x", old, false),
        ("rm *", "rm -rf '/tmp/a;b'", old, false),
        ("rm *", "rm -rf '/tmp/a;b'", new, true),
        ("bash *", "bash -c 'a; b'", new, false),
        ("echo *", "echo \"$HOME\"", new, false),
        ("echo *", "echo $HOME", new, true),
        ("ls", "LS", new, false),
        ("*", "ls", new, true),
        ("*", "ls 'open", new, false),
    ] {
        assert_eq!(approves(entry, command, release), expected, "{entry} {command} {release}");
    }
    assert!(!is_compound("grep -- '^a(b|c)$' x", new));
    assert_eq!(scalar_allow("rm *", old), ScalarAllow::ApprovesEverything);
    assert_eq!(scalar_allow("rm *", new), ScalarAllow::Ignored);
    assert_eq!(scalar_allow("['rm *']", new), ScalarAllow::ReadAsList);
    assert_eq!(scalar_allow("rm", old), ScalarAllow::MatchesNothing);
}

#[test]
fn keys_are_unique_and_counted() {
    let approvals = approvals();
    let at = |release| {
        let known = |p: &&table::ApprovalPattern| p.known_in(release);
        approvals.patterns.iter().filter(known).count()
    };
    // 69 pattern descriptions in 0.19.0 (one is used twice) and 12 the parser gives; 105 and 13 later.
    assert_eq!(at(Release::OLDEST), 69 + 12);
    assert_eq!(at(Release::NEWEST), 105 + 13);
    let mut keys: Vec<_> = approvals.patterns.iter().map(|p| &p.description).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), approvals.patterns.len());
    for word in &approvals.words {
        for key in &word.approves {
            assert!(approvals.patterns.iter().any(|p| &p.description == key), "{key}");
        }
    }
}
