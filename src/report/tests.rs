//! Findings made up for the reports to show, and what holds for every format.

mod drawing;
mod fleet;
mod formats;
mod machine;

use super::*;
use crate::checklist::{Evidence, Item, Layer, Status};
use crate::finding::{
    Commit, Confidence, Credential, Edit, Excerpt, Fix, History, Location, Region, Related,
    Skipped, Suppression, Suppressor,
};

/// A place in `path` whose excerpt is `text`, from line `first_line` on, with `marked` marked.
fn place(path: &str, first_line: usize, text: &str, marked: &str) -> Location {
    let start = text.find(marked).unwrap();
    let end = start + marked.len();
    let position = |offset: usize| {
        let before = &text[..offset];
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        (first_line + before.matches('\n').count(), column)
    };
    let ((line, column), (end_line, end_column)) = (position(start), position(end));
    Location {
        region: Some(Region { line, column, end_line, end_column }),
        excerpt: Some(Excerpt {
            text: text.to_owned(),
            first_line,
            first_column: 1,
            marked: (start, end),
        }),
        ..Location::file(path, path)
    }
}

fn finding(location: Location) -> Finding {
    Finding {
        rule: "config/approvals-off",
        severity: Severity::Error,
        confidence: Confidence::High,
        location,
        label: "no prompt is shown".into(),
        message: "every dangerous command runs without approval".to_owned(),
        help: None,
        notes: Vec::new(),
        related: Vec::new(),
        fix: None,
        credential: None,
        history: None,
        anchor: "approvals.mode".to_owned(),
        fingerprint: "0123456789abcdef0123456789abcdef".to_owned(),
    }
}

/// A finding that uses every field but those of credentials.
pub(super) fn full() -> Finding {
    Finding {
        help: Some("ask before each one:\napprovals:\n  mode: manual".into()),
        notes: vec!["holds from 0.17.0 on".to_owned()],
        related: vec![
            Related {
                location: place(".env", 4, "HERMES_YOLO_MODE=1", "HERMES_YOLO_MODE=1"),
                note: "has the same effect".to_owned(),
            },
            Related {
                location: Location::file("hermes.service", "hermes.service"),
                note: "loads this `.env`".to_owned(),
            },
        ],
        fix: Some(Fix {
            description: "set `approvals.mode` to `manual`".to_owned(),
            safe: false,
            edits: vec![Edit {
                path: "config.yaml".to_owned(),
                start: 19,
                end: 22,
                replacement: "manual".to_owned(),
            }],
            actions: Vec::new(),
        }),
        ..finding(place("config.yaml", 2, "approvals:\n  mode: off\nagent:", "off"))
    }
}

fn file_finding() -> Finding {
    Finding {
        rule: "host/env-mode",
        severity: Severity::Warning,
        confidence: Confidence::Low,
        message: "others on this machine can read the secrets".to_owned(),
        help: Some("chmod 600 ~/.hermes/.env".into()),
        ..finding(Location::file("/home/hermes/.hermes/.env", ".env"))
    }
}

fn secret_finding() -> Finding {
    Finding {
        rule: "secret/known-token",
        label: "github-token".into(),
        message: "GitHub token in a file where none belongs: ghp_… (40 characters)".to_owned(),
        notes: vec!["its checksum is right, and it was made in 2024-03".to_owned()],
        credential: Some(Credential {
            provider: Some("GitHub".into()),
            detector: "github-token".into(),
            redacted: "ghp_… (40 characters)".to_owned(),
            reasons: vec![
                "the shape is nobody else's".into(),
                "its checksum is right".into(),
                "assigned to `api_key`".into(),
            ],
            tag: None,
            guessable: false,
        }),
        history: Some(Box::new(History {
            brought: vec![commit("1a", "2024-03-05T09:30:00+01:00")],
            removed: vec![commit("2b", "2024-04-01T18:00:00Z")],
            in_head: false,
        })),
        ..finding(place("deploy.py", 3, "api_key = \"[secret]\"", "[secret]"))
    }
}

fn commit(id: &str, date: &str) -> Commit {
    let author = "Ada <ada@example.org>".to_owned();
    Commit { id: id.repeat(20), author, date: date.to_owned() }
}

/// One of each way to decide about a finding.
fn decided() -> Vec<Suppressed> {
    let suppressed = |by, reason: Option<&str>| Suppressed {
        finding: file_finding(),
        suppression: Suppression {
            by,
            reason: reason.map(str::to_owned),
            owner: reason.map(|_| "ops".to_owned()),
            until: reason.map(|_| "2027-01-31".to_owned()),
        },
    };
    let comment = Suppressor::Comment {
        location: place("deploy.py", 2, "# hermes-lint: allow secret", "hermes-lint: allow"),
        marker: "hermes-lint: allow".into(),
    };
    vec![
        suppressed(comment, Some("a dead key; see [x](y)")),
        suppressed(Suppressor::Settings, None),
        suppressed(Suppressor::Baseline, None),
    ]
}

