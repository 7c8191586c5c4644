//! The operations, one file per resource. A path stands in one place: the handler's own document.

mod annotations;
mod audit;
mod catalog;
mod cohort_list;
mod cohorts;
mod dashboards;
mod dead_letters;
mod deletions;
mod delivery_test;
mod destinations;
mod dictionary;
mod events;
mod filters;
mod invites;
mod ledger;
mod links;
mod live_events;
mod oauth;
mod own_sessions;
mod people;
mod questions;
mod remarks;
mod routing;
mod saved_insights;
mod session;
mod setup;
mod sources;
mod subscriptions;
mod tokens;
mod users;
mod workspace;
mod workspaces;

use axum::routing::get;
use axum::{Json, Router, middleware};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer;
use crate::error::ApiError;
use crate::openapi::{document, openapi};
use crate::state::ApiState;

pub(crate) use live_events::stream_permits;

/// Where the API begins.
pub(crate) const PREFIX: &str = "/api/v1";

/// All operations with their document.
pub(crate) fn operations() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(document())
        .routes(routes!(workspace::get_workspace, workspace::update_workspace))
        .routes(routes!(setup::get_setup, setup::set_up))
        .merge(session_operations())
        .routes(routes!(users::list_users))
        .routes(routes!(users::update_user, users::remove_user))
        .routes(routes!(links::create_password_reset))
        .routes(routes!(links::get_password_reset, links::use_password_reset))
        .routes(routes!(links::create_sign_in_link))
        .routes(routes!(invites::list_invites, invites::create_invite))
        .routes(routes!(invites::delete_invite))
        .routes(routes!(invites::get_invite_by_code))
        .routes(routes!(invites::accept_invite))
        .routes(routes!(workspaces::list_workspaces, workspaces::create_workspace))
        .routes(routes!(sources::list_sources, sources::create_source))
        .routes(routes!(sources::get_source, sources::update_source, sources::delete_source))
        .routes(routes!(sources::restore_source))
        .routes(routes!(sources::get_source_settings, sources::update_source_settings))
        .routes(routes!(sources::create_write_key))
        .routes(routes!(sources::delete_write_key))
        .routes(routes!(sources::list_connected_destinations))
        .routes(routes!(destinations::list_destinations, destinations::create_destination))
        .routes(routes!(
            destinations::get_destination,
            destinations::update_destination,
            destinations::delete_destination
        ))
        .routes(routes!(destinations::restore_destination))
        .routes(routes!(destinations::connect_source))
        .routes(routes!(destinations::disconnect_source))
        .routes(routes!(routing::set_routing))
        .routes(routes!(oauth::get_oauth))
        .routes(routes!(oauth::start_oauth))
        .routes(routes!(remarks::remark_on_settings))
        .routes(routes!(destinations::resume_destination))
        .routes(routes!(delivery_test::test_destination))
        .routes(routes!(deletions::delete_people))
        .merge(subscription_operations())
        .routes(routes!(dead_letters::list_dead_letter_groups))
        .routes(routes!(dead_letters::list_dead_letters))
        .routes(routes!(dead_letters::send_dead_letters_again))
        .routes(routes!(catalog::list_destination_kinds))
        .routes(routes!(catalog::get_destination_kind))
        .routes(routes!(tokens::list_tokens, tokens::create_token))
        .routes(routes!(tokens::get_token, tokens::delete_token))
        .merge(insight_operations())
        .merge(cohort_operations())
        .routes(routes!(people::list_people))
        .routes(routes!(people::get_person))
        .routes(routes!(people::erase_person))
        .routes(routes!(people::list_person_events))
        .routes(routes!(people::undo_merge))
        .merge(filter_operations())
        .merge(event_operations())
        .routes(routes!(ledger::list_deliveries))
        .routes(routes!(audit::list_audit_entries))
}

/// Of a person's own sessions.
fn session_operations() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(
            session::get_session,
            session::sign_in,
            session::switch_workspace,
            session::sign_out
        ))
        .routes(routes!(session::sign_in_by_link))
        .routes(routes!(session::change_password))
        .routes(routes!(own_sessions::list_own_sessions, own_sessions::end_other_sessions))
        .routes(routes!(own_sessions::end_own_session))
}

/// Questions, and what is kept of them.
fn insight_operations() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(questions::query_insight))
        .routes(routes!(questions::list_people_behind))
        .routes(routes!(saved_insights::list_insights, saved_insights::create_insight))
        .routes(routes!(
            saved_insights::get_insight,
            saved_insights::update_insight,
            saved_insights::delete_insight
        ))
        .routes(routes!(annotations::list_releases))
        .routes(routes!(annotations::list_annotations, annotations::create_annotation))
        .routes(routes!(annotations::update_annotation, annotations::delete_annotation))
        .routes(routes!(dashboards::list_dashboards, dashboards::create_dashboard))
        .routes(routes!(
            dashboards::get_dashboard,
            dashboards::update_dashboard,
            dashboards::delete_dashboard
        ))
}

/// Cohorts and their people.
fn cohort_operations() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(cohorts::list_cohorts, cohorts::create_cohort))
        .routes(routes!(cohorts::preview_cohort))
        .routes(routes!(cohorts::preview_cohort_people))
        .routes(routes!(cohorts::get_cohort, cohorts::update_cohort, cohorts::delete_cohort))
        .routes(routes!(cohorts::get_cohort_size))
        .routes(routes!(cohorts::list_cohort_people, cohort_list::change_cohort_people))
}

fn filter_operations() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(filters::list_filters, filters::create_filter))
        .routes(routes!(filters::get_filter, filters::update_filter, filters::delete_filter))
        .routes(routes!(filters::validate_condition))
        .routes(routes!(filters::preview_filter))
}

/// What a destination does with events.
fn subscription_operations() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(subscriptions::list_subscriptions, subscriptions::create_subscription))
        .routes(routes!(subscriptions::preview_subscription))
        .routes(routes!(
            subscriptions::get_subscription,
            subscriptions::update_subscription,
            subscriptions::delete_subscription
        ))
}

/// What came in, one by one and in numbers.
fn event_operations() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(events::list_event_names))
        .routes(routes!(events::list_properties))
        .routes(routes!(dictionary::list_dictionary))
        .routes(routes!(dictionary::set_dictionary_entry, dictionary::delete_dictionary_entry))
        .routes(routes!(events::get_receipt_of_received))
        .routes(routes!(events::get_receipt))
        .routes(routes!(live_events::list_live_events))
        .routes(routes!(live_events::stream_live_events))
        .routes(routes!(ledger::get_ledger))
}

/// The API, to be merged into the listener's router. Everything under `/api/v1` answers JSON.
pub fn router(state: ApiState) -> Router {
    let (api, _) = operations().split_for_parts();
    let api = api
        .route("/openapi.json", get(|| async { Json(openapi()) }))
        .route(oauth::CALLBACK, get(oauth::come_back))
        .fallback(|| async { ApiError::NoSuchPath })
        .method_not_allowed_fallback(|| async { ApiError::Method })
        .layer(middleware::from_fn(answer::finish))
        .with_state(state.clone());
    // Clients of Segment's API ask for the root with its slash.
    let with_slash = get(workspace::get_workspace).patch(workspace::update_workspace);
    let root = Router::new()
        .route(&format!("{PREFIX}/"), with_slash)
        .method_not_allowed_fallback(|| async { ApiError::Method })
        .layer(middleware::from_fn(answer::finish))
        .with_state(state.clone());
    Router::new().nest(PREFIX, api).merge(root).merge(crate::amplitude::router(state))
}
