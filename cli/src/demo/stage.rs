//! Sets the demo up, lets it run, and takes it down.

use std::cell::RefCell;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context;
use tokio::task::LocalSet;
use tokio::time::{Instant, interval_at, timeout};

use super::board::{Board, verdict};
use super::crowd;
use super::live::Live;
use super::ports::Ports;
use super::running::{PATIENCE, Running, stop};
use super::service::{self, VERSIONS};
use super::table_file::{self, TableFile};
use super::tally::Tally;
use crate::client::Client;
use crate::failure::FAILED;
use crate::output;

/// How often the board is drawn.
const SECOND: Duration = Duration::from_secs(1);

/// What the demo is asked for.
#[derive(Debug)]
pub struct Options {
    /// Ends by itself after this long; without it, at Ctrl-C.
    pub duration: Option<Duration>,
    /// Writes the route table here, and leaves it here.
    pub keep: Option<PathBuf>,
}

/// Runs the demo. The exit code is 1 when it was to end by itself and the split did not fit the weights.
///
/// # Errors
/// When a port, a thread or a file cannot be had, or the proxy ends before the demo.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let terminal = io::stdout().is_terminal();
    let ports = Ports::find().context("cannot open the ports of the demo")?;
    let interactive = terminal && options.duration.is_none();
    let table = TableFile::write(options.keep.as_deref(), interactive, &table_file::text(&ports)?)?;
    let proxy = Running::start(table.path().to_owned(), ports.admin)?;
    let stage = Stage { web: ports.web, admin: ports.admin, proxy };
    for (version, listener) in VERSIONS.into_iter().zip(ports.services) {
        service::start(version, listener).with_context(|| format!("cannot start {}", version.name))?;
    }
    output::answer(&introduction(&stage, &table))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = LocalSet::new();
    let (text, good) =
        runtime.block_on(local.run_until(stage.play(&local, options.duration, Board::new(terminal))))?;
    output::answer(&text)?;
    let failed = options.duration.is_some() && !good;
    Ok(if failed { ExitCode::from(FAILED) } else { ExitCode::SUCCESS })
}

/// What runs.
#[derive(Debug)]
struct Stage {
    web: SocketAddr,
    admin: SocketAddr,
    proxy: Running,
}

impl Stage {
    async fn play(
        mut self,
        local: &LocalSet,
        duration: Option<Duration>,
        mut board: Board,
    ) -> anyhow::Result<(String, bool)> {
        self.proxy.ready().await?;
        let mut admin = Client::new(self.admin);
        let mut live = Live::fetch(&mut admin).await?;
        let tally = Rc::new(RefCell::new(Tally::default()));
        let crowd = crowd::start(local, self.web, &tally);
        let mut stopped = std::pin::pin!(stop(duration));
        let mut second = interval_at(Instant::now() + SECOND, SECOND);
        loop {
            tokio::select! {
                result = &mut stopped => break result?,
                ended = self.proxy.ended_early() => return Err(ended),
                _ = second.tick() => {}
            }
            tally.borrow_mut().tick();
            follow(&mut live, &mut admin, &tally).await;
            board.show(&tally.borrow(), &live)?;
        }
        drop(crowd);
        let told = verdict(&tally.borrow(), &live);
        self.proxy.end().await?;
        Ok(told)
    }
}

/// Other weights: other counts.
async fn follow(live: &mut Live, admin: &mut Client, tally: &RefCell<Tally>) {
    // a question that fails is asked again a second later
    let Ok(Ok(now)) = timeout(PATIENCE, Live::fetch(admin)).await else { return };
    if now.weights != live.weights {
        tally.borrow_mut().restart();
    }
    *live = now;
}

fn introduction(stage: &Stage, table: &TableFile) -> String {
    let Stage { web, admin, .. } = stage;
    let path = table.path().display();
    let towpath = program();
    let towpath = towpath.display();
    format!(
        "two versions of a service, and a proxy that splits 90/10 between them\n\
         \n\
         \x20 the route table       {path}   (edit it: 10 → 50, save, and watch)\n\
         \x20 a request             curl -i http://{web}/\n\
         \x20 one user stays        curl -H 'x-user-id: ada' http://{web}/\n\
         \x20 a tester gets v2      curl -H 'canary-user: true' http://{web}/\n\
         \x20 why it does that      {towpath} explain -c {path} GET http://{web}/ -H 'x-user-id: ada'\n\
         \x20 the same, asked live  {towpath} explain --admin {admin} GET http://{web}/\n\
         \x20 counts                curl http://{admin}/metrics\n\
         \x20 what is live          curl http://{admin}/config\n"
    )
}

/// How this program is called from here.
fn program() -> PathBuf {
    let (Ok(program), Ok(here)) = (std::env::current_exe(), std::env::current_dir()) else {
        return "towpath".into();
    };
    program.strip_prefix(here).map(Path::to_owned).unwrap_or(program)
}
