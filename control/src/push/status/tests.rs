use std::net::Ipv4Addr;
use std::time::Instant;

use towpath_wire::telemetry::Named;
use towpath_wire::{Cache, Client, Identity, Limits, Resources, Session};

use super::*;

/// A proxy and the client that plays it.
struct Play {
    member: Arc<Member>,
    client: Client,
}

impl Play {
    fn new(id: &str, view: &Arc<View>, routes: Option<&[&str]>) -> Self {
        let identity = Identity {
            id: id.into(),
            namespace: "shop".into(),
            labels: BTreeMap::new(),
            locality: String::new(),
            version: String::new(),
        };
        let mut client = Client::new(identity.clone());
        match routes {
            None => client.subscribe_all(Kind::Route),
            Some(names) => client.subscribe(Kind::Route, names.iter().copied()),
        };
        let session = Session::new(Limits::default(), Arc::clone(view));
        let address = (Ipv4Addr::LOCALHOST, 1).into();
        let member = Arc::new(Member::new(identity, address, session, Arc::clone(view), 1));
        for request in client.connected() {
            member.hear(&request).unwrap();
        }
        Self { member, client }
    }

    /// Takes all it is sent, without these.
    fn take(&mut self, rejects: &[&str]) {
        while let Some(response) = self.member.poll(Instant::now()) {
            let batch = self.client.response(response).unwrap();
            let rejected: Vec<_> = batch
                .upserts
                .iter()
                .filter(|one| rejects.contains(&&*one.name))
                .map(|one| (one.name.to_string(), "no".to_owned()))
                .collect();
            let verdict = self.client.verdict(&batch, &rejected).unwrap();
            self.member.hear(&verdict).unwrap();
        }
    }
}

fn routes(texts: &[(&str, &str)]) -> Arc<View> {
    let mut cache = Cache::default();
    let list = texts.iter().map(|(name, text)| cache.resource(Kind::Route, name, text));
    Arc::new(View::default().with(Kind::Route, Resources::new(list.collect::<Vec<_>>())))
}

fn told(members: &[Arc<Member>], view: &View) -> Vec<(String, usize, usize, usize)> {
    let table = objects(members, view.of(Kind::Route).iter().map(|resource| (Kind::Route, resource)));
    table.iter().map(|one| (one.name.clone(), one.applied, one.of, one.rejected.len())).collect()
}

#[test]
fn a_resource_is_counted_over_all_who_want_it() {
    let view = routes(&[("shop/a", "1"), ("shop/b", "2")]);
    let mut plays: Vec<_> = ["p1", "p2", "p3", "p4"].iter().map(|id| Play::new(id, &view, None)).collect();
    plays[0].take(&[]);
    plays[1].take(&[]);
    plays[2].take(&["shop/b"]);
    // it has been sent something, and does not answer
    plays[3].member.poll(Instant::now()).unwrap();
    plays.push(Play::new("p5", &view, Some(&["shop/a"])));
    plays[4].take(&[]);
    let members: Vec<_> = plays.iter().map(|play| Arc::clone(&play.member)).collect();
    assert_eq!(told(&members, &view), [("shop/a".into(), 4, 5, 0), ("shop/b".into(), 2, 4, 1)]);
    let of = |play: usize| proxy(&plays[play].member, None);
    assert_eq!((of(0).pending, of(0).applied), (0, Some(1)));
    assert_eq!((of(2).pending, of(2).rejected.len()), (0, 1));
    assert_eq!((of(3).pending, of(3).applied), (2, None));
}

#[test]
fn who_has_an_older_version_has_not_applied_the_new_one() {
    let old = routes(&[("shop/a", "1"), ("shop/b", "2")]);
    let new = routes(&[("shop/a", "1"), ("shop/b", "3")]);
    let mut play = Play::new("p1", &old, None);
    play.take(&[]);
    let members = [Arc::clone(&play.member)];
    assert_eq!(told(&members, &new), [("shop/a".into(), 1, 1, 0), ("shop/b".into(), 0, 1, 0)]);
    play.member.publish(Arc::clone(&new), 2);
    assert_eq!(told(&members, &new), [("shop/a".into(), 1, 1, 0), ("shop/b".into(), 0, 1, 0)]);
    play.take(&[]);
    assert_eq!(told(&members, &new), [("shop/a".into(), 1, 1, 0), ("shop/b".into(), 1, 1, 0)]);
}

#[test]
fn who_is_told_nothing_new_is_not_waited_for() {
    let old = routes(&[("shop/a", "1")]);
    let new = routes(&[("shop/a", "2")]);
    let play = Play::new("p1", &old, None);
    // it has not even judged the first one, and nothing changes for it by the second
    play.member.publish(routes(&[("shop/a", "1")]), 2);
    assert!(play.member.has_judged(2, 2) && !play.member.has_judged(2, 0) && !play.member.has_judged(3, 3));
    play.member.publish(new, 3);
    assert!(!play.member.has_judged(3, 3) && !play.member.has_judged(2, 2));
    let mut play = play;
    play.take(&[]);
    assert!(play.member.has_judged(3, 3) && play.member.has_judged(2, 0));
    play.member.leave();
    assert!(play.member.has_judged(9, 0), "nobody waits for who is gone");
}

#[test]
fn what_waits_at_a_proxy_is_not_live_there() {
    let view = routes(&[("shop/a", "1")]);
    let mut play = Play::new("p1", &view, None);
    play.take(&[]);
    let mut table =
        objects(&[play.member], view.of(Kind::Route).iter().map(|resource| (Kind::Route, resource)));
    let waiting = Named { kind: "route".into(), name: "shop/a".into(), reason: "there is no cluster".into() };
    let state = Arc::new(State { waiting: vec![waiting], ..State::default() });
    wait(&mut table, &[("shop/p1".into(), state)]);
    assert_eq!((table[0].applied, table[0].of, table[0].waiting.len()), (0, 1, 1));
}

#[test]
fn of_a_proxy_that_is_gone_its_rejections_stay() {
    let view = routes(&[("shop/a", "1")]);
    let mut play = Play::new("p1", &view, None);
    play.take(&["shop/a"]);
    play.member.leave();
    let status = proxy(&play.member, None);
    assert_eq!((status.connected, status.rejected.len(), status.pending), (false, 1, 0));
}
