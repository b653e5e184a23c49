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
use tokio::time::{Instant, interval_at, sleep, timeout};

use super::board::{Board, verdict};
use super::crowd;
use super::live::Live;
use super::mesh::{self, Mesh};
use super::ports::Ports;
use super::running::{GLANCE, PATIENCE, Running, stop};
use super::server::Server;
use super::service::{self, VERSIONS};
use super::tally::Tally;
use crate::failure::FAILED;
use crate::output;

/// How often the board is drawn.
const SECOND: Duration = Duration::from_secs(1);

/// The proxies.
const NAMES: [&str; 2] = ["p1", "p2"];

/// What the demo is asked for.
#[derive(Debug)]
pub struct Options {
    /// Ends by itself after this long; without it, at Ctrl-C.
    pub duration: Option<Duration>,
    /// Writes the mesh here, and leaves it here.
    pub keep: Option<PathBuf>,
}

/// Runs the demo. The exit code is 1 when it was to end by itself and the split did not fit the weights.
///
/// # Errors
/// When a port, a thread or a file cannot be had, or server or proxies end before the demo.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let terminal = io::stdout().is_terminal();
    let ports = Ports::find().context("cannot open the ports of the demo")?;
    let interactive = terminal && options.duration.is_none();
    let mesh = Mesh::write(options.keep.as_deref(), interactive, &mesh::text(&ports)?)?;
    let server = Server::start(mesh.folder(), &mesh.state("control"), &ports)?;
    output::answer(&introduction(&ports, &mesh))?;
    let proxies = start(&ports, &mesh)?;
    for (version, listener) in VERSIONS.into_iter().zip(ports.services) {
        service::start(version, listener).with_context(|| format!("cannot start {}", version.name))?;
    }
    let stage = Stage { webs: ports.webs, server, proxies };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = LocalSet::new();
    let (text, good) =
        runtime.block_on(local.run_until(stage.play(&local, options.duration, Board::new(terminal))))?;
    output::answer(&text)?;
    let failed = options.duration.is_some() && !good;
    Ok(if failed { ExitCode::from(FAILED) } else { ExitCode::SUCCESS })
}

fn start(ports: &Ports, mesh: &Mesh) -> anyhow::Result<[Running; 2]> {
    let [one, other] = NAMES;
    let [admin, other_admin] = ports.admins;
    Ok([
        Running::follow(one, ports.push, admin, &mesh.state(one))?,
        Running::follow(other, ports.push, other_admin, &mesh.state(other))?,
    ])
}

/// What runs.
#[derive(Debug)]
struct Stage {
    webs: [SocketAddr; 2],
    server: Server,
    proxies: [Running; 2],
}

impl Stage {
    async fn play(
        mut self,
        local: &LocalSet,
        duration: Option<Duration>,
        mut board: Board,
    ) -> anyhow::Result<(String, bool)> {
        self.server.ready().await?;
        for proxy in &mut self.proxies {
            proxy.ready().await?;
        }
        let mut live = self.whole().await?;
        let tally = Rc::new(RefCell::new(Tally::default()));
        let crowd = crowd::start(local, self.webs, &tally);
        let mut stopped = std::pin::pin!(stop(duration));
        let mut second = interval_at(Instant::now() + SECOND, SECOND);
        loop {
            let [one, other] = &mut self.proxies;
            tokio::select! {
                // the server hears Ctrl-C too, and is gone at once
                biased;
                result = &mut stopped => break result?,
                ended = one.ended_early() => return Err(ended),
                ended = other.ended_early() => return Err(ended),
                ended = self.server.ended_early() => return Err(ended),
                _ = second.tick() => {}
            }
            tally.borrow_mut().tick();
            self.follow(&mut live, &tally).await;
            board.show(&tally.borrow(), &live)?;
        }
        drop(crowd);
        let told = verdict(&tally.borrow(), &live);
        let [one, other] = self.proxies;
        let (one, other) = tokio::join!(one.end(), other.end());
        one.and(other)?;
        Ok(told)
    }

    async fn fetch(&mut self) -> io::Result<Live> {
        let [one, other] = &mut self.proxies;
        Live::fetch([&mut one.admin, &mut other.admin]).await
    }

    /// Waits until both proxies have the table.
    async fn whole(&mut self) -> anyhow::Result<Live> {
        let both = async {
            loop {
                match self.fetch().await {
                    Ok(live) if live.weights.is_some() => return live,
                    _ => sleep(GLANCE).await,
                }
            }
        };
        timeout(PATIENCE, both).await.context("the proxies did not get the mesh within 10 s")
    }

    /// Other tables: other counts.
    async fn follow(&mut self, live: &mut Live, tally: &RefCell<Tally>) {
        // a question that fails is asked again a second later
        let Ok(Ok(now)) = timeout(PATIENCE, self.fetch()).await else { return };
        if now.weights != live.weights || now.generations != live.generations {
            tally.borrow_mut().restart();
        }
        *live = Live { refused: self.server.refused().await, ..now };
    }
}

fn introduction(ports: &Ports, mesh: &Mesh) -> String {
    let Ports { webs: [web, other_web], admins: [admin, _], api, .. } = ports;
    let file = mesh.file();
    let file = file.display();
    let towpath = program();
    let towpath = towpath.display();
    format!(
        "two versions of a service, two proxies that split 90/10 between them, and a control server that tells both\n\
         \n\
         \x20 the mesh              {file}   (edit it: 10 → 50, save, and watch both follow)\n\
         \x20 the same, by command  {towpath} split hello v1=50 v2=50 --control {api}\n\
         \x20 who runs what         {towpath} status --control {api}\n\
         \x20 a request             curl -i http://{web}/   or   http://{other_web}/\n\
         \x20 one user stays        curl -H 'x-user-id: ada' http://{web}/\n\
         \x20 a tester gets v2      curl -H 'canary-user: true' http://{web}/\n\
         \x20 why it does that      {towpath} explain --admin {admin} GET http://{web}/ -H 'x-user-id: ada'\n\
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
