//! A worker's life: connect, register, work, leave.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::event::Event;
use super::node::{Ending, Identity, Node, Post};
use super::options::WorkerOptions;
use super::report;
use super::runner::Runner;
use super::state::Limits;
use super::{WorkerError, server, stream};
use crate::net::{Address, Comm, Listener, Network};
use crate::wire::protocol;

/// What a worker is told by the process that it lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Finish what executes, hand the results over, and leave.
    Retire,
    /// Leave at once.
    Leave,
}

/// Works until it has left, in good order or not. `registered` is called with the worker's address when it is known to
/// the scheduler.
pub(crate) async fn work(
    options: WorkerOptions,
    runner: Arc<dyn Runner>,
    mut commands: mpsc::UnboundedReceiver<Command>,
    registered: impl FnOnce(&str),
) -> Result<(), WorkerError> {
    let joined = tokio::select! {
        joined = join(&options, &*runner) => joined?,
        Some(_) = commands.recv() => {
            tracing::info!("worker leaves before it was registered");
            return Ok(());
        }
    };
    let Joined { node, comm, interval, posted, mut endings, mut tasks } = joined;
    node.start(runner)?;
    registered(&node.address);

    let mut stream = start_stream(&node, comm, posted, &mut tasks);
    tasks.spawn(report::heartbeats(node.clone(), interval));
    let result = until_the_end(&node, &options, &mut commands, &mut endings, &mut tasks).await;

    // Says goodbye where the stream still stands; the rest ends with the worker.
    let _ = tokio::time::timeout(Duration::from_secs(1), node.flush()).await;
    stream.abort_all();
    tasks.abort_all();
    node.stop_threads();
    result
}

/// A worker that its scheduler knows.
struct Joined {
    node: Arc<Node>,
    /// The connection that is to be the stream.
    comm: Comm,
    /// How often the scheduler wants a heartbeat.
    interval: Duration,
    posted: mpsc::UnboundedReceiver<Post>,
    endings: mpsc::UnboundedReceiver<Ending>,
    /// What ends with the worker: so far, the server.
    tasks: JoinSet<()>,
}

/// Connects to the scheduler, listens, and registers.
async fn join(options: &WorkerOptions, runner: &dyn Runner) -> Result<Joined, WorkerError> {
    let network = Network::new(options.security.as_ref(), options.connect_timeout)?;
    let scheduler: Address = options.scheduler.parse()?;
    let mut comm = network.connect_within(&scheduler, options.connect_timeout).await?;
    let versions = report::versions(&mut comm).await?;
    let (listener, address) = listen(&network, &scheduler, options).await?;

    let operations = runner.operations();
    if operations.is_empty() {
        tracing::warn!(
            "this worker has no operations: does its binary name the crates that they are in (`use … as _`)?"
        );
    }
    let mut limits = Limits::new(options.threads);
    limits.memory = options.memory_limit;
    limits.resources = options.resources.clone();
    limits.resources.insert(protocol::RESOURCE.to_owned(), 1.0);

    let (post, posted) = mpsc::unbounded_channel();
    let (ending, endings) = mpsc::unbounded_channel();
    let name = options.name.clone().unwrap_or_else(|| address.to_string());
    let identity = Identity { address: address.to_string(), name, scheduler, operations, versions };
    let node = Arc::new(Node::new(identity, limits, network, post, ending));
    tracing::info!(
        address = node.address,
        threads = node.threads,
        operations = node.operations.len(),
        "worker started"
    );

    // Listens before it is known, so that whoever hears of it can reach it.
    let mut tasks = JoinSet::new();
    tasks.spawn(server::serve(node.clone(), listener));
    let interval = report::register(&node, &mut comm, &options.resources).await?;
    tracing::info!(scheduler = %node.scheduler, name = node.name, "worker registered");
    Ok(Joined { node, comm, interval, posted, endings, tasks })
}

