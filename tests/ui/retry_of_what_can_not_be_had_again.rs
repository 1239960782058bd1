use dispatcher::prelude::*;

struct Ticket(u32);

fn ticket() -> Ticket {
    Ticket(1)
}
fn redeem(ticket: Ticket) -> u32 {
    ticket.0
}
fn stamp(ticket: &mut Ticket) {
    ticket.0 += 1;
}

#[dispatch]
fn journey(other: Ticket) -> u32 {
    let mut t = ticket();
    #[retry(3)]
    stamp(&mut t);
    #[retry(3)]
    let a = redeem(t);
    #[retry(3)]
    let b = redeem(other);
    a + b
}

fn main() {}
