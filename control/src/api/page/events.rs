//! What happens, as it happens: server-sent events (WHATWG HTML §9.2).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tokio_stream::{Stream, StreamExt};

use super::asked::Asked;
use crate::api::access::Caller;
use crate::api::seam::{Event, Events};
use crate::api::serve::Counters;
use crate::api::shape::{Problem, Reply};

/// So often something is said when nothing happens, so that both sides know that the other one is there.
const PULSE: Duration = Duration::from_secs(15);

pub(super) fn events(asked: &Asked) -> Result<Reply, Problem> {
    asked.namespace()?;
    let place = Arc::clone(&asked.site.followers).try_acquire_owned();
    let place = place.map_err(|_| Problem::too_many("no more clients can follow events"))?;
    let follower = Follower {
        events: asked.site.control.events(),
        caller: asked.caller.clone(),
        namespace: asked.query.text("namespace").map(str::to_owned),
        counters: Arc::clone(&asked.site.counters),
        _place: place,
    };
    let following = Following(Some(Box::pin(next(follower, true))));
    Ok(Reply::new("text/event-stream", Body::from_stream(following)))
}

/// A client that follows, as long as it reads in time.
struct Follower {
    events: Events,
    caller: Caller,
    namespace: Option<String>,
    counters: Arc<Counters>,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    fn wants(&self, event: &Event) -> bool {
        match &event.namespace {
            Some(namespace) => {
                self.caller.has(namespace) && self.namespace.as_ref().is_none_or(|wanted| wanted == namespace)
            }
            None => self.caller.has_all(),
        }
    }
}

/// What is sent next, and the follower while there is more to come.
type Next = Pin<Box<dyn Future<Output = (Bytes, Option<Follower>)> + Send>>;

async fn next(mut follower: Follower, is_first: bool) -> (Bytes, Option<Follower>) {
    if is_first {
        // so that the client sees at once that it is listened for
        return (Bytes::from_static(b": following\n\n"), Some(follower));
    }
    loop {
        match timeout(PULSE, follower.events.next()).await {
            Err(_) => return (Bytes::from_static(b":\n\n"), Some(follower)),
            Ok(Some(Ok(event))) if follower.wants(&event) => return (frame(&event), Some(follower)),
            Ok(Some(Ok(_))) => {}
            Ok(None) => return (Bytes::new(), None),
            Ok(Some(Err(missed))) => {
                follower.counters.followers_cut();
                let text = format!("event: cut\ndata: {{\"missed\": {missed}}}\n\n");
                return (text.into(), None);
            }
        }
    }
}

fn frame(event: &Event) -> Bytes {
    let about = json!({
        "time_ms": event.time_ms,
        "namespace": event.namespace,
        "message": event.message,
        "about": event.about,
    });
    format!("event: {}\ndata: {about}\n\n", event.kind.word()).into()
}

/// The frames, one after another.
struct Following(Option<Next>);

impl Stream for Following {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(pending) = self.0.as_mut() else { return Poll::Ready(None) };
        pending.as_mut().poll(cx).map(|(frame, follower)| {
            self.0 = follower.map(|follower| Box::pin(next(follower, false)) as Next);
            (!frame.is_empty()).then_some(Ok(frame))
        })
    }
}
