//! One proxy, by the metrics of its admin port.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::time::{Instant, timeout};

use super::reading::Reading;
use super::view::{Sort, Toned, View};
use super::watch::{Look, Options, watch};
use crate::client::{Client, Request};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Shows a proxy until it is told to end.
///
/// # Errors
/// The proxy does not answer.
pub async fn run(admin: SocketAddr, options: &Options) -> anyhow::Result<()> {
    watch(options, Scraper { client: Client::new(admin), admin, before: None, now: None }).await
}

/// A reading, and when it was taken.
type Taken = (Reading, Instant);

struct Scraper {
    client: Client,
    admin: SocketAddr,
    before: Option<Taken>,
    now: Option<Taken>,
}

impl Scraper {
    async fn read(&mut self) -> anyhow::Result<Taken> {
        let admin = self.admin;
        let request =
            Request { method: "GET", path: "/metrics", headers: &[("accept", "text/plain")], body: &[] };
        let answer = timeout(PATIENCE, self.client.send(request)).await;
        // a connection that an answer was waited for on is not used again
        let answer = answer.unwrap_or_else(|late| {
            self.client = Client::new(admin);
            Err(late.into())
        });
        let answer = answer.with_context(|| format!("the admin port {admin} cannot be asked"))?;
        match Reading::of(&String::from_utf8_lossy(&answer.body)) {
            Some(reading) if answer.status == 200 => Ok((reading, Instant::now())),
            _ => {
                bail!("{admin} answers, but not as the admin port of a proxy does (status {})", answer.status)
            }
        }
    }
}

impl Look for Scraper {
    async fn again(&mut self) -> anyhow::Result<()> {
        let now = self.read().await?;
        self.before = self.now.replace(now);
        Ok(())
    }

    fn lines(&self, sort: Sort) -> Vec<Toned> {
        let Some((now, later)) = &self.now else { return Vec::new() };
        // nothing came between a look and itself
        let (before, earlier) =
            self.before.as_ref().map_or((now, later), |(before, earlier)| (before, earlier));
        let seconds = later.duration_since(*earlier).as_secs_f64().max(f64::EPSILON);
        View { process: &now.process, between: &now.since(before), seconds }.lines(sort)
    }
}
