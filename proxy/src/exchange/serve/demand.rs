//! A host that is fetched on demand is known before the exchange has its table.

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;

use crate::codec::scratch::Scratch;
use crate::exchange::caller::{Caller, Ending, HostCheck, Visit};
use crate::exchange::serve;
use crate::local::Local;
use crate::observe::stats::Counter;
use crate::outcome::Reason;
use crate::shared::{Hosts, Unknown};

/// Counts a request that goes away before it has a record.
struct Unrecorded<'a>(Option<&'a Local>);

impl Drop for Unrecorded<'_> {
    fn drop(&mut self) {
        if let Some(local) = self.0 {
            local.stats().add(Counter::RequestsCancelled, 1);
        }
    }
}

/// Serves a request when it is known what serves its host; by the table that is live then.
pub async fn serve_known<C: Caller>(
    local: &Rc<Local>,
    hosts: &Hosts,
    visit: &Visit<'_>,
    scratch: &mut Scratch,
    caller: &mut C,
) -> Ending {
    let host = scratch.request.host();
    let checked = match look_up(local, hosts, host) {
        Some(checked) => checked,
        None => fetch(local, hosts, host, caller).await,
    };
    // a head that came slowly may have an older table than the one that serves its host
    let snapshot = local.snapshot();
    let Some(listener) = snapshot.listener(visit.listener.1.name()) else { return Ending::Close };
    serve(local, &Visit { snapshot: &snapshot, listener, host: checked, ..*visit }, scratch, caller).await
}

/// A host that nothing serves is not for the routes of others that would take any host.
fn look_up(local: &Local, hosts: &Hosts, host: &str) -> Option<HostCheck> {
    let served = hosts.serves(host, local.timers().now())?;
    Some(if served { HostCheck::Known } else { HostCheck::Unknown(Reason::NoHost) })
}

async fn fetch<C: Caller>(local: &Local, hosts: &Hosts, host: &str, caller: &mut C) -> HostCheck {
    local.stats().add(Counter::HostWaits, 1);
    let mut unrecorded = Unrecorded(Some(local));
    let mut fetched = pin!(hosts.fetch(host));
    let checked = tokio::select! {
        fetched = &mut fetched => match fetched {
            // what is no name is told of at once, and not remembered
            Ok(()) => look_up(local, hosts, host).unwrap_or(HostCheck::Unknown(Reason::NoHost)),
            Err(Unknown::Late) => HostCheck::Unknown(Reason::HostPending),
            Err(Unknown::Crowded) => HostCheck::Unknown(Reason::HostLimit),
        },
        () = poll_fn(|cx| caller.poll_gone(cx)) => HostCheck::Unknown(Reason::ClientGone),
    };
    unrecorded.0 = None;
    checked
}
