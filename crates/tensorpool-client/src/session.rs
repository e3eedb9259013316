//! The one driver of sessions, and the handles on it: `Push` and `Listen`.

mod kept;

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use tensorpool_core::flow::Outgoing;
use tensorpool_core::session::{
    self, CommandRequest, CommandResult, ListenEnd, ListenEvent, Opening, PushEvent, Pushed, Received,
    Session, SessionAction, SessionInput,
};
use tensorpool_core::{Error, JobId};

use kept::Kept;

use crate::socket::{Socket, SocketTransport};
use crate::{Client, drive};

/// A session and the connection it runs on.
struct Live<T: SocketTransport, S> {
    client: Client<T>,
    socket: Option<T::Socket>,
    under_way: Option<UnderWay<T::Socket>>,
    session: S,
}

/// A connection attempt or a question, kept so that a dropped future does not make it begin anew.
type UnderWay<S> = Pin<Box<dyn Future<Output = (SessionInput, Option<S>)> + Send>>;

impl<T: SocketTransport, S: Session> Live<T, S> {
    fn new(client: Client<T>, session: S) -> Self {
        Self { client, socket: None, under_way: None, session }
    }

    /// Runs the session to its next event; `None` once it has finished.
    async fn step(&mut self) -> Option<S::Event> {
        let transport = self.client.transport();
        loop {
            if let Some(under_way) = &mut self.under_way {
                let (input, socket) = under_way.await;
                self.under_way = None;
                self.socket = socket;
                self.session.handle(transport.now(), input);
            }
            let action = self.session.poll(transport.now());
            let outcome = match (action, &mut self.socket) {
                (SessionAction::Event(event), _) => return Some(event),
                (SessionAction::WaitUntil(time), _) => {
                    let wait = time.since(transport.now());
                    if !wait.is_zero() {
                        transport.sleep(wait).await;
                    }
                    continue;
                }
                (SessionAction::Open(opening), _) => {
                    self.socket = None;
                    self.under_way = Some(Box::pin(open(self.client.clone(), *opening)));
                    continue;
                }
                (SessionAction::Ask(outgoing), _) => {
                    self.socket = None;
                    self.under_way = Some(Box::pin(ask(self.client.clone(), *outgoing)));
                    continue;
                }
                (SessionAction::Send(frame), Some(socket)) => socket.send(frame).await.map(|()| None),
                (SessionAction::Ping, Some(socket)) => socket.ping().await.map(|()| None),
                (SessionAction::Recv { until }, Some(socket)) => {
                    Ok(Some(socket.recv(until.since(transport.now())).await))
                }
                (SessionAction::Close, Some(socket)) => {
                    socket.close().await;
                    self.socket = None;
                    continue;
                }
                (SessionAction::Close, None) => continue,
                _ => {
                    self.socket = None;
                    return None;
                }
            };
            if let Some(received) = outcome.unwrap_or_else(|error| Some(Received::Lost(error))) {
                self.session.handle(transport.now(), SessionInput::Received(received));
            }
        }
    }
}

/// One attempt to connect, in a span that names the route and never a header or a query.
async fn open<T: SocketTransport>(client: Client<T>, opening: Opening) -> (SessionInput, Option<T::Socket>) {
    #[cfg(feature = "tracing")]
    let span = tracing::debug_span!(
        "tensorpool.open",
        endpoint = opening.meta.name,
        url.template = opening.meta.path
    );
    let opened = client.transport().open(opening);
    #[cfg(feature = "tracing")]
    let opened = tracing::Instrument::instrument(opened, span);
    match opened.await {
        Ok(socket) => (SessionInput::Opened, Some(socket)),
        Err(reason) => (reason.into(), None),
    }
}

async fn ask<T: SocketTransport>(client: Client<T>, outgoing: Outgoing) -> (SessionInput, Option<T::Socket>) {
    (SessionInput::Answered(drive::send(client.transport(), outgoing).await.into()), None)
}

/// A job being pushed: the config goes up, and the server's commands come down, to be judged, run and answered.
///
/// Nothing happens until [`next`](Self::next) is called, and nothing is ever run by this library.
///
/// ```
/// # use tensorpool_client::{Client, SocketTransport};
/// # use tensorpool_client::core::session::{CommandResult, PushEvent, PushJob};
/// # async fn judge_and_run(_: &str) -> CommandResult { CommandResult::new(0, "", "") }
/// # async fn example<T: SocketTransport>(client: Client<T>) -> Result<(), tensorpool_client::core::Error> {
/// let mut push = client.jobs().push(&PushJob::new("commands = [\"python train.py\"]", "c-1"))?;
/// while let Some(event) = push.next().await {
///     match event {
///         PushEvent::Message(words) => println!("{words}"),
///         PushEvent::Command(command) => {
///             let result = push.alongside(judge_and_run(command.text())).await;
///             push.answer(command, &result);
///         }
///         other => eprintln!("{other:?}"),
///     }
/// }
/// println!("pushed {:?}", push.outcome()?.job_id);
/// # Ok(())
/// # }
/// ```
///
/// Dropping it closes the connection. A job that the server has taken goes on; whether it has is known only if
/// [`job`](Self::job) says so.
#[must_use = "nothing is pushed until `next` is called"]
pub struct Push<T: SocketTransport> {
    live: Live<T, session::Push>,
    kept: Kept,
}

