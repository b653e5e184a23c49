//! One thing that can be asked for.

use towpath_config::server::TokenScope;

/// How it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Verb {
    Get,
    Post,
    Delete,
}

impl Verb {
    /// The key of OpenAPI for it.
    pub(in crate::api) fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Delete => "delete",
        }
    }
}

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::api) enum Page {
    Live,
    Ready,
    Exposition,
    Document,
    Apply,
    Diff,
    Resources,
    Resource,
    Remove,
    Split,
    Switch,
    Maintenance,
    Status,
    Proxies,
    Revisions,
    Revision,
    Rollback,
    Events,
    Audit,
    Traffic,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Kind {
    Text,
    /// Of a namespace.
    Name,
    /// The word for one kind of what has a name, or for many.
    Resource,
    Number,
    Flag,
    /// `250ms`, `30s`, `5m`
    Time,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// A parameter of the query.
#[derive(Debug, Clone, Copy)]
pub(in crate::api) struct Parameter {
    pub(in crate::api) name: &'static str,
    pub(in crate::api) kind: Kind,
    pub(in crate::api) about: &'static str,
}

/// What comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Body {
    None,
    /// One document as YAML or JSON, or several of them with their names.
    Documents,
    /// JSON of this schema.
    Json(&'static str),
}

/// What goes out when it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Answers {
    /// JSON of this schema.
    Json(&'static str),
    /// JSON of this schema, or YAML where that is wanted.
    JsonOrYaml(&'static str),
    /// Something else: its media type.
    Other(&'static str),
}

/// One thing that can be asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::api) struct Operation {
    pub(in crate::api) page: Page,
    pub(in crate::api) verb: Verb,
    pub(in crate::api) path: &'static str,
    /// What a caller needs; none for what everybody may see.
    pub(in crate::api) scope: Option<TokenScope>,
    pub(in crate::api) about: &'static str,
    pub(in crate::api) query: &'static [Parameter],
    pub(in crate::api) body: Body,
    pub(in crate::api) answers: Answers,
    /// The other statuses, beyond those that anything may have.
    pub(in crate::api) problems: &'static [u16],
}

impl Operation {
    pub(in crate::api) fn takes_body(&self) -> bool {
        self.body != Body::None
    }

    /// The names in the path that stand for something.
    pub(in crate::api) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|step| step.strip_prefix('{')?.strip_suffix('}'))
    }
}
