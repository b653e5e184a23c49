use std::time::Duration;

use tokio::sync::oneshot::Receiver;
use towpath_wire::{Cache, Client, Identity, Limits, Resources, Session, View};

use super::*;

const FORGET: Duration = Duration::from_secs(60);
const SERVED: &str = r#"{"routes":["shop/all"],"clusters":["shop/app"]}"#;

struct Case {
    demand: Demand,
    hosts: Hosts,
}

impl Case {
    fn new(hosts_max: u32) -> Self {
        let (hosts, _asks) = Hosts::new(10, Duration::from_secs(5));
        Self { demand: Demand::new("shop", hosts_max, FORGET), hosts }
    }

    fn ask(&mut self, host: &str) -> Receiver<()> {
        let (told, answer) = oneshot::channel();
        self.demand.ask(&self.hosts, Ask { host: host.into(), told }, Instant::now());
        answer
    }

    fn hear(&mut self, batch: &Batch) {
        assert_eq!(self.demand.hear(batch), []);
        self.demand.wishes();
        self.demand.tell(&self.hosts);
    }

    fn knows(&self, host: &str) -> bool {
        self.hosts.serves(host, Instant::now()).is_some()
    }
}

/// What a server says of these names, of which it has `there`.
fn said(kind: Kind, names: &[&str], there: &[(&str, &str)]) -> Batch {
    let identity = Identity {
        id: "p7".into(),
        namespace: "shop".into(),
        labels: [].into(),
        locality: String::new(),
        version: String::new(),
    };
    let mut client = Client::new(identity);
    client.subscribe(kind, names.iter().copied());
    let mut cache = Cache::default();
    let list: Vec<_> = there.iter().map(|(name, text)| cache.resource(kind, name, text)).collect();
    let view = View::default().with(kind, Resources::new(list));
    let mut session = Session::new(Limits::default(), view.into());
    for request in client.connected() {
        session.request(&request).expect("it may ask");
    }
    let response = session.poll(std::time::Instant::now()).expect("an answer");
    client.response(response).expect("a batch")
}

fn names(wishes: &BTreeSet<Wanted>) -> Vec<&str> {
    wishes.iter().map(|(_, name)| name.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_told_when_all_that_serves_the_host_was_answered() {
    let mut case = Case::new(10);
    let (mut first, mut second) = (case.ask("a.test"), case.ask("a.test"));
    assert_eq!(names(&case.demand.wishes().subscribe), ["shop/a.test"]);
    assert_eq!(case.demand.wishes(), Wishes::default(), "it is asked for once");
    assert_eq!(case.demand.hear(&said(Kind::Host, &["shop/a.test"], &[("shop/a.test", SERVED)])), []);
    assert_eq!(names(&case.demand.wishes().subscribe), ["shop/app", "shop/app", "shop/all"]);
    case.demand.tell(&case.hosts);
    case.hear(&said(Kind::Route, &["shop/all"], &[("shop/all", "{}")]));
    case.hear(&said(Kind::Cluster, &["shop/app"], &[("shop/app", "{}")]));
    assert!(!case.knows("a.test") && first.try_recv().is_err());
    // a cluster with a name in DNS has no endpoints, and that is an answer
    case.hear(&said(Kind::Endpoints, &["shop/app"], &[]));
    assert!(case.knows("a.test") && first.try_recv().is_ok() && second.try_recv().is_ok());
    assert!(case.ask("a.test").try_recv().is_ok(), "who comes a moment late is told at once");
    assert_eq!(case.demand.kept(), [("a.test".to_owned(), SERVED.to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_remembered_and_noticed_when_it_comes() {
    let mut case = Case::new(10);
    let mut asked = case.ask("b.test");
    case.demand.wishes();
    case.hear(&said(Kind::Host, &["shop/b.test"], &[]));
    assert!(case.knows("b.test") && asked.try_recv().is_ok());
    assert_eq!((case.demand.kept(), case.hosts.serves("b.test", Instant::now())), (vec![], Some(false)));
    case.demand.hear(&said(Kind::Host, &["shop/b.test"], &[("shop/b.test", SERVED)]));
    assert_eq!(case.demand.wishes().subscribe.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_asks_for_is_let_go_with_what_served_it() {
    let mut case = Case::new(10);
    drop(case.ask("a.test"));
    case.demand.wishes();
    case.demand.hear(&said(Kind::Host, &["shop/a.test"], &[("shop/a.test", SERVED)]));
    case.demand.wishes();
    tokio::time::advance(FORGET - Duration::from_secs(1)).await;
    case.demand.age(&case.hosts, Instant::now());
    assert_eq!(case.demand.wishes(), Wishes::default());
    tokio::time::advance(Duration::from_secs(1)).await;
    case.demand.age(&case.hosts, Instant::now());
    assert_eq!(case.demand.wishes().unsubscribe.len(), 4);
    case.demand.tell(&case.hosts);
    assert!(!case.knows("a.test"));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_unknown_hosts_pushes_out_none_that_serves() {
    let mut case = Case::new(2);
    case.demand.recall(&case.hosts, "a.test", SERVED.to_owned(), Instant::now());
    case.demand.tell(&case.hosts);
    for number in 0..5 {
        let (host, name) = (format!("x{number}.test"), format!("shop/x{number}.test"));
        let mut asked = case.ask(&host);
        case.demand.wishes();
        // as long as it waits nobody takes its place
        assert!(
            case.ask("y.test").try_recv().is_err_and(|none| none == oneshot::error::TryRecvError::Closed)
        );
        case.hear(&said(Kind::Host, &[&name], &[]));
        assert!(asked.try_recv().is_ok() && case.knows(&host) && case.knows("a.test"));
    }
    assert_eq!(case.hosts.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_host_whose_text_is_none_is_rejected() {
    let mut case = Case::new(2);
    drop(case.ask("a.test"));
    case.demand.wishes();
    let rejected = case.demand.hear(&said(Kind::Host, &["shop/a.test"], &[("shop/a.test", "{}")]));
    assert!(rejected[0].0 == "shop/a.test" && rejected[0].1.contains("routes"), "{rejected:?}");
}
