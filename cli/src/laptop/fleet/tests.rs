use towpath_config::{Source, compile};

use crate::laptop::fixture::written;

#[test]
fn flags_amount_to_a_file() {
    let rows: [(&[&str], &str); 2] = [
        (
            &["--control=127.0.0.1:15011"],
            "proxy:\n  control: {address: 127.0.0.1:15011}  # --control\n",
        ),
        (
            &[
                "--control=[::1]:15011",
                "--id=p7",
                "--namespace=shop",
                "--label=app=web",
                "--label=tier=a, b",
                "--locality=eu-1/a",
                "--admin=0",
                "--watch",
                "--state=/var/lib/towpath",
                "--on-demand",
            ],
            "\
proxy:
  id: p7  # --id
  namespace: shop  # --namespace
  locality: eu-1/a  # --locality
  labels: {app: web, tier: \"a, b\"}  # --label
  admin: 127.0.0.1:0  # --admin
  access_log: {to: stdout, format: short}  # --watch
  control: {address: \"[::1]:15011\", state: /var/lib/towpath, on_demand: true}  # --control, --state, --on-demand
",
        ),
    ];
    for (line, wanted) in rows {
        let text = written(line).expect("a file");
        assert_eq!(text, wanted);
        let compiled =
            compile(&Source::new("flags", text), &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
        assert!(compiled.config().control().is_some() && compiled.warnings().is_empty());
    }
}

#[test]
fn what_makes_no_sense_is_told() {
    let rows: [(&[&str], &str); 5] = [
        (&["--id=p7"], "--control"),
        (&["--on-demand"], "--control"),
        (&["--admin=0"], "--control"),
        (&["--control=127.0.0.1:1", "--label=app"], "app=web"),
        (&["--control=127.0.0.1:1", "--to=localhost:1"], "--to"),
    ];
    for (line, part) in rows {
        let fault = written(line).expect_err("a fault");
        assert!(fault.contains(part), "{line:?}: {fault}");
    }
}
