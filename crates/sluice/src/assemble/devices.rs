//! Which destinations the pages and apps of a source send to themselves: those in device mode, as far
//! as devices can do what was set up. Anything else goes on from the server, so that nothing is lost
//! and nothing goes past a filter.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use sluice_collector::{DeviceDestination, Devices};
use sluice_destination_kit::Catalog;
use sluice_event::SourceNo;
use sluice_filter::routing_rules;
use sluice_model::{ConnectionSpec, ConnectionTable, Subscription};
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

    fn consent_categories(&self, source: SourceNo) -> Vec<String> {
        let table = self.connections.borrow();
        let of_source = table.connections.iter().filter(|spec| spec.source == source);
        let asked = of_source.filter(|spec| spec.enabled);
        let all: BTreeSet<&String> =
            asked.flat_map(|spec| &spec.routing.consent_categories).collect();
        all.into_iter().cloned().collect()
    }
}

impl InDeviceMode {
    fn destination(&self, spec: &ConnectionSpec) -> Option<DeviceDestination> {
        let settings: &Value = spec.settings.expose();
        let kind = self.catalog.get(&spec.kind)?;
        let mode = kind.device_mode()?;
        if !spec.enabled || !mode.is_on(settings) {
            return None;
        }
        Some(DeviceDestination {
            connection_id: spec.id.clone(),
            name: kind.name().to_owned(),
            plugin: mode.plugin.clone(),
            settings: mode.public_settings(kind.settings(), settings),
            subscriptions: spec.subscriptions.iter().map(subscription).collect(),
            rules: routing_rules(&spec.filters, &spec.routing, kind.name())?,
            consent_categories: spec.routing.consent_categories.clone(),
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
    use sluice_model::{DestinationFilter, FilterAction, FilterId, Routing};

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

    fn devices(connections: Vec<Arc<ConnectionSpec>>) -> InDeviceMode {
        let (_sender, connections) = watch::channel(Arc::new(ConnectionTable { connections }));
        let catalog = Arc::new(sluice_destinations::catalog_with(Vec::new(), Vec::new()));
        InDeviceMode { catalog, connections }
    }

    fn ids(connections: Vec<Arc<ConnectionSpec>>, source: u32) -> Vec<String> {
        let found = devices(connections).of_source(SourceNo(source));
        found.into_iter().map(|one| one.connection_id).collect()
    }

    #[test]
    fn only_what_devices_can_do_as_it_was_set_up_is_left_to_them() {
        let cloud = json!({ "apiKey": "k" });
        let device = json!({ "apiKey": "k", "connectionMode": "device" });
        let mut off = ConnectionSpec::clone(&spec("off", device.clone(), None));
        off.enabled = false;
        let mut unasked = ConnectionSpec::clone(&spec("unasked", device.clone(), None));
        unasked.routing.consent_categories.push("Ad.vertising".to_owned());
        let all = vec![
            spec("cloud", cloud, None),
            Arc::new(off),
            Arc::new(unasked),
            spec("unsayable", device.clone(), Some("length(userId) = 3")),
            spec("first", device.clone(), Some("event = 'Secret'")),
            spec("second", device, None),
        ];
        assert_eq!(ids(all.clone(), 7), ["first"]);
        assert_eq!(ids(all, 8), [""; 0]);
    }

    #[test]
    fn pages_learn_what_all_destinations_of_their_source_ask_for_and_obey_what_is_theirs() {
        let asking = |id: &str, mode: &str, categories: &[&str], enabled: bool| {
            let settings = json!({ "apiKey": "k", "connectionMode": mode });
            let mut spec = ConnectionSpec::clone(&spec(id, settings, None));
            spec.routing.consent_categories =
                categories.iter().map(|one| (*one).to_owned()).collect();
            spec.enabled = enabled;
            Arc::new(spec)
        };
        let devices = devices(vec![
            asking("page", "device", &["Advertising"], true),
            asking("server", "cloud", &["Analytics", "Advertising"], true),
            asking("off", "cloud", &["Social"], false),
        ]);
        assert_eq!(devices.consent_categories(SourceNo(7)), ["Advertising", "Analytics"]);
        assert_eq!(devices.consent_categories(SourceNo(8)), [""; 0]);
        let [page] = &devices.of_source(SourceNo(7))[..] else { panic!("one") };
        assert_eq!(
            (&*page.connection_id, &page.consent_categories[..]),
            ("page", &["Advertising".to_owned()][..])
        );
        assert_eq!(page.rules.len(), 1);
    }
}