/// Starts both directions of the stream. The sending one is by itself, so that it can finish when all else has ended.
fn start_stream(
    node: &Arc<Node>,
    comm: Comm,
    posted: mpsc::UnboundedReceiver<Post>,
    tasks: &mut JoinSet<()>,
) -> JoinSet<()> {
    let (sender, receiver) = comm.split();
    tasks.spawn(stream::receive(node.clone(), receiver));
    let mut sending = JoinSet::new();
    let node = node.clone();
    sending.spawn(async move {
        if let Err(error) = stream::send(posted, sender).await {
            node.end(Ending::StreamEnded(error));
        }
    });
    sending
}

/// Waits for a reason to leave, and retires where it is asked to.
async fn until_the_end(
    node: &Arc<Node>,
    options: &WorkerOptions,
    commands: &mut mpsc::UnboundedReceiver<Command>,
    endings: &mut mpsc::UnboundedReceiver<Ending>,
    tasks: &mut JoinSet<()>,
) -> Result<(), WorkerError> {
    let mut retiring = false;
    loop {
        tokio::select! {
            Some(command) = commands.recv() => match command {
                Command::Retire if !retiring => {
                    retiring = true;
                    tasks.spawn(retire(node.clone(), options.retire_timeout));
                }
                Command::Retire | Command::Leave => {
                    tracing::warn!("worker leaves at once");
                    return Ok(());
                }
            },
            Some(ending) = endings.recv() => match ending {
                Ending::Retired(why) => {
                    tracing::info!(why, "worker retired");
                    return Ok(());
                }
                // The scheduler ends the stream of a worker that it has retired; `retire` hears of it too.
                Ending::StreamEnded(_) | Ending::Forgotten if retiring => {
                    tracing::info!("worker retired: the scheduler let it go");
                    return Ok(());
                }
                Ending::StreamEnded(error) => return Err(WorkerError::SchedulerLost(error)),
                Ending::Forgotten => return Err(WorkerError::Forgotten),
            },
        }
    }
}

/// Leaves in good order: takes no more tasks, finishes what executes, has the results moved to others.
async fn retire(node: Arc<Node>, within: Duration) {
    tracing::info!("worker retires: it finishes what it runs, and hands its results over");
    let orderly = async {
        node.handle(Event::RetireAsked);
        node.until_idle().await;
        node.flush().await;
        report::retire(&node, within).await
    };
    let why = match tokio::time::timeout(within, orderly).await {
        Ok(Ok(true)) => "its results are with other workers".to_owned(),
        Ok(Ok(false)) => "no other worker can take its results; the scheduler has them computed again".to_owned(),
        Ok(Err(error)) => format!("the scheduler didn't move its results: {error}"),
        Err(_) => format!("it took longer than {within:?}; what it still runs and holds will be computed again"),
    };
    node.end(Ending::Retired(why));
}

/// Listens for peers. Gives also the address at which they reach the worker.
async fn listen(
    network: &Network,
    scheduler: &Address,
    options: &WorkerOptions,
) -> Result<(Listener, Address), WorkerError> {
    let interface = interface_towards(scheduler).await;
    let (host, port) = options.listen.clone().unwrap_or_else(|| (interface.clone(), 0));
    let listener = network.listen(&Address::new(scheduler.scheme(), host.as_str(), port)).await?;
    let every_interface = matches!(host.as_str(), "0.0.0.0" | "::");
    let host = if every_interface { interface } else { host };
    let address = Address::new(scheduler.scheme(), host, listener.address().port());
    Ok((listener, address))
}

/// The IP address of this machine's interface from which the scheduler is reached. Nothing is sent to find it out.
async fn interface_towards(scheduler: &Address) -> String {
    let local = async {
        let any = if scheduler.host().contains(':') { "[::]:0" } else { "0.0.0.0:0" };
        let socket = UdpSocket::bind(any).await?;
        socket.connect((scheduler.host(), scheduler.port())).await?;
        socket.local_addr()
    };
    local.await.map_or_else(|_| "127.0.0.1".to_owned(), |address| address.ip().to_string())
}
