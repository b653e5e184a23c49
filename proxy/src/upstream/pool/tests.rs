use std::rc::Rc;

use tokio::net::TcpListener;

use super::*;
use crate::sys::timer::Timers;

const LIMITS: PoolLimits = PoolLimits {
    connections: 2,
    pending: 1,
    wait: Some(Duration::from_secs(3)),
    idle: Some(Duration::from_secs(60)),
    connect: Some(Duration::from_secs(5)),
};

/// A worker's pool, a cluster and an endpoint that accepts.
struct Stand {
    pool: Pool,
    cluster: Arc<ClusterState>,
    endpoint: Arc<EndpointState>,
    listener: TcpListener,
    timers: Rc<Timers>,
    timer: Timer,
}

impl Stand {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let timers = Rc::<Timers>::default();
        let timer = timers.timer();
        Self {
            pool: Pool::new(0, Arc::new(Allowance::new(3))),
            cluster: Arc::new(ClusterState::new("c", 2)),
            endpoint: Arc::new(EndpointState::new(address.into())),
            listener,
            timers,
            timer,
        }
    }

    async fn checkout_announced(&self, announcement: &Announcement) -> Result<Connection, Reason> {
        let (cluster, endpoint, timer) = (&self.cluster, &self.endpoint, &self.timer);
        let announcement = Some(announcement);
        let want = Want { cluster, endpoint, limits: &LIMITS, announcement, fresh: false, timer, due: None };
        self.pool.checkout(&want).await
    }

    async fn checkout(&self, fresh: bool) -> Result<Connection, Reason> {
        let (cluster, endpoint, timer) = (&self.cluster, &self.endpoint, &self.timer);
        self.pool
            .checkout(&Want {
                cluster,
                endpoint,
                limits: &LIMITS,
                announcement: None,
                fresh,
                timer,
                due: None,
            })
            .await
    }
}

fn port(connection: &Connection) -> u16 {
    match &connection.io {
        Stream::Tcp(stream) => stream.local_addr().expect("an address").port(),
        Stream::Unix(_) => panic!("a connection over TCP"),
    }
}

#[tokio::test]
async fn the_last_used_connection_is_used_again() {
    let stand = Stand::new().await;
    let one = stand.checkout(false).await.expect("a connection");
    assert!(!one.holding.is_reused());
    let used = port(&one);
    stand.pool.put_back(one, Instant::now());
    assert_eq!((stand.endpoint.idle(), stand.cluster.open()), (1, 1));
    let again = stand.checkout(false).await.expect("a connection");
    assert!(again.holding.is_reused());
    assert_eq!(port(&again), used);
    assert_eq!(stand.endpoint.idle(), 0);
    drop(again);
    assert_eq!(stand.cluster.open(), 0, "a dropped connection gives its slot back");
}

#[tokio::test]
async fn a_connection_that_the_peer_closed_is_not_used() {
    let stand = Stand::new().await;
    let one = stand.checkout(false).await.expect("a connection");
    let (peer, _) = stand.listener.accept().await.expect("a peer");
    drop(peer);
    std::future::poll_fn(|cx| one.io.poll_readable(cx)).await;
    stand.pool.put_back(one, Instant::now());
    let other = stand.checkout(false).await.expect("a connection");
    assert!(!other.holding.is_reused());
    let count = |counter| stand.cluster.tally().total(counter);
    assert_eq!(
        [ClusterCounter::Connections, ClusterCounter::Reused, ClusterCounter::Evicted].map(count),
        [2, 0, 1]
    );
}

