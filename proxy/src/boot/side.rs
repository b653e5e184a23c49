//! The admin port, beside the traffic.

use std::rc::Rc;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::run::{Error, Options};
use crate::admin::{self, AdminContext, Reload};
use crate::reload::{Requester, Verdict};
use crate::shared::Shared;
use crate::sys::socket;

/// Opens the admin port, unless the table wants none.
///
/// # Errors
/// Its address cannot be had.
pub fn open(options: &Options, shared: &Arc<Shared>, requester: Requester) -> Result<(), Error> {
    let Some(address) = *options.config.process().admin() else { return Ok(()) };
    let listener = socket::listen(address)
        .and_then(TcpListener::from_std)
        .map_err(|fault| Error::Admin { address, fault })?;
    tracing::info!(address = %listener.local_addr()?, "admin listening");
    let context = AdminContext::new(Arc::clone(shared), options.source.name().into(), reload(requester));
    tokio::task::spawn_local(admin::serve(listener, Rc::new(context)));
    Ok(())
}

/// How the admin port asks for a reload.
fn reload(requester: Requester) -> Reload {
    Box::new(move || {
        let requester = requester.clone();
        Box::pin(async move {
            match requester.ask().await {
                Some(Verdict::Published { generation }) => Ok(format!("live: generation {generation}")),
                Some(Verdict::Unchanged) => Ok("unchanged".to_owned()),
                Some(Verdict::Rejected { faults }) => Err(faults),
                None => Err("the process is about to end".to_owned()),
            }
        })
    })
}
