//! `tp request`, and what other commands show of requests

use std::time::Duration;

use clap::Subcommand;
use serde_json::Value;
use tensorpool_client::core::RequestId;
use tensorpool_client::core::api::request::GetRequest;
use tensorpool_client::core::flow::OperationHandle;
use tensorpool_client::core::model::RequestInfo;

use super::cluster::text;
use crate::app::App;
use crate::args::duration;
use crate::failure::Failure;
use crate::output::View;
use crate::wait;

#[derive(Subcommand, Debug)]
pub(crate) enum Request {
    /// Show how far a request has come
    Info {
        /// Its id
        request_id: String,
    },
    /// Wait until requests are done, several side by side
    Wait {
        /// Their ids
        #[arg(required = true)]
        request_ids: Vec<String>,
        /// At most this long
        #[arg(long, value_name = "DURATION", default_value = wait::DEFAULT, value_parser = duration)]
        timeout: Duration,
    },
}

impl Request {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        match self {
            Self::Info { request_id } => {
                app.look(GetRequest::new(request_id.as_str()), |answer, json| info(json, &answer)).await
            }
            Self::Wait { request_ids, timeout } => {
                let ids = request_ids.iter().map(|id| RequestId::from(id.as_str())).collect();
                wait_for(app, ids, timeout).await
            }
        }
    }
}

/// Waits for requests that were known before.
pub(super) async fn wait_for(app: &App, ids: Vec<RequestId>, timeout: Duration) -> Result<(), Failure> {
    let pending = app.client()?.resume(OperationHandle::new("request.info", ids))?;
    let ended = wait::follow(app, pending, timeout).await?;
    let read: Vec<RequestInfo> = serde_json::from_value(ended.clone()).unwrap_or_default();
    app.screen.show(&operations(ended, &read))
}

fn info(json: Value, request: &RequestInfo) -> View {
    View::one(json, request.request_id.as_str())
        .field("id", Some(request.request_id.as_str()))
        .field("type", request.request_type.as_ref())
        .field("status", Some(&request.status))
        .field("created", request.created_at.as_ref())
}

/// A list of requests.
pub(super) fn operations(json: Value, requests: &[RequestInfo]) -> View {
    let mut view = View::list(json, &["ID", "TYPE", "STATUS", "CREATED"]);
    for request in requests {
        let id = request.request_id.as_str();
        let cells = [
            text(request.request_type.as_ref()),
            request.status.to_string(),
            text(request.created_at.as_ref()),
        ];
        view.row(id, std::iter::once(id.to_owned()).chain(cells).collect());
    }
    view
}
