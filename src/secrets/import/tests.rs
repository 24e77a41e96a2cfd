use super::*;
use crate::secrets::engine::{Candidate, Origin};

fn import(text: &str) -> Imported {
    read(text, &mut |path| Err(format!("no `{path}` here"))).unwrap_or_else(|e| panic!("{e}"))
}

fn index(candidate: &Candidate) -> usize {
    let Origin::Detector(index) = candidate.origin else { panic!("{candidate:?}") };
    index
}

/// Rule and secret of each finding.
fn found_at(imported: &Imported, text: &str, place: Where<'_>) -> Vec<(String, String)> {
    let mut found: Vec<Candidate> = Vec::new();
    imported.add(text.as_bytes(), place, 0, (0, &mut found), |_| None);
    found
        .iter()
        .filter(|c| !c.excepted)
        .map(|c| {
            let secret = String::from_utf8_lossy(c.span.of(text.as_bytes())).into_owned();
            (imported.rules[index(c)].name.clone(), secret)
        })
        .collect()
}

fn found(imported: &Imported, text: &str) -> Vec<(String, String)> {
    found_at(imported, text, Where::default())
}

fn secrets(imported: &Imported, text: &str) -> Vec<String> {
    found(imported, text).into_iter().map(|(_, secret)| secret).collect()
}

fn notes(imported: &Imported) -> Vec<String> {
    imported.notes.iter().map(ToString::to_string).collect()
}

const ACME: &str = r#"
[[rules]]
id = "acme-key"
description = "Acme key"
regex = '''(?i)acme[\w.-]{0,20}\s{0,2}(?:=|:)\s?['"]?([a-z0-9]{12})(?:['"\s]|$)'''
keywords = ["ACME"]
entropy = 2.5
"#;

#[test]
fn a_rule_brings_its_own_context() {
    let imported = import(ACME);
    assert_eq!(notes(&imported), [""; 0]);
    // `acme`, what may follow it, blanks around the operator, a quote on each side, the secret.
    assert_eq!(imported.rules[0].scope, Scope::Around(4 + 20 + 2 + 1 + 1 + 1 + 12 + 1));
    for text in [
        concat!("acme_tok", "en = 'q1w2e3r4t5y6'"),
        "ACME:q1w2e3r4t5y6",
        "{\"acmeKey\": x} acme.k=q1w2e3r4t5y6\n",
    ] {
        assert_eq!(secrets(&imported, text), ["q1w2e3r4t5y6"], "{text}");
    }
    // Too long for the pattern, or of too little entropy: exactly the limit is too little.
    assert_eq!(secrets(&imported, concat!("acme_tok", "en = 'q1w2e3r4t5y6u'")), [""; 0]);
    assert_eq!(secrets(&imported, "acme_token = 'aabbccaabbcc'"), [""; 0]);
    let spec = &imported.rules[0].spec;
    assert_eq!((&*spec.id, &*spec.what), ("acme-key", "Acme key"));
}

#[test]
fn many_matches_in_one_line_are_each_found_once() {
    let imported = import(ACME);
    let text = "acme=q1w2e3r4t5y6 ".repeat(500);
    assert_eq!(secrets(&imported, &text).len(), 500);
}

#[test]
fn the_secret_is_the_group_named_or_the_first_that_took_part() {
    let rule =
        |extra: &str| import(&format!("[[rules]]\nid='x'\nregex='''k(a+)|k(b+)(c+)'''\n{extra}"));
    assert_eq!(secrets(&rule(""), "kaaa kbbcc"), ["aaa", "bb"]);
    assert_eq!(secrets(&rule("secretGroup = 3"), "kaaa kbbcc"), ["kaaa", "cc"]);
    let none = rule("secretGroup = 4");
    assert!(none.rules.is_empty() && none.notes[0].effect == Effect::Dropped, "{:?}", none.notes);
}

