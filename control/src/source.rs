//! Where the truth about a mesh stands: one source says what its documents are, and is where changes are written.

mod directory;
mod edit;
mod stored;
mod truth;

pub use directory::{Directory, DirectoryFault};
pub use edit::{Edit, EditFault, edit};
pub use stored::Stored;
pub use truth::{Changes, Limits, Said, Source, Trouble, Write, WriteFault, Writing};
