use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;

use super::*;

fn listener() -> (OwnedFd, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener.into(), address)
}

fn heirloom(name: &str, wanted: Option<&str>) -> (Heirloom, SocketAddr) {
    let (socket, address) = listener();
    (Heirloom { name: name.to_owned(), wanted: wanted.map(str::to_owned), made: false, socket }, address)
}

fn at(text: &str) -> Address {
    text.parse::<SocketAddr>().unwrap().into()
}

#[test]
fn what_a_predecessor_had_is_known_by_what_its_table_said() {
    let (web, _) = heirloom("web", Some("127.0.0.1:8080"));
    assert!(web.is_for("web", &at("127.0.0.1:8080")));
    assert!(web.is_for("renamed", &at("127.0.0.1:8080")));
    assert!(!web.is_for("web", &at("127.0.0.1:8081")), "it moved, so it is opened anew");
    let (any, _) = heirloom("web", Some("127.0.0.1:0"));
    assert!(any.is_for("web", &at("127.0.0.1:0")));
    assert!(!any.is_for("other", &at("127.0.0.1:0")), "each has a port of its own");
}

#[test]
fn what_systemd_opened_is_known_by_its_name_or_its_address() {
    let (web, address) = heirloom("web", None);
    assert!(web.is_for("web", &at("0.0.0.0:80")));
    assert!(web.is_for("other", &address.into()));
    assert!(!web.is_for("other", &at("0.0.0.0:80")));
}

#[test]
fn a_socket_is_taken_once() {
    let (web, _) = heirloom("web", Some("127.0.0.1:8080"));
    let mut sockets = Sockets(vec![web]);
    assert!(sockets.take("web", &at("127.0.0.1:8080")).is_some());
    assert!(sockets.take("web", &at("127.0.0.1:8080")).is_none());
}

#[test]
fn the_environment_of_another_process_is_not_ours() {
    let others = |name: &str| (name.starts_with("LISTEN_")).then(|| "1".to_owned());
    assert!(activated(&others).unwrap().0.is_empty());
    assert!(activated(&|_| None).unwrap().0.is_empty());
}

#[test]
fn an_environment_that_cannot_be_true_is_refused() {
    let process = std::process::id().to_string();
    let told = |count: &'static str| {
        let process = process.clone();
        move |name: &str| match name {
            "LISTEN_PID" => Some(process.clone()),
            "LISTEN_FDS" => Some(count.to_owned()),
            _ => None,
        }
    };
    let fault = Inherited::find(&told("many")).unwrap_err();
    assert_eq!(fault, "`LISTEN_FDS` is in the environment, but `many` is no number");
    let fault = Inherited::find(&told("9999999")).unwrap_err();
    assert!(fault.starts_with("`LISTEN_FDS` is in the environment, but descriptor "), "{fault}");
    let fault = Inherited::find(&|name| (name == TAKE_OVER).then(String::new)).unwrap_err();
    assert!(fault.ends_with("but the standard input is no way to another process"), "{fault}");
}

#[tokio::test]
async fn a_predecessor_passes_its_sockets_and_says_when_that_was_all() {
    let (own, end) = channel::pair().unwrap();
    let predecessor = Channel::new(own).unwrap();
    let (socket, address) = listener();
    let text = describe("web", "127.0.0.1:0", true);
    predecessor.send(&text, Some(socket.as_fd())).await.unwrap();
    predecessor.send(ALL, None).await.unwrap();
    let inherited = Inherited { predecessor: Some(end), ..Inherited::default() };
    let (_, channel, mut sockets) = inherited.unpack().await.unwrap();
    let taken = sockets.take("web", &at("127.0.0.1:0")).unwrap();
    assert_eq!(TcpListener::from(taken.socket).local_addr().unwrap(), address);
    assert!(taken.made);
    channel.unwrap().send(SERVING, None).await.unwrap();
    assert_eq!(predecessor.receive().await.unwrap().unwrap().text, SERVING);
}

#[tokio::test]
async fn a_predecessor_that_says_something_else_is_none() {
    for said in [Some("hello"), None] {
        let (own, end) = channel::pair().unwrap();
        let predecessor = Channel::new(own).unwrap();
        if let Some(said) = said {
            predecessor.send(said, None).await.unwrap();
        }
        drop(predecessor);
        let inherited = Inherited { predecessor: Some(end), ..Inherited::default() };
        let fault = inherited.unpack().await.unwrap_err().to_string();
        assert_eq!(fault, "the process to take over from does not pass its sockets");
    }
}
