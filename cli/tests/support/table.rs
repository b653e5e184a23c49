//! Tables of raw requests, and what must become of each.

use std::collections::HashSet;

use super::PATIENCE;
use super::client::{Client, Response, get};
use super::process::Proxy;
use super::upstream::{Received, Upstream};
use super::wire::{Fields, Head, latin};

/// The path of requests whose bodies break; their heads may reach the upstream, the whole of them never.
const BREAKING: &str = "/breaking";

/// What must become of a request.
#[derive(Debug, Clone)]
pub enum Expect {
    /// It is answered with one of these statuses, the connection ends, and nothing reaches the upstream.
    Refused(&'static [u16]),
    /// Its body is found broken on the way: answered with one of these, the connection ends, and the upstream never sees
    /// it whole. Its path is `/breaking`.
    Broken(&'static [u16]),
    /// It reaches the upstream, and the answer comes back.
    Forwarded(Forwarded),
}

/// What the upstream must have seen. What is `None` must be as it was sent.
#[derive(Debug, Clone, Default)]
pub struct Forwarded {
    line: Option<String>,
    fields: Option<Fields>,
    body: Vec<u8>,
    trailers: Fields,
}

/// How an expectation is written in a table.
pub mod expect {
    use super::{Expect, Forwarded};

    /// 400, before anything reached the upstream.
    pub fn bad() -> Expect {
        Expect::Refused(&[400])
    }

    /// One of these, before anything reached the upstream.
    pub fn refused(statuses: &'static [u16]) -> Expect {
        Expect::Refused(statuses)
    }

    /// 400, before the upstream had the whole of it.
    pub fn broken() -> Expect {
        Expect::Broken(&[400])
    }

    /// Forwarded as it was sent, without a body.
    pub fn same() -> Expect {
        Expect::Forwarded(Forwarded::default())
    }

    /// Forwarded as it was sent, with this body.
    pub fn body(body: &[u8]) -> Expect {
        Expect::Forwarded(Forwarded { body: body.to_vec(), ..Forwarded::default() })
    }

    /// Forwarded with this body and these trailers.
    pub fn trailers(body: &[u8], trailers: &[(&str, &str)]) -> Expect {
        let trailers =
            trailers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Expect::Forwarded(Forwarded { body: body.to_vec(), trailers, ..Forwarded::default() })
    }

    /// Forwarded with another request line.
    pub fn line(line: &str) -> Expect {
        Expect::Forwarded(Forwarded { line: Some(line.to_owned()), ..Forwarded::default() })
    }

    /// Forwarded with another request line and exactly these fields.
    pub fn head(line: &str, fields: &[(&str, &str)]) -> Expect {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Expect::Forwarded(Forwarded {
            line: Some(line.to_owned()),
            fields: Some(fields),
            ..Forwarded::default()
        })
    }
}

/// One row of a table.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// What the client sends.
    pub bytes: Vec<u8>,
    /// What must become of it.
    pub expect: Expect,
}

/// Rows that differ in one place only: `frame` makes a request of each item.
pub fn rows(
    name: &str,
    frame: impl Fn(&[u8]) -> Vec<u8>,
    expect: impl Fn() -> Expect,
    items: &[&[u8]],
) -> Vec<Case> {
    let row = |item: &&[u8]| Case {
        name: format!("{name}: {}", item.escape_ascii()),
        bytes: frame(item),
        expect: expect(),
    };
    items.iter().map(row).collect()
}

/// A proxy before an upstream, to run cases against.
#[derive(Debug)]
pub struct Table {
    upstream: Upstream,
    proxy: Proxy,
    runs: usize,
}

impl Table {
    /// Starts both. `listener` is more keys of the listener, each with its comma in front.
    pub fn start(listener: &str) -> Self {
        let upstream = Upstream::echo();
        let keys = format!(", forward_headers: none{listener}");
        let proxy = Proxy::in_front_of(upstream.address(), &keys, "");
        Self { upstream, proxy, runs: 0 }
    }

    /// Runs every case and reports all that fail.
    pub fn run(&mut self, cases: &[Case]) {
        self.run_with(cases, |client, bytes| {
            client.send(bytes);
        });
    }

