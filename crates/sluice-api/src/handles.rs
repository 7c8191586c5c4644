//! What the API asks of the running parts, as small traits that `assemble` fulfils. The workspace
//! was checked by then; an implementation answers only from what belongs to it. An answer must not
//! block an async worker: what reads files does so in [`blocking`], questions run on the insights'
//! own threads. Dropping an answer means that nobody waits for it any more.

mod erasures;
mod exports;
mod questions;
mod schema;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sluice_event::{ExternalId, MergeId, PersonId, SourceNo, WorkspaceNo};
use sluice_model::{Actor, Problem};
use utoipa::ToSchema;

pub use erasures::Erasures;
pub use exports::{ExportPage, ExportQuery, ExportedEvent, Exports};
pub use questions::{PersonKey, Questions};
pub use schema::{EventName, EventSchema, PropertyName, Told};

/// Why a running part could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    #[error("no {what} with the id `{id}`")]
    NotFound { what: &'static str, id: String },
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Problem>),
    #[error("{0}")]
    Conflict(String),
    #[error("{message}")]
    Busy { message: String, retry_after_seconds: u64 },
    /// The text goes to the log, not to the client.
    #[error("{0}")]
    Internal(String),
}

/// An event in its final form, as JSON text: key order and number text are the sender's (an id
/// beyond 2^53 must not change its digits on the way to a screen).
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = Object)]
pub struct EventJson(pub Arc<str>);

impl Serialize for EventJson {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &serde_json::value::RawValue =
            serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// An answer to come.
pub type Answer<T, E = HandleError> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Runs blocking work off the async workers.
pub fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, HandleError> + Send + 'static,
) -> Answer<T> {
    Box::pin(async move {
        match tokio::task::spawn_blocking(act).await {
            Ok(answer) => answer,
            Err(error) => {
                Err(HandleError::Internal(format!("a part of the server broke: {error}")))
            }
        }
    })
}

/// The running parts of workspaces.
pub trait WorkspaceParts: Send + Sync {
    /// Starts the parts of a workspace that was just made; events are taken when it answers. One
    /// that runs learns what changed about it.
    fn start(&self, workspace: sluice_model::Workspace) -> Answer<()>;
}

/// The account of everything that came in (invariant I4).
pub trait Ledgers: Send + Sync {
    fn ledger(&self, workspace: WorkspaceNo) -> Answer<Ledger>;
}

/// `received = accepted + duplicate + refused`, and for each reader `accepted` once more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    /// Whether every account below balances.
    pub balances: bool,
    /// Received and durable, not yet looked at by the pipeline; not in the accounts below.
    pub waiting_for_pipeline: u64,
    pub sources: Vec<SourceAccount>,
    pub connections: Vec<ConnectionAccount>,
    pub analytics: AnalyticsAccount,
}

/// What came from one source and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceAccount {
    pub source_id: String,
    pub received: u64,
    pub accepted: u64,
    pub duplicate: u64,
    /// By reason, such as `no_user_anon_id`.
    pub refused: BTreeMap<String, u64>,
    pub balances: bool,
}

/// Events of one connection since it began, at its committed offset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionAccount {
    pub connection_id: String,
    pub destination_id: String,
    pub source_id: String,
    pub accepted: u64,
    pub delivered: u64,
    /// By reason, such as `connection_disabled`.
    pub filtered: BTreeMap<String, u64>,
    pub waiting: u64,
    /// By reason.
    pub dead: BTreeMap<String, u64>,
    pub erased: u64,
    pub expired: u64,
    pub balances: bool,
}

/// Events in the columnar store, at its committed offset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnalyticsAccount {
    pub accepted: u64,
    pub stored: u64,
    pub waiting: u64,
    pub erased: u64,
    pub balances: bool,
}

/// The way of one event through the system.
pub trait Receipts: Send + Sync {
    /// `None` if no item of this message id is known from the source (any more). If one was accepted
    /// it is that one, else the last that was refused, else one that waits.
    fn receipt(
        &self,
        workspace: WorkspaceNo,
        source: SourceNo,
        message_id: String,
    ) -> Answer<Option<Receipt>>;

