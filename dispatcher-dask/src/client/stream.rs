//! The client's stream with the scheduler: registers, then reads and writes until either side ends it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rmpv::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use super::event::{self, Event};
use super::session::Session;
use super::{ClientError, Options};
use crate::net::{Address, Comm, NetError, Network, Receiver, Sender, call};
use crate::wire::{Fields, Message, Outgoing, protocol};

/// What the stream is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    /// Send the message, and say when it is with the system.
    Send(Outgoing, crossbeam_channel::Sender<()>),
    /// Say good-bye, and end.
    Close,
}

/// What the stream shares with the client's methods.
#[derive(Debug)]
pub(super) struct Shared {
    session: Mutex<Session>,
    events: crossbeam_channel::Sender<Event>,
}

impl Shared {
    /// A session that has just begun, and where its events go.
    pub(super) fn new(events: crossbeam_channel::Sender<Event>) -> Arc<Self> {
        Arc::new(Shared { session: Mutex::new(Session::new()), events })
    }

    /// The session. Its steps leave nothing half done, so a panic elsewhere is no reason not to go on.
    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands the user an event, if there is one, while the session is held, so that events keep their order.
    pub(super) fn tell(&self, event: impl FnOnce(&mut Session) -> Option<Event>) {
        let mut session = self.session();
        if let Some(event) = event(&mut session) {
            // A user that no longer listens misses nothing.
            let _ = self.events.send(event);
        }
    }
}

/// Connects, checks the version, and registers the client.
pub(super) async fn register(
    network: &Network,
    scheduler: &Address,
    client: &str,
    options: &Options,
) -> Result<Comm, ClientError> {
    let mut comm = network.connect_within(scheduler, options.connect).await?;
    let reply = call(&mut comm, "versions", protocol::versions(), options.connect).await?;
    let value = reply.value()?;
    let versions = Fields::of(&value, "the reply to `versions`")?;
    if let Some(refusal) = protocol::distributed_version(&versions).and_then(protocol::refusal) {
        return Err(ClientError::OldScheduler(refusal));
    }
    comm.send(protocol::register_client(client, protocol::echoed_versions(&versions))).await?;
    let started = tokio::time::timeout(options.connect, comm.recv()).await;
    let timed_out = |_| NetError::TimedOut { what: format!("registering at {scheduler}"), after: options.connect };
    started.map_err(timed_out)??;
    Ok(comm)
}

/// Reads and writes until either side ends the stream; then the session ends.
pub(super) async fn run(
    comm: Comm,
    client: String,
    shared: Arc<Shared>,
    commands: UnboundedReceiver<Command>,
    silence: Duration,
) {
    let heard = Mutex::new(Instant::now());
    let (sender, receiver) = comm.split();
    let reason = tokio::select! {
        reason = read(receiver, &shared, &heard) => reason,
        reason = write(sender, &shared, commands, &heard, silence) => reason,
    };
    tracing::debug!(%client, %reason, "the stream has ended");
    shared.tell(|session| session.end(reason));
}

/// Reads until the stream ends; gives the reason.
async fn read(mut receiver: Receiver, shared: &Shared, heard: &Mutex<Instant>) -> String {
    loop {
        let message = match receiver.recv().await {
            Ok(message) => message,
            Err(error) => return error.to_string(),
        };
        *heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        if let Err(error) = take_in(&message, shared) {
            return receiver.wrong(error).to_string();
        }
    }
}

/// Takes in one message of the scheduler.
fn take_in(message: &Message, shared: &Shared) -> Result<(), crate::wire::WireError> {
    for incoming in event::read(message)? {
        match incoming {
            Ok(incoming) => shared.tell(|session| session.received(incoming)),
            Err(error) => tracing::warn!(%error, "the scheduler says something that can't be read"),
        }
    }
    Ok(())
}

/// Writes what is asked, and heartbeats, until the stream ends; gives the reason.
async fn write(
    mut sender: Sender,
    shared: &Shared,
    mut commands: UnboundedReceiver<Command>,
    heard: &Mutex<Instant>,
    silence: Duration,
) -> String {
    let mut beat = tokio::time::Instant::now();
    loop {
        let interval = shared.session().heartbeat();
        let message = tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Send(message, sent)) => {
                    if let Err(error) = sender.send(message).await {
                        return error.to_string();
                    }
                    // Whoever has stopped waiting needs no answer.
                    let _ = sent.send(());
                    continue;
                }
                Some(Command::Close) | None => break,
            },
            () = tokio::time::sleep_until(beat + interval) => protocol::heartbeat_client(),
        };
        let silent = heard.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        if silent > silence.max(4 * interval) {
            return format!("the scheduler has said nothing for {} seconds", silent.as_secs());
        }
        if let Err(error) = send_ops(&mut sender, vec![message]).await {
            return error.to_string();
        }
        beat = tokio::time::Instant::now();
    }
    // Without these words the scheduler frees the client's keys all the same, when it sees the end.
    let _ = send_ops(&mut sender, vec![protocol::close_client(), protocol::close_stream()]).await;
    sender.shutdown().await;
    "the client was closed".to_owned()
}

/// Sends ops on the stream.
async fn send_ops(sender: &mut Sender, ops: Vec<Value>) -> Result<(), NetError> {
    sender.send(Outgoing::batch(ops)).await
}