    /// The same, with a way of sending.
    pub fn run_with(&mut self, cases: &[Case], send: impl Fn(&mut Client, &[u8])) {
        assert!(!cases.is_empty(), "a table has rows");
        let mut faults = Vec::new();
        for case in cases {
            if let Err(fault) = self.check(case, &send) {
                faults.push(format!("{}\n    sent {}\n    {fault}", case.name, brief(&case.bytes)));
                self.upstream.drain();
            }
        }
        let (count, of) = (faults.len(), cases.len());
        assert!(faults.is_empty(), "{count} of {of} cases fail:\n{}", faults.join("\n"));
    }

    /// Sends every case that is forwarded, cut in two, once for each place between two of its bytes. A place where
    /// another case had the same bytes before it, and the same next ones, is not tried again.
    pub fn run_cut(&mut self, cases: &[Case]) {
        let forwarded = cases.iter().filter(|case| matches!(case.expect, Expect::Forwarded(_)));
        let mut faults = Vec::new();
        let mut tried = HashSet::new();
        for case in forwarded.filter(|case| case.bytes.len() <= 400) {
            let mut client = self.client();
            for cut in 1..case.bytes.len() {
                let (first, second) = case.bytes.split_at(cut);
                if !tried.insert((first, &second[..second.len().min(4)])) {
                    continue;
                }
                let send = |client: &mut Client, _: &[u8]| {
                    client.send_settled(first);
                    client.send(second);
                };
                match self.exchange(case, &mut client, &send) {
                    Ok(closes) if closes => client = self.client(),
                    Ok(_) => {}
                    Err(fault) => {
                        faults.push(format!("{} cut at {cut}: {fault}", case.name));
                        client = self.client();
                        self.upstream.drain();
                    }
                }
            }
        }
        assert!(tried.len() > 1000, "{} places were tried", tried.len());
        assert!(faults.is_empty(), "{} cuts fail:\n{}", faults.len(), faults.join("\n"));
    }

    fn client(&self) -> Client {
        let mut client = Client::connect(self.proxy.address("web"));
        client.wire().stream().set_read_timeout(Some(PATIENCE)).expect("a socket takes its options");
        client
    }

    fn check(&mut self, case: &Case, send: &impl Fn(&mut Client, &[u8])) -> Result<(), String> {
        let mut client = self.client();
        match &case.expect {
            Expect::Refused(statuses) | Expect::Broken(statuses) => {
                self.refused(&mut client, case, statuses, send)
            }
            Expect::Forwarded(_) => {
                if self.exchange(case, &mut client, send)? {
                    return Ok(());
                }
                let path = self.sentinel();
                client.send(format!("GET {path} HTTP/1.1\r\nHost: shop.test\r\n\r\n"));
                let after = client.response().map_err(|fault| format!("the request behind it: {fault}"))?;
                self.is_alone(&after, &path, |_| false)
            }
        }
    }

    /// A path that no other request has.
    fn sentinel(&mut self) -> String {
        self.runs += 1;
        format!("/sentinel/{}", self.runs)
    }

    fn refused(
        &mut self,
        client: &mut Client,
        case: &Case,
        statuses: &[u16],
        send: &impl Fn(&mut Client, &[u8]),
    ) -> Result<(), String> {
        send(client, &case.bytes);
        let response = client.response().map_err(|fault| format!("wanted {statuses:?}: {fault}"))?;
        if !statuses.contains(&response.status) {
            return Err(format!("wanted {statuses:?}, got {}", response.head.line));
        }
        if response.value("x-towpath-reason").is_none() {
            return Err(format!("the answer has no reason: {:?}", response.head.fields));
        }
        let rest = client.rest().map_err(|fault| format!("the connection stays open: {fault}"))?;
        if !rest.is_empty() {
            return Err(format!("more bytes behind the answer: {}", brief(&rest)));
        }
        let path = self.sentinel();
        let after = get(self.proxy.address("web"), &path).map_err(|fault| format!("afterwards: {fault}"))?;
        self.is_alone(&after, &path, is_late)
    }

