use std::task::Waker;

use super::*;

/// Takes so many octets at each call, and notes each call.
#[derive(Debug)]
struct Slow {
    takes: Vec<usize>,
    calls: Vec<Vec<u8>>,
}

impl AsyncWrite for Slow {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Some(count) = self.takes.pop() else { return Poll::Pending };
        if count == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let taken: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).take(count).collect();
        let count = taken.len();
        self.calls.push(taken);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Slow {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

/// Over a stream that takes so many octets at each call.
fn over(takes: &[usize]) -> Gathering<Slow> {
    Gathering::over(Slow { takes: takes.iter().rev().copied().collect(), calls: Vec::new() })
}

fn calls(gathering: &Gathering<Slow>) -> Vec<Vec<u8>> {
    std::mem::take(&mut gathering.0.borrow_mut().io.calls)
}

fn put(gathering: &Gathering<Slow>, slices: &[&[u8]]) -> Poll<io::Result<usize>> {
    let slices: Vec<_> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
    Pin::new(&mut gathering.clone()).poll_write_vectored(&mut Context::from_waker(Waker::noop()), &slices)
}

fn taken(gathering: &Gathering<Slow>, slices: &[&[u8]]) -> usize {
    match put(gathering, slices) {
        Poll::Ready(Ok(count)) => count,
        other => panic!("{other:?}"),
    }
}

fn flush(gathering: &Gathering<Slow>) {
    let flushed = Pin::new(&mut gathering.clone()).poll_flush(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(flushed, Poll::Ready(Ok(()))));
}

#[test]
fn what_is_written_in_a_turn_is_sent_at_its_end() {
    let mut cx = Context::from_waker(Waker::noop());
    let gathering = over(&[100, 100]);
    assert_eq!(taken(&gathering, &[b"hello"]), 5);
    assert_eq!(calls(&gathering), [b"hello"], "nobody has said that he will send");
    gathering.gather();
    for _ in 0..3 {
        assert_eq!(taken(&gathering, &[b"a head, ", b"a body; "]), 16);
        flush(&gathering);
    }
    assert!(calls(&gathering).is_empty());
    gathering.send(&mut cx);
    assert_eq!(calls(&gathering), [b"a head, a body; ".repeat(3)]);
    assert_eq!(gathering.0.borrow().waiting.capacity(), 0);
    gathering.send(&mut cx);
    assert!(calls(&gathering).is_empty(), "nothing waits");
}

#[test]
fn what_is_large_is_not_copied_and_goes_with_what_waits() {
    let large = vec![b'x'; WAITING_MAX];
    let gathering = over(&[5 + WAITING_MAX, 2, 3, 10, 7]);
    gathering.gather();
    assert_eq!(taken(&gathering, &[b"hello"]), 5);
    assert_eq!(
        taken(&gathering, &[b"head", &large]),
        WAITING_MAX,
        "all that the stream took but what waited"
    );
    let sent = calls(&gathering).concat();
    assert!(sent.starts_with(b"hellohead") && sent.len() == WAITING_MAX + 5);
    // the stream takes no more than what waits, and that in two calls
    assert_eq!(taken(&gathering, &[b"hello"]), 5);
    assert_eq!(taken(&gathering, &[&large]), 10);
    assert_eq!(calls(&gathering), [b"he".to_vec(), b"llo".to_vec(), vec![b'x'; 10]]);
    assert_eq!(taken(&gathering, &[&large]), 7, "nothing waits");
    assert_eq!(taken(&gathering, &[b"hello"]), 5);
    assert!(put(&gathering, &[&large]).is_pending());
}

#[test]
fn what_cannot_be_sent_is_sent_later_and_a_failure_is_heard() {
    let mut cx = Context::from_waker(Waker::noop());
    let gathering = over(&[2]);
    gathering.gather();
    assert_eq!(taken(&gathering, &[b"hello"]), 5);
    gathering.send(&mut cx);
    assert_eq!(calls(&gathering), [b"he"]);
    gathering.0.borrow_mut().io.takes = vec![0, 100];
    gathering.send(&mut cx);
    assert_eq!(calls(&gathering), [b"llo"]);
    assert_eq!(taken(&gathering, &[b"hello"]), 5);
    gathering.send(&mut cx);
    let mut window = [0; 8];
    let read = Pin::new(&mut gathering.clone()).poll_read(&mut cx, &mut ReadBuf::new(&mut window));
    assert!(matches!(read, Poll::Ready(Err(fault)) if fault.kind() == io::ErrorKind::BrokenPipe));
}

#[test]
fn what_waits_is_sent_before_the_end() {
    let mut cx = Context::from_waker(Waker::noop());
    let mut gathering = over(&[100]);
    gathering.gather();
    assert_eq!(taken(&gathering, &[b"goodbye"]), 7);
    assert!(matches!(Pin::new(&mut gathering).poll_shutdown(&mut cx), Poll::Ready(Ok(()))));
    assert_eq!(calls(&gathering), [b"goodbye"]);
}
