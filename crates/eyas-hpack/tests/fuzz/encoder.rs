//! Field lists of any kind, in any form: what the encoder writes is read by a decoder of others, by a naive one and
//! by ours.

use eyas_hpack::{
    DecodedField, Decoder, DecoderLimits, DefaultPolicy, Encoder, Field, HuffmanMode, Indexing,
    IndexingPolicy, Plan, Prepared, static_table,
};

use super::httlib::Httlib;
use super::input::Input;
use super::twin::Twin;

/// Reads `data` as an encoder's set-up and what then happens to it.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut connection = Connection::new(&mut input);
    while !input.is_empty() {
        match input.octet() {
            0x00..0x10 => connection.end_block(),
            0x10..0x20 => connection.table_size(input.size()),
            0x20 => connection.encoder.release_storage(),
            step @ 0x21..0x30 => connection.encoder.huffman(match step % 3 {
                0 => HuffmanMode::Never,
                1 => HuffmanMode::Shorter,
                _ => HuffmanMode::Always,
            }),
            0x30..0x40 => connection.status(u16::from_le_bytes([input.octet(), input.octet()])),
            step => connection.field(step, &name(&mut input), &value(&mut input)),
        }
    }
    connection.end_block();
}

/// An encoder and everybody who has to understand it.
struct Connection {
    encoder: Encoder<Policy>,
    cap: u32,
    peer_limit: u32,

    ours: Decoder,
    twin: Twin,
    httlib: Httlib,

    // The block under way, if it has begun.
    block: Option<Vec<u8>>,
    fields: Vec<Expected>,
}

struct Expected {
    name: Vec<u8>,
    value: Vec<u8>,
    /// Whether it is marked never to be indexed, if that is not for the policy to say.
    is_never: Option<bool>,
}

impl Connection {
    fn new(input: &mut Input<'_>) -> Self {
        let setup = input.octet();
        let cap = match setup & 3 {
            0 => 4096,
            1 => 256,
            2 => 65_536,
            // Others take no integer of more than 28 bits.
            _ => input.size().min(1 << 27),
        };
        let policy = match setup & 4 {
            0 => Policy::Default,
            _ => Policy::ByLength(input.octet()),
        };
        Self {
            encoder: Encoder::with_policy(cap, policy),
            cap,
            peer_limit: 4096,
            ours: Decoder::new(DecoderLimits {
                max_list_octets: u32::MAX,
                max_fields: u32::MAX,
                ..DecoderLimits::default()
            }),
            twin: Twin::new(),
            httlib: Httlib::new(),
            block: None,
            fields: Vec::new(),
        }
    }

    fn table_size(&mut self, octets: u32) {
        if self.block.is_some() {
            self.end_block();
        }
        self.peer_limit = octets;
        self.encoder.set_peer_table_size(octets);
        self.ours.set_max_table_size(octets);
        self.twin.set_limit(octets);
        self.httlib.table_size(octets);
    }

    fn status(&mut self, status: u16) {
        let (encoder, block) = self.begun();
        encoder.status(status, block);
        self.expect(b":status", status.to_string().as_bytes(), Some(false));
    }

    fn field(&mut self, step: u8, name: &[u8], value: &[u8]) {
        let (encoder, block) = self.begun();
        let field = Field::new(name, value);
        let is_never = match step {
            ..0x90 => {
                encoder.field(field, block);
                None
            }
            0x90..0xa0 => {
                encoder.field(field.sensitive(), block);
                Some(true)
            }
            0xa0..0xb0 => {
                encoder.field_with(field, Indexing::Incremental, block);
                Some(false)
            }
            0xb0..0xc0 => {
                encoder.field_with(field, Indexing::Without, block);
                Some(false)
            }
            0xc0..0xd0 => {
                encoder.field_with(field, Indexing::Never, block);
                Some(true)
            }
            0xd0..0xe0 => {
                encoder.field_with(field.sensitive(), Indexing::Incremental, block);
                Some(true)
            }
            0xe0..0xf0 => {
                encoder.prepared(&Prepared::new(field), block);
                None
            }
            0xf0.. => {
                encoder.prepared(&Prepared::new(field.sensitive()), block);
                Some(true)
            }
        };
        self.expect(name, value, is_never);
    }

