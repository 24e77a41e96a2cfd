//! `gateway/dashboard-plain-password`: the dashboard's password stands in clear.

use crate::deployment::Home;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::missing;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// The dashboard's password stands in clear where a hash would do.
pub struct DashboardPlainPassword;

const VARIABLE: &str = "HERMES_DASHBOARD_BASIC_AUTH_PASSWORD";
const KEY: &str = "dashboard.basic_auth.password";

impl HomeRule for DashboardPlainPassword {
    const META: RuleMeta = RuleMeta {
        id: "gateway/dashboard-plain-password",
        summary: "the dashboard's password stands in clear where a hash would do",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file"],
        cwe: &[256],
        since: "0.1.0",
        page: page!("gateway/dashboard-plain-password"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let setting = home.setting(KEY).filter(|setting| {
            !setting.is_empty()
                && !setting.is_hole()
                && setting.python_str().is_some_and(|text| !text.contains("${"))
        });
        let effective = home.variable(VARIABLE).filter(|effective| effective.winner.known);
        let place = match (&effective, &setting) {
            (Some(effective), _) => effective.winner.place.clone(),
            (None, Some(setting)) => setting.place(),
            (None, None) => return,
        };
        let mut draft = Self::META
            .at(&place)
            .anchor(if effective.is_some() { VARIABLE } else { KEY })
            .message("the dashboard's password stands in clear: whoever reads the file can sign in")
            .label("in clear")
            .severity(missing(home, Severity::Warning))
            .help(if effective.is_some() {
                "set `HERMES_DASHBOARD_BASIC_AUTH_PASSWORD_HASH=` to its scrypt hash and remove this line"
            } else {
                "set `password_hash:` to its scrypt hash and remove `password:`"
            });
        if let Some(effective) = effective {
            for loser in effective.shadowed {
                draft = draft.related(&loser.place, "is set here too, and loses");
            }
            if let Some(setting) = setting {
                draft = draft.related(&setting.place(), "stands in clear here too");
            }
        }
        findings.add(draft);
    }
}
