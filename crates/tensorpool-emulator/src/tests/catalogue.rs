//! Every route of the catalogue is answered.

use tensorpool_core::catalog;

use super::Lab;

#[test]
fn every_example_of_every_route_is_answered_by_its_route() {
    for entry in catalog::all() {
        for example in entry.examples() {
            let mut lab = Lab::new();
            let answer = lab.engine.handle(lab.now, &example.request(&lab.context).unwrap());
            let (name, status, body) = (entry.meta().name, answer.status().as_u16(), answer.body());
            assert_ne!(status, 501, "{name} is not implemented");
            assert_ne!(&body[..], br#"{"detail":"Not Found"}"#, "{name}");
            assert!(status < 500, "{name} {}: {status} {body:?}", example.name());
            // What is not there is said; what is, is read by core.
            match example.accept(&answer) {
                Ok(_) => assert_eq!(status, entry.meta().success, "{name}"),
                Err(error) => {
                    assert!([400, 404].contains(&status), "{name} {}: {error}", example.name());
                    assert!(error.server_message().is_some(), "{name}: {error}");
                }
            }
            assert_eq!(lab.engine.times_seen(name), 1);
        }
    }
}
