//! The profiles compiled into the binary: `rules/audit/*.toml`.

use std::sync::LazyLock;

use super::{Profile, read};

/// Every shipped profile, in the order of their file names; one that does not parse is left out (a test sees to it).
pub fn shipped() -> &'static [(&'static str, Profile)] {
    static ALL: LazyLock<Vec<(&str, Profile)>> = LazyLock::new(|| {
        crate::data::folder("audit/profiles")
            .filter_map(|(name, text)| {
                let name = name.rsplit('/').next().unwrap_or(name);
                Some((name, read(text).ok()?))
            })
            .collect()
    });
    &ALL
}

/// The shipped profile whose file or id is `name`.
pub fn named(name: &str) -> Option<&'static Profile> {
    shipped()
        .iter()
        .find(|(file, profile)| *file == name || profile.id == name)
        .map(|(_, profile)| profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_them_parse_and_are_told_apart() {
        let texts: Vec<_> = crate::data::folder("audit/profiles").collect();
        assert!(texts.len() >= 7, "{}", texts.len());
        for (name, text) in &texts {
            read(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let mut ids: Vec<_> = shipped().iter().map(|(_, profile)| &profile.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), texts.len());
    }
}
