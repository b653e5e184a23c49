//! STOP 5: compiled match → route, or the reason why none; the same code answers `explain`.

mod view;

pub use view::RequestView;
