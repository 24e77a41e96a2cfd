//! Profiles from TOML: what they may say, and what is wrong with one, with the place.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use toml::{Spanned, Value};

use super::parts::parts;
use super::spec::{
    DigestSpec, GenesisSpec, HashSpec, HeadSpec, ProfileSpec, RotationSpec, SealSpec, TableSpec,
};
use super::{
    Algorithm, Binding, Cell, Closing, Condition, Container, Digest, Encoding, Fields, Genesis,
    HashRule, Head, HeadMac, Is, Line, Profile, Prune, Recover, Rotation, Seal, SealKind, Table,
    Variant, Written,
};
use crate::audit::json::pointer::Pointer;

/// What is wrong with a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileError {
    /// What it is.
    pub message: String,
    /// Where, in bytes of the TOML.
    pub span: Option<Range<usize>>,
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ProfileError {}

impl ProfileError {
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: Some(span) }
    }
}

pub(super) type Read<T> = Result<T, ProfileError>;

/// Reads a profile.
///
/// # Errors
/// What is no TOML, and any key or value that is not of the language: a profile that is understood in part would
/// check in part.
pub fn read(text: &str) -> Read<Profile> {
    let spec: ProfileSpec = toml::from_str(text).map_err(|error| ProfileError {
        message: error.message().to_owned(),
        span: error.span(),
    })?;
    spec.compile()
}

impl ProfileSpec {
    fn compile(self) -> Read<Profile> {
        let mut sqlite = self.sqlite.map(TableSpec::compile);
        let container = match self.container {
            None if sqlite.is_some() => Container::Sqlite,
            None => Container::JsonLines,
            Some(container) => compile_container(container, &mut sqlite)?,
        };
        let mut detect = Vec::new();
        for (list, is) in [(&self.detect.has, Is::Present), (&self.detect.absent, Is::Absent)] {
            for text in list {
                detect.push(Condition { pointer: pointer(text)?, is: is.clone() });
            }
        }
        detect.extend(conditions(&self.detect.equals)?);
        let fields = Fields {
            hash: optional(self.fields.hash.as_ref())?,
            prev: optional(self.fields.prev.as_ref())?,
            seq: optional(self.fields.seq.as_ref())?,
            ts: optional(self.fields.ts.as_ref())?,
            version: optional(self.fields.version.as_ref())?,
        };
        let genesis = match self.genesis {
            None => Genesis::Any,
            Some(spec) => {
                let span = spec.span();
                let GenesisSpec { literal, null, any, sha256 } = spec.into_inner();
                match (literal, null, any, sha256) {
                    (Some(text), None, None, None) => Genesis::Literal(text),
                    (None, Some(true), None, None) => Genesis::Null,
                    (None, None, Some(true), None) => Genesis::Any,
                    (None, None, None, Some(list)) => Genesis::Sha256(parts(list)?),
                    _ => {
                        return Err(ProfileError::at(
                            span,
                            "`genesis` is one of `literal`, `null = true`, `any = true`, `sha256`",
                        ));
                    }
                }
            }
        };
        let hash = compile_hash(self.hash)?;
        let rotation = match self.rotation {
            None => Rotation::None,
            Some(spec) => compile_rotation(spec)?,
        };
        let line = match self.line {
            None => Line::Any,
            Some(text) if text.get_ref() == "hash-last" => Line::HashLast,
            Some(text) => {
                return Err(ProfileError::at(text.span(), "`line` is `hash-last` or left out"));
            }
        };
        let profile = Profile {
            id: self.id,
            detect,
            container,
            at: optional(self.at.as_ref())?,
            sqlite,
            stream_key: pointers(&self.stream_key)?,
            fields,
            seq_start: self.seq.start,
            genesis,
            hash,
            digests: self.digest.into_iter().map(compile_digest).collect::<Read<_>>()?,
            seals: self.seal.into_iter().map(compile_seal).collect::<Read<_>>()?,
            head: self.head.map(compile_head).transpose()?,
            rotation,
            recover: self
                .recover
                .map(|recover| {
                    Ok(Recover {
                        when: conditions(&recover.when)?,
                        offset: pointer(&recover.offset)?,
                        bytes: pointer(&recover.bytes)?,
                        sha256: pointer(&recover.sha256)?,
                    })
                })
                .transpose()?,
            prune: self
                .prune
                .map(|prune| {
                    Ok(Prune {
                        when: conditions(&prune.when)?,
                        seq: pointer(&prune.seq)?,
                        hash: pointer(&prune.hash)?,
                        tree: optional(prune.tree.as_ref())?,
                    })
                })
                .transpose()?,
            unprotected: pointers(&self.coverage.unprotected)?,
            line,
            map: self
                .map
                .into_iter()
                .map(|(role, text)| Ok((role, pointer(&text)?)))
                .collect::<Read<_>>()?,
        };
        if profile.fields.prev.is_none() && !profile.prev_is_implicit() {
            return Err(ProfileError {
                message:
                    "nothing links a record to the one before: neither `fields.prev` nor a part \
                          `prev` in the pre-image"
                        .to_owned(),
                span: None,
            });
        }
        Ok(profile)
    }
}