    /// Of the item at a place in the log of what was received; `None` if it is not known (any more).
    fn receipt_at(&self, workspace: WorkspaceNo, received_offset: u64) -> Answer<Option<Receipt>>;
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    pub source_id: String,
    /// Absent if the item was turned away before it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// ISO 8601.
    pub received_at: String,
    /// Place in the log of what was received.
    pub received_offset: u64,
    pub outcome: ReceiptOutcome,
    /// The outcome in words.
    pub explanation: String,
    /// In the order of the way: received, checked, stored, delivered.
    pub stages: Vec<ReceiptStage>,
    pub deliveries: Vec<ReceiptDelivery>,
    /// The event in its final form, or as it came if it was not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventJson>,
    /// What is kept of an item that is not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What became of the event at the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum ReceiptOutcome {
    /// Durable; the pipeline has not looked at it yet.
    Waiting,
    Accepted {
        /// Place in the events log.
        offset: u64,
        /// Absent for an event without any identifier.
        #[serde(skip_serializing_if = "Option::is_none")]
        person: Option<u64>,
    },
    #[serde(rename_all = "camelCase")]
    Duplicate {
        /// Offset in the events log of the event that was first.
        of: u64,
        /// Its place in the log of what was received, while the event is kept.
        #[serde(skip_serializing_if = "Option::is_none")]
        first_received_offset: Option<u64>,
    },
    Refused {
        reason: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptStage {
    /// `received`, `pipeline` or `analytics`.
    pub stage: String,
    /// `done` or `waiting`.
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptDelivery {
    pub connection_id: String,
    pub destination_id: String,
    /// `delivered`, `waiting`, `filtered`, `dead` or `unknown` (no longer on record).
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The last request and answer, redacted, while they are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<ExchangeView>,
}

/// What is received, as it comes and what became of it: also what was refused or came twice.
pub trait LiveEvents: Send + Sync {
    /// Items below the place `before`, newest first.
    fn page(
        &self,
        workspace: WorkspaceNo,
        which: LiveQuery,
        before: Option<u64>,
        count: u32,
    ) -> Answer<LivePage>;

    /// Items from the place `from` on that were decided on, a bounded number.
    fn news(&self, workspace: WorkspaceNo, which: LiveQuery, from: u64) -> Answer<LiveNews>;

    /// The place up to which items were decided on; waits until it is beyond `past`, if given.
    /// An error means that the server stops.
    fn decided(&self, workspace: WorkspaceNo, past: Option<u64>) -> Answer<u64>;
}

/// All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveQuery {
    pub source: Option<SourceNo>,
    pub event_type: Option<sluice_event::EventType>,
    pub name: Option<String>,
    /// The number of a person, or a user id or anonymous id.
    pub person: Option<String>,
    pub state: Option<LiveState>,
    /// Stands somewhere in the event, whatever its case.
    pub text: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LiveState {
    /// The pipeline has not looked at it yet.
    Waiting,
    Accepted,
    Duplicate,
    Refused,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LivePage {
    pub rows: Vec<LiveEvent>,
    /// `before` of the next page; `None` at the end of what is kept. A page may be short, even empty,
    /// and not the last: so much was searched.
    pub next: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveNews {
    /// Oldest first.
    pub rows: Vec<LiveEvent>,
    /// Items that were not looked at, since more came than can be shown.
    pub skipped: u64,
    /// `from` of the next news.
    pub next: u64,
}

/// One item that was received and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LiveEvent {
    /// Names the row; `before` of the rows that are older, `after` of those that are newer.
    pub cursor: String,
    pub received_at: String,
    /// Absent if it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// A track's event name, a page's or screen's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub source_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<u64>,
    pub state: LiveState,
    /// Why it was refused, such as `no_user_anon_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// In words, why it was turned away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Place in the log of what was received; `GET /events/received/{offset}` gives the receipt.
    pub received_offset: u64,
    /// How far each destination is, as of this answer.
    pub deliveries: Vec<LiveDelivery>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LiveDelivery {
    pub destination_id: String,
    /// As in a receipt: `delivered`, `waiting`, `filtered`, `dead` or `unknown`.
    pub state: String,
}

/// The state of deliveries, and what their owners may do about them. The connections were found to
/// belong to the workspace.
pub trait Deliveries: Send + Sync {
    /// One per connection of the workspace.
    fn statuses(&self, workspace: WorkspaceNo) -> Answer<Vec<DeliveryStatus>>;

    /// Dead letters of a connection, oldest event first.
    fn dead_letters(&self, connection: String, which: DeadLetterQuery) -> Answer<DeadLetterPage>;

    /// Queues dead letters to be sent again; answers how many.
    fn send_again(&self, connection: String, which: SendAgain) -> Answer<u64>;

    /// Takes up a connection that was suspended.
    fn resume(&self, connection: String) -> Answer<()>;

    /// Sends one event to the connection's destination now, outside of every account. `event` is as
    /// a sender would write it, with a `type`. Invalid if it would be refused.
    fn test(&self, connection: String, event: serde_json::Value) -> Answer<DeliveryTest>;

    /// Asks the peer of the connection's destination to delete people. Invalid if it has no way to.
    fn delete_people(&self, connection: String, user_ids: Vec<String>) -> Answer<PeopleDeletion>;
}

/// What a peer said to a request to delete people.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeopleDeletion {
    pub verdict: DeletionVerdict,
    /// A stable code, such as `INVALID_SETTINGS`, unless all went well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it means, in words.
    pub explanation: String,
    /// The request and its answer, redacted; absent if nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<ExchangeView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeletionVerdict {
    /// The peer takes it on.
    Accepted,
    /// A passing failure: ask again later.
    Retry,
    /// It will not.
    Refused,
}

/// What a destination made of a test event.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryTest {
    pub verdict: TestVerdict,
    /// A stable code, such as `401`, unless it was delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the verdict means, in words.
    pub explanation: String,
    /// All requests and their answers in their order, redacted; none if nothing was sent.
    pub exchanges: Vec<ExchangeView>,
    pub took_ms: u64,
    /// The event as the destination got it.
    pub event: EventJson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TestVerdict {
    Delivered,
    /// A passing failure: a real event would be sent again later.
    Retry,
    /// The peer does not let us in: the destination would stop until somebody acts.
    Suspend,
    /// A real event like this would become a dead letter.
    Reject,
    /// A real event like this would not be sent.
    Filtered,
    /// The settings do not fit.
    Misfit,
}

/// A request and its answer, secrets blanked, each body at most 2 KiB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExchangeView {
    /// Method, URL and header lines.
    pub request_head: String,
    pub request_body: String,
    /// Absent if no answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    pub answer_body: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryStatus {
    pub connection_id: String,
    pub destination_id: String,
    pub source_id: String,
    /// `running`, `disabled`, `suspended`, `breaker_open` or `failed`.
    pub state: String,
    /// Since when it is not running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Why it is not running, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Next offset of the events log to look at.
    pub cursor: u64,
    /// Offsets of the events log that it has not looked at yet.
    pub behind: u64,
    /// Events of the source since the connection began, as far as they were looked at.
    pub received: u64,
    /// Events that wait to be sent or sent again.
    pub waiting: u64,
    pub delivered: u64,
    /// Events that were left out, by reason.
    pub filtered: BTreeMap<String, u64>,
    pub dead: u64,
    /// Dead letters that are kept, by reason.
    pub dead_by_reason: BTreeMap<String, u64>,
    /// Dead letters that are no longer kept.
    pub expired: u64,
    /// Attempts that were not the first of their event.
    pub retries: u64,
    /// Requests that are on the way at this moment.
    pub requests_in_flight: u64,
    /// Since the receipt of the oldest event that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_waiting_ms: Option<u64>,
    /// While the peer takes less than there is: how it is spared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttle: Option<DeliveryThrottle>,
    pub latency: DeliveryLatency,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<DeliveryFailure>,
    /// What was delivered, but not quite as it came; since the server started.
    pub warnings: Vec<DeliveryWarning>,
}

/// A peer that answered 429 or not in time gets fewer requests, and slowly more again.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryThrottle {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_at_a_time: Option<u64>,
    /// The peer asked for silence until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_until: Option<String>,
}

/// Events that a destination changed to send them, such as lists in lists for Amplitude.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryWarning {
    #[schema(example = "NESTED_ARRAY")]
    pub code: String,
    pub events: u64,
    /// Of the last one.
    #[schema(example = "a list in a list was sent as its JSON text")]
    pub message: String,
}

/// From receipt to the peer's acceptance, since the server started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryLatency {
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryFailure {
    pub at: String,
    pub code: String,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<ExchangeView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterGroup {
    pub connection_id: String,
    /// The stable code of the cause.
    pub reason: String,
    pub count: u64,
    /// The oldest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<DeadLetter>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Offset of the event in the events log; with the connection it names the dead letter.
    pub offset: u64,
    pub connection_id: String,
    pub message_id: String,
    pub reason: String,
    pub attempts: u32,
    pub at: String,
    /// What went wrong, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The last request and its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<ExchangeView>,
    /// The event, while it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventJson>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLetterQuery {
    pub reason: Option<String>,
    /// Only those with a larger offset.
    pub after: Option<u64>,
    /// At most so many.
    pub count: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeadLetterPage {
    pub letters: Vec<DeadLetter>,
    /// Whether there are more of the kind that was asked for.
    pub more: bool,
    /// All of the connection's, by reason.
    pub by_reason: BTreeMap<String, u64>,
}

/// Which dead letters to send again. Without reason and offsets: all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SendAgain {
    /// Only those of one cause.
    pub reason: Option<String>,
    /// Only those of these events.
    pub offsets: Option<Vec<u64>>,
}

/// People as identity resolution knows them.
pub trait People: Send + Sync {
    /// The person, or the one it was merged into.
    fn person(&self, workspace: WorkspaceNo, person: PersonId) -> Answer<Option<Person>>;

    /// Who has the identifier, after merges.
    fn find(&self, workspace: WorkspaceNo, id: ExternalId) -> Answer<Option<PersonId>>;

    /// Who each is after merges; nothing in place of who is not known.
    fn known(
        &self,
        workspace: WorkspaceNo,
        people: Vec<PersonKey>,
    ) -> Answer<Vec<Option<PersonId>>>;

    /// What stands in lists about people; who is not known is left out.
    fn summaries(
        &self,
        workspace: WorkspaceNo,
        people: Vec<PersonId>,
    ) -> Answer<Vec<PersonSummary>>;

    /// All people, those seen last first.
    fn list(
        &self,
        workspace: WorkspaceNo,
        before: Option<(i64, u64)>,
        count: u32,
    ) -> Answer<PeoplePage>;

    /// People with the text in an identifier or a trait.
    fn search(&self, workspace: WorkspaceNo, text: String, count: u32) -> Answer<PeopleFound>;

    /// Events of the person and of all that were merged into it, newest first.
    fn events(
        &self,
        workspace: WorkspaceNo,
        person: PersonId,
        which: PersonEventsQuery,
    ) -> Answer<PersonEvents>;

    /// Undoes a merge that the person came from; answers when the record is durable. Not found if the
    /// person has no such merge, conflict if it is undone already.
    fn undo_merge(
        &self,
        workspace: WorkspaceNo,
        person: PersonId,
        merge: MergeId,
        actor: Actor,
    ) -> Answer<()>;
}

/// A person in a list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonSummary {
    /// After merges.
    pub id: u64,
    /// The identifier to call them by: a user id before an e-mail address, that before any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main_id: Option<MainId>,
    /// From the traits `name`, or `firstName` and `lastName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Short plain ones: texts, numbers and truth values, at most thirty.
    pub traits: serde_json::Value,
    /// Time of the first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen_at: Option<String>,
    /// Time of the last event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<String>,
    /// How many events there are of them.
    pub events: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MainId {
    /// Such as `user_id` or `anonymous_id`.
    pub r#type: String,
    pub value: String,
}

/// A part of the list of people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeoplePage {
    pub people: Vec<PersonSummary>,
    /// `before` of the next page; `None` on the last.
    pub next: Option<(i64, u64)>,
}

/// What a search found: first who has the text as a whole identifier, then those seen last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeopleFound {
    pub people: Vec<PersonSummary>,
    pub search: SearchExtent,
}

