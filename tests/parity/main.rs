//! What Dispatcher.jl does, row by row: each test is named after its row.

mod failure;
mod running;
