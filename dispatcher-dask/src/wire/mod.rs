//! What goes over the wire: frames, msgpack, and the messages of the scheduler's protocol.
