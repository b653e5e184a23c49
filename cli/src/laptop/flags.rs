//! The flags, each read to the end: what cannot be used is told with the name of its flag.

use std::str::FromStr;

use super::fleet::FleetFlags;
use super::place::{Endpoint, Place};

/// What to forward to, or where to have the table from, without a file.
#[derive(Debug, Clone, clap::Args)]
#[command(group(clap::ArgGroup::new("without").args(["to", "control"])))]
#[command(next_help_heading = "Without a file")]
pub struct Flags {
    /// Forward everything to this address: localhost:3000, 10.0.0.1:80 or unix:/run/app.sock
    #[arg(long, value_name = "ADDRESS")]
    pub(super) to: Option<Endpoint>,
    /// Listen on this port of 127.0.0.1, or on this address
    #[arg(long, value_name = "PORT|ADDRESS", requires = "to", default_value = "8080")]
    pub(super) listen: Place,
    /// Send this percentage of what --to would get to another address; may come several times
    #[arg(long, value_name = "ADDRESS=PERCENT", requires = "to")]
    pub(super) split: Vec<Share>,
    /// Send these paths (/exact, /prefix/*, /users/:id) to another address; may come several times
    #[arg(long = "route", value_name = "PATH=ADDRESS", requires = "to")]
    pub(super) routes: Vec<PathRoute>,
    /// Have the admin port on this port of 127.0.0.1, or on this address, instead of 15000
    #[arg(long, value_name = "PORT|ADDRESS", requires = "without")]
    pub(super) admin: Option<Place>,
    /// Write a line for each request to stdout
    #[arg(long, requires = "without")]
    pub(super) watch: bool,
    /// Print the route table that these flags amount to, and end
    #[arg(long, requires = "without")]
    pub print: bool,
    #[command(flatten)]
    pub(super) fleet: FleetFlags,
}

impl Flags {
    /// Whether they say what to run by.
    pub fn are_given(&self) -> bool {
        self.to.is_some() || self.fleet.control.is_some()
    }
}

/// `--split`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) endpoint: Endpoint,
    pub(super) percent: u32,
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, percent) =
            text.rsplit_once('=').ok_or("the percentage is missing: localhost:3001=10")?;
        let number = percent.strip_suffix('%').unwrap_or(percent).parse();
        let percent = number.ok().filter(|percent| *percent <= 100);
        let percent = percent.ok_or("a percentage is a whole number up to 100: localhost:3001=10")?;
        Ok(Self { endpoint: address.parse()?, percent })
    }
}

/// `--route`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathRoute {
    pub(super) path: String,
    pub(super) endpoint: Endpoint,
}

impl FromStr for PathRoute {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, address) =
            text.rsplit_once('=').ok_or("the address is missing: '/api/*=localhost:4000'")?;
        if !path.starts_with('/') {
            return Err("a path begins with `/`: '/api/*=localhost:4000'".into());
        }
        if path.contains(char::is_control) {
            return Err("a path has no line ends and no other control characters".into());
        }
        Ok(Self { path: path.to_owned(), endpoint: address.parse()? })
    }
}
