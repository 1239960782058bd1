// What nobody uses is an effect: the function's result waits for it.

fn new() -> Vec<i64> {
    Vec::new()
}
fn push(log: &mut Vec<i64>, n: i64) -> usize {
    log.push(n);
    log.len()
}
fn check(n: i64) {
    assert!(n < 1000);
}

#[dispatch]
pub fn effects(n: i64) -> Vec<i64> {
    let mut log = new();
    push(&mut log, n);
    check(n);
    let _ = push(&mut log, 2 * n);
    log
}
