//! Amplitude's dashboard REST API at Amplitude's paths and in its shapes, so that clients written for
//! it get their numbers here. A request becomes questions of `sluice-insights`; the numbers are theirs.
//!
//! The project of Amplitude's is the workspace: the API key is the write key of any of its sources,
//! the secret key one of its API tokens ([`project`]). Rules and shapes are those of Amplitude's
//! public documentation ("Dashboard REST API", "Export API"); what a route cannot do, it refuses.
//!
//! Not here: Amplitude's cost model (there are no costs), saved charts.

mod annotations;
mod cohort_ids;
mod cohorts;
mod deletions;
mod export;
mod failure;
mod formula;
mod funnels;
mod money;
mod params;
mod people;
mod project;
mod question;
mod retention;
mod row;
mod segmentation;
mod sessions;
mod taxonomy;
mod users;
mod zip;

use axum::body::Body;
use axum::extract::Path;
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Router, middleware};

use crate::answer;
use crate::state::ApiState;
use project::Project;
use taxonomy::Subject;

pub(crate) fn router(state: ApiState) -> Router {
    Router::new()
        .route("/api/2/events/segmentation", get(segmentation::segmentation))
        .route("/api/2/events/list", get(users::list_events))
        .route("/api/2/funnels", get(funnels::funnels))
        .route("/api/2/retention", get(retention::retention))
        .route("/api/2/users", get(users::count_users))
        .route("/api/2/realtime", get(users::realtime))
        .route("/api/2/usersearch", get(people::search))
        .route("/api/2/useractivity", get(people::activity))
        .route("/api/2/export", get(export::export))
        .route("/api/2/sessions/length", get(sessions::lengths))
        .route("/api/2/sessions/average", get(sessions::average))
        .route("/api/2/sessions/peruser", get(sessions::per_user))
        .route("/api/2/composition", get(money::composition))
        .route("/api/2/revenue/ltv", get(money::lifetime_value))
        .route("/api/3/cohorts", get(cohorts::list))
        .route("/api/3/cohorts/upload", post(cohort_ids::upload))
        .route("/api/3/cohorts/membership", post(cohort_ids::membership))
        .route("/api/5/cohorts/request/{id}", get(cohorts::request))
        .route("/api/5/cohorts/request/{id}/file", get(cohorts::file))
        .route("/api/5/cohorts/request-status/{id}", get(cohorts::status))
        .route("/api/2/taxonomy/event", all_of(Subject::Event))
        .route("/api/2/taxonomy/event/{name}", one_of(Subject::Event))
        .route("/api/2/taxonomy/event/{name}/restore", post(taxonomy::restore))
        .route("/api/2/taxonomy/event-property", all_of(Subject::EventProperty))
        .route("/api/2/taxonomy/event-property/{name}", one_of(Subject::EventProperty))
        .route("/api/2/taxonomy/user-property", all_of(Subject::UserProperty))
        .route("/api/2/taxonomy/user-property/{name}", one_of(Subject::UserProperty))
        .route("/api/3/annotations", get(annotations::list).post(annotations::post))
        .route(
            "/api/3/annotations/{id}",
            get(annotations::get_one).put(annotations::put).delete(annotations::delete),
        )
        .route("/api/2/annotations", get(annotations::list_short).post(annotations::post_short))
        .route("/api/2/release", post(annotations::release))
        .route(
            "/api/2/deletions/users",
            get(deletions::list_deletions).post(deletions::delete_users),
        )
        .route("/api/2/deletions/users/{id}/{day}", delete(deletions::revoke))
        .layer(middleware::from_fn(answer::finish))
        .with_state(state)
}

fn all_of(subject: Subject) -> MethodRouter<ApiState> {
    get(move |project: Project| taxonomy::list(subject, project))
        .post(move |project: Project, sent: Body| taxonomy::create(subject, project, sent))
}

fn one_of(subject: Subject) -> MethodRouter<ApiState> {
    get(move |project: Project, name: Path<String>| taxonomy::get_one(subject, project, name))
        .put(move |project: Project, name: Path<String>, sent: Body| {
            taxonomy::change(subject, project, name, sent)
        })
        .delete(move |project: Project, name: Path<String>| {
            taxonomy::delete(subject, project, name)
        })
}