impl TableSpec {
    fn compile(self) -> Table {
        Table { table: self.table, order: self.order, bools: self.bool, json: self.json }
    }
}

/// `"jsonl"`, `"json-array"`, `"sqlite"` beside a `[sqlite]`, or the table inside: `{sqlite = {table = ...}}`.
fn compile_container(spec: Spanned<Value>, sqlite: &mut Option<Table>) -> Read<Container> {
    const WHAT: &str = "`container` is `jsonl`, `json-array` or `sqlite`, the last with a table";
    let span = spec.span();
    let wrong = |_| ProfileError::at(span.clone(), WHAT);
    let (name, inner) = match spec.into_inner() {
        Value::String(name) => (name, None),
        Value::Table(mut table) => match table.remove("kind") {
            Some(Value::String(kind)) => (kind, Some(Value::Table(table))),
            _ if table.len() == 1 => {
                let (name, inner) = table.into_iter().next().ok_or(()).map_err(wrong)?;
                (name, Some(inner))
            }
            _ => return Err(wrong(())),
        },
        _ => return Err(wrong(())),
    };
    if let Some(inner) = inner {
        let table: TableSpec = inner.try_into().map_err(|_| wrong(()))?;
        *sqlite = Some(table.compile());
    }
    match name.as_str() {
        "jsonl" => Ok(Container::JsonLines),
        "json-array" => Ok(Container::JsonArray),
        "sqlite" if sqlite.is_some() => Ok(Container::Sqlite),
        _ => Err(wrong(())),
    }
}

fn compile_hash(spec: Spanned<HashSpec>) -> Read<HashRule> {
    let span = spec.span();
    let spec = spec.into_inner();
    let mut variants = Vec::new();
    for variant in spec.variant {
        let span = variant.span();
        let variant = variant.into_inner();
        let mut when = conditions(&variant.when)?;
        match (variant.field, variant.equals, variant.absent) {
            (None, None, None) => {}
            (Some(field), Some(equals), None) => {
                when.push(Condition { pointer: pointer(&field)?, is: Is::Equal(scalar(&equals)?) });
            }
            (Some(field), None, Some(absent)) if absent.get_ref() == &Value::Boolean(true) => {
                when.push(Condition { pointer: pointer(&field)?, is: Is::Absent });
            }
            (Some(field), None, None) => {
                when.push(Condition { pointer: pointer(&field)?, is: Is::Present });
            }
            (None, None, Some(absent)) => {
                let list = match absent.get_ref() {
                    Value::String(one) => vec![one.clone()],
                    Value::Array(many) => {
                        many.iter().filter_map(|one| Some(one.as_str()?.to_owned())).collect()
                    }
                    _ => return Err(ProfileError::at(span, "`absent` names a field")),
                };
                for one in list {
                    let pointer = parse_pointer(&one, absent.span())?;
                    when.push(Condition { pointer, is: Is::Absent });
                }
            }
            _ => {
                return Err(ProfileError::at(
                    span,
                    "a variant is chosen by `when`, or by `field` with `equals` or `absent`",
                ));
            }
        }
        variants.push(Variant { when, preimage: parts(variant.preimage)? });
    }
    if let Some(preimage) = spec.preimage {
        variants.push(Variant { when: Vec::new(), preimage: parts(preimage)? });
    }
    if variants.is_empty() {
        return Err(ProfileError::at(span, "`hash` needs a `preimage` or a `variant`"));
    }
    let written = written(spec.alg.as_ref(), spec.key, spec.encoding.as_ref(), spec.prefix)?;
    let each = match spec.variant_per.as_ref().map(|per| (per.get_ref().as_str(), per.span())) {
        None | Some(("stream", _)) => false,
        Some(("record", _)) => true,
        Some((_, span)) => {
            return Err(ProfileError::at(span, "`variant_per` is `stream` or `record`"));
        }
    };
    let key_by = optional(spec.key_by.as_ref())?.map(|at| (at, spec.keys.into_iter().collect()));
    Ok(HashRule { written, variants, each, key_by })
}

