use super::*;

fn proves(pattern: &str, keywords: &[&str], fold: bool, place: Place) -> Proof {
    Pattern::parse(pattern).unwrap().proves(keywords, fold, place)
}

#[test]
fn a_keyword_that_starts_every_match_is_proven() {
    for (pattern, keywords) in [
        ("sk-[a-z]{20}", vec!["sk-"]),
        ("(?:sk|rk)_live_[a-z]{9}", vec!["sk_live_", "rk_live_"]),
        (r"\b(ghp_[A-Za-z0-9]{36})", vec!["ghp_"]),
        ("abc(?:def)?", vec!["abc"]),
        ("a[bc]d+", vec!["abd", "acd"]),
        ("(?:ab){2,5}", vec!["abab"]),
    ] {
        assert_eq!(proves(pattern, &keywords, false, Place::Start), Proof::Holds, "{pattern}");
    }
}

#[test]
fn one_way_around_the_keyword_is_found() {
    for (pattern, keywords) in [
        ("(?:sk|rk)_live_[a-z]{9}", vec!["sk_live_"]),
        ("x?sk-[a-z]{20}", vec!["sk-"]),
        ("(?:abc)?def", vec!["abc"]),
        ("(?i)sk-[a-z]{20}", vec!["sk-"]),
        ("abc?d", vec!["abc"]),
        ("[a-z]{3,9}", vec!["abc"]),
    ] {
        assert_eq!(proves(pattern, &keywords, false, Place::Start), Proof::Fails, "{pattern}");
    }
    assert_eq!(proves("(?i)sk-[a-z]{20}", &["SK-"], true, Place::Start), Proof::Holds);
}

#[test]
fn a_keyword_inside_is_found_wherever_its_letters_come_from() {
    for pattern in ["[a-z]{0,20}token=[0-9]+", "x+a*token", "to(?:ken|ken)", "[t]o[k]e[n]"] {
        assert_eq!(proves(pattern, &["token"], false, Place::Anywhere), Proof::Holds, "{pattern}");
    }
    // The overlap `totoken`: an automaton without failure edges would lose it.
    assert_eq!(proves("totoken", &["token"], false, Place::Anywhere), Proof::Holds);
    assert_eq!(proves("to[a-z]en", &["token"], false, Place::Anywhere), Proof::Fails);
}

#[test]
fn the_distance_before_a_keyword_counts() {
    let pattern = "[a-f]{0,20}token";
    assert_eq!(proves(pattern, &["token"], false, Place::Within(20)), Proof::Holds);
    assert_eq!(proves(pattern, &["token"], false, Place::Within(19)), Proof::Fails);
    assert_eq!(proves("[a-f]*token", &["token"], false, Place::Within(500)), Proof::Fails);
    // A first keyword that is too late does not hide a second in place, nor the other way round.
    assert_eq!(proves("ab[x-z]{9}token", &["ab", "token"], false, Place::Within(3)), Proof::Holds);
}

#[test]
fn large_repeats_are_decided_quickly() {
    let start = std::time::Instant::now();
    assert_eq!(
        proves(r"ab[\w-]{50,100000}(?:[a-z]{0,1000}x){3}", &["ab"], false, Place::Start),
        Proof::Holds
    );
    assert_eq!(proves(r"[\w-]{50,100000}", &["ab"], false, Place::Anywhere), Proof::Fails);
    assert!(start.elapsed().as_secs() < 2);
}

#[test]
fn literals_are_in_every_match() {
    let literals = |pattern: &str| {
        Pattern::parse(pattern).unwrap().literals().map(|set| {
            set.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>()
        })
    };
    assert_eq!(literals(r"\bAKIA[A-Z2-7]{16}\b"), Some(vec!["akia".into()]));
    assert_eq!(literals("(?:ACME|acorn)-[0-9]{8}"), Some(vec!["acme-".into(), "acorn-".into()]));
    assert_eq!(literals("(?i)[a-z]{3}_secret_[0-9]+"), Some(vec!["_secret_".into()]));
    assert_eq!(literals("[a-z0-9]{32}"), None);
    assert_eq!(literals("(?:abcd)?[0-9]{9}"), None);
    // Whatever is given is proven by the other half of this module.
    for pattern in ["x[0-9a-f]{2}y(?:one|two){1,3}", "SK[0-9a-f]{32}", "(?:a|b(?:c|d)e)fgh?"] {
        let parsed = Pattern::parse(pattern).unwrap();
        let set = parsed.literals().unwrap_or_else(|| panic!("{pattern}"));
        assert_eq!(parsed.proves(&set, true, Place::Anywhere), Proof::Holds, "{pattern}: {set:?}");
    }
}

#[test]
fn facts() {
    let facts = Pattern::parse(r"(a|bc)\d{2,}").unwrap();
    assert_eq!((facts.shortest(), facts.longest(), facts.groups()), (Some(3), None, 1));
    assert!(facts.takes_digits() && !Pattern::parse("[a-z]+").unwrap().takes_digits());
    assert!(Pattern::parse("^a").unwrap().is_tied_to_the_ends());
    assert!(Pattern::parse(r"(?u:\pL)").unwrap().is_unicode());
    assert!(Pattern::parse("a(").unwrap_err().contains("group"));
}

#[test]
fn what_stands_in_every_match_is_needed() {
    let needed = |pattern: &str| -> String {
        let pattern = Pattern::parse(pattern).unwrap();
        (0..0x80_u8).filter(|b| pattern.needs(*b)).map(char::from).collect()
    };
    assert_eq!(needed("a(?:b|c@)d+@?(e{0,2})x{2}\\b"), "adx");
    assert_eq!(needed("(?:a:b|b:[cd])$"), ":b");
    assert_eq!(needed("https?://[^@]+@[a-z]"), "/:@hpt");
    assert_eq!(needed("(?i)a=b"), "=", "either case of a letter will do");
    assert_eq!(needed("[x]|"), "");
}
