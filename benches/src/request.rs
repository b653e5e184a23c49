//! A request that owns what its view shows.

use std::net::{IpAddr, Ipv4Addr};

use towpath_config::model::ListenerId;
use towpath_proxy::codec::fields::Fields;
use towpath_proxy::route::RequestView;
use towpath_proxy::sys::stream::Origin;

/// A `GET` with the handful of fields that every client sends, and a user's name.
#[derive(Debug, Clone)]
pub struct Request {
    listener: ListenerId,
    host: String,
    path: String,
    fields: Fields,
}

impl Request {
    /// The request of this user.
    #[must_use]
    pub fn new(listener: ListenerId, host: String, path: String, user: &str) -> Self {
        let written = [
            ("Host", host.as_str()),
            ("User-Agent", "curl/8.14.1"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip"),
            ("x-user-id", user),
        ];
        let (mut head, mut marks) = (String::new(), Vec::new());
        for (name, value) in written {
            let start = head.len();
            head.push_str(name);
            head.push_str(": ");
            let middle = head.len();
            head.push_str(value);
            marks.push((start..start + name.len(), middle..head.len()));
            head.push_str("\r\n");
        }
        let mut fields = Fields::default();
        fields.take_bytes(head.as_bytes());
        for (name, value) in marks {
            fields.mark(name, value);
        }
        Self { listener, host, path, fields }
    }

    /// What a route can see of it.
    #[must_use]
    pub fn view(&self) -> RequestView<'_> {
        RequestView {
            listener: self.listener,
            host: &self.host,
            method: "GET",
            path: &self.path,
            query: None,
            fields: &self.fields,
            source: Origin::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        }
    }
}
