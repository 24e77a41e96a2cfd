//! Canonical forms of a record: what the writer hashed, rebuilt by copying its tokens.
//!
//! A form is five switches, so a writer's habit is data. Where a subtree is spelled as the form would spell it, it is
//! copied in one piece; else keys are ordered, and only strings and numbers spelled otherwise are respelled.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use unicode_normalization::UnicodeNormalization as _;

use super::number::{self, Spelling};
use super::pointer::{inside, raw};
use super::tape::{Kind, Node, Tape, flags};
use super::text;

/// In which order an object's members are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By UTF-16 code units of the key: RFC 8785.
    Utf16,
    /// By code points of the key: Python's `sort_keys`.
    CodePoint,
    /// As they stand.
    Document,
}

/// A canonical form of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// The order of members.
    pub order: Order,
    /// Whether everything beyond ASCII is escaped.
    pub ascii: bool,
    /// Whether `, ` and `: ` separate, as Python does by default.
    pub spaced: bool,
    /// How numbers are spelled.
    pub numbers: Spelling,
    /// Whether strings and keys are brought to NFC first.
    pub nfc: bool,
}

impl Form {
    /// RFC 8785.
    pub const JCS: Self = Self {
        order: Order::Utf16,
        ascii: false,
        spaced: false,
        numbers: Spelling::Es6,
        nfc: false,
    };

    /// The form a profile calls `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let python = Self { order: Order::CodePoint, numbers: Spelling::Python, ..Self::JCS };
        Some(match name {
            "jcs" => Self::JCS,
            "jcs-nfc" => Self { nfc: true, ..Self::JCS },
            "py-compact" => python,
            "py-compact-ascii" => Self { ascii: true, ..python },
            "py-default" => Self { ascii: true, spaced: true, ..python },
            "py-default-utf8" => Self { spaced: true, ..python },
            "py-default-utf8-doc" => Self { spaced: true, order: Order::Document, ..python },
            "js-stringify" => Self { order: Order::Document, ..Self::JCS },
            "sasana-legacy" => Self { numbers: Spelling::PythonNoPlus, ..Self::JCS },
            _ => return None,
        })
    }

    /// Every name [`Form::named`] knows.
    pub const NAMES: &[&str] = &[
        "jcs",
        "jcs-nfc",
        "py-compact",
        "py-compact-ascii",
        "py-default",
        "py-default-utf8",
        "py-default-utf8-doc",
        "js-stringify",
        "sasana-legacy",
    ];

    /// What a subtree may not hold to be copied as it is.
    const fn respelled(self) -> u16 {
        let mut mask = flags::SPACED
            | flags::UNSORTED
            | flags::FLOAT
            | flags::UNSAFE_INT
            | flags::ODD_ESCAPE
            | flags::NOT_FINITE;
        if self.ascii || self.nfc {
            mask |= flags::NON_ASCII;
        }
        if self.nfc {
            mask |= flags::ESCAPED;
        }
        mask
    }
}

/// Writes canonical forms; keeps its memory from record to record.
#[derive(Debug, Default)]
pub struct Writer {
    members: Vec<(Node, u32)>,
    plain: Vec<u8>,
}

/// One object being written whose members the caller chooses.
#[derive(Debug)]
pub struct Chosen<'a> {
    /// The name, decoded.
    pub name: &'a [u8],
    /// The index of its value.
    pub value: u32,
}

impl Writer {
    /// Appends the value at `index` in `form`, without the members whose value is in `omit`. `false`: it holds a number
    /// that the form has no spelling for (it is then copied as it stands).
    pub fn write(
        &mut self,
        tape: &Tape,
        record: &[u8],
        index: u32,
        form: Form,
        omit: &[u32],
        out: &mut Vec<u8>,
    ) -> bool {
        // A raw DEL is escaped by Python's ASCII form only, and rare: asked once for the whole record.
        let has_del = form.ascii && memchr::memchr(0x7f, record).is_some();
        self.value(tape, record, index, &Ask { form, omit, has_del }, out)
    }

