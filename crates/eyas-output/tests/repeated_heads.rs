//! Heads that say again what the last one said are written again: the peer hears the same as ever.

use eyas_frame::{Deframer, Flags, Frame, Item, StreamId};
use eyas_hpack::{DecodedField, Decoder, DecoderLimits, Field, Sink};
use eyas_output::{BlockWriter, FieldBlock, FrameWriter, Marks, OutputBuffer, Priority, Scheduler};
use proptest::prelude::*;

type Fields = Vec<(String, String)>;

/// Fields of which the last one, `age`, is written as octets that leave the table alone.
#[derive(Clone, Debug)]
struct Head {
    fields: Fields,
    age: Option<u8>,
}

impl FieldBlock for Head {
    const REPEATS: bool = true;

    fn write_fields(&self, block: &mut BlockWriter<'_>) {
        block.status(200);
        for (name, value) in &self.fields {
            block.field(Field::new(name.as_str(), value.as_str()));
        }
    }

    fn write_last_fields(&self, block: &mut BlockWriter<'_>) {
        if let Some(age) = self.age {
            block.octets(&[0x0f, 21 - 15]);
            block.string(age.to_string().as_bytes());
        }
    }

    fn repeats(&self, earlier: &Self) -> bool {
        self.fields == earlier.fields
    }
}

#[derive(Default)]
struct Heard(Fields);

impl Sink<()> for Heard {
    fn field(&mut self, field: DecodedField<'_, ()>) {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        self.0.push((text(field.name), text(field.value)));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Respond(Head),
    Trailers(Fields),
    TableSize(u32),
}

/// Few names and values, so that heads repeat, and large ones, so that tables overflow.
fn fields() -> impl Strategy<Value = Fields> {
    let name = prop::sample::select(vec!["date", "server", "x-a", "x-b", "etag"]);
    let value = prop::sample::select(vec![1_usize, 2, 60, 900]).prop_map(|len| "v".repeat(len));
    prop::collection::vec((name.prop_map(str::to_owned), value), 0..4)
}

fn step() -> impl Strategy<Value = Step> {
    let head = || (fields(), any::<Option<u8>>()).prop_map(|(fields, age)| Head { fields, age });
    let usual = prop::sample::select(vec![None, Some(7)]).prop_map(|age| Head {
        fields: vec![("date".to_owned(), "today".to_owned())],
        age,
    });
    prop_oneof![
        6 => usual.prop_map(Step::Respond),
        4 => head().prop_map(Step::Respond),
        1 => fields().prop_map(Step::Trailers),
        1 => prop::sample::select(vec![0, 100, 4096]).prop_map(Step::TableSize),
    ]
}

/// The one block that is written when `what` is said on a new stream, as the peer decodes it.
fn hear(
    scheduler: &mut Scheduler<Head>,
    decoder: &mut Decoder,
    number: u32,
    head: Head,
    trailers: Option<Head>,
) -> Vec<Fields> {
    let id = StreamId::new(number * 2 + 1).expect("small");
    let key = scheduler.open(id, Priority::default());
    scheduler.head(key, head).expect("the first head");
    match trailers {
        Some(trailers) => scheduler.trailers(key, trailers).expect("behind the head"),
        None => scheduler.end(key).expect("behind the head"),
    }
    let mut out = OutputBuffer::new();
    scheduler.fill(&mut out);
    let mut octets = out.chunk();
    let mut deframer = Deframer::new(16_384);
    let mut heard = Vec::new();
    while let Some(step) = deframer.next(octets) {
        octets = &octets[step.consumed..];
        if let Item::Frame(header, Frame::Headers(headers)) = step.item.expect("well formed") {
            assert!(header.flags.contains(Flags::END_HEADERS));
            let mut fields = Heard::default();
            let summary = decoder
                .decode(headers.fragment, &mut fields)
                .expect("the contexts agree");
            assert_eq!(summary.exceeded, None);
            heard.push(fields.0);
        }
    }
    scheduler.remove(key);
    heard
}

fn expected(head: &Head) -> Fields {
    let status = (":status".to_owned(), "200".to_owned());
    let age = head.age.map(|age| ("age".to_owned(), age.to_string()));
    std::iter::once(status)
        .chain(head.fields.iter().cloned())
        .chain(age)
        .collect()
}

proptest! {
    #[test]
    fn the_peer_hears_every_head_as_it_was_said(steps in prop::collection::vec(step(), 1..60)) {
        let writer = FrameWriter::new(4096);
        let mut scheduler = Scheduler::new(writer, Marks::default(), 1000);
        let mut decoder = Decoder::new(DecoderLimits::default());
        let plain = Head { fields: Fields::new(), age: None };
        for (number, step) in (0..).zip(steps) {
            let (head, trailers) = match step {
                Step::Respond(head) => (head, None),
                Step::Trailers(fields) => (plain.clone(), Some(Head { fields, age: None })),
                Step::TableSize(octets) => {
                    scheduler.set_peer_table_size(octets);
                    decoder.set_max_table_size(octets);
                    (plain.clone(), None)
                }
            };
            let told: Vec<_> = [Some(&head), trailers.as_ref()].into_iter().flatten().map(expected).collect();
            let heard = hear(&mut scheduler, &mut decoder, number, head, trailers);
            prop_assert_eq!(heard, told);
        }
    }
}

/// The encoder puts a date into the table when it has seen it twice.
#[test]
fn a_date_becomes_an_index_all_the_same() {
    let blocks = written(&Head {
        fields: vec![(
            "date".to_owned(),
            "Thu, 26 Nov 2026 03:33:40 GMT".to_owned(),
        )],
        age: None,
    });
    assert_eq!(blocks[2..], [[0x88, 0xbe], [0x88, 0xbe], [0x88, 0xbe]]);
}

#[test]
fn the_second_of_two_heads_that_are_the_same_is_all_indices() {
    let blocks = written(&Head {
        fields: vec![("server".to_owned(), "eyas".to_owned())],
        age: Some(200),
    });
    assert!(blocks[0].len() > blocks[1].len());
    // :status 200, the field from the table, and age: 200 in two octets of Huffman code.
    let again = [0x88, 0xbe, 0x0f, 6, 0x82, 0x10, 0x01];
    assert_eq!(blocks[1..], [again, again, again, again]);
}

/// What `head` is written as, five times in turn.
fn written(head: &Head) -> Vec<Vec<u8>> {
    let writer = FrameWriter::new(4096);
    let mut scheduler = Scheduler::new(writer, Marks::default(), 1000);
    let write = |number: u32| {
        let id = StreamId::new(number * 2 + 1).expect("small");
        let key = scheduler.open(id, Priority::default());
        scheduler.head(key, head.clone()).expect("the first head");
        scheduler.end(key).expect("behind the head");
        let mut out = OutputBuffer::new();
        scheduler.fill(&mut out);
        out.chunk()[9..].to_vec()
    };
    (0..5).map(write).collect()
}
