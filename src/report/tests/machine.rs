//! JSON: its exact shape, its schemas, and that nothing is lost in it.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::*;

const FINDINGS: &str = include_str!("../../../docs/schemas/findings.schema.json");
const CHECKLIST: &str = include_str!("../../../docs/schemas/checklist.schema.json");

fn schema(text: &str) -> Validator {
    let schema: Value = serde_json::from_str(text).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn findings_text(list: Option<&Checklist>) -> String {
    let coverage = coverage();
    let findings = [full(), file_finding(), secret_finding()];
    let decided = decided();
    let report =
        Report { hidden: 2, suppressed: &decided, checklist: list, ..plain(&findings, &coverage) };
    rendered(&report, Format::Json, WIDE)
}

fn checklist_text() -> String {
    let mut out = Vec::new();
    write_checklist(&checklist(), &coverage(), Run::default(), Format::Json, WIDE, &mut out)
        .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn findings_have_their_shape_and_order() {
    let coverage = Coverage { rules: "ab".repeat(32), ..Coverage::default() };
    let findings = [full()];
    let report = plain(&findings, &coverage);
    insta::assert_snapshot!(rendered(&report, Format::Json, WIDE), @r#"
    {
      "version": 1,
      "findings": [
        {
          "rule": "config/approvals-off",
          "severity": "error",
          "confidence": "high",
          "path": "config.yaml",
          "line": 3,
          "column": 9,
          "end_line": 3,
          "end_column": 12,
          "message": "every dangerous command runs without approval",
          "help": "ask before each one:\napprovals:\n  mode: manual",
          "fingerprint": "0123456789abcdef0123456789abcdef",
          "docs": "rules/docs/config/approvals-off.md",
          "fix": {
            "description": "set `approvals.mode` to `manual`",
            "safe": false,
            "edits": [
              {
                "path": "config.yaml",
                "start": 19,
                "end": 22,
                "replacement": "manual"
              }
            ],
            "actions": []
          },
          "related": [
            {
              "path": ".env",
              "line": 4,
              "column": 1,
              "note": "has the same effect"
            },
            {
              "path": "hermes.service",
              "line": null,
              "column": null,
              "note": "loads this `.env`"
            }
          ],
          "notes": [
            "holds from 0.17.0 on"
          ],
          "secret": null,
          "history": null
        }
      ],
      "suppressed": [],
      "summary": {
        "errors": 1,
        "warnings": 0,
        "infos": 0,
        "hidden": 0,
        "files": 0,
        "bytes": 0,
        "skipped": [],
        "homes": [],
        "hermes": "",
        "rules": "abababababababababababababababababababababababababababababababab"
      }
    }
    "#);
}

#[test]
fn the_credential_of_a_finding_has_its_shape() {
    let document: Value = serde_json::from_str(&findings_text(None)).unwrap();
    assert_eq!(
        document["findings"][2]["secret"],
        json!({
            "provider": "GitHub",
            "detector": "github-token",
            "redacted": "ghp_… (40 characters)",
            "reasons": [
                "the shape is nobody else's",
                "its checksum is right",
                "assigned to `api_key`",
            ],
        })
    );
}

#[test]
fn the_history_of_a_finding_has_its_shape() {
    let document: Value = serde_json::from_str(&findings_text(None)).unwrap();
    let author = "Ada <ada@example.org>";
    assert_eq!(
        document["findings"][2]["history"],
        json!({
            "brought": [{"id": "1a".repeat(20), "author": author, "date": "2024-03-05T09:30:00+01:00"}],
            "removed": [{"id": "2b".repeat(20), "author": author, "date": "2024-04-01T18:00:00Z"}],
            "in_head": false,
        })
    );
}

#[test]
fn what_was_decided_has_its_shape() {
    let document: Value = serde_json::from_str(&findings_text(None)).unwrap();
    let decided = document["suppressed"].as_array().unwrap();
    assert_eq!(decided[0]["finding"]["rule"], "host/env-mode");
    assert_eq!(
        decided[0]["suppression"],
        json!({
            "by": "comment", "marker": "hermes-lint: allow", "path": "deploy.py", "line": 2,
            "reason": "a dead key; see [x](y)", "owner": "ops", "until": "2027-01-31",
        })
    );
    let nothing = json!({
        "by": "settings", "marker": null, "path": null, "line": null,
        "reason": null, "owner": null, "until": null,
    });
    assert_eq!(decided[1]["suppression"], nothing);
    assert_eq!(decided[2]["suppression"]["by"], "baseline");
}

#[test]
fn checklist_has_its_shape() {
    let document: Value = serde_json::from_str(&checklist_text()).unwrap();
    assert_eq!(
        document["items"][0],
        json!({
            "id": "non-root-user",
            "title": "runs as its own user",
            "list": "production",
            "layer": "logging",
            "status": "pass",
            "evidence": [
                {"text": "the unit runs as `hermes`", "path": "hermes.service", "line": 7},
                {"text": "`hermes` is in no group that grants root", "path": null, "line": null},
            ],
            "rules": ["config/denylist-missing"],
            "help": null,
        })
    );
    let verdicts: Vec<_> =
        document["items"].as_array().unwrap().iter().map(|item| &item["status"]).collect();
    assert_eq!(verdicts, ["pass", "fail", "not-applicable", "manual", "unknown"]);
    assert_eq!(
        document["summary"],
        json!({
            "pass": 1, "fail": 1, "manual": 1, "not_applicable": 1, "unknown": 1,
            "total": 5, "decided": 2, "applicable": 4, "score": 25,
        })
    );
    assert_eq!(document["version"], 1);
    assert_eq!(document.as_object().unwrap().len(), 3);
}

#[test]
fn output_follows_the_schemas() {
    let list = checklist();
    for (text, schema) in [
        (findings_text(None), schema(FINDINGS)),
        (findings_text(Some(&list)), schema(FINDINGS)),
        (findings_text(Some(&Checklist::default())), schema(FINDINGS)),
        (checklist_text(), schema(CHECKLIST)),
    ] {
        assert!(text.ends_with("}\n"));
        let document = serde_json::from_str(&text).unwrap();
        let errors: Vec<_> = schema.iter_errors(&document).map(|e| e.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}

#[test]
fn schemas_reject_what_is_broken() {
    let reject = |schema: &Validator, text: &str, pointer: &str, change: &dyn Fn(&mut Value)| {
        let mut document: Value = serde_json::from_str(text).unwrap();
        change(document.pointer_mut(pointer).unwrap());
        assert!(!schema.is_valid(&document), "accepted after a change at {pointer:?}");
    };
    let (findings, checklist) = (schema(FINDINGS), schema(CHECKLIST));
    let (found, listed) = (findings_text(Some(&super::checklist())), checklist_text());

    for (pointer, value) in [
        ("/version", json!(2)),
        ("/findings/0/rule", json!("approvals off")),
        ("/findings/0/severity", json!("fatal")),
        ("/findings/0/confidence", json!("certain")),
        ("/findings/0/line", json!(0)),
        ("/findings/0/line", json!(null)),
        ("/findings/0/end_column", json!(null)),
        ("/findings/1/column", json!(1)),
        ("/findings/0/fingerprint", json!("0123")),
        ("/findings/0/fix", json!("manual")),
        ("/findings/0/fix/edits/0/start", json!(-1)),
        ("/findings/0/related/0/note", json!(null)),
        ("/findings/0/secret", json!("hidden")),
        ("/findings/2/secret/redacted", json!("ghp_abcdef")),
        ("/findings/2/secret/detector", json!(null)),
        ("/findings/2/secret/reasons", json!("the shape is nobody else's")),
        ("/findings/2/history/brought/0/id", json!("main")),
        ("/findings/2/history/in_head", json!(null)),
        ("/suppressed/0/suppression/by", json!("nobody")),
        ("/suppressed/0/suppression/line", json!(0)),
        ("/suppressed/0/suppression/until", json!("next year")),
        ("/suppressed/0/finding", json!(null)),
        ("/summary/skipped/0/reason", json!("too large")),
        ("/summary/rules", json!("")),
        ("/checklist/items/0/status", json!("ok")),
    ] {
        reject(&findings, &found, pointer, &|at| *at = value.clone());
    }
    for (pointer, value) in [
        ("/items/0/status", json!("not_applicable")),
        ("/items/0/list", json!("both")),
        ("/items/0/layer", json!(1)),
        ("/summary/score", json!(101)),
        ("/items/0/evidence/0/line", json!(0)),
        ("/summary/pass", json!("1")),
    ] {
        reject(&checklist, &listed, pointer, &|at| *at = value.clone());
    }
    // No object takes an unknown key or misses a known one.
    let objects = ["", "/findings/0", "/findings/0/fix", "/findings/0/related/0", "/summary"];
    let more = ["/summary/skipped/0", "/findings/0/fix/edits/0", "/findings/2/secret"];
    let decided = ["/suppressed/0", "/suppressed/0/suppression", "/findings/2/history"];
    let commit = ["/findings/2/history/brought/0"];
    for pointer in objects.into_iter().chain(more).chain(decided).chain(commit) {
        reject(&findings, &found, pointer, &|at| at["more"] = json!(1));
        let document: Value = serde_json::from_str(&found).unwrap();
        for key in document.pointer(pointer).unwrap().as_object().unwrap().keys() {
            if key != "checklist" {
                reject(&findings, &found, pointer, &|at| {
                    at.as_object_mut().unwrap().remove(key);
                });
            }
        }
    }
    for pointer in ["", "/items/0", "/items/0/evidence/0", "/summary"] {
        reject(&checklist, &listed, pointer, &|at| at["more"] = json!(1));
        let document: Value = serde_json::from_str(&listed).unwrap();
        for key in document.pointer(pointer).unwrap().as_object().unwrap().keys() {
            reject(&checklist, &listed, pointer, &|at| {
                at.as_object_mut().unwrap().remove(key);
            });
        }
    }
}

/// The findings schema holds the checklist's, so that either file can be used alone.
#[test]
fn the_embedded_checklist_schema_is_the_same() {
    let findings: Value = serde_json::from_str(FINDINGS).unwrap();
    let mut checklist: Value = serde_json::from_str(CHECKLIST).unwrap();
    for key in ["$schema", "$id", "title"] {
        checklist.as_object_mut().unwrap().remove(key).unwrap();
    }
    assert_eq!(findings["$defs"]["checklist"], checklist);
}

#[test]
fn every_property_is_described() {
    fn walk(value: &Value, seen: &mut usize) {
        let Some(object) = value.as_object() else { return };
        if object.get("type").is_some_and(|kind| kind == "object") {
            assert_eq!(object["additionalProperties"], json!(false), "{value}");
            for (name, property) in object["properties"].as_object().unwrap() {
                let described = property.get("description").or(property.get("$ref"));
                assert!(described.is_some(), "`{name}` is not described");
                *seen += 1;
            }
        }
        for (_, inner) in object.iter().filter(|(key, _)| *key != "then" && *key != "else") {
            walk(inner, seen);
            inner.as_array().into_iter().flatten().for_each(|inner| walk(inner, seen));
        }
    }
    for text in [FINDINGS, CHECKLIST] {
        let mut seen = 0;
        walk(&serde_json::from_str(text).unwrap(), &mut seen);
        assert!(seen > 15);
    }
}

#[test]
fn hostile_text_survives_exactly_and_in_ascii_escapes() {
    let bad = "\x1b[2J\u{9b}\u{7f}\u{202e}\u{200d}\u{feff}\u{e0041}\u{2028}\"\\\n\té語😀";
    let mut finding = full();
    finding.message = bad.to_owned();
    finding.location.path = bad.into();
    let (coverage, findings) = (coverage(), [finding]);
    let report = plain(&findings, &coverage);
    let text = rendered(&report, Format::Json, WIDE);
    assert!(
        text.contains(
            r#""\u001b[2J\u009b\u007f\u202e\u200d\ufeff\udb40\udc41\u2028\"\\\n\té語😀""#
        )
    );
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["findings"][0]["message"], bad);
    assert_eq!(document["findings"][0]["path"], bad);
}
