use std::net::TcpListener;

use towpath_config::{Source, compile};

use super::*;

fn ports() -> Ports {
    let free = || TcpListener::bind("127.0.0.1:0").unwrap();
    let (web, admin) = (free(), free());
    Ports { web: web.local_addr().unwrap(), admin: admin.local_addr().unwrap(), services: [free(), free()] }
}

#[test]
fn the_route_table_is_good_and_has_every_address() {
    let ports = ports();
    let compiled = compile(&Source::new("demo", text(&ports).unwrap()), &|_| None).unwrap();
    assert!(compiled.warnings().is_empty());
    let config = compiled.config();
    assert_eq!(*config.listeners()[0].address(), ports.web.into());
    assert_eq!(*config.process().admin(), Some(ports.admin));
    let endpoints: Vec<_> =
        config.clusters()[0].endpoints().iter().map(|endpoint| endpoint.address().clone()).collect();
    assert_eq!(endpoints, ports.services.each_ref().map(|service| service.local_addr().unwrap().into()));
}

#[test]
fn a_file_that_is_there_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    std::fs::write(&path, "mine").unwrap();
    let error = TableFile::write(Some(&path), false, TEXT).unwrap_err();
    assert!(error.is::<BadInput>() && error.to_string().contains("mine.yaml"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn the_file_goes_away_unless_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.yaml");
    drop(TableFile::write(Some(&path), false, TEXT).unwrap());
    assert!(path.exists());
    let file = TableFile::write(None, false, TEXT).unwrap();
    let path = file.path().to_owned();
    assert!(path.exists());
    drop(file);
    assert!(!path.exists());
}
