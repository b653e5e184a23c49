use std::sync::atomic::{AtomicU64, Ordering};

use towpath_config::{Source, compile};
use tracing::level_filters::LevelFilter;

use super::*;
use crate::observe::series::SeriesBook;
use crate::snapshot::Snapshot;

/// A log that has dropped so many lines.
struct Leaky(AtomicU64);

impl ProcessLog for Leaky {
    fn level(&self) -> LevelFilter {
        LevelFilter::INFO
    }

    fn set_level(&self, _: LevelFilter) {}

    fn dropped(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_log_drops_is_counted_once() {
    let config =
        compile(&Source::new("table.yaml", "listeners: {}"), &|_| None).expect("a table").into_config();
    let series = Arc::new(SeriesBook::new(1));
    let shared = Arc::new(Shared::new(Snapshot::next(None, config, &series), series, 1));
    let log = Arc::new(Leaky(AtomicU64::new(3)));
    let watch = watch_log(Arc::clone(&shared), Arc::<Leaky>::clone(&log));
    shared.stats().shard(0).add(Counter::LogDropped, 2);
    let look = async {
        for (dropped, total) in [(3, 5), (3, 5), (7, 9)] {
            log.0.store(dropped, Ordering::Relaxed);
            tokio::time::sleep(REST * 2).await;
            assert_eq!(shared.stats().total(Counter::LogDropped), total);
        }
    };
    tokio::select! {
        () = watch => {}
        () = look => {}
    }
}
