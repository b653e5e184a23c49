//! The environment of the process: read here and handed down.

/// The value of a variable; `None` when it is not set or not text.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
