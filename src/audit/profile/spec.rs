//! The shape of a profile's TOML: keys and the kinds of their values, nothing of what they mean.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Spanned, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileSpec {
    pub(super) id: String,
    #[serde(default)]
    pub(super) detect: DetectSpec,
    pub(super) container: Option<Spanned<Value>>,
    pub(super) at: Option<Spanned<String>>,
    pub(super) sqlite: Option<TableSpec>,
    #[serde(default)]
    pub(super) stream_key: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) fields: FieldsSpec,
    #[serde(default)]
    pub(super) seq: SeqSpec,
    pub(super) genesis: Option<Spanned<GenesisSpec>>,
    pub(super) hash: Spanned<HashSpec>,
    #[serde(default)]
    pub(super) digest: Vec<Spanned<DigestSpec>>,
    #[serde(default)]
    pub(super) seal: Vec<Spanned<SealSpec>>,
    pub(super) head: Option<HeadSpec>,
    pub(super) rotation: Option<Spanned<RotationSpec>>,
    pub(super) recover: Option<RecoverSpec>,
    pub(super) prune: Option<PruneSpec>,
    #[serde(default)]
    pub(super) coverage: CoverageSpec,
    pub(super) line: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) map: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct DetectSpec {
    #[serde(default)]
    pub(super) has: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) absent: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) equals: BTreeMap<String, Spanned<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableSpec {
    pub(super) table: String,
    pub(super) order: Option<String>,
    #[serde(default)]
    pub(super) bool: Vec<String>,
    #[serde(default)]
    pub(super) json: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldsSpec {
    pub(super) hash: Option<Spanned<String>>,
    pub(super) prev: Option<Spanned<String>>,
    pub(super) seq: Option<Spanned<String>>,
    pub(super) ts: Option<Spanned<String>>,
    pub(super) version: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct SeqSpec {
    pub(super) start: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GenesisSpec {
    pub(super) literal: Option<String>,
    pub(super) null: Option<bool>,
    pub(super) any: Option<bool>,
    pub(super) sha256: Option<Vec<Spanned<PartSpec>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HashSpec {
    pub(super) alg: Option<Spanned<String>>,
    pub(super) key: Option<String>,
    pub(super) encoding: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) prefix: String,
    pub(super) variant_per: Option<Spanned<String>>,
    pub(super) key_by: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) keys: BTreeMap<String, String>,
    pub(super) preimage: Option<Vec<Spanned<PartSpec>>>,
    #[serde(default)]
    pub(super) variant: Vec<Spanned<VariantSpec>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VariantSpec {
    #[serde(default)]
    pub(super) when: BTreeMap<String, Spanned<Value>>,
    pub(super) field: Option<Spanned<String>>,
    pub(super) equals: Option<Spanned<Value>>,
    pub(super) absent: Option<Spanned<Value>>,
    pub(super) preimage: Vec<Spanned<PartSpec>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DigestSpec {
    pub(super) field: Spanned<String>,
    pub(super) alg: Option<Spanned<String>>,
    pub(super) key: Option<String>,
    pub(super) encoding: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) prefix: String,
    pub(super) preimage: Vec<Spanned<PartSpec>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealSpec {
    pub(super) kind: Spanned<String>,
    pub(super) field: Spanned<String>,
    pub(super) encoding: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) prefix: String,
    pub(super) over: Vec<Spanned<PartSpec>>,
    #[serde(default)]
    pub(super) key: String,
    #[serde(default)]
    pub(super) required: bool,
    pub(super) signer: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) when: BTreeMap<String, Spanned<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadSpec {
    pub(super) file: Option<String>,
    pub(super) sqlite: Option<CellSpec>,
    pub(super) count: Option<Spanned<String>>,
    pub(super) seq: Option<Spanned<String>>,
    pub(super) hash: Option<Spanned<String>>,
    pub(super) mac: Option<MacSpec>,
    pub(super) required: Option<RequiredSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequiredSpec {
    pub(super) file: Vec<String>,
    pub(super) pointer: Spanned<String>,
    pub(super) equals: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CellSpec {
    pub(super) table: String,
    pub(super) key_column: String,
    pub(super) key: String,
    pub(super) column: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MacSpec {
    pub(super) kind: Option<Spanned<String>>,
    pub(super) field: Spanned<String>,
    #[serde(default)]
    pub(super) key: String,
    pub(super) encoding: Option<Spanned<String>>,
    pub(super) over: Vec<Spanned<PartSpec>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RotationSpec {
    pub(super) mode: Spanned<String>,
    #[serde(default)]
    pub(super) when: BTreeMap<String, Spanned<Value>>,
    pub(super) payload_base64: Option<Spanned<String>>,
    pub(super) names: Option<Spanned<String>>,
    pub(super) seq: Option<Spanned<String>>,
    pub(super) hash: Option<Spanned<String>>,
    pub(super) records: Option<Spanned<String>>,
    pub(super) bytes: Option<Spanned<String>>,
    pub(super) sha256: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecoverSpec {
    pub(super) when: BTreeMap<String, Spanned<Value>>,
    pub(super) offset: Spanned<String>,
    pub(super) bytes: Spanned<String>,
    pub(super) sha256: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PruneSpec {
    pub(super) when: BTreeMap<String, Spanned<Value>>,
    pub(super) seq: Spanned<String>,
    pub(super) hash: Spanned<String>,
    pub(super) tree: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct CoverageSpec {
    #[serde(default)]
    pub(super) unprotected: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct PartSpec {
    pub(super) lit: Option<String>,
    pub(super) field: Option<Spanned<String>>,
    pub(super) r#as: Option<Spanned<String>>,
    pub(super) hex: Option<Spanned<String>>,
    pub(super) base64: Option<Spanned<String>>,
    pub(super) u64be: Option<Spanned<Value>>,
    pub(super) lp64: Option<Spanned<String>>,
    pub(super) prev: Option<Value>,
    pub(super) file: Option<Spanned<Value>>,
    pub(super) pointer: Option<Spanned<String>>,
    pub(super) json: Option<Spanned<String>>,
    pub(super) omit: Option<Vec<Spanned<String>>>,
    pub(super) select: Option<Vec<String>>,
    pub(super) map: Option<Spanned<toml::Table>>,
    pub(super) value: Option<Spanned<String>>,
    pub(super) raw: Option<Value>,
    pub(super) minus: Option<usize>,
    pub(super) origin: Option<Value>,
}
