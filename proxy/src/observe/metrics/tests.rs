//! The text is read back by a parser that accepts nothing but what OpenMetrics allows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use super::*;
use crate::observe::exemplar::Identity;
use crate::observe::series::{Sample, SeriesKey};
use crate::observe::tally::ListenerCounter;

/// A family as it was read: its type and its samples by (name, labels).
#[derive(Debug, Default)]
struct Family {
    kind: String,
    samples: BTreeMap<(String, Vec<(String, String)>), f64>,
    exemplars: Vec<(String, String, f64)>,
}

/// The label and the id of an exemplar, and its value, which must lie in its bucket.
fn parse_exemplar(bucket: &[(String, String)], text: &str) -> (String, String, f64) {
    let (text, at) = text.rsplit_once(' ').expect("a time at the end");
    assert!(at.parse::<f64>().expect("a number") > 1.7e9, "{at}");
    let (_, labels, value) = parse_sample(&format!("x{text}"));
    let [(label, id)] = labels.as_slice() else { panic!("one label in {text}") };
    assert!(label.chars().count() + id.chars().count() <= 128, "OpenMetrics allows 128 characters");
    let bound = bucket.iter().find(|(name, _)| name == "le").expect("a bound");
    assert!(value <= bound.1.replace("+Inf", "inf").parse().expect("a number"), "{value} in {bound:?}");
    (label.clone(), id.clone(), value)
}

/// Reads OpenMetrics text, and panics at the first thing that is not allowed.
fn parse(text: &str) -> BTreeMap<String, Family> {
    let body = text.strip_suffix("# EOF\n").expect("the end must be marked");
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (keyword, name, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            match keyword {
                "HELP" => {
                    assert!(!families.contains_key(name), "family {name} comes twice");
                    name.clone_into(&mut current);
                    families.insert(current.clone(), Family::default());
                }
                "TYPE" => families.get_mut(name).expect("help comes first").kind = rest.to_owned(),
                "UNIT" => assert!(name.ends_with(&format!("_{rest}")), "unit {rest} of {name}"),
                other => panic!("unknown comment {other}"),
            }
            assert_eq!(name, current, "families may not interleave");
        } else {
            let (sample, exemplar) =
                line.split_once(" # ").map_or((line, None), |(sample, exemplar)| (sample, Some(exemplar)));
            let (name, labels, value) = parse_sample(sample);
            let family = families.get_mut(&current).expect("a sample needs a family");
            if let Some(exemplar) = exemplar {
                assert!(name.ends_with("_bucket"), "only buckets have exemplars here: {line}");
                family.exemplars.push(parse_exemplar(&labels, exemplar));
            }
            let allowed: &[&str] = match family.kind.as_str() {
                "counter" => &["_total"],
                "gauge" => &[""],
                "info" => &["_info"],
                "histogram" => &["_bucket", "_sum", "_count"],
                other => panic!("unknown type {other}"),
            };
            let suffix = name.strip_prefix(&current).expect("a sample's name begins with its family's");
            assert!(allowed.contains(&suffix), "{name} in a {}", family.kind);
            assert!(family.samples.insert((name, labels), value).is_none(), "sample twice: {line}");
        }
    }
    families
}

fn parse_sample(line: &str) -> (String, Vec<(String, String)>, f64) {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).expect("a value must follow");
    let (name, mut rest) = line.split_at(end);
    assert!(!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()), "name in {line}");
    let mut labels = Vec::new();
    let mut seen = BTreeSet::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (label, after) = rest.split_once("=\"").expect("a label has a quoted value");
            assert!(label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "label {label}");
            assert!(seen.insert(label), "label {label} twice");
            let (value, after) = unquote(after);
            labels.push((label.to_owned(), value));
            match after.split_at(1) {
                (",", after) => rest = after,
                ("}", after) => {
                    rest = after;
                    break;
                }
                (other, _) => panic!("{other} after a label in {line}"),
            }
        }
    }
    let value = rest.strip_prefix(' ').expect("one space before the value");
    (name.to_owned(), labels, value.parse().expect("a number"))
}

/// Takes the text up to the closing quote.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            '"' => return (value, &text[position + 1..]),
            '\\' => value.push(match characters.next().expect("an escape has two characters").1 {
                'n' => '\n',
                other @ ('\\' | '"') => other,
                other => panic!("unknown escape \\{other}"),
            }),
            other => value.push(other),
        }
    }
    panic!("a value is not closed")
}

fn exposed(book: &SeriesBook, stats: &Stats) -> BTreeMap<String, Family> {
    let mut text = Exposition::new(Format::OpenMetrics);
    write_series(&mut text, book);
    write_stats(&mut text, stats);
    parse(&text.finish())
}

