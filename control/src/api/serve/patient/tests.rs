use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::Instant;

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_given_up() {
    let (near, _far) = duplex(16);
    let mut near = Patient::new(near, PATIENCE);
    let begun = Instant::now();
    let fault = near.write_all(&[0; 100]).await.expect_err("nobody reads");
    assert_eq!((fault.kind(), begun.elapsed().as_secs()), (io::ErrorKind::TimedOut, 10));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_slowly_is_not() {
    let (near, mut far) = duplex(16);
    let mut near = Patient::new(near, PATIENCE);
    let begun = Instant::now();
    let reading = async {
        let mut read = 0;
        while read < 100 {
            sleep(Duration::from_secs(9)).await;
            read += far.read(&mut [0; 16]).await.expect("the pipe holds");
        }
    };
    let (written, ()) = tokio::join!(near.write_all(&[0; 100]), reading);
    written.expect("every piece is read in time");
    assert!(begun.elapsed() > PATIENCE * 3);
}
