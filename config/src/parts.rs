//! The same text, cut at different places: a document of a fleet, the parts that travel, and the table that a proxy
//! makes of them.

mod assemble;
mod content;
mod cut;
mod foreign;
mod part;
mod place;
mod plain;
mod refer;
mod round;
mod rules;
mod settle;
mod write;

pub use assemble::{Assembled, Base, assemble, restore};
pub use content::Content;
pub use cut::{Cut, cut};
pub use foreign::foreign;
pub use part::{Part, PartName, Section};
pub use plain::{plain, yaml};
pub use refer::{References, Served};
pub use rules::{Grant, Quotas, Rules, Scope};
pub use settle::{Outcome, Settled, Unit, settle};