    fn begun(&mut self) -> (&mut Encoder<Policy>, &mut Vec<u8>) {
        let block = self.block.get_or_insert_with(|| {
            let mut block = Vec::new();
            self.encoder.begin(&mut block);
            block
        });
        (&mut self.encoder, block)
    }

    fn expect(&mut self, name: &[u8], value: &[u8], is_never: Option<bool>) {
        self.fields.push(Expected {
            name: name.to_vec(),
            value: value.to_vec(),
            is_never,
        });
    }

    /// Lets everybody decode the block, and compares.
    fn end_block(&mut self) {
        self.begun();
        let block = self.block.take().unwrap_or_default();
        let fields = std::mem::take(&mut self.fields);
        let lines = fields
            .iter()
            .map(|field| (&field.name[..], &field.value[..]));

        let (theirs, accepted) = self.twin.decode(&block);
        assert_eq!(accepted, Ok(()));
        assert!(
            lines.clone().eq(theirs
                .iter()
                .map(|heard| (&heard.name[..], &heard.value[..])))
        );
        for (expected, heard) in fields.iter().zip(&theirs) {
            assert_eq!(
                expected.is_never.unwrap_or(heard.sensitive),
                heard.sensitive
            );
        }

        let mut ours = Vec::new();
        let sink = &mut |field: DecodedField<'_>| ours.push(super::twin::Heard::of(&field));
        assert_eq!(
            self.ours
                .decode(&block, sink)
                .map(|summary| summary.exceeded),
            Ok(None)
        );
        assert_eq!(ours, theirs);

        let httlib = self.httlib.decode(&block).unwrap();
        assert!(
            lines
                .clone()
                .eq(httlib.iter().map(|(name, value)| (&name[..], &value[..])))
        );

        let (table, copy) = (self.encoder.table(), self.ours.table());
        assert!(table.iter().eq(copy.iter()));
        assert_eq!(table.max_size(), copy.max_size());
        assert!(table.max_size() <= self.cap.min(self.peer_limit));
    }
}

/// Our own policy, or one that makes no sense.
enum Policy {
    Default,
    /// Two bits for each length, modulo four.
    ByLength(u8),
}

impl IndexingPolicy for Policy {
    fn plan(&self, field: Field<'_>, static_index: Option<u8>, max_table_size: u32) -> Plan {
        match self {
            Self::Default => DefaultPolicy.plan(field, static_index, max_table_size),
            Self::ByLength(plans) => {
                let at = (field.name.len() + field.value.len()) % 4;
                [Plan::Index, Plan::IfRepeated, Plan::Without, Plan::Never]
                    [usize::from(plans >> (2 * at) & 3)]
            }
        }
    }
}

/// A name: one that the static table has, one of a few others, or any octets.
fn name(input: &mut Input<'_>) -> Vec<u8> {
    let octet = input.octet();
    match (static_table::get(octet.into()), octet) {
        (Some((name, _)), _) => name.to_vec(),
        (None, ..0x80) => format!("x-{}", octet % 8).into_bytes(),
        (None, _) => input.octets(usize::from(octet & 0x1f)).to_vec(),
    }
}

/// A value: one that the static table has, a number, a long row of one octet, or any octets.
fn value(input: &mut Input<'_>) -> Vec<u8> {
    let octet = input.octet();
    match (static_table::get(octet.into()), octet) {
        (Some((_, value)), _) => value.to_vec(),
        (None, ..0x80) => (octet % 8).to_string().into_bytes(),
        (None, 0x80..0xa0) => vec![input.octet(); usize::from(octet & 0x1f) * 40],
        (None, 0xa0..0xf0) => input.octets(usize::from(octet - 0xa0)).to_vec(),
        (None, _) => input.string().to_vec(),
    }
}
