//! Which route table the proxy runs just now, asked on its admin port.

use std::io;

use serde_json::Value;

use super::service::VERSIONS;
use crate::client::{Client, Request};

/// What the admin port says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Live {
    /// Counts the tables that went live.
    pub generation: u64,
    /// The weights of the route `hello`, if it still splits between the two versions.
    pub weights: Option<[u64; 2]>,
    /// What is wrong with the newest file, if it was refused.
    pub rejected: Option<String>,
}

impl Live {
    /// Asks.
    ///
    /// # Errors
    /// When the admin port does not answer as it should.
    pub async fn fetch(admin: &mut Client) -> io::Result<Self> {
        let answer = admin.send(Request { method: "GET", path: "/config", ..Request::default() }).await?;
        Ok(Self::read(&serde_json::from_slice(&answer.body)?))
    }

    fn read(answer: &Value) -> Self {
        let weights = VERSIONS.map(|version| weight(answer, version.name));
        Self {
            generation: answer.get("generation").and_then(Value::as_u64).unwrap_or_default(),
            weights: match weights {
                [Some(v1), Some(v2)] if v1 + v2 > 0 => Some([v1, v2]),
                _ => None,
            },
            rejected: answer.pointer("/rejected/faults").and_then(Value::as_str).map(str::to_owned),
        }
    }

    /// The share that each version should get.
    pub fn shares(&self) -> Option<[f64; 2]> {
        let weights = self.weights?;
        let total = weights.iter().sum::<u64>() as f64;
        Some(weights.map(|weight| weight as f64 / total))
    }
}

fn weight(answer: &Value, version: &str) -> Option<u64> {
    let destination = answer.pointer(&format!("/config/routes/hello/to/hello~1{version}"))?;
    destination.as_u64().or_else(|| destination.get("weight")?.as_u64())
}

#[cfg(test)]
mod tests;
