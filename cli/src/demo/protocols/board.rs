//! The board: a line for each question, with what came of it.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use super::question::{QUESTIONS, Question};
use crate::output;

/// A longer line would be wrapped, and the next drawing would not cover this one.
const LINE_CHARACTERS_MAX: usize = 79;

/// What came of one question, so far.
#[derive(Debug, Clone, Default)]
struct Line {
    good: u32,
    bad: u32,
    /// Of the last time: how long it took, or what was wrong.
    last: Option<Result<Duration, String>>,
    /// What was wrong first.
    fault: Option<String>,
}

/// What came of all of them.
#[derive(Debug)]
pub struct Board {
    terminal: bool,
    lines: [Line; QUESTIONS.len()],
    drawn_lines: usize,
}

impl Board {
    /// Nothing was asked yet.
    pub fn new(terminal: bool) -> Self {
        Self { terminal, lines: Default::default(), drawn_lines: 0 }
    }

    /// Notes what came of a question.
    pub fn note(&mut self, question: Question, outcome: Result<Duration, String>) {
        let mut lines = QUESTIONS.iter().zip(&mut self.lines);
        let Some((_, line)) = lines.find(|(one, _)| **one == question) else { return };
        match &outcome {
            Ok(_) => line.good += 1,
            Err(fault) => {
                line.bad += 1;
                line.fault.get_or_insert_with(|| fault.clone());
            }
        }
        line.last = Some(outcome);
    }

    /// Whether each question was answered, each time.
    pub fn is_good(&self) -> bool {
        self.lines.iter().all(|line| line.good > 0 && line.bad == 0)
    }

    /// Shows what is so now: in place on a terminal, and a line elsewhere.
    ///
    /// # Errors
    /// When stdout is closed.
    pub fn show(&mut self) -> io::Result<()> {
        if !self.terminal {
            let good = self.lines.iter().filter(|line| matches!(line.last, Some(Ok(_)))).count();
            let text = format!("{good} of {} work", QUESTIONS.len());
            return output::answer(&text);
        }
        // up over the last drawing, and clear to the end
        let up = match self.drawn_lines {
            0 => String::new(),
            lines => format!("\x1b[{lines}A\x1b[J"),
        };
        let text = self.text();
        self.drawn_lines = text.lines().count();
        output::answer(&format_args!("{up}{}", text.trim_end()))
    }

    /// The board.
    pub fn text(&self) -> String {
        let mut out =
            format!("  {:11}{:22}{:>6}{:>6}   {}\n", "asked for", "client → endpoint", "good", "bad", "last");
        for (question, line) in QUESTIONS.iter().zip(&self.lines) {
            let last = match &line.last {
                None => "-".to_owned(),
                Some(Ok(elapsed)) => format!("{:.1}ms", elapsed.as_secs_f64() * 1000.0),
                Some(Err(fault)) => fault.clone(),
            };
            // writing to a string cannot fail
            let _ = writeln!(
                out,
                "  {:11}{:22}{:>6}{:>6}   {last}",
                question.what(),
                question.way(),
                line.good,
                line.bad
            );
        }
        out.lines()
            .map(|line| line.chars().take(LINE_CHARACTERS_MAX).chain(['\n']).collect::<String>())
            .collect()
    }

    /// What the demo has shown in the end.
    pub fn verdict(&self) -> String {
        // a terminal shows the board already
        let mut out = if self.terminal { String::new() } else { self.text() };
        let questions = QUESTIONS.iter().zip(&self.lines);
        for (question, fault) in
            questions.filter_map(|(question, line)| Some((question, line.fault.as_ref()?)))
        {
            let _ = writeln!(out, "{}, {}: {fault}", question.what(), question.way());
        }
        out.push_str(if self.is_good() {
            "each combination worked, each time"
        } else {
            "NOT every combination worked"
        });
        out
    }
}

#[cfg(test)]
mod tests;
