use std::task::Waker;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A caller that has sent a text and takes so many octets at once, every other time.
struct Fake {
    text: Vec<u8>,
    step: usize,
    busy: bool,
    head: Vec<String>,
    framing: Framing,
    output: Vec<u8>,
    ended: Option<bool>,
}

impl Fake {
    fn new(text: &[u8], step: usize) -> Self {
        let (head, output) = (Vec::new(), Vec::new());
        Self { text: text.to_vec(), step, busy: false, head, framing: Framing::None, output, ended: None }
    }
}

impl Source for Fake {
    fn poll_fill(&mut self, _: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        Poll::Ready(Ok(if self.text.is_empty() { Fill::End } else { Fill::Payload }))
    }

    fn payload(&self) -> &[u8] {
        &self.text[..self.step.min(self.text.len())]
    }

    fn consume(&mut self, count: usize) {
        self.text.drain(..count);
    }

    fn trailers(&self) -> Option<&Fields> {
        None
    }
}

impl Sink for Fake {
    fn poll_put(&mut self, _: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        assert!(self.ended.is_none(), "nothing comes behind the end");
        self.busy = !self.busy;
        if self.busy {
            return Poll::Pending;
        }
        let count = payload.len().min(self.step);
        self.output.extend_from_slice(&payload[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn finish(&mut self, trailers: Option<&Fields>) -> io::Result<()> {
        assert!(self.ended.replace(trailers.is_some()).is_none(), "it ends once");
        Ok(())
    }
}

impl Waiting for Fake {
    fn poll_gone(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    async fn interim(&mut self, _: &ResponseHead) -> io::Result<()> {
        Ok(())
    }
}

impl Opens for Fake {
    fn mouth(&mut self) -> Option<Mouth<Box<dyn Duplex + '_>>> {
        None
    }
}

impl Caller for Fake {
    fn answer(&mut self, head: &AnswerHead<'_>, _: bool) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let fields = head.out.fields(head.fields);
        self.head = fields.map(|field| format!("{}: {}", text(field.name), text(field.value))).collect();
        self.framing = head.framing;
    }

    fn is_received(&mut self) -> bool {
        self.text.is_empty()
    }

    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        None
    }
}

fn fields(lines: &[&str]) -> Fields {
    let mut fields = Fields::default();
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a name and a value");
        fields.add(name.as_bytes(), |text| text.extend_from_slice(value.as_bytes()));
    }
    fields
}

fn answer(caller: &mut impl Caller, lines: &[&str], framing: Framing) {
    let (fields, out) = (fields(lines), Outgoing::default());
    let head = AnswerHead { status: 200, phrase: b"OK", fields: &fields, out: &out, framing, tunnel: false };
    caller.answer(&head, false);
}

/// Asks until there is an answer, as a task that is woken would.
fn until<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = poll(&mut cx) {
            return value;
        }
    }
}

const TEXT: Dialect = Dialect { text_up: true, text_down: true };
const OCTETS: Dialect = Dialect { text_up: false, text_down: false };

fn decoded(text: &[u8]) -> Vec<u8> {
    let (mut decoder, mut octets) = (Decoder::default(), Vec::new());
    decoder.decode(text, &mut octets).expect("base64");
    assert!(decoder.is_whole());
    octets
}

