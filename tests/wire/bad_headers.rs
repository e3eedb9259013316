//! Headers that are wrong, odd or missing.

use std::time::Duration;

use tensorpool_core::Bytes;
use tensorpool_core::http::Response;

use crate::support::{accept, answer, refused};

fn with(mut response: Response<Bytes>, headers: &[(&'static str, &str)]) -> Response<Bytes> {
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

#[test]
fn the_content_type_is_not_asked() {
    for content_type in ["text/html", "text/plain; charset=latin-1", "application/octet-stream", "nonsense"] {
        let response = with(answer(200, r#"{"hourly_rate":2}"#), &[("content-type", content_type)]);
        assert!(accept("cluster.quote", &response).is_ok(), "{content_type}");
    }
    assert!(accept("cluster.quote", &answer(200, "\r\n {\"hourly_rate\":2}\n ")).is_ok(), "space around it");
}

#[test]
fn any_2xx_is_a_success() {
    for status in [200, 201, 202, 203, 206, 226, 299] {
        assert!(accept("cluster.edit", &answer(status, r#"{"message":"done"}"#)).is_ok(), "{status}");
    }
}

#[test]
fn every_other_status_is_the_servers_error() {
    for status in (100..200).chain(300..=999) {
        let error = refused("cluster.edit", &answer(status, r#"{"message":"No."}"#));
        assert_eq!(error.status().map(|s| s.as_u16()), Some(status));
        assert_eq!(error.server_message(), Some("No."), "{status}");
        // A 303 says that something was done, and where its result is.
        assert_eq!(error.may_have_been_applied(), (500..600).contains(&status) || status == 303, "{status}");
    }
}

#[test]
fn retry_after_is_believed_only_where_it_makes_sense() {
    const DATE: &str = "Fri, 01 Jan 2027 10:00:00 GMT";
    for (value, expected) in [
        ("0", Some(Duration::ZERO)),
        ("12", Some(Duration::from_secs(12))),
        ("1.5", Some(Duration::from_secs(2))),
        ("-5", None),
        ("", None),
        ("soon", None),
        ("99999999999999999999999999", Some(Duration::from_secs(u64::MAX))),
        ("Fri, 01 Jan 2027 10:00:45 GMT", Some(Duration::from_secs(45))),
        ("Fri, 01 Jan 2027 09:00:00 GMT", Some(Duration::ZERO)),
        ("Fri, 32 Jan 2027 09:00:00 GMT", None),
    ] {
        let response = with(answer(429, ""), &[("retry-after", value), ("date", DATE)]);
        let error = refused("cluster.list", &response);
        assert_eq!(error.retry_after(), expected, "{value:?}");
        assert!(error.is_rate_limited());
    }
    let no_date = with(answer(429, ""), &[("retry-after", "Fri, 01 Jan 2027 10:00:45 GMT")]);
    assert_eq!(refused("cluster.list", &no_date).retry_after(), None, "nothing to compare it with");
}

#[test]
fn a_redirects_secret_is_not_shown() {
    for (location, shown) in [
        ("https://files.example/x?sig=opensesame", Some("https://files.example")),
        ("https://me:opensesame@files.example:8443/", Some("https://files.example:8443")),
        ("/login?ticket=opensesame", None),
        ("//files.example/?sig=opensesame", None),
        ("opensesame", None),
    ] {
        let body = format!("<a href=\"{location}\">Found</a>");
        for status in [301, 302, 303, 307, 308] {
            let error = refused("user.me", &with(answer(status, body.clone()), &[("location", location)]));
            let line = error.to_string();
            assert!(
                line.ends_with("mend the base URL") && line.contains("redirects are not followed"),
                "{line}"
            );
            let to = shown.map(|host| format!(" (to {host});"));
            assert_eq!(line.contains(" (to "), to.is_some(), "{line}");
            assert!(to.is_none_or(|to| line.contains(&to)), "{line}");
        }
    }
}

#[test]
fn a_request_id_is_kept_on_one_line() {
    let error = refused("user.me", &with(answer(500, ""), &[("x-request-id", "a\tb")]));
    let tensorpool_core::Error::Api(error) = error else { panic!("{error}") };
    assert_eq!(error.request_id(), Some("a b"));
}
