#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::super::chart::chart;
use super::*;

fn pixels(shapes: &[Shape]) -> Vec<u8> {
    let file = png(shapes).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let found = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((found.width, found.height, pixels.len()), (1000, 560, 1000 * 560 * 3));
    pixels
}

fn at(pixels: &[u8], x: usize, y: usize) -> &[u8] {
    &pixels[(y * 1000 + x) * 3..][..3]
}

#[test]
fn a_line_goes_from_its_start_to_its_end() {
    let red = [255, 0, 0];
    let pixels = pixels(&[Shape::Line(vec![(10.0, 10.0), (100.0, 10.0), (100.0, 55.0)], 2.0, red)]);
    for (x, y) in [(10, 10), (55, 10), (100, 10), (100, 54)] {
        assert_eq!(at(&pixels, x, y), red, "{x} {y}");
    }
    for (x, y) in [(5, 10), (55, 14), (106, 30)] {
        assert_eq!(at(&pixels, x, y), WHITE, "{x} {y}");
    }
}

#[test]
fn text_stands_at_its_side() {
    let black = [0; 3];
    let ink = |side| {
        let pixels = pixels(&[Shape::Text((500.0, 100.0), side, "1%".to_owned(), black)]);
        let inked = (0..1000).filter(|x| (86..100).any(|y| at(&pixels, *x, y) == black));
        inked.collect::<Vec<_>>()
    };
    let (left, middle, right) = (ink(Side::Left), ink(Side::Middle), ink(Side::Right));
    assert!(left[0] >= 500 && right.iter().all(|x| *x < 500), "{left:?} {right:?}");
    assert!(middle[0] < 500 && middle.iter().any(|x| *x >= 500), "{middle:?}");
    assert_eq!((left.len(), middle.len()), (right.len(), left.len()));
}

#[test]
fn every_letter_of_a_chart_has_a_glyph() {
    let shapes = chart(&[]);
    let own = "0123456789.%/ ns µs ms s closed latency by percentile";
    let texts = shapes
        .iter()
        .filter_map(|shape| if let Shape::Text(_, _, text, _) = shape { Some(text.as_str()) } else { None });
    let unknown = glyphs::of('\u{0}');
    for letter in texts.chain([own]).flat_map(str::chars) {
        assert_ne!(glyphs::of(letter), unknown, "{letter}");
    }
}

#[test]
fn what_lies_outside_is_left_out() {
    let outside = [
        Shape::Line(vec![(-50.0, -50.0), (2000.0, 2000.0)], 3.0, [0; 3]),
        Shape::Text((990.0, 3.0), Side::Left, "0000".to_owned(), [0; 3]),
    ];
    assert_eq!(at(&pixels(&outside), 20, 500), WHITE);
}
