//! Looks at something again and again, and shows what came between two looks.

use std::io::{self, IsTerminal};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::screen::Screen;
use super::view::{Sort, Tone, Toned};
use crate::output;

const FOOT: &str = "q quit   sort by: r rate  e errors  p p99  n name";
/// Ctrl-C and Ctrl-D, which the terminal passes on as they are.
const END_KEYS: [u8; 4] = [b'q', b'Q', 3, 4];

/// How it is shown.
#[derive(Debug)]
pub struct Options {
    /// Between two readings.
    pub interval: Duration,
    /// One table is enough.
    pub once: bool,
    /// What comes first.
    pub sort: Sort,
}

/// What is looked at, again and again.
pub(super) trait Look {
    /// Looks once more.
    ///
    /// # Errors
    /// It cannot be looked at.
    async fn again(&mut self) -> anyhow::Result<()>;

    /// What came between the last two looks.
    fn lines(&self, sort: Sort) -> Vec<Toned>;
}

/// Shows something until it is told to end.
///
/// # Errors
/// It cannot be looked at; where people look on, only the first time.
pub(super) async fn watch(options: &Options, mut look: impl Look) -> anyhow::Result<()> {
    look.again().await?;
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if terminal && !options.once { live(options, look).await } else { plain(options, look).await }
}

/// A table for each interval, or only one.
async fn plain(options: &Options, mut look: impl Look) -> anyhow::Result<()> {
    let mut ticks = interval_at(Instant::now() + options.interval, options.interval);
    loop {
        ticks.tick().await;
        look.again().await?;
        let lines: Vec<_> = look.lines(options.sort).into_iter().map(|(_, line)| line).collect();
        output::answer(&lines.join("\n"))?;
        if options.once {
            return Ok(());
        }
        output::answer(&"")?;
    }
}

/// A screen that is drawn again with every interval, key, and change of size.
async fn live(options: &Options, mut look: impl Look) -> anyhow::Result<()> {
    let (mut resized, mut terminated) =
        (signal(SignalKind::window_change())?, signal(SignalKind::terminate())?);
    let (screen, mut keys) = Screen::take()?;
    let mut sort = options.sort;
    let mut trouble = None;
    let mut ticks = interval_at(Instant::now() + options.interval, options.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut text = look.lines(sort);
        text.extend(trouble.iter().map(|fault: &anyhow::Error| (Tone::Bad, format!("{fault:#}"))));
        screen.draw(&text, FOOT)?;
        tokio::select! {
            _ = ticks.tick() => trouble = look.again().await.err(),
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
