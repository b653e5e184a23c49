//! `%{…}`: a value of the request, in header edits (and later access logs).

/// One part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplatePart {
    /// Text as it stands.
    Literal(String),
    /// `%{cluster}`: name of the chosen cluster.
    Cluster,
    /// `%{subset}`: name of the chosen subset; empty without one.
    Subset,
    /// `%{route}`: name of the route.
    Route,
    /// `%{variant}`: the subset, or else the cluster.
    Variant,
    /// `%{listener}`: name of the listener.
    Listener,
    /// `%{endpoint}`: address of the chosen endpoint; empty before one is chosen.
    Endpoint,
    /// `%{request-id}`.
    RequestId,
    /// `%{client}`: address of the client behind the trusted hops.
    Client,
    /// `%{method}`.
    Method,
    /// `%{host}`: as the client wrote it, without the port.
    Host,
    /// `%{path}`: normalised, without the query.
    Path,
    /// `%{header.NAME}`: first field of the request with this (lower-case) name; empty without one.
    Header(String),
}

/// Text with values of the request in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub(crate) text: String,
    pub(crate) parts: Vec<TemplatePart>,
}

impl Template {
    /// The template as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its parts, in order.
    #[must_use]
    pub fn parts(&self) -> &[TemplatePart] {
        &self.parts
    }
}
