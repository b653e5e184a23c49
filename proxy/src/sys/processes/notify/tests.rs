use super::*;

#[test]
fn each_state_is_told_in_the_words_of_the_protocol() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let heard = UnixDatagram::bind(&path).unwrap();
    let notifier = Notifier::new(path.to_str().unwrap()).unwrap();
    let mut bytes = [0; 256];
    let mut hear = || {
        let length = heard.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    notifier.ready();
    assert_eq!(hear(), "READY=1\nSTATUS=serving");
    notifier.reloading();
    let told = hear();
    let micros = told.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").and_then(|rest| rest.split_once('\n'));
    assert!(micros.is_some_and(|(micros, _)| micros.parse::<u64>().is_ok()), "{told}");
    notifier.succeeded_by(7);
    assert!(hear().starts_with("MAINPID=7\nREADY=1\n"));
    notifier.stopping();
    assert!(hear().starts_with("STOPPING=1\n"));
    // a table that is read meanwhile does not make it stay
    notifier.reloading();
    notifier.ready();
    heard.set_nonblocking(true).unwrap();
    assert!(heard.recv(&mut [0; 256]).is_err());
}

#[test]
fn an_abstract_name_begins_with_an_at() {
    let name = format!("towpath-notify-{}", std::process::id());
    let heard = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    Notifier::new(&format!("@{name}")).unwrap().ready();
    let mut bytes = [0; 7];
    heard.recv(&mut bytes).unwrap();
    assert_eq!(&bytes, b"READY=1");
}

#[test]
fn nobody_is_told_where_nobody_listens() {
    Notifier::default().ready();
    Notifier::new("/nowhere/notify").unwrap().ready();
    assert!(Notifier::new(&"x".repeat(200)).is_err());
}
