//! `host/floating-image`: the image of Hermes is another one tomorrow.

use super::containers;
use crate::deployment::{Home, Starter, Word};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Tags that move.
const MOVING: &[&str] =
    &["latest", "main", "master", "edge", "nightly", "dev", "develop", "stable", "beta", "canary"];

/// The image of Hermes has no fixed version.
pub struct FloatingImage;

impl HomeRule for FloatingImage {
    const META: RuleMeta = RuleMeta {
        id: "host/floating-image",
        summary: "the image of Hermes has no fixed version",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["update-schedule"],
        cwe: &[1357, 829],
        since: "0.1.0",
        page: page!("host/floating-image"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for service in containers(home) {
            if let Some(image) = service.image.as_ref().filter(|_| !service.builds) {
                report(image, findings);
            }
        }
        for service in home.services().iter().filter(|service| service.starter == Starter::Image) {
            if let Some(image) = service.image.as_ref().filter(|_| service.drops_privileges()) {
                report(image, findings);
            }
        }
    }
}

fn report(image: &Word<'_>, findings: &mut Findings) {
    let Some(tag) = moving(image) else { return };
    let message = match tag {
        "" => {
            "the image has no tag: each pull may bring another release, reviewed or not".to_owned()
        }
        tag => {
            format!("the tag `{tag}` moves: each pull may bring another release, reviewed or not")
        }
    };
    findings.add(
        FloatingImage::META
            .at(&image.place)
            .message(message)
            .label("no fixed version")
            .help("name a release and its digest (`:v2026.9.24@sha256:...`), and let Renovate or Dependabot move it"),
    );
}

/// The tag that moves, empty for none; `None` when the image is fixed or not known.
fn moving<'w>(image: &'w Word<'_>) -> Option<&'w str> {
    let text = image.text.as_str();
    let raw =
        image.place.span.map(|span| span.of(image.place.document.text.bytes())).unwrap_or_default();
    let raw = String::from_utf8_lossy(raw);
    let open = raw
        .split("${")
        .skip(1)
        .any(|reference| !reference.split('}').next().unwrap_or_default().contains('-'))
        || text.contains('$');
    if text.is_empty() || text.contains('@') || text.contains("{{") {
        return None;
    }
    moving_tag(text).filter(|tag| !tag.is_empty() || !open)
}

/// The tag of an image's name that moves, empty for none.
pub(crate) fn moving_tag(image: &str) -> Option<&str> {
    if image.contains('@') {
        return None;
    }
    let name = image.rsplit('/').next().unwrap_or_default();
    match name.split_once(':') {
        Some((_, tag)) => MOVING.contains(&tag).then_some(tag),
        None => Some(""),
    }
}