#[test]
fn a_keyword_anywhere_wakes_a_rule_whose_match_does_not_hold_it() {
    let imported =
        import("[[rules]]\nid='x'\nregex='''\\bpat[0-9]{6}\\b'''\nkeywords=['airtable']");
    assert_eq!(imported.rules[0].scope, Scope::File);
    let far = " ".repeat(300_000);
    assert_eq!(secrets(&imported, &format!("pat123456{far}Airtable{far}pat654321")).len(), 2);
    assert_eq!(secrets(&imported, &format!("pat123456{far}")).len(), 0);
}

#[test]
fn without_keywords_a_text_that_must_be_there_is_found_or_the_rule_is_called_slow() {
    let one = import("[[rules]]\nid='x'\nregex='''corp-[0-9]{6}'''");
    assert_eq!((one.rules[0].keywords.as_slice(), one.notes.len()), (&["corp-".to_owned()][..], 0));
    let two = import("[[rules]]\nid='x'\nregex='''[0-9]{3}[a-f]{6}'''");
    assert!(two.rules[0].keywords.is_empty());
    assert_eq!(two.notes[0].effect, Effect::Slower);
    assert_eq!(secrets(&two, "x 123abcdef"), ["123abcdef"]);
}

#[test]
fn a_match_across_pieces_is_found_once() {
    let imported = import("[[rules]]\nid='x'\nregex='''BEGIN[\\s\\S]+?END'''\nkeywords=['begin']");
    let text = format!(
        "{}BEGIN{}END{}BEGIN 2 END",
        " ".repeat(262_100),
        "x".repeat(300),
        " ".repeat(262_000)
    );
    assert_eq!(secrets(&imported, &text).len(), 2);
}

#[test]
fn exceptions_look_at_secret_match_line_path_and_commit() {
    let base = "[[rules]]\nid='x'\nregex='''key=([a-z]{6})'''\nkeywords=['key']\n";
    let with = |list: &str| import(&format!("{base}[[rules.allowlists]]\n{list}"));
    let text = "a key=qwerty example\nkey=asdfgh\n";
    let at = |list: &str, path, commit| found_at(&with(list), text, Where { path, commit }).len();
    assert_eq!(at("stopwords = ['WERT']", None, None), 1);
    assert_eq!(at("regexes = ['''^qwe''']", None, None), 1);
    assert_eq!(at("regexes = ['''^key=q''']", None, None), 2);
    assert_eq!(at("regexTarget = 'match'\nregexes = ['''^key=q''']", None, None), 1);
    assert_eq!(at("regexTarget = 'line'\nregexes = ['''example$''']", None, None), 1);
    assert_eq!(at("paths = ['''\\.md$''']", Some("doc/a.md"), None), 0);
    assert_eq!(at("paths = ['''\\.md$''']", Some("a.md.txt"), None), 2);
    assert_eq!(at("paths = ['''\\.md$''']", None, None), 2);
    assert_eq!(at("commits = ['ABC1']", None, Some("abc1")), 0);
    let both = "condition = 'AND'\npaths = ['''\\.md$''']\nstopwords = ['wert']";
    assert_eq!(at(both, Some("a.md"), None), 1);
    assert_eq!(at(both, Some("a.txt"), None), 2);
}

#[test]
fn global_exceptions_are_for_all_rules_or_those_named_and_for_built_in_detectors() {
    let rules = "[[rules]]\nid='x'\nregex='''key=([a-z]{6})'''\n[[rules]]\nid='y'\nregex='''yek=([a-z]{6})'''\n";
    let imported = import(&format!(
        "{rules}[[allowlists]]\ntargetRules=['y']\nstopwords=['qwe']\n[[allowlists]]\nstopwords=['asd']"
    ));
    let text = "key=qwerty yek=qwerty key=asdfgh zz=asdfgh zz=qwerty";
    assert_eq!(found(&imported, text), [("x".to_owned(), "qwerty".to_owned())]);
    let builtin = |start| Candidate {
        origin: Origin::Detector(0),
        span: crate::span::Span::new(start, start + 6),
        whole: crate::span::Span::new(start, start + 6),
        severity: crate::secrets::Severity::Error,
        confidence: crate::secrets::Confidence::High,
        note: None,
        pair: None,
        excepted: false,
    };
    let mut all = vec![builtin(36), builtin(46)];
    let id = |_: &Candidate| Some("zz");
    imported.add(text.as_bytes(), Where::default(), 1, (0, &mut all), id);
    assert_eq!(
        all.iter().map(|c| (index(c), c.span.start, c.excepted)).collect::<Vec<_>>(),
        [(0, 36, true), (0, 46, false), (1, 4, false), (2, 15, true), (1, 26, true)]
    );
}