impl<T: SocketTransport> Push<T> {
    pub(crate) fn new(client: Client<T>, session: session::Push) -> Self {
        Self { live: Live::new(client, session), kept: Kept::default() }
    }

    /// The next thing that happens; `None` once it is over: [`outcome`](Self::outcome) then says how.
    ///
    /// # Cancel safety
    ///
    /// Safe: dropping the future loses nothing and pushes nothing twice. Only while it (or
    /// [`alongside`](Self::alongside)) is polled are pings sent and answered.
    pub async fn next(&mut self) -> Option<PushEvent> {
        if let Some(event) = self.kept.pop() {
            return Some(event);
        }
        self.live.step().await
    }

    /// Runs `work`, such as a command, while the connection is kept alive; what happens meanwhile is told by
    /// [`next`](Self::next) afterwards. Of more than 4096 events or 8 MiB, messages and the like are dropped and counted in
    /// one [`PushEvent::Omitted`]; commands and the job's id are not. If the connection ends, `work` still goes on to its end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops `work`; the push loses nothing.
    pub async fn alongside<F: Future>(&mut self, work: F) -> F::Output {
        let mut work = pin!(work);
        loop {
            let mut step = pin!(self.live.step());
            let first = poll_fn(|cx| match work.as_mut().poll(cx) {
                Poll::Ready(output) => Poll::Ready(Ok(output)),
                Poll::Pending => step.as_mut().poll(cx).map(Err),
            });
            match first.await {
                Ok(output) => return output,
                Err(Some(event)) => self.kept.push(event),
                Err(None) => break,
            }
        }
        work.await
    }

    /// Answers a command. The next call of [`next`](Self::next) or [`alongside`](Self::alongside) sends it.
    pub fn answer(&mut self, command: CommandRequest, result: &CommandResult) {
        self.live.session.answer(command, result);
    }

    /// The job's id, once the server has named it. Keep it: it finds the job whatever becomes of the push.
    #[must_use]
    pub fn job(&self) -> Option<&JobId> {
        self.live.session.job()
    }

    /// How it ended. Success means that the server closed with success and that no command it asked for failed.
    ///
    /// # Errors
    ///
    /// [`Error::Session`], which holds the job's id if one was seen.
    pub fn outcome(self) -> Result<Pushed, Error> {
        self.live.session.finish()
    }
}

/// A job being listened to.
///
/// ```
/// # use tensorpool_client::{Client, SocketTransport};
/// # use tensorpool_client::core::session::ListenEvent;
/// # async fn example<T: SocketTransport>(client: Client<T>) -> Result<(), tensorpool_client::core::Error> {
/// let mut listen = client.jobs().listen("j-7")?;
/// while let Some(event) = listen.next().await {
///     match event {
///         ListenEvent::Line(line) => println!("{line}"),
///         ListenEvent::Gap { away } => println!("— lines may be missing: away for {} s —", away.as_secs()),
///         _ => {}
///     }
/// }
/// let end = listen.outcome()?;
/// println!("{} with exit code {:?}", end.status, end.exit_code);
/// # Ok(())
/// # }
/// ```
///
/// Dropping it closes the connection; the job goes on.
#[must_use = "nothing is heard until `next` is called"]
pub struct Listen<T: SocketTransport>(Live<T, session::Listen>);

impl<T: SocketTransport> Listen<T> {
    pub(crate) fn new(client: Client<T>, session: session::Listen) -> Self {
        Self(Live::new(client, session))
    }

    /// The next thing that is heard; `None` once it is over: [`outcome`](Self::outcome) then says how.
    ///
    /// # Cancel safety
    ///
    /// Safe: dropping the future loses no line.
    pub async fn next(&mut self) -> Option<ListenEvent> {
        self.0.step().await
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &JobId {
        self.0.session.job()
    }

    /// How the job ended, badly or well.
    ///
    /// # Errors
    ///
    /// [`Error::Session`] if that is not known: the key or the job was refused, or there was nothing to be heard for too
    /// long.
    pub fn outcome(self) -> Result<ListenEnd, Error> {
        self.0.session.finish()
    }
}

impl<T: SocketTransport> fmt::Debug for Push<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push").field("job", &self.job()).finish_non_exhaustive()
    }
}

impl<T: SocketTransport> fmt::Debug for Listen<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listen").field("job", &self.job()).finish_non_exhaustive()
    }
}
