//! The seam itself.

use std::pin::Pin;
use std::sync::Arc;

use tokio_stream::Stream;

use super::change::{Change, WriteFault, Wrote};
use super::event::Event;
use super::fleet::{ObjectStatus, ProxyStatus, Question, StageStatus};
use super::traffic::{Traffic, TrafficQuestion};
use super::truth::{Judged, Truth};
use crate::documents::Documents;

/// Something that is under way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What happens, until it comes faster than it is read: then how much was missed.
pub type Events = Pin<Box<dyn Stream<Item = Result<Event, u64>> + Send>>;

/// The server behind the API, besides its store. What is not [`Pending`] is at hand, and waits for nothing.
pub trait Control: Send + Sync + 'static {
    /// What the mesh should be, and what was made of it.
    fn truth(&self) -> Arc<Truth>;

    /// What would be made of these documents, if they were the truth; with `compare` also what they change in meaning.
    fn judge(&self, documents: Documents, compare: bool) -> Pending<'_, Result<Judged, WriteFault>>;

    /// Writes to the truth. Once this is done the change is a revision, signed as is said, in the audit log, and on its
    /// way to the proxies. It goes on when nobody waits for it any more.
    fn write(&self, change: Change) -> Pending<'_, Result<Wrote, WriteFault>>;

    /// The proxies that are connected, and for a time those that were.
    fn proxies(&self) -> Vec<ProxyStatus>;

    /// What is sent to them, and what they made of it.
    fn objects(&self) -> Vec<ObjectStatus>;

    /// The staged push that is under way.
    fn stage(&self) -> Option<StageStatus>;

    /// Comes back when the proxies in question have judged all of a revision that is meant for them, or with the reason for
    /// which it was taken back.
    fn settled<'a>(&'a self, question: Question<'a>) -> Pending<'a, Result<(), String>>;

    /// What happens from now on.
    fn events(&self) -> Events;

    /// What proxies told of their requests of late.
    fn traffic(&self, question: &TrafficQuestion) -> Traffic;

    /// Whether the server has read its source, and can serve proxies.
    ///
    /// # Errors
    /// What it waits for.
    fn ready(&self) -> Result<(), String>;

    /// Its metrics, without those of the API, in the text format of Prometheus.
    fn exposition(&self) -> String;
}
