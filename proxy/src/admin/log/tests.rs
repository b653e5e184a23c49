use std::sync::{Arc, Mutex};

use super::*;
use crate::admin::pages::tests::{ask, context_with};

/// A log that remembers its level.
struct Plain(Mutex<LevelFilter>);

impl ProcessLog for Plain {
    fn level(&self) -> LevelFilter {
        *self.0.lock().unwrap()
    }

    fn set_level(&self, level: LevelFilter) {
        *self.0.lock().unwrap() = level;
    }

    fn dropped(&self) -> u64 {
        0
    }
}

#[tokio::test]
async fn the_level_is_told_and_set() {
    let context = context_with("listeners: {}", Some(Arc::new(Plain(Mutex::new(LevelFilter::INFO)))));
    for (method, url, status, body) in [
        ("GET", "/log", 200, "info\n"),
        ("POST", "/log?level=debug", 200, "debug\n"),
        ("GET", "/log", 200, "debug\n"),
        ("POST", "/log", 422, "there is no `?level=`: one of off, error, warn, info, debug, trace\n"),
        ("POST", "/log?level=loud", 422, "`loud` is no level: one of off, error, warn, info, debug, trace\n"),
        ("POST", "/log?level=off", 200, "off\n"),
        ("HEAD", "/log", 200, "off\n"),
    ] {
        let reply = ask(&context, method, url).await;
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (status, body), "{method} {url}");
    }
    let without = context_with("listeners: {}", None);
    assert_eq!(ask(&without, "GET", "/log").await.status, 404);
}
