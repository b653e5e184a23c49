//! What tables say of endpoints that fail, for tests.

use towpath_config::model::Resilience;
use towpath_config::{Source, compile};

/// What a cluster with these keys has.
pub fn resilience(keys: &str) -> Resilience {
    let text = format!(
        "listeners: {{web: {{address: 127.0.0.1:8080}}}}\nroutes: {{r: {{to: app}}}}\n\
         clusters: {{app: {{endpoints: [127.0.0.1:1, 127.0.0.1:2], {keys}}}}}\n"
    );
    let compiled = compile(&Source::new("table.yaml", text), &|_| None);
    let config = compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config();
    config.clusters()[0].resilience().clone()
}
