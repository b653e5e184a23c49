//! Which route table each proxy runs just now, asked on its admin port.

use std::io;

use serde_json::Value;

use super::service::VERSIONS;
use crate::client::{Client, Request};

/// What proxies and server say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Live {
    /// Counts the tables that went live, for each proxy.
    pub generations: [u64; 2],
    /// The weights of the route `hello`, if it splits between the two versions, the same on both proxies.
    pub weights: Option<[u64; 2]>,
    /// What is wrong with the newest files, if they were refused.
    pub refused: Option<String>,
}

impl Live {
    /// Asks the proxies.
    ///
    /// # Errors
    /// When an admin port does not answer as it should.
    pub async fn fetch(admins: [&mut Client; 2]) -> io::Result<Self> {
        let [one, other] = admins;
        Ok(Self::read([&table(one).await?, &table(other).await?]))
    }

    fn read(answers: [&Value; 2]) -> Self {
        let [weights, others] = answers.map(|answer| VERSIONS.map(|version| weight(answer, version.name)));
        Self {
            generations: answers
                .map(|answer| answer.get("generation").and_then(Value::as_u64).unwrap_or_default()),
            weights: match weights {
                [Some(v1), Some(v2)] if v1 + v2 > 0 && weights == others => Some([v1, v2]),
                _ => None,
            },
            refused: None,
        }
    }

    /// The tables that are live.
    pub fn tables(&self) -> String {
        let [one, other] = self.generations;
        format!("{one} and {other}")
    }

    /// The share that each version should get.
    pub fn shares(&self) -> Option<[f64; 2]> {
        let weights = self.weights?;
        let total = weights.iter().sum::<u64>() as f64;
        Some(weights.map(|weight| weight as f64 / total))
    }
}

async fn table(admin: &mut Client) -> io::Result<Value> {
    let answer = admin.send(Request { method: "GET", path: "/config", ..Request::default() }).await?;
    Ok(serde_json::from_slice(&answer.body)?)
}

fn weight(answer: &Value, version: &str) -> Option<u64> {
    let destination = answer.pointer(&format!("/config/routes/hello/to/hello~1{version}"))?;
    destination.as_u64().or_else(|| destination.get("weight")?.as_u64())
}

#[cfg(test)]
mod tests;
