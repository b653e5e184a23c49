//! `towpath explain`

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use serde_json::{Map, Value, json};
use towpath_proxy::admin::{Question, explain};
use towpath_proxy::observe::series::SeriesBook;
use towpath_proxy::snapshot::Snapshot;
use towpath_proxy::sys::memory::Pressure;

use super::arguments::Format;
use crate::client::{Client, Request};
use crate::failure::BadInput;
use crate::{document, output};

/// A request that nobody sends, or a connection that nobody makes, and who is asked about it.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("table").required(true)))]
pub struct Arguments {
    /// By this route table (`-` for stdin)
    #[arg(short, long, value_name = "FILE", group = "table")]
    config: Option<PathBuf>,
    /// By the route table that a running proxy has: the address of its admin port
    #[arg(long, value_name = "ADDRESS", group = "table")]
    admin: Option<SocketAddr>,
    /// A method and a URL with a host, or only a path; `GET` when left out; `grpc://HOST/SERVICE/METHOD` is a call of
    /// gRPC, `tcp://127.0.0.1:5432` a connection
    #[arg(required = true, num_args = 1..=2, value_names = ["METHOD", "URL"])]
    asked: Vec<String>,
    /// A header of the request; may come several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// The listener it comes to, when there are several
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,
    /// The address it comes from: 127.0.0.1 when left out, or none where the listener is a Unix socket
    #[arg(long, value_name = "IP")]
    source: Option<IpAddr>,
    /// How the answer is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl Arguments {
    /// The method, where there is one, and the URL.
    fn asked(&self) -> (Option<&str>, &str) {
        match self.asked.as_slice() {
            [method, url, ..] => (Some(method), url),
            [url] => (None, url),
            [] => (None, ""),
        }
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("a header is written `name: value`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Prints what would become of the request, and why.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let text = match (&arguments.config, arguments.admin) {
        (Some(path), _) => by_file(arguments, path)?,
        (None, Some(admin)) => by_proxy(arguments, admin)?,
        (None, None) => return Err(BadInput("error: either --config or --admin is wanted".into()).into()),
    };
    output::answer(&text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn by_file(arguments: &Arguments, path: &Path) -> anyhow::Result<String> {
    let snapshot = Arc::new(Snapshot::next(None, document::load(path)?, &SeriesBook::new(1)));
    let (method, url) = arguments.asked();
    let question = Question {
        method: method.map(str::to_owned),
        url: url.to_owned(),
        headers: arguments.headers.clone(),
        listener: arguments.listener.clone(),
        source: arguments.source,
    };
    let explanation =
        explain(&snapshot, Pressure::Low, &question).map_err(|fault| BadInput(format!("error: {fault}")))?;
    Ok(match arguments.format {
        Format::Text => explanation.to_string(),
        Format::Json => serde_json::to_string_pretty(&explanation)?,
    })
}

fn by_proxy(arguments: &Arguments, admin: SocketAddr) -> anyhow::Result<String> {
    let accept = match arguments.format {
        Format::Text => "text/plain",
        Format::Json => "application/json",
    };
    let headers = [("accept", accept), ("content-type", "application/json"), ("connection", "close")];
    let body = question(arguments).to_string();
    let request = Request { method: "POST", path: "/explain", headers: &headers, body: body.as_bytes() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut client = Client::new(admin);
    let answer = runtime
        .block_on(client.send(request))
        .with_context(|| format!("the admin port {admin} cannot be asked"))?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    match answer.status {
        200 => Ok(text),
        400..500 => Err(BadInput(format!("error: {}", text.trim_end())).into()),
        status => anyhow::bail!("the admin port {admin} answered {status}: {}", text.trim_end()),
    }
}

/// The question as the admin port takes it.
fn question(arguments: &Arguments) -> Value {
    let mut headers = Map::new();
    for (name, value) in &arguments.headers {
        let values = headers.entry(name.to_ascii_lowercase()).or_insert_with(|| json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(json!(value));
        }
    }
    let Arguments { listener, source, .. } = arguments;
    let (method, url) = arguments.asked();
    json!({"method": method, "url": url, "headers": headers, "listener": listener, "source": source.map(|source| source.to_string())})
}

#[cfg(test)]
mod tests;
