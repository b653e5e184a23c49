//! What can stand between an endpoint's answer and the client, and when it does.

use std::rc::Rc;
use std::task::{Context, Poll};

use towpath_config::model::{Algorithm, Compression};

use super::answer;
use super::compress::Compress;
use super::encoder::Encoders;
use super::verdict::{Seen, judge};
use crate::codec::body::{BodyFault, Fill, Source};
use crate::codec::buffer::BufferPool;
use crate::codec::fields::Fields;
use crate::codec::message::{RequestHead, ResponseHead};
use crate::codec::outgoing::Outgoing;
use crate::observe::stats::Skip;

/// What changes a body.
#[derive(Debug)]
pub enum Transform {
    /// Compression.
    Compress(Box<Compress>),
}

impl Transform {
    /// By what the body is compressed, and how long it was before, as far as it has passed.
    #[must_use]
    pub fn compressed(&self) -> (Algorithm, u64) {
        match self {
            Self::Compress(compress) => (compress.algorithm(), compress.read()),
        }
    }
}

/// What a worker lends to transforms.
#[derive(Debug, Clone, Copy)]
pub struct Lender<'a> {
    /// Its encoders.
    pub encoders: &'a Rc<Encoders>,
    /// Its buffers.
    pub buffers: &'a Rc<BufferPool>,
    /// What all encoders may hold.
    pub limit: u64,
}

/// Chooses what becomes of the body of an answer, and says so in its head. The head of an answer to `HEAD` is that of the
/// body it has not (RFC 9110 §9.3.2).
///
/// # Errors
/// Why it is passed on as it is.
pub fn choose(
    rules: &Compression,
    request: &RequestHead,
    head: &mut ResponseHead,
    out: &mut Outgoing,
    lender: &Lender<'_>,
) -> Result<Option<Transform>, Skip> {
    let algorithm =
        match judge(rules, request, (head.status, head.framing), &Seen::of(out.fields(&head.fields))) {
            Ok(algorithm) => algorithm,
            Err(skip) => {
                match skip {
                    Skip::NotAccepted => answer::varies(&head.fields, out),
                    Skip::NoBody if head.status == 304 => {
                        answer::confirmed(&request.fields, &head.fields, out);
                    }
                    _ => {}
                }
                return Err(skip);
            }
        };
    if request.method() == "HEAD" {
        answer::encoded(algorithm, head, out);
        return Ok(None);
    }
    let level = rules.levels().of(algorithm);
    let Some(encoder) = lender.encoders.lend(algorithm, level, lender.limit) else {
        answer::varies(&head.fields, out);
        return Err(Skip::Memory);
    };
    answer::encoded(algorithm, head, out);
    Ok(Some(Transform::Compress(Box::new(Compress::new(encoder, lender.buffers.lend())))))
}

/// A body with a transform around it. There is no short way through it.
#[derive(Debug)]
pub struct Transformed<'a, S> {
    /// What changes it.
    pub transform: &'a mut Transform,
    /// Where it comes from.
    pub source: &'a mut S,
}

impl<S: Source> Source for Transformed<'_, S> {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        match self.transform {
            Transform::Compress(compress) => compress.poll_fill(cx, self.source),
        }
    }

    fn payload(&self) -> &[u8] {
        match &*self.transform {
            Transform::Compress(compress) => compress.payload(),
        }
    }

    fn consume(&mut self, count: usize) {
        match self.transform {
            Transform::Compress(compress) => compress.consume(count),
        }
    }

    fn trailers(&self) -> Option<&Fields> {
        self.source.trailers()
    }
}
