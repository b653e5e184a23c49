use towpath_config::{Source, compile};

use crate::laptop::fixture::written;

#[test]
fn flags_amount_to_a_table() {
    let text = written(&[
        "--listen=0.0.0.0:80",
        "--to=localhost:3000",
        "--split=localhost:3001=10",
        "--split=[::1]:3002=5%",
        "--route=/api/*=localhost:4000",
        "--route=/api=unix:/run/api.sock",
        "--route=/*=api.internal:5000",
        "--admin=15001",
    ]);
    let wanted = "\
proxy: {admin: 127.0.0.1:15001}  # --admin
listeners:
  web: {address: 0.0.0.0:80}  # --listen
routes:
  app: {to: {app: 85, app-2: 10, app-3: 5}}
  api: {match: {path: /api/*}, to: api}  # --route
  api-2: {match: {path: /api}, to: api-2}  # --route
  root: {match: {path: /*}, to: root}  # --route
clusters:
  app: {endpoints: [127.0.0.1:3000]}  # --to localhost:3000
  app-2: {endpoints: [127.0.0.1:3001]}  # --split localhost:3001
  app-3: {endpoints: [\"[::1]:3002\"]}  # --split [::1]:3002
  api: {endpoints: [127.0.0.1:4000]}  # --route localhost:4000
  api-2: {endpoints: [unix:/run/api.sock]}  # --route unix:/run/api.sock
  root: {dns: {name: api.internal, port: 5000}}  # --route api.internal:5000
";
    assert_eq!(text.as_deref(), Ok(wanted));
}

#[test]
fn watching_is_an_access_log() {
    let watched = written(&["--to=localhost:3000", "--watch"]).expect("a table");
    assert!(
        watched.starts_with("proxy: {access_log: {to: stdout, format: short}}  # --watch\nlisteners:"),
        "{watched}"
    );
    let both = written(&["--to=localhost:3000", "--watch", "--admin=15001"]).expect("a table");
    let first =
        "proxy: {admin: 127.0.0.1:15001, access_log: {to: stdout, format: short}}  # --admin, --watch\n";
    assert!(both.starts_with(first), "{both}");
}

#[test]
fn the_least_is_a_whole_table() {
    let wanted = "\
listeners:
  web: {address: 127.0.0.1:8080}  # --listen
routes:
  app: {to: app}
clusters:
  app: {endpoints: [127.0.0.1:3000]}  # --to localhost:3000
";
    assert_eq!(written(&["--to", "localhost:3000"]).as_deref(), Ok(wanted));
}

#[test]
fn odd_paths_stay_what_they_are_or_are_refused_with_their_flag() {
    for (path, good) in [
        ("/a=b", true),
        ("/a'b", true),
        ("/a,b", true),
        ("/%7e", true),
        ("/-", true),
        ("/${HOME}", true),
        ("/$${x}", true),
        (r#"/a"b"#, true),
        ("/a b", false),
        ("/a #b", false),
        ("/a: b", false),
        ("/a*b", false),
    ] {
        let text = written(&["--to=localhost:1", &format!("--route={path}=localhost:2")]).unwrap();
        let compiled = compile(&Source::new("flags", text.clone()), &|_| Some("wrong".into()));
        let told = match &compiled {
            Ok(compiled) => towpath_config::long(compiled.config()).to_string(),
            Err(faults) => faults.render(false),
        };
        assert_eq!(compiled.is_ok(), good, "{told}");
        let wanted =
            if good { path.replace("${", "$${").replace('"', r#"\""#) } else { "--route".to_owned() };
        assert!(told.contains(&wanted), "{wanted} is not in {told}");
    }
}

#[test]
fn what_cannot_be_used_is_told_with_its_flag() {
    for (line, parts) in [
        (&["--to=3000"][..], &["--to", "localhost:3000"][..]),
        (&["--to=localhost:1", "--listen=:80"], &["--listen", "0.0.0.0:80"]),
        (&["--to=localhost:1", "--listen=65536"], &["--listen"]),
        (&["--to=localhost:1", "--split=localhost:2"], &["--split", "percentage is missing"]),
        (&["--to=localhost:1", "--split=localhost:2=101"], &["--split", "up to 100"]),
        (&["--to=localhost:1", "--split=localhost:2=0.5"], &["--split", "whole number"]),
        (
            &["--to=localhost:1", "--split=localhost:2=60", "--split=localhost:3=50"],
            &["--split", "60 + 50 is 110%"],
        ),
        (&["--to=localhost:1", "--route=/api"], &["--route", "address is missing"]),
        (&["--to=localhost:1", "--route=api=localhost:2"], &["--route", "begins with `/`"]),
        (&["--to=localhost:1", "--route=/a\nb=localhost:2"], &["--route", "control"]),
        (&["--split=localhost:2=10"], &["--to"]),
        (&["--route=/a=localhost:2"], &["--to"]),
        (&["--listen=1"], &["--to"]),
        (&["--admin=1"], &["--to"]),
        (&["--print"], &["--to"]),
        (&[], &["--to"]),
    ] {
        let fault = written(line).unwrap_err();
        for part in parts {
            assert!(fault.contains(part), "{line:?}: {part} is not in {fault}");
        }
    }
}