/// How far a search went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchExtent {
    /// Records of people looked through for a part of a text, those created last first.
    pub looked_at: u64,
    /// Whether nobody else has the text. If not, write more of it: a whole identifier is found
    /// however many people there are.
    pub is_complete: bool,
}

/// Which events of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonEventsQuery {
    pub before: Option<(i64, u64)>,
    pub count: u32,
    /// Only those of this name.
    pub name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// After merges; may differ from the number that was asked for.
    pub id: u64,
    /// The identifier to call them by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main_id: Option<MainId>,
    /// From the traits `name`, or `firstName` and `lastName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub external_ids: Vec<PersonExternalId>,
    pub traits: serde_json::Value,
    /// Newest first.
    pub merges: Vec<PersonMerge>,
    /// Time of the first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen_at: Option<String>,
    /// Time of the last event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<String>,
    /// How many events there are of them.
    pub events: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonExternalId {
    /// Such as `user_id` or `anonymous_id`.
    pub r#type: String,
    pub value: String,
    /// The person it was attached to first, before merges.
    pub node: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonMerge {
    /// For undoing it; a number as text, since it may be too large for JavaScript.
    pub id: String,
    pub survivor: u64,
    pub absorbed: u64,
    pub at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonEvents {
    pub events: Vec<PersonEvent>,
    /// All events of the person, whatever was asked for, by name; most frequent first.
    pub names: Vec<PersonEventCount>,
    /// `before` of the next page: time in microseconds and offset; `None` on the last.
    pub next: Option<(i64, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonEventCount {
    pub name: String,
    pub count: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonEvent {
    /// Place in the events log.
    pub offset: u64,
    pub source_id: String,
    pub message_id: String,
    pub timestamp: String,
    /// The event as analytics counts it, such as `Page Viewed`.
    pub name: String,
    /// The event in its final form, while it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventJson>,
}
