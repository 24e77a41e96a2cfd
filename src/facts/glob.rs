//! Globs over short names and paths: `*` and `?` within one folder, `**` over folders, `{a,b}` of plain words.
//!
//! Written here because the data needs four operators and no more; matching is linear in the path but for
//! backtracking over the few stars a pattern of ours has.

/// Whether `pattern` matches the whole of `path`, byte by byte, `/` between folders. `dir/**` matches `dir` too.
#[must_use]
pub fn glob_matches(pattern: &str, path: &str) -> bool {
    // `{a,b}`: try each word. Patterns of ours have one group at most.
    let group =
        pattern.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?)));
    if let Some((head, (words, tail))) = group {
        return words.split(',').any(|word| {
            let whole = [head, word, tail].concat();
            !whole.contains('{') && matches(whole.as_bytes(), path.as_bytes())
        });
    }
    if pattern.strip_suffix("/**").is_some_and(|folder| matches(folder.as_bytes(), path.as_bytes()))
    {
        return true;
    }
    matches(pattern.as_bytes(), path.as_bytes())
}

/// Iterative wildcard matching: on a mismatch, go back to the last star and let it take one byte more. A `**` is
/// remembered apart from a `*`, which gives up at a slash.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let (mut at, mut here) = (0, 0);
    let mut single: Option<(usize, usize)> = None;
    let mut double: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(at), path.get(here)) {
            (None, None) => return true,
            (Some(b'*'), _) if pattern.get(at + 1) == Some(&b'*') => {
                at += 2;
                // `**/x` matches `x` at the top too.
                if pattern.get(at) == Some(&b'/') {
                    at += 1;
                }
                double = Some((at, here));
                single = None;
                continue;
            }
            (Some(b'*'), _) => {
                at += 1;
                single = Some((at, here));
                continue;
            }
            (Some(b'?'), Some(&byte)) if byte != b'/' => {
                at += 1;
                here += 1;
                continue;
            }
            (Some(expected), Some(byte)) if expected == byte => {
                at += 1;
                here += 1;
                continue;
            }
            _ => {}
        }
        if let Some((after, from)) = single {
            if path.get(from).is_some_and(|&byte| byte != b'/') {
                single = Some((after, from + 1));
                (at, here) = (after, from + 1);
                continue;
            }
            single = None;
        }
        match double {
            Some((after, from)) if from < path.len() => {
                double = Some((after, from + 1));
                (at, here) = (after, from + 1);
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::glob_matches;

    #[test]
    fn stars_stay_in_their_folder() {
        assert!(glob_matches("state.db*", "state.db-wal"));
        assert!(glob_matches("state.db*", "state.db"));
        assert!(!glob_matches("state.db*", "state.db/x"));
        assert!(glob_matches("profiles/*", "profiles/work"));
        assert!(!glob_matches("profiles/*", "profiles/work/.env"));
        assert!(glob_matches("AUXILIARY_*_API_KEY", "AUXILIARY_VISION_API_KEY"));
        assert!(!glob_matches("AUXILIARY_*_API_KEY", "AUXILIARY_VISION_API_KEYS"));
        assert!(glob_matches(".env.sw?", ".env.swp"));
        assert!(!glob_matches("a?c", "a/c"));
    }

    #[test]
    fn double_stars_cross_folders() {
        assert!(glob_matches("mcp-tokens/**", "mcp-tokens/a/b.json"));
        assert!(glob_matches("mcp-tokens/**", "mcp-tokens"));
        assert!(!glob_matches("mcp-tokens/**", "mcp-tokens-old/a"));
        assert!(glob_matches("**/.env", ".env"));
        assert!(glob_matches("**/.env", "a/b/.env"));
        assert!(glob_matches("a/**/b*/c", "a/x/b1/y/b2/c"));
        assert!(!glob_matches("a/**/b*/c", "a/x/b1/y/c"));
    }

    #[test]
    fn words_in_braces() {
        assert!(glob_matches(".env.{bak,old}*", ".env.old.1"));
        assert!(!glob_matches(".env.{bak,old}*", ".env.example"));
        assert!(!glob_matches("{a,b", "a"), "an open brace is itself");
        assert!(glob_matches("{a,b", "{a,b"));
    }

    #[test]
    fn many_stars_end_soon() {
        let long = "a".repeat(4_000);
        assert!(!glob_matches("*a*a*a*a*a*b", &long));
    }
}
