//! Profiles from TOML: what they may say, and what is wrong with one, with the place.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use toml::{Spanned, Value};

use super::{
    Algorithm, Binding, Cell, Closing, Condition, Container, Digest, Encoding, FieldAs, Fields,
    Genesis, HashRule, Head, HeadMac, Is, Json, Line, Part, Profile, Recover, Rotation, Seal,
    SealKind, Subject, Table, Variant, Written,
};
use crate::audit::json::canon::{Form, Order};
use crate::audit::json::pointer::Pointer;
use crate::audit::json::text::by_utf16;

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
    fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: Some(span) }
    }
}

type Read<T> = Result<T, ProfileError>;

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileSpec {
    id: String,
    #[serde(default)]
    detect: DetectSpec,
    container: Option<Spanned<Value>>,
    at: Option<Spanned<String>>,
    sqlite: Option<TableSpec>,
    #[serde(default)]
    stream_key: Vec<Spanned<String>>,
    #[serde(default)]
    fields: FieldsSpec,
    #[serde(default)]
    seq: SeqSpec,
    genesis: Option<Spanned<GenesisSpec>>,
    hash: Spanned<HashSpec>,
    #[serde(default)]
    digest: Vec<Spanned<DigestSpec>>,
    #[serde(default)]
    seal: Vec<Spanned<SealSpec>>,
    head: Option<HeadSpec>,
    rotation: Option<Spanned<RotationSpec>>,
    recover: Option<RecoverSpec>,
    #[serde(default)]
    coverage: CoverageSpec,
    line: Option<Spanned<String>>,
    #[serde(default)]
    map: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct DetectSpec {
    #[serde(default)]
    has: Vec<Spanned<String>>,
    #[serde(default)]
    absent: Vec<Spanned<String>>,
    #[serde(default)]
    equals: BTreeMap<String, Spanned<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableSpec {
    table: String,
    order: Option<String>,
    #[serde(default)]
    bool: Vec<String>,
    #[serde(default)]
    json: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct FieldsSpec {
    hash: Option<Spanned<String>>,
    prev: Option<Spanned<String>>,
    seq: Option<Spanned<String>>,
    ts: Option<Spanned<String>>,
    version: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct SeqSpec {
    start: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GenesisSpec {
    literal: Option<String>,
    null: Option<bool>,
    any: Option<bool>,
    sha256: Option<Vec<Spanned<PartSpec>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HashSpec {
    alg: Option<Spanned<String>>,
    key: Option<String>,
    encoding: Option<Spanned<String>>,
    #[serde(default)]
    prefix: String,
    variant_per: Option<Spanned<String>>,
    key_by: Option<Spanned<String>>,
    #[serde(default)]
    keys: BTreeMap<String, String>,
    preimage: Option<Vec<Spanned<PartSpec>>>,
    #[serde(default)]
    variant: Vec<Spanned<VariantSpec>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VariantSpec {
    #[serde(default)]
    when: BTreeMap<String, Spanned<Value>>,
    field: Option<Spanned<String>>,
    equals: Option<Spanned<Value>>,
    absent: Option<Spanned<Value>>,
    preimage: Vec<Spanned<PartSpec>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DigestSpec {
    field: Spanned<String>,
    alg: Option<Spanned<String>>,
    key: Option<String>,
    encoding: Option<Spanned<String>>,
    #[serde(default)]
    prefix: String,
    preimage: Vec<Spanned<PartSpec>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SealSpec {
    kind: Spanned<String>,
    field: Spanned<String>,
    encoding: Option<Spanned<String>>,
    #[serde(default)]
    prefix: String,
    over: Vec<Spanned<PartSpec>>,
    #[serde(default)]
    key: String,
    #[serde(default)]
    required: bool,
    signer: Option<Spanned<String>>,
    #[serde(default)]
    when: BTreeMap<String, Spanned<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadSpec {
    file: Option<String>,
    sqlite: Option<CellSpec>,
    count: Option<Spanned<String>>,
    seq: Option<Spanned<String>>,
    hash: Option<Spanned<String>>,
    mac: Option<MacSpec>,
    required: Option<RequiredSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequiredSpec {
    file: Vec<String>,
    pointer: Spanned<String>,
    equals: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CellSpec {
    table: String,
    key_column: String,
    key: String,
    column: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MacSpec {
    kind: Option<Spanned<String>>,
    field: Spanned<String>,
    #[serde(default)]
    key: String,
    encoding: Option<Spanned<String>>,
    over: Vec<Spanned<PartSpec>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotationSpec {
    mode: Spanned<String>,
    #[serde(default)]
    when: BTreeMap<String, Spanned<Value>>,
    payload_base64: Option<Spanned<String>>,
    names: Option<Spanned<String>>,
    seq: Option<Spanned<String>>,
    hash: Option<Spanned<String>>,
    records: Option<Spanned<String>>,
    bytes: Option<Spanned<String>>,
    sha256: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecoverSpec {
    when: BTreeMap<String, Spanned<Value>>,
    offset: Spanned<String>,
    bytes: Spanned<String>,
    sha256: Spanned<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct CoverageSpec {
    #[serde(default)]
    unprotected: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct PartSpec {
    lit: Option<String>,
    field: Option<Spanned<String>>,
    r#as: Option<Spanned<String>>,
    hex: Option<Spanned<String>>,
    base64: Option<Spanned<String>>,
    u64be: Option<Spanned<Value>>,
    lp64: Option<Spanned<String>>,
    prev: Option<Value>,
    file: Option<Spanned<Value>>,
    pointer: Option<Spanned<String>>,
    json: Option<Spanned<String>>,
    omit: Option<Vec<Spanned<String>>>,
    select: Option<Vec<String>>,
    map: Option<Spanned<toml::Table>>,
    value: Option<Spanned<String>>,
    raw: Option<Value>,
    minus: Option<usize>,
    origin: Option<Value>,
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

fn parts(list: Vec<Spanned<PartSpec>>) -> Read<Vec<Part>> {
    list.into_iter().map(part).collect()
}

fn part(spec: Spanned<PartSpec>) -> Read<Part> {
    const WHAT: &str = "a part is one of `lit`, `field`, `hex`, `base64`, `u64be`, `lp64`, `prev`, `file` with \
                        `pointer`, `json`, `raw`, `origin`";
    let span = spec.span();
    let spec = spec.into_inner();
    let heads = [
        spec.lit.is_some(),
        spec.field.is_some(),
        spec.hex.is_some(),
        spec.base64.is_some(),
        spec.u64be.is_some(),
        spec.lp64.is_some(),
        spec.prev.is_some(),
        spec.file.is_some(),
        spec.json.is_some(),
        spec.raw.is_some(),
        spec.origin.is_some(),
    ];
    let json_only =
        spec.omit.is_some() || spec.select.is_some() || spec.map.is_some() || spec.value.is_some();
    let wrong = heads.iter().filter(|&&head| head).count() != 1
        || (json_only && spec.json.is_none())
        || (spec.pointer.is_some() != spec.file.is_some())
        || (spec.r#as.is_some() && spec.field.is_none())
        || (spec.minus.is_some() && spec.raw.is_none());
    if wrong {
        return Err(ProfileError::at(span, WHAT));
    }
    if let Some(text) = spec.lit {
        return Ok(Part::Literal(text.into_bytes()));
    }
    if let Some(field) = spec.field {
        let how = match spec.r#as.as_ref().map(|how| (how.get_ref().as_str(), how.span())) {
            None | Some(("text" | "str" | "string", _)) => FieldAs::Text,
            Some(("rfc3339-ms", _)) => FieldAs::Milliseconds,
            Some((_, span)) => {
                return Err(ProfileError::at(span, "`as` is `text` or `rfc3339-ms`"));
            }
        };
        return Ok(Part::Field(pointer(&field)?, how));
    }
    if let Some(field) = spec.hex {
        return Ok(Part::Hex(pointer(&field)?));
    }
    if let Some(field) = spec.base64 {
        return Ok(Part::Base64(pointer(&field)?));
    }
    if let Some(field) = spec.lp64 {
        return Ok(Part::Lp64(pointer(&field)?));
    }
    if let Some(value) = spec.u64be {
        return match value.get_ref() {
            Value::Integer(number) => match u64::try_from(*number) {
                Ok(number) => Ok(Part::U64(number)),
                Err(_) => Err(ProfileError::at(value.span(), "`u64be` is not negative")),
            },
            Value::String(text) => Ok(Part::U64Field(parse_pointer(text, value.span())?)),
            _ => Err(ProfileError::at(value.span(), "`u64be` is a number or a field")),
        };
    }
    if spec.prev.is_some() {
        return Ok(Part::Prev);
    }
    if spec.origin.is_some() {
        return Ok(Part::Origin);
    }
    if spec.raw.is_some() {
        return Ok(Part::Raw(spec.minus.unwrap_or_default()));
    }
    if let (Some(file), Some(at)) = (&spec.file, &spec.pointer) {
        let names = match file.get_ref() {
            Value::String(name) => vec![name.clone()],
            Value::Array(names) => {
                names.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
            }
            _ => Vec::new(),
        };
        if names.is_empty() {
            return Err(ProfileError::at(file.span(), "`file` is a name, or a list of names"));
        }
        return Ok(Part::File(names, pointer(at)?));
    }
    match spec.json {
        Some(name) => json_part(&name, spec.omit, spec.select, spec.map, spec.value, span),
        None => Err(ProfileError::at(span, WHAT)),
    }
}

fn json_part(
    name: &Spanned<String>,
    omit: Option<Vec<Spanned<String>>>,
    select: Option<Vec<String>>,
    map: Option<Spanned<toml::Table>>,
    value: Option<Spanned<String>>,
    span: Range<usize>,
) -> Read<Part> {
    let form = Form::named(name.get_ref()).ok_or_else(|| {
        let known = Form::NAMES.join("`, `");
        ProfileError::at(name.span(), format!("`json` is one of `{known}`"))
    })?;
    let what = match (omit, select, map, value) {
        (omit, None, None, None) => Subject::Without(pointers(&omit.unwrap_or_default())?),
        (None, select, map, None) => {
            let mut members: Vec<(String, Pointer)> = select
                .unwrap_or_default()
                .into_iter()
                .map(|name| {
                    let at = Pointer::member(&name);
                    (name, at)
                })
                .collect();
            if let Some(map) = map {
                let span = map.span();
                for (name, from) in map.into_inner() {
                    let from = from.as_str().ok_or_else(|| {
                        ProfileError::at(span.clone(), "`map` names a field for each member")
                    })?;
                    members.push((name, parse_pointer(from, span.clone())?));
                }
            }
            match form.order {
                Order::Utf16 => {
                    members.sort_by(|(a, _), (b, _)| by_utf16(a.as_bytes(), b.as_bytes()));
                }
                Order::CodePoint => members.sort_by(|(a, _), (b, _)| a.cmp(b)),
                Order::Document => {}
            }
            Subject::Members(members)
        }
        (None, None, None, Some(value)) => Subject::Value(pointer(&value)?),
        _ => {
            return Err(ProfileError::at(
                span,
                "`omit`, `value`, and `select` with `map`, exclude each other",
            ));
        }
    };
    Ok(Part::Json(Json { form, what }))
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

fn pointers(list: &[Spanned<String>]) -> Read<Vec<Pointer>> {
    list.iter().map(pointer).collect()
}

fn pointer(text: &Spanned<String>) -> Read<Pointer> {
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

fn parse_pointer(text: &str, span: Range<usize>) -> Read<Pointer> {
    Pointer::parse(text).ok_or_else(|| {
        ProfileError::at(span, format!("a JSON pointer starts with `/`: `{}`", text.escape_debug()))
    })
}
