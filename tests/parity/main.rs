//! What Dispatcher.jl does, and that this library does it too: each test is named after its row in docs/from-dispatcher-jl.md.

mod failure;
mod fixture;
mod graph;
mod nodes;
mod property;
mod running;
mod subgraph;
mod text;
