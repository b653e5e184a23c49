//! Latency by percentile as a picture. `chart` makes shapes of curves; `vector` writes them as SVG, `pixels` as PNG with
//! `glyphs` of its own, so that no font has to be there.

mod chart;
mod glyphs;
mod pixels;
mod vector;

pub use chart::{Curve, chart};
pub use pixels::png;
pub use vector::svg;
