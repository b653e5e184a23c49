//! `towpath top`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::client::server::Server;
use crate::top::{self, Sort};

/// Shorter than this, hardly anything is counted between two readings.
const INTERVAL_MIN: Duration = Duration::from_millis(100);

/// Which proxy or fleet, and how it is shown.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The address of its admin port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:15000")]
    admin: SocketAddr,
    /// Show the whole fleet instead, as the control server at this address knows it
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "admin")]
    control: Option<String>,
    /// With --control: file that holds the token; without it, the environment variable TOWPATH_TOKEN
    #[arg(long, value_name = "FILE", env = "TOWPATH_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// With --control: proxies of this namespace only
    #[arg(long, value_name = "NAME", env = "TOWPATH_NAMESPACE")]
    namespace: Option<String>,
    /// Between two readings
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = interval)]
    interval: Duration,
    /// Print one table, of one interval, and end
    #[arg(long)]
    once: bool,
    /// What comes first
    #[arg(long, value_enum, default_value = "rate")]
    sort: Sort,
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = humantime::parse_duration(text).map_err(|fault| fault.to_string())?;
    if interval < INTERVAL_MIN { Err("100ms is the least".into()) } else { Ok(interval) }
}

/// Shows the proxy.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { admin, control, token_file, namespace, interval, once, sort } = arguments;
    let options = top::Options { interval: *interval, once: *once, sort: *sort };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match control {
        None => runtime.block_on(top::proxy::run(*admin, &options))?,
        Some(control) => {
            let server = Server::new(control.clone(), token_file.clone(), namespace.clone());
            runtime.block_on(top::fleet::run(&server, &options))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
