//! From latencies to shapes. Both axes are logarithmic: the horizontal one in 1/(1-q), so that every further nine of a
//! percentile has the same room.

use crate::run::tally::Tally;

/// Size of the picture.
pub const WIDTH: f64 = 1000.0;
/// Size of the picture.
pub const HEIGHT: f64 = 560.0;

const LEFT: f64 = 90.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 60.0;

/// More curves than that are not told apart.
const CURVES_MAX: usize = 8;

/// The colours of curves, as red, green and blue.
const COLOURS: [Colour; CURVES_MAX] = [
    [31, 105, 178],
    [213, 94, 0],
    [0, 138, 100],
    [204, 100, 160],
    [90, 70, 170],
    [190, 150, 0],
    [80, 170, 220],
    [90, 90, 90],
];
const TEXT: Colour = [40, 40, 40];
const GRID: Colour = [222, 222, 222];

/// Red, green and blue.
pub type Colour = [u8; 3];

/// A place: right of the left edge, and below the upper one.
pub type Point = (f64, f64);

/// Which side of a text is at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It goes to the right from there.
    Left,
    /// It goes to both sides.
    Middle,
    /// It ends there.
    Right,
}

/// What a picture is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A line through all these points, so thick.
    Line(Vec<Point>, f64, Colour),
    /// A text whose lower edge is at a place.
    Text(Point, Side, String, Colour),
}

/// The latencies of a stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What the legend says.
    pub label: String,
    /// How many answers it stands for.
    count: u64,
    /// Latencies in nanoseconds, and how many answers had at most that.
    steps: Vec<(u64, u64)>,
}

impl Curve {
    /// The latencies of a tally; nothing if there are none.
    pub fn new(label: String, tally: &Tally) -> Option<Self> {
        let mut below = 0;
        let recorded = tally.latency.iter_recorded();
        let steps: Vec<_> = recorded
            .map(|bar| {
                below += bar.count_since_last_iteration();
                (bar.value_iterated_to(), below)
            })
            .collect();
        (below > 0).then_some(Self { label, count: below, steps })
    }
}

/// The axes: what is where.
struct Axes {
    /// The logarithm of the most answers that a curve stands for, at least two nines.
    nines: f64,
    low: f64,
    high: f64,
}

impl Axes {
    fn of(curves: &[Curve]) -> Self {
        let count = curves.iter().map(|curve| curve.count).max().unwrap_or(1);
        let ends = |curve: &Curve| Some((curve.steps.first()?.0.max(1), curve.steps.last()?.0.max(1)));
        let ends: Vec<_> = curves.iter().filter_map(ends).collect();
        let low = ends.iter().map(|(low, _)| *low).min().unwrap_or(1_000);
        let high = ends.iter().map(|(_, high)| *high).max().unwrap_or(1_000_000);
        Self {
            nines: (count as f64).log10().max(2.0),
            low: (low as f64).log10().floor(),
            high: ((high as f64).log10() + 0.02).ceil(),
        }
    }

    fn x(&self, beyond: f64) -> f64 {
        let nines = -beyond.max(f64::MIN_POSITIVE).log10();
        LEFT + nines.clamp(0.0, self.nines) / self.nines * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, nanoseconds: f64) -> f64 {
        let part = (nanoseconds.max(1.0).log10() - self.low) / (self.high - self.low);
        HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)
    }

    fn draw(&self, shapes: &mut Vec<Shape>) {
        let (left, right, bottom) = (self.x(1.0), WIDTH - RIGHT, HEIGHT - BOTTOM);
        for nine in 0..=self.nines as u32 {
            let x = self.x(0.1_f64.powi(nine as i32));
            shapes.push(Shape::Line(vec![(x, TOP), (x, bottom)], 1.0, GRID));
            shapes.push(Shape::Text((x, bottom + 22.0), Side::Middle, percentile(nine), TEXT));
        }
        for power in self.low as i32..=self.high as i32 {
            for digit in [1.0, 2.0, 5.0] {
                let nanoseconds = digit * 10_f64.powi(power);
                let y = self.y(nanoseconds);
                if y < TOP - 0.5 {
                    continue;
                }
                shapes.push(Shape::Line(vec![(left, y), (right, y)], 1.0, GRID));
                shapes.push(Shape::Text((left - 10.0, y + 5.0), Side::Right, time(nanoseconds), TEXT));
            }
        }
        let title = "latency by percentile".to_owned();
        shapes.push(Shape::Text((left, TOP - 16.0), Side::Left, title, TEXT));
    }

    /// The points of a curve, less those that would not be seen.
    fn points(&self, curve: &Curve) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        let mut before = 0;
        for (nanoseconds, below) in &curve.steps {
            let y = self.y(*nanoseconds as f64);
            for answers in [before, *below] {
                // the slowest has nobody behind it, and stands where half a request would
                let beyond = (curve.count - answers) as f64 / curve.count as f64;
                let x =
                    if answers == curve.count { self.x(0.5 / curve.count as f64) } else { self.x(beyond) };
                if points.last().is_none_or(|last| (last.0 - x).abs() + (last.1 - y).abs() > 0.4) {
                    points.push((x, y));
                }
            }
            before = *below;
        }
        points
    }
}

/// The shapes of a chart.
pub fn chart(curves: &[Curve]) -> Vec<Shape> {
    let curves = curves.get(..CURVES_MAX.min(curves.len())).unwrap_or_default();
    let axes = Axes::of(curves);
    let mut shapes = Vec::new();
    axes.draw(&mut shapes);
    for (number, (curve, colour)) in curves.iter().zip(COLOURS).enumerate() {
        shapes.push(Shape::Line(axes.points(curve), 2.5, colour));
        let y = TOP + 12.0 + 22.0 * number as f64;
        let x = WIDTH - RIGHT + 14.0;
        shapes.push(Shape::Line(vec![(x, y - 5.0), (x + 18.0, y - 5.0)], 4.0, colour));
        shapes.push(Shape::Text((x + 26.0, y), Side::Left, curve.label.clone(), TEXT));
    }
    shapes
}

/// A percentile by its nines: 0%, 90%, 99%, 99.9%.
fn percentile(nines: u32) -> String {
    match nines {
        0 => "0%".to_owned(),
        1 => "90%".to_owned(),
        2 => "99%".to_owned(),
        more => format!("99.{}%", "9".repeat(more as usize - 2)),
    }
}

/// A round time.
fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        0.0..1e3 => format!("{} ns", nanoseconds.round()),
        1e3..1e6 => format!("{} µs", (nanoseconds / 1e3).round()),
        1e6..1e9 => format!("{} ms", (nanoseconds / 1e6).round()),
        _ => format!("{} s", (nanoseconds / 1e9).round()),
    }
}

#[cfg(test)]
mod tests;
