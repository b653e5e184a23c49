//! One language for reading, faults and the schema: a type that can be written in a document says in one place how
//! it is read and what its JSON Schema is.

mod definitions;
mod document;
mod object;
mod one_or_many;
mod pairs;
mod reader;
mod short;
mod word;

pub(crate) use definitions::{Definitions, Keys};
pub(crate) use document::{Fields, document};
pub(crate) use object::Object;
pub(crate) use one_or_many::OneOrMany;
pub(crate) use pairs::Pairs;
pub(crate) use reader::{Language, Reader};
pub(crate) use short::{OrNone, ShortOr};
pub(crate) use word::{Word, Write, Wrong};
