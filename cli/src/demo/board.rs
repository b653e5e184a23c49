//! The board: what is shown while the demo runs and when it ends.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use super::live::Live;
use super::service::VERSIONS;
use super::tally::{Bound, Count, Tally};
use crate::output;

const QUANTILES: [(&str, f64); 3] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)];
/// Cells of the bar that shows a share.
const BAR_CELLS: usize = 12;
/// A longer line would be wrapped, and the next drawing would not cover this one.
const LINE_CHARACTERS_MAX: usize = 79;

/// Shows the state of the demo, in place on a terminal and line by line elsewhere.
#[derive(Debug)]
pub struct Board {
    terminal: bool,
    drawn_lines: usize,
}

impl Board {
    /// A board that was not drawn yet.
    pub fn new(terminal: bool) -> Self {
        Self { terminal, drawn_lines: 0 }
    }

    /// Shows what is so now.
    ///
    /// # Errors
    /// When stdout is closed.
    pub fn show(&mut self, tally: &Tally, live: &Live) -> io::Result<()> {
        if !self.terminal {
            // a second after the weights changed there is something to say again
            return if tally.recent().1 == 0 { Ok(()) } else { output::answer(&line(tally, live)) };
        }
        let text = block(tally, live);
        // up over the last drawing, and clear to the end
        let up = match self.drawn_lines {
            0 => String::new(),
            lines => format!("\x1b[{lines}A\x1b[J"),
        };
        self.drawn_lines = text.lines().count();
        output::answer(&format_args!("{up}{}", text.trim_end()))
    }
}

fn block(tally: &Tally, live: &Live) -> String {
    let (recent, seconds) = tally.recent();
    let mut out = format!(
        "{:6}{:>19}{:>8}{:>9}{:>10}{:>9}{:>9}{:>9}\n",
        "", "share of late", "weight", "answers", "rate", "p50", "p90", "p99"
    );
    for (position, version) in VERSIONS.iter().enumerate() {
        let (Some(late), Some(all)) = (recent.versions.get(position), tally.whole.versions.get(position))
        else {
            continue;
        };
        let share = share(late.answers, recent.answers());
        let weight = live.weights.and_then(|weights| weights.get(position).copied());
        let _ = writeln!(
            out,
            "  {:4}{:BAR_CELLS$}{:>6.1}%{:>8}{:>9}{:>8.1}/s{}",
            version.name,
            bar(share),
            share * 100.0,
            weight.map_or_else(|| "-".to_owned(), |weight| weight.to_string()),
            all.answers,
            late.answers as f64 / seconds.max(1) as f64,
            quantiles(late).map(|(_, value)| format!("{value:>9}")).concat(),
        );
    }
    let _ = writeln!(
        out,
        "  tables {} are live, {} requests without a good answer",
        live.tables(),
        tally.whole.errors
    );
    if let Some(faults) = &live.refused {
        let _ = writeln!(out, "  the newest file was refused, the proxies keep what they have:");
        for line in faults.lines().filter(|line| !line.trim_matches([' ', '|']).is_empty()).take(6) {
            let _ = writeln!(out, "    {line}");
        }
    }
    out.lines().map(|line| line.chars().take(LINE_CHARACTERS_MAX).chain(['\n']).collect::<String>()).collect()
}

fn line(tally: &Tally, live: &Live) -> String {
    let (recent, seconds) = tally.recent();
    let mut out = format!("tables {}:", live.tables());
    for (version, late) in VERSIONS.iter().zip(&recent.versions) {
        let rate = late.answers as f64 / seconds.max(1) as f64;
        let share = share(late.answers, recent.answers()) * 100.0;
        let _ = write!(out, "  {} {share:.1}% {rate:.0}/s", version.name);
        for (name, value) in quantiles(late) {
            let _ = write!(out, " {name} {value}");
        }
    }
    let _ = write!(out, "  errors {}", tally.whole.errors);
    if live.refused.is_some() {
        out.push_str("  (the newest file was refused)");
    }
    out
}

/// What the demo showed in the end, and whether it fits the weights.
pub fn verdict(tally: &Tally, live: &Live) -> (String, bool) {
    let total = tally.whole.answers();
    let mut out = format!(
        "\n{total} answers under these weights, {} requests without a good one\n",
        tally.whole.errors
    );
    let mut good = tally.whole.errors == 0 && total > 0;
    for (position, (version, count)) in VERSIONS.iter().zip(&tally.whole.versions).enumerate() {
        let _ = write!(
            out,
            "  {}{:>8}{:>7.2}%",
            version.name,
            count.answers,
            share(count.answers, total) * 100.0
        );
        let promised = live.shares().and_then(|shares| shares.get(position).copied());
        if let Some(bound) = promised.map(|share| Bound::new(total, share)) {
            good &= bound.holds(count.answers);
            let _ = write!(out, "   expected {:.1} ± {:.1}", bound.expected, bound.tolerance);
        }
        for (name, value) in quantiles(count) {
            let _ = write!(out, "   {name} {value}");
        }
        out.push('\n');
    }
    match live.weights {
        Some([v1, v2]) => {
            let is = if good { "is" } else { "is NOT" };
            let _ = write!(out, "the split {is} within the binomial bound of {v1}/{v2}");
        }
        None => out.push_str(
            "the route `hello` no longer splits between hello/v1 and hello/v2: nothing to compare with",
        ),
    }
    (out, good)
}

fn quantiles(count: &Count) -> [(&'static str, String); 3] {
    let latency = count.latency();
    QUANTILES.map(|(name, q)| (name, latency.quantile(q).map_or_else(|| "-".to_owned(), milliseconds)))
}

fn milliseconds(value: Duration) -> String {
    format!("{:.1}ms", value.as_secs_f64() * 1000.0)
}

fn share(part: u64, total: u64) -> f64 {
    part as f64 / total.max(1) as f64
}

fn bar(share: f64) -> String {
    let full = (share * BAR_CELLS as f64).round() as usize;
    "█".repeat(full) + &"░".repeat(BAR_CELLS.saturating_sub(full))
}

#[cfg(test)]
mod tests;
