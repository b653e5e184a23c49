//! The floor: bytes in, bytes out, one upstream connection for each downstream one. `forwarder LISTEN UPSTREAM` takes two
//! ports of the loopback.

use std::io;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::LocalRuntime;

/// As `proxy` reads them: large enough for a body, small enough to stay in the cache.
const BUFFER_BYTES: usize = 64 * 1024;

fn main() -> io::Result<()> {
    let mut ports = std::env::args().skip(1).map(|port| port.parse());
    let (Some(Ok(listen)), Some(Ok(upstream)), None) = (ports.next(), ports.next(), ports.next()) else {
        return Err(io::Error::other("usage: forwarder LISTEN-PORT UPSTREAM-PORT"));
    };
    LocalRuntime::new()?.block_on(run(listen, upstream))
}

async fn run(listen: u16, upstream: u16) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", listen)).await?;
    loop {
        let (down, _) = listener.accept().await?;
        // a connection that breaks concerns nobody else
        tokio::task::spawn_local(async move { forward(down, upstream).await.unwrap_or_default() });
    }
}

async fn forward(mut down: TcpStream, upstream: u16) -> io::Result<()> {
    let mut up = TcpStream::connect(("127.0.0.1", upstream)).await?;
    down.set_nodelay(true)?;
    up.set_nodelay(true)?;
    tokio::io::copy_bidirectional_with_sizes(&mut down, &mut up, BUFFER_BYTES, BUFFER_BYTES).await.map(drop)
}
