//! `tp quote`

use clap::{Args, Subcommand};
use serde_json::Value;
use tensorpool_client::core::api::cluster::QuoteCluster;
use tensorpool_client::core::api::storage::QuoteStorage;
use tensorpool_client::core::model::Quote as Answer;

use crate::app::App;
use crate::failure::Failure;
use crate::output::View;

/// `tp quote TYPE`, or `tp quote storage SIZE`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Quote {
    /// A cluster's instance type, such as 8xH100
    #[arg(required = true)]
    instance_type: Option<String>,
    /// How many nodes; 1 unless given
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    num_nodes: Option<u32>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand, Debug)]
enum What {
    /// What a storage volume would cost
    Storage {
        /// Its size, GB
        size: u64,
    },
}

impl Quote {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let (name, answer) = match (self.what, self.instance_type) {
            (Some(What::Storage { size }), _) => {
                (format!("{size} GB"), app.send(QuoteStorage::new(size)).await?)
            }
            (None, kind) => {
                let kind = kind.unwrap_or_default();
                let mut quote = QuoteCluster::new(kind.as_str());
                if let Some(nodes) = self.num_nodes {
                    quote = quote.num_nodes(nodes);
                }
                (kind, app.send(quote).await?)
            }
        };
        let Some(answer) = answer else { return Ok(()) };
        app.screen.show(&view(&name, &answer.value, answer.json))
    }
}

fn view(name: &str, quote: &Answer, json: Value) -> View {
    View::one(json, name)
        .field("for", Some(name))
        .field("an hour", Some(quote.hourly_rate))
        .field("a day", Some(quote.hourly_rate.per_day()))
}
