//! Why a text is not edited.

use thiserror::Error;

/// Why a text was not edited.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditFault {
    /// It is not YAML.
    #[error("{0}")]
    Unreadable(String),
    /// There is nothing to remove.
    #[error("there is no `{0}`")]
    Missing(String),
    /// Something on the way has no keys.
    #[error("`{0}` is no map, so nothing stands below it")]
    NoMap(String),
    /// What stands there stands elsewhere too.
    #[error(
        "`{0}` is marked with `&`, or repeats with `*` what is: a change here could change it elsewhere too; \
         write it out in the file first"
    )]
    Repeated(String),
    /// The text is written in a way that cannot be kept.
    #[error("`{0}` is written in a way that cannot be changed from here; edit the file")]
    Unsure(String),
}
