//! What is received, as it comes: a list backwards, and a stream of what is new.
//!
//! The stream shows a bounded number of items a second and counts the others. Not here: where rows
//! come from (the handle), the receipt of one item (`events`).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::stream::{self, Stream, StreamExt as _};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sluice_event::{EventType, WorkspaceNo};
use sluice_model::SourceId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::{IntoParams, ToSchema};

use crate::answer::Data;
use crate::auth::Viewer;
use crate::error::ApiError;
use crate::handles::{HandleError, LiveEvent, LiveEvents, LiveNews, LiveQuery, LiveState};
use crate::state::ApiState;

/// Rows of an answer unless asked otherwise, and at most.
const LIMIT_DEFAULT: u32 = 100;
const LIMIT_MAX: u32 = 500;
/// A stream is written to at most so often.
const PAUSE: Duration = Duration::from_millis(250);
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Streams of the whole server.
const STREAMS_MAX: usize = 64;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LiveEventsData {
    /// Newest first.
    events: Vec<LiveEvent>,
    /// `before` of the next, older part; absent at the end of what is kept. A part may be short, even
    /// empty, and not the last: a search stops after some 50,000 items.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What a stream sends as `event: skipped`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Skipped {
    /// Items that came and are not shown.
    count: u64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(super) struct FilterParams {
    /// Only from this source.
    source_id: Option<String>,
    /// Only calls of this type, such as `track`.
    r#type: Option<String>,
    /// Only with this event name, or name of a page or screen.
    name: Option<String>,
    /// Only of this person: its number, or a user id or anonymous id.
    person: Option<String>,
    /// Only those this became of.
    state: Option<LiveState>,
    /// Only those with this text in them, whatever its case.
    q: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Only rows older than the one with this cursor.
    before: Option<String>,
    /// Rows in one answer, from 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamParams {
    /// Begin behind the row with this cursor; without it, with what comes from now on. A client that
    /// connects anew is asked by `Last-Event-ID`.
    after: Option<String>,
}

/// What was received, newest first: also what was refused, came twice, or waits.
#[utoipa::path(get, path = "/live-events", tag = "Events", params(FilterParams, ListParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The rows", body = Data<LiveEventsData>)))]
pub(super) async fn list_live_events(
    who: Viewer,
    State(api): State<ApiState>,
    Query(filter): Query<FilterParams>,
    Query(params): Query<ListParams>,
) -> Result<Data<LiveEventsData>, ApiError> {
    let no = who.workspace();
    let which = filter.query(&api, no).await?;
    let before = params.before.as_deref().map(|text| place("before", text)).transpose()?;
    let count = params.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&count) {
        let message = format!("must be a number from 1 to {LIMIT_MAX}");
        return Err(ApiError::invalid("limit", message));
    }
    let page = api.handles().live.page(no, which, before, count).await?;
    let next = page.next.map(|place| place.to_string());
    Ok(Data { data: LiveEventsData { events: page.rows, next } })
}

/// What is received, as it comes, as server-sent events: `row` with a row as in the list, oldest
/// first, and `skipped` with a count when more came than is shown. A row comes when it was decided
/// on, within about half a second of its receipt.
#[utoipa::path(get, path = "/live-events/stream", tag = "Events", params(FilterParams, StreamParams),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The stream", content_type = "text/event-stream",
        body = String)))]
pub(super) async fn stream_live_events(
    who: Viewer,
    State(api): State<ApiState>,
    Query(filter): Query<FilterParams>,
    Query(params): Query<StreamParams>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let no = who.workspace();
    let which = filter.query(&api, no).await?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let from = match (last, params.after.as_deref()) {
        (Some(text), _) => place("Last-Event-ID", text)?.saturating_add(1),
        (None, Some(text)) => place("after", text)?.saturating_add(1),
        (None, None) => api.handles().live.decided(no, None).await?,
    };
    let permit = Arc::clone(api.live_streams()).try_acquire_owned().map_err(|_| busy())?;
    let live = Arc::clone(&api.handles().live);
    let feed = Feed { live, no, which, from, is_first: true, _permit: permit };
    let parts = stream::unfold(feed, Feed::next).flat_map(stream::iter);
    Ok(Sse::new(parts).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// How many streams may be open, for the state of the API.
pub(crate) fn stream_permits() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(STREAMS_MAX))
}

fn busy() -> ApiError {
    let message = format!("{STREAMS_MAX} streams of live events are open already");
    HandleError::Busy { message, retry_after_seconds: 10 }.into()
}

fn place(field: &'static str, cursor: &str) -> Result<u64, ApiError> {
    cursor.parse().map_err(|_| ApiError::invalid(field, "is not the cursor of a row"))
}

impl FilterParams {
    async fn query(self, api: &ApiState, no: WorkspaceNo) -> Result<LiveQuery, ApiError> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let source = match given(self.source_id) {
            None => None,
            Some(id) => {
                let id = SourceId::new(id);
                Some(api.store().call(move |store| store.source_get(no, &id)).await?.no)
            }
        };
        let unknown = || ApiError::invalid("type", "is none of the six calls, such as `track`");
        let event_type = given(self.r#type)
            .map(|name| EventType::from_name(&name).ok_or_else(unknown))
            .transpose()?;
        Ok(LiveQuery {
            source,
            event_type,
            name: given(self.name),
            person: given(self.person),
            state: self.state,
            text: given(self.q),
        })
    }
}

/// One open stream.
struct Feed {
    live: Arc<dyn LiveEvents>,
    no: WorkspaceNo,
    which: LiveQuery,
    /// Everything below was shown or skipped.
    from: u64,
    is_first: bool,
    _permit: OwnedSemaphorePermit,
}

impl Feed {
    /// The next batch of events; `None` ends the stream: the client comes back and is told why.
    async fn next(mut self) -> Option<(Vec<Result<Event, Infallible>>, Self)> {
        if std::mem::take(&mut self.is_first) {
            // The head of the answer goes out with it: the client knows that it is connected.
            return Some((vec![Ok(Event::default().comment("listening"))], self));
        }
        tokio::time::sleep(PAUSE).await;
        self.live.decided(self.no, Some(self.from)).await.ok()?;
        let news = self.live.news(self.no, self.which.clone(), self.from).await.ok()?;
        self.from = news.next;
        Some((events_of(&news), self))
    }
}

fn events_of(news: &LiveNews) -> Vec<Result<Event, Infallible>> {
    let mut events = Vec::with_capacity(news.rows.len() + 1);
    if news.skipped > 0 {
        let skipped = Skipped { count: news.skipped };
        events.extend(Event::default().event("skipped").json_data(skipped).map(Ok));
    }
    for row in &news.rows {
        events.extend(Event::default().event("row").id(&row.cursor).json_data(row).map(Ok));
    }
    events
}
