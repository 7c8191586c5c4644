//! The data dictionary on its way from the store to questions.

use sluice_event::WorkspaceNo;
use sluice_insights::{Analytics, CustomEvent, Dictionary};
use sluice_model::EntryKind;
use sluice_store::{Store, StoreError};

/// Makes questions of a workspace take events as its dictionary says.
pub(super) fn read_dictionary(
    store: &Store,
    analytics: &Analytics,
    no: WorkspaceNo,
) -> Result<(), StoreError> {
    analytics.read_dictionary(|| stored(store, no))
}

fn stored(store: &Store, no: WorkspaceNo) -> Result<Dictionary, StoreError> {
    let mut dictionary = Dictionary::default();
    for entry in store.dictionary_list(no)? {
        let (name, says) = (entry.name, entry.says);
        match entry.kind {
            EntryKind::Event => {
                if says.is_deleted {
                    dictionary = dictionary.with_left_out(&name);
                }
                if let Some(other) = &says.same_as {
                    dictionary = dictionary.with_renamed(&name, other);
                }
            }
            EntryKind::CustomEvent => {
                let any_of = serde_json::from_value(says.definition.unwrap_or_default());
                let any_of = any_of.map_err(|error| {
                    StoreError::Damaged(format!("the custom event `{name}`: {error}"))
                })?;
                let label =
                    if says.display_name.is_empty() { name.clone() } else { says.display_name };
                dictionary = dictionary.with_custom(&name, CustomEvent { label, any_of });
            }
            EntryKind::EventProperty | EntryKind::UserTrait => {}
        }
    }
    Ok(dictionary)
}
