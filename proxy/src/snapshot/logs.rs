//! The access logs of a snapshot.

use std::sync::Arc;

use towpath_config::model::{Config, LogValue};

use crate::observe::access_log::LineQueue;

/// Where the lines go in, and what has to be noted for them while an answer is at hand.
#[derive(Debug)]
pub struct AccessLogs {
    queues: Vec<Arc<LineQueue>>,
    response_headers: Vec<String>,
}

impl AccessLogs {
    /// Those of `config`, if it has any. What goes to a place that `old` has too goes into the same queue.
    #[must_use]
    pub(super) fn next(old: Option<&Self>, config: &Config, workers: usize) -> Option<Self> {
        let logs = config.process().access_logs();
        if logs.is_empty() {
            return None;
        }
        let known = |name: &str| old?.queues.iter().find(|queue| queue.name() == name).cloned();
        let queues = logs.iter().map(|log| {
            known(&log.to().to_string()).unwrap_or_else(|| Arc::new(LineQueue::new(log.to(), workers)))
        });
        let mut response_headers: Vec<_> = logs
            .iter()
            .flat_map(|log| log.format().values())
            .filter_map(|value| match value {
                LogValue::ResponseHeader(name) => Some(name.clone()),
                _ => None,
            })
            .collect();
        response_headers.sort();
        response_headers.dedup();
        Some(Self { queues: queues.collect(), response_headers })
    }

    /// Where the lines go in, in the order of the table.
    #[must_use]
    pub fn queues(&self) -> &[Arc<LineQueue>] {
        &self.queues
    }

    /// Headers of answers that are logged, in lower case.
    #[must_use]
    pub fn response_headers(&self) -> &[String] {
        &self.response_headers
    }
}
