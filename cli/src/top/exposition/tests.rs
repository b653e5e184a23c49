use super::*;

#[test]
fn a_line_is_read_whatever_its_labels_hold() {
    let text = concat!(
        "# HELP a help{a=\"b\"} 1\n",
        "plain 5\n",
        "empty{} 6 1700000000\n",
        "many{a=\"x\",b=\"y z\"} 1.5\n",
        "odd{a=\"}\\\"\\\\\\n,\",le=\"+Inf\",} 7\n",
        "exemplar_bucket{le=\"1\"} 8 # {trace=\"a\"} 0.5\n",
        "\nno value\nbroken{a=\"b 1\nbroken{a} 1\nbroken\n",
    );
    let found: Vec<_> = samples(text).collect();
    let said: Vec<_> = found.iter().map(|sample| (sample.name, sample.value)).collect();
    let wanted = [("plain", 5.0), ("empty", 6.0), ("many", 1.5), ("odd", 7.0), ("exemplar_bucket", 8.0)];
    assert_eq!(said, wanted);
    assert_eq!((found[2].label("a"), found[2].label("b"), found[2].label("c")), ("x", "y z", ""));
    assert_eq!((found[3].label("a"), found[3].label("le")), ("}\"\\\n,", "+Inf"));
}
