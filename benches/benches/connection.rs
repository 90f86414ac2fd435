//! A whole connection without I/O, and the facade around it, by the clock.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use eyas_benches::{PREAMBLE, RequestBlocks, Workload, get_fields};
use eyas_connection::{Body, Config, Connection, Event, Head, Limits};
use http::{HeaderMap, StatusCode};

fn core(criterion: &mut Criterion) {
    let blocks = RequestBlocks::new(&get_fields(false));
    let mut connection: Connection = Connection::new(Config::default(), Limits::default());
    let mut input = BytesMut::from(PREAMBLE);
    let mut number = 0_u32;
    let mut octets = Vec::new();
    let mut group = criterion.benchmark_group("core");
    group.throughput(Throughput::Elements(100));
    group.bench_function("100 small GET in one turn", |bencher| {
        bencher.iter(|| {
            octets.clear();
            for _ in 0..100 {
                blocks.open(number * 2 + 1, u64::from(number), true, &mut octets);
                number += 1;
            }
            input.extend_from_slice(&octets);
            turn(&mut connection, &mut input);
        });
    });
    group.finish();
    assert!(!connection.is_closed(), "{:?}", connection.error());
}

fn turn(connection: &mut Connection, input: &mut BytesMut) {
    connection.handle_input(Duration::from_secs(1), input);
    while let Some(event) = connection.poll_event() {
        if let Event::Request { key, .. } = event {
            let head = Head::response(StatusCode::OK, HeaderMap::new()).content_length(13);
            let body = Body::Whole(Bytes::from_static(b"Hello, World!"));
            connection
                .respond(key, head, body)
                .expect("the stream is open");
            connection.release(key);
        }
    }
    while let Some(out) = connection.poll_output() {
        out.written(out.len());
    }
}

fn facade(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("facade, a connection of");
    for (workload, requests) in [
        (Workload::SmallGet, 10_000),
        (Workload::BrowserGet, 10_000),
        (Workload::MebibyteDown, 100),
        (Workload::MebibyteUp, 100),
    ] {
        group.throughput(Throughput::Elements(requests));
        group.sample_size(10);
        group.bench_function(format!("{requests} {}", workload.name()), |bencher| {
            bencher.iter(|| workload.run(requests).expect("every request is answered"));
        });
    }
    group.finish();
}

criterion_group!(benches, core, facade);
criterion_main!(benches);
