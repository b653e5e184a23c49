//! An upstream that misbehaves on demand. `listen` accepts and shares connections out to threads, `connection` is one of
//! them; what a request wishes for (`wish`), or else what the command line says, becomes a `reply`.

mod connection;
mod listen;
mod reply;
mod wish;

pub use listen::serve;