fn compile_digest(spec: Spanned<DigestSpec>) -> Read<Digest> {
    let spec = spec.into_inner();
    Ok(Digest {
        field: pointer(&spec.field)?,
        written: written(spec.alg.as_ref(), spec.key, spec.encoding.as_ref(), spec.prefix)?,
        preimage: parts(spec.preimage)?,
    })
}

fn compile_seal(spec: Spanned<SealSpec>) -> Read<Seal> {
    let spec = spec.into_inner();
    Ok(Seal {
        kind: seal_kind(&spec.kind)?,
        when: conditions(&spec.when)?,
        field: pointer(&spec.field)?,
        encoding: encoding(spec.encoding.as_ref())?,
        prefix: spec.prefix,
        over: parts(spec.over)?,
        key: spec.key,
        required: spec.required,
        signer: optional(spec.signer.as_ref())?,
    })
}

fn seal_kind(spec: &Spanned<String>) -> Read<SealKind> {
    match spec.get_ref().as_str() {
        "ed25519" => Ok(SealKind::Ed25519),
        "es256" => Ok(SealKind::Es256),
        "hmac-sha256" => Ok(SealKind::HmacSha256),
        _ => Err(ProfileError::at(spec.span(), "`kind` is `ed25519`, `es256` or `hmac-sha256`")),
    }
}

fn compile_head(spec: HeadSpec) -> Read<Head> {
    Ok(Head {
        file: spec.file,
        cell: spec.sqlite.map(|cell| Cell {
            table: cell.table,
            key_column: cell.key_column,
            key: cell.key,
            column: cell.column,
        }),
        count: optional(spec.count.as_ref())?,
        required: spec
            .required
            .map(|required| Ok((required.file, pointer(&required.pointer)?, required.equals)))
            .transpose()?,
        seq: optional(spec.seq.as_ref())?,
        hash: optional(spec.hash.as_ref())?,
        mac: spec
            .mac
            .map(|mac| {
                Ok(HeadMac {
                    kind: mac.kind.as_ref().map_or(Ok(SealKind::HmacSha256), seal_kind)?,
                    field: pointer(&mac.field)?,
                    key: mac.key,
                    encoding: encoding(mac.encoding.as_ref())?,
                    over: parts(mac.over)?,
                })
            })
            .transpose()?,
    })
}

