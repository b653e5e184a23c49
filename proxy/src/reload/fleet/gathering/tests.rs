use super::*;
use towpath_wire::{Cache, Client, Identity, Limits, Resources, Session, View};

/// Responses of a server, one for each type, in pieces where `response_bytes` are few.
fn batches(response_bytes: usize) -> Vec<Batch> {
    let identity = Identity {
        id: "p7".into(),
        namespace: "shop".into(),
        labels: [].into(),
        locality: String::new(),
        version: String::new(),
    };
    let mut client = Client::new(identity);
    for kind in [Kind::Cluster, Kind::Route] {
        client.subscribe_all(kind);
    }
    let mut cache = Cache::default();
    let clusters = ["a", "b"].map(|name| cache.resource(Kind::Cluster, &format!("shop/{name}"), "{}"));
    let view = View::default().with(Kind::Cluster, Resources::new(clusters));
    let mut session = Session::new(Limits { response_bytes, ..Limits::default() }, view.into());
    for request in client.connected() {
        session.request(&request).expect("it may ask");
    }
    let mut batches = Vec::new();
    while let Some(response) = session.poll(std::time::Instant::now()) {
        let batch = client.response(response).expect("a batch");
        session.request(&client.verdict(&batch, &[]).expect("connected")).expect("it may answer");
        batches.push(batch);
    }
    batches
}

const MILLI: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn what_comes_together_is_judged_together() {
    let now = Instant::now();
    let mut gathering = Gathering::new(Vec::new(), now);
    assert_eq!(gathering.due(), None);
    let [first, second] = batches(1 << 20).try_into().expect("two batches");
    gathering.add(first, now);
    assert_eq!(gathering.due(), Some(now + QUIET));
    gathering.add(second.clone(), now + 10 * MILLI);
    assert_eq!(gathering.due(), Some(now + 10 * MILLI + QUIET));
    // who is never quiet is not waited for without end
    gathering.add(second, now + 190 * MILLI);
    assert_eq!(gathering.due(), Some(now + RESTLESS));
    assert!(gathering.is_whole(now));
    assert_eq!((gathering.take(now).len(), gathering.due()), (3, None));
}

#[tokio::test(start_paused = true)]
async fn the_first_time_every_type_is_waited_for() {
    let now = Instant::now();
    let mut gathering = Gathering::new(vec![Kind::Cluster, Kind::Route], now);
    let [first, second] = batches(1 << 20).try_into().expect("two batches");
    gathering.add(first, now);
    assert_eq!((gathering.due(), gathering.is_whole(now)), (Some(now + WHOLE), false));
    gathering.add(second, now + MILLI);
    assert_eq!((gathering.due(), gathering.is_whole(now)), (Some(now + MILLI + QUIET), true));
}

#[tokio::test(start_paused = true)]
async fn pieces_are_answered_at_once_and_go_live_together() {
    let now = Instant::now();
    let mut gathering = Gathering::new(Vec::new(), now);
    let pieces = batches(1);
    assert!(pieces[0].more && !pieces[1].more, "{pieces:?}");
    gathering.add(pieces[0].clone(), now);
    assert_eq!((gathering.due(), gathering.is_whole(now)), (Some(now + QUIET), false));
    assert_eq!(gathering.take(now).len(), 1);
    // nobody says the rest
    assert_eq!((gathering.due(), gathering.is_whole(now + WHOLE)), (Some(now + WHOLE), true));
    gathering.add(pieces[1].clone(), now + MILLI);
    assert!(gathering.is_whole(now + MILLI));
    assert_eq!((gathering.take(now + MILLI).len(), gathering.due()), (1, None));
}
