use super::*;

#[test]
fn openmetrics_is_given_to_those_who_ask() {
    let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let table = [
        (prometheus, Format::OpenMetrics),
        ("application/OpenMetrics-Text; version=1.0.0", Format::OpenMetrics),
        ("application/openmetrics-text;q=0, text/plain", Format::Classic),
        ("application/openmetrics-text;q=0.0", Format::Classic),
        ("text/plain", Format::Classic),
        ("*/*", Format::Classic),
        ("", Format::Classic),
    ];
    for (accept, format) in table {
        assert_eq!(Format::negotiate(accept), format, "{accept}");
    }
}

fn sample_of(format: Format) -> String {
    let mut text = Exposition::new(format);
    text.family("x_requests", Shape::Counter, "Back\\slash and\nline.").sample(&[("route", "a\"b\\c\nd")], 3);
    text.family("x_received_bytes", Shape::Counter, "Bytes.").sample(&[], 4);
    text.family("x", Shape::Info, "About.").sample(&[("version", "1")], 1);
    let mut family = text.family("x_duration_seconds", Shape::Histogram, "Time.");
    let buckets = [(0.5, 1), (1.0, 2), (f64::INFINITY, 3)];
    let buckets = buckets.map(|(bound, below)| Bucket { bound, below, exemplar: None });
    family.histogram(&Labels::new([("route", "a")]), buckets, 4.25);
    text.finish()
}

#[test]
fn openmetrics_text() {
    assert_eq!(
        sample_of(Format::OpenMetrics),
        r#"# HELP x_requests Back\\slash and\nline.
# TYPE x_requests counter
x_requests_total{route="a\"b\\c\nd"} 3
# HELP x_received_bytes Bytes.
# TYPE x_received_bytes counter
# UNIT x_received_bytes bytes
x_received_bytes_total 4
# HELP x About.
# TYPE x info
x_info{version="1"} 1
# HELP x_duration_seconds Time.
# TYPE x_duration_seconds histogram
# UNIT x_duration_seconds seconds
x_duration_seconds_bucket{route="a",le="0.5"} 1
x_duration_seconds_bucket{route="a",le="1.0"} 2
x_duration_seconds_bucket{route="a",le="+Inf"} 3
x_duration_seconds_sum{route="a"} 4.25
x_duration_seconds_count{route="a"} 3
# EOF
"#
    );
}

#[test]
fn classic_text() {
    let text = sample_of(Format::Classic);
    assert!(text.contains("# TYPE x_requests_total counter\nx_requests_total{"), "{text}");
    assert!(text.contains("# HELP x_received_bytes_total Bytes.\n"), "{text}");
    assert!(text.contains("# TYPE x_info gauge\nx_info{"), "{text}");
    assert!(!text.contains("# UNIT") && !text.contains("# EOF"), "{text}");
}
