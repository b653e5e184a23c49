//! Connections of proxies as they come in: so many at once.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tokio_stream::Stream;
use tonic::transport::server::Connected;

use crate::meters::{Counter, Meters};

/// So long nobody is taken in after the system refused to: it has no files left, most likely.
const REFUSED: Duration = Duration::from_millis(100);

/// Those who come to an address.
pub struct Arrivals {
    listener: TcpListener,
    pause: Option<Pin<Box<Sleep>>>,
    places: Arc<Semaphore>,
    meters: Arc<Meters>,
}

impl Arrivals {
    /// Takes in at most so many at once; further ones are closed.
    pub fn new(listener: TcpListener, most: usize, meters: Arc<Meters>) -> Self {
        Self {
            listener,
            pause: None,
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            meters,
        }
    }
}

impl Stream for Arrivals {
    type Item = io::Result<Arrival>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        loop {
            let stream = match ready!(self.listener.poll_accept(context)) {
                Ok((stream, _)) => stream,
                Err(fault) => {
                    tracing::warn!(%fault, "a connection of a proxy could not be accepted");
                    self.pause = Some(Box::pin(tokio::time::sleep(REFUSED)));
                    return Poll::Ready(Some(Err(fault)));
                }
            };
            match Arc::clone(&self.places).try_acquire_owned() {
                Ok(place) => {
                    // messages are small, and answered
                    let _ = stream.set_nodelay(true);
                    return Poll::Ready(Some(Ok(Arrival { stream, _place: place })));
                }
                Err(_) => self.meters.add(Counter::ConnectionsRefused, 1),
            }
        }
    }
}

/// One connection.
pub struct Arrival {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct From(pub Option<SocketAddr>);

impl Connected for Arrival {
    type ConnectInfo = From;

    fn connect_info(&self) -> From {
        From(self.stream.peer_addr().ok())
    }
}

impl AsyncRead for Arrival {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Arrival {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
