//! Secrets: read right, and never shown.

use serde_json::{Value, json};
use tensorpool_core::api::object_storage::{
    AwsConfig, Credentials, GetCredentials, IssuedKeys, RcloneConfig,
};
use tensorpool_core::api::{cluster, job, user};
use tensorpool_core::error::Error;
use tensorpool_core::flow::{Action, Call, Flow, Input, RetryBudget, RetryPolicy};
use tensorpool_core::http::Response;
use tensorpool_core::{ApiToken, BaseUrl, Bytes, Context, Endpoint, Time, TransportError, catalog, read};
use tensorpool_tests::{fixture, fixtures};

use crate::support::{SECRET, TOKEN, accept, answer, assert_presentable, context, refused};

macro_rules! value {
    ($answer:ty, $endpoint:literal, $case:literal) => {{
        let fixture = fixture($endpoint, $case);
        read::<$answer>(fixture.meta(), &fixture.response).unwrap()
    }};
}

#[test]
fn keys_are_read_as_they_were_sent() {
    let keys = value!(Credentials, "object_storage.credentials", "today");
    assert_eq!(keys.access_key_id.expose(), "opensesame-id");
    assert_eq!(keys.secret_access_key.expose(), "opensesame-key");
    assert_eq!((&*keys.endpoint, keys.region.as_deref()), ("https://s3.store.example", Some("eu-north-1")));

    let later = value!(Credentials, "object_storage.credentials", "tomorrow");
    assert_eq!(later.secret_access_key.expose(), "opensesame-key");
    assert_eq!(later.message.as_deref(), Some("Rotate by 2027-06-01"));
    assert_eq!(later.region, None);
    assert_eq!(later.extra.expose()["secondary"]["secret_access_key"], "opensesame-second");
}

#[test]
fn issued_keys_are_whole_or_say_that_they_are_not() {
    let enabled = value!(IssuedKeys, "object_storage.enable", "today");
    let keys = enabled.credentials().unwrap();
    assert_eq!(keys.access_key_id.expose(), "opensesame-id");
    assert_eq!(keys.secret_access_key.expose(), "opensesame-key");
    assert_eq!(enabled.message.as_deref(), Some("Object storage is on"));

    let by_email = value!(IssuedKeys, "object_storage.enable", "tomorrow");
    assert!(by_email.credentials().is_none());
    assert_eq!(by_email.extra.expose()["session_token"], "opensesame-session");

    let rotated = value!(IssuedKeys, "object_storage.rotate_keys", "today").credentials().unwrap();
    assert_eq!(rotated.access_key_id.expose(), "opensesame-next");
    let graceful = value!(IssuedKeys, "object_storage.rotate_keys", "tomorrow");
    assert_eq!(graceful.extra.expose()["previous_access_key_id"], "opensesame-old");
    assert_eq!(graceful.extra.expose()["grace"]["minutes"], 60);
}

#[test]
fn configuration_files_are_read_as_they_were_sent() {
    let aws = value!(AwsConfig, "object_storage.configure_aws", "today");
    let credentials = "[tp]\naws_access_key_id = opensesame-id\naws_secret_access_key = opensesame-key\n";
    assert_eq!(aws.credentials_file.unwrap().expose(), credentials);
    assert_eq!(aws.profile_name.as_deref(), Some("tp"));
    assert_eq!(aws.config_file.as_deref(), Some("[profile tp]\nregion = eu-north-1\n"));
    let later = value!(AwsConfig, "object_storage.configure_aws", "tomorrow");
    assert_eq!(later.extra.expose()["sso"]["start_url"], "https://sso.example");

    let rclone = value!(RcloneConfig, "object_storage.configure_rclone", "today");
    let section = "[tp]\ntype = s3\nsecret_access_key = opensesame-key\n";
    assert_eq!(rclone.rclone_config.unwrap().expose(), section);
    let later = value!(RcloneConfig, "object_storage.configure_rclone", "tomorrow");
    assert_eq!(later.extra.expose()["flags"][0], "--ignore-checksum");
}

