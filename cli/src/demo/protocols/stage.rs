//! Sets the demo of protocols up, asks every question once a second, and takes it down.

use std::io::{self, IsTerminal};
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::board::Board;
use super::question::{Places, QUESTIONS};
use super::services;
use crate::demo::Options;
use crate::demo::ports::open;
use crate::demo::running::{Running, stop};
use crate::demo::table_file::TableFile;
use crate::failure::FAILED;
use crate::output;

const TEXT: &str = include_str!("route-table.yaml");

/// How often everything is asked.
const PACE: Duration = Duration::from_secs(1);

/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(5);

/// What stands behind the proxy.
struct Services {
    http1: TcpListener,
    http2: TcpListener,
    echo: TcpListener,
}

/// Runs the demo. The exit code is 1 when it was to end by itself and one of the combinations did not work.
///
/// # Errors
/// When a port, a thread or a file cannot be had, or the proxy ends before the demo.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let terminal = io::stdout().is_terminal();
    let held = [open(8080)?, open(9000)?, open(15000)?];
    let services = Services { http1: open(3001)?, http2: open(3002)?, echo: open(3003)? };
    let [web, tcp, admin] = held.each_ref().map(TcpListener::local_addr);
    let (places, admin) = (Places { web: web?, tcp: tcp? }, admin?);
    let text = TEXT
        .replace("<web>", &places.web.to_string())
        .replace("<tcp>", &places.tcp.to_string())
        .replace("<admin>", &admin.to_string())
        .replace("<http1>", &services.http1.local_addr()?.to_string())
        .replace("<http2>", &services.http2.local_addr()?.to_string())
        .replace("<echo>", &services.echo.local_addr()?.to_string());
    let interactive = terminal && options.duration.is_none();
    let table = TableFile::write(options.keep.as_deref(), interactive, &text)?;
    // all were held until all were known, so that they differ
    drop(held);
    let proxy = Running::start(table.path().to_owned(), admin)?;
    let path = table.path().display();
    output::answer(&format_args!(
        "a proxy between all that it speaks, each combination asked for once a second\n\n\
         \x20 the route table       {path}\n\
         \x20 a page                curl http://{0}/http2/page\n\
         \x20 the same by HTTP/2    curl --http2-prior-knowledge http://{0}/http1/page\n\
         \x20 counts                curl http://{admin}/metrics\n",
        places.web,
    ))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let board = runtime.block_on(LocalSet::new().run_until(play(
        proxy,
        services,
        places,
        options.duration,
        Board::new(terminal),
    )))?;
    output::answer(&format_args!("\n{}", board.verdict()))?;
    let failed = options.duration.is_some() && !board.is_good();
    Ok(if failed { ExitCode::from(FAILED) } else { ExitCode::SUCCESS })
}

async fn play(
    mut proxy: Running,
    services: Services,
    places: Places,
    duration: Option<Duration>,
    mut board: Board,
) -> anyhow::Result<Board> {
    services::start(services.http1, services::http1).context("cannot start the service of HTTP/1.1")?;
    services::start(services.http2, services::http2).context("cannot start the service of HTTP/2")?;
    services::start(services.echo, services::echo).context("cannot start the echo")?;
    proxy.ready().await?;
    let mut stopped = std::pin::pin!(stop(duration));
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            result = &mut stopped => break result?,
            ended = proxy.ended_early() => return Err(ended),
            _ = pace.tick() => {}
        }
        let mut asked = JoinSet::new();
        for question in QUESTIONS {
            asked.spawn_local(async move {
                let begun = Instant::now();
                let answer = timeout(PATIENCE, question.ask(places)).await;
                let answer = answer.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within 5 s")));
                (question, answer.map(|()| begun.elapsed()).map_err(|fault| format!("{fault:#}")))
            });
        }
        while let Some(answered) = asked.join_next().await {
            let (question, outcome) = answered?;
            board.note(question, outcome);
        }
        board.show()?;
    }
    proxy.end().await?;
    Ok(board)
}
