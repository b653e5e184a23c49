//! How a proxy of a fleet begins, with the last good table if there is one on the disk; and how it ends.

use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout};
use towpath_config::model::Config;

use super::disk::Disk;
use super::member::{LinkState, Member};
use super::table::Table;
use super::{settling, store};
use crate::reload::Unbound;
use crate::shared::{Origin, Shared};

/// So long the disk and the server may take, each, for what is left at the end.
const LIMIT: Duration = Duration::from_secs(1);

impl Member {
    /// The last good table, if there is one on the disk.
    pub fn recall(&mut self) -> Option<Config> {
        let store = self.disk.as_ref()?.store();
        let path = store.path();
        let refused = |fault: &str| {
            tracing::error!(path = %path.display(), fault, "the stored table is not used");
        };
        let kept = match store.read() {
            Ok(kept) => kept?,
            Err(fault) => {
                refused(&fault);
                return None;
            }
        };
        let mut table = Table::new(&self.namespace, **self.control.limits().table_bytes() as usize);
        kept.parts.iter().cloned().for_each(|part| table.recall(part));
        match settling::compile(&mut table, &self.base) {
            Ok(config) => {
                self.recalled = Some((table, kept));
                Some(config)
            }
            Err(faults) => {
                refused(&faults);
                None
            }
        }
    }

    /// What is left of the last good table when these listeners cannot have their addresses.
    pub fn recall_without(&mut self, unbound: &[Unbound]) -> Option<Config> {
        let (table, _) = self.recalled.as_mut()?;
        unbound.iter().for_each(|one| table.refuse(&one.listener, &one.fault));
        table.doubt();
        let left = settling::compile(table, &self.base);
        left.inspect_err(|faults| tracing::error!(faults, "nothing of the stored table is used")).ok()
    }

    /// Notes that the last good table is live.
    pub fn recalled(&mut self) {
        let Some((table, kept)) = self.recalled.take() else { return };
        table.held().for_each(|(kind, name, version)| self.client.hold(kind, &name, version));
        self.table = table;
        if let (Some(asked), Some(hosts)) = (&mut self.hosts, self.place.hosts()) {
            for (host, text) in kept.hosts {
                asked.demand.recall(hosts, &host, text, Instant::now());
            }
            asked.demand.tell(hosts);
            let wishes = asked.demand.wishes();
            // nobody listens yet: the stream begins with all of it
            let _ = self.wish(&wishes);
        }
        let confirmed = store::time(kept.confirmed);
        let age = SystemTime::now().duration_since(confirmed).unwrap_or_default();
        self.place.note(|standing| {
            (standing.origin, standing.confirmed) = (Some(Origin::Stored), Some(confirmed));
        });
        self.note_table();
        tracing::info!(?age, "the stored table is live until the control server says more");
    }

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
