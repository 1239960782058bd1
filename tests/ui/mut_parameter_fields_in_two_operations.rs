use dispatcher::prelude::*;

fn touch(xs: &mut Vec<f64>) {
    xs.clear();
}

struct Pair {
    v: Vec<f64>,
    w: Vec<f64>,
}

impl Pair {
    #[dispatch]
    fn clear(&mut self) {
        touch(&mut self.v);
        touch(&mut self.w);
    }
}

fn main() {}
