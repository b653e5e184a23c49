//! What stands where in the documents.

mod book;
mod kind;
mod resource;

pub(super) use book::Book;
pub(super) use kind::Kind;
pub(super) use resource::{Index, Resource};
