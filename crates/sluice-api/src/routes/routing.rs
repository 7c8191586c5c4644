//! What of a source's events a destination gets: consent categories, and switches by call and event.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_event::EventType;
use sluice_model::{DestinationId, Routing, SchemaSwitches, SourceId};
use utoipa::ToSchema;

use crate::answer::Data;
use crate::auth::Editor;
use crate::body::{At, Body};
use crate::error::ApiError;
use crate::routes::destinations::{DestinationData, destination};
use crate::state::ApiState;

/// What of a source's events goes to a destination.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = Routing)]
pub(super) struct RoutingView {
    /// A person must have agreed to all of them (`context.consent.categoryPreferences`). Without
    /// any, nobody is asked.
    #[schema(example = json!(["Advertising"]))]
    consent_categories: Vec<String>,
    schema: SwitchesView,
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = SchemaSwitches)]
pub(super) struct SwitchesView {
    calls: CallsView,
    /// Tracks by their name, on or off; they have the last word over `calls.track`.
    #[schema(example = json!({"Page Scrolled": false}))]
    events: BTreeMap<String, bool>,
}

/// What is absent is on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = CallSwitches)]
#[expect(clippy::struct_excessive_bools, reason = "a switch for each of the six calls")]
pub(super) struct CallsView {
    #[schema(default = true)]
    track: bool,
    #[schema(default = true)]
    identify: bool,
    #[schema(default = true)]
    page: bool,
    #[schema(default = true)]
    screen: bool,
    #[schema(default = true)]
    group: bool,
    #[schema(default = true)]
    alias: bool,
}

impl Default for CallsView {
    fn default() -> Self {
        Self::of(&BTreeSet::new())
    }
}

impl CallsView {
    fn of(off: &BTreeSet<EventType>) -> Self {
        let is_on = |call: EventType| !off.contains(&call);
        Self {
            track: is_on(EventType::Track),
            identify: is_on(EventType::Identify),
            page: is_on(EventType::Page),
            screen: is_on(EventType::Screen),
            group: is_on(EventType::Group),
            alias: is_on(EventType::Alias),
        }
    }

    fn off(&self) -> BTreeSet<EventType> {
        let is_on = |call: EventType| match call {
            EventType::Track => self.track,
            EventType::Identify => self.identify,
            EventType::Page => self.page,
            EventType::Screen => self.screen,
            EventType::Group => self.group,
            EventType::Alias => self.alias,
        };
        EventType::ALL.iter().copied().filter(|call| !is_on(*call)).collect()
    }
}

impl From<Routing> for RoutingView {
    fn from(routing: Routing) -> Self {
        let schema = SwitchesView {
            calls: CallsView::of(&routing.switches.calls_off),
            events: routing.switches.events,
        };
        Self { consent_categories: routing.consent_categories, schema }
    }
}

impl From<RoutingView> for Routing {
    fn from(view: RoutingView) -> Self {
        let switches =
            SchemaSwitches { calls_off: view.schema.calls.off(), events: view.schema.events };
        Self { consent_categories: view.consent_categories, switches }
    }
}

/// Sets which of a source's events the destination gets; what is absent is on again.
#[utoipa::path(put, path = "/destinations/{destinationId}/sources/{sourceId}/routing", tag = "Destinations",
    params(
        ("destinationId" = String, Path, description = "The destination's id"),
        ("sourceId" = String, Path, description = "The id of a connected source"),
    ),
    security(("token" = ["editor"])), request_body = RoutingView,
    responses((status = 200, description = "The destination after the change", body = Data<DestinationData>)))]
pub(super) async fn set_routing(
    who: Editor,
    State(api): State<ApiState>,
    At((id, from)): At<(String, String)>,
    Body(body): Body<RoutingView>,
) -> Result<Data<DestinationData>, ApiError> {
    let (no, actor) = (who.workspace(), who.actor());
    let (id, from) = (DestinationId::new(id), SourceId::new(from));
    let routing = Routing::from(body);
    destination(&api, move |store| store.connection_route(no, &id, &from, &routing, &actor)).await
}