    /// Whether the sentinel was answered, and is all that the upstream saw besides what is `tolerated`.
    fn is_alone(
        &self,
        after: &Response,
        path: &str,
        tolerated: impl Fn(&Received) -> bool,
    ) -> Result<(), String> {
        let line = format!("GET {path} HTTP/1.1");
        if after.status != 200 || after.value("x-seen") != Some(&line) {
            return Err(format!("the request behind it got {:?} {:?}", after.head.line, after.head.fields));
        }
        let seen = self.upstream.drain();
        let mut others = seen.iter().filter(|received| received.head.line != line && !tolerated(received));
        others.next().map_or(Ok(()), |other| Err(format!("the upstream saw {}", brief(&other.head.raw))))
    }

    /// One exchange on an open connection; says whether it closes with the answer.
    fn exchange(
        &self,
        case: &Case,
        client: &mut Client,
        send: &impl Fn(&mut Client, &[u8]),
    ) -> Result<bool, String> {
        let Expect::Forwarded(expected) = &case.expect else { return Err("it is not forwarded".to_owned()) };
        send(client, &case.bytes);
        let method =
            latin(case.bytes.trim_ascii_start().split(|byte| *byte == b' ').next().unwrap_or_default());
        let response = client.response_to(&method)?;
        if response.status != 200 {
            return Err(format!("refused with {} {:?}", response.head.line, response.head.fields));
        }
        let mut seen = Vec::new();
        while seen.is_empty() {
            seen.extend(self.upstream.wait(1).into_iter().filter(|received| !is_late(received)));
        }
        let received = seen.pop().ok_or("the upstream saw nothing")?;
        if !seen.is_empty() {
            return Err(format!("the upstream saw more than one request: {seen:?}"));
        }
        if response.value("x-seen") != Some(&received.head.line) {
            return Err(format!("the answer is for {:?}", response.value("x-seen")));
        }
        is_as_expected(case, expected, &received)?;
        let old = case.bytes.windows(11).any(|window| window == b" HTTP/1.0\r\n");
        Ok(response.closes() || (old && response.value("connection") != Some("keep-alive")))
    }
}

/// An earlier request whose body broke: the upstream may note it late.
fn is_late(received: &Received) -> bool {
    received.broken.is_some() && received.head.line.contains(BREAKING)
}

fn is_as_expected(case: &Case, expected: &Forwarded, received: &Received) -> Result<(), String> {
    let sent = || {
        let leading = case.bytes.iter().take_while(|byte| b"\r\n".contains(byte)).count();
        let bytes = &case.bytes[leading..];
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").ok_or("no head was sent")?;
        Head::parse(&bytes[..end + 4])
    };
    let sent_line = expected.line.clone().map_or_else(|| sent().map(|head| head.line), Ok)?;
    // framing and connection belong to each hop; the body tells whether they were right
    let plain = |fields: Fields| -> Fields {
        let hop =
            |name: &str| ["transfer-encoding", "connection"].contains(&name.to_ascii_lowercase().as_str());
        fields.into_iter().filter(|(name, _)| !hop(name)).collect()
    };
    let fields = expected.fields.clone().map_or_else(|| sent().map(|head| plain(head.fields)), Ok)?;
    let got = if expected.fields.is_some() {
        received.head.fields.clone()
    } else {
        plain(received.head.fields.clone())
    };
    differ("request line", &sent_line, &received.head.line)?;
    differ("fields", &fields, &got)?;
    differ("body", &latin(&expected.body), &latin(&received.body))?;
    differ("trailers", &expected.trailers, &received.trailers)
}

fn differ<T: PartialEq + std::fmt::Debug>(what: &str, wanted: &T, found: &T) -> Result<(), String> {
    if wanted == found {
        return Ok(());
    }
    Err(format!("{what}: wanted {}, the upstream saw {}", brief_text(wanted), brief_text(found)))
}

fn brief_text(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").chars().take(600).collect()
}

fn brief(bytes: &[u8]) -> String {
    bytes.iter().take(300).copied().collect::<Vec<u8>>().escape_ascii().to_string()
}
