use super::*;

fn traced(value: &str) -> Option<String> {
    let mut fields = Fields::default();
    fields.push(b"traceparent", |to| to.extend_from_slice(value.as_bytes()));
    trace_id(&fields).map(|id| String::from_utf8_lossy(id).into_owned())
}

#[test]
fn a_trace_is_known_by_its_id() {
    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let zero = "0".repeat(32);
    let table = [
        (format!("00-{ID}-00f067aa0ba902b7-01"), Some(ID)),
        (format!("cc-{ID}-00f067aa0ba902b7-01-later"), Some(ID)),
        (format!("00-{}-00f067aa0ba902b7-01", ID.to_uppercase()), None),
        (format!("00-{zero}-00f067aa0ba902b7-01"), None),
        (format!("00-{ID}0-00f067aa0ba902b7-01"), None),
        (String::new(), None),
        ("00".to_owned(), None),
    ];
    for (value, id) in table {
        assert_eq!(traced(&value).as_deref(), id, "{value}");
    }
    assert_eq!(trace_id(&Fields::default()), None);
}
