//! Tables of counters: a metric is one row, and everything else is derived from it.

/// What a number does over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// A row of a table of counters.
pub trait Row: Copy + 'static {
    /// Every row, in the order of the table.
    const ALL: &'static [Self];

    /// Its position in the table.
    fn position(self) -> usize;

    /// The name of its metric family, without `_total`.
    fn name(self) -> &'static str;

    /// Whether it can fall.
    fn kind(self) -> Kind;

    /// What it counts, for people.
    fn help(self) -> &'static str;
}

/// Declares a table.
macro_rules! rows {
    ($(#[doc = $about:literal])* pub enum $table:ident {
        $($name:ident = $metric:literal, $kind:ident, $help:literal;)*
    }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $table { $(#[doc = $help] $name),* }

        impl $crate::observe::rows::Row for $table {
            const ALL: &'static [Self] = &[$(Self::$name),*];

            fn position(self) -> usize {
                self as usize
            }

            fn name(self) -> &'static str {
                match self { $(Self::$name => $metric),* }
            }

            fn kind(self) -> $crate::observe::rows::Kind {
                match self { $(Self::$name => $crate::observe::rows::Kind::$kind),* }
            }

            fn help(self) -> &'static str {
                match self { $(Self::$name => $help),* }
            }
        }
    };
}
pub(crate) use rows;
