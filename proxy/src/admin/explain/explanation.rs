//! What is said of a request. The JSON form is the fields as they stand; [`std::fmt::Display`] is for people.

use serde::Serialize;

/// All that is said of a request, or of a connection of a TCP listener.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The listener that it comes to.
    pub listener: String,
    /// The request as it was understood; nothing when it cannot be read in one way only, or where there is none.
    pub request: Option<RequestSaid>,
    /// The connection, where it is not about a request.
    pub connection: Option<ConnectionSaid>,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Every candidate in the order of trial.
    pub candidates: Vec<CandidateSaid>,
    /// The maintenance of the route that matched.
    pub maintenance: Option<Setting>,
    /// The choice among destinations.
    pub split: Option<SplitSaid>,
    /// Where it can go: the chosen destination, or all that chance can choose.
    pub destinations: Vec<DestinationSaid>,
    /// What holds wherever it goes: the limits of the listener, the edits of the proxy's own answer.
    pub settings: Vec<Setting>,
}

/// The request as it was understood.
#[derive(Debug, Clone, Serialize)]
pub struct RequestSaid {
    /// The client behind the trusted hops.
    pub client: String,
    /// The method.
    pub method: String,
    /// The host, in lower case and without a port.
    pub host: String,
    /// The path, normalised.
    pub path: String,
    /// What follows `?`.
    pub query: Option<String>,
}

/// A connection that nobody looks into.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectionSaid {
    /// Where it comes from.
    pub client: String,
}

/// What becomes of the request.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// `forward`, `reply` when the proxy answers by itself, or `close` when it closes the connection.
    pub action: &'static str,
    /// The route.
    pub route: Option<String>,
    /// Where the route is written.
    pub place: Option<String>,
    /// The status of the proxy's own answer.
    pub status: Option<u16>,
    /// The reason code of the proxy's own answer, or of the close.
    pub reason: Option<&'static str>,
    /// Further fields of the proxy's own answer, such as `location`.
    pub fields: Vec<(String, String)>,
}

/// One candidate.
#[derive(Debug, Clone, Serialize)]
pub struct CandidateSaid {
    /// The route.
    pub route: String,
    /// Its host.
    pub host: String,
    /// Where the condition is written.
    pub place: String,
    /// `wins`, `holds` (but an earlier one wins) or `fails`.
    pub result: &'static str,
    /// The stage that failed, as a reason code.
    pub reason: Option<&'static str>,
    /// In words, with what was wanted and what was found.
    pub text: String,
}

/// The choice among destinations.
#[derive(Debug, Clone, Serialize)]
pub struct SplitSaid {
    /// What decides.
    pub by: String,
    /// The salt that routes can share.
    pub cohort: Option<String>,
    /// The value of the key that decides.
    pub key: Option<String>,
    /// All destinations.
    pub shares: Vec<ShareSaid>,
}

/// One destination of a split.
#[derive(Debug, Clone, Serialize)]
pub struct ShareSaid {
    /// `cluster` or `cluster/subset`.
    pub name: String,
    /// Its weight.
    pub weight: u32,
    /// Of all requests or users, 0 to 1.
    pub share: f64,
    /// Where in the cohort the user stands, 0 to 1.
    pub draw: Option<f64>,
    /// The highest wins.
    pub score: Option<f64>,
    /// Whether it is the one.
    pub chosen: bool,
}

/// A destination that the request can go to.
#[derive(Debug, Clone, Serialize)]
pub struct DestinationSaid {
    /// `cluster` or `cluster/subset`.
    pub name: String,
    /// The cluster.
    pub cluster: String,
    /// The subset.
    pub subset: Option<String>,
    /// The name whose addresses are the endpoints, and how it stands.
    pub dns: Option<String>,
    /// The endpoints that can be chosen while they are healthy.
    pub endpoints: Vec<EndpointSaid>,
    /// Why no endpoint can be chosen, where none can: a reason code.
    pub lack: Option<&'static str>,
    /// The effective policy.
    pub settings: Vec<Setting>,
    /// The head that the endpoint gets; nothing where nobody looks for one.
    pub sent: Option<Sent>,
}

/// An endpoint that can be chosen while it is healthy.
#[derive(Debug, Clone, Serialize)]
pub struct EndpointSaid {
    /// Its address.
    pub address: String,
    /// Its weight.
    pub weight: u32,
    /// Requests under way.
    pub active: u32,
    /// How it stands by its checks, where it is checked.
    pub health: Option<&'static str>,
}

/// The head that goes out.
#[derive(Debug, Clone, Serialize)]
pub struct Sent {
    /// Method and target.
    pub line: String,
    /// The fields, in order.
    pub fields: Vec<(String, String)>,
}

/// A value and the line that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its name, as a path of keys.
    pub name: String,
    /// The value that holds.
    pub value: String,
    /// `line 12`, or `default`.
    pub place: String,
}
