//! The formats for people, as they look. Each drawing was checked by hand against its source lines.

use super::*;

#[test]
fn every_part_of_a_finding() {
    insta::assert_snapshot!(human(full(), WIDE), @r"
    error[config/approvals-off]

      × every dangerous command runs without approval
       ╭─[config.yaml:3:9]
     2 │ approvals:
     3 │   mode: off
       ·         ─┬─
       ·          ╰── no prompt is shown
     4 │ agent:
       ╰────
      note: has the same effect
       ╭─[.env:4:1]
     4 │ HERMES_YOLO_MODE=1
       · ──────────────────
       ╰────
      note: loads this `.env`
       ──[hermes.service]
      note: holds from 0.17.0 on
      help: ask before each one:
            approvals:
              mode: manual
      fix: set `approvals.mode` to `manual` (it can change more than this)
      docs: hermes-lint explain config/approvals-off
    ");
}

#[test]
fn without_a_region_the_path_alone() {
    insta::assert_snapshot!(human(file_finding(), WIDE), @r"
    warning[host/env-mode] (low confidence)

      ⚠ others on this machine can read the secrets
       ──[/home/hermes/.hermes/.env]
      help: chmod 600 ~/.hermes/.env
      docs: hermes-lint explain host/env-mode
    ");
}

#[test]
fn without_an_excerpt_line_and_column() {
    let mut finding = finding(place("config.yaml", 3, "  mode: off", "off"));
    finding.location.excerpt = None;
    finding.severity = Severity::Info;
    insta::assert_snapshot!(human(finding, WIDE), @r"
    info[config/approvals-off]

      ☞ every dangerous command runs without approval
       ──[config.yaml:3:9]
      docs: hermes-lint explain config/approvals-off
    ");
}

#[test]
fn a_mark_over_several_lines() {
    let text = "agent:\n  prompt: |\n    one\n    two\nnext: 1";
    let marked = "prompt: |\n    one\n    two";
    insta::assert_snapshot!(human(finding(place("config.yaml", 9, text, marked)), WIDE), @r"
    error[config/approvals-off]

      × every dangerous command runs without approval
        ╭─[config.yaml:10:3]
      9 │     agent:
     10 │ ╭─▶   prompt: |
     11 │ │       one
     12 │ ├─▶     two
        · ╰──── no prompt is shown
     13 │     next: 1
        ╰────
      docs: hermes-lint explain config/approvals-off
    ");
}

#[test]
fn an_excerpt_of_many_lines_is_cut_below_the_mark() {
    let lines = |range: std::ops::Range<usize>| -> String {
        range.map(|i| format!("line {i}\n")).collect()
    };
    // Lines 103 to 125 are marked, and 103 to 112 shown.
    let finding = finding(place("prompt.md", 98, &lines(0..30), &lines(5..28)));
    insta::assert_snapshot!(human(finding, WIDE), @r"
    error[config/approvals-off]

      × every dangerous command runs without approval
         ╭─[prompt.md:103:1]
     101 │     line 3
     102 │     line 4
     103 │ ╭─▶ line 5
     104 │ │   line 6
     105 │ │   line 7
     106 │ │   line 8
     107 │ │   line 9
     108 │ │   line 10
     109 │ │   line 11
     110 │ │   line 12
     111 │ │   line 13
     112 │ ├─▶ line 14
         · ╰──── no prompt is shown (13 more lines)
         ╰────
      docs: hermes-lint explain config/approvals-off
    ");
}

#[test]
fn a_long_line_is_cropped_around_the_mark() {
    let text = format!("before\n{}MARK{}\nafter", "é".repeat(300), "語".repeat(300));
    let finding = finding(place("cron/jobs.json", 100, &text, "MARK"));
    insta::assert_snapshot!(human(finding, Style { width: 60, ..WIDE }), @r"
    error[config/approvals-off]

      × every dangerous command runs without approval
         ╭─[cron/jobs.json:101:301]
     100 │ before
     101 │ …éééééééééééééééééééééééMARK語語語語語語語語語語語語…
         ·                         ──┬─
         ·                           ╰── no prompt is shown
     102 │ after
         ╰────
      docs: hermes-lint explain config/approvals-off
    ");
}

#[test]
fn a_mark_wider_than_the_terminal_keeps_what_stands_before_it() {
    let (before, marked) = ("k".repeat(100), "M".repeat(100));
    let finding = finding(place("a.yaml", 7, &format!("{before}{marked}z"), &marked));
    // 60 columns: 5 for the number and its bar, 2 for the ellipses; of 53 left, 7 go to what is before.
    let line = format!(" 7 │ …{}{}…\n", "k".repeat(7), "M".repeat(46));
    let shown = human(finding, Style { width: 60, ..WIDE });
    assert!(shown.contains(&line), "{shown}");
    assert!(shown.contains("[a.yaml:7:101]"), "{shown}");
}

#[test]
fn a_line_that_came_cropped_says_so_and_keeps_its_column() {
    let mut finding = finding(place("a.yaml", 7, "cde: off # f", "off"));
    finding.location.region.as_mut().unwrap().column = 123;
    finding.location.excerpt.as_mut().unwrap().first_column = 118;
    insta::assert_snapshot!(human(finding, WIDE), @r"
    error[config/approvals-off]

      × every dangerous command runs without approval
       ╭─[a.yaml:7:123]
     7 │ …cde: off # f
       ·       ─┬─
       ·        ╰── no prompt is shown
       ╰────
      docs: hermes-lint explain config/approvals-off
    ");
}

#[test]
fn wide_characters_and_tabs_keep_the_mark_below_the_text() {
    let finding = finding(place("skills/天気/SKILL.md", 1, "\t名前: \t天気 off é", "天気 off"));
    insta::assert_snapshot!(human(finding, WIDE), @r"
    error[config/approvals-off]

      × every dangerous command runs without approval
       ╭─[skills/天気/SKILL.md:1:7]
     1 │     名前:   天気 off é
       ·             ────┬───
       ·                 ╰── no prompt is shown
       ╰────
      docs: hermes-lint explain config/approvals-off
    ");
}

#[test]
fn escaped_characters_keep_the_mark_below_the_text() {
    let finding = finding(place("SKILL.md", 1, "a\u{200b}b \x1b[31mred", "\x1b[31mred"));
    insta::assert_snapshot!(human(finding, WIDE), @r"
    error[config/approvals-off]

      × every dangerous command runs without approval
       ╭─[SKILL.md:1:5]
     1 │ a\u{200b}b \u{1b}[31mred
       ·            ──────┬──────
       ·                  ╰── no prompt is shown
       ╰────
      docs: hermes-lint explain config/approvals-off
    ");
}

#[test]
fn prose_is_broken_and_edits_are_not() {
    insta::assert_snapshot!(human(full(), Style { width: 40, ..WIDE }), @r"
    error[config/approvals-off]

      × every dangerous command runs without
      │ approval
       ╭─[config.yaml:3:9]
     2 │ approvals:
     3 │   mode: off
       ·         ─┬─
       ·          ╰── no prompt is shown
     4 │ agent:
       ╰────
      note: has the same effect
       ╭─[.env:4:1]
     4 │ HERMES_YOLO_MODE=1
       · ──────────────────
       ╰────
      note: loads this `.env`
       ──[hermes.service]
      note: holds from 0.17.0 on
      help: ask before each one:
            approvals:
              mode: manual
      fix: set `approvals.mode` to `manual`
           (it can change more than this)
      docs: hermes-lint explain config/approvals-off
    ");
}

/// Every text of up to three pieces with every mark, those out of range and within a character included.
#[test]
fn any_excerpt_is_drawn() {
    let pieces = ["", "a", "\n", "\t", "é", "語語語語語語語語語語語語語", "\r\n", "\x1b"];
    for first in pieces {
        for second in pieces {
            for third in pieces {
                let text = [first, second, third].concat();
                for start in 0..=(text.len() + 1).min(8) {
                    for end in start.saturating_sub(1)..=(text.len() + 1).min(12) {
                        let mut finding = finding(place("a", 7, "x", "x"));
                        finding.location.excerpt.as_mut().unwrap().text.clone_from(&text);
                        finding.location.excerpt.as_mut().unwrap().marked = (start, end);
                        let shown = human(finding, Style { width: 0, ..WIDE });
                        assert!(shown.contains("[a:7:1]\n 7 │ "), "{text:?} {start} {end}");
                        assert!(shown.contains("no prompt is shown"), "{text:?} {start} {end}");
                    }
                }
            }
        }
    }
}

#[test]
fn concise_is_one_line_a_finding() {
    let (coverage, list) = (coverage(), checklist());
    let folded = Finding {
        message: "two\r\n   lines".to_owned(),
        ..finding(place("a b.yaml", 3, "é: off", "off"))
    };
    let findings = [full(), folded, file_finding()];
    let report = Report { checklist: Some(&list), ..plain(&findings, &coverage) };
    let shown = rendered(&report, Format::Concise, Style { verbose: 1, ..WIDE });
    insta::assert_snapshot!(shown, @r"
    config.yaml:3:9: error[config/approvals-off] every dangerous command runs without approval
    a b.yaml:3:4: error[config/approvals-off] two lines
    /home/hermes/.hermes/.env: warning[host/env-mode] others on this machine can read the secrets
    checklist: pass[non-root-user] runs as its own user: the unit runs as `hermes` (hermes.service:7); `hermes` is in no group that grants root
    checklist: fail[denylist-destructive] destructive commands are denied: no denylist is set (config.yaml)
    checklist: not-applicable[messaging-allowlists] each platform has an allowlist: no platform is on
    checklist: manual[least-privilege-connectors] connectors have the least rights
    checklist: unknown[logs-append-only] logs can't be rewritten
    checklist: 1 pass, 1 fail, 1 manual, 1 not-applicable, 1 unknown
    logs/agent.log: skipped[too-large] 32 MB, the limit is 16 MB
    state.db: skipped[binary]
    2 errors, 1 warning in 14 files; 2 files skipped
    ");
}

#[test]
fn a_run_as_a_whole() {
    let (coverage, list) = (coverage(), checklist());
    let findings = [file_finding()];
    let report = Report { hidden: 2, checklist: Some(&list), ..plain(&findings, &coverage) };
    insta::assert_snapshot!(rendered(&report, Format::Human, Style { verbose: 1, ..WIDE }), @r#"
    warning[host/env-mode] (low confidence)

      ⚠ others on this machine can read the secrets
       ──[/home/hermes/.hermes/.env]
      help: chmod 600 ~/.hermes/.env
      docs: hermes-lint explain host/env-mode

    production checklist
      ✔ pass            runs as its own user [non-root-user]
                        the unit runs as `hermes` (hermes.service:7)
                        `hermes` is in no group that grants root
                        rules: config/denylist-missing
      × fail            destructive commands are denied [denylist-destructive]
                        no denylist is set (config.yaml)
                        help: deny them:
                              approvals:
                                deny: ["rm -rf *"]
                        rules: config/denylist-missing
      – not-applicable  each platform has an allowlist [messaging-allowlists]
                        no platform is on
                        rules: config/denylist-missing

    operational checklist
      ☞ manual          connectors have the least rights [least-privilege-connectors]
                        help: look at the grants of the database user
                        rules: config/denylist-missing
      ? unknown         logs can't be rewritten [logs-append-only]
                        rules: config/denylist-missing

    1 pass, 1 fail, 1 manual, 1 not-applicable, 1 unknown

    hermes home: /home/hermes/.hermes
    hermes releases: 0.16.0 to 0.23.3
    skipped:
      logs/agent.log: too-large (32 MB, the limit is 16 MB)
      state.db: binary
    1 warning in 14 files; 2 files skipped; 2 findings hidden (left out by settings, selection or --min-confidence)
    "#);
}
