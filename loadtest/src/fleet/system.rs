//! What a process takes, as Linux counts it.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use crate::failure::Failure;

/// Ticks in a second of `/proc/PID/stat`: the kernel shows 100 on all machines (`USER_HZ`).
const TICKS: f64 = 100.0;

/// What a process has taken until now.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Taken {
    /// Resident memory, in KiB.
    pub rss_kib: u64,
    /// The most that was ever resident, in KiB.
    pub peak_kib: u64,
    /// CPU time in all, in seconds.
    pub cpu_seconds: f64,
}

/// Reads what a process has taken.
///
/// # Errors
/// When there is no such process.
pub fn taken(process: u32) -> Result<Taken, Failure> {
    let read = |name: &str| {
        let path: PathBuf = ["/proc", &process.to_string(), name].iter().collect();
        fs::read_to_string(&path).map_err(Failure::system(format!("cannot read {}", path.display())))
    };
    let status = read("status")?;
    let kib = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        line.and_then(|line| line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().ok()).unwrap_or_default()
    };
    Ok(Taken { rss_kib: kib("VmRSS"), peak_kib: kib("VmHWM"), cpu_seconds: ticks(&read("stat")?) / TICKS })
}

/// The 14th and 15th field; the second one may hold anything, in parentheses.
fn ticks(stat: &str) -> f64 {
    let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
    fields.split_ascii_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum()
}
