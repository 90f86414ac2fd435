//! Header blocks to fields and back, and the Huffman code alone, by the clock. Beside its rivals:
//! `cargo xtask bench hpack`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use eyas_benches::get_fields;
use eyas_hpack::{DecodedField, Decoder, DecoderLimits, Encoder, Field, huffman};

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

fn strings(criterion: &mut Criterion) {
    let fields = get_fields(true);
    let texts: Vec<&[u8]> = fields.iter().map(|(_, value)| value.as_bytes()).collect();
    let mut group = criterion.benchmark_group("Huffman code of a browser's 17 values");
    let octets: usize = texts.iter().map(|text| text.len()).sum();
    group.throughput(Throughput::Bytes(octets as u64));

    let mut out = Vec::new();
    group.bench_function("encode", |bencher| {
        bencher.iter(|| {
            out.clear();
            texts
                .iter()
                .for_each(|text| huffman::encode(black_box(text), &mut out));
            black_box(&mut out).len()
        });
    });
    let code = |text: &&[u8]| {
        let mut code = Vec::new();
        huffman::encode(text, &mut code);
        code
    };
    let codes: Vec<Vec<u8>> = texts.iter().map(code).collect();
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            out.clear();
            for code in &codes {
                let decoded = huffman::decode(black_box(code), &mut out);
                assert!(decoded.is_ok(), "the encoder's code is well formed");
            }
            black_box(&mut out).len()
        });
    });
    group.finish();
}

criterion_group!(benches, blocks, strings);
criterion_main!(benches);
