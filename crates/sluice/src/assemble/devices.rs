//! Which destinations the pages and apps of a source send to themselves: those in device mode, as far
//! as devices can do what was set up. Anything else goes on from the server, so that nothing is lost
//! and nothing goes past a filter.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_collector::{DeviceDestination, Devices};
use sluice_destination_kit::Catalog;
use sluice_event::SourceNo;
use sluice_filter::routing_rules;
use sluice_model::{ConnectionSpec, ConnectionTable, Routing, Subscription};
use tokio::sync::watch;

pub(super) struct InDeviceMode {
    pub(super) catalog: Arc<Catalog>,
    pub(super) connections: watch::Receiver<Arc<ConnectionTable>>,
}

impl Devices for InDeviceMode {
    fn of_source(&self, source: SourceNo) -> Vec<DeviceDestination> {
        let table = Arc::clone(&self.connections.borrow());
        let mut found: Vec<DeviceDestination> = Vec::new();
        for spec in table.connections.iter().filter(|spec| spec.source == source) {
            // SDKs know a destination by its name: of two with the same name, the older one.
            found.extend(
                self.destination(spec)
                    .filter(|one| found.iter().all(|other| other.name != one.name)),
            );
        }
        found
    }
}

impl InDeviceMode {
    fn destination(&self, spec: &ConnectionSpec) -> Option<DeviceDestination> {
        let settings: &Value = spec.settings.expose();
        let kind = self.catalog.get(&spec.kind)?;
        let mode = kind.device_mode()?;
        // Devices ask neither for consent nor for switches: then the server sends.
        let is_open = spec.routing == Routing::default();
        if !spec.enabled || !is_open || !mode.is_on(settings) {
            return None;
        }
        Some(DeviceDestination {
            connection_id: spec.id.clone(),
            name: kind.name().to_owned(),
            plugin: mode.plugin.clone(),
            settings: mode.public_settings(kind.settings(), settings),
            subscriptions: spec.subscriptions.iter().map(subscription).collect(),
            rules: routing_rules(&spec.filters, kind.name())?,
        })
    }
}

/// As the published plugins read it.
fn subscription(one: &Subscription) -> Value {
    json!({
        "id": one.id.as_str(),
        "name": one.name,
        "enabled": one.enabled,
        "partnerAction": one.action,
        "subscribe": one.trigger,
        "mapping": one.mapping,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_base::{Secret, Timestamp};
    use sluice_event::WorkspaceNo;
    use sluice_model::{DestinationFilter, FilterAction, FilterId};

    use super::*;

    fn spec(id: &str, settings: Value, condition: Option<&str>) -> Arc<ConnectionSpec> {
        let filter = |condition: &str| DestinationFilter {
            id: FilterId::new("f".to_owned()),
            source_id: None,
            title: "t".to_owned(),
            description: String::new(),
            enabled: true,
            condition: condition.to_owned(),
            actions: vec![FilterAction::Drop],
            created_at: Timestamp::from_secs(0),
            updated_at: Timestamp::from_secs(0),
        };
        Arc::new(ConnectionSpec {
            id: id.to_owned(),
            workspace: WorkspaceNo(1),
            source: SourceNo(7),
            destination_id: format!("d-{id}"),
            name: "Amplitude".to_owned(),
            kind: "amplitude".to_owned(),
            enabled: true,
            settings: Secret::new(settings),
            subscriptions: [].into(),
            revision: 1,
            starts_at: Timestamp::from_secs(0),
            filters: condition.map(filter).into_iter().collect(),
            routing: Routing::default(),
        })
    }

    fn ids(connections: Vec<Arc<ConnectionSpec>>, source: u32) -> Vec<String> {
        let (_sender, connections) = watch::channel(Arc::new(ConnectionTable { connections }));
        let catalog = Arc::new(sluice_destinations::catalog_with(Vec::new(), Vec::new()));
        let found = InDeviceMode { catalog, connections }.of_source(SourceNo(source));
        found.into_iter().map(|one| one.connection_id).collect()
    }

    #[test]
    fn only_what_devices_can_do_as_it_was_set_up_is_left_to_them() {
        let cloud = json!({ "apiKey": "k" });
        let device = json!({ "apiKey": "k", "connectionMode": "device" });
        let mut off = ConnectionSpec::clone(&spec("off", device.clone(), None));
        off.enabled = false;
        let mut consenting = ConnectionSpec::clone(&spec("consenting", device.clone(), None));
        consenting.routing.consent_categories.push("Advertising".to_owned());
        let all = vec![
            spec("cloud", cloud, None),
            Arc::new(off),
            Arc::new(consenting),
            spec("unsayable", device.clone(), Some("length(userId) = 3")),
            spec("first", device.clone(), Some("event = 'Secret'")),
            spec("second", device, None),
        ];
        assert_eq!(ids(all.clone(), 7), ["first"]);
        assert_eq!(ids(all, 8), [""; 0]);
    }
}