#[tokio::test]
async fn who_waits_gets_what_comes_back_and_no_more_may_wait_than_allowed() {
    let stand = Stand::new().await;
    let one = stand.checkout(false).await.expect("a connection");
    let _two = stand.checkout(false).await.expect("a connection");
    let waiting = stand.checkout(false);
    let crowd = async {
        while stand.cluster.pending() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(stand.checkout(false).await.err(), Some(Reason::PendingLimit));
        stand.pool.put_back(one, Instant::now());
    };
    let (got, ()) = tokio::join!(waiting, crowd);
    assert!(got.expect("the one that came back").holding.is_reused());
    assert_eq!(stand.cluster.pending(), 0);
    assert!(stand.pool.queues.borrow().is_empty(), "nobody waits any more");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_too_long_is_told() {
    let stand = Stand::new().await;
    let _taken = [stand.checkout(false).await, stand.checkout(false).await];
    let begun = Instant::now();
    let waited = tokio::select! {
        waited = stand.checkout(false) => waited,
        () = Rc::clone(&stand.timers).run() => unreachable!("timers run for ever"),
    };
    assert_eq!(waited.err(), Some(Reason::PendingTimeout));
    assert!(begun.elapsed() >= Duration::from_secs(3) && begun.elapsed() < Duration::from_millis(3100));
    assert_eq!(stand.cluster.pending(), 0);
}

#[tokio::test(start_paused = true)]
async fn another_worker_gives_its_idle_connection_up() {
    let here = Stand::new().await;
    let there = Pool::new(1, Arc::clone(&here.pool.allowance));
    let (_taken, idle) = (here.checkout(false).await, here.checkout(false).await.expect("a connection"));
    there.put_back(idle, Instant::now());
    let got = tokio::select! {
        // it has looked, and found nobody, before the request begins to wait
        biased;
        () = there.yield_to_others() => unreachable!("it yields for ever"),
        got = here.checkout(false) => got,
        () = Rc::clone(&here.timers).run() => unreachable!("timers run for ever"),
    };
    assert!(!got.expect("a new one in the place of the idle one").holding.is_reused());
    assert_eq!((here.cluster.open(), here.endpoint.idle()), (1, 0));
}

#[tokio::test]
async fn a_closed_connection_makes_room_for_who_waits() {
    let stand = Stand::new().await;
    let one = stand.checkout(false).await.expect("a connection");
    let _two = stand.checkout(false).await.expect("a connection");
    let closing = async {
        while stand.cluster.pending() == 0 {
            tokio::task::yield_now().await;
        }
        drop(one);
    };
    let (got, ()) = tokio::join!(stand.checkout(true), closing);
    assert!(!got.expect("a fresh one").holding.is_reused());
}

#[tokio::test]
async fn a_refused_connection_is_a_failure_and_gives_its_slot_back() {
    let mut stand = Stand::new().await;
    let address = stand.endpoint.address();
    drop(std::mem::replace(&mut stand.listener, TcpListener::bind("127.0.0.1:0").await.expect("a port")));
    assert_eq!(stand.checkout(false).await.err(), Some(Reason::ConnectFailure), "{address}");
    assert_eq!((stand.cluster.open(), stand.cluster.tally().total(ClusterCounter::ConnectFailures)), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_limit_that_a_peer_told_is_kept_with_a_margin() {
    let stand = Stand::new().await;
    stand.endpoint.learn_keep_alive(Duration::from_secs(5));
    for (age, reused) in [(Duration::from_secs(4), true), (Duration::from_millis(4600), false)] {
        let connection = stand.checkout(true).await.expect("a connection");
        stand.pool.put_back(connection, stand.timer.now() - age);
        assert_eq!(stand.checkout(false).await.expect("a connection").holding.is_reused(), reused, "{age:?}");
    }
}

#[tokio::test]
async fn a_sweep_closes_what_leads_nowhere() {
    let stand = Stand::new().await;
    let connection = stand.checkout(false).await.expect("a connection");
    stand.pool.put_back(connection, Instant::now());
    stand.pool.sweep(Instant::now(), |_, _| true);
    assert_eq!((stand.endpoint.idle(), stand.cluster.open()), (1, 1));
    stand
        .pool
        .sweep(Instant::now(), |cluster, endpoint| cluster != "c" || endpoint.id() != stand.endpoint.id());
    assert_eq!((stand.endpoint.idle(), stand.cluster.open()), (0, 0));
    assert_eq!(stand.cluster.tally().total(ClusterCounter::Evicted), 1);
}

#[tokio::test]
async fn an_idle_connection_makes_room_for_another_endpoint() {
    let (stand, other) = (Stand::new().await, Stand::new().await);
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(stand.checkout(false).await.expect("a connection"));
    }
    let (cluster, endpoint, timer) = (&other.cluster, &other.endpoint, &other.timer);
    let want =
        Want { cluster, endpoint, limits: &LIMITS, announcement: None, fresh: false, timer, due: None };
    held.push(stand.pool.checkout(&want).await.expect("the third file"));
    assert_eq!(stand.pool.checkout(&want).await.err(), Some(Reason::FileLimit), "there is no fourth one");
    stand.pool.put_back(held.remove(0), Instant::now());
    held.push(stand.pool.checkout(&want).await.expect("in the place of the idle one"));
    assert_eq!((stand.endpoint.idle(), stand.cluster.open(), other.cluster.open()), (0, 1, 2));
}

fn announcement(client: &str) -> Announcement {
    let ends = Ends { source: client.parse().unwrap(), destination: "198.51.100.1:80".parse().unwrap() };
    Announcement { version: towpath_config::model::ProxyVersion::V1, ends: Some(ends) }
}

#[tokio::test]
async fn a_connection_in_the_name_of_one_client_is_used_for_no_other_and_goes_with_it() {
    let stand = Stand::new().await;
    let (one, other) = (announcement("192.0.2.1:1000"), announcement("192.0.2.1:1001"));
    let first = stand.checkout_announced(&one).await.expect("a connection");
    let used = port(&first);
    stand.pool.put_back(first, Instant::now());
    let theirs = stand.checkout_announced(&other).await.expect("a connection");
    assert!(!theirs.holding.is_reused(), "another client has its own");
    drop(theirs);
    let nobodys = stand.checkout(false).await.expect("a connection");
    assert!(!nobodys.holding.is_reused(), "who announces nothing has its own");
    drop(nobodys);
    let again = stand.checkout_announced(&one).await.expect("a connection");
    assert_eq!((port(&again), again.holding.is_reused()), (used, true));
    stand.pool.put_back(again, Instant::now());
    stand.pool.forget(&other.ends.unwrap());
    assert_eq!(stand.endpoint.idle(), 1);
    stand.pool.forget(&one.ends.unwrap());
    assert_eq!(
        (stand.endpoint.idle(), stand.cluster.open()),
        (0, 0),
        "the client is gone, and so is its connection"
    );
    let mut header = Vec::new();
    let (mut accepted, _) = stand.listener.accept().await.expect("a peer");
    tokio::io::AsyncReadExt::read_to_end(&mut accepted, &mut header).await.expect("it was closed");
    assert_eq!(header, b"PROXY TCP4 192.0.2.1 198.51.100.1 1000 80\r\n");
}
