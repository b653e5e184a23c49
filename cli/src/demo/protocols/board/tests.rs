use super::*;

#[test]
fn one_failure_is_not_forgotten() {
    let mut board = Board::new(false);
    assert!(!board.is_good(), "what was not asked has not worked");
    for question in QUESTIONS {
        board.note(question, Ok(Duration::from_micros(1_250)));
    }
    assert!(board.is_good());
    assert!(
        board.verdict().contains("a page     HTTP/1.1 → HTTP/1.1        1     0   1.2ms"),
        "{}",
        board.verdict()
    );
    board.note(Question::Bytes, Err("gone".to_owned()));
    board.note(Question::Bytes, Ok(Duration::from_millis(2)));
    assert!(!board.is_good());
    let verdict = board.verdict();
    assert!(verdict.contains("bytes      TCP → TCP                  2     1   2.0ms"), "{verdict}");
    assert!(verdict.contains("bytes, TCP → TCP: gone\nNOT every combination worked"), "{verdict}");
}
