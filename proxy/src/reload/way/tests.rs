use std::fs;
use std::os::unix::fs::symlink;

use super::*;

#[test]
fn every_link_on_the_way_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("mount/..v1")).unwrap();
    fs::write(root.join("mount/..v1/table.yaml"), "").unwrap();
    symlink("..v1", root.join("mount/..data")).unwrap();
    symlink("..data/table.yaml", root.join("mount/table.yaml")).unwrap();
    symlink(root.join("mount"), root.join("etc")).unwrap();
    symlink("../etc/./table.yaml", root.join("mount/again.yaml")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    let configmap = ["mount/table.yaml", "mount/..data", "mount/..v1/table.yaml"];
    let table: [(&str, &[&str]); 5] = [
        ("mount/..v1/table.yaml", &configmap[2..]),
        ("mount/table.yaml", &configmap),
        ("etc/table.yaml", &["etc", configmap[0], configmap[1], configmap[2]]),
        ("mount/again.yaml", &["mount/again.yaml", "etc", configmap[0], configmap[1], configmap[2]]),
        ("mount/none/table.yaml", &["mount/none/table.yaml"]),
    ];
    for (path, expected) in table {
        let expected: Vec<_> = expected.iter().map(|part| root.join(part)).collect();
        assert_eq!(way(&root.join(path)), expected, "{path}");
    }
    assert_eq!(way(&root.join("loop")).len(), LINKS_MAX + 1, "a link to itself ends");
}
