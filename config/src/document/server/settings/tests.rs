use super::*;

fn read(text: &str) -> Result<Settings, Faults> {
    settings(&Source::new("control.yaml", text), &|_| None)
}

#[test]
fn what_is_not_written_has_a_default() {
    let settings = read("source: {directory: mesh}\n").unwrap();
    assert_eq!(settings.api().to_string(), "127.0.0.1:15010");
    assert_eq!(settings.push().to_string(), "127.0.0.1:15011");
    assert_eq!(settings.truth(), &Truth::Directory("mesh".into()));
    assert!(settings.staged().is_none() && settings.tokens().is_empty());
    assert_eq!(settings.limits().push.streams, 20_000);
    assert_eq!(settings.times().stream_age(), &Some(Duration::from_secs(3600)));
    assert_eq!(read("source: store").unwrap().truth(), &Truth::Store);
}

#[test]
fn one_key_turns_steps_on() {
    let staged =
        |text: &str| read(&format!("source: store\nstaged: {text}\n")).unwrap().staged().clone().unwrap();
    let texts = |staged: &Staged| staged.steps().iter().map(|step| step.text()).collect::<Vec<_>>();
    assert_eq!(texts(&staged("{}")), ["one", "10%", "all"]);
    let written = staged("{steps: [5%, 100%], hold: 1s, errors: 0.5%}");
    assert_eq!(texts(&written), ["5%", "all"]);
    assert_eq!((written.hold(), written.errors().millionths()), (&Duration::from_secs(1), 5_000));
}

#[test]
fn shares_are_at_least_one_of_those_who_are_there() {
    let ten = Share::Percent(Percent(100_000));
    for (share, of, count) in [
        (Share::One, 0, 0),
        (Share::One, 7, 1),
        (ten, 0, 0),
        (ten, 1, 1),
        (ten, 20, 2),
        (ten, 21, 3),
        (Share::All, 9, 9),
    ] {
        assert_eq!(share.count(of), count, "{share:?} of {of}");
    }
}

#[test]
fn tokens_hold_namespaces_and_the_most_they_may_do() {
    let digest = "ab".repeat(32);
    let settings = read(&format!(
        "source: store\ntokens:\n  ci: {{digest: {digest}, namespaces: [shop, pay], scopes: [write, read]}}\n  \
         ops: {{digest: {digest}, namespaces: \"*\", scopes: admin}}\n"
    ))
    .unwrap();
    let [ci, ops] = [&settings.tokens()["ci"], &settings.tokens()["ops"]];
    assert_eq!((ci.scope(), ci.digest()), (&TokenScope::Write, &[0xab; 32]));
    assert!(ci.namespaces().hold("shop") && !ci.namespaces().hold("other"));
    assert!(ops.namespaces().hold("other") && *ops.scope() >= TokenScope::Write);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let rows = [
        ("api: 127.0.0.1:1\n", "`source` is missing here"),
        ("source: files\n", "`files` is not a source"),
        ("source: {dir: mesh}\n", "unknown key `dir`"),
        (
            "source: store\napi: 127.0.0.1:5\npush: 127.0.0.1:5\n",
            "`api` and `push` both listen on 127.0.0.1:5",
        ),
        ("source: store\nstaged: {steps: [10%, one, all]}\n", "`one` is no more than the step before it"),
        ("source: store\nstaged: {steps: [one, 10%]}\n", "the last step is not `all`"),
        ("source: store\nstaged: {steps: []}\n", "this list is empty"),
        ("source: store\nstaged: {steps: half}\n", "`half` is not a share of the fleet"),
        ("source: store\nlimits: {streams: 0}\n", "`0` is out of bounds"),
        ("source: store\ntokens: {a: {digest: s3cret, namespaces: x, scopes: read}}\n", "this is no SHA-256"),
        ("source: store\ntokens: {a: {namespaces: x, scopes: [reed]}}\n", "did you mean `read`?"),
    ];
    for (text, expected) in rows {
        let found = read(text).expect_err(text).to_string();
        assert!(found.contains(expected), "{text}: {found}");
        assert!(found.contains("control.yaml:"), "{text}: {found}");
        assert!(!found.contains("did you mean `s3cret`"), "{found}");
    }
}
