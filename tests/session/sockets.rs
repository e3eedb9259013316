//! Sessions over real sockets, for each adapter.

use std::time::Duration;

use tensorpool_client::core::Error;
use tensorpool_client::core::error::{SessionError, SessionErrorKind};
use tensorpool_client::core::flow::RetryPolicy;
use tensorpool_client::core::session::{
    CommandResult, ListenEvent, ListenOptions, PushEvent, PushJob, Pushed,
};
use tensorpool_client::{Client, FromOptions, SocketTransport, TransportOptions};

use crate::logger;
use crate::server::{Does, Server, Step, frame};
use crate::transcript::TOKEN;

/// Runs every case on every adapter. A new one is a line.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        cases!(@ reqwest tensorpool_reqwest::ReqwestTransport: $($case),+);
        cases!(@ hyper tensorpool_hyper::HyperTransport: $($case),+);
    };
    (@ $module:ident $transport:ty: $($case:ident),+) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $case() {
                    let case = super::$case::<$transport>();
                    tokio::time::timeout(std::time::Duration::from_secs(30), case).await.expect("it hangs");
                }
            )+
        }
    };
}

cases!(
    no_logger_sees_the_key,
    a_push_sends_the_key_first_and_answers_its_commands,
    a_long_command_does_not_stop_the_pings,
    commands_meanwhile_are_told_afterwards,
    a_flood_meanwhile_is_counted_and_the_command_after_it_is_told,
    dropping_and_asking_again_loses_nothing,
    close_codes_come_through,
    a_refused_upgrade_is_the_servers_answer,
    an_answer_to_another_handshake_is_none,
    a_huge_frame_is_never_read,
    text_that_is_not_utf8_ends_it,
    garbage_ends_it,
    fragments_and_unknown_frames_are_read,
    a_silent_far_end_is_left,
    a_stalled_handshake_ends_in_time,
    a_listen_survives_a_cut,
    a_push_that_cannot_connect_says_so,
    an_erased_client_keeps_its_sockets_if_asked,
);

fn client<T: FromOptions>(server: &Server) -> Client<T> {
    let options = TransportOptions::default();
    Client::builder()
        .token(TOKEN)
        .base_url(server.url())
        .retry(RetryPolicy::none())
        .build_with(T::from_options(&options).unwrap())
        .unwrap()
}

fn job() -> PushJob {
    PushJob::new("commands = [\"true\"]", "c-7")
}

fn says(text: &str) -> Step {
    Step::Says(text.to_owned())
}

fn opens(steps: impl IntoIterator<Item = Step>) -> Does {
    Does::Opens([Step::Reads(2)].into_iter().chain(steps).collect())
}