fn coverage() -> Coverage {
    Coverage {
        files: 14,
        bytes: 20_480,
        skipped: vec![
            Skipped {
                path: "logs/agent.log".to_owned(),
                reason: "too-large",
                detail: "32 MB, the limit is 16 MB".to_owned(),
            },
            Skipped { path: "state.db".to_owned(), reason: "binary", detail: String::new() },
        ],
        homes: vec!["/home/hermes/.hermes".to_owned()],
        hermes: "0.16.0 to 0.23.3".to_owned(),
        rules: "ab".repeat(32),
    }
}

fn item(id: &str, list: &str, title: &str, status: Status) -> Item {
    Item {
        id: id.to_owned(),
        title: title.to_owned(),
        list: list.to_owned(),
        layer: if status == Status::Fail { "permissions" } else { "logging" }.to_owned(),
        status,
        evidence: Vec::new(),
        rules: vec!["config/denylist-missing".to_owned()],
        help: None,
    }
}

fn checklist() -> Checklist {
    let seen = |text: &str, path: Option<&str>, line| Evidence {
        text: text.to_owned(),
        path: path.map(str::to_owned),
        line,
    };
    let layer = |id: &str, title: &str| Layer {
        id: id.to_owned(),
        title: title.to_owned(),
        what: "what was done is on record".to_owned(),
    };
    Checklist {
        on: "2026-11-21".parse().unwrap(),
        layers: vec![layer("permissions", "tools"), layer("logging", "audit log")],
        items: vec![
            Item {
                evidence: vec![
                    seen("the unit runs as `hermes`", Some("hermes.service"), Some(7)),
                    seen("`hermes` is in no group that grants root", None, None),
                ],
                ..item("non-root-user", "production", "runs as its own user", Status::Pass)
            },
            Item {
                evidence: vec![seen("no denylist is set", Some("config.yaml"), None)],
                help: Some("deny them:\napprovals:\n  deny: [\"rm -rf *\"]".to_owned()),
                ..item(
                    "denylist-destructive",
                    "production",
                    "destructive commands are denied",
                    Status::Fail,
                )
            },
            Item {
                evidence: vec![seen("no platform is on", None, None)],
                ..item(
                    "messaging-allowlists",
                    "production",
                    "each platform has an allowlist",
                    Status::NotApplicable,
                )
            },
            Item {
                help: Some("look at the grants of the database user".to_owned()),
                ..item(
                    "least-privilege-connectors",
                    "operational",
                    "connectors have the least rights",
                    Status::Manual,
                )
            },
            item("logs-append-only", "operational", "logs can't be rewritten", Status::Unknown),
        ],
    }
}

/// A report of findings and nothing else.
fn plain<'a>(findings: &'a [Finding], coverage: &'a Coverage) -> Report<'a> {
    Report {
        findings,
        hidden: 0,
        suppressed: &[],
        coverage,
        checklist: None,
        cuts: &[],
        run: Run::default(),
    }
}

