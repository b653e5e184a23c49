use std::net::TcpListener;

use towpath_config::{Source, compile};

use super::*;

fn ports() -> Ports {
    let free = || TcpListener::bind("127.0.0.1:0").unwrap();
    let held: Vec<_> = (0..6).map(|_| free()).collect();
    let at = |position: usize| held[position].local_addr().unwrap();
    Ports {
        webs: [at(0), at(1)],
        admins: [at(2), at(3)],
        api: at(4),
        push: at(5),
        services: [free(), free()],
    }
}

#[test]
fn the_mesh_is_good_and_has_every_address() {
    let ports = ports();
    let compiled = compile(&Source::new("demo", text(&ports).unwrap()), &|_| None).unwrap();
    assert!(compiled.warnings().is_empty());
    let config = compiled.config();
    let listeners: Vec<_> = config.listeners().iter().map(|listener| listener.address().clone()).collect();
    assert_eq!(listeners, ports.webs.map(Into::into));
    let endpoints: Vec<_> =
        config.clusters()[0].endpoints().iter().map(|endpoint| endpoint.address().clone()).collect();
    assert_eq!(endpoints, ports.services.each_ref().map(|service| service.local_addr().unwrap().into()));
}

#[test]
fn a_directory_that_is_there_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let fault = Mesh::write(Some(folder.path()), false, "text").unwrap_err();
    assert!(fault.to_string().contains("cannot write the demo's files"), "{fault}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_was_made_goes_away_unless_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let mesh = Mesh::write(Some(&kept), false, "text").unwrap();
    let state = mesh.state("p1").parent().unwrap().to_owned();
    assert!(state.exists());
    drop(mesh);
    assert!(!state.exists());
    assert_eq!(fs::read_to_string(kept.join("mesh.yaml")).unwrap(), "text");
}