#[test]
fn signed_urls_are_read_as_they_were_sent() {
    let pull = value!(job::JobPull, "job.pull", "today");
    let map = pull.download_map.unwrap();
    let url = |name: &str| map[name].as_ref().map(|url| url.expose().to_owned());
    assert_eq!(url("runs/7/weights.safetensors").unwrap(), "https://files.example/weights?sig=opensesame-2");
    assert_eq!(url("runs/7/notes.md"), None);
    assert_eq!(pull.command, None);

    let dry = value!(job::JobPull, "job.pull", "today_dry_run").download_map.unwrap();
    assert!(dry.values().all(Option::is_none) && dry.len() == 1);
    let none = value!(job::JobPull, "job.pull", "today_nothing_changed").download_map.unwrap();
    assert!(none.is_empty());
    let rsync = value!(job::JobPull, "job.pull", "today_rsync");
    assert_eq!(rsync.download_map, None);
    assert!(rsync.command.unwrap().starts_with("rsync -az -e ") && rsync.command_show_stdout == Some(true));
    let later = value!(job::JobPull, "job.pull", "tomorrow");
    assert_eq!(later.extra.expose()["expires_in"], 900);
}

#[test]
fn the_value_of_a_secret_answer_shows_only_its_type() {
    for fixture in fixtures().iter().filter(|f| f.meta().secret && matches!(f.age(), "today" | "tomorrow")) {
        let shown = accept(&fixture.endpoint, &fixture.response).unwrap();
        assert!(shown.chars().all(char::is_alphabetic), "{}: {shown}", fixture.name());
    }
}

#[test]
fn a_wrong_type_anywhere_does_not_show_the_secret_beside_it_or_in_it() {
    let wrong =
        [json!(7), json!([SECRET]), json!({ SECRET: SECRET }), json!(true), json!(null), json!(SECRET)];
    // What an error says in words is meant to be shown.
    for fixture in fixtures().iter().filter(|f| f.meta().secret && f.response.status().is_success()) {
        let Some(Value::Object(fields)) = &fixture.json else { continue };
        for (key, value) in fields.iter().flat_map(|(key, _)| wrong.iter().map(move |value| (key, value))) {
            let mut fields = fields.clone();
            fields.insert(key.clone(), value.clone());
            // A file's name is not a secret, and is part of the path.
            let body = json!(fields).to_string().replace(&format!("\"{SECRET}\":"), "\"name\":");
            if let Err(error) = accept(&fixture.endpoint, &fixture.with_body(body)) {
                assert_presentable(&error);
            }
        }
    }
    let endpoint = refused(
        "object_storage.credentials",
        &fixture("object_storage.credentials", "broken_number_for_endpoint").response,
    );
    assert_eq!(
        endpoint.to_string(),
        "object_storage.credentials: 200 but the answer is unreadable at endpoint: not the expected shape, which is a \
         string (not shown: it may hold secrets)"
    );
    let Error::Decode(error) = endpoint else { panic!("{endpoint}") };
    assert!(error.snippet().is_none());
    assert!(error.body().windows(SECRET.len()).any(|w| w == SECRET.as_bytes()), "the evidence is kept");
}

/// Everything a server or a proxy might repeat of the request it got.
fn echoes() -> Vec<String> {
    let header = format!("Authorization: Bearer {TOKEN}");
    vec![
        json!({"message": format!("bad header: {header}")}).to_string(),
        json!({"detail": [{"loc": ["header", "authorization"], "msg": "invalid", "input": format!("Bearer {TOKEN}")}]}).to_string(),
        json!({"headers": {"authorization": format!("bearer {TOKEN}")}}).to_string(),
        format!("GET /me HTTP/1.1\r\nHost: engine\r\n{header}\r\n\r\n"),
        format!("<html><title>400 {header}</title><pre>{header}</pre>"),
        format!("<pre>{header}</pre>"),
    ]
}

