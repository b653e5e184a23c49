//! The API of the control server is what its OpenAPI document says: schemathesis asks it in every way that the document allows,
//! and in many that it does not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::process::Command;

use support::{Control, installed};

const SHOP: &str = "\
namespace: shop
listeners: {web: {address: \"127.0.0.1:0\"}}
routes: {checkout: {to: {checkout/stable: 90, checkout/canary: 10}}}
clusters:
  checkout:
    subsets: {stable: {labels: {v: a}}, canary: {labels: {v: b}}}
    endpoints: [{address: 127.0.0.1:1, labels: {v: a}}, {address: 127.0.0.1:2, labels: {v: b}}]
";

#[test]
fn the_api_is_what_its_document_says() {
    let Some(tools) = installed() else { return };
    let server = Control::start(&[("shop.yaml", SHOP)], "");
    let mut schemathesis = Command::new(tools.join("schemathesis/bin/st"));
    let folder = tempfile::tempdir().unwrap();
    // what it writes goes there, and no proxy of the environment stands in between
    schemathesis.current_dir(folder.path()).env("NO_PROXY", "*");
    schemathesis.args(["run", &format!("http://{}/api/openapi.json", server.api())]);
    schemathesis.args([
        "--phases",
        "coverage,fuzzing,stateful",
        "--max-examples",
        "5",
        "--seed",
        "1",
        "--no-shrink",
    ]);
    // what no schema can say, such as whether there is the cluster that a document names, is a reason to refuse it
    schemathesis.args(["--checks", "all", "--exclude-checks", "positive_data_acceptance"]);
    // events have no end
    schemathesis.args(["--exclude-path", "/api/v1/events", "--continue-on-failure", "--warnings", "off"]);
    let output = schemathesis.output().expect("./dev test installs it");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", server.log());
}
