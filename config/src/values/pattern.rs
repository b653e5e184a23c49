//! Regular expressions.

use regex_automata::meta::{Config, Regex};
use regex_syntax::hir::{Look, literal::Extractor};
use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong, document};
use crate::model::Pattern;

/// What a compiled expression may take; more is not a rule for a route.
const REGEX_BYTES_MAX: usize = 1 << 20;

impl Word for Pattern {
    const WANTED: &'static str = "a regular expression";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let config =
            Config::new().nfa_size_limit(Some(REGEX_BYTES_MAX)).onepass_size_limit(Some(REGEX_BYTES_MAX));
        match Regex::builder().configure(config).build(text) {
            Ok(regex) => Ok(Self { source: text.to_owned(), regex, lead: lead(text).unwrap_or_default() }),
            Err(error) if error.size_limit().is_some() => Err(Wrong::new(
                "this regular expression is too large",
                "repeat less: its compiled form may take 1 MiB",
            )),
            Err(error) => Err(Wrong::new(
                format!("this is no regular expression: {}", reason(&error)),
                "the syntax is that of Rust's `regex`: no look-around, no back-references",
            )),
        }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "format": "regex"})
    }
}

/// What every match begins with, of an expression that is bound to the start: text that is compared in no time, so that
/// most texts never see the automaton.
fn lead(source: &str) -> Option<Box<str>> {
    let parsed = regex_syntax::parse(source).ok()?;
    if !parsed.properties().look_set_prefix().contains(Look::Start) {
        return None;
    }
    let literals = Extractor::new().extract(&parsed);
    literals.longest_common_prefix()?.utf8_chunks().next().map(|whole| whole.valid().into())
}

/// The last line of what the parser says; the ones before draw the expression.
fn reason(error: &regex_automata::meta::BuildError) -> String {
    let said = error.syntax_error().map_or_else(|| error.to_string(), ToString::to_string);
    let last = said.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

impl Write for Pattern {
    fn write(&self) -> Value {
        json!(self.source)
    }
}

document! {
    /// A regular expression.
    pub(crate) struct RegexDoc as "a path or `{regex: …}`" {
        /// The expression. It matches anywhere; `^` and `$` bind it.
        regex: Pattern; required,
    }
}

#[cfg(test)]
mod tests;
