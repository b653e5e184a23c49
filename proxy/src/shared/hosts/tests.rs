use super::*;

const HOLD: Duration = Duration::from_secs(5);

fn known(hosts: &Hosts, names: &[&str]) {
    hosts.publish(
        names
            .iter()
            .map(|name| ((*name).into(), KnownHost { last: hosts.used(Instant::now()), is_served: true }))
            .collect(),
    );
}

#[tokio::test(start_paused = true)]
async fn who_is_told_goes_on_and_who_is_not_gives_up_in_time() {
    let (hosts, mut asked) = Hosts::new(10, HOLD);
    assert_eq!(hosts.serves("a", Instant::now()), None);
    let answers = async {
        let Ask { host, told } = asked.recv().await.expect("a question");
        assert_eq!((&*host, hosts.waiting()), ("a", 1));
        known(&hosts, &["a"]);
        told.send(()).expect("it waits");
    };
    assert_eq!(tokio::join!(hosts.fetch("a"), answers).0, Ok(()));
    assert_eq!((hosts.serves("a", Instant::now()), hosts.waiting()), (Some(true), 0));

    let begun = Instant::now();
    assert_eq!(hosts.fetch("b").await, Err(Unknown::Late));
    assert_eq!((begun.elapsed(), hosts.waiting()), (HOLD, 0));
}

#[tokio::test(start_paused = true)]
async fn so_many_requests_wait_for_their_hosts() {
    let (hosts, mut asked) = Hosts::new(2, HOLD);
    let crowd = tokio::join!(hosts.fetch("a"), hosts.fetch("a"), hosts.fetch("b"));
    assert_eq!(crowd, (Err(Unknown::Late), Err(Unknown::Late), Err(Unknown::Crowded)));
    assert_eq!(hosts.waiting(), 0);
    // what nobody took is in the way until somebody does
    assert_eq!(hosts.fetch("c").await, Err(Unknown::Crowded));
    while asked.try_recv().is_ok() {}
    assert_eq!(hosts.fetch("c").await, Err(Unknown::Late));
    drop(asked);
    assert_eq!(hosts.fetch("c").await, Err(Unknown::Crowded));
}

#[tokio::test(start_paused = true)]
async fn a_host_is_idle_since_it_was_last_asked_for() {
    let (hosts, _asked) = Hosts::new(1, HOLD);
    known(&hosts, &["a"]);
    let last = Arc::clone(&hosts.known.load().get("a").expect("it is known").last);
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(hosts.idle(&last, Instant::now()), Duration::from_secs(30));
    assert_eq!(hosts.serves("a", Instant::now()), Some(true));
    assert_eq!(hosts.idle(&last, Instant::now()), Duration::ZERO);
}
