//! Aligned columns.

/// Rows of cells under a heading, each column as wide as its widest cell.
pub fn aligned<const COLUMNS: usize>(heading: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> String {
    let mut widths = heading.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String; COLUMNS]| {
        let padded: Vec<_> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let lines: Vec<_> = std::iter::once(&heading.map(str::to_owned)).chain(rows).map(line).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests;
