//! Asks a proxy again and again, and shows what came between two answers.

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::reading::Reading;
use super::screen::Screen;
use super::view::{Sort, Tone, Toned, View};
use crate::client::{Client, Request};
use crate::output;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
const FOOT: &str = "q quit   sort by: r rate  e errors  p p99  n name";
/// Ctrl-C and Ctrl-D, which the terminal passes on as they are.
const END_KEYS: [u8; 4] = [b'q', b'Q', 3, 4];

/// What is asked for.
#[derive(Debug)]
pub struct Options {
    /// The admin port.
    pub admin: SocketAddr,
    /// Between two readings.
    pub interval: Duration,
    /// One table is enough.
    pub once: bool,
    /// What comes first.
    pub sort: Sort,
}

/// Shows the proxy until it is told to end.
///
/// # Errors
/// The proxy does not answer; where people look on, only the first time.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let mut scraper = Scraper { client: Client::new(options.admin), admin: options.admin };
    let first = scraper.read().await?;
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if terminal && !options.once {
        live(&options, scraper, first).await
    } else {
        plain(&options, scraper, first).await
    }
}

/// A reading, and when it was taken.
type Taken = (Reading, Instant);

struct Scraper {
    client: Client,
    admin: SocketAddr,
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

fn lines((before, earlier): &Taken, (now, later): &Taken, sort: Sort) -> Vec<Toned> {
    let seconds = later.duration_since(*earlier).as_secs_f64().max(f64::EPSILON);
    View { process: &now.process, between: &now.since(before), seconds }.lines(sort)
}

/// A table for each interval, or only one.
async fn plain(options: &Options, mut scraper: Scraper, mut before: Taken) -> anyhow::Result<()> {
    let mut ticks = interval_at(Instant::now() + options.interval, options.interval);
    loop {
        ticks.tick().await;
        let now = scraper.read().await?;
        let lines: Vec<_> = lines(&before, &now, options.sort).into_iter().map(|(_, line)| line).collect();
        output::answer(&lines.join("\n"))?;
        if options.once {
            return Ok(());
        }
        output::answer(&"")?;
        before = now;
    }
}

/// A screen that is drawn again with every interval, key, and change of size.
async fn live(options: &Options, mut scraper: Scraper, first: Taken) -> anyhow::Result<()> {
    let (mut resized, mut terminated) =
        (signal(SignalKind::window_change())?, signal(SignalKind::terminate())?);
    let (screen, mut keys) = Screen::take()?;
    let mut sort = options.sort;
    let mut shown = (first.clone(), first);
    let mut trouble = None;
    let mut ticks = interval_at(Instant::now() + options.interval, options.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut text = lines(&shown.0, &shown.1, sort);
        text.extend(trouble.iter().map(|fault: &anyhow::Error| (Tone::Bad, format!("{fault:#}"))));
        screen.draw(&text, FOOT)?;
        tokio::select! {
            _ = ticks.tick() => match scraper.read().await {
                Ok(now) => {
                    shown = (shown.1, now);
                    trouble = None;
                }
                Err(fault) => trouble = Some(fault),
            },
            key = keys.recv() => match key {
                Some(b'r') => sort = Sort::Rate,
                Some(b'e') => sort = Sort::Errors,
                Some(b'p') => sort = Sort::P99,
                Some(b'n') => sort = Sort::Name,
                Some(key) if !END_KEYS.contains(&key) => {}
                Some(_) | None => return Ok(()),
            },
            _ = resized.recv() => {}
            _ = terminated.recv() => return Ok(()),
        }
    }
}