fn labels(route: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let fixed = [("route", route), ("cluster", "app"), ("subset", "v1"), ("class", "")];
    fixed.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn everything_that_was_counted_is_read_back() {
    let (book, stats) = (SeriesBook::new(2), Stats::new(2));
    let odd = "a\"b\\c\nd";
    let series = book.series(SeriesKey::new(odd, "app", "v1", ""));
    let _silent = book.series(SeriesKey::new("silent", "app", "v1", ""));
    for (worker, status, millis) in [(0, 200, 1), (1, 200, 30), (1, 503, 90_000)] {
        let elapsed = Duration::from_millis(millis);
        series.record(
            worker,
            &Sample {
                status,
                grpc: None,
                elapsed,
                first_byte: (status == 200).then_some(elapsed),
                request_bytes: 2,
                response_bytes: 5,
            },
        );
    }
    stats.shard(1).local_reply(Reason::NoPath);
    stats.control().add(Counter::Reloads, 2);
    let families = exposed(&book, &stats);
    let value = |family: &str, suffix: &str, labels: Vec<(String, String)>| {
        families[family].samples[&(format!("{family}{suffix}"), labels)]
    };
    assert_eq!(value("towpath_requests", "_total", labels(odd, &[("code", "2xx")])), 2.0);
    assert_eq!(value("towpath_requests", "_total", labels(odd, &[("code", "5xx")])), 1.0);
    assert_eq!(families["towpath_requests"].samples.len(), 2);
    let duration = |suffix, le| value("towpath_request_duration_seconds", suffix, labels(odd, le));
    assert_eq!(duration("_bucket", &[("le", "0.0005")]), 0.0);
    assert_eq!(duration("_bucket", &[("le", "0.05")]), 2.0);
    assert_eq!(duration("_bucket", &[("le", "60.0")]), 2.0);
    assert_eq!(duration("_bucket", &[("le", "+Inf")]), 3.0);
    assert_eq!(duration("_count", &[]), 3.0);
    assert_eq!(duration("_sum", &[]), 90.031);
    let first = |suffix, le| value("towpath_request_first_byte_seconds", suffix, labels(odd, le));
    assert_eq!(first("_bucket", &[("le", "0.001")]), 1.0);
    assert_eq!(first("_bucket", &[("le", "0.05")]), 2.0);
    assert_eq!(first("_count", &[]), 2.0);
    assert_eq!(first("_sum", &[]), 0.031);
    assert_eq!(value("towpath_request_bytes", "_total", labels(odd, &[])), 6.0);
    assert_eq!(value("towpath_response_bytes", "_total", labels(odd, &[])), 15.0);
    assert_eq!(value("towpath_reloads", "_total", vec![]), 2.0);
    let reason = vec![("reason".to_owned(), "no-path".to_owned())];
    assert_eq!(value("towpath_local_replies", "_total", reason), 1.0);
}

#[test]
fn a_silent_proxy_still_shows_every_counter() {
    let families = exposed(&SeriesBook::new(1), &Stats::new(1));
    for counter in Counter::ALL {
        assert_eq!(families[counter.name()].samples.len(), 1, "{}", counter.name());
    }
    assert_eq!(families["towpath_local_replies"].samples.len(), Reason::ALL.len());
}

#[test]
fn buckets_never_fall() {
    let book = SeriesBook::new(1);
    let series = book.series(SeriesKey::new("all", "app", "v1", ""));
    for step in 0..4000_u64 {
        let elapsed = Duration::from_micros(step * step * 7);
        series.record(
            0,
            &Sample {
                status: 200,
                grpc: None,
                elapsed,
                first_byte: None,
                request_bytes: 0,
                response_bytes: 0,
            },
        );
    }
    let counts = series.totals().latency.cumulative();
    assert!(counts.is_sorted() && counts.iter().all(|count| *count <= 4000), "{counts:?}");
}

#[test]
fn a_scrape_has_an_exemplar_taken_and_the_next_shows_it() {
    let (book, stats) = (SeriesBook::new(1), Stats::new(1));
    let series = book.series(SeriesKey::new("all", "app", "v1", ""));
    let serve = |id: &str, millis| {
        let elapsed = Duration::from_millis(millis);
        let sample = Sample {
            status: 200,
            grpc: None,
            elapsed,
            first_byte: None,
            request_bytes: 0,
            response_bytes: 0,
        };
        if let Some(slot) = series.record(0, &sample) {
            slot.write(Identity::Request, id.as_bytes(), elapsed, SystemTime::now());
        }
    };
    let shown = || {
        std::mem::take(
            &mut exposed(&book, &stats).get_mut("towpath_request_duration_seconds").unwrap().exemplars,
        )
    };
    serve("first", 3);
    assert_eq!(shown(), [], "nobody had asked");
    serve("a\"b\\c", 3);
    serve("slow", 70_000);
    let id = |id: &str, value| ("request_id".to_owned(), id.to_owned(), value);
    assert_eq!(shown(), [id("a\"b\\c", 0.003), id("slow", 70.0)]);
    let mut classic = Exposition::new(Format::Classic);
    write_series(&mut classic, &book);
    assert!(!classic.finish().contains(" # "), "the classic format has none");
}

#[test]
fn what_listeners_and_clusters_count_stands_under_their_names() {
    let tallies = [Tally::new(1), Tally::new(1)];
    tallies[1].add(0, ListenerCounter::BytesSent, 7);
    let mut text = Exposition::new(Format::OpenMetrics);
    write_tallies(&mut text, "listener", &[("edge", &tallies[0]), ("web", &tallies[1])]);
    let families = parse(&text.finish());
    let sent: Vec<_> = families["towpath_downstream_sent_bytes"].samples.iter().collect();
    let row = |name: &str| {
        ("towpath_downstream_sent_bytes_total".to_owned(), vec![("listener".to_owned(), name.to_owned())])
    };
    assert_eq!(sent, [(&row("edge"), &0.0), (&row("web"), &7.0)]);
    assert_eq!(families.len(), ListenerCounter::ALL.len());
}
