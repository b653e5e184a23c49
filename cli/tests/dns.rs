//! Clusters whose endpoints are what DNS says: a real name server, and servers that answer nonsense or not at all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use support::frames::{ACK, DATA, END_HEADERS, END_STREAM, Frames, HEADERS, SETTINGS, frame};
use support::{Call, Client, Dice, Names, Next, Proxy, Response, Upstream, eventually, get, refusing};

const ONE: &str = "127.0.0.1";
const TWO: &str = "127.0.0.2";

/// An upstream on this address that answers with its name; after `/bye` it closes.
fn telling(address: SocketAddr) -> Option<Upstream> {
    let name = address.ip().to_string();
    Upstream::start_on(address, move |call: &mut Call<'_>| {
        call.body();
        let bye = call.path() == "/bye";
        let close = if bye { "Connection: close\r\n" } else { "" };
        call.send(format!("HTTP/1.1 200 OK\r\n{close}Content-Length: {}\r\n\r\n{name}", name.len()));
        if bye { Next::Close } else { Next::Keep }
    })
}

/// Two upstreams with one port.
fn pair() -> (Upstream, Upstream, u16) {
    eventually("a port that is free twice", || {
        let one = telling(SocketAddr::new(ONE.parse().unwrap(), 0))?;
        let port = one.address().port();
        Some((one, telling(SocketAddr::new(TWO.parse().unwrap(), port))?, port))
    })
}

/// A proxy with one worker that asks `server`, a route `/NAME` for each of these clusters, and one to `app` for the
/// rest.
fn proxy(server: SocketAddr, more: &str, clusters: &[(&str, String)]) -> Proxy {
    Proxy::start(&table(server, more, clusters))
}

