//! The formats that other programs read: what each looks like, and that it stays what it is whatever it says.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Everything a report can hold, with the checklist when `list` is given.
fn sample(list: Option<&Checklist>, format: Format) -> String {
    let (coverage, decided) = (coverage(), decided());
    let findings = [full(), file_finding(), secret_finding(), info()];
    let report = Report {
        hidden: 2,
        suppressed: &decided,
        checklist: list,
        run: Run {
            started: "2026-11-21T00:00:00Z".parse().unwrap(),
            ended: "2026-11-21T00:00:02Z".parse().unwrap(),
            category: Some("homes"),
        },
        ..plain(&findings, &coverage)
    };
    rendered(&report, format, WIDE)
}

const WIDE: Style = Style { color: false, width: 100, verbose: 0, quiet: false };

fn info() -> Finding {
    Finding {
        rule: "host/floating-image",
        severity: Severity::Info,
        confidence: Confidence::Medium,
        message: "50% of images, here: `latest`, move".to_owned(),
        ..finding(place("compose.yaml", 4, "image: hermes\n  :latest", "hermes\n  :latest"))
    }
}

#[test]
fn github_annotates() {
    insta::assert_snapshot!(sample(None, Format::Github));
}

#[test]
fn gitlab_shows_degradations() {
    insta::assert_snapshot!(sample(None, Format::Gitlab));
}

#[test]
fn gitlab_shows_secrets() {
    insta::assert_snapshot!(sample(None, Format::GitlabSecrets));
}

#[test]
fn junit_shows_tests() {
    insta::assert_snapshot!(sample(Some(&checklist()), Format::Junit));
}

#[test]
fn prometheus_counts() {
    insta::assert_snapshot!(sample(Some(&checklist()), Format::Prometheus));
}

