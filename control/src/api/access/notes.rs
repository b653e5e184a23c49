//! Which refusals are noted in the audit log: who is refused again and again must not push out of it what others did.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many refusals of one caller are noted at once.
const BURST: u32 = 30;

/// After so long there is room for another one.
const REST: Duration = Duration::from_secs(10);

/// What is noted of each caller: by the names of tokens, of which there are as many as the settings have.
#[derive(Debug, Default)]
pub(in crate::api) struct Notes(Mutex<HashMap<String, Caller>>);

#[derive(Debug)]
struct Caller {
    room: u32,
    since: Instant,
    left_out: u64,
}

impl Notes {
    /// Whether a refusal of this caller is noted, and how many before it were not.
    pub(in crate::api) fn admit(&self, name: &str) -> Option<u64> {
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Caller { room: BURST, since: Instant::now(), left_out: 0 };
        let caller = callers.entry(name.to_owned()).or_insert_with(fresh);
        let rests = caller.since.elapsed().as_secs() / REST.as_secs();
        caller.room = caller.room.saturating_add(u32::try_from(rests).unwrap_or(BURST)).min(BURST);
        caller.since += Duration::from_secs(rests * REST.as_secs());
        match caller.room.checked_sub(1) {
            Some(room) => {
                caller.room = room;
                Some(std::mem::take(&mut caller.left_out))
            }
            None => {
                caller.left_out += 1;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