fn writes(bytes: Vec<u8>) -> Does {
    opens([says(r#"{"job_id":"j-7"}"#), Step::Writes(bytes)])
}

/// Pushes to the end, running each command as `run` says.
async fn push_with<T: SocketTransport>(
    client: &Client<T>,
    mut run: impl AsyncFnMut(&str) -> CommandResult,
) -> (Vec<String>, Result<Pushed, Error>) {
    let mut push = client.jobs().push(&job()).unwrap();
    let mut seen = Vec::new();
    while let Some(event) = push.next().await {
        seen.push(format!("{event:?}"));
        if let PushEvent::Command(command) = event {
            let result = push.alongside(run(command.text())).await;
            push.answer(command, &result);
        }
    }
    (seen, push.outcome())
}

async fn push<T: SocketTransport + FromOptions>(server: &Server) -> (Vec<String>, Result<Pushed, Error>) {
    push_with(&client::<T>(server), async |_| CommandResult::new(0, "", "")).await
}

async fn failed<T: SocketTransport + FromOptions>(does: Does) -> (Server, Box<SessionError>, String) {
    let server = Server::start([does]).await;
    let error = push::<T>(&server).await.1.unwrap_err();
    let shown = error.to_string();
    assert!(!format!("{error:?}").contains(TOKEN));
    let Error::Session(error) = error else { panic!("{error:?}") };
    (server, error, shown)
}

async fn a_push_sends_the_key_first_and_answers_its_commands<T: SocketTransport + FromOptions>() {
    let server = Server::start([opens([
        says(r#"{"job_id":"j-7","message":"hi"}"#),
        says(r#"{"command":"rsync one"}"#),
        Step::Reads(1),
        says(r#"{"command":"rsync two"}"#),
        Step::Reads(1),
        Step::Closes(1000, ""),
    ])])
    .await;
    let (seen, outcome) = push::<T>(&server).await;
    assert_eq!(outcome.unwrap().job_id.unwrap(), "j-7");
    assert_eq!(seen[..2], [r#"Job("j-7")"#, r#"Message("hi")"#]);
    let head = &server.seen.heads()[0].to_ascii_lowercase();
    assert!(
        head.starts_with("get /job/push http/1.1") && head.contains("user-agent: tensorpool-rust/"),
        "{head}"
    );
    assert!(!head.contains("authorization") && !head.contains(TOKEN), "{head}");
    let texts = server.seen.texts();
    assert_eq!(texts[0], format!(r#"{{"TENSORPOOL_KEY":"{TOKEN}"}}"#));
    assert!(
        texts[1].contains("tp_config") && texts[2].contains("rsync one") && texts[3].contains("rsync two")
    );
    server.comes_to(|seen| seen.closes() == [Some(1000)], "the close is returned").await;
}

async fn a_long_command_does_not_stop_the_pings<T: SocketTransport + FromOptions>() {
    let gap = Duration::from_millis(20);
    let server = Server::start([opens([
        says(r#"{"command":"rsync"}"#),
        Step::PingsUntilItHears(gap),
        Step::Closes(1000, ""),
    ])])
    .await;
    // Longer than our own ping takes to be due, so that one of ours is seen as well.
    let slow = async |_: &str| {
        tokio::time::sleep(Duration::from_millis(5_400)).await;
        CommandResult::new(0, "", "")
    };
    push_with(&client::<T>(&server), slow).await.1.unwrap();
    assert!(server.seen.pongs() > 20, "{} pongs", server.seen.pongs());
    assert!(server.seen.pings() >= 1, "{} pings", server.seen.pings());
}

async fn commands_meanwhile_are_told_afterwards<T: SocketTransport + FromOptions>() {
    let server = Server::start([opens([
        says(r#"{"command":"rsync one"}"#),
        says(r#"{"message":"meanwhile"}"#),
        says(r#"{"command":"rsync two"}"#),
        Step::Reads(2),
        Step::Closes(1000, ""),
    ])])
    .await;
    let slow = async |_: &str| {
        tokio::time::sleep(Duration::from_millis(100)).await;
        CommandResult::new(0, "x".repeat(200_000), "")
    };
    let (seen, outcome) = push_with(&client::<T>(&server), slow).await;
    assert_eq!(outcome.unwrap().commands, 2);
    assert!(seen[0].contains("one") && seen[1].contains("meanwhile") && seen[2].contains("two"), "{seen:?}");
}

async fn a_flood_meanwhile_is_counted_and_the_command_after_it_is_told<T: SocketTransport + FromOptions>() {
    let flood = (0..6_000).map(|n| says(&format!(r#"{{"message":"{n}"}}"#)));
    let steps = [says(r#"{"command":"rsync one"}"#)].into_iter().chain(flood).chain([
        says(r#"{"command":"rsync two","job_id":"j-7"}"#),
        Step::Reads(2),
        Step::Closes(1000, ""),
    ]);
    let server = Server::start([opens(steps)]).await;
    let client = client::<T>(&server);
    let mut push = client.jobs().push(&job()).unwrap();
    let (mut messages, mut omitted) = (0, 0);
    while let Some(event) = push.next().await {
        match event {
            PushEvent::Message(_) => messages += 1,
            PushEvent::Omitted(count) => omitted += count,
            PushEvent::Command(command) => {
                let pause = Duration::from_millis(if command.text() == "rsync one" { 1_500 } else { 1 });
                push.alongside(tokio::time::sleep(pause)).await;
                push.answer(command, &CommandResult::new(0, "", ""));
            }
            _ => {}
        }
    }
    let pushed = push.outcome().unwrap();
    assert_eq!((pushed.job_id.unwrap().as_str(), pushed.commands), ("j-7", 2));
    // How much came in time is the machine's affair; that nothing is uncounted is ours.
    assert_eq!(messages + omitted, 6_000, "{messages} {omitted}");
}

async fn dropping_and_asking_again_loses_nothing<T: SocketTransport + FromOptions>() {
    let lines: Vec<_> = (0..200).map(|n| says(&format!(r#"{{"message":"{n}"}}"#))).collect();
    let lines = [says(r#"{"job_id":"j-7"}"#)].into_iter().chain(lines).chain([Step::Closes(1000, "")]);
    let server = Server::start([opens(lines)]).await;
    let client = client::<T>(&server);
    let mut push = client.jobs().push(&job()).unwrap();
    let (mut heard, mut dropped) = (0, 0);
    loop {
        // The biased order polls `next` once and then gives up on it.
        let event = tokio::select! {
            biased;
            event = push.next() => event,
            () = tokio::task::yield_now() => { dropped += 1; continue; }
        };
        match event {
            Some(PushEvent::Job(_)) => {}
            Some(PushEvent::Message(text)) => {
                assert_eq!(text, heard.to_string());
                heard += 1;
            }
            Some(other) => panic!("{other:?}"),
            None => break,
        }
        assert!(dropped < 1_000_000);
    }
    push.outcome().unwrap();
    assert_eq!(heard, 200);
    assert!(dropped > 0, "some were dropped");
    assert_eq!(server.seen.texts().iter().filter(|text| text.contains("tp_config")).count(), 1);
}

async fn close_codes_come_through<T: SocketTransport + FromOptions>() {
    for (does, kind, code, reason) in [
        (
            Step::Closes(1011, "no such cluster"),
            SessionErrorKind::Closed,
            Some(1011),
            Some("no such cluster"),
        ),
        (Step::Closes(1008, "bad key"), SessionErrorKind::Unauthorized, Some(1008), Some("bad key")),
        (Step::Closes(4401, ""), SessionErrorKind::Unauthorized, Some(4401), None),
        (Step::Writes(frame(8, &[])), SessionErrorKind::Closed, None, None),
        (Step::Drops, SessionErrorKind::Lost, None, None),
    ] {
        let (_, error, shown) = failed::<T>(opens([does])).await;
        assert_eq!((error.kind(), error.code(), error.reason()), (kind, code, reason), "{shown}");
    }
}

async fn a_refused_upgrade_is_the_servers_answer<T: SocketTransport + FromOptions>() {
    for (answer, status, kind) in [
        (
            "HTTP/1.1 401 X\r\ncontent-length: 22\r\n\r\n{\"message\":\"bad key!\"}",
            401,
            SessionErrorKind::Unauthorized,
        ),
        ("HTTP/1.1 403 X\r\ncontent-length: 0\r\n\r\n", 403, SessionErrorKind::Unauthorized),
        ("HTTP/1.1 404 X\r\ncontent-length: 2\r\n\r\n{}", 404, SessionErrorKind::Refused),
        (
            "HTTP/1.1 307 X\r\nlocation: http://elsewhere.example/\r\ncontent-length: 0\r\n\r\n",
            307,
            SessionErrorKind::Refused,
        ),
    ] {
        let (server, error, shown) = failed::<T>(Does::Refuses(answer)).await;
        assert_eq!(error.kind(), kind, "{shown}");
        let error = Error::Session(error);
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert!(
            !error.may_have_been_applied() && server.seen.texts().is_empty(),
            "nothing was said: {shown}"
        );
        assert_eq!(server.seen.heads().len(), 1, "not followed, not tried again");
    }
}

async fn an_answer_to_another_handshake_is_none<T: SocketTransport + FromOptions>() {
    let (server, error, shown) = failed::<T>(Does::AgreesToAnother).await;
    assert_eq!(error.kind(), SessionErrorKind::NotOpened);
    assert!(shown.contains("another handshake") && server.seen.texts().is_empty(), "{shown}");
}

async fn a_huge_frame_is_never_read<T: SocketTransport + FromOptions>() {
    // It announces an exabyte and sends a little of it: the announcement is enough.
    let announced = [&[0x81, 127][..], &(1_u64 << 60).to_be_bytes(), &[b'x'; 64]].concat();
    let just_over = frame(1, &vec![b' '; 1024 * 1024 + 1]);
    for bytes in [announced, just_over] {
        let (server, error, shown) = failed::<T>(writes(bytes)).await;
        assert_eq!(error.kind(), SessionErrorKind::Broken, "{shown}");
        assert!(shown.contains("1048576") && error.job().unwrap() == "j-7", "{shown}");
        server.comes_to(|seen| seen.closes() == [Some(1009)], "told why").await;
    }
    let (seen, outcome) = {
        let just_fits = format!(r#"{{"message":"{}"}}"#, "x".repeat(1024 * 1024 - 14));
        let steps = [says(&just_fits), says(r#"{"job_id":"j-7"}"#), Step::Closes(1000, "")];
        let server = Server::start([opens(steps)]).await;
        push::<T>(&server).await
    };
    outcome.unwrap();
    assert!(seen[0].starts_with("Message(\"xxx"));
}

async fn text_that_is_not_utf8_ends_it<T: SocketTransport + FromOptions>() {
    let (_, error, shown) = failed::<T>(writes(frame(1, b"{\"message\":\"\xff\"}"))).await;
    assert_eq!(error.kind(), SessionErrorKind::Broken);
    assert!(shown.contains("not UTF-8") && shown.contains("j-7"), "{shown}");
}

async fn garbage_ends_it<T: SocketTransport + FromOptions>() {
    for garbage in
        [&b"\x89\x7e\x01\x00"[..], b"\x83\x00", b"\xf1\x01x", b"\x81\x81aaaab", b"\x80\x00", b"\x8b\x00"]
    {
        // What a length announces must come before it is judged.
        let garbage = [garbage, &[0; 300]].concat();
        let (_, error, shown) = failed::<T>(writes(garbage)).await;
        assert_eq!(error.kind(), SessionErrorKind::Broken, "{shown}");
    }
    for cut in [&b"\x81"[..], b"\x81\x05{", b"\x81\x7f\0\0"] {
        let does = opens([says(r#"{"job_id":"j-7"}"#), Step::Writes(cut.to_vec()), Step::Drops]);
        let (_, error, shown) = failed::<T>(does).await;
        assert_eq!(error.kind(), SessionErrorKind::Lost, "{cut:?}: {shown}");
    }
}

async fn fragments_and_unknown_frames_are_read<T: SocketTransport + FromOptions>() {
    let fragments =
        [b"\x01\x05{\"mes".as_slice(), b"\x00\x08sage\":\"h", b"\x89\x00", b"\x80\x04\xc3\xa9\"}"].concat();
    let does = opens([
        Step::Writes(fragments),
        Step::Writes(frame(2, b"\0\x01\x02")),
        says("[1]"),
        says(r#"{"job_id":"j-7"}"#),
        Step::Closes(1000, ""),
    ]);
    let server = Server::start([does]).await;
    let (seen, outcome) = push::<T>(&server).await;
    outcome.unwrap();
    assert_eq!(seen, ["Message(\"hé\")", "Odd(Binary(3))", "Odd(NotAnObject)", "Job(\"j-7\")"]);
}

async fn a_silent_far_end_is_left<T: SocketTransport + FromOptions>() {
    let started = std::time::Instant::now();
    let (_, error, shown) = failed::<T>(opens([says(r#"{"job_id":"j-7"}"#), Step::Stays])).await;
    assert_eq!(error.kind(), SessionErrorKind::Silent, "{shown}");
    let took = started.elapsed();
    assert!(took >= Duration::from_secs(9) && took < Duration::from_secs(14), "{took:?}");
}

async fn a_stalled_handshake_ends_in_time<T: SocketTransport + FromOptions>() {
    use tensorpool_client::core::session::{Push, Session as _, SessionAction};
    use tensorpool_client::socket::NotOpened;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let transport = T::from_options(&TransportOptions::default()).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stalled = Client::builder().token(TOKEN).base_url(url).build_with(transport).unwrap();
    let mut push = Push::new(stalled.context(), &job()).unwrap();
    let SessionAction::Open(mut opening) = push.poll(tensorpool_client::core::Time::ZERO) else { panic!() };
    opening.limit = Duration::from_millis(200);
    let started = std::time::Instant::now();
    let outcome = stalled.transport().open(*opening).await;
    let Err(NotOpened::Failed(error)) = outcome else { panic!("it opened") };
    assert!(
        started.elapsed() < Duration::from_secs(5) && error.to_string().starts_with("timed out"),
        "{error}"
    );
}

async fn a_listen_survives_a_cut<T: SocketTransport + FromOptions>() {
    let line = |n: usize| says(&format!(r#"{{"message":"line {n}"}}"#));
    let first = (0..50).map(line).chain([Step::Drops]);
    let second = (0..100).map(line).chain([says(r#"{"status":"success"}"#)]);
    let server = Server::start([
        Does::Opens([Step::Reads(1)].into_iter().chain(first).collect()),
        Does::Opens([Step::Reads(1)].into_iter().chain(second).collect()),
        Does::Refuses("HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: 47\r\n\r\n{\"job_info\":{\"status\":\"completed\",\"exit_code\":0}}"),
    ])
    .await;
    let client = client::<T>(&server);
    let mut options = ListenOptions::default();
    options.first_delay = Duration::from_millis(5);
    let mut listen = client.jobs().listen_with("j-7", options).unwrap();
    let (mut lines, mut resumed) = (Vec::new(), 0);
    while let Some(event) = listen.next().await {
        match event {
            ListenEvent::Line(line) => lines.push(line),
            ListenEvent::Resumed { replayed: 50, .. } => resumed += 1,
            ListenEvent::Cut { .. } | ListenEvent::Status(_) => {}
            other => panic!("{other:?}"),
        }
    }
    let end = listen.outcome().unwrap();
    assert_eq!((end.status.as_str(), end.exit_code, resumed), ("completed", Some(0), 1));
    assert_eq!(lines, (0..100).map(|n| format!("line {n}")).collect::<Vec<_>>());
    assert!(server.seen.heads()[0].starts_with("GET /job/listen/j-7 HTTP/1.1"));
    assert!(server.seen.heads()[2].starts_with("GET /job/info/j-7"), "over REST");
}

async fn a_push_that_cannot_connect_says_so<T: SocketTransport + FromOptions>() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let transport = T::from_options(&TransportOptions::default()).unwrap();
    let client = Client::builder().token(TOKEN).base_url(url).build_with(transport).unwrap();
    let error = push_with(&client, async |_| CommandResult::refused("")).await.1.unwrap_err();
    assert!(error.to_string().starts_with("job.push: no connection: could not be sent"), "{error}");
    assert!(!error.may_have_been_applied());
}

async fn no_logger_sees_the_key<T: SocketTransport + FromOptions>() {
    logger::begin();
    let steps = [says(r#"{"job_id":"j-7","message":"marker"}"#), Step::Closes(1000, "")];
    let server = Server::start([opens(steps)]).await;
    push::<T>(&server).await.1.unwrap();
    let logged = logger::end();
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(logged.contains("marker"), "frames of the server's are logged, so the logger works");
    assert!(!logged.contains(TOKEN) && !logged.contains(&hex(TOKEN)), "{logged}");
    assert!(!logged.contains(&hex("tp_config")), "nor what else is sent");
}

async fn an_erased_client_keeps_its_sockets_if_asked<T: SocketTransport + FromOptions + Clone>() {
    let server = Server::start([opens([says(r#"{"job_id":"j-7"}"#), Step::Closes(1000, "")])]).await;
    let run = async |_: &str| CommandResult::refused("");
    let pushed = push_with(&client::<T>(&server).erase_with_sockets(), run).await.1.unwrap();
    assert_eq!(pushed.job_id.unwrap(), "j-7");
    let error = push_with(&client::<T>(&server).erase(), run).await.1.unwrap_err().to_string();
    assert!(error.contains("this transport has no WebSockets"), "{error}");
}
