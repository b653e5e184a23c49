use std::task::Waker;

use proptest::prelude::*;

use super::*;

/// A body at hand.
struct Body<'a>(&'a [u8]);

impl Source for Body<'_> {
    fn poll_fill(&mut self, _: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        Poll::Ready(Ok(if self.0.is_empty() { Fill::End } else { Fill::Payload }))
    }

    fn payload(&self) -> &[u8] {
        self.0
    }

    fn consume(&mut self, count: usize) {
        self.0 = &self.0[count..];
    }

    fn trailers(&self) -> Option<&Fields> {
        None
    }
}

/// Takes up to `limit` octets in steps.
fn take(replay: &mut Replay, body: &mut Body<'_>, limit: usize, step: usize) -> Vec<u8> {
    let mut source = ReplayBody { replay, source: body };
    let mut taken = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    while taken.len() < limit && source.poll_fill(&mut cx) == Poll::Ready(Ok(Fill::Payload)) {
        let count = source.payload().len().min(step).min(limit - taken.len());
        taken.extend_from_slice(&source.payload()[..count]);
        source.consume(count);
    }
    taken
}

proptest! {
    #[test]
    fn a_second_attempt_sends_the_same(
        length in 0..3000_usize, first in 0..3000_usize, second in 0..3000_usize, step in 1..700_usize,
    ) {
        let text: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
        let (mut replay, mut body) = (Replay::up_to(3000), Body(&text));
        for limit in [first, second, usize::MAX] {
            prop_assert!(replay.is_possible());
            replay.rewind();
            let taken = take(&mut replay, &mut body, limit, step);
            prop_assert_eq!(&taken[..], &text[..limit.min(length)]);
        }
    }
}

#[test]
fn a_large_body_is_sent_once_only() {
    let text = vec![7; 5001];
    let (mut replay, mut body) = (Replay::up_to(5000), Body(&text));
    assert_eq!(take(&mut replay, &mut body, 5000, 1000).len(), 5000);
    assert!(replay.is_possible());
    assert_eq!(take(&mut replay, &mut body, usize::MAX, 1000).len(), 1);
    assert!(!replay.is_possible());
    assert!(replay.kept.is_empty(), "nothing is held for nothing");
}
