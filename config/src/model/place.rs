//! Where a value was written.

use std::fmt;
use std::ops::Deref;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Place {
    /// Nobody wrote it: the built-in default.
    #[default]
    BuiltIn,
    /// A line and a column of the document, both from 1.
    At {
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("default"),
            Self::At { line, .. } => write!(f, "line {line}"),
        }
    }
}

/// A value and where it was written. Two are equal when their values are.
#[derive(Debug, Clone, Default)]
pub struct Placed<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

impl<T> Placed<T> {
    /// A value that nobody wrote.
    pub(crate) fn built_in(value: T) -> Self {
        Self { value, place: Place::BuiltIn }
    }

    /// Another value from the same place.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Placed<U> {
        Placed { value: change(self.value), place: self.place }
    }

    /// Where the value was written.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }
}

impl<T> Deref for Placed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
