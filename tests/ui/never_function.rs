use dispatcher::prelude::*;

#[dispatch]
fn forever() -> ! {
    loop {}
}

fn main() {}
