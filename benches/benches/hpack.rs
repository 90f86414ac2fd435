//! Header blocks to fields and back, by the clock.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use eyas_benches::get_fields;
use eyas_hpack::{DecodedField, Decoder, DecoderLimits, Encoder, Field};

fn blocks(criterion: &mut Criterion) {
    let fields = get_fields(true);
    let encode = |encoder: &mut Encoder, out: &mut Vec<u8>| {
        out.clear();
        encoder.begin(out);
        for (name, value) in &fields {
            encoder.field(Field::new(*name, *value), out);
        }
    };
    let mut group = criterion.benchmark_group("17 fields of a browser");

    let mut block = Vec::new();
    group.bench_function("encode, first time", |bencher| {
        bencher.iter(|| encode(&mut Encoder::new(4096), black_box(&mut block)));
    });
    let first = block.clone();
    let mut encoder = Encoder::new(4096);
    encode(&mut encoder, &mut block);
    group.bench_function("encode, known", |bencher| {
        bencher.iter(|| encode(&mut encoder, black_box(&mut block)));
    });

    let decode = |decoder: &mut Decoder<()>, block: &[u8]| {
        let mut octets = 0;
        let mut sink = |field: DecodedField<'_, ()>| octets += field.name.len() + field.value.len();
        let summary = decoder.decode(block, &mut sink);
        assert!(summary.is_ok(), "the encoder's block is well formed");
        octets
    };
    group.bench_function("decode, first time", |bencher| {
        bencher.iter(|| {
            decode(
                &mut Decoder::new(DecoderLimits::default()),
                black_box(&first),
            )
        });
    });
    // The steady block of a fresh pair: every field that may be is in the table.
    let (mut encoder, mut decoder) = (Encoder::new(4096), Decoder::new(DecoderLimits::default()));
    for _ in 0..4 {
        encode(&mut encoder, &mut block);
        decode(&mut decoder, &block);
    }
    group.bench_function("decode, known", |bencher| {
        bencher.iter(|| decode(&mut decoder, black_box(&block)));
    });
    group.finish();
}

criterion_group!(benches, blocks);
criterion_main!(benches);
