//! Ours, with a sink that does what h2 does as it decodes: checks names and values, makes types of the
//! crate `http`, and keeps those of the dynamic table.

use std::sync::LazyLock;

use anyhow::{Result, bail, ensure};
use bytes::Bytes;
use eyas_hpack::{DecodedField, Decoder, DecoderLimits, static_table};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::library::{Decode, Decoding, Library};

pub(super) fn library() -> Library {
    Library {
        name: "eyas + http",
        is_slow: false,
        decoding: Some(Decoding::of::<Blocks>()),
        encoding: None,
        coding: None,
    }
}

/// A field as a message wants it.
#[derive(Clone)]
enum Typed {
    Field(HeaderName, HeaderValue),
    Method(Method),
    Status(StatusCode),
    /// Another pseudo-field, whose value is text.
    Text(&'static str, Bytes),
}

impl Typed {
    fn new(field: &DecodedField<'_, Option<Self>>) -> Result<Self> {
        let (name, value) = (field.name, field.value);
        if name.first() != Some(&b':') {
            let known = field
                .static_index
                .and_then(|index| NAMES[usize::from(index)].clone());
            let name = known.map_or_else(|| HeaderName::from_lowercase(name), Ok)?;
            return Ok(Self::Field(name, HeaderValue::from_bytes(value)?));
        }
        let name = match name {
            b":method" => return Ok(Self::Method(Method::from_bytes(value)?)),
            b":status" => return Ok(Self::Status(StatusCode::from_bytes(value)?)),
            b":authority" => ":authority",
            b":path" => ":path",
            b":scheme" => ":scheme",
            b":protocol" => ":protocol",
            _ => bail!("an unknown pseudo-field"),
        };
        str::from_utf8(value)?;
        Ok(Self::Text(name, Bytes::copy_from_slice(value)))
    }

    fn as_slices(&self) -> (&[u8], &[u8]) {
        match self {
            Self::Field(name, value) => (name.as_ref(), value.as_ref()),
            Self::Method(method) => (b":method", method.as_str().as_bytes()),
            Self::Status(status) => (b":status", status.as_str().as_bytes()),
            Self::Text(name, value) => (name.as_bytes(), value),
        }
    }
}

struct Blocks(Decoder<Option<Typed>>);

impl Decode for Blocks {
    fn new() -> Self {
        Self(Decoder::new(DecoderLimits::default()))
    }

    fn table_size(&mut self, octets: u32) {
        self.0.set_max_table_size(octets);
    }

    fn block<S: FnMut(&[u8], &[u8])>(&mut self, wire: &[u8], sink: &mut S) -> Result<()> {
        let mut refused = None;
        let mut sink = |field: DecodedField<'_, Option<Typed>>| {
            let typed = match &field.slot {
                Some(Some(known)) => known.clone(),
                _ => match Typed::new(&field) {
                    Ok(typed) => {
                        if let Some(slot) = field.slot {
                            *slot = Some(typed.clone());
                        }
                        typed
                    }
                    Err(error) => {
                        refused = Some(error);
                        return;
                    }
                },
            };
            let (name, value) = typed.as_slices();
            sink(name, value);
        };
        let summary = self.0.decode(wire, &mut sink)?;
        ensure!(
            summary.exceeded.is_none(),
            "a block is over a limit: {summary:?}"
        );
        refused.map_or(Ok(()), Err)
    }
}

/// The names of the static table, by their index.
static NAMES: LazyLock<[Option<HeaderName>; static_table::LEN + 1]> = LazyLock::new(|| {
    std::array::from_fn(|index| HeaderName::from_lowercase(static_table::get(index)?.0).ok())
});
