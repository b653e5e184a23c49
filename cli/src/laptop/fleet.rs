//! A proxy of a fleet: its flags amount to the section `proxy`, and nothing else is its own.

use std::str::FromStr;

use super::place::Place;
use crate::text::scalar;

#[cfg(test)]
mod tests;

/// Where the route table comes from, and who asks for it.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "In a fleet")]
pub struct FleetFlags {
    /// Have the route table from the control server at this address: 127.0.0.1:15011
    #[arg(long, value_name = "ADDRESS")]
    pub(super) control: Option<String>,
    /// The name of this proxy
    #[arg(long, value_name = "NAME", requires = "control")]
    id: Option<String>,
    /// The namespace that it stands in
    #[arg(long, value_name = "NAME", requires = "control")]
    namespace: Option<String>,
    /// What listeners select it by; may come several times
    #[arg(long = "label", value_name = "KEY=VALUE", requires = "control")]
    labels: Vec<Label>,
    /// Its region and zone: eu-1/a
    #[arg(long, value_name = "REGION/ZONE", requires = "control")]
    locality: Option<String>,
    /// Keep the last good table in this directory, for a start without the server
    #[arg(long, value_name = "DIR", requires = "control")]
    state: Option<String>,
    /// Fetch routes and clusters with the first request to their host
    #[arg(long, requires = "control")]
    on_demand: bool,
}

/// `--label`
#[derive(Debug, Clone, PartialEq, Eq)]
struct Label {
    name: String,
    value: String,
}

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("the value is missing: app=web")?;
        if name.trim().is_empty() || value.trim().is_empty() || text.contains(char::is_control) {
            return Err("a label has a name and a value: app=web".into());
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

impl FleetFlags {
    /// The file that they amount to, with what other flags say of the process; `None` when there is no control server.
    pub(super) fn table(&self, admin: Option<&Place>, watch: bool) -> Option<String> {
        let Self { control, id, namespace, labels, locality, state, on_demand } = self;
        let control = control.as_ref()?;
        let mut text = "proxy:\n".to_owned();
        let mut line = |key: &str, value: String, flag: &str| {
            text.push_str(&format!("  {key}: {value}  # {flag}\n"));
        };
        let given = [("id", id), ("namespace", namespace), ("locality", locality)];
        for (key, value) in given {
            value.iter().for_each(|value| line(key, scalar(value), &format!("--{key}")));
        }
        if !labels.is_empty() {
            let pairs =
                labels.iter().map(|Label { name, value }| format!("{}: {}", scalar(name), scalar(value)));
            line("labels", format!("{{{}}}", pairs.collect::<Vec<_>>().join(", ")), "--label");
        }
        admin.iter().for_each(|Place(admin)| line("admin", scalar(admin), "--admin"));
        if watch {
            line("access_log", "{to: stdout, format: short}".to_owned(), "--watch");
        }
        let state = state.as_ref().map(|state| (format!("state: {}", scalar(state)), "--state"));
        let on_demand = on_demand.then(|| ("on_demand: true".to_owned(), "--on-demand"));
        let address = (format!("address: {}", scalar(control)), "--control");
        let (keys, flags): (Vec<_>, Vec<_>) = [Some(address), state, on_demand].into_iter().flatten().unzip();
        line("control", format!("{{{}}}", keys.join(", ")), &flags.join(", "));
        Some(text)
    }
}
