use super::*;
use crate::secrets::{Check, SpecFile};

const GOOD: &str = r"
provider: Acme
detectors:
  - id: acme-token
    what: Acme deploy token
    source: 'format as in the vendor''s manual'
    severity: error
    confidence: high
    keywords: [acme_]
    pattern: 'acme_[A-Za-z0-9]{32}'
    rotate: revoke it in the console
    match: ['token = «acme_{alnum:32}»']
    no_match: ['acme_{alnum:12}']
";

fn specs(text: &str) -> Vec<DetectorSpec> {
    let file: SpecFile = yaml_serde::from_str(text).unwrap();
    file.detectors
}

/// Field and problem of what is wrong after one edit of the good detector.
fn after(from: &str, to: &str) -> Vec<(&'static str, String)> {
    assert!(GOOD.contains(from), "{from}");
    let problems = lint(&specs(&GOOD.replace(from, to)), &[]);
    problems.into_iter().map(|p| (p.field, format!("{} / {}", p.problem, p.help))).collect()
}

#[test]
fn a_good_detector_has_no_problem() {
    assert_eq!(lint(&specs(GOOD), &[]), []);
}

#[test]
fn each_defect_is_named_with_its_field_and_its_remedy() {
    for (from, to, field, words) in [
        ("rotate: revoke it in the console", "rotate: ''", "rotate", "is empty"),
        ("'token = «acme_{alnum:32}»'", "", "match", "no example"),
        ("'acme_{alnum:12}'", "", "no_match", "no counter-example"),
        ("'acme_[A-Za-z0-9]{32}'", "'acme_[A-Za-z0-9'", "pattern", "class"),
        ("{32}'", "{32,}'", "pattern", "no upper bound"),
        ("'acme_[A-Za-z0-9]{32}'", "'(?:acme_[A-Za-z0-9]{32})?'", "pattern", "empty text"),
        ("'acme_[A-Za-z0-9]{32}'", "'acme_[A-Za-z0-9]{32}$'", "pattern", "window"),
        ("'acme_[A-Za-z0-9]{32}'", r"'acme_(?u:\w){32}'", "pattern", "Unicode"),
        (
            "'acme_[A-Za-z0-9]{32}'",
            "'(?:acme|apex)_[A-Za-z0-9]{32}'",
            "keywords",
            "`acme_`, `apex_`",
        ),
        ("'acme_[A-Za-z0-9]{32}'", "'(?i)acme_[A-Za-z0-9]{32}'", "keywords", "ignore_case: true"),
        ("'acme_[A-Za-z0-9]{32}'", "'x?acme_[A-Za-z0-9]{32}'", "keywords", "set `before`"),
        ("[acme_]", "[cme_]", "keywords", "before its keyword"),
        ("keywords:", "reach: 30\n    keywords:", "reach", "reach: 37"),
        ("acme_{alnum:32}»", "acme_{alnum:31}»", "match", "is not found"),
        ("token = «acme_{alnum:32}»", "token = acme_{alnum:32}", "match", "8..45"),
        ("«acme_{alnum:32}»", "«acme_{alnum:32}", "match", "not closed"),
        ("'acme_{alnum:12}'", "'acme_{alnum:32}'", "no_match", "is found"),
        ("'acme_{alnum:12}'", "'acme_{what:12}'", "no_match", "what"),
    ] {
        let problems = after(from, to);
        assert!(
            problems.iter().any(|(at, text)| *at == field && text.contains(words)),
            "{to}: {problems:?}"
        );
    }
}

#[test]
fn a_huge_pattern_is_refused_before_it_is_run() {
    let problems = after("{32}'", "{32}(?:[a-z0-9]{900}|[A-Z0-9]{900}){90}'");
    assert!(
        problems.iter().any(|(at, text)| *at == "pattern" && text.contains("KiB")),
        "{problems:?}"
    );
}

#[test]
fn short_tokens_and_those_without_digits_need_a_literal() {
    for (pattern, template) in [("acme_[0-9]{5}", "{digit:5}"), ("acme_[a-z]{32}", "{lower:32}")] {
        let text = GOOD.replace("acme_[A-Za-z0-9]{32}", pattern).replace("{alnum:32}", template);
        let problems = lint(&specs(&text), &[]);
        assert!(problems.iter().any(|p| p.field == "literal"), "{problems:?}");
    }
}

#[test]
fn an_id_is_used_once_and_a_neighbour_may_be_in_the_way() {
    let good = specs(GOOD);
    assert!(lint(&good, &good).iter().any(|p| p.field == "id"));
    let mut rival = good.clone();
    rival[0].id = "rival-token".into();
    rival[0].keywords = vec!["acme_".into()].into();
    rival[0].check = Some(Check::Mixed);
    let problems = lint(&good, &rival);
    assert!(
        problems.iter().any(|p| p.field == "match" && p.problem.contains("`rival-token`")),
        "{problems:?}"
    );
}

#[test]
fn no_problem_shows_an_expanded_example() {
    for problem in lint(&specs(&GOOD.replace("{alnum:12}", "{alnum:32}")), &[]) {
        assert!(problem.to_string().len() < 200 && problem.problem.contains("{alnum:32}"));
    }
}