proptest! {
    #[test]
    fn an_answer_comes_whole_with_its_trailers_behind_it(
        pieces in vec((vec(any::<u8>(), 0..40), any::<bool>()), 0..8), step in 1..30_usize, text: bool,
    ) {
        let mut fake = Fake::new(b"", step);
        let mut caller = GrpcWeb::new(&mut fake, if text { TEXT } else { OCTETS });
        answer(&mut caller, &["content-type: application/grpc"], Framing::Chunked);
        let mut sent = Vec::new();
        for (piece, flush) in &pieces {
            let mut rest = piece.as_slice();
            while !rest.is_empty() {
                let count = until(|cx| caller.poll_put(cx, rest)).expect("a caller");
                rest = &rest[count..];
            }
            sent.extend_from_slice(piece);
            if *flush {
                until(|cx| caller.poll_flush(cx)).expect("a caller");
                let passed = &caller.caller.output;
                prop_assert_eq!(&if text { decoded(passed) } else { passed.clone() }, &sent);
            }
        }
        let trailers = fields(&["grpc-status: 0"]);
        caller.finish(Some(&trailers)).expect("a caller");
        until(|cx| caller.poll_flush(cx)).expect("a caller");
        sent.extend_from_slice(b"\x80\0\0\0\x0fgrpc-status:0\r\n");
        prop_assert_eq!(&if text { decoded(&fake.output) } else { fake.output }, &sent);
        prop_assert_eq!(fake.ended, Some(false));
    }

    #[test]
    fn a_request_of_text_is_read_as_octets(octets in vec(any::<u8>(), 0..200), step in 1..30_usize) {
        let (mut encoder, mut text) = (Encoder::default(), Vec::new());
        encoder.encode(&octets, &mut text);
        encoder.pad(&mut text);
        let mut fake = Fake::new(&text, step);
        let mut caller = GrpcWeb::new(&mut fake, TEXT);
        let mut read = Vec::new();
        while until(|cx| caller.poll_fill(cx)) == Ok(Fill::Payload) {
            read.extend_from_slice(caller.payload());
            let count = caller.payload().len();
            caller.consume(count);
        }
        prop_assert_eq!(read, octets);
    }
}

#[test]
fn text_that_is_none_is_malformed() {
    for text in ["AAAA*", "AAA"] {
        let mut fake = Fake::new(text.as_bytes(), 4);
        let mut caller = GrpcWeb::new(&mut fake, TEXT);
        let mut fill = until(|cx| caller.poll_fill(cx));
        while fill == Ok(Fill::Payload) {
            caller.consume(caller.payload().len());
            fill = until(|cx| caller.poll_fill(cx));
        }
        assert_eq!(fill, Err(BodyFault::Malformed), "{text}");
    }
}

/// An answer, for whom it is, and what of it goes out.
type Row<'a> = (&'a [&'a str], Framing, Dialect, &'a [&'a str], Framing);

#[test]
fn heads_are_those_of_the_dialect() {
    let table: [Row<'_>; 4] = [
        (
            &["content-type: application/grpc+proto", "content-length: 9", "a: b"],
            Framing::Length(9),
            OCTETS,
            &["content-type: application/grpc-web+proto", "a: b"],
            Framing::Chunked,
        ),
        (
            &["content-type: application/grpc"],
            Framing::UntilClose,
            TEXT,
            &["content-type: application/grpc-web-text"],
            Framing::Chunked,
        ),
        // the status stands in the head, and nothing follows
        (
            &["content-type: application/grpc", "content-length: 0", "grpc-status: 14"],
            Framing::Length(0),
            TEXT,
            &["content-type: application/grpc-web-text", "content-length: 0", "grpc-status: 14"],
            Framing::Length(0),
        ),
        (
            &["content-type: text/html", "content-length: 9"],
            Framing::Length(9),
            TEXT,
            &["content-type: text/html", "content-length: 9"],
            Framing::Length(9),
        ),
    ];
    for (lines, framing, dialect, expected, framed) in table {
        let mut fake = Fake::new(b"", 9);
        answer(&mut GrpcWeb::new(&mut fake, dialect), lines, framing);
        assert_eq!((fake.head, fake.framing), (expected.iter().map(ToString::to_string).collect(), framed));
    }
}

#[test]
fn what_is_no_answer_of_grpc_passes_as_it_is() {
    let mut fake = Fake::new(b"", 9);
    let mut caller = GrpcWeb::new(&mut fake, TEXT);
    answer(&mut caller, &["content-type: text/html"], Framing::Chunked);
    assert_eq!(until(|cx| caller.poll_put(cx, b"a")).expect("a caller"), 1);
    caller.finish(Some(&fields(&["a: b"]))).expect("a caller");
    until(|cx| caller.poll_flush(cx)).expect("a caller");
    assert_eq!((fake.output, fake.ended), (b"a".to_vec(), Some(true)));
}
