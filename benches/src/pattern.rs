//! The kinds of paths.

/// How a route says its path. Routes differ by a number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// A path and all below it.
    Prefix,
    /// One path.
    Exact,
    /// A path with a segment that may be anything.
    Template,
    /// A regex.
    Regex,
}

impl Pattern {
    /// As a table has it.
    #[must_use]
    pub fn written(self, number: usize) -> String {
        match self {
            Self::Prefix => format!("/api/v1/things-{number}/*"),
            Self::Exact => format!("/api/v1/lists/things-{number}"),
            Self::Template => format!("/tenants/:id/things-{number}"),
            Self::Regex => format!("{{regex: \"^/v[0-9]+/things-{number}/[a-z]+$\"}}"),
        }
    }

    /// A path that it takes, and no other route does.
    #[must_use]
    pub fn asked(self, number: usize) -> String {
        match self {
            Self::Prefix => format!("/api/v1/things-{number}/parts/7"),
            Self::Exact => format!("/api/v1/lists/things-{number}"),
            Self::Template => format!("/tenants/acme/things-{number}"),
            Self::Regex => format!("/v2/things-{number}/parts"),
        }
    }
}
