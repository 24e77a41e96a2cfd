//! Several reports as one: what each format shows of them, and that another host's words stay words.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::fleet::{Document, Fleet};
use crate::report::fleet;

const SCHEMA: &str = include_str!("../../../docs/schemas/fleet.schema.json");

fn document(findings: &[Finding], list: Option<&Checklist>) -> Document {
    let coverage = coverage();
    let report = Report { hidden: 2, checklist: list, ..plain(findings, &coverage) };
    Document::parse(rendered(&report, Format::Json, WIDE).as_bytes()).unwrap()
}

/// Two hosts that share a finding, a repository without a checklist, and a checklist alone.
fn sample() -> Fleet {
    let list = checklist();
    let mut other = checklist();
    other.items[1].status = Status::Pass;
    let moved = Finding { location: place("config.yaml", 9, "  mode: off", "off"), ..full() };
    let own = Finding { fingerprint: "f".repeat(32), ..file_finding() };
    let mut out = Vec::new();
    write_checklist(&list, &coverage(), Run::default(), Format::Json, WIDE, &mut out).unwrap();
    let mut fleet = Fleet::default();
    fleet.add("web-1", document(&[full(), own], Some(&list)));
    fleet.add("web-2", document(&[moved], Some(&other)));
    fleet.add("infra", document(&[], None));
    fleet.add("db", Document::parse(&out).unwrap());
    fleet.sort();
    fleet
}

fn shown(fleet: &Fleet, format: Format, style: Style) -> String {
    let mut out = Vec::new();
    fleet::write(fleet, format, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn people_see_tables_and_each_finding_once() {
    insta::assert_snapshot!(shown(&sample(), Format::Human, WIDE));
}

#[test]
fn a_pull_request_sees_the_same() {
    insta::assert_snapshot!(shown(&sample(), Format::Markdown, WIDE));
}

#[test]
fn the_page_has_every_host_item_and_finding() {
    let page = shown(&sample(), Format::Html, WIDE);
    for part in [
        "<th scope=\"row\">web-1</th>",
        "<th scope=\"row\">db</th>",
        "runs as its own user",
        "<span class=\"verdict fail\" role=\"img\" aria-label=\"fail\">×</span>",
        "2 of 4",
        "every dangerous command runs without approval",
        "config.yaml:9",
        "1 file skipped as binary",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for tag in ["section", "table", "tr", "td", "th", "details", "ul", "li", "dl", "footer"] {
        let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
        let opened = page.matches(&open).filter(|_| true).count()
            - if tag == "th" { page.matches("<thead").count() } else { 0 };
        assert_eq!(opened, page.matches(&close).count(), "{tag}");
    }
}

#[test]
fn the_document_follows_its_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for fleet in [&sample(), &Fleet::default()] {
        let document: Value = serde_json::from_str(&shown(fleet, Format::Json, WIDE)).unwrap();
        let errors: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    let mut document: Value = serde_json::from_str(&shown(&sample(), Format::Json, WIDE)).unwrap();
    assert_eq!(
        document["summary"],
        serde_json::json!({"hosts": 4, "errors": 1, "warnings": 1, "infos": 0})
    );
    let joined = &document["findings"][0];
    assert_eq!(
        joined["places"][1],
        serde_json::json!({"host": "web-2", "path": "config.yaml", "line": 9})
    );
    assert_eq!(document["hosts"][0]["checklist"]["score"], 25, "as its own report has it");
    assert_eq!(document["hosts"][2]["checklist"], Value::Null);
    assert_eq!(document["hosts"][3]["findings"], Value::Null);
    assert_eq!(document["hosts"][0]["skipped"], serde_json::json!({"binary": 1, "too-large": 1}));
    document["items"][0]["hosts"][0]["status"] = "ok".into();
    assert!(!validator.is_valid(&document));
}

#[test]
fn a_large_fleet_is_counted_and_fits_into_a_comment() {
    let mut fleet = Fleet::default();
    let list = checklist();
    for number in 0..400 {
        let own = Finding { fingerprint: format!("{number:032}"), ..file_finding() };
        fleet.add(&format!("host-{number}"), document(&[full(), own], Some(&list)));
    }
    fleet.sort();
    let markdown = shown(&fleet, Format::Markdown, WIDE);
    assert!(markdown.len() < 65_000, "{}", markdown.len());
    assert!(markdown.contains("rows left out"), "{markdown}");
    let human = shown(&fleet, Format::Human, WIDE);
    assert!(human.contains("on 400 of 400") && human.contains("and 392 more hosts"), "{human}");
    assert!(human.contains("1 error, 400 warnings on 400 hosts; 800 files skipped on 400 of them"));
    assert!(human.contains("and 301 more findings (-v shows each)"), "{human}");
    assert!(human.contains("   400     0       0    0        0  runs as its own user"), "{human}");
}

proptest! {
    /// A hostile host names itself, its rules and its files as it likes.
    #[test]
    fn what_a_host_says_stays_text(bad in "([<>&\"'`|\r\n\t\u{1b}\u{202e}\u{9b}\\[\\]]|</td>|-->|\\PC){1,16}") {
        let text = serde_json::to_string(&bad).unwrap();
        let report = format!(
            r#"{{"version":1,"findings":[{{"rule":{text},"severity":"error","confidence":"low","path":{text},
                "line":4294967297,"message":{text},"help":{text},"fingerprint":{text}}}],
                "summary":{{"files":18446744073709551615,"bytes":18446744073709551615,
                    "skipped":[{{"path":"x","reason":{text}}}],"hermes":{text},"rules":{text}}},
                "checklist":{{"items":[{{"id":{text},"title":{text},"list":{text},"status":"fail",
                    "evidence":[{{"text":{text}}}]}}]}}}}"#
        );
        let mut fleet = Fleet::default();
        for name in [bad.as_str(), "b"] {
            fleet.add(name, Document::parse(report.as_bytes()).unwrap());
        }
        fleet.sort();
        for &format in Format::FLEET {
            let shown = shown(&fleet, format, WIDE);
            let left: Vec<char> = shown.chars().filter(|&c| c != '\n' && text::is_unsafe(c)).collect();
            prop_assert!(left.is_empty(), "{format}: {left:?}");
        }
        let document: Value = serde_json::from_str(&shown(&fleet, Format::Json, WIDE)).unwrap();
        prop_assert_eq!(&document["findings"][0]["message"], &bad);
        prop_assert_eq!(&document["hosts"][0]["name"], &bad);
        // Markup is ours alone: as much of it as for a host that says nothing special.
        let page = shown(&fleet, Format::Html, WIDE);
        prop_assert_eq!(page.matches("<tr>").count(), page.matches("</tr>").count());
        prop_assert_eq!(page.matches("<td").count(), page.matches("</td>").count());
        let markdown = shown(&fleet, Format::Markdown, WIDE);
        let mut options = comrak::Options::default();
        options.extension.table = true;
        let arena = comrak::Arena::new();
        let root = comrak::parse_document(&arena, &markdown, &options);
        let kinds = root.children().map(|node| node.data.borrow().value.xml_node_name());
        let kinds: Vec<&str> = kinds.collect();
        prop_assert_eq!(
            kinds,
            ["heading", "paragraph", "heading", "table", "heading", "table", "paragraph", "heading", "table",
             "heading", "table", "thematic_break", "paragraph"]
        );
    }
}
