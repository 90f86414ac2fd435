//! Whose turn it is, and the octets cut for it, by the clock.

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use eyas_frame::StreamId;
use eyas_hpack::Field;
use eyas_output::{BlockWriter, FieldBlock, FrameWriter, Marks, OutputBuffer, Priority, Scheduler};

struct Ok200;

impl FieldBlock for Ok200 {
    fn write_fields(&self, block: &mut BlockWriter<'_>) {
        block.status(200);
        block.field(Field::new("content-length", "13"));
    }
}

fn drain(criterion: &mut Criterion) {
    let mut scheduler = Scheduler::new(FrameWriter::new(4096), Marks::default(), 1 << 16);
    let mut out = OutputBuffer::new();
    let mut group = criterion.benchmark_group("scheduler");
    group.throughput(Throughput::Elements(100));
    group.bench_function("100 small responses", |bencher| {
        bencher.iter(|| {
            respond(
                &mut scheduler,
                &mut out,
                100,
                &Bytes::from_static(b"Hello, World!"),
            )
        });
    });
    let large = Bytes::from(vec![b'x'; 32 * 1024]);
    group.throughput(Throughput::Bytes(16 * 32 * 1024));
    group.bench_function("16 responses of 32 KiB", |bencher| {
        bencher.iter(|| respond(&mut scheduler, &mut out, 16, &large));
    });
    group.finish();
}

/// Opens streams, answers on each, and writes everything.
fn respond(scheduler: &mut Scheduler<Ok200>, out: &mut OutputBuffer, count: u32, content: &Bytes) {
    let mut keys = Vec::with_capacity(count as usize);
    for number in 0..count {
        let id = StreamId::new(number * 2 + 1).expect("it is small and not 0");
        let key = scheduler.open(id, Priority::default());
        scheduler.complete_request(key);
        scheduler
            .whole(key, Ok200, content.clone())
            .expect("nothing was said before");
        keys.push(key);
    }
    let mut octets = 0;
    while scheduler.has_output() {
        scheduler.fill(out);
        octets += out.len();
        out.written(out.len());
        while scheduler.poll_notice().is_some() {}
        while scheduler.take_spent().is_some() {}
    }
    for key in keys {
        scheduler.remove(key);
    }
    let credit = u32::try_from(octets).expect("a batch is small");
    scheduler
        .grow_connection(credit.min(count * content.len() as u32))
        .expect("it was spent");
}

criterion_group!(benches, drain);
criterion_main!(benches);