fn compile_rotation(spec: Spanned<RotationSpec>) -> Read<Rotation> {
    let span = spec.span();
    let spec = spec.into_inner();
    let when = conditions(&spec.when)?;
    Ok(match spec.mode.get_ref().as_str() {
        "none" => Rotation::None,
        "reset" => Rotation::Reset,
        "continue" => Rotation::Continue(match spec.names {
            None => None,
            Some(names) => Some(Closing {
                when,
                names: loose_pointer(&names)?,
                records: spec.records.as_ref().map(loose_pointer).transpose()?,
                bytes: spec.bytes.as_ref().map(loose_pointer).transpose()?,
                sha256: spec.sha256.as_ref().map(loose_pointer).transpose()?,
            }),
        }),
        "binding" => {
            let (Some(names), Some(hash)) = (spec.names, spec.hash) else {
                return Err(ProfileError::at(span, "a `binding` needs `names` and `hash`"));
            };
            Rotation::Binding(Binding {
                when,
                payload_base64: optional(spec.payload_base64.as_ref())?,
                names: loose_pointer(&names)?,
                seq: spec.seq.as_ref().map(loose_pointer).transpose()?,
                hash: loose_pointer(&hash)?,
            })
        }
        _ => {
            return Err(ProfileError::at(
                spec.mode.span(),
                "`mode` is `continue`, `reset`, `binding` or `none`",
            ));
        }
    })
}

fn written(
    alg: Option<&Spanned<String>>,
    key: Option<String>,
    encoded: Option<&Spanned<String>>,
    prefix: String,
) -> Read<Written> {
    let algorithm = match alg.map(|alg| (alg.get_ref().as_str(), alg.span())) {
        None | Some(("sha256", _)) => Algorithm::Sha256,
        Some(("hmac-sha256", _)) => Algorithm::HmacSha256(key.unwrap_or_default()),
        Some((_, span)) => {
            return Err(ProfileError::at(span, "`alg` is `sha256` or `hmac-sha256`"));
        }
    };
    Ok(Written { algorithm, encoding: encoding(encoded)?, prefix })
}

fn encoding(spec: Option<&Spanned<String>>) -> Read<Encoding> {
    match spec.map(|spec| (spec.get_ref().as_str(), spec.span())) {
        None | Some(("hex", _)) => Ok(Encoding::Hex),
        Some(("base64", _)) => Ok(Encoding::Base64),
        Some(("base64url", _)) => Ok(Encoding::Base64Url),
        Some((_, span)) => {
            Err(ProfileError::at(span, "`encoding` is `hex`, `base64` or `base64url`"))
        }
    }
}

fn conditions(spec: &BTreeMap<String, Spanned<Value>>) -> Read<Vec<Condition>> {
    spec.iter()
        .map(|(at, value)| {
            let pointer = parse_pointer(at, value.span())?;
            let is = match value.get_ref() {
                Value::Table(table) if table.get("absent") == Some(&Value::Boolean(true)) => {
                    Is::Absent
                }
                Value::Table(table) if table.get("present") == Some(&Value::Boolean(true)) => {
                    Is::Present
                }
                _ => Is::Equal(scalar(value)?),
            };
            Ok(Condition { pointer, is })
        })
        .collect()
}

fn scalar(value: &Spanned<Value>) -> Read<String> {
    match value.get_ref() {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Boolean(truth) => Ok(truth.to_string()),
        _ => Err(ProfileError::at(
            value.span(),
            "a condition compares with a text, a number or a truth",
        )),
    }
}

fn optional(text: Option<&Spanned<String>>) -> Read<Option<Pointer>> {
    text.map(pointer).transpose()
}

pub(super) fn pointers(list: &[Spanned<String>]) -> Read<Vec<Pointer>> {
    list.iter().map(pointer).collect()
}

pub(super) fn pointer(text: &Spanned<String>) -> Read<Pointer> {
    parse_pointer(text.get_ref(), text.span())
}

/// Inside of a payload a bare name stands for a member.
fn loose_pointer(text: &Spanned<String>) -> Read<Pointer> {
    if text.get_ref().starts_with('/') {
        pointer(text)
    } else {
        Ok(Pointer::member(text.get_ref()))
    }
}

pub(super) fn parse_pointer(text: &str, span: Range<usize>) -> Read<Pointer> {
    Pointer::parse(text).ok_or_else(|| {
        ProfileError::at(span, format!("a JSON pointer starts with `/`: `{}`", text.escape_debug()))
    })
}
