//! Amplitude's dashboard REST API at Amplitude's paths and in its shapes, so that clients written for
//! it get their numbers here. A request becomes questions of `sluice-insights`; the numbers are theirs.
//!
//! The project of Amplitude's is the workspace: the API key is the write key of any of its sources,
//! the secret key one of its API tokens ([`project`]). Rules and shapes are those of Amplitude's
//! public documentation ("Dashboard REST API", "Export API"); what a route cannot do, it refuses.
//!
//! Not here: Amplitude's cost model (there are no costs), saved charts, annotations, the taxonomy.

mod export;
mod failure;
mod funnels;
mod params;
mod people;
mod project;
mod question;
mod retention;
mod row;
mod segmentation;
mod users;
mod zip;

use axum::routing::get;
use axum::{Router, middleware};

use crate::answer;
use crate::state::ApiState;

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
        .layer(middleware::from_fn(answer::finish))
        .with_state(state)
}
