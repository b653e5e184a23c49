use std::sync::Arc;

use serde_json::Value;
use towpath_config::{Source, compile};

use super::*;
use crate::observe::process_log::ProcessLog;
use crate::observe::series::SeriesBook;
use crate::shared::Shared;
use crate::snapshot::Snapshot;

pub(in crate::admin) const TABLE: &str = "\
proxy: {id: p1, locality: eu-1/a}
listeners: {web: {address: 127.0.0.1:8080}}
routes:
  all: {to: app}
clusters:
  app:
    endpoints:
      - {address: 127.0.0.1:3001, labels: {version: v1}}
      - {address: 127.0.0.1:3002, labels: {version: v2}, weight: 0}
    subsets: {old: {labels: {version: v1}}}
";

pub(in crate::admin) fn shared(table: &str) -> Arc<Shared> {
    let config = compile(&Source::new("table.yaml", table), &|_| None).unwrap().into_config();
    let series = Arc::new(SeriesBook::new(1));
    Arc::new(Shared::new(Snapshot::next(None, config, &series), series, 1))
}

pub(in crate::admin) fn context(table: &str) -> AdminContext {
    context_with(table, None)
}

pub(in crate::admin) fn context_with(table: &str, log: Option<Arc<dyn ProcessLog>>) -> AdminContext {
    let act =
        |fault: &'static str| -> Act { Box::new(move || Box::pin(async move { Err(fault.to_owned()) })) };
    let acts = Acts {
        reload: act("table.yaml:1:1 is wrong"),
        upgrade: act("there is no such program"),
        reopen: act("no such directory"),
    };
    AdminContext::new(shared(table), "table.yaml".into(), acts, log)
}

pub(in crate::admin) async fn ask(context: &AdminContext, method: &str, url: &str) -> Reply {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let own = str::to_owned;
    let asked = Asked {
        method: own(method),
        path: own(path),
        query: own(query),
        accept: own(""),
        body: Bytes::new(),
    };
    answer(context, asked).await
}

pub(in crate::admin) async fn json(context: &AdminContext, path: &str) -> Value {
    let reply = ask(context, "GET", path).await;
    assert_eq!((reply.status, reply.content_type), (StatusCode::OK, "application/json"));
    serde_json::from_str(&reply.body).unwrap()
}

#[tokio::test]
async fn every_page_is_listed_and_answers_its_method() {
    let context = context(TABLE);
    let list = ask(&context, "GET", "/").await.body;
    assert_eq!(list.lines().count(), PAGES.len());
    for page in &PAGES {
        assert!(list.contains(page.path), "{}", page.path);
        for method in page.allow.split(", ") {
            let status = ask(&context, method, page.path).await.status;
            let wrong = if page.path == "/log" { [405, 405] } else { [404, 405] };
            assert!(!wrong.contains(&status.as_u16()), "{method} {}: {status}", page.path);
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_answered_with_what_is() {
    let context = context(TABLE);
    let reply = ask(&context, "GET", "/nothing").await;
    assert_eq!(reply.status, 404);
    assert!(reply.body.contains("/metrics"));
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let context = context(TABLE);
    for (method, path, allow) in
        [("POST", "/live", "GET, HEAD"), ("GET", "/drain", "POST"), ("GE", "/", "GET, HEAD")]
    {
        let reply = ask(&context, method, path).await;
        assert_eq!((reply.status.as_u16(), reply.allow), (405, Some(allow)), "{method} {path}");
    }
    assert_eq!(context.site.shared.phase(), Phase::Serving);
}

#[tokio::test]
async fn a_drain_ends_readiness_but_not_life() {
    let context = context(TABLE);
    assert_eq!(ask(&context, "GET", "/ready").await.status, 200);
    let drain = context.site.shared.drain_signal();
    assert_eq!(ask(&context, "POST", "/drain").await.status, 202);
    assert!(drain.borrow().is_some());
    let ready = ask(&context, "GET", "/ready").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body, "draining: connections are taken for another 5s; 0 are open\n");
    context.site.shared.close();
    let ready = ask(&context, "GET", "/ready").await;
    assert_eq!(ready.body, "draining: nothing new is taken; 0 connections have 25s to end\n");
    assert_eq!(ask(&context, "GET", "/live").await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_done_says_why() {
    let rows = [
        ("/reload", "table.yaml:1:1 is wrong\n"),
        ("/upgrade", "there is no such program\n"),
        ("/logs/reopen", "no such directory\n"),
    ];
    for (path, fault) in rows {
        let reply = ask(&context(TABLE), "POST", path).await;
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (422, fault));
    }
}
