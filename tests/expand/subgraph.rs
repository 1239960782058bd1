// A call of a `#[dispatch]` function looks like any other: `settle` tells by its type that it gave a graph.

fn add(a: u64, b: u64) -> u64 {
    a + b
}

#[dispatch]
pub fn subgraph(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    add(subgraph(n - 1), subgraph(n - 2))
}
