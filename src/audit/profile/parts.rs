//! Parts of pre-images, from TOML.

use std::ops::Range;

use toml::{Spanned, Value};

use super::read::{ProfileError, Read, parse_pointer, pointer, pointers};
use super::spec::PartSpec;
use super::{FieldAs, Json, Part, Subject};
use crate::audit::json::canon::{Form, Order};
use crate::audit::json::pointer::Pointer;
use crate::audit::json::text::by_utf16;

/// A list of parts.
pub(super) fn parts(list: Vec<Spanned<PartSpec>>) -> Read<Vec<Part>> {
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
