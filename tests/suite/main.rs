//! One suite for every transport: what a client must do, whatever carries its requests.
//!
//! The cases are listed once, in [`cases`]; the transports once, in [`transport`]. Each case runs on each transport.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

mod account;
#[path = "../certificate.rs"]
mod certificate;
mod clusters;
mod every_route;
mod faults;
mod jobs;
mod on_http2;
mod on_smol;
mod on_ureq;
mod storage;
mod transport;
mod world;

/// Every case, once. `$then` makes the tests of one transport from the list.
macro_rules! cases {
    ($then:ident $transport:tt) => {
        $crate::$then! { $transport
            every_route::every_route_has_a_method
            account::a_token_is_checked
            account::preferences_and_organization_are_read_and_changed
            account::ssh_keys_come_and_go
            account::an_engine_that_is_up_says_so
            clusters::a_cluster_lives_and_dies
            clusters::a_cluster_goes_by_its_name
            clusters::a_protected_cluster_stays
            clusters::an_empty_purse_buys_nothing
            clusters::a_wrong_order_is_explained
            clusters::a_failed_order_is_an_error_with_the_engines_words
            clusters::a_wait_is_taken_up_by_another_client
            clusters::a_wait_that_is_dropped_goes_on_where_it_was
            storage::a_volume_grows_and_moves
            storage::buckets_come_and_go
            jobs::a_job_is_canceled_pulled_and_deleted
            faults::a_busy_engine_is_asked_again
            faults::a_broken_connection_is_mended_for_reading
            faults::an_order_whose_answer_is_lost_is_made_once_and_found_again
            faults::an_unreadable_answer_is_an_error_and_nothing_else_breaks
            faults::statuses_and_fields_from_tomorrow_do_no_harm
            faults::a_stalled_engine_is_given_up_in_time
            faults::a_raw_answer_is_what_came
        }
    };
}
/// Makes the tests of one transport.
macro_rules! tests_of {
    (($name:ident $transport:ty) $($module:ident::$case:ident)+) => {
        mod $name {
            $(
                #[test]
                fn $case() {
                    $crate::transport::run::<$transport, _>(async |world| $crate::$module::$case(&world).await);
                }
            )+
        }
    };
}
pub(crate) use {cases, tests_of};

transport::on_each_transport!();
