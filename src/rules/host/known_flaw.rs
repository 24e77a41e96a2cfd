//! `host/known-flaw`: the release that runs here has a published flaw.
//!
//! Only a release that is known for certain counts: the operator named it, or the published image's tag does.

use crate::deployment::{Home, Starter, Word};
use crate::document::Place;
use crate::facts::{Advisory, Holds, Range, Release, VersionScope};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::in_force;
use crate::rules::{Draft, Findings, HomeRule, RuleMeta, page};

/// The release that runs here has a published flaw.
pub struct KnownFlaw;

impl HomeRule for KnownFlaw {
    const META: RuleMeta = RuleMeta {
        id: "host/known-flaw",
        summary: "the release has a known flaw",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["update-schedule"],
        cwe: &[1395],
        since: "0.1.0",
        page: page!("host/known-flaw"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let images = images(home);
        for advisory in &home.knowledge.facts().advisories().advisories {
            let range = advisory.range();
            for (release, image) in &images {
                let exact = VersionScope::exact(*release);
                if home.knowledge.holds(&range, &exact) == Holds::Always {
                    let to = format!("take an image of {} or later", advisory.until);
                    findings.add(draft(home, advisory, &image.place, "this image is").help(to));
                }
            }
            // An image says what runs; a release that was named for all of a tree does not. Profiles run what the home
            // runs that they lie in.
            let is_profile = home.folder.rsplit('/').nth(1) == Some("profiles");
            if is_profile
                || !images.is_empty()
                || home.holds(&range) != Holds::Always
                || !home.has_config()
            {
                continue;
            }
            let Some(place) = home.anchor("_config_version") else { continue };
            let to = format!("`hermes update`, to {} or later", advisory.until);
            let what = format!("{} is", home.scope.high);
            findings.add(draft(home, advisory, &place, &what).anchor(advisory.id.clone()).help(to));
        }
    }
}

fn draft(home: &Home<'_>, advisory: &Advisory, place: &Place<'_>, what: &str) -> Draft {
    let also =
        (!advisory.also.is_empty()).then(|| format!("also known as {}", advisory.also.join(", ")));
    KnownFlaw::META
        .at(place)
        .severity(in_force(home, advisory.severity.into()))
        .message(format!("{what} a release with a known flaw, {}: {}", advisory.id, advisory.means))
        .label("known flaw")
        .notes(also)
}

/// The published images that run here, with the releases that their tags name.
fn images<'h, 'd>(home: &'h Home<'d>) -> Vec<(Release, &'h Word<'d>)> {
    let versions = home.knowledge.facts().versions();
    let services = home.services().iter().filter(|service| {
        matches!(service.starter, Starter::Compose | Starter::Kubernetes | Starter::Image)
            && service.is_hermes
            && !service.builds
            && service.drops_privileges()
    });
    services
        .filter_map(|service| {
            let image = service.image.as_ref()?;
            Some((versions.parse(tag(&image.text)?)?, image))
        })
        .collect()
}

/// The tag of an image's name.
fn tag(image: &str) -> Option<&str> {
    let name = image.split('@').next().unwrap_or_default();
    name.rsplit('/').next().unwrap_or_default().split_once(':').map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn a_tag_stands_before_the_digest() {
        assert_eq!(tag("nousresearch/hermes-agent:v2026.8.31"), Some("v2026.8.31"));
        assert_eq!(
            tag("reg.corp.net:5000/nousresearch/hermes-agent:0.21.0@sha256:ab"),
            Some("0.21.0")
        );
        assert_eq!(tag("reg.corp.net:5000/nousresearch/hermes-agent"), None);
    }
}
