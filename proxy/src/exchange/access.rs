//! The line that an access log gets of an exchange that has ended, or of a connection of a TCP listener.

use std::time::{SystemTime, UNIX_EPOCH};

use towpath_config::model::{LogCondition, LogFormat, LogReason};

use crate::local::Local;
use crate::observe::series::Sample;
use crate::snapshot::{AccessLogs, Snapshot};

mod ended;
mod line;
mod short;

#[cfg(test)]
mod tests;

pub use ended::{Ended, Noted, unknown};
use line::Told;

/// Gives each log of the snapshot that wants it a line.
#[inline(never)]
pub fn log(local: &Local, snapshot: &Snapshot, logs: &AccessLogs, ended: &Ended<'_>) {
    let process = snapshot.config().process();
    let limit = **process.limits().access_log_bytes();
    let began = SystemTime::now().checked_sub(ended.sample.elapsed).unwrap_or(UNIX_EPOCH);
    let told = Told { ended, began };
    for (log, queue) in process.access_logs().iter().zip(logs.queues()) {
        let number = || ended.number().unwrap_or_else(|| local.with_rng(|rng| rng.u64(..)));
        if !log.when().is_empty() && !log.when().iter().any(|when| holds(when, ended, number)) {
            continue;
        }
        local.with_line(|line| {
            match log.format() {
                LogFormat::Json(fields) => told.json(fields, line),
                LogFormat::Template(template) => told.template(template, line),
                LogFormat::Short => short::write(&told, queue.is_coloured(), line),
            }
            line.push(b'\n');
            queue.put(local.worker(), line, limit);
        });
    }
}

fn holds(when: &LogCondition, ended: &Ended<'_>, number: impl FnOnce() -> u64) -> bool {
    let Sample { status, elapsed, .. } = *ended.sample;
    let is_reason = |reason: &LogReason| match (reason, ended.noted.reason) {
        (_, None) => false,
        (LogReason::Present, Some(_)) => true,
        (LogReason::Code(code), Some(reason)) => code == reason,
    };
    (when.status().is_empty() || when.status().iter().any(|range| range.holds(status)))
        && (when.reason().is_empty() || when.reason().iter().any(is_reason))
        && when.slower_than().is_none_or(|limit| elapsed > limit)
        && when.sample().is_none_or(|sample| sample.holds(number()))
}
