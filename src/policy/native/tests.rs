use super::*;

fn denied(entries: &[&str], command: &str, release: Release) -> bool {
    denied_by(&DenyGlob::list(entries), command, release).is_some()
}

#[test]
fn early_globs_see_the_line_later_ones_each_command() {
    for command in ["/usr/bin/sudo ls", "cd x && sudo ls", "env sudo ls", "(sudo ls)"] {
        assert!(!denied(&["sudo *"], command, Release::new(0, 21, 0)), "{command}");
        assert!(denied(&["sudo *"], command, Release::new(0, 21, 3)), "{command}");
    }
    assert!(denied(&["sudo *"], "  SUDO ls", Release::OLDEST));
    assert!(denied(&["*sudo *"], "cd x && sudo ls", Release::OLDEST));
}

#[test]
fn respelled_commands_are_seen() {
    for release in [Release::OLDEST, Release::new(0, 21, 3), Release::NEWEST] {
        for command in [
            "r\\m -rf x",
            "r''m -rf x",
            "rm -rf \\\nx",
            "$(echo rm) -rf x",
            "bash -c 'rm -rf x'",
            "rm${IFS}-rf${IFS}x",
        ] {
            assert!(denied(&["rm -rf *"], command, release), "{command} in {release}");
        }
        assert!(!denied(&["rm -rf *"], "python -c 'rm -rf x'", release));
        assert!(!denied(&["rm -rf *"], "rm -fr x", release));
    }
}

#[test]
fn the_first_entry_in_hermes_order_is_named() {
    let entries = DenyGlob::list(["ls*", " ", "*rm*", "rm *"]);
    assert_eq!(denied_by(&entries, "rm x", Release::NEWEST), Some(2));
    assert_eq!(denied_by(&entries, "pwd", Release::NEWEST), None);
    assert_eq!(entries.first().map(DenyGlob::text), Some("ls*"));
}

#[test]
fn scalars_are_characters() {
    assert_eq!(scalar_deny("rm *"), ScalarEffect::BlocksEverything);
    assert_eq!(scalar_deny("rm -rf"), ScalarEffect::MatchesNothing);
}

#[test]
fn hostile_lines_stay_bounded() {
    let entries = DenyGlob::list(["*a*b*c*", "rm *"]);
    for piece in ["$(", "`", "\"$(", "(;", "bash -c '", "$(echo ", "${x:-", "env -S '", "if ", "\\"]
    {
        for length in [MAX_COMMAND, 3 * MAX_COMMAND] {
            let line: String = piece.chars().cycle().take(length).collect();
            let begin = std::time::Instant::now();
            for release in [Release::OLDEST, Release::new(0, 21, 3), Release::NEWEST] {
                let _ = denied_by(&entries, &line, release);
            }
            assert!(begin.elapsed().as_secs() < 20, "{piece:?} x{length}: {:?}", begin.elapsed());
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read(line in "[ -~\n]{0,120}|\\PC{0,60}|([$(){}`'\"\\\\;&|#<> rmenvbashc-]){0,80}") {
        let entries = DenyGlob::list(["rm *", &line]);
        for release in [Release::OLDEST, Release::new(0, 21, 3), Release::NEWEST] {
            let _ = denied_by(&entries, &line, release);
        }
    }
}
