//! What changes the body of an answer: the registry. A transform stands between source and sink, and says in the head what
//! it does. Where none is chosen, nothing stands there.

mod accept;
mod answer;
mod brotli;
mod budget;
mod compress;
mod encoder;
mod gzip;
mod registry;
mod verdict;
mod zstd;

pub use accept::preferred;
pub use budget::Budget;
pub use encoder::Encoders;
pub use registry::{Lender, Transform, Transformed, choose};
