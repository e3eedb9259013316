//! Looking at volumes: list, info, price (contract §5.5, §5.6, §5.8).

use tensorpool_core::api::storage::{StorageAnswer, StorageList};

use crate::answer::{Answered, ok};
use crate::call::Call;
use crate::state::State;
use crate::state::storage::Volume;
use crate::tables::{Table, counted, facts};
use crate::{calendar, pricing};

use super::cluster::quoted;

pub(super) fn list(state: &State, call: &Call<'_>) -> Answered {
    let (owner, organization) = (state.owner(call)?, call.include_org()?);
    let volumes = state.volumes.iter().filter(|v| !v.is_gone() && owner.lists(&v.owner, organization));
    let volumes: Vec<&Volume> = volumes.collect();
    let mut table = Table::new(&["STORAGE ID", "NAME", "SIZE", "STATUS", "ATTACHED TO", "PRICE"]);
    for volume in &volumes {
        table.row([
            volume.id.to_string(),
            volume.name.clone(),
            format!("{} GB", volume.size_gb),
            volume.status.to_string(),
            clusters(volume),
            volume.rate().to_string(),
        ]);
    }
    let count = counted(volumes.len(), "storage volume");
    let message = match volumes.as_slice() {
        [] => "No storage volumes found".to_owned(),
        _ => format!("{}\n\n{count}", table.render()),
    };
    let mut list = StorageList::new(volumes.iter().map(|v| v.info(state.config.epoch)).collect::<Vec<_>>());
    list.message = Some(message);
    ok(&list)
}

fn clusters(volume: &Volume) -> String {
    let ids: Vec<_> = volume.attached.iter().map(ToString::to_string).collect();
    ids.join(" ")
}

pub(super) fn info(state: &State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let volume = state.find_volume(&owner, call.parameter())?;
    let attached = clusters(volume);
    let message = facts(&[
        ("Storage volume", volume.id.to_string()),
        ("Name", volume.name.clone()),
        ("Status", volume.status.to_string()),
        ("Size", format!("{} GB", volume.size_gb)),
        ("Price", volume.rate().to_string()),
        ("Attached to", if attached.is_empty() { "nothing".to_owned() } else { attached }),
        ("Mounted on", volume.mount()),
        ("Protected", if volume.protected { "yes, from destruction" } else { "no" }.to_owned()),
        ("Created", format!("{} UTC", calendar::short(state.config.epoch, volume.created))),
    ]);
    let mut answer = StorageAnswer::new(volume.info(state.config.epoch));
    answer.message = Some(message);
    ok(&answer)
}

pub(super) fn quote(call: &Call<'_>) -> Answered {
    let size = call.number("size_gb")?.ok_or_else(|| Call::missing("size_gb"))?;
    ok(&quoted(pricing::storage(size)))
}
