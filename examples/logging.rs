//! What a run says of itself: a pipeline with a fetch that fails now and then, a subgraph, and an order that can't be read.
//!
//! Nothing in the functions is about logging, but for the one line in `fetch` that is the program's own, and comes out
//! with the operation that it belongs to. `RUST_LOG` says what is shown:
//!
//! ```text
//! cargo run --example logging                                            # what starts and ends, what fails
//! RUST_LOG=dispatcher=warn cargo run --example logging                   # only what fails
//! RUST_LOG=dispatcher=debug cargo run --example logging                  # waits and retries too
//! RUST_LOG=logging=info,dispatcher::span=info cargo run --example logging  # the program's own lines, with their operations
//! ```

use std::io::{self, IsTerminal as _};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dispatcher::Backoff;
use dispatcher::prelude::*;
use tracing::info;
use tracing_subscriber::EnvFilter;

/// A warehouse far away: every other call is lost.
#[derive(Default)]
struct Warehouse {
    calls: AtomicU32,
}

/// What a customer wants: how many pieces of each article.
struct Order {
    customer: &'static str,
    pieces: &'static str,
}

#[dispatch]
fn invoice(warehouse: &Warehouse, order: &Order) -> u32 {
    #[retry(3, backoff = Backoff::new(Duration::from_millis(20)))]
    let price = fetch(warehouse, order.customer);
    total(order, price)
}

/// A function with a graph of its own: where it is called, a subgraph.
#[dispatch]
fn total(order: &Order, price: io::Result<u32>) -> u32 {
    let pieces = count(order.pieces);
    multiply(pieces, price)
}

fn fetch(warehouse: &Warehouse, customer: &str) -> io::Result<u32> {
    let call = warehouse.calls.fetch_add(1, Ordering::Relaxed);
    info!(customer, "asks the warehouse");
    if call.is_multiple_of(2) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(3) }
}

fn count(pieces: &str) -> u32 {
    pieces.split(' ').map(|pieces| pieces.parse::<u32>().expect("a number of pieces")).sum()
}

fn multiply(pieces: u32, price: io::Result<u32>) -> u32 {
    pieces * price.expect("the warehouse answers in the end")
}

fn main() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = io::stdout().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).without_time().with_ansi(colours).init();
    // A panic is a line of the log.
    std::panic::set_hook(Box::new(|_| {}));

    let warehouse = Warehouse::default();
    let orders = [Order { customer: "Ada", pieces: "1 2 3" }, Order { customer: "Bob", pieces: "4 five" }];
    let executor = ParallelExecutor::new().fail_fast(false);
    let invoices = executor.run_all(orders.iter().map(|order| invoice(&warehouse, order)));
    for (order, invoice) in orders.iter().zip(invoices) {
        match invoice {
            Ok(sum) => println!("{}: {sum}", order.customer),
            Err(error) => println!("{}: {error}", order.customer),
        }
    }
}
