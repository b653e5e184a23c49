use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tokio::net::UnixStream;
use towpath_config::model::Config;
use towpath_config::{Source, compile};

use super::*;

fn config(address: &str) -> Config {
    let table =
        format!("listeners: {{web: {{address: \"{address}\"}}}}\nroutes: {{r: {{direct_response: 200}}}}\n");
    compile(&Source::new("test.yaml", table), &|_| None)
        .unwrap_or_else(|faults| panic!("{faults}"))
        .into_config()
}

fn open(address: &str, mode: u32) -> io::Result<Listening> {
    Listening::open(config(address).listeners()[0].address(), mode)
}

fn at(path: &Path) -> String {
    format!("unix:{}", path.display())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_file_is_there_as_long_as_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("web.sock");
    let listening = open(&at(&path), 0o620).unwrap();
    assert_eq!((listening.address().to_string(), mode(&path)), (at(&path), 0o620));
    listening.permit(0o600).unwrap();
    assert_eq!(mode(&path), 0o600);
    let (accepted, called) = tokio::join!(listening.accept(), UnixStream::connect(&path));
    assert_eq!((accepted.unwrap().1, called.is_ok()), (Origin::Unix, true));
    drop(listening);
    assert!(!path.exists());
}

#[tokio::test]
async fn what_a_dead_process_left_behind_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("web.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "the file outlives its socket");
    let listening = open(&at(&path), 0o600).unwrap();
    let (accepted, _called) = tokio::join!(listening.accept(), UnixStream::connect(&path));
    assert!(accepted.is_ok());
}

#[tokio::test]
async fn what_is_not_ours_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("web.sock");
    let first = open(&at(&path), 0o600).unwrap();
    let taken = open(&at(&path), 0o600).unwrap_err();
    assert_eq!(
        (taken.kind(), taken.to_string().as_str()),
        (io::ErrorKind::AddrInUse, "somebody listens there")
    );

    fs::remove_file(&path).unwrap();
    fs::write(&path, "a text").unwrap();
    let taken = open(&at(&path), 0o600).unwrap_err();
    assert_eq!(taken.to_string(), "the file is there and is no socket");
    assert!(first.permit(0o666).is_err());
    drop(first);
    assert_eq!(fs::read_to_string(&path).unwrap(), "a text");
}

#[tokio::test]
async fn a_name_needs_no_file() {
    let name = format!("unix:@towpath-test-{}", std::process::id());
    let listening = open(&name, 0o600).unwrap();
    assert_eq!(listening.address().to_string(), name);
    assert_eq!(open(&name, 0o600).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    drop(listening);
    assert!(open(&name, 0o600).is_ok());
}

#[tokio::test]
async fn the_system_picks_a_port() {
    let listening = open("127.0.0.1:0", 0o600).unwrap();
    assert!(listening.address().port().is_some_and(|port| port > 0));
    listening.permit(0o600).unwrap();
}