#[test]
fn an_exception_that_is_partly_broken_never_allows_more() {
    let base = "[[rules]]\nid='x'\nregex='''key=([a-z]{6})'''\n[[rules.allowlists]]\n";
    let broken =
        import(&format!("{base}condition='AND'\nstopwords=['qwe']\nregexes=['''(?=a)''']"));
    assert_eq!(secrets(&broken, "key=qwerty").len(), 1);
    assert!(
        notes(&broken).iter().any(|note| note.contains("`x`") && note.contains("(?=a)")),
        "{:?}",
        notes(&broken)
    );
    let either = import(&format!("{base}stopwords=['qwe']\nregexes=['''(?=a)''']"));
    assert_eq!(secrets(&either, "key=qwerty").len(), 0);
    for wrong in ["condition='XOR'\nstopwords=['q']", "regexTarget='file'\nregexes=['''q''']", ""] {
        let imported = import(&format!("{base}{wrong}"));
        assert_eq!(
            (secrets(&imported, "key=qwerty").len(), imported.notes.len()),
            (1, 1),
            "{wrong}"
        );
    }
}

#[test]
fn one_file_builds_on_another() {
    let base = r#"
[[rules]]
id = "a"
description = "from the base"
regex = '''aa-[0-9]{4}'''
keywords = ["aa-"]
[[rules]]
id = "off"
regex = '''off-[0-9]{4}'''
[allowlist]
stopwords = ["9999"]
"#;
    let text = "[extend]\npath='base.toml'\ndisabledRules=['off', 'jwt']\n[[rules]]\nid='a'\nregex='''aa-[0-9]{6}'''\n[[rules]]\nid='b'\nregex='''bb-[0-9]{4}'''";
    let imported = read(text, &mut |path| {
        assert_eq!(path, "base.toml");
        Ok(base.to_owned())
    })
    .unwrap();
    assert_eq!(
        secrets(&imported, "aa-123456 aa-1234 off-1234 bb-1234 bb-9999"),
        ["aa-123456", "bb-1234"]
    );
    assert_eq!(imported.rules[0].spec.what, "from the base");
    assert_eq!(imported.disabled, ["jwt"]);
    assert_eq!(imported.notes.len(), 1, "{:?}", notes(&imported));
    let missing = import("[extend]\npath='base.toml'\nurl='https://x'\nuseDefault=true");
    assert!(missing.defaults);
    let said = notes(&missing).join("\n");
    for part in ["no `base.toml` here", "https://x", "built-in detectors"] {
        assert!(said.contains(part), "{said}");
    }
    // A circle ends.
    let circle = read("[extend]\npath='a'", &mut |_| Ok("[extend]\npath='a'".to_owned())).unwrap();
    assert!(notes(&circle).join("").contains("too many"));
}