fn rendered(report: &Report<'_>, format: Format, style: Style) -> String {
    let mut out = Vec::new();
    write(report, format, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// One finding alone, for people, without the closing line.
fn human(finding: Finding, style: Style) -> String {
    let coverage = Coverage::default();
    let findings = [finding];
    let report = plain(&findings, &coverage);
    rendered(&report, Format::Human, Style { quiet: true, ..style })
}

#[test]
fn markdown_fits_into_a_comment() {
    let coverage = Coverage::default();
    let mut findings = vec![file_finding(); 2_000];
    findings.push(Finding { severity: Severity::Error, ..full() });
    let report = plain(&findings, &coverage);
    let text = rendered(&report, Format::Markdown, WIDE);
    assert!(text.len() < 65_000, "{}", text.len());
    assert!(text.contains("findings left out, the less severe first"), "{text}");
    assert!(text.contains("| error |"), "the gravest has room");
}

const WIDE: Style = Style { color: false, width: 100, verbose: 0, quiet: false };

#[test]
fn formats_are_read_back() {
    for &format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    assert_eq!(
        "xml".parse::<Format>(),
        Err("`xml` is not one of human, concise, json, sarif, github, gitlab, gitlab-secrets, junit, \
             markdown, html, prometheus"
            .to_owned())
    );
}

#[test]
fn closing_line_counts_everything() {
    let coverage = coverage();
    let (findings, decided) = ([full(), full(), file_finding()], decided());
    let mut report = Report { hidden: 1, suppressed: &decided, ..plain(&findings, &coverage) };
    assert_eq!(
        summary(&report, WIDE),
        "2 errors, 1 warning in 14 files; 2 files skipped (-v lists them); 3 findings suppressed; \
         1 finding hidden (left out by settings, selection or --min-confidence)"
    );
    assert_eq!(
        summary(&report, Style { verbose: 1, ..WIDE }),
        "2 errors, 1 warning in 14 files; 2 files skipped; 3 findings suppressed; \
         1 finding hidden (left out by settings, selection or --min-confidence)"
    );
    let clean = Coverage { files: 1, ..Coverage::default() };
    report = plain(&[], &clean);
    assert_eq!(summary(&report, WIDE), "no findings in 1 file");
}

#[test]
fn quiet_drops_only_the_closing_line() {
    let (coverage, findings, list) = (coverage(), [full()], checklist());
    let report = Report { hidden: 3, checklist: Some(&list), ..plain(&findings, &coverage) };
    for format in [Format::Human, Format::Concise] {
        let loud = rendered(&report, format, WIDE);
        let quiet = rendered(&report, format, Style { quiet: true, verbose: 1, ..WIDE });
        assert!(loud.contains("14 files") && loud.contains("1 pass"));
        assert!(!quiet.contains("14 files") && !quiet.contains("1 pass"), "{quiet}");
        assert!(!quiet.contains("state.db"), "{quiet}");
        assert!(quiet.contains("config/approvals-off") && quiet.contains("non-root-user"));
    }
}

#[test]
fn no_format_passes_on_what_a_terminal_obeys() {
    let bad = "a\x1b]0;x\x07\x1b[2J\rb\u{9b}31m\u{202e}c\u{200b}\u{e0041}\u{2028}\u{7f}z";
    let mut finding = full();
    finding.location = place(bad, 1, &format!("x: {bad}\n\ty: {bad}"), bad);
    finding.location.path = format!("dir\n{bad}").into();
    (finding.label, finding.message) = (bad.into(), format!("{bad}\n{bad}"));
    finding.help = Some(bad.into());
    finding.notes.push(bad.to_owned());
    finding.related[0].note = bad.to_owned();
    finding.related[1].location.path = bad.into();
    finding.fix.as_mut().unwrap().description = bad.to_owned();
    let mut coverage = coverage();
    coverage.homes.push(bad.to_owned());
    coverage.hermes = bad.to_owned();
    coverage.skipped[0].path = format!("dir\n{bad}");
    coverage.skipped[0].detail = bad.to_owned();
    let mut list = checklist();
    for layer in &mut list.layers {
        (layer.id, layer.title, layer.what) = (bad.to_owned(), bad.to_owned(), bad.to_owned());
    }
    for item in &mut list.items {
        (item.id, item.title) = (bad.to_owned(), bad.to_owned());
        (item.list, item.layer) = (format!("the {bad}"), bad.to_owned());
        (item.help, item.rules) = (Some(bad.to_owned()), vec![bad.to_owned()]);
        for evidence in &mut item.evidence {
            (evidence.text, evidence.path) = (bad.to_owned(), Some(bad.to_owned()));
        }
    }
    let findings = [finding];
    let report = Report { checklist: Some(&list), ..plain(&findings, &coverage) };
    for &format in Format::ALL {
        let shown = rendered(&report, format, Style { verbose: 2, ..WIDE });
        let left: Vec<_> = shown.chars().filter(|&c| c != '\n' && text::is_unsafe(c)).collect();
        assert_eq!(left, Vec::<char>::new(), "{format}: {shown}");
        // A line that starts with the second half of a path would be a forged one.
        assert!(!shown.lines().any(|line| line.starts_with("a\\u{1b}")), "{shown}");
    }
}

#[test]
fn colour_only_adds_escapes() {
    let (coverage, findings, list) = (coverage(), [full(), file_finding()], checklist());
    let report = Report { hidden: 3, checklist: Some(&list), ..plain(&findings, &coverage) };
    for format in [Format::Human, Format::Concise] {
        let colored = rendered(&report, format, Style { color: true, verbose: 1, ..WIDE });
        let plain = rendered(&report, format, Style { verbose: 1, ..WIDE });
        let mut stripped = String::new();
        for (i, part) in colored.split('\x1b').enumerate() {
            stripped.push_str(if i == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        assert_eq!(stripped, plain);
        assert!(colored.contains("\x1b[31m"), "an error is red");
        assert!(!plain.contains('\x1b'));
    }
    let json = rendered(&report, Format::Json, Style { color: true, verbose: 1, ..WIDE });
    assert!(!json.contains("[31m"));
}

#[test]
fn a_writer_that_fails_is_reported() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (coverage, findings) = (coverage(), [full()]);
    let report = plain(&findings, &coverage);
    for &format in Format::ALL {
        let error = write(&report, format, WIDE, &mut Full).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{format}");
    }
}
