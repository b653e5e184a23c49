use super::*;

fn tally(v1: usize, v2: usize, errors: usize) -> Tally {
    let mut tally = Tally::default();
    let answers = [(Some(0), v1), (Some(1), v2), (None, errors)];
    for (version, count) in answers {
        (0..count).for_each(|_| tally.add(0, version, Duration::from_millis(2)));
    }
    tally.tick();
    tally
}

fn live(weights: Option<[u64; 2]>) -> Live {
    Live { generations: [4, 5], weights, refused: None }
}

#[test]
fn a_fair_split_is_good() {
    let (text, good) = verdict(&tally(903, 97, 0), &live(Some([90, 10])));
    assert!(good, "{text}");
    assert!(text.ends_with("the split is within the binomial bound of 90/10"), "{text}");
    assert!(text.contains("v1     903  90.30%   expected 900.0 ± 42.4"), "{text}");
}

#[test]
fn an_unfair_split_an_error_and_silence_are_not() {
    for (tally, weights) in
        [(tally(903, 97, 0), [50, 50]), (tally(903, 97, 1), [90, 10]), (tally(0, 0, 0), [90, 10])]
    {
        let (text, good) = verdict(&tally, &live(Some(weights)));
        assert!(!good && text.contains("is NOT within"), "{text}");
    }
}

#[test]
fn the_board_shows_shares_weights_and_quantiles() {
    let text = block(&tally(90, 10, 3), &live(Some([9, 1])));
    let v1 = text.lines().nth(1).unwrap();
    assert!(v1.contains("███████████░") && v1.contains("90.0%") && v1.contains("90.0/s"), "{v1}");
    assert!(v1.contains("2.0ms") || v1.contains("2.1ms"), "{v1}");
    assert!(text.contains("tables 4 and 5 are live, 3 requests"), "{text}");
}

#[test]
fn no_line_of_the_board_wraps() {
    let live =
        Live { refused: Some("error: ".to_owned() + &"long ".repeat(50)), ..live(Some([1_000_000, 1])) };
    let text = block(&tally(99_999, 10, 3), &live);
    assert!(text.lines().all(|line| line.chars().count() <= LINE_CHARACTERS_MAX), "{text}");
    let heading = text.lines().next().unwrap().chars().count();
    assert_eq!(text.lines().nth(1).unwrap().chars().count(), heading, "{text}");
}

#[test]
fn a_refused_file_is_shown_with_its_faults() {
    let live = Live { refused: Some("error: unknown key `tto`\n --> demo.yaml:3:1\n".into()), ..live(None) };
    assert!(block(&tally(1, 0, 0), &live).contains("\n    error: unknown key `tto`\n"));
    assert!(line(&tally(1, 0, 0), &live).contains("refused"));
}
