//! RFC 9113 and RFC 7541, by section: frames in, and what has to come of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "tables/http2_client.rs"]
mod client;
#[path = "tables/http2_server.rs"]
mod server;
#[path = "support/lib.rs"]
mod support;

use at_an_endpoint::{Told, endpoint};
use support::frames::{
    ACK, DATA, END_STREAM, Frames, GOAWAY, HEADERS, PING, PREFACE, PROTOCOL_ERROR, RST_STREAM, SETTINGS,
    Seen, WHOLE, frame, plain, status,
};
use support::{Client, Next, PATIENCE, Proxy, Upstream, get};

/// When the frames of a row are sent.
enum Sent {
    /// At once.
    Now(Vec<u8>),
    /// When a request on stream 1 was answered.
    Later(Vec<u8>),
}

/// What has to come of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reaction {
    /// The connection ends with this code.
    Connection(u32),
    /// The stream is reset with this code, and the connection goes on.
    Stream(u32, u32),
    /// The stream is answered with this status, and the connection goes on.
    Answer(u32, u16),
    /// The connection goes on.
    Ignored,
}

/// One rule: its section, what it is about, the frames, the reaction.
type Row = (&'static str, &'static str, Sent, Reaction);

/// `/hi` is answered by the proxy, `/up` by an endpoint when it has the whole body, `/held` by nobody; all else is 404.
fn start() -> (Upstream, Proxy) {
    let upstream = Upstream::start(|call| {
        if call.path() == "/held" {
            let _ = call.wire().has_more();
            return Next::Close;
        }
        call.answer()
    });
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\", linger_timeout: 500ms}}}}\n\
         routes:\n  hi: {{match: {{path: /hi}}, direct_response: {{status: 200, body: hi}}}}\n  \
         up: {{match: {{path: /up}}, to: app}}\n  held: {{match: {{path: /held}}, to: app}}\n\
         clusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        upstream.address()
    ));
    (upstream, proxy)
}

/// What comes of it, of streams 1 to 99.
fn reaction(client: &mut Frames, sent: &Sent, expected: Reaction) -> Reaction {
    let octets = match sent {
        Sent::Now(octets) => octets,
        Sent::Later(octets) => {
            assert!(client.is_served(1), "the first request");
            octets
        }
    };
    // the last PING is answered when everything in front of it was read, and the last request when all that has an answer
    client.send(
        [octets.as_slice(), &frame(PING, 0, 0, b"the last"), &frame(HEADERS, WHOLE, 101, plain())].concat(),
    );
    let mut seen = None;
    let mut ended = None;
    let (mut answered, mut ponged) = (false, false);
    while let Some(frame) = client.next() {
        match frame {
            Seen { kind: GOAWAY, .. } => ended = frame.code(),
            Seen { kind: RST_STREAM, stream: 1..=99, .. } => {
                seen.get_or_insert(Reaction::Stream(frame.stream, frame.code().unwrap()));
            }
            Seen { kind: HEADERS, stream: 1..=99, .. } => {
                seen.get_or_insert(Reaction::Answer(frame.stream, status(&frame)));
            }
            Seen { kind: PING, ref payload, .. } => ponged |= payload == b"the last",
            Seen { kind: DATA | HEADERS, flags, stream: 101, .. } => answered |= flags & END_STREAM != 0,
            _ => {}
        }
        let awaited = matches!(expected, Reaction::Stream(..) | Reaction::Answer(..));
        if answered && ponged && (seen.is_some() || !awaited) {
            break;
        }
    }
    match ended {
        Some(code) => Reaction::Connection(code),
        None => seen.unwrap_or(Reaction::Ignored),
    }
}

