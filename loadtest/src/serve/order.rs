//! Orders that change what becomes of requests while the server runs: lines on stdin.

use std::io::{self, BufRead};
use std::thread;

use clap::Parser;

use super::lane::Lanes;
use crate::arguments::Faults;
use crate::failure::Failure;
use crate::output;

/// One line.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Order {
    #[command(flatten)]
    faults: Faults,
}

/// Takes orders on a thread of its own, until stdin ends; what holds then goes on.
///
/// # Errors
/// When the system gives no thread.
pub fn listen(lanes: Lanes) -> Result<(), Failure> {
    let obeys = move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            // with stdout closed there is nobody to answer
            let _ = match read(&line) {
                Ok(faults) => {
                    lanes.change(faults);
                    output::answer(&format_args!("asked {}", lanes.asked()))
                }
                Err(refusal) => output::answer(&refusal),
            };
        }
    };
    let started = thread::Builder::new().name("orders".to_owned()).spawn(obeys);
    started.map(drop).map_err(Failure::system("cannot start a thread"))
}

/// The flags of a line, or why it has none in one line.
fn read(line: &str) -> Result<Faults, String> {
    let order = Order::try_parse_from(line.split_whitespace());
    let refusal = |error: clap::Error| error.to_string().lines().next().unwrap_or_default().to_owned();
    order.map(|order| order.faults).map_err(refusal)
}
