//! An upstream that misbehaves on demand. `listen` accepts and shares connections out to threads (`lane`), `connection` is one of
//! them, and `http2` what it becomes where that is spoken; what a request wishes for (`wish`), or else what the command line says, becomes a `reply`. An
//! `order` changes that while it runs.

mod connection;
mod http2;
mod lane;
mod listen;
mod order;
mod reply;
mod wish;

pub use listen::serve;
