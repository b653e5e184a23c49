//! `fleet`: thousands of proxies that are none. Each speaks delta ADS to a control server as a proxy does
//! (`docs/control-protocol.md`), and keeps of what it hears only names and versions.

mod apply;
mod book;
mod life;
mod line;
mod message;
mod phase;
mod proxy;
mod report;
mod run;
mod system;

pub use run::run;
