//! How a proxy of a fleet begins: with the last good table, if there is one on the disk.

use std::time::SystemTime;

use tokio::time::Instant;
use towpath_config::model::Config;

use super::Member;
use crate::reload::Unbound;
use crate::reload::fleet::table::Table;
use crate::reload::fleet::{settling, store};
use crate::shared::Origin;

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
}
