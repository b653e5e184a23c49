#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::run::tally::{Answered, Outcome};

/// A curve of so many answers, from 1 ms in steps of 1 ms.
fn curve(label: &str, count: u64) -> Curve {
    let mut tally = Tally::new().unwrap();
    for latency in (1..=count).map(|millis| millis * 1_000_000) {
        let answer = Answered { status: 200, version: b"", grpc: None };
        tally.record(&Outcome { answer: Ok(answer), bytes_in: 0, bytes_out: 0 }, latency);
    }
    Curve::new(label.to_owned(), &tally).unwrap()
}

fn texts(shapes: &[Shape]) -> Vec<&str> {
    let mut texts = Vec::new();
    for shape in shapes {
        if let Shape::Text(_, _, text, _) = shape {
            texts.push(text.as_str());
        }
    }
    texts
}

fn lines(shapes: &[Shape], thickness: f64) -> Vec<&[Point]> {
    let mut lines = Vec::new();
    for shape in shapes {
        match shape {
            Shape::Line(points, own, _) if *own == thickness => lines.push(points.as_slice()),
            _ => {}
        }
    }
    lines
}

#[test]
fn axes_say_what_is_where() {
    let shapes = chart(&[curve("5000/s", 1000)]);
    let texts = texts(&shapes);
    for wanted in ["0%", "90%", "99%", "99.9%", "1 ms", "200 ms", "1 s", "5000/s"] {
        assert!(texts.contains(&wanted), "{wanted} in {texts:?}");
    }
    assert!(!texts.contains(&"99.99%"), "a thousand answers have no such percentile");
}

#[test]
fn curves_rise_to_the_right_and_stay_inside() {
    let curves = [curve("a", 1), curve("b", 7), curve("c", 5000)];
    let shapes = chart(&curves);
    let drawn = lines(&shapes, 2.5);
    assert_eq!(drawn.len(), 3);
    for points in drawn {
        assert!(!points.is_empty());
        assert!(
            points
                .iter()
                .all(|(x, y)| (LEFT..=WIDTH - RIGHT).contains(x) && (TOP..=HEIGHT - BOTTOM).contains(y))
        );
        assert!(
            points.iter().zip(points.iter().skip(1)).all(|(one, next)| one.0 <= next.0 && one.1 >= next.1)
        );
        assert!(points.len() < 3000, "what is not seen is left out");
    }
}

#[test]
fn a_percentile_is_where_the_axis_says() {
    let curves = [curve("a", 1000)];
    let axes = Axes::of(&curves);
    let points = axes.points(&curves[0]);
    // 900 of 1000 answers took at most 900 ms
    let (x, y) = (axes.x(0.1), axes.y(900e6));
    let nearest =
        points.iter().map(|point| (point.0 - x).abs() + (point.1 - y).abs()).fold(f64::MAX, f64::min);
    assert!(nearest < 1.0, "{nearest}");
}

#[test]
fn nothing_and_too_much_can_be_drawn() {
    assert!(Curve::new("none".to_owned(), &Tally::new().unwrap()).is_none());
    assert!(texts(&chart(&[])).contains(&"latency by percentile"));
    let many: Vec<_> = (0..20).map(|number| curve(&format!("{number}/s"), 3)).collect();
    assert_eq!(lines(&chart(&many), 2.5).len(), CURVES_MAX);
}
