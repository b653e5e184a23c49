//! The pure steps of one exchange: a head read and written, an endpoint picked, a record made.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use divan::counter::BytesCount;
use fastrand::Rng;
use towpath_benches::table::config;
use towpath_config::model::Balance;
use towpath_proxy::codec::h1::{
    Asked, HeadLimits, Persistence, Scan, read_request, read_response, write_request,
};
use towpath_proxy::codec::message::{RequestHead, ResponseHead};
use towpath_proxy::codec::outgoing::Outgoing;
use towpath_proxy::observe::series::{Sample, SeriesBook, SeriesKey};
use towpath_proxy::sys::timer::Timers;
use towpath_proxy::upstream::balance::{Ask, EndpointSet};
use towpath_proxy::upstream::endpoint::EndpointState;

fn main() {
    divan::main();
}

/// A sample is so many rounds: one is too short to be measured.
const ROUND: u32 = 1_000;

const LIMITS: HeadLimits = HeadLimits { bytes: 1 << 16, fields: 100, uri: 8192 };

/// A head with so many fields besides `Host`, as browsers send them.
fn request(fields: usize) -> Vec<u8> {
    const FIELDS: [&str; 4] = [
        "Accept: application/json, text/plain, */*",
        "Accept-Language: en-US,en;q=0.5",
        "X-User-Id: 12345",
        "Referer: https://shop.example.com/cart",
    ];
    let lines: String = FIELDS.iter().cycle().take(fields).map(|field| format!("{field}\r\n")).collect();
    format!("GET /cart/items?page=2 HTTP/1.1\r\nHost: shop.example.com\r\n{lines}\r\n").into_bytes()
}

#[divan::bench(args = [0, 12, 40], sample_size = ROUND)]
fn find_end(bencher: Bencher<'_, '_>, fields: usize) {
    let bytes = request(fields);
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| Scan::default().end(black_box(&bytes)));
}

#[divan::bench(args = [0, 12, 40], sample_size = ROUND)]
fn read(bencher: Bencher<'_, '_>, fields: usize) {
    let (bytes, mut head) = (request(fields), RequestHead::default());
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench_local(|| read_request(black_box(&bytes), &LIMITS, &mut head));
}

#[divan::bench(sample_size = ROUND)]
fn read_answer(bencher: Bencher<'_, '_>) {
    let bytes = b"HTTP/1.1 200 OK\r\nServer: app\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\n\
        Content-Type: application/json\r\nContent-Length: 100\r\n\r\n";
    let mut head = ResponseHead::default();
    bencher
        .counter(BytesCount::of_slice(bytes))
        .bench_local(|| read_response(black_box(bytes), Asked::Other, &mut head));
}

#[divan::bench(args = [0, 12, 40], sample_size = ROUND)]
fn write(bencher: Bencher<'_, '_>, fields: usize) {
    let (mut head, mut out, mut text) = (RequestHead::default(), Outgoing::default(), Vec::new());
    let _ = read_request(&request(fields), &LIMITS, &mut head);
    out.add(b"x-forwarded-for", b"192.0.2.1");
    bencher.bench_local(|| {
        text.clear();
        let (fields, framing) = (black_box(&head.fields), head.framing);
        write_request(head.method(), &[head.path()], fields, &out, framing, Persistence::Open, &mut text);
    });
}

fn pick(bencher: Bencher<'_, '_>, endpoints: u16, balance: Balance) {
    let state = |port| Arc::new(EndpointState::new(SocketAddr::from(([127, 0, 0, 1], port)).into()));
    let set = EndpointSet::new((1..=endpoints).map(|port| (state(port), 1 + u32::from(port % 3))));
    let mut rng = Rng::with_seed(1);
    let config = config(
        "listeners: {web: {address: 127.0.0.1:1}}\nroutes: {r: {to: app}}\nclusters: {app: {endpoints: []}}",
    );
    let Some(rules) = config.clusters().first().map(|cluster| cluster.resilience()) else { return };
    let ask = Ask { balance: black_box(balance), rules, tried: &[], now: Timers::default().now() };
    bencher.bench_local(|| set.pick(&ask, &mut rng).map(|pick| pick.endpoint.id()).ok());
}

#[divan::bench(args = [1, 3, 100, 1_000], sample_size = ROUND)]
fn pick_round_robin(bencher: Bencher<'_, '_>, endpoints: u16) {
    pick(bencher, endpoints, Balance::RoundRobin);
}

#[divan::bench(args = [1, 3, 100, 1_000], sample_size = ROUND)]
fn pick_least_request(bencher: Bencher<'_, '_>, endpoints: u16) {
    pick(bencher, endpoints, Balance::LeastRequest);
}

#[divan::bench(sample_size = ROUND)]
fn record(bencher: Bencher<'_, '_>) {
    let series = SeriesBook::new(2).series(SeriesKey::new("checkout", "checkout", "canary", ""));
    let mut rng = Rng::with_seed(1);
    bencher.bench_local(|| {
        let elapsed = Duration::from_nanos(rng.u64(..1 << 30));
        let first_byte = Some(elapsed);
        let sample =
            Sample { status: 200, grpc: None, elapsed, first_byte, request_bytes: 0, response_bytes: 100 };
        series.record(1, black_box(&sample));
    });
}