fn hold(rows: Vec<Row>, proxy: &Proxy) {
    let mut wrong = Vec::new();
    for (section, name, sent, expected) in rows {
        let mut client = Frames::connect(proxy.address("web"));
        let seen = reaction(&mut client, &sent, expected);
        if seen != expected {
            wrong.push(format!("{section} {name}: {seen:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_server_does_what_the_rules_say() {
    let (_upstream, proxy) = start();
    hold(server::frames(), &proxy);
    hold(server::messages(), &proxy);
    hold(server::compression(), &proxy);
}

/// What a client may begin with instead of the preface, and of settings.
#[test]
fn a_connection_begins_in_one_way_only() {
    let (_upstream, proxy) = start();
    let hello = |rest: &[u8]| [PREFACE, rest].concat();
    let table = [
        ("3.4 no settings, but a request", hello(&frame(HEADERS, WHOLE, 1, plain()))),
        ("3.4 no settings, but a PING", hello(&frame(PING, 0, 0, [0; 8]))),
        ("3.4 no settings, but their acknowledgement", hello(&frame(SETTINGS, ACK, 0, []))),
        ("4.1 no settings, but a frame that nobody knows", hello(&frame(0x16, 0, 0, []))),
    ];
    for (name, octets) in table {
        let mut client = Frames::silent(proxy.address("web"));
        client.send(octets);
        assert_eq!(client.next().map(|first| first.kind), Some(SETTINGS), "{name}: ours come first");
        assert_eq!(client.goodbye(), Some(PROTOCOL_ERROR), "{name}");
    }
    for preface in ["PRI * HTTP/2.0\r\n\r\nMS\r\n\r\n", "A WRONG PREFACE\r\n\r\n"] {
        let mut client = Frames::silent(proxy.address("web"));
        client.send(preface);
        let frames: Vec<_> = std::iter::from_fn(|| client.next()).map(|frame| frame.kind).collect();
        assert!(
            [[SETTINGS].as_slice(), &[SETTINGS, GOAWAY]].contains(&frames.as_slice()),
            "3.4 {preface:?}: {frames:?}"
        );
    }
    proxy.await_metric("towpath_downstream_http2_errors_total{listener=\"web\"}", 6.0);
}

/// What only resembles a preface is a bad request of HTTP/1, and is told so.
#[test]
fn a_request_that_is_wrong_is_no_preface() {
    let (_upstream, proxy) = start();
    let table = [
        "INVALID CONNECTION PREFACE\r\nHost: a\r\n\r\n",
        "HELLO WORLD\r\n\r\n",
        "GET / PREFACE\r\n\r\n",
        "A LINE OF WORDS\r\n\r\n",
        "GET a HTTP/1.1\r\n\r\n",
    ];
    for request in table {
        let mut client = Client::connect(proxy.address("web"));
        client.send(request);
        let answer = client.rest().expect("an answer");
        assert!(answer.starts_with(b"HTTP/1.1 400 "), "{request:?}: {}", answer.escape_ascii());
    }
}

mod at_an_endpoint {
    //! The other side: what an endpoint may say.

    use std::net::{SocketAddr, TcpListener};
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;

    use super::support::frames::{ACK, Frames, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS, frame};

    /// What the endpoint is told.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Told {
        /// Nothing: the connection goes on.
        Alive,
        /// The connection ends with this code.
        Connection(u32),
        /// The request is taken back with this code, and the connection goes on.
        Stream(u32),
        /// The connection ends without a word.
        Ended,
    }

    /// An endpoint that sends these frames when it is asked, and says what it is told for that.
    pub fn endpoint(sent: Vec<u8>, expected: Told) -> (SocketAddr, Receiver<Told>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, told) = channel();
        thread::spawn(move || {
            let mut frames = Frames::accept(&listener);
            let _ = tell.send(serve(&mut frames, &sent, expected));
            // it stays until the proxy has gone
            while frames.next().is_some() {}
        });
        (address, told)
    }

    fn serve(frames: &mut Frames, sent: &[u8], expected: Told) -> Told {
        let mut reset = None;
        let mut ponged = false;
        while let Some(seen) = frames.next() {
            match seen.kind {
                SETTINGS if seen.flags & ACK == 0 => {
                    frames.send(frame(SETTINGS, ACK, 0, []));
                }
                HEADERS => {
                    frames.send([sent, &frame(PING, 0, 0, b"the last")].concat());
                }
                GOAWAY => return Told::Connection(seen.code().unwrap()),
                RST_STREAM => reset = seen.code(),
                PING => ponged |= seen.payload == b"the last",
                _ => {}
            }
            if ponged && (reset.is_some() || !matches!(expected, Told::Stream(_))) {
                return reset.map_or(Told::Alive, Told::Stream);
            }
        }
        Told::Ended
    }
}

#[test]
fn a_client_does_what_the_rules_say() {
    let rows = client::rows();
    let endpoints: Vec<_> = rows.iter().map(|row| endpoint(row.2.clone(), row.4)).collect();
    let (mut routes, mut clusters) = (String::new(), String::new());
    for (number, (address, _)) in endpoints.iter().enumerate() {
        routes += &format!("  r{number}: {{match: {{path: /{number}}}, to: c{number}}}\n");
        clusters += &format!("  c{number}: {{endpoints: [\"{address}\"], protocol: h2}}\n");
    }
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\nroutes:\n{routes}clusters:\n{clusters}"
    ));
    let mut wrong = Vec::new();
    for (number, ((section, name, _, status, expected), (_, told))) in rows.iter().zip(&endpoints).enumerate()
    {
        let answer = get(proxy.address("web"), &format!("/{number}"));
        let whole = answer.as_ref().ok().filter(|answer| answer.broken.is_none());
        let answered = whole.map_or(0, |answer| answer.status);
        let told = told.recv_timeout(PATIENCE).unwrap_or(Told::Ended);
        if (answered, told) != (*status, *expected) {
            wrong.push(format!("{section} {name}: {answered} {told:?}, not {status} {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}
