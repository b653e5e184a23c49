//! How a proxy of a fleet ends.

use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout};

use super::{LinkState, Member};
use crate::reload::fleet::disk::Disk;
use crate::shared::Shared;

/// So long the disk and the server may take, each, for what is left.
const LIMIT: Duration = Duration::from_secs(1);

impl Member {
    /// Leaves the place in the fleet, and the file on the disk, to the process that takes over.
    pub fn hand_over(&mut self) {
        self.client.disconnected();
        (self.link, self.disk, self.hosts) = (LinkState::Resting(Instant::now()), None, None);
    }

    /// Stores the last good table if it is to be stored, and reports what was counted last.
    pub async fn finish(&mut self, shared: &Shared) {
        if matches!(self.link, LinkState::Open(_)) {
            // until now the server stood by the table
            self.place.lost(SystemTime::now(), "the process ends".to_owned());
            self.disk.iter_mut().for_each(Disk::want);
        }
        let reports = self.reports.take();
        let reported = async {
            if let Some(reports) = reports {
                reports.end().await;
            }
        };
        let (stored, reported) = tokio::join!(timeout(LIMIT, self.store(shared)), timeout(LIMIT, reported));
        if stored.is_err() {
            tracing::warn!(limit = ?LIMIT, "the disk is too slow: the last good table is not stored as it was last");
        }
        if reported.is_err() {
            tracing::warn!(limit = ?LIMIT, "the control server is too slow: what was counted last is lost");
        }
    }

    /// Writes until nothing is left to be written.
    async fn store(&mut self, shared: &Shared) {
        loop {
            let turn = match &mut self.disk {
                Some(disk) => disk.last().await,
                None => None,
            };
            let Some(turn) = turn else { break };
            self.turn(turn, shared);
        }
    }
}
