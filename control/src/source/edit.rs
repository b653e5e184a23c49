//! One value of a YAML text is changed, added or removed; everything else stays as it was written.

mod apply;
mod change;
mod fault;
mod meaning;
mod place;
mod render;
mod way;

pub use apply::{Edit, edit};
pub use fault::EditFault;
