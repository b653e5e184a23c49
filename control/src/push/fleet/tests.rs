use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use towpath_config::Source;
use towpath_config::server;

use super::*;
use crate::truth::Live;

fn fleet(limits: &str, gone_for: Duration) -> Fleet {
    let source = Source::new("control.yaml", format!("source: store\nlimits: {limits}\n"));
    let limits = server::settings(&source, &|_| None).unwrap().limits().push;
    let meters = Arc::<Meters>::default();
    let plan = Plan::all(Edition::new(Arc::new(Live::default()), None, Arc::clone(&meters)));
    Fleet::new(limits, gone_for, plan, meters, Telemetry::new(10))
}

async fn come(fleet: &Fleet, id: &str) -> Result<Arc<Member>, Full> {
    let identity = Identity {
        id: id.into(),
        namespace: "shop".into(),
        labels: BTreeMap::new(),
        locality: String::new(),
        version: String::new(),
    };
    fleet.enter(identity, (Ipv4Addr::LOCALHOST, 1).into()).await
}

fn names(fleet: &Fleet) -> Vec<String> {
    let proxies = fleet.proxies();
    proxies.iter().map(|proxy| format!("{} {}", proxy.member.name, proxy.connected)).collect()
}

#[tokio::test]
async fn who_is_gone_is_remembered_for_so_long_and_so_many() {
    let fleet = fleet("{gone_proxies: 1}", Duration::from_secs(60));
    for id in ["a", "b", "c"] {
        let member = come(&fleet, id).await.unwrap();
        if id != "c" {
            fleet.leave(&member, "");
        }
    }
    assert_eq!(names(&fleet), ["shop/b false", "shop/c true"]);
    let fleet = self::fleet("{}", Duration::ZERO);
    let member = come(&fleet, "a").await.unwrap();
    assert_eq!(names(&fleet), ["shop/a true"]);
    fleet.leave(&member, "");
    assert_eq!(names(&fleet), Vec::<String>::new());
}

#[tokio::test]
async fn a_proxy_that_comes_again_takes_its_own_place() {
    let fleet = fleet("{streams: 2}", Duration::from_secs(60));
    let first = come(&fleet, "a").await.unwrap();
    let _other = come(&fleet, "b").await.unwrap();
    assert!(come(&fleet, "c").await.is_err());
    let second = come(&fleet, "a").await.unwrap();
    first.replaced.notified().await;
    // the older stream ends after the newer one has begun
    fleet.leave(&first, "");
    assert_eq!(names(&fleet), ["shop/a true", "shop/b true"]);
    fleet.leave(&second, "");
    assert!(come(&fleet, "c").await.is_ok());
    assert_eq!(fleet.meters().get(Counter::StreamsReplaced), 1);
}

#[tokio::test]
async fn those_who_watch_are_told() {
    let fleet = fleet("{}", Duration::from_secs(60));
    let mut events = fleet.events();
    let member = come(&fleet, "a").await.unwrap();
    fleet.leave(&member, "it left");
    let heard = [events.recv().await.unwrap(), events.recv().await.unwrap()];
    assert!(matches!(&heard[0].happening, Happening::Connected { proxy, .. } if proxy == "shop/a"));
    assert!(matches!(&heard[1].happening, Happening::Gone { reason, .. } if reason == "it left"));
    assert_eq!(heard[1].namespace.as_deref(), Some("shop"));
}
