use super::*;

/// Fields over the text of their lines, marked as a parser marks them.
fn fields(lines: &[&str]) -> Fields {
    let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let mut fields = Fields::default();
    fields.take_bytes(text.as_bytes());
    let mut start = 0;
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        let value_start = start + name.len() + 1 + (value.len() - value.trim_start().len());
        fields.mark(start..start + name.len(), value_start..value_start + value.trim().len());
        start += line.len() + 2;
    }
    fields
}

#[test]
fn what_goes_out_is_written_line_by_line_whatever_it_looked_like() {
    let lines = ["Host: a", "A:1", "b:   2  ", "C: 3", "D: 4", "e: ", "F:", "G: 7"];
    let fields = fields(&lines);
    for dropped in 0..1_u32 << lines.len() {
        let mut out = Outgoing::default();
        (0..lines.len()).filter(|line| dropped & (1 << line) != 0).for_each(|line| out.drop_at(line));
        out.add(b"x", b"9");
        out.add(b"y", b"");
        let mut written = Vec::new();
        out.write(&fields, &mut written);
        let each: String = out
            .fields(&fields)
            .map(|field| {
                let [name, value] =
                    [field.name, field.value].map(|text| String::from_utf8_lossy(text).into_owned());
                format!("{name}: {value}\r\n")
            })
            .collect();
        assert_eq!(String::from_utf8(written).unwrap(), each);
        assert!(each.ends_with("x: 9\r\ny: \r\n"));
    }
}

#[test]
fn what_was_added_can_be_removed_again() {
    let fields = fields(&["Host: a", "X: 1"]);
    let mut out = Outgoing::default();
    out.add(b"x", b"2");
    out.add(b"y", b"3");
    out.add(b"x", b"4");
    out.remove(&fields, b"X");
    let mut written = Vec::new();
    out.write(&fields, &mut written);
    assert_eq!(written, b"Host: a\r\ny: 3\r\n");
}
