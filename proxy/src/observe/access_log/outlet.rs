//! The places where lines can go, opened and written to without waiting for whoever reads there.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, poll};
use towpath_config::model::{LogPlace, UnixAddress};

use crate::sys::socket::UnixSocket;

/// What a pipe takes without waiting once it says that it takes anything (pipe(7), `PIPE_BUF` of Linux).
const PIPE_BYTES: usize = 4096;

/// Permissions of a new file: it holds who asked for what.
const FILE_MODE: u32 = 0o640;

/// An open place.
#[derive(Debug)]
pub(super) enum Outlet {
    /// stdout or stderr, shared with others: it blocks, so it is asked first.
    Standard(File),
    /// A file, written at its end.
    File(File),
    /// A connection.
    Socket(UnixStream),
}

impl Outlet {
    /// Opens the place.
    ///
    /// # Errors
    /// What the system says; a pipe is refused, as opening one waits for its reader.
    pub(super) fn open(place: &LogPlace) -> io::Result<Self> {
        match place {
            LogPlace::Stdout => Ok(Self::Standard(io::stdout().as_fd().try_clone_to_owned()?.into())),
            LogPlace::Stderr => Ok(Self::Standard(io::stderr().as_fd().try_clone_to_owned()?.into())),
            LogPlace::File(path) => file(Path::new(path)).map(Self::File),
            LogPlace::Socket(address) => connect(address).map(Self::Socket),
        }
    }

    /// Writes as much as fits.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when nothing fits now.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(file) => {
                if !takes_more(file)? {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                file.write(whole_lines(lines))
            }
            Self::File(file) => file.write(lines),
            Self::Socket(stream) => stream.write(lines),
        }
    }

    /// Whether both are the same file, so that one goes on where the other has stopped.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Standard(_), Self::Standard(_)) => true,
            (Self::File(one), Self::File(other)) => {
                let file = |file: &File| file.metadata().map(|found| (found.dev(), found.ino())).ok();
                file(one).is_some() && file(one) == file(other)
            }
            _ => false,
        }
    }

    /// Whether it can be written to again after a failure; a connection cannot.
    pub(super) fn survives_failure(&self) -> bool {
        !matches!(self, Self::Socket(_))
    }

    /// Whether people look at it.
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Self::Standard(file) if file.is_terminal())
    }
}

fn file(path: &Path) -> io::Result<File> {
    if path.metadata().is_ok_and(|found| found.file_type().is_fifo()) {
        return Err(io::Error::other(
            "it is a pipe; `stdout` and Unix sockets can be read by another process",
        ));
    }
    OpenOptions::new().append(true).create(true).mode(FILE_MODE).open(path)
}

fn connect(address: &UnixAddress) -> io::Result<UnixStream> {
    let socket = UnixSocket::new()?;
    socket.connect(&address.path())?;
    Ok(socket.into_stream())
}

/// As many whole lines as a pipe takes at once, so that those of others come between lines and not into them; of a
/// longer line, what fits.
fn whole_lines(lines: &[u8]) -> &[u8] {
    let Some(most) = lines.get(..PIPE_BYTES) else { return lines };
    let end = memchr::memrchr(b'\n', most).map_or(most.len(), |end| end + 1);
    most.get(..end).unwrap_or(most)
}

/// Whether a write would not wait.
fn takes_more(file: &File) -> io::Result<bool> {
    let mut asked = [PollFd::new(file, PollFlags::OUT)];
    poll(&mut asked, Some(&rustix::event::Timespec::default()))?;
    // an error is one that a write will tell
    Ok(asked.iter().any(|found| !found.revents().is_empty()))
}

#[cfg(test)]
mod tests;
