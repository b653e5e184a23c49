//! `towpath top`

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use crate::top::{self, Sort};

/// Shorter than this, hardly anything is counted between two readings.
const INTERVAL_MIN: Duration = Duration::from_millis(100);

/// Which proxy, and how it is shown.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The address of its admin port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:15000")]
    admin: SocketAddr,
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
    let Arguments { admin, interval, once, sort } = *arguments;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(top::run(top::Options { admin, interval, once, sort }))?;
    Ok(ExitCode::SUCCESS)
}
