//! A piece of the text.

use crate::model::{Place, Placed};

/// A piece of the text: octets, and the line and column (in characters, from 1) where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Span {
    pub(crate) fn place(self) -> Place {
        Place::At { line: self.line, column: self.column }
    }
}

/// A value and the text that said so.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> At<T> {
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> At<U> {
        At { value: change(self.value), span: self.span }
    }
}

impl<T: Clone> At<T> {
    pub(crate) fn placed(&self) -> Placed<T> {
        Placed { value: self.value.clone(), place: self.span.place() }
    }
}
