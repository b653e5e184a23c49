use super::*;

#[test]
fn columns_are_as_wide_as_their_widest_cell() {
    let rows = [["1".into(), "größe".into(), "x".into()], ["100".into(), "a".into(), String::new()]];
    assert_eq!(aligned(["#", "name", "last"], &rows), "#    name   last\n1    größe  x\n100  a");
}