fn table(server: SocketAddr, more: &str, clusters: &[(&str, String)]) -> String {
    let routes: String = clusters
        .iter()
        .map(|(name, _)| match *name {
            "app" => "  app: {to: app}\n".to_owned(),
            name => format!("  {name}: {{match: {{path: /{name}}}, to: {name}}}\n"),
        })
        .collect();
    let clusters: String = clusters.iter().map(|(name, keys)| format!("  {name}: {{{keys}}}\n")).collect();
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1, drain: {{delay: none}}, dns: {{servers: [\"{server}\"], timeout: 400ms{more}}}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\nroutes:\n{routes}clusters:\n{clusters}"
    )
}

/// The addresses of a cluster's endpoints, without their port.
fn endpoints(proxy: &Proxy, cluster: &str) -> Vec<String> {
    let metrics = get(proxy.admin(), "/metrics").unwrap().text();
    let start = format!("towpath_endpoint_active{{cluster=\"{cluster}\",endpoint=\"");
    let lines = metrics.lines().filter_map(|line| line.strip_prefix(&start));
    lines.map(|line| line.rsplit_once(':').unwrap().0.to_owned()).collect()
}

fn wait_for(proxy: &Proxy, cluster: &str, expected: &[&str]) {
    eventually(&format!("{cluster} is {expected:?}"), || {
        (endpoints(proxy, cluster) == expected).then_some(())
    });
}

/// How often a resolution came to this.
fn count(proxy: &Proxy, cluster: &str, result: &str) -> u64 {
    let metrics = get(proxy.admin(), "/metrics").unwrap().text();
    let start = format!("towpath_dns_resolutions_total{{cluster=\"{cluster}\",result=\"{result}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&start)).map_or(0, |count| count.parse().unwrap())
}

fn ask(proxy: &Proxy, path: &str) -> Response {
    get(proxy.address("web"), path).expect("an answer")
}

/// Who answers, of several requests.
fn answerers(proxy: &Proxy, path: &str) -> BTreeSet<String> {
    (0..40).map(|_| ask(proxy, path).text()).collect()
}

fn refused(proxy: &Proxy, path: &str, reason: &str) -> bool {
    let answer = ask(proxy, path);
    answer.status == 503 && answer.value("x-towpath-reason") == Some(reason)
}

#[test]
fn addresses_come_and_go_by_their_ttl() {
    let (_one, two, port) = pair();
    let names = Names::start(&format!("{ONE} app.test\n{TWO} app.test\n::1 app.test\n"), &[]);
    let name = |keys: &str| format!("dns: {{name: app.test, port: {port}{keys}}}");
    let proxy = proxy(
        names.address(),
        "",
        &[("app", name(", family: v4")), ("six", name(", family: v6")), ("few", name(", addresses_max: 2"))],
    );
    wait_for(&proxy, "app", &[ONE, TWO]);
    wait_for(&proxy, "six", &["[::1]"]);
    wait_for(&proxy, "few", &[ONE, TWO]);
    assert_eq!(answerers(&proxy, "/"), BTreeSet::from([ONE.to_owned(), TWO.to_owned()]));
    let connections = two.connections();

    names.say(&format!("{TWO} app.test\n"));
    wait_for(&proxy, "app", &[TWO]);
    assert_eq!(answerers(&proxy, "/"), BTreeSet::from([TWO.to_owned()]));
    assert_eq!(two.connections(), connections, "the endpoint that stayed has kept its connections");
    names.say(&format!("{ONE} app.test\n::1 app.test\n"));
    wait_for(&proxy, "app", &[ONE]);
    assert_eq!(answerers(&proxy, "/"), BTreeSet::from([ONE.to_owned()]));
}

#[test]
fn services_say_ports_and_weights() {
    let (_one, _two, port) = pair();
    let other = telling(SocketAddr::new(ONE.parse().unwrap(), 0)).unwrap();
    let hosts = format!("{ONE} one.test\n{TWO} two.test\n");
    let srv = |host: &str, port: u16, priority: u16, weight: u16| {
        format!("--srv-host=_app._tcp.test,{host},{port},{priority},{weight}")
    };
    let records = [srv("one.test", port, 1, 10), srv("two.test", port, 1, 30), srv("one.test", 1, 2, 10)];
    let mut names = Names::start(&hosts, &records.each_ref().map(String::as_str));
    let proxy =
        proxy(names.address(), "", &[("app", "dns: {srv: _app._tcp.test}, balance: round-robin".to_owned())]);
    wait_for(&proxy, "app", &[ONE, TWO]);
    let twos = (0..40).filter(|_| ask(&proxy, "/").text() == TWO).count();
    assert_eq!(twos, 30, "by weight");

    names.restart(&hosts, &[&srv("one.test", other.address().port(), 0, 0), &srv("two.test", port, 1, 1)]);
    wait_for(&proxy, "app", &[ONE]);
    other.drain();
    assert_eq!((ask(&proxy, "/").text().as_str(), other.drain().len()), (ONE, 1), "another port");
    // a target of `.`: the service is not offered here
    names.restart(&hosts, &["--srv-host=_app._tcp.test"]);
    wait_for(&proxy, "app", &[]);
    assert!(refused(&proxy, "/", "dns-failed"));
}

#[test]
fn the_last_good_answer_outlives_the_server() {
    let (_one, _two, port) = pair();
    let mut names = Names::start(&format!("{ONE} app.test\n"), &[]);
    let proxy = proxy(names.address(), "", &[("app", format!("dns: {{name: app.test, port: {port}}}"))]);
    wait_for(&proxy, "app", &[ONE]);
    let good = count(&proxy, "app", "resolved");
    names.stop();
    eventually("failures", || {
        (count(&proxy, "app", "timeout") + count(&proxy, "app", "unreachable") >= 2).then_some(())
    });
    assert_eq!((endpoints(&proxy, "app"), ask(&proxy, "/").status), (vec![ONE.to_owned()], 200));
    assert!(count(&proxy, "app", "resolved") <= good + 1);
    let clusters = get(proxy.admin(), "/clusters").unwrap().text();
    assert!(clusters.contains("app.test:") && !clusters.contains("\"result\": \"resolved\""), "{clusters}");

    names.restart(&format!("{TWO} app.test\n"), &[]);
    wait_for(&proxy, "app", &[TWO]);
    assert_eq!(ask(&proxy, "/").text(), TWO);
}

#[test]
fn a_name_that_is_gone_for_good_has_no_endpoint() {
    let (_one, _two, port) = pair();
    let names = Names::start(&format!("{ONE} app.test\n"), &[]);
    let proxy = proxy(names.address(), "", &[("app", format!("dns: {{name: app.test, port: {port}}}"))]);
    wait_for(&proxy, "app", &[ONE]);
    names.say("");
    wait_for(&proxy, "app", &[]);
    assert!(count(&proxy, "app", "no-name") >= 2, "once is not believed");
    assert!(refused(&proxy, "/", "dns-failed"));
    names.say(&format!("{ONE} app.test\n"));
    wait_for(&proxy, "app", &[ONE]);
    assert_eq!(ask(&proxy, "/").status, 200);
}

#[test]
fn in_the_logical_mode_old_connections_are_used_up() {
    let (one, _two, port) = pair();
    let names = Names::start(&format!("{ONE} app.test\n"), &[]);
    let dns = format!("dns: {{name: app.test, port: {port}, mode: logical, family: v4}}");
    let proxy = proxy(names.address(), "", &[("app", dns)]);
    wait_for(&proxy, "app", &[ONE]);
    assert_eq!(ask(&proxy, "/").text(), ONE);
    names.say(&format!("{TWO} app.test\n"));
    wait_for(&proxy, "app", &[TWO]);
    assert_eq!(
        (ask(&proxy, "/").text().as_str(), one.connections()),
        (ONE, 1),
        "the connection is as good as before"
    );
    assert_eq!(ask(&proxy, "/bye").text(), ONE);
    assert_eq!(
        (ask(&proxy, "/").text().as_str(), one.connections()),
        (TWO, 1),
        "a new one goes to the new address"
    );
}

/// An endpoint of HTTP/2 that leaves the request on its first connection unanswered if it `holds`, and answers all others with
/// its name.
fn telling_http2(listener: TcpListener, holds: bool) {
    let name = listener.local_addr().unwrap().ip().to_string();
    thread::spawn(move || {
        for number in 0.. {
            let (mut frames, name) = (Frames::accept(&listener), name.clone());
            thread::spawn(move || {
                while let Some(seen) = frames.next() {
                    match (seen.kind, seen.flags & ACK) {
                        (SETTINGS, 0) => frames.send(frame(SETTINGS, ACK, 0, [])),
                        (HEADERS, _) if !holds || number > 0 => frames
                            .send(frame(HEADERS, END_HEADERS, seen.stream, [0x88]))
                            .send(frame(DATA, END_STREAM, seen.stream, &name)),
                        _ => &mut frames,
                    };
                }
            });
        }
    });
}

#[test]
fn in_the_logical_mode_a_further_connection_of_http2_goes_to_the_new_address() {
    let (one, two) = eventually("a port that is free twice", || {
        let one = TcpListener::bind((ONE, 0)).unwrap();
        let two = TcpListener::bind((TWO, one.local_addr().unwrap().port())).ok()?;
        Some((one, two))
    });
    let port = one.local_addr().unwrap().port();
    telling_http2(one, true);
    telling_http2(two, false);
    let names = Names::start(&format!("{ONE} app.test\n"), &[]);
    let dns = format!(
        "dns: {{name: app.test, port: {port}, mode: logical, family: v4}}, protocol: h2, limits: {{streams: 1}}"
    );
    let proxy = proxy(names.address(), "", &[("app", dns)]);
    wait_for(&proxy, "app", &[ONE]);
    let mut held = Client::connect(proxy.address("web"));
    held.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    proxy.await_metric("towpath_upstream_http2_streams_open{cluster=\"app\"}", 1.0);
    names.say(&format!("{TWO} app.test\n"));
    wait_for(&proxy, "app", &[TWO]);
    assert_eq!(ask(&proxy, "/").text(), TWO, "the old one carries what it can");
}

#[test]
fn hosts_need_no_server_and_reloads_begin_and_end_names() {
    let (_one, _two, port) = pair();
    let names = Names::start(&format!("{TWO} app.test\n"), &[]);
    let local = ("app", format!("dns: {{name: localhost, port: {port}, family: v4}}"));
    let proxy = proxy(refusing(), "", std::slice::from_ref(&local));
    wait_for(&proxy, "app", &[ONE]);
    let more = ("more", format!("dns: {{name: app.test, port: {port}}}"));
    proxy.rewrite(&table(names.address(), "", &[local, more]));
    wait_for(&proxy, "more", &[TWO]);
    assert_eq!((ask(&proxy, "/more").text().as_str(), ask(&proxy, "/").text().as_str()), (TWO, ONE));
    proxy.rewrite(&table(names.address(), "", &[("app", format!("dns: {{name: app.test, port: {port}}}"))]));
    wait_for(&proxy, "app", &[TWO]);
    let metrics = get(proxy.admin(), "/metrics").unwrap().text();
    assert!(!metrics.contains("cluster=\"more\",result"), "{metrics}");
}

/// A name server that calls `answer` for every question, and sends what it gives.
fn odd(answer: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    odd_by(None, answer)
}

/// The same, which sends from another address.
fn odd_by(other: Option<UdpSocket>, answer: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("a bound port");
    thread::spawn(move || {
        let mut question = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            for reply in answer(&question[..length]) {
                // whoever asked may have gone
                let _ = other.as_ref().unwrap_or(&socket).send_to(&reply, from);
            }
        }
    });
    address
}

/// The question, turned into an answer with this code and these further octets.
fn reply(question: &[u8], code: u8, answers: u8, rest: &[u8]) -> Vec<u8> {
    let mut reply = question.to_vec();
    (reply[2], reply[3], reply[7]) = (0x81, 0x80 | code, answers);
    // what follows the question (EDNS) is left out
    let end = 12 + question[12..].iter().position(|octet| *octet == 0).unwrap() + 5;
    reply.truncate(end);
    reply[8..12].fill(0);
    reply.extend_from_slice(rest);
    reply
}

/// A record of the name in question: type, TTL of a minute, and this content.
fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    held_for([0, 0, 0, 60], kind, content)
}

/// The same with this TTL.
fn held_for(ttl: [u8; 4], kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    [&[0xc0, 12, 0, kind, 0, 1][..], &ttl, &[0, length], content].concat()
}

#[test]
fn servers_that_make_no_sense_disturb_nobody() {
    let upstream = Upstream::echo();
    type Answer = fn(&[u8]) -> Vec<Vec<u8>>;
    let table: [(&str, Answer, &str); 16] = [
        ("silent", |_| Vec::new(), "timeout"),
        ("noise", |_| vec![vec![0xff; 512], Vec::new(), vec![0], vec![0; 12]], "timeout"),
        ("half", |question| vec![question[..question.len() / 2].to_vec()], "timeout"),
        (
            "stranger",
            |question| {
                let mut reply = reply(question, 0, 1, &record(1, &[127, 0, 0, 1]));
                reply[0] ^= 0xff;
                vec![reply]
            },
            "timeout",
        ),
        // what is asked for, from somebody who was not asked
        ("elsewhere", |question| vec![reply(question, 0, 1, &record(1, &[127, 0, 0, 1]))], "timeout"),
        (
            "dice",
            |question| {
                let mut dice = Dice(u64::from(question[0]) * 256 + u64::from(question[1]) + 1);
                let id = question[..2].to_vec();
                (0..20)
                    .map(|length| [id.clone(), (0..length).map(|_| dice.roll(256) as u8).collect()].concat())
                    .collect()
            },
            "timeout",
        ),
        // an answer to another question
        (
            "other",
            |question| {
                let mut reply = reply(question, 0, 1, &record(1, &[127, 0, 0, 1]));
                reply[13] ^= 0x01;
                vec![reply]
            },
            "timeout",
        ),
        // cut short, says its head; and nobody listens where the whole of it would be
        (
            "cut",
            |question| {
                let mut reply = reply(question, 0, 0, &[]);
                reply[2] |= 0x02;
                vec![reply]
            },
            "unreachable",
        ),
        // a name whose letters are those of itself, for ever
        (
            "whirl",
            |question| {
                let at = u8::try_from(reply(question, 0, 0, &[]).len()).unwrap();
                vec![reply(question, 0, 1, &[&[0xc0, at], &record(1, &[127, 0, 0, 1])[2..]].concat())]
            },
            "timeout",
        ),
        ("unknown", |question| vec![reply(question, 3, 0, &[])], "no-name"),
        ("empty", |question| vec![reply(question, 0, 0, &[])], "no-address"),
        // a name that is an alias of itself, for ever
        (
            "loop",
            |question| vec![reply(question, 0, 1, &[0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 12])],
            "no-address",
        ),
        (
            "overrun",
            |question| vec![reply(question, 0, 200, &[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0xff, 0xff])],
            "timeout",
        ),
        ("failing", |question| vec![reply(question, 2, 0, &[])], "server-failure"),
        ("refusing", |question| vec![reply(question, 5, 0, &[])], "server-failure"),
        // addresses that nobody can listen on
        (
            "nowhere",
            |question| vec![reply(question, 0, 2, &[record(1, &[0; 4]), record(1, &[255; 4])].concat())],
            "no-address",
        ),
    ];
    let try_one = |(name, answer, result): (&str, Answer, &str)| {
        let app = ("app", format!("endpoints: [\"{}\"]", upstream.address()));
        let odd = ("odd", "dns: {name: odd.test, port: 80}".to_owned());
        let other = (name == "elsewhere").then(|| UdpSocket::bind("127.0.0.1:0").unwrap());
        let proxy = proxy(odd_by(other, answer), "", &[app, odd]);
        eventually(&format!("{name}: {result} is counted"), || {
            assert_eq!(ask(&proxy, "/").status, 200, "{name}");
            let answer = ask(&proxy, "/odd");
            let reason = answer.value("x-towpath-reason");
            assert!(
                answer.status == 503 && reason.is_some_and(|reason| reason.starts_with("dns-")),
                "{name}: {answer:?}"
            );
            (count(&proxy, "odd", result) >= 2).then_some(())
        });
        assert_eq!((count(&proxy, "odd", "resolved"), endpoints(&proxy, "odd").len()), (0, 0), "{name}");
    };
    // each of them waits most of the time
    thread::scope(|scope| {
        table
            .map(|row| {
                scope.spawn({
                    let try_one = &try_one;
                    move || try_one(row)
                })
            })
            .map(|one| one.join().unwrap())
    });
}

#[test]
fn no_ttl_is_too_short_or_too_long() {
    for (ttl, keys) in
        [([0; 4], ""), ([0xff; 4], ", ttl_max: 1s"), ([0x7f, 0xff, 0xff, 0xff], ", ttl_max: 1s")]
    {
        let questions = Arc::new(AtomicU64::new(0));
        let asked = Arc::clone(&questions);
        let server = odd(move |question| {
            asked.fetch_add(1, Ordering::AcqRel);
            vec![reply(question, 0, 1, &held_for(ttl, 1, &[127, 0, 0, 1]))]
        });
        let dns = format!("dns: {{name: app.test, port: 80, family: v4{keys}}}");
        let proxy = proxy(server, "", &[("app", dns)]);
        eventually(&format!("{ttl:?} has passed"), || (count(&proxy, "app", "resolved") >= 2).then_some(()));
        let (questions, answers) = (questions.load(Ordering::Acquire), count(&proxy, "app", "resolved"));
        assert!(questions <= answers + 1, "{ttl:?}: {questions} questions for {answers} answers");
        assert_eq!(endpoints(&proxy, "app"), [ONE], "{ttl:?}");
    }
}

#[test]
fn readiness_waits_for_first_answers_but_not_for_ever() {
    let upstream = Upstream::echo();
    let app = ("app", format!("endpoints: [\"{}\"]", upstream.address()));
    let late = ("late", "dns: {name: late.test, port: 80}".to_owned());
    let proxy = proxy(odd(|_| Vec::new()), ", startup_timeout: 1500ms", &[app, late]);
    let ready = || get(proxy.admin(), "/ready").unwrap();
    let first = ready();
    assert_eq!((first.status, first.text().trim()), (503, "waiting for the names of clusters: late"));
    assert!(refused(&proxy, "/late", "dns-pending"));
    assert_eq!(ask(&proxy, "/").status, 200, "others are served meanwhile");
    eventually("the wait is over", || (ready().status == 200).then_some(()));
    assert!(refused(&proxy, "/late", "dns-failed"));
}

#[test]
fn one_family_that_is_never_answered_does_not_hold_the_other_up() {
    let upstream = telling(SocketAddr::new(ONE.parse::<IpAddr>().unwrap(), 0)).unwrap();
    // A is answered, AAAA (28) is not
    let server = odd(|question| {
        let end = 12 + question[12..].iter().position(|octet| *octet == 0).unwrap();
        if question[end + 2] == 28 {
            Vec::new()
        } else {
            vec![reply(question, 0, 1, &record(1, &[127, 0, 0, 1]))]
        }
    });
    let port = upstream.address().port();
    let proxy = proxy(server, "", &[("app", format!("dns: {{name: app.test, port: {port}}}"))]);
    wait_for(&proxy, "app", &[ONE]);
    assert_eq!(ask(&proxy, "/").text(), ONE);
    let mut client = Client::connect(proxy.admin());
    client.send("POST /explain HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\nContent-Length: 12\r\n\r\n{\"url\": \"/\"}");
    let said = client.response_to("POST").unwrap().text();
    assert!(said.contains(&format!("dns app.test:{port} (resolved)")), "{said}");
    assert!(said.contains(&format!("endpoint {ONE}:{port}")), "{said}");
}
