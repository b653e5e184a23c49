//! The file that stands for a Unix socket. It outlives the process that made it, unless somebody removes it.

use std::cell::Cell;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::socket::UnixSocket;

/// A socket's file; removed when dropped, if it is still ours.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
    ours: Cell<bool>,
}

impl SocketFile {
    /// Binds the socket to this path. A file that a socket left behind to which nobody listens any more is removed.
    ///
    /// # Errors
    /// Somebody listens there, the file is no socket, or the folder lets nobody write.
    pub fn bind(socket: &UnixSocket, path: &Path, mode: u32) -> io::Result<Self> {
        match socket.bind(path) {
            Err(fault) if fault.kind() == io::ErrorKind::AddrInUse => {
                clear(path)?;
                socket.bind(path)?;
            }
            bound => bound?,
        }
        let file = Self::adopt(path)?;
        file.claim(true);
        // nobody can connect before the socket listens, so nobody gets in by the permissions that the umask left
        file.permit(mode)?;
        Ok(file)
    }

    /// The file that is there, which is another process's to remove until it is claimed.
    ///
    /// # Errors
    /// There is none.
    pub fn adopt(path: &Path) -> io::Result<Self> {
        Ok(Self { identity: identity(path)?, path: path.to_owned(), ours: Cell::new(false) })
    }

    /// Says whether the file is ours to remove, or another process's.
    pub fn claim(&self, ours: bool) {
        self.ours.set(ours);
    }

    /// Changes who may connect: whoever may write.
    ///
    /// # Errors
    /// The file is gone, or is not ours any more.
    pub fn permit(&self, mode: u32) -> io::Result<()> {
        if identity(&self.path)? != self.identity {
            return Err(io::Error::other("somebody has put another file in the place of the socket's"));
        }
        fs::set_permissions(&self.path, Permissions::from_mode(mode))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.ours.get() && identity(&self.path).is_ok_and(|found| found == self.identity) {
            // a folder that has become read-only keeps it; the next process will take it for what it is
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What tells one file from another (stat(2)).
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Removes what a socket has left behind.
fn clear(path: &Path) -> io::Result<()> {
    let in_use = |what| Err(io::Error::new(io::ErrorKind::AddrInUse, what));
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return in_use("the file is there and is no socket");
    }
    match UnixSocket::new()?.connect(path) {
        Err(fault) if fault.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(_) | Ok(()) => in_use("somebody listens there"),
    }
}
