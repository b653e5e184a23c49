//! What takes long is done beside the thread that serves everybody.

use crate::api::shape::Problem;

/// Does it on another thread.
///
/// # Errors
/// As `work`; 500 when that panics.
pub(in crate::api::page) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| {
        Err(Problem::failed("this is a fault of the control server, which its log tells of"))
    })
}
