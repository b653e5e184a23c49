//! The clients of the demo. They count by what an answer says of itself, not by what the proxy says of it.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::{JoinSet, LocalSet};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::service::VERSIONS;
use super::tally::Tally;
use crate::client::{Answer, Client, Request};

/// Clients, each with one connection that it keeps.
const CLIENTS: usize = 8;
/// Between two requests of one client.
const PACE: Duration = Duration::from_millis(20);
/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends traffic to these proxies until it is dropped.
pub fn start(local: &LocalSet, addresses: [SocketAddr; 2], tally: &Rc<RefCell<Tally>>) -> JoinSet<()> {
    let mut crowd = JoinSet::new();
    for address in addresses.into_iter().cycle().take(CLIENTS) {
        crowd.spawn_local_on(traffic(Client::new(address), Rc::clone(tally)), local);
    }
    crowd
}

async fn traffic(mut client: Client, tally: Rc<RefCell<Tally>>) {
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        let epoch = tally.borrow().epoch();
        // each request is another user, so that each is one draw of the split
        let user = format!("user-{:016x}", fastrand::u64(..));
        let headers = [("host", "demo.local"), ("x-user-id", user.as_str())];
        let begun = Instant::now();
        let request = Request { method: "GET", path: "/", headers: &headers, body: &[] };
        let answer = timeout(PATIENCE, client.send(request)).await;
        let version = answer.ok().and_then(Result::ok).as_ref().and_then(version);
        tally.borrow_mut().add(epoch, version, begun.elapsed());
    }
}

/// The position of the version that gave a good answer.
fn version(answer: &Answer) -> Option<usize> {
    let name = answer.header("x-version").filter(|_| answer.status == 200)?;
    VERSIONS.iter().position(|version| version.name == name)
}
