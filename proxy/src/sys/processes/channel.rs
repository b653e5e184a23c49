//! A way between two processes on which sockets can be passed: packets of text, each with a socket or without
//! (unix(7), `SOCK_SEQPACKET` and `SCM_RIGHTS`).

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::sockopt::socket_type;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use tokio::io::Interest;
use tokio::net::UnixStream;

#[cfg(test)]
mod tests;

/// Octets of a packet's text. Names and addresses are far shorter.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// One end. To the runtime one kind of Unix socket is as good as another.
#[derive(Debug)]
pub struct Channel(UnixStream);

/// What is passed at once.
#[derive(Debug)]
pub struct Packet {
    /// The text.
    pub text: String,
    /// The socket that came with it.
    pub socket: Option<OwnedFd>,
}

/// Both ends; for [`Channel::new`], in this process or another.
///
/// # Errors
/// The system gives none.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// What this process got as its standard input, which is empty from now on.
///
/// # Errors
/// It is no end of a channel.
pub fn take_stdin() -> io::Result<OwnedFd> {
    let own = io::stdin().as_fd().try_clone_to_owned()?;
    if socket_type(&own).ok() != Some(SocketType::SEQPACKET) {
        return Err(io::Error::other("the standard input is no way to another process"));
    }
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(own)
}

impl Channel {
    /// Uses an end. Must be called on the runtime that will use it.
    ///
    /// # Errors
    /// It is no socket.
    pub fn new(end: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&end, true)?;
        UnixStream::from_std(end.into()).map(Self)
    }

    /// Passes a packet.
    ///
    /// # Errors
    /// Nobody has the other end.
    pub async fn send(&self, text: &str, socket: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let sent = || {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            if let Some(socket) = &socket {
                control.push(SendAncillaryMessage::ScmRights(std::slice::from_ref(socket)));
            }
            Ok(sendmsg(&self.0, &[IoSlice::new(text.as_bytes())], &mut control, SendFlags::NOSIGNAL)?)
        };
        self.0.async_io(Interest::WRITABLE, sent).await.map(drop)
    }

    /// The next packet; `None` when the other end is closed.
    ///
    /// # Errors
    /// It is too long, or no text; or the channel is broken.
    pub async fn receive(&self) -> io::Result<Option<Packet>> {
        let mut bytes = vec![0; TEXT_BYTES_MAX];
        let (length, socket) = self.0.async_io(Interest::READABLE, || receive(&self.0, &mut bytes)).await?;
        if length == 0 {
            return Ok(None);
        }
        bytes.truncate(length);
        let text =
            String::from_utf8(bytes).map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))?;
        Ok(Some(Packet { text, socket }))
    }
}

fn receive(end: &UnixStream, bytes: &mut [u8]) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(end, &mut [IoSliceMut::new(bytes)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    if received.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a packet is longer than any that is known"));
    }
    let sockets = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
        _ => None,
    });
    Ok((received.bytes, sockets.flatten().next()))
}