#[test]
fn a_header_that_is_repeated_to_us_is_not_repeated_by_us() {
    for entry in catalog::all() {
        for echo in echoes() {
            for status in [200, 302, 400, 401, 422, 500, 502] {
                let response = answer(status, echo.clone());
                match accept(entry.meta().name, &response) {
                    Err(error) => assert_presentable(&error),
                    // A field of a success is the caller's, whatever the server put there.
                    Ok(_) => assert_eq!(status, 200),
                }
            }
        }
    }
}

fn call<E: Endpoint + std::fmt::Debug>(endpoint: E, inputs: Vec<Input>) -> Result<(), Error> {
    let policy = RetryPolicy::default();
    let mut call = Call::new(&context(), endpoint, policy, RetryBudget::new(), 1)?;
    let mut inputs = inputs.into_iter();
    let mut now = Time::ZERO;
    loop {
        let hide = |what: String| {
            assert!(!what.contains(TOKEN) && !what.contains(SECRET), "{what}");
        };
        hide(format!("{call:?}"));
        let action = call.poll(now);
        hide(format!("{action:?}"));
        match action {
            Action::Send(_) => {
                let Some(input) = inputs.next() else { break };
                hide(format!("{input:?}"));
                call.handle(now, input);
                hide(format!("{call:?}"));
            }
            Action::WaitUntil(time) => now = time,
            _ => break,
        }
    }
    call.finish().map(|_| ())
}

#[test]
fn no_error_of_any_kind_shows_the_token_or_a_secret() {
    let echo = |status| Input::Response(answer(status, echoes().remove(0)));
    let lost = || Input::Failed(TransportError::interrupted("connection reset"));
    let unsent = || Input::Failed(TransportError::not_sent("name not resolved"));
    let keys = || Input::Response(fixture("object_storage.credentials", "broken").response);
    let unencrypted =
        Context::new(BaseUrl::parse("http://engine.example").unwrap(), ApiToken::new(TOKEN).unwrap());
    let errors: Vec<(&str, Error)> = vec![
        ("build", call(cluster::EditCluster::new("c-1"), vec![]).unwrap_err()),
        ("build", unencrypted.request(&user::GetMe).unwrap_err()),
        ("build", ApiToken::new(format!("{TOKEN}\n")).unwrap_err().into()),
        ("build", BaseUrl::parse(&format!("https://{TOKEN}@engine.example")).unwrap_err().into()),
        ("transport", call(cluster::CreateCluster::new("1xH100"), vec![lost()]).unwrap_err()),
        ("api", call(user::GetMe, vec![echo(401)]).unwrap_err()),
        ("api", call(GetCredentials, vec![echo(500)]).unwrap_err()),
        ("decode", call(GetCredentials, vec![keys()]).unwrap_err()),
        ("exhausted", call(user::GetMe, vec![echo(503), unsent(), lost(), echo(503)]).unwrap_err()),
        ("exhausted", call(user::GetMe, vec![]).unwrap_err()),
    ];
    for (kind, error) in errors {
        assert_presentable(&error);
        let is = match &error {
            Error::Build(_) => "build",
            Error::Transport(_) => "transport",
            Error::Api(_) => "api",
            Error::Decode(_) => "decode",
            Error::Exhausted(_) => "exhausted",
            _ => "another",
        };
        assert_eq!(is, kind, "{error}");
    }
}

#[test]
fn a_success_under_way_is_not_shown_either() {
    let keys = || Input::Response(fixture("object_storage.credentials", "today").response);
    call(GetCredentials, vec![keys()]).unwrap();
    let pull = Input::Response(fixture("job.pull", "today").response);
    call(job::PullJob::new("j-7"), vec![pull]).unwrap();
}

#[test]
fn nothing_that_holds_the_token_shows_it() {
    let request = context().request(&user::GetMe).unwrap();
    for shown in [format!("{:?}", context()), format!("{request:?}"), format!("{:#?}", context().token())] {
        assert!(!shown.contains(TOKEN), "{shown}");
    }
    let response: Response<Bytes> = answer(200, "{}");
    assert!(!format!("{:?}", user::GetMe.accept(&response)).contains(TOKEN));
}