    /// Appends an object of the chosen members, which have to be in the order of the form already.
    pub fn write_chosen(
        &mut self,
        tape: &Tape,
        record: &[u8],
        chosen: &[Chosen<'_>],
        form: Form,
        out: &mut Vec<u8>,
    ) -> bool {
        let has_del = form.ascii && memchr::memchr(0x7f, record).is_some();
        let ask = Ask { form, omit: &[], has_del };
        let mut said = true;
        out.push(b'{');
        for (number, member) in chosen.iter().enumerate() {
            if number > 0 {
                out.extend_from_slice(ask.comma());
            }
            text::encode_into(member.name, form.ascii, out);
            out.extend_from_slice(ask.colon());
            said &= self.value(tape, record, member.value, &ask, out);
        }
        out.push(b'}');
        said
    }

    fn value(
        &mut self,
        tape: &Tape,
        record: &[u8],
        index: u32,
        ask: &Ask<'_>,
        out: &mut Vec<u8>,
    ) -> bool {
        let Some(node) = tape.node(index) else { return true };
        let form = ask.form;
        match node.kind {
            Kind::True | Kind::False | Kind::Null => out.extend_from_slice(raw(record, node)),
            Kind::NotFinite => {
                out.extend_from_slice(raw(record, node));
                return form.numbers != Spelling::Es6;
            }
            Kind::Number => {
                if !number::write(raw(record, node), form.numbers, out) {
                    out.extend_from_slice(raw(record, node));
                    return false;
                }
            }
            Kind::String => self.string(record, node, ask, out),
            Kind::Object | Kind::Array if ask.verbatim(index, node) => {
                out.extend_from_slice(raw(record, node));
            }
            Kind::Array => {
                let mut said = true;
                out.push(b'[');
                let mut first = true;
                for (item, _) in tape.children(index) {
                    if !first {
                        out.extend_from_slice(ask.comma());
                    }
                    first = false;
                    said &= self.value(tape, record, item, ask, out);
                }
                out.push(b']');
                return said;
            }
            Kind::Object => return self.object(tape, record, index, node, ask, out),
        }
        true
    }

    fn object(
        &mut self,
        tape: &Tape,
        record: &[u8],
        index: u32,
        node: &Node,
        ask: &Ask<'_>,
        out: &mut Vec<u8>,
    ) -> bool {
        let mut said = true;
        let mut first = true;
        out.push(b'{');
        let sort = ask.form.order != Order::Document && node.flags & flags::LEVEL_UNSORTED != 0;
        if !sort {
            for (key, value, _) in tape.members(index) {
                if !ask.omit.contains(&value) {
                    said &= self.member(tape, record, key, value, &mut first, ask, out);
                }
            }
            out.push(b'}');
            return said;
        }
        let base = self.members.len();
        self.members.extend(
            tape.members(index)
                .filter(|(_, value, _)| !ask.omit.contains(value))
                .map(|(key, value, _)| (*key, value)),
        );
        if let Some(members) = self.members.get_mut(base..) {
            let odd = flags::ESCAPED | flags::NON_ASCII;
            if members.iter().any(|(key, _)| key.flags & odd != 0) {
                let name = |key: &Node| {
                    let name = text::decode(inside(record, key));
                    if ask.form.nfc { composed(name) } else { name }
                };
                if ask.form.order == Order::Utf16 {
                    members
                        .sort_by(|(one, _), (other, _)| text::by_utf16(&name(one), &name(other)));
                } else {
                    // Generalised UTF-8 sorts as its code points do.
                    members.sort_by_cached_key(|(key, _)| name(key));
                }
            } else {
                members
                    .sort_by(|(one, _), (other, _)| inside(record, one).cmp(inside(record, other)));
            }
        }
        let mut at = base;
        while let Some(&(key, value)) = self.members.get(at) {
            said &= self.member(tape, record, &key, value, &mut first, ask, out);
            at += 1;
        }
        self.members.truncate(base);
        out.push(b'}');
        said
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one member of one object, split for the borrow checker alone"
    )]
    fn member(
        &mut self,
        tape: &Tape,
        record: &[u8],
        key: &Node,
        value: u32,
        first: &mut bool,
        ask: &Ask<'_>,
        out: &mut Vec<u8>,
    ) -> bool {
        if !*first {
            out.extend_from_slice(ask.comma());
        }
        *first = false;
        self.string(record, key, ask, out);
        out.extend_from_slice(ask.colon());
        self.value(tape, record, value, ask, out)
    }

    fn string(&mut self, record: &[u8], node: &Node, ask: &Ask<'_>, out: &mut Vec<u8>) {
        let form = ask.form;
        if node.flags & form.respelled() == 0 && !ask.has_del {
            out.extend_from_slice(raw(record, node));
            return;
        }
        self.plain.clear();
        text::decode_into(inside(record, node), &mut self.plain);
        if form.nfc && !self.plain.is_ascii() {
            self.plain = composed(std::mem::take(&mut self.plain));
        }
        text::encode_into(&self.plain, form.ascii, out);
    }
}

struct Ask<'a> {
    form: Form,
    omit: &'a [u32],
    has_del: bool,
}

impl Ask<'_> {
    fn verbatim(&self, index: u32, node: &Node) -> bool {
        node.flags & self.form.respelled() == 0
            && !self.has_del
            && (!self.form.spaced || node.next == index + 1)
            && !self.omit.iter().any(|&omitted| omitted > index && omitted < node.next)
    }

    const fn comma(&self) -> &'static [u8] {
        if self.form.spaced { b", " } else { b"," }
    }

    const fn colon(&self) -> &'static [u8] {
        if self.form.spaced { b": " } else { b":" }
    }
}

/// NFC; what holds a lone surrogate is composed around it.
fn composed(text: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(text) {
        Ok(text) => text.nfc().collect::<String>().into_bytes(),
        Err(error) => {
            let text = error.into_bytes();
            let mut out = Vec::with_capacity(text.len());
            for chunk in text.utf8_chunks() {
                out.extend_from_slice(chunk.valid().nfc().collect::<String>().as_bytes());
                out.extend_from_slice(chunk.invalid());
            }
            out
        }
    }
}