#[test]
fn markdown_and_html_show_findings_without_a_checklist() {
    insta::assert_snapshot!(sample(None, Format::Markdown));
    let page = sample(None, Format::Html);
    for part in
        ["every dangerous command runs", "deploy.py:3:12", "host/floating-image", "14 files"]
    {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn sarif_holds_everything() {
    // The pages of rules are no part of this test.
    let mut log: Value = serde_json::from_str(&sample(None, Format::Sarif)).unwrap();
    for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap() {
        for part in ["help", "fullDescription", "shortDescription"] {
            let text = rule.as_object_mut().unwrap().remove(part);
            // One of the sample's rules is made up.
            let known = rule["id"] != "host/env-mode";
            assert_eq!(text.is_some_and(|it| it["text"].as_str().unwrap().len() > 20), known);
        }
    }
    insta::assert_snapshot!(format!("{log:#}"));
}

#[test]
fn annotations_beyond_ten_of_a_kind_are_counted_and_not_lost() {
    let coverage = coverage();
    let mut findings = vec![info(); 3];
    findings.extend(vec![file_finding(); 12]);
    findings.extend(vec![full(); 11]);
    let report = plain(&findings, &coverage);
    let shown = rendered(&report, Format::Github, WIDE);
    let begins = |word: &str| shown.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((begins("::error "), begins("::warning "), begins("::notice ")), (10, 10, 3));
    assert_eq!(begins("- "), 3 + coverage.skipped.len(), "the rest, and what was skipped");
    assert!(shown.starts_with("::error "), "the gravest first");
    assert!(shown.contains("3 more findings in the log above: GitHub shows 10"));
}

#[test]
fn what_github_will_not_take_is_said() {
    let coverage = coverage();
    for (results, said) in [
        (GITHUB_SHOWN, None),
        (GITHUB_SHOWN + 1, Some("GitHub shows 5000 of the 5001 results, the gravest first")),
        (
            GITHUB_RESULTS + 1,
            Some("GitHub rejects this run: it has 25001 results, and 25000 are taken"),
        ),
    ] {
        let findings = vec![file_finding(); results];
        let report = plain(&findings, &coverage);
        let log: Value = serde_json::from_str(&rendered(&report, Format::Sarif, WIDE)).unwrap();
        let run = &log["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), results, "none is lost");
        let notified = &run["invocations"][0]["toolExecutionNotifications"];
        let limit = notified
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["descriptor"]["id"] == "limit/github");
        assert_eq!(limit.and_then(|one| one["message"]["text"].as_str()), said);
    }
}

/// The schema of the OASIS committee, as the `serde-sarif` package has it; its place is asked of cargo.
fn sarif_schema() -> jsonschema::Validator {
    let ask = |program: &str, arguments: &[&str]| {
        let output = std::process::Command::new(program)
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    // What other platforms need is not here, and cargo would want to look at it.
    let version = ask("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let fixed = ["metadata", "--format-version", "1", "--offline", "--locked"];
    let metadata = ask(&cargo, &[&fixed[..], &["--filter-platform", host]].concat());
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = std::path::Path::new(package["manifest_path"].as_str().unwrap());
    let text = std::fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    // As published, this pattern has a bracket too many, and not every reader of patterns takes it.
    for definition in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][definition]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn sarif_follows_its_schema() {
    let schema = sarif_schema();
    for list in [None, Some(&checklist())] {
        let mut log: Value = serde_json::from_str(&sample(list, Format::Sarif)).unwrap();
        let errors: Vec<String> = schema
            .iter_errors(&log)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0]);
        log["runs"][0]["results"][0]["level"] = "fatal".into();
        assert!(!schema.is_valid(&log), "the schema looks at results");
    }
}

/// A reader that is not ours finds each result with its rule, place and message.
#[test]
fn another_reader_finds_every_result() {
    let log: serde_sarif::sarif::Sarif =
        serde_json::from_str(&sample(None, Format::Sarif)).unwrap();
    let run = &log.runs[0];
    let rules = run.tool.driver.rules.as_ref().unwrap();
    let expected = [full(), file_finding(), secret_finding(), info()];
    let decided = decided();
    let all: Vec<&Finding> =
        expected.iter().chain(decided.iter().map(|one| &one.finding)).collect();
    let results = run.results.as_ref().unwrap();
    assert_eq!(results.len(), all.len());
    for (result, finding) in results.iter().zip(all) {
        assert_eq!(result.rule_id.as_deref(), Some(finding.rule));
        let index = usize::try_from(result.rule_index.unwrap()).unwrap();
        assert_eq!(rules[index].id, finding.rule);
        let place = result.locations.as_ref().unwrap()[0].physical_location.as_ref().unwrap();
        let uri = place.artifact_location.as_ref().unwrap().uri.as_deref().unwrap();
        assert_eq!(uri.trim_start_matches("file://"), &*finding.location.path);
        let line = place.region.as_ref().unwrap().start_line.unwrap();
        let wanted = finding.location.region.map_or(1, |at| at.line);
        assert_eq!(usize::try_from(line).unwrap(), wanted);
        assert!(result.message.text.as_ref().unwrap().starts_with(&finding.message));
    }
}

fn hostile() -> impl Strategy<Value = String> {
    "([<>&\"'`\\[\\]\\|{}%,:#=\\\\\r\n\t\u{1b}\u{0}\u{202e}\u{feff}\u{fffe}]|]]>|::error::|##\\[|-->|\\$\\{\\{|\\PC){1,14}"
}

proptest! {
    /// File names, messages and reasons of an attacker stay values in every format.
    #[test]
    fn hostile_text_stays_inside_its_format(
        path in hostile(),
        message in hostile(),
        detail in hostile(),
    ) {
        let mut found = full();
        found.location.path = path.as_str().into();
        found.message.clone_from(&message);
        found.related[0].note.clone_from(&message);
        found.related[0].location.path = path.as_str().into();
        let mut secret = secret_finding();
        secret.message.clone_from(&message);
        let mut coverage = coverage();
        coverage.skipped[0].detail.clone_from(&detail);
        coverage.skipped[0].path.clone_from(&path);
        let mut decided = decided();
        decided[0].suppression.reason = Some(detail.clone());
        let findings = [found, secret];
        let report = Report { suppressed: &decided, ..plain(&findings, &coverage) };
        let document = |format| -> Value {
            serde_json::from_str(&rendered(&report, format, WIDE)).unwrap()
        };
        let json = document(Format::Json);
        prop_assert_eq!(&json["findings"][0]["message"], &message);
        prop_assert_eq!(&json["suppressed"][0]["suppression"]["reason"], &detail);
        let sarif = document(Format::Sarif);
        let results = &sarif["runs"][0]["results"];
        prop_assert_eq!(results.as_array().unwrap().len(), 2 + decided.len());
        prop_assert_eq!(&results[2]["suppressions"][0]["justification"], &detail);
        prop_assert_eq!(&document(Format::Gitlab)[0]["location"]["path"], &path);
        let secrets = document(Format::GitlabSecrets);
        prop_assert_eq!(secrets["vulnerabilities"].as_array().unwrap().len(), 1);
        let described = markdown::prose(&message);
        prop_assert_eq!(&secrets["vulnerabilities"][0]["description"], &described);
        let xml = rendered(&report, Format::Junit, WIDE);
        let xml = roxmltree::Document::parse(&xml).unwrap();
        let cases = xml.descendants().filter(|node| node.has_tag_name("testcase")).count();
        prop_assert_eq!(cases, findings.len() + decided.len() + coverage.skipped.len() + 1);
        // Every line of a log is ours: the runner obeys no other.
        for line in rendered(&report, Format::Github, WIDE).lines() {
            let ours = ["::error file=", "::group::", "::endgroup::", "- ", "hermes-lint "];
            prop_assert!(ours.iter().any(|start| line.starts_with(start)), "{}", line);
        }
        for line in rendered(&report, Format::Prometheus, WIDE).lines() {
            prop_assert!(line.starts_with("hermes_lint_") || line.starts_with("# "), "{}", line);
        }
    }
}

#[test]
fn a_clean_run_is_a_report_too() {
    let coverage = Coverage { rules: "ab".repeat(32), ..Coverage::default() };
    let report = plain(&[], &coverage);
    for &format in Format::ALL {
        let shown = rendered(&report, format, WIDE);
        assert!(!shown.is_empty() && shown == rendered(&report, format, WIDE), "{format}");
    }
    assert_eq!(rendered(&report, Format::Gitlab, WIDE), "[]\n");
    let xml = rendered(&report, Format::Junit, WIDE);
    assert!(xml.contains("tests=\"1\" failures=\"0\""), "{xml}");
    let counts = rendered(&report, Format::Prometheus, WIDE);
    assert!(counts.contains("hermes_lint_severity_findings{severity=\"error\"} 0\n"), "{counts}");
}

#[test]
fn a_checklist_alone_has_the_formats_it_says() {
    for &format in Format::ALL {
        let mut out = Vec::new();
        let written =
            write_checklist(&checklist(), &coverage(), Run::default(), format, WIDE, &mut out);
        assert_eq!(written.is_ok(), Format::CHECKLIST.contains(&format), "{format}");
    }
}