#[test]
fn what_cannot_be_kept_is_named() {
    let imported = import(
        r#"
surprise = 1
[extend]
useDefault = true
[[rules]]
id = "no-such-regex"
regex = '''a(?!b)'''
[[rules]]
id = "nothing"
[[rules]]
id = "generic-api-key"
[[rules.allowlists]]
stopwords = ["x"]
[[rules]]
regex = '''a'''
[[rules]]
id = "twice"
regex = '''aaaa'''
colour = "red"
entropy = "high"
[[rules]]
id = "twice"
regex = '''bbbb'''
[[rules]]
id = "any file"
path = '''\.p12$'''
description = "a key store"
"#,
    );
    let said = notes(&imported).join("\n");
    for part in [
        "`surprise`: is not a field",
        "rule `no-such-regex`, `regex`",
        "rule `nothing`, `regex`: changes a rule of the tool's own",
        "rule `generic-api-key`, `regex`",
        "a rule without an id",
        "rule `twice`, `colour`",
        "rule `twice`, `entropy`: is no number",
        "rule `twice`, `id`: two rules",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert_eq!(imported.rules.len(), 1);
    assert_eq!(
        (imported.files[0].name.as_str(), imported.files[0].path.is_match(b"a/b.p12")),
        ("any file", true)
    );
}

#[test]
fn a_rule_for_some_paths_needs_such_a_path() {
    let imported = import("[[rules]]\nid='x'\nregex='''key=[a-z]{6}'''\npath='''\\.tf$'''");
    let count = |path| found_at(&imported, "key=qwerty", Where { path, commit: None }).len();
    assert_eq!((count(Some("a/b.tf")), count(Some("b.txt")), count(None)), (1, 0, 0));
}

#[test]
fn companions_must_be_near_and_are_not_reported() {
    let text = |limit: &str| {
        format!(
            "[[rules]]\nid='pw'\nregex='''pw=([a-z]{{6}})'''\n[[rules.required]]\nid='user'\n{limit}\n[[rules]]\nid='user'\nregex='''user=([a-z]+)'''\nskipReport=true"
        )
    };
    let near = import(&text("withinLines=2"));
    assert_eq!(found(&near, "user=me\n\npw=qwerty"), [("pw".to_owned(), "qwerty".to_owned())]);
    assert_eq!(found(&near, "pw=qwerty user=me").len(), 1);
    assert_eq!(found(&near, "user=me\n\n\npw=qwerty"), []);
    assert_eq!(found(&near, "user=me\n"), []);
    let far = import(&text(""));
    assert_eq!(found(&far, &format!("user=me{}pw=qwerty", "\n".repeat(50))).len(), 1);
    let absent =
        import("[[rules]]\nid='pw'\nregex='''pw=[a-z]{6}'''\n[[rules.required]]\nid='user'");
    assert_eq!(found(&absent, "pw=qwerty").len(), 1);
    assert_eq!(absent.notes[0].effect, Effect::More);
}

#[test]
fn betterleaks_fields() {
    let imported = import(
        r#"
prefilter = 'matchesAny(attributes["path"], [`\.lock$`])'
[[rules]]
id = "acme.1"
description = "Acme"
confidence = "high"
regex = '''acme_(u|k)_([a-z0-9]{12})'''
valueGroup = 2
keywords = ["acme_"]
specificity = -5
filter = 'entropy(finding["secret"]) <= 2.5 || containsAny(finding["secret"], ["dead"]) || !matchesAny(finding["secret"], [`[0-9]`]) || unknown(finding)'
validate = 'http.get("x")'
components = [{ id = "acme.2", within = "1L,40C" }, { id = "none", optional = true }]
[[rules]]
id = "acme.2"
regex = '''acme-id:[0-9]+'''
skipReport = true
"#,
    );
    let rule = &imported.rules[0];
    assert_eq!((&*rule.spec.id, rule.spec.generic), ("acme-1", true));
    assert_eq!(
        rule.companions,
        [Companion { name: "acme.2".into(), lines: Some(1), bytes: Some(40) }]
    );
    let text = |token: &str| format!("acme-id:77\nacme_k_{token}\n");
    assert_eq!(secrets(&imported, &text("q1w2e3r4t5y6")), ["q1w2e3r4t5y6"]);
    assert_eq!(secrets(&imported, &text("q1w2dead5y6u")), [""; 0]);
    assert_eq!(secrets(&imported, &text("qawsedrftgyh")), [""; 0]);
    assert_eq!(secrets(&imported, &text("aabbaabb1111")), [""; 0]);
    let lock = Where { path: Some("a.lock"), commit: None };
    assert_eq!(found_at(&imported, &text("q1w2e3r4t5y6"), lock), []);
    let said = notes(&imported).join("\n");
    assert!(said.contains("unknown(finding)") && said.contains("over the network"), "{said}");
}

#[test]
fn ids_are_made_fit_and_do_not_clash() {
    let mut imported =
        import("[[rules]]\nid='a b'\nregex='''aaaa'''\n[[rules]]\nid='a.b'\nregex='''bbbb'''");
    let ids =
        |imported: &Imported| imported.specs().map(|spec| spec.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&imported), ["a-b", "a-b-2"]);
    imported.avoid(|id| id == "a-b");
    assert_eq!(ids(&imported), ["a-b-2", "a-b-2-2"]);
}

