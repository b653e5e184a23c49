//! The access logs: their writer follows the table, and opens files anew when it is asked to.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use crate::admin::Act;
use crate::observe::access_log::Writer;
use crate::shared::Shared;

/// How long whoever has files opened anew waits for that.
const REOPEN_LIMIT: Duration = Duration::from_secs(5);

/// The writer of the access logs.
#[derive(Debug, Clone)]
pub struct Logs {
    shared: Arc<Shared>,
    writer: Rc<RefCell<Option<Writer>>>,
}

impl Logs {
    /// A writer of the logs of the table that is live. `colours` says whether people at a terminal want them.
    pub fn new(shared: Arc<Shared>, colours: bool) -> Self {
        let logs = Self { shared, writer: Rc::new(RefCell::new(Some(Writer::new(colours)))) };
        logs.follow();
        logs
    }

    /// Takes on the logs that a new table has.
    pub fn follow(&self) {
        if let (Some(writer), Some(logs)) =
            (self.writer.borrow_mut().as_mut(), self.shared.snapshot().access_logs())
        {
            writer.follow(logs.queues());
        }
    }

    /// Has the files opened anew; what became of it, for people.
    async fn reopen(&self) -> Result<String, String> {
        let report = self.writer.borrow().as_ref().map(Writer::reopen);
        let Some(report) = report else { return Err("the process is about to end".to_owned()) };
        match timeout(REOPEN_LIMIT, report).await {
            Ok(Ok(Ok(0))) => Ok("no access log goes to a file".to_owned()),
            Ok(Ok(Ok(files))) => Ok(format!("opened anew: {files}")),
            Ok(Ok(Err(faults))) => Err(faults),
            Ok(Err(_)) => Err("nobody writes access logs any more, by a bug of the proxy".to_owned()),
            Err(_) => Err("the writer of access logs is stuck; it will do it when it goes on".to_owned()),
        }
    }

    /// How the admin port has files opened anew.
    pub fn act(&self) -> Act {
        let logs = self.clone();
        Box::new(move || {
            let logs = logs.clone();
            Box::pin(async move { logs.reopen().await })
        })
    }

    /// Has files opened anew at each SIGUSR1, for ever.
    ///
    /// # Errors
    /// The signal cannot be listened to.
    pub fn heed_signal(&self) -> io::Result<impl Future<Output = ()> + use<>> {
        let mut asked = signal(SignalKind::user_defined1())?;
        let logs = self.clone();
        Ok(async move {
            while asked.recv().await.is_some() {
                match logs.reopen().await {
                    Ok(done) => tracing::info!("SIGUSR1: {done}"),
                    Err(fault) => tracing::warn!(fault, "SIGUSR1: access logs are not opened anew"),
                }
            }
        })
    }

    /// Writes what is left.
    pub fn end(&self) {
        let writer = self.writer.borrow_mut().take();
        writer.into_iter().for_each(Writer::end);
    }
}
