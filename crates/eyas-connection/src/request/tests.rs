//! What comes out of a collector does not depend on what went through it before.

use eyas_hpack::{DecodedField, Decoder, DecoderLimits, Encoder, Field, Sink};
use proptest::prelude::*;

use super::*;

type Fields = Vec<(&'static str, &'static str)>;

/// What there is to compare of a request: all but which values are sensitive, as that the encoder decides.
fn told(collector: &mut FieldCollector) -> String {
    let mut request = Request::new(());
    match collector.finish_request(&mut request) {
        Ok(()) => {
            for value in request.headers_mut().values_mut() {
                value.set_sensitive(false);
            }
            format!(
                "{request:?}, {:?}, {:?}",
                collector.declared(),
                request.extensions().get::<crate::Protocol>()
            )
        }
        Err(malformed) => malformed.reason.to_owned(),
    }
}

/// The request as a collector tells it that has heard nothing before, and knows of no table.
fn told_anew(fields: &Fields) -> String {
    let mut collector = FieldCollector::new(true);
    collector.begin_request();
    for (name, value) in fields {
        collector.field(DecodedField {
            name: name.as_bytes(),
            value: value.as_bytes(),
            sensitive: false,
            static_index: None,
            static_value: false,
            malformed: None,
            slot: None,
        });
    }
    told(&mut collector)
}

/// Targets and fields as few clients mix them, well formed or not.
fn requests() -> impl Strategy<Value = Fields> {
    let target = prop::sample::select(vec![
        vec![
            (":method", "GET"),
            (":scheme", "http"),
            (":authority", "a.example:80"),
            (":path", "/"),
        ],
        vec![
            (":method", "GET"),
            (":scheme", "http"),
            (":authority", "a.example:80"),
            (":path", "/b?c"),
        ],
        vec![
            (":method", "PUT"),
            (":scheme", "https"),
            (":authority", "b.example"),
            (":path", "/b?c"),
        ],
        vec![(":method", "GET"), (":scheme", "http"), (":path", "/")],
        vec![(":method", "CONNECT"), (":authority", "a.example:80")],
        vec![
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "http"),
            (":authority", "a.example:80"),
            (":path", "/"),
        ],
        vec![(":method", "GET"), (":method", "GET"), (":path", "/")],
        vec![
            (":method", "GET"),
            (":scheme", "http"),
            (":authority", "a.example:80"),
        ],
    ]);
    let fields = prop::sample::select(vec![
        vec![],
        vec![
            ("user-agent", "test"),
            ("accept", "*/*"),
            ("cookie", "a=1"),
            ("cookie", "b=2"),
        ],
        vec![
            ("user-agent", "test"),
            ("accept", "*/*"),
            ("cookie", "a=1"),
            ("cookie", "b=3"),
        ],
        vec![
            ("user-agent", "test"),
            ("accept", "*/*"),
            ("x-a", "1"),
            ("accept", "text/html"),
        ],
        vec![
            ("user-agent", "test"),
            ("host", "a.example:80"),
            ("content-length", "7"),
        ],
        vec![
            ("user-agent", "test"),
            ("host", "b.example"),
            ("expect", "100-continue"),
        ],
        vec![
            ("user-agent", "test"),
            ("priority", "u=1, i"),
            ("te", "trailers"),
        ],
        vec![("user-agent", "test"), ("te", "gzip")],
        vec![("user-agent", "test"), (":path", "/")],
        vec![("accept-encoding", "gzip, deflate"), ("x-large", LARGE)],
    ]);
    (target, fields).prop_map(|(target, fields)| target.into_iter().chain(fields).collect())
}

/// One of these drives everything else out of the table.
const LARGE: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\
    0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

proptest! {
    #[test]
    fn what_came_before_changes_nothing(
        kinds in prop::collection::vec(requests(), 1..5),
        order in prop::collection::vec((any::<prop::sample::Index>(), 1_usize..5), 1..20),
        table_size in prop::sample::select(vec![0_u32, 200, 4096]),
    ) {
        let mut encoder = Encoder::new(table_size);
        let mut decoder: Decoder<Slot> = Decoder::new(DecoderLimits::default());
        let mut collector = FieldCollector::new(true);
        for (kind, times) in order {
            let fields = kind.get(&kinds);
            for _ in 0..times {
                let mut block = Vec::new();
                encoder.begin(&mut block);
                for (name, value) in fields {
                    encoder.field(Field::new(*name, *value), &mut block);
                }
                collector.begin_request();
                let summary = decoder.decode(&block, &mut collector).expect("the contexts agree");
                prop_assert_eq!(summary.exceeded, None);
                prop_assert_eq!(told(&mut collector), told_anew(fields));
            }
        }
    }
}

#[test]
fn a_request_that_comes_again_is_the_same() {
    let fields = vec![
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", "a.example:80"),
        (":path", "/b?c"),
        ("user-agent", "test"),
        ("cookie", "a=1"),
    ];
    let mut encoder = Encoder::new(4096);
    let mut decoder: Decoder<Slot> = Decoder::new(DecoderLimits::default());
    let mut collector = FieldCollector::new(false);
    let mut followed = Vec::new();
    for _ in 0..5 {
        let mut block = Vec::new();
        encoder.begin(&mut block);
        for (name, value) in &fields {
            let indexing = eyas_hpack::Indexing::Incremental;
            encoder.field_with(Field::new(*name, *value), indexing, &mut block);
        }
        collector.begin_request();
        let summary = decoder
            .decode(&block, &mut collector)
            .expect("the contexts agree");
        assert_eq!(summary.exceeded, None);
        let target = collector.familiar_target.outcome().is_some();
        followed.push((target, collector.familiar_section.outcome().is_some()));
        assert_eq!(told(&mut collector), told_anew(&fields));
    }
    let (built, copied) = ((false, false), (true, true));
    assert_eq!(followed, [built, built, copied, copied, copied]);
}
