//! The small languages: what a name, an address, a path, a header, a template … looks like.

mod address;
mod choice;
mod dns_name;
mod header;
mod host;
mod line;
mod name;
mod number;
mod path;
mod pattern;
mod template;
mod value_match;

pub(crate) use choice::{KeySource, Scheme};
pub(crate) use dns_name::{DnsName, ServerName, ServiceName};
pub(crate) use header::{CookieName, EditedHeader, HeaderName, Method};
pub(crate) use host::Hostname;
pub(crate) use line::Line;
pub(crate) use name::{
    AnyOr, CheckedService, ClusterName, DestinationName, GrpcMethod, GrpcService, Name, Reach,
};
pub(crate) use number::{Decimal, Flag, Rank, RedirectStatus, SocketMode, Whole};
pub(crate) use path::{Asked, PlainPath};
pub(crate) use pattern::RegexDoc;
pub(crate) use template::{LogStyle, default_log_fields};
