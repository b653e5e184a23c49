mod schema;
mod stage;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::super::shape::{Answers, Body, OPERATIONS, problems};
use stage::{Stage, TABLE};

/// Every operation that the table has, asked in the plainest way that it can be.
#[tokio::test]
async fn every_operation_answers_as_the_document_says() {
    let stage = Stage::new(&[("shop.yaml", TABLE)]).await;
    let document = stage.get("/api/openapi.json").await.json();
    for operation in OPERATIONS {
        let path = operation
            .path
            .replace("{namespace}", "default")
            .replace("{kind}", "route")
            .replace("{name}", "more")
            .replace("{route}", "app")
            .replace("{number}", "1");
        let body = match operation.body {
            Body::None => Value::Null,
            Body::Documents => {
                json!({"documents": [{"name": "more.yaml", "text": "routes: {more: {to: app}}\n"}]})
            }
            Body::Json("Split") => json!({"weights": {"app/blue": 80, "green": 20}}),
            Body::Json("Switch") => json!({"to": "green"}),
            Body::Json(_) => json!({"active": true}),
        };
        let answer = stage.ask(operation.verb.word(), &path, &[], &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        let described = &document["paths"][operation.path][operation.verb.word()]["responses"];
        let content = described["200"]["content"].as_object().expect("what is answered is described");
        let media = answer.media();
        assert!(content.contains_key(media), "{path}: {media}");
        if let Answers::Json(schema) | Answers::JsonOrYaml(schema) = operation.answers {
            schema::hold(&document, schema, &answer.json(), &path);
        }
        for status in problems(operation) {
            assert!(described.get(status.as_str()).is_some(), "{path}: {status}");
        }
    }
}

#[tokio::test]
async fn what_is_not_in_the_table_is_not_answered() {
    let stage = Stage::new(&[]).await;
    assert_eq!(stage.get("/api/v1/nothing").await.status, StatusCode::NOT_FOUND);
    let other = stage.ask("put", "/api/v1/apply", &[], &Value::Null).await;
    assert_eq!((other.status, other.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("POST")));
    let head = stage.ask("head", "/live", &[], &Value::Null).await;
    assert_eq!((head.status, head.text().as_str()), (StatusCode::OK, ""));
    let unknown = stage.get("/api/v1/status?nam=x").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    unknown.is_problem("the parameter `nam` is unknown");
}

#[tokio::test]
async fn documents_are_put_in_the_place_of_what_has_the_same_names() {
    let stage = Stage::new(&[("shop.yaml", TABLE)]).await;
    let first = stage.apply("routes: {app: {to: {app/blue: 50, app/green: 50}}, extra: {to: app}}\n").await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    assert_eq!((first.json()["revision"].clone(), first.header("etag")), (json!(2), Some("\"2\"")));
    assert_eq!(first.json()["documents"], json!([{"document": "shop.yaml", "touch": "changed"}]));
    let text = stage.document("shop.yaml");
    assert!(text.contains("# the shop") && text.contains("extra") && text.contains("50"), "{text}");
    let again = stage.apply("routes: {extra: {to: app}}\n").await.json();
    assert_eq!((again["changed"].clone(), again["revision"].clone()), (json!(false), json!(2)));
    let entry = stage.get("/api/v1/revisions").await.json()["revisions"][0].clone();
    assert_eq!((entry["who"].clone(), entry["origin"].clone()), (json!("local"), json!("api")));
}

#[tokio::test]
async fn a_document_of_nothing_known_is_kept_as_it_was_written() {
    let stage = Stage::new(&[]).await;
    let text = "# pay, and nobody else\nnamespace: pay\nclusters: {ledger: {endpoints: [127.0.0.1:1]}}\n";
    let body = json!({"documents": [{"name": "pay/ledger.yaml", "text": text}]});
    assert_eq!(stage.ask("post", "/api/v1/apply", &[], &body).await.status, StatusCode::OK);
    assert_eq!(stage.document("pay/ledger.yaml"), text);
    let found = stage.get("/api/v1/resources/pay/cluster/ledger?format=yaml").await;
    assert_eq!((found.media(), found.text().contains("127.0.0.1:1")), ("application/yaml", true));
    let all = stage.get("/api/v1/resources?format=yaml").await.text();
    assert!(all.starts_with("namespace: pay\n"), "{all}");
    let replaced = json!({"documents": [{"name": "pay/ledger.yaml", "text": "namespace: pay\n"}]});
    assert_eq!(stage.ask("post", "/api/v1/apply?replace=true", &[], &replaced).await.status, StatusCode::OK);
    assert_eq!(stage.document("pay/ledger.yaml"), "namespace: pay\n");
}

#[tokio::test]
async fn nothing_is_changed_by_what_is_wrong() {
    let stage = Stage::new(&[("shop.yaml", TABLE)]).await;
    let two = "routes:\n  app: {tooo: app}\nclusters: {x: {endpoints: [nowhere]}}\n";
    let wrong = stage.apply(two).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults = wrong.json()["faults"].as_array().expect("a list").clone();
    assert!(faults.len() >= 2, "{faults:?}");
    assert_eq!((faults[0]["line"].clone(), faults[0]["file"].clone()), (json!(2), json!("the body")));
    assert!(faults[0]["message"].as_str().expect("a text").contains("tooo"), "{faults:?}");
    // what is right in itself, and wrong together with the rest
    let together = stage.apply("routes: {app: {to: nowhere}}\n").await;
    assert_eq!(together.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", together.text());
    assert_eq!(together.json()["faults"][0]["standing"], json!("waiting"));
    let dry = stage
        .ask(
            "post",
            "/api/v1/apply?dry_run",
            &[("content-type", "application/yaml")],
            &json!("routes: {b: {to: app}}"),
        )
        .await;
    assert_eq!((dry.status, dry.json()["dry_run"].clone()), (StatusCode::OK, json!(true)), "{}", dry.text());
    assert_eq!(stage.document("shop.yaml"), TABLE);
    let audit = stage.get("/api/v1/audit").await.text();
    assert_eq!(audit.lines().filter(|line| line.contains("\"refused\"")).count(), 2, "{audit}");
}

#[tokio::test]
async fn bodies_that_are_none_are_refused() {
    let stage = Stage::new(&[]).await;
    let yaml = ("content-type", "application/yaml");
    let json_media = ("content-type", "application/json");
    let rows = [
        (vec![("content-type", "text/html")], json!("routes: {}"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (vec![], json!("x"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (vec![json_media], json!("{"), StatusCode::BAD_REQUEST),
        (vec![json_media], json!({"documents": []}), StatusCode::BAD_REQUEST),
        (
            vec![json_media],
            json!({"documents": [{"name": "../a.yaml", "text": ""}]}),
            StatusCode::BAD_REQUEST,
        ),
        (vec![yaml], json!("routes: {"), StatusCode::UNPROCESSABLE_ENTITY),
        (vec![yaml], json!("x".repeat(70_000)), StatusCode::PAYLOAD_TOO_LARGE),
        (vec![yaml, ("content-length", "9999999")], json!("a"), StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (headers, body, status) in rows {
        let answer = stage.ask("post", "/api/v1/apply", &headers, &body).await;
        assert_eq!(answer.status, status, "{headers:?} {}", answer.text());
        assert_eq!(answer.media(), "application/problem+json");
    }
    for body in [
        json!({}),
        json!({"weights": {}}),
        json!({"weights": {"a": -1}}),
        json!([]),
        json!({"weights": {"a": 1}, "x": 1}),
    ] {
        let answer = stage.ask("post", "/api/v1/routes/default/app/split", &[], &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test]
async fn a_stale_write_is_refused_with_the_current_revision() {
    let stage = Stage::new(&[("shop.yaml", TABLE)]).await;
    let switch = |headers: &'static [(&'static str, &'static str)], query: &'static str| {
        let path = format!("/api/v1/routes/default/app/switch{query}");
        let stage = &stage;
        async move { stage.ask("post", &path, headers, &json!({"to": "green"})).await }
    };
    let stale = switch(&[("if-match", "\"7\"")], "").await;
    assert_eq!((stale.status, stale.json()["revision"].clone()), (StatusCode::CONFLICT, json!(1)));
    assert_eq!(switch(&[], "?expect=0").await.status, StatusCode::CONFLICT);
    assert_eq!(switch(&[("if-match", "\"1\"")], "?expect=2").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(switch(&[("if-match", "newest")], "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(switch(&[("if-match", "\"1\"")], "").await.status, StatusCode::OK);
    // who names no revision is on top of whatever was first
    stage.overtake(2);
    let maintenance =
        stage.ask("post", "/api/v1/routes/default/app/maintenance", &[], &json!({"active": true})).await;
    assert_eq!(maintenance.status, StatusCode::OK, "{}", maintenance.text());
    stage.overtake(1);
    let expecting = stage
        .ask("post", "/api/v1/routes/default/app/maintenance?expect=3", &[], &json!({"active": false}))
        .await;
    assert_eq!(expecting.status, StatusCode::CONFLICT);
    stage.read_only();
    let locked = switch(&[], "?message=x").await;
    assert_eq!(locked.status, StatusCode::OK, "nothing is to be done: {}", locked.text());
    let locked = stage.ask("delete", "/api/v1/resources/default/route/app", &[], &Value::Null).await;
    assert_eq!((locked.status, locked.json()["read_only"].clone()), (StatusCode::CONFLICT, json!(true)));
}

#[tokio::test]
async fn the_way_back_is_a_revision_too() {
    let stage = Stage::new(&[("shop.yaml", TABLE)]).await;
    assert_eq!(stage.apply("routes: {b: {to: app}}").await.status, StatusCode::OK);
    let back = stage.ask("post", "/api/v1/revisions/1/rollback", &[], &Value::Null).await;
    assert_eq!((back.status, back.json()["revision"].clone()), (StatusCode::OK, json!(3)));
    assert_eq!(stage.document("shop.yaml"), TABLE);
    let entry = stage.get("/api/v1/revisions/3").await.json()["revision"].clone();
    assert_eq!(
        (entry["origin"].clone(), entry["message"].clone()),
        (json!({"rollback": 1}), json!("rollback to revision 1"))
    );
    for path in ["/api/v1/revisions/99", "/api/v1/revisions/x", "/api/v1/revisions/0"] {
        assert_eq!(stage.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        stage.ask("post", "/api/v1/revisions/99/rollback", &[], &Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_token_sees_and_changes_its_own_namespaces_only() {
    let stage = Stage::new(&[
        ("shop.yaml", TABLE),
        ("pay.yaml", "namespace: pay\nclusters: {l: {endpoints: [127.0.0.1:1]}}\n"),
    ])
    .await;
    let token = stage.token("pay", "write");
    let bearer = format!("Bearer {token}");
    let pay: &[(&str, &str)] = &[("authorization", &bearer)];
    let rows = [
        ("get", "/api/v1/resources/pay/cluster/l", Value::Null, StatusCode::OK),
        ("get", "/api/v1/resources/default/route/app", Value::Null, StatusCode::FORBIDDEN),
        ("get", "/api/v1/resources/default/route/none", Value::Null, StatusCode::FORBIDDEN),
        ("get", "/api/v1/status?namespace=default", Value::Null, StatusCode::FORBIDDEN),
        ("post", "/api/v1/routes/default/app/switch", json!({"to": "green"}), StatusCode::FORBIDDEN),
        (
            "post",
            "/api/v1/apply",
            json!({"documents": [{"name": "x.yaml", "text": "routes: {}"}]}),
            StatusCode::FORBIDDEN,
        ),
        (
            "post",
            "/api/v1/apply",
            json!({"documents": [{"name": "shop.yaml", "text": "namespace: pay\nroutes: {}"}]}),
            StatusCode::FORBIDDEN,
        ),
        ("get", "/api/v1/audit", Value::Null, StatusCode::FORBIDDEN),
        // how much it may have is not for a namespace itself to say
        (
            "post",
            "/api/v1/apply",
            json!({"documents": [{"name": "more.yaml", "text": "namespace: pay\nquotas: {routes: 1000000}"}]}),
            StatusCode::FORBIDDEN,
        ),
        ("delete", "/api/v1/resources/pay/cluster/l", Value::Null, StatusCode::OK),
    ];
    for (verb, path, body, status) in rows {
        let answer = stage.ask(verb, path, pay, &body).await;
        assert_eq!(answer.status, status, "{verb} {path} {}", answer.text());
        if status == StatusCode::FORBIDDEN {
            assert_eq!(answer.json()["detail"], json!("this is not allowed"));
        }
    }
    let seen = stage.ask("get", "/api/v1/resources", pay, &Value::Null).await.text();
    assert!(!seen.contains("shop"), "{seen}");
    let history = stage.ask("get", "/api/v1/revisions", pay, &Value::Null).await.json();
    assert!(history["revisions"].as_array().expect("a list").iter().all(|one| one["changed"] != json!([])));
    // back to the first revision: what is not theirs stays
    let reader = format!("Bearer {}", stage.token("pay", "read"));
    let forbidden =
        stage.ask("post", "/api/v1/revisions/1/rollback", &[("authorization", &reader)], &Value::Null).await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
    let back = stage.ask("post", "/api/v1/revisions/1/rollback", pay, &Value::Null).await;
    assert_eq!(
        back.json()["documents"],
        json!([{"document": "pay.yaml", "touch": "changed"}]),
        "{}",
        back.text()
    );
    for shown in ["Bearer towpath_wrong", ""] {
        let refused = stage.ask("get", "/api/v1/status", &[("authorization", shown)], &Value::Null).await;
        assert_eq!(
            (refused.status, refused.header("www-authenticate")),
            (StatusCode::UNAUTHORIZED, Some("Bearer"))
        );
    }
    are_noted(&stage.audit().await, &token);
}

/// Refusals stand in the log, without the token: to read the log as a look, to roll back as a change.
fn are_noted(lines: &str, token: &str) {
    assert!(lines.contains("the token is not known") && !lines.contains(token), "{lines}");
    for (action, count) in [("login", 3), ("change", 1)] {
        let refused = format!("\"action\":\"{action}\",\"outcome\":\"refused\"");
        let by_token = lines.lines().filter(|line| line.contains(&refused) && line.contains("token"));
        assert_eq!(by_token.count(), count, "{action}: {lines}");
    }
}

#[tokio::test]
async fn a_namespace_has_its_own_history_whatever_others_do() {
    let pay = "namespace: pay\nclusters: {l: {endpoints: [127.0.0.1:1]}}\n";
    let stage = Stage::new(&[("shop.yaml", TABLE), ("pay.yaml", pay)]).await;
    let [ops, reader] = [("\"*\"", "admin"), ("pay", "admin")]
        .map(|(namespaces, scope)| format!("Bearer {}", stage.token(namespaces, scope)));
    let by = async |who: &str, verb: &str, path: &str, body: &Value| {
        stage.ask(verb, path, &[("authorization", who)], body).await
    };
    let weights = |blue: u32| json!({"weights": {"app/blue": blue}});
    for (verb, path, body) in [
        ("delete", "/api/v1/resources/pay/cluster/l", Value::Null),
        ("post", "/api/v1/routes/default/app/split", weights(1)),
        ("post", "/api/v1/routes/default/app/split", weights(2)),
        // the document goes over to another namespace, which is the last that its old one hears of it
        (
            "post",
            "/api/v1/apply?replace",
            json!({"documents": [{"name": "pay.yaml", "text": "namespace: bank\n"}]}),
        ),
        ("post", "/api/v1/routes/default/app/split", weights(3)),
    ] {
        let answer = by(&ops, verb, path, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    }
    let numbers = async |who: &str, query: &str| {
        let answer = by(who, "get", &format!("/api/v1/revisions{query}"), &Value::Null).await.json();
        let list = answer["revisions"].as_array().expect("a list").clone();
        list.iter().map(|one| one["number"].as_u64().expect("a number")).collect::<Vec<_>>()
    };
    for (query, seen) in
        [("", vec![5, 2, 1]), ("?limit=2", vec![5, 2]), ("?before=5&limit=1", vec![2]), ("?limit=0", vec![])]
    {
        assert_eq!(numbers(&reader, query).await, seen, "{query}");
    }
    assert_eq!(numbers(&ops, "").await, [6, 5, 4, 3, 2, 1]);
    assert_eq!(numbers(&ops, "?namespace=bank").await, [5]);
    let moved = by(&reader, "get", "/api/v1/revisions/5", &Value::Null).await.json();
    assert_eq!(moved["documents"], json!({}), "{moved}");
    assert_eq!(moved["revision"]["changed"][0]["namespaces"], json!(["pay"]));
    for (path, status) in [
        ("/api/v1/revisions/4", StatusCode::NOT_FOUND),
        ("/api/v1/revisions?namespace=bank", StatusCode::FORBIDDEN),
        ("/api/v1/audit?namespace=bank", StatusCode::FORBIDDEN),
    ] {
        assert_eq!(by(&reader, "get", path, &Value::Null).await.status, status, "{path}");
    }

    let refused = by(&ops, "delete", "/api/v1/resources/pay/cluster/l", &Value::Null).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let lines = async |who: &str, query: &str| {
        let text = by(who, "get", &format!("/api/v1/audit{query}"), &Value::Null).await.text();
        let line =
            |line: &str| serde_json::from_str::<Value>(line).expect("a line is JSON")["number"].as_u64();
        text.lines().map(|text| line(text).expect("a number")).collect::<Vec<_>>()
    };
    for (who, query, seen) in [
        (&ops, "", vec![1, 2, 3, 4, 5, 6, 7]),
        (&ops, "?since=4", vec![5, 6, 7]),
        (&ops, "?since=4&after=6", vec![7]),
        (&ops, "?since=99", vec![7]),
        (&ops, "?namespace=pay", vec![1, 2, 5, 7]),
        (&reader, "", vec![1, 2, 5, 7]),
        (&reader, "?since=2&limit=1", vec![5]),
    ] {
        assert_eq!(lines(who, query).await, seen, "{query}");
    }
}

#[tokio::test]
async fn who_is_refused_again_and_again_fills_no_log() {
    let stage = Stage::new(&[("shop.yaml", TABLE)]).await;
    for _ in 0..100 {
        let refused = stage.ask("delete", "/api/v1/resources/default/route/no", &[], &Value::Null).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    }
    let noted = stage.audit().await.lines().filter(|line| line.contains("\"refused\"")).count();
    assert!((20..50).contains(&noted), "{noted}");
    let metrics = stage.get("/metrics").await.text();
    let left_out = format!("towpath_control_api_refusals_unnoted_total {}\n", 100 - noted);
    assert!(metrics.contains(&left_out), "{metrics}");
}

#[tokio::test]
async fn events_are_told_until_the_client_falls_behind() {
    let stage = Stage::new(&[]).await;
    let mut stream = stage.follow("/api/v1/events?namespace=shop").await;
    stage.happen(Some("pay"), "not for this one");
    stage.happen(Some("shop"), "for this one");
    assert_eq!(stream.next().await.as_deref(), Some(": following"));
    let event = stream.next().await.expect("it goes on");
    assert!(event.starts_with("event: proxy\ndata: {") && event.contains("for this one"), "{event}");
    (0..100).for_each(|_| stage.happen(Some("shop"), "too fast"));
    let last = stream.next().await.expect("it says why");
    assert!(last.starts_with("event: cut\n"), "{last}");
    assert_eq!(stream.next().await, None);
    assert!(stage.get("/metrics").await.text().contains("towpath_control_api_events_cut_total 1\n"));
    let mut held = Vec::new();
    for _ in 0..stage::FOLLOWERS {
        held.push(stage.follow("/api/v1/events").await);
    }
    let full = stage.get("/api/v1/events").await;
    assert_eq!((full.status, full.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, Some("1")));
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_is_turned_away_and_what_takes_too_long_ends() {
    let stage = Stage::new(&[]).await;
    stage.hang();
    let slow = async || {
        stage
            .ask("post", "/api/v1/apply", &[("content-type", "application/yaml")], &json!("routes: {}"))
            .await
    };
    let (first, second, third) = tokio::join!(slow(), slow(), async {
        tokio::task::yield_now().await;
        (stage.get("/api/v1/status").await, stage.get("/live").await)
    });
    for late in [first, second] {
        assert_eq!(late.status, StatusCode::SERVICE_UNAVAILABLE);
        late.is_problem("this was not done in time");
    }
    let (shed, live) = third;
    assert_eq!((shed.status, shed.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("1")));
    assert_eq!(live.status, StatusCode::OK);
    let metrics = stage.get("/metrics").await.text();
    assert!(metrics.contains("towpath_control_api_shed_total 1\n"), "{metrics}");
    assert!(metrics.contains("towpath_control_api_timed_out_total 2\n"), "{metrics}");
}

#[tokio::test]
async fn those_who_wait_for_the_fleet_are_in_nobodys_way() {
    let stage = Stage::new(&[("shop.yaml", TABLE)]).await;
    let wait = || stage.get("/api/v1/status?wait=200ms");
    let (first, second, third, others) = tokio::join!(wait(), wait(), wait(), async {
        tokio::task::yield_now().await;
        (stage.get("/api/v1/status").await, stage.get("/api/v1/status?%77ait=1s").await)
    });
    for waited in [first, second, third] {
        assert_eq!(
            (waited.status, waited.json()["fleet"]["settled"].clone()),
            (StatusCode::OK, json!(false))
        );
    }
    let (other, fourth) = others;
    assert_eq!((other.status, fourth.status), (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(fourth.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn the_verdict_of_the_fleet_is_waited_for() {
    let stage = Stage::new(&[("shop.yaml", TABLE)]).await;
    let path = "/api/v1/routes/default/app/switch?wait=";
    let never = stage.ask("post", &format!("{path}1ms"), &[], &json!({"to": "green"})).await.json();
    assert_eq!(never["fleet"]["settled"], json!(false));
    stage.settle();
    let now = stage.ask("post", &format!("{path}1m"), &[], &json!({"to": "blue"})).await.json();
    assert_eq!(now["fleet"]["settled"], json!(true));
    assert_eq!(now["fleet"]["rejected"], json!({"p7": "route app: no such thing"}));
}
