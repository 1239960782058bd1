//! How long a scheduler's event loop is busy with one thing: asked from outside, on a connection of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rmpv::Value;

/// How long to wait between questions.
const INTERVAL: Duration = Duration::from_millis(20);

/// Asks a scheduler to answer at once, again and again.
pub struct Pulse {
    over: Arc<AtomicBool>,
    asking: JoinHandle<Duration>,
}

impl Pulse {
    /// Begins to ask the scheduler at this address.
    pub fn of(scheduler: &str) -> Self {
        let mut connection = Connection::open(scheduler);
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        let asking = std::thread::spawn(move || {
            let mut longest = Duration::ZERO;
            while !is_over.load(Ordering::Relaxed) {
                let start = Instant::now();
                connection.ask();
                longest = longest.max(start.elapsed());
                std::thread::sleep(INTERVAL);
            }
            longest
        });
        Self { over, asking }
    }

    /// How long the longest answer took.
    pub fn longest(self) -> Duration {
        self.over.store(true, Ordering::Relaxed);
        self.asking.join().expect("the scheduler answers")
    }
}

/// A connection with dask's handshake done.
struct Connection(TcpStream);

impl Connection {
    fn open(address: &str) -> Self {
        let address = address.strip_prefix("tcp://").expect("it is a tcp:// address");
        let stream = TcpStream::connect(address).expect("the scheduler listens");
        stream.set_nodelay(true).expect("small messages can go at once");
        let mut connection = Self(stream);
        connection.send(&[("compression", Value::Nil), ("pickle-protocol", 5.into())]);
        connection.receive();
        connection
    }

    fn ask(&mut self) {
        self.send(&[("op", "echo".into()), ("data", 1.into()), ("reply", true.into())]);
        self.receive();
    }

    /// Sends a message of one frame.
    fn send(&mut self, fields: &[(&str, Value)]) {
        let fields = fields.iter().map(|(name, value)| (Value::from(*name), value.clone())).collect();
        let mut frame = Vec::new();
        rmpv::encode::write_value(&mut frame, &Value::Map(fields)).expect("memory can be written");
        let length = frame.len() as u64;
        let head = [length + 16, 1, length].map(u64::to_le_bytes).concat();
        self.0.write_all(&[head, frame].concat()).expect("the scheduler reads");
    }

    /// Reads a message, whatever it says.
    fn receive(&mut self) {
        let mut length = [0; 8];
        self.0.read_exact(&mut length).expect("the scheduler answers");
        let length = u64::from_le_bytes(length);
        let read = std::io::copy(&mut (&self.0).take(length), &mut std::io::sink()).expect("the scheduler answers");
        assert_eq!(read, length);
    }
}
