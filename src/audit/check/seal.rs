//! Who signed a record, as far as the caller's keys tell.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::Sealed;
use crate::audit::finding::{Code, Severity};
use crate::audit::keyring::{Checked, fits_its_own_key};
use crate::audit::plan::Plan;
use crate::audit::preimage::{Builder, View};
use crate::audit::profile::{Seal, SealKind};

/// A code, what it weighs where that differs from the code's own, and words.
type Said = Option<(Code, Option<Severity>, String)>;

pub(super) fn seal_of(
    seal: &Seal,
    plan: &Plan<'_>,
    builder: &mut Builder,
    view: View<'_>,
    prev: Option<&[u8]>,
    message: &mut Vec<u8>,
) -> (Sealed, Said) {
    let Some(stored) = view.string(&seal.field).filter(|stored| !stored.is_empty()) else {
        let said = seal.required.then(|| {
            let field = seal.field.as_str();
            (
                Code::Downgrade,
                None,
                format!("the record has no signature ({field}), and its format asks for one"),
            )
        });
        return (Sealed::No, said);
    };
    let Some(signature) = seal.encoding.read(&seal.prefix, &stored) else {
        return (
            Sealed::No,
            Some((Code::BadSignature, None, format!("{} is no signature", seal.field.as_str()))),
        );
    };
    if builder.build(&seal.over, view, prev, message).is_err() {
        let what = "what is signed is missing".to_owned();
        return (Sealed::No, Some((Code::BadSignature, None, what)));
    }
    match plan.keys.check(seal.kind, &seal.key, message, &signature) {
        Checked::Good => (Sealed::Trusted, None),
        Checked::Bad => {
            let own = seal.signer.as_ref().and_then(|signer| view.string(signer));
            let own = own.and_then(|key| String::from_utf8(key).ok());
            if own.is_some_and(|key| fits_its_own_key(seal.kind, &key, message, &signature)) {
                let message =
                    "signed, but with a key that is not among the trusted ones".to_owned();
                return (Sealed::No, Some((Code::SelfAssertedKey, Some(Severity::Error), message)));
            }
            let what = match seal.kind {
                SealKind::HmacSha256 => "the MAC does not fit the record and the key",
                _ => "the signature does not fit the record and any trusted key",
            };
            (Sealed::No, Some((Code::BadSignature, None, what.to_owned())))
        }
        Checked::NoKey => {
            let own = seal.signer.as_ref().and_then(|signer| view.string(signer));
            match own.and_then(|key| String::from_utf8(key).ok()) {
                None => (Sealed::Unchecked, None),
                Some(key) if fits_its_own_key(seal.kind, &key, message, &signature) => {
                    (Sealed::SelfAsserted, None)
                }
                Some(_) => {
                    // Without a trusted key it is no proof: who edits a record can name another key in it as well.
                    let what =
                        "the signature does not even fit the key the record names".to_owned();
                    (Sealed::No, Some((Code::BadSignature, Some(Severity::Warning), what)))
                }
            }
        }
    }
}
