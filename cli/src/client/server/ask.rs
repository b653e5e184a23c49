//! One question to the control server.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tokio::time::timeout;

use super::options::Server;
use super::problem::problem;
use super::words::segment;
use crate::client::{Answer, Client, Request};
use crate::failure::BadInput;

/// How long an answer may take, besides what it is told to wait.
const PATIENCE: Duration = Duration::from_secs(45);

/// A question.
#[derive(Debug)]
pub struct Ask<'s> {
    server: &'s Server,
    method: &'static str,
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<(&'static str, Vec<u8>)>,
    accept: &'static str,
    patience: Duration,
}

impl<'s> Ask<'s> {
    /// A question for a page, whose path is this.
    pub fn new(server: &'s Server, method: &'static str, path: impl Into<String>) -> Self {
        let (path, accept) = (path.into(), "application/json");
        Self { server, method, path, query: Vec::new(), body: None, accept, patience: PATIENCE }
    }

    /// With this in the query.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// With this in the query, if it is something.
    pub fn with_any(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// For this namespace only, if one was named.
    pub fn in_namespace(self) -> Self {
        let namespace = self.server.namespace.clone();
        self.with_any("namespace", namespace)
    }

    /// With this body.
    pub fn body(mut self, media: &'static str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some((media, body.into()));
        self
    }

    /// With this body, as JSON.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// To be answered in this media type.
    pub fn accept(mut self, media: &'static str) -> Self {
        self.accept = media;
        self
    }

    /// To be answered by and by: so much later than others.
    pub fn patient(mut self, more: Duration) -> Self {
        self.patience += more;
        self
    }

    /// What is answered, as JSON.
    ///
    /// # Errors
    /// [`BadInput`] for what the asker can mend, any other when the server cannot be asked.
    pub fn value(self) -> anyhow::Result<Value> {
        runtime()?.block_on(self.value_soon())
    }

    /// As [`Self::value`], where others are waited for as well.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub async fn value_soon(self) -> anyhow::Result<Value> {
        let answer = self.answer().await?;
        let control = &self.server.control;
        serde_json::from_slice(&answer.body)
            .with_context(|| format!("{control} answers, but not as the API of a control server does"))
    }

    /// What is answered, as it is.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn text(self) -> anyhow::Result<String> {
        let answer = runtime()?.block_on(self.answer())?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    async fn answer(&self) -> anyhow::Result<Answer> {
        let mut client = Client::new(self.address()?);
        let headers = self.headers()?;
        let request = self.request(&headers);
        let answered = timeout(self.patience, client.send(request.as_request())).await;
        let answer = answered.unwrap_or_else(|late| Err(late.into())).with_context(|| self.unreachable())?;
        match answer.status {
            200..300 => Ok(answer),
            status => Err(problem(&self.server.control, status, &answer.body)),
        }
    }

    /// Gives each line of an answer that does not end to `each`, until that says that it is enough.
    ///
    /// # Errors
    /// As [`Self::value`], and what `each` fails with.
    pub fn lines(self, mut each: impl FnMut(&str) -> anyhow::Result<()>) -> anyhow::Result<()> {
        runtime()?.block_on(async {
            let mut client = Client::new(self.address()?);
            let headers = self.headers()?;
            let request = self.request(&headers);
            let followed = timeout(self.patience, client.follow(request.as_request())).await;
            let followed =
                followed.unwrap_or_else(|late| Err(late.into())).with_context(|| self.unreachable())?;
            let mut lines = match followed {
                Ok(lines) => lines,
                Err(answer) => return Err(problem(&self.server.control, answer.status, &answer.body)),
            };
            while let Some(line) = lines.next().await.with_context(|| self.lost())? {
                each(&line)?;
            }
            Ok(())
        })
    }

    fn request<'a>(&self, headers: &'a [(String, String)]) -> Whole<'a, '_> {
        let mut path = self.path.clone();
        for (position, (name, value)) in self.query.iter().enumerate() {
            let mark = if position == 0 { '?' } else { '&' };
            path.push_str(&format!("{mark}{name}={}", segment(value)));
        }
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let body = self.body.as_ref().map_or(b"".as_slice(), |(_, body)| body);
        Whole { method: self.method, path, headers, body }
    }

    fn headers(&self) -> Result<Vec<(String, String)>, BadInput> {
        let mut headers = vec![
            ("accept".to_owned(), self.accept.to_owned()),
            ("user-agent".to_owned(), concat!("towpath/", env!("CARGO_PKG_VERSION")).to_owned()),
            ("connection".to_owned(), "close".to_owned()),
        ];
        if let Some((media, body)) = &self.body {
            headers.push(("content-type".to_owned(), (*media).to_owned()));
            if body.is_empty() {
                headers.push(("content-length".to_owned(), "0".to_owned()));
            }
        }
        let token = self.server.token()?;
        headers.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
        Ok(headers)
    }

    fn address(&self) -> Result<SocketAddr, BadInput> {
        let control = &self.server.control;
        let wrong = |reason: &str| {
            BadInput(format!(
                "error: `{control}` is no address of a control server: {reason}; write 127.0.0.1:15010"
            ))
        };
        let place = control.strip_prefix("http://").unwrap_or(control).trim_end_matches('/');
        let mut found = place.to_socket_addrs().map_err(|reason| wrong(&reason.to_string()))?;
        found.next().ok_or_else(|| wrong("the name has no address"))
    }

    fn unreachable(&self) -> String {
        let control = &self.server.control;
        format!("the control server {control} cannot be asked (--control or TOWPATH_CONTROL names another)")
    }

    fn lost(&self) -> String {
        format!("the connection to the control server {} is lost", self.server.control)
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// A request that owns its path.
struct Whole<'h, 'b> {
    method: &'static str,
    path: String,
    headers: Vec<(&'h str, &'h str)>,
    body: &'b [u8],
}

impl Whole<'_, '_> {
    fn as_request(&self) -> Request<'_> {
        Request { method: self.method, path: &self.path, headers: &self.headers, body: self.body }
    }
}
