use std::net::{TcpListener, TcpStream};

use super::*;

fn channels() -> (Channel, Channel) {
    let (one, other) = pair().unwrap();
    (Channel::new(one).unwrap(), Channel::new(other).unwrap())
}

#[tokio::test]
async fn a_socket_arrives_and_is_the_same() {
    let (here, there) = channels();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    here.send("first", None).await.unwrap();
    here.send("second", Some(listener.as_fd())).await.unwrap();
    let first = there.receive().await.unwrap().unwrap();
    assert_eq!((first.text.as_str(), first.socket.is_none()), ("first", true));
    let second = there.receive().await.unwrap().unwrap();
    assert_eq!(second.text, "second");
    // who waited before is found behind the socket that was passed
    let _waiting = TcpStream::connect(address).unwrap();
    drop(listener);
    let passed = TcpListener::from(second.socket.unwrap());
    assert_eq!(passed.local_addr().unwrap(), address);
    passed.accept().unwrap();
}

#[tokio::test]
async fn the_end_is_seen() {
    let (here, there) = channels();
    drop(there);
    assert!(here.receive().await.unwrap().is_none());
    assert_eq!(here.send("x", None).await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn what_is_no_packet_of_ours_is_refused() {
    let (here, there) = channels();
    here.send(&"x".repeat(TEXT_BYTES_MAX + 1), None).await.unwrap();
    assert_eq!(there.receive().await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    sendmsg(&here.0, &[IoSlice::new(&[0xff])], &mut SendAncillaryBuffer::default(), SendFlags::empty())
        .unwrap();
    assert_eq!(there.receive().await.unwrap_err().kind(), io::ErrorKind::InvalidData);
}
