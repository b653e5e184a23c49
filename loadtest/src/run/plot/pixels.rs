//! Shapes as PNG.

use super::chart::{Colour, HEIGHT, Point, Shape, Side, WIDTH};
use super::glyphs::{self, COLUMNS, ROWS};

/// Each pixel is the mean of so many by so many.
const FINE: usize = 2;

/// How large a dot of a glyph is.
const DOT: usize = 2 * FINE;

/// From one glyph to the next.
const PITCH: usize = (COLUMNS + 1) * DOT;

const WHITE: Colour = [255; 3];

/// The picture, larger than it will be.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
}

/// Writes shapes as a PNG file.
///
/// # Errors
/// Those of the encoder.
pub fn png(shapes: &[Shape]) -> Result<Vec<u8>, png::EncodingError> {
    let (width, height) = (WIDTH as usize * FINE, HEIGHT as usize * FINE);
    let mut canvas = Canvas { width, height, pixels: vec![WHITE; width * height] };
    for shape in shapes {
        match shape {
            Shape::Line(points, thickness, colour) => canvas.line(points, *thickness, *colour),
            Shape::Text(at, side, text, colour) => canvas.text(*at, *side, text, *colour),
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&canvas.shrunk())?;
    Ok(file)
}

impl Canvas {
    fn dot(&mut self, x: usize, y: usize, colour: Colour) {
        if x < self.width
            && let Some(pixel) = self.pixels.get_mut(y * self.width + x)
        {
            *pixel = colour;
        }
    }

    fn square(&mut self, x: usize, y: usize, side: usize, colour: Colour) {
        for (row, column) in (0..side).flat_map(|row| (0..side).map(move |column| (row, column))) {
            self.dot(x + column, y + row, colour);
        }
    }

    fn line(&mut self, points: &[Point], thickness: f64, colour: Colour) {
        let fine = FINE as f64;
        let side = (thickness * fine) as usize;
        for (from, to) in points.iter().zip(points.iter().skip(1)) {
            let steps = ((to.0 - from.0).abs().max((to.1 - from.1).abs()) * fine).ceil().max(1.0);
            for step in 0..=steps as usize {
                let part = step as f64 / steps;
                let x = (from.0 + (to.0 - from.0) * part) * fine - side as f64 / 2.0;
                let y = (from.1 + (to.1 - from.1) * part) * fine - side as f64 / 2.0;
                self.square(x.max(0.0) as usize, y.max(0.0) as usize, side, colour);
            }
        }
    }

    fn text(&mut self, (x, y): Point, side: Side, text: &str, colour: Colour) {
        let width = text.chars().count() * PITCH;
        let x = (x.max(0.0) as usize * FINE).saturating_sub(match side {
            Side::Left => 0,
            Side::Middle => width / 2,
            Side::Right => width,
        });
        let y = (y.max(0.0) as usize * FINE).saturating_sub(ROWS * DOT);
        for (number, letter) in text.chars().enumerate() {
            for (row, bits) in glyphs::of(letter).into_iter().enumerate() {
                for column in (0..COLUMNS).filter(|column| bits >> (COLUMNS - 1 - column) & 1 == 1) {
                    self.square(x + number * PITCH + column * DOT, y + row * DOT, DOT, colour);
                }
            }
        }
    }

    /// The pixels at their final size.
    fn shrunk(&self) -> Vec<u8> {
        let mut small = Vec::with_capacity(self.pixels.len() / FINE / FINE * 3);
        for (row, column) in
            (0..self.height / FINE).flat_map(|row| (0..self.width / FINE).map(move |column| (row, column)))
        {
            let first = row * FINE * self.width + column * FINE;
            let block = (0..FINE).flat_map(|down| (0..FINE).map(move |right| (down, right)));
            let sum = block.fold([0_u16; 3], |sum, (down, right)| {
                let pixel = self.pixels.get(first + down * self.width + right).unwrap_or(&WHITE);
                std::array::from_fn(|part| {
                    sum.get(part).unwrap_or(&0) + u16::from(*pixel.get(part).unwrap_or(&0))
                })
            });
            small.extend(sum.map(|part| (part / (FINE * FINE) as u16) as u8));
        }
        small
    }
}

#[cfg(test)]
mod tests;
