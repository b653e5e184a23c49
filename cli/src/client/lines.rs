//! An answer that is read line by line, while it comes.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::TcpStream;

/// The longest line.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The longest line that says how long a chunk is.
const SIZE_LINE_BYTES_MAX: u64 = 1024;

/// The lines of an answer.
#[derive(Debug)]
pub struct Lines<S = BufReader<TcpStream>> {
    stream: S,
    chunked: bool,
    /// What was read and is no whole line yet.
    rest: Vec<u8>,
    ended: bool,
}

impl<S: AsyncBufRead + Unpin> Lines<S> {
    /// The lines of a body that begins here; chunked (RFC 9112 §7.1), or up to the end of the connection.
    pub(super) fn new(stream: S, chunked: bool) -> Self {
        Self { stream, chunked, rest: Vec::new(), ended: false }
    }

    /// The next line, without its end; none when the answer has ended. What is no whole line then is left out.
    ///
    /// # Errors
    /// When the connection fails, or the answer is not HTTP that this client reads.
    pub async fn next(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.rest.iter().position(|octet| *octet == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(line.trim_ascii_end()).into_owned()));
            }
            if self.ended {
                return Ok(None);
            }
            if self.rest.len() > LINE_BYTES_MAX {
                return Err(odd("a line of the answer is longer than 16 MiB"));
            }
            match self.chunked {
                true => self.chunk().await?,
                false => self.ended = self.stream.read_buf(&mut self.rest).await? == 0,
            }
        }
    }

    async fn chunk(&mut self) -> io::Result<()> {
        let mut line = Vec::new();
        (&mut self.stream).take(SIZE_LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
        let line = String::from_utf8_lossy(&line);
        let digits = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(digits, 16).map_err(|_| odd("the answer broke off"))?;
        if size > LINE_BYTES_MAX {
            return Err(odd("a piece of the answer is longer than 16 MiB"));
        }
        let before = self.rest.len();
        self.rest.resize(before + size, 0);
        self.stream.read_exact(self.rest.get_mut(before..).unwrap_or_default()).await?;
        self.ended = size == 0;
        if !self.ended {
            self.stream.read_exact(&mut [0; 2]).await?;
        }
        Ok(())
    }
}

fn odd(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests;
