//! Futures that are dropped half-way: the pool stays usable and nothing leaks.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tensorpool_client::core::api::user::GetMe;

use crate::adapter::{Adapter, Needs};
use crate::far::{Does, Far, ME, json};

crate::cases!(ten_thousand_dropped_calls_leave_nothing_behind);

/// Gives up after being polled so often.
struct Polls<F> {
    inner: Pin<Box<F>>,
    left: u32,
}

impl<F: Future> Future for Polls<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        self.inner.as_mut().poll(cx).map(Some)
    }
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

async fn ten_thousand_dropped_calls_leave_nothing_behind(adapter: &Adapter) {
    let far = Far::start([Does::Writes(json(200, ME))]).await;
    let client = adapter.client(&far.url(), &Needs::default());
    client.send(GetMe).await.unwrap();
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let files = open_files();

    // Every await point of a call is met: it takes a handful of polls, and each count of polls is tried.
    let (mut dropped, mut ended) = (0, 0);
    while dropped < 10_000 {
        for polls in 1..=6 {
            let call = Polls { inner: Box::pin(client.send(GetMe)), left: polls };
            match tokio::time::timeout(Duration::from_secs(10), call).await.unwrap() {
                None => dropped += 1,
                Some(answer) => {
                    answer.unwrap();
                    ended += 1;
                }
            }
        }
    }
    assert!(ended > 0, "some were polled to their end");

    client.send(GetMe).await.unwrap();
    for _ in 0..100 {
        if tokio::runtime::Handle::current().metrics().num_alive_tasks() <= tasks + 4
            && open_files() <= files + 8
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let left = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    panic!("leaked: {left} tasks where {tasks} were, {} files where {files} were", open_files());
}
