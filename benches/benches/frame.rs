//! Frames to octets and back, by the clock.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use eyas_benches::{RequestBlocks, get_fields};
use eyas_frame::{Data, Deframer, StreamId};

fn deframe(criterion: &mut Criterion) {
    let blocks = RequestBlocks::new(&get_fields(true));
    let mut heads = Vec::new();
    for number in 0..100 {
        blocks.open(number * 2 + 1, u64::from(number), true, &mut heads);
    }
    let mut data = Vec::new();
    let stream_id = StreamId::new(1).expect("1 is a stream");
    for _ in 0..64 {
        let content = &[b'x'; 16_384];
        Data {
            stream_id,
            data: content,
            end_stream: false,
            padding: None,
        }
        .encode(&mut data);
    }
    let mut group = criterion.benchmark_group("deframe");
    group.throughput(Throughput::Elements(100));
    group.bench_function("100 HEADERS", |bencher| {
        bencher.iter(|| count(black_box(&heads)))
    });
    group.throughput(Throughput::Elements(64));
    group.bench_function("64 DATA of 16 KiB", |bencher| {
        bencher.iter(|| count(black_box(&data)))
    });
    group.finish();
}

fn count(mut octets: &[u8]) -> usize {
    let mut deframer = Deframer::new(16_384);
    let mut items = 0;
    while let Some(step) = deframer.next(octets) {
        items += usize::from(step.item.is_ok());
        octets = &octets[step.consumed..];
    }
    items
}

criterion_group!(benches, deframe);
criterion_main!(benches);
