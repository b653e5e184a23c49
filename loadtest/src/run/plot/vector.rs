//! Shapes as SVG.

use super::chart::{Colour, HEIGHT, Shape, Side, WIDTH};

/// Writes shapes as an SVG document; `title` is what a reader hears of it.
pub fn svg(shapes: &[Shape], title: &str) -> String {
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" font-family=\"sans-serif\" font-size=\"14\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        escaped(title)
    );
    for shape in shapes {
        match shape {
            Shape::Line(points, thickness, colour) => {
                let points: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
                text.push_str(&format!(
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{thickness}\"/>\n",
                    points.join(" "),
                    hex(*colour)
                ));
            }
            Shape::Text((x, y), side, what, colour) => {
                let anchor = match side {
                    Side::Left => "start",
                    Side::Middle => "middle",
                    Side::Right => "end",
                };
                text.push_str(&format!(
                    "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{}\">{}</text>\n",
                    hex(*colour),
                    escaped(what)
                ));
            }
        }
    }
    text.push_str("</svg>\n");
    text
}

fn hex([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let plain = text.replace(|letter: char| letter.is_control(), " ");
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
