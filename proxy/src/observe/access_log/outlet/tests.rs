use super::{PIPE_BYTES, whole_lines};

#[test]
fn a_pipe_gets_whole_lines() {
    let line = |length: usize| format!("{}\n", "x".repeat(length - 1));
    let long = line(PIPE_BYTES + 1);
    for (lines, length) in [
        (String::new(), 0),
        (line(10), 10),
        (line(PIPE_BYTES), PIPE_BYTES),
        (line(PIPE_BYTES - 1) + &line(10), PIPE_BYTES - 1),
        (line(10) + &long, 10),
        (long.clone() + &long, PIPE_BYTES),
    ] {
        assert_eq!(whole_lines(lines.as_bytes()).len(), length, "{} octets", lines.len());
    }
}
