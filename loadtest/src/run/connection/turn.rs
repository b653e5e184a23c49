//! The wait for a request.

use std::future::poll_fn;
use std::task::{Context, Poll};

use crate::run::lane::Lane;
use crate::run::pacer::Turn;
use crate::run::plan::Due;
use crate::run::watch::Slot;

/// Waits for a request, and for nothing more when there will be none; `look` is called whenever there is time to look at
/// the connection.
pub async fn turn(
    lane: &Lane,
    number: usize,
    slot: &Slot,
    mut look: impl FnMut(&mut Context<'_>),
) -> Option<(Due, u64)> {
    poll_fn(|cx| {
        look(cx);
        let now = lane.now();
        match lane.pacer.take(now) {
            Turn::Ask(due) => {
                slot.park(false);
                Poll::Ready(Some((due, now)))
            }
            Turn::Wait => {
                lane.pacer.park(number, slot);
                Poll::Pending
            }
            Turn::Over => Poll::Ready(None),
        }
    })
    .await
}