#[test]
fn no_text_makes_it_panic() {
    assert!(read("a = ", &mut |_| Ok(String::new())).unwrap_err().at.is_some());
    for text in [
        "rules = 1",
        "[rules]\nid=1",
        "[[rules]]\nid='x'\nregex=''\nallowlists=[1,{}]",
        "[extend]\npath=1",
        "allowlist = [[]]",
        "[[rules]]\nid='x'\nregex='''()'''",
    ] {
        let imported = import(text);
        let _ = found(&imported, "some text\0\u{e9}");
        assert!(!imported.notes.is_empty(), "{text}");
    }
}

#[test]
fn time_grows_with_length_only() {
    let imported = import(&format!(
        "{ACME}[[rules.allowlists]]\nregexTarget='line'\nregexes=['zzz']\n[[rules]]\nid='w'\nregex='''key.*?=([a-z]{{40,}})'''\nkeywords=['key']"
    ));
    let time = |text: &str| {
        let start = std::time::Instant::now();
        let _ = found(&imported, text);
        start.elapsed().as_secs_f64()
    };
    for piece in ["acme", "acme=", "acme.acme-", "key", "key=", "acme=q1w2e3r4t5y6 "] {
        time(&piece.repeat(100));
        let short = time(&piece.repeat(40_000 / piece.len()));
        let long = time(&piece.repeat(400_000 / piece.len()));
        assert!(long < short * 40.0 + 0.05, "{piece:?}: {short} s, then {long} s");
    }
}

#[test]
fn an_engine_runs_imported_rules_beside_its_own_detectors() {
    let spec = |id: &'static str, pattern: &'static str| DetectorSpec {
        id: id.into(),
        what: id.into(),
        keywords: vec!["acme_".into()].into(),
        literal: true,
        pattern: pattern.into(),
        ..DetectorSpec::BLANK
    };
    let text = "[[rules]]\nid='own'\nregex='''corp-([0-9]{6})'''\n[[rules]]\nid='builtin'\nregex='''acme_[a-z0-9]{12}'''\n[[allowlists]]\nstopwords=['777777']\n[[allowlists]]\npaths=['''\\.md$''']";
    let engine = crate::secrets::Engine::new(vec![spec("builtin", "acme_[a-z0-9]{12}")])
        .unwrap()
        .with_imported(import(text));
    let ids = |text: &str, path| {
        let mut found = Vec::new();
        engine.scan_at(text.as_bytes(), Where { path, commit: None }, Default::default, &mut found);
        found.retain(|c| !c.excepted);
        found.iter().map(|c| engine.spec(c).unwrap().id.to_string()).collect::<Vec<_>>()
    };
    // Where both find the same, the vendor's own detector wins.
    assert_eq!(ids("corp-123456 acme_q7w2e9r4t5y6 corp-777777", None), ["own", "builtin"]);
    assert_eq!(ids("corp-123456 acme_q7w2e9r4t5y6", Some("a.md")), [""; 0]);
    assert!(engine.specs().any(|spec| spec.id == "builtin-2"));
}
