//! Running parts that know only workspace 1, and the connections of its destinations.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use sluice_api::Handles;
use sluice_api::handles::{
    AnalyticsAccount, Answer, ConnectionAccount, DeadLetter, DeadLetterPage, DeadLetterQuery,
    DeletionVerdict, Deliveries, DeliveryStatus, DeliveryTest, Erasures, EventJson, EventName,
    EventSchema, ExchangeView, ExportPage, ExportQuery, ExportedEvent, Exports, HandleError,
    Ledger, Ledgers, LiveDelivery, LiveEvent, LiveEvents, LiveNews, LivePage, LiveQuery, LiveState,
    MainId, People, PeopleDeletion, PeopleFound, PeoplePage, Person, PersonEvent, PersonEventCount,
    PersonEvents, PersonEventsQuery, PersonExternalId, PersonKey, PersonMerge, PersonSummary,
    PropertyName, Questions, Receipt, ReceiptOutcome, ReceiptStage, Receipts, SearchExtent,
    SendAgain, SourceAccount, TestVerdict, Told, WorkspaceParts, blocking,
};
use sluice_destination_kit::{
    Action, Destination, DestinationKind, DeviceMode, Field, FieldKind, HttpOut, Settings,
    SettingsError, SettingsSchema,
};
use sluice_event::{ExternalId, MergeId, PersonId, SourceNo, WorkspaceNo};
use sluice_insights::{
    CohortDefinition, CohortSize, Explain, InsightError, InsightQuery, InsightResult, PeopleQuery,
    PersonEntry, Release,
};
use sluice_model::Actor;
use sluice_store::{Page, Store};

/// Stands in every answer about workspace 1; must reach nobody else.
pub(crate) const PLANTED: &str = "planted-of-workspace-1";

struct Kind(SettingsSchema, [Action; 1], DeviceMode);

/// Time of every event of the person, for cursors.
const PAGE_TIME: i64 = -5;

impl DestinationKind for Kind {
    fn slug(&self) -> &str {
        "webhook"
    }

    fn name(&self) -> &str {
        "Webhook"
    }

    fn description(&self) -> &str {
        "Posts events to a URL."
    }

    fn settings(&self) -> &SettingsSchema {
        &self.0
    }

    fn actions(&self) -> &[Action] {
        &self.1
    }

    fn device_mode(&self) -> Option<&DeviceMode> {
        Some(&self.2)
    }

    fn build(&self, _: Settings, _: HttpOut) -> Result<Arc<dyn Destination>, SettingsError> {
        Err(SettingsError::one("", "the API builds no destinations"))
    }
}

pub(crate) fn kind() -> Arc<dyn DestinationKind> {
    let schema = SettingsSchema::new(vec![
        Field::new("url", "URL", "Where to post.", FieldKind::Url).required(),
        Field::new("sharedSecret", "Shared secret", "Signs requests.", FieldKind::Text)
            .signing_secret(),
        Field::new("batchSize", "Batch size", "Events.", FieldKind::Integer { min: 1, max: 100 })
            .default_value(10),
    ]);
    let action = r#"{ "slug": "send", "title": "Send", "fields": [
        { "key": "text", "label": "Text", "type": "string", "required": true }] }"#;
    let device_mode =
        DeviceMode { plugin: "fake".to_owned(), settings: Vec::new(), is_only: false };
    Arc::new(Kind(schema, [serde_json::from_str(action).unwrap()], device_mode))
}

pub(crate) fn handles(store: &Store) -> Handles {
    let fake = Arc::new(Fake(store.clone()));
    Handles {
        questions: fake.clone(),
        deliveries: fake.clone(),
        receipts: fake.clone(),
        live: fake.clone(),
        ledgers: fake.clone(),
        people: fake.clone(),
        schema: fake.clone(),
        exports: fake.clone(),
        erasures: fake.clone(),
        workspaces: fake,
    }
}

struct Fake(Store);

fn is_ours(workspace: WorkspaceNo) -> bool {
    workspace == WorkspaceNo(1)
}

fn now<T: Send + 'static>(answer: T) -> Answer<T> {
    Box::pin(std::future::ready(Ok(answer)))
}

fn summary(id: u64) -> PersonSummary {
    PersonSummary {
        id,
        main_id: Some(MainId { r#type: "user_id".to_owned(), value: PLANTED.to_owned() }),
        name: None,
        traits: json!({ "plan": "pro" }),
        first_seen_at: None,
        last_seen_at: None,
        events: 5,
    }
}

fn letter(connection: &str, offset: u64, reason: &str) -> DeadLetter {
    DeadLetter {
        offset,
        connection_id: connection.to_owned(),
        message_id: format!("m{offset}"),
        reason: reason.to_owned(),
        attempts: 3,
        at: "2026-01-01T00:00:00.000Z".to_owned(),
        detail: Some(PLANTED.to_owned()),
        exchange: None,
        event: None,
    }
}

impl WorkspaceParts for Fake {
    fn start(&self, _: sluice_model::Workspace) -> Answer<()> {
        now(())
    }
}

impl Erasures for Fake {
    fn erase(
        &self,
        no: WorkspaceNo,
        people: Vec<PersonId>,
        by: String,
        actor: Actor,
    ) -> Answer<()> {
        let store = self.0.clone();
        blocking(move || {
            let people: Vec<u64> = people.iter().map(|person| person.0).collect();
            store
                .erasure_add(no, &people, &by, &actor)
                .map_err(|error| HandleError::Internal(error.to_string()))
        })
    }
}

impl Deliveries for Fake {
    fn statuses(&self, workspace: WorkspaceNo) -> Answer<Vec<DeliveryStatus>> {
        let store = self.0.clone();
        blocking(move || {
            if !is_ours(workspace) {
                return Ok(Vec::new());
            }
            let all = store
                .destination_list(workspace, Page::ALL)
                .map_err(|error| HandleError::Internal(error.to_string()))?;
            let status = |connection: sluice_model::Connection| DeliveryStatus {
                connection_id: connection.id,
                source_id: connection.source_id.into_string(),
                state: "running".to_owned(),
                delivered: 7,
                ..DeliveryStatus::default()
            };
            Ok(all.items.into_iter().flat_map(|one| one.connections).map(status).collect())
        })
    }

    fn dead_letters(&self, connection: String, which: DeadLetterQuery) -> Answer<DeadLetterPage> {
        let all = [(5, "400"), (9, "timeout"), (11, "400")];
        let mut page = DeadLetterPage::default();
        for (offset, reason) in all {
            *page.by_reason.entry(reason.to_owned()).or_default() += 1;
            let asked = which.after.is_none_or(|after| offset > after)
                && which.reason.as_ref().is_none_or(|wanted| wanted == reason);
            if asked && page.letters.len() < which.count as usize {
                page.letters.push(letter(&connection, offset, reason));
            } else {
                page.more |= asked;
            }
        }
        now(page)
    }

    fn send_again(&self, _: String, which: SendAgain) -> Answer<u64> {
        now(which.offsets.map_or(3, |offsets| offsets.len() as u64))
    }

    fn resume(&self, _: String) -> Answer<()> {
        now(())
    }

    fn delete_people(&self, _: String, user_ids: Vec<String>) -> Answer<PeopleDeletion> {
        now(PeopleDeletion {
            verdict: DeletionVerdict::Accepted,
            code: None,
            explanation: format!("{} people", user_ids.len()),
            exchange: None,
        })
    }

    fn test(&self, _: String, event: serde_json::Value) -> Answer<DeliveryTest> {
        now(DeliveryTest {
            verdict: TestVerdict::Suspend,
            code: Some("401".to_owned()),
            explanation: PLANTED.to_owned(),
            exchanges: vec![ExchangeView {
                request_head: "POST https://example.com/hook".to_owned(),
                request_body: event["event"].to_string(),
                status: Some(401),
                answer_body: "no".to_owned(),
            }],
            took_ms: 3,
            event: EventJson(event.to_string().into()),
        })
    }
}

impl Receipts for Fake {
    fn receipt(
        &self,
        workspace: WorkspaceNo,
        _: SourceNo,
        message_id: String,
    ) -> Answer<Option<Receipt>> {
        let is_known = is_ours(workspace) && message_id != "unknown";
        let outcome = ReceiptOutcome::Accepted { offset: 4, person: Some(1) };
        now(is_known.then(|| receipt(Some(message_id), outcome, "Accepted.")))
    }

    fn receipt_at(&self, workspace: WorkspaceNo, received_offset: u64) -> Answer<Option<Receipt>> {
        let outcome = ReceiptOutcome::Refused { reason: "no_user_anon_id".to_owned() };
        let is_known = is_ours(workspace) && received_offset == 3;
        now(is_known.then(|| receipt(None, outcome, "No userId or anonymousId.")))
    }
}

fn receipt(message_id: Option<String>, outcome: ReceiptOutcome, explanation: &str) -> Receipt {
    Receipt {
        source_id: "s".to_owned(),
        message_id,
        received_at: "2026-01-01T00:00:00.000Z".to_owned(),
        received_offset: 3,
        outcome,
        explanation: explanation.to_owned(),
        stages: vec![ReceiptStage {
            stage: "received".to_owned(),
            state: "done".to_owned(),
            at: None,
            detail: None,
        }],
        deliveries: Vec::new(),
        event: Some(EventJson(json!({ "type": "track", "event": PLANTED }).to_string().into())),
        text: None,
    }
}

/// Rows 0 to 5, of which 0 and 1 are no longer shown by the stream.
impl LiveEvents for Fake {
    fn page(
        &self,
        workspace: WorkspaceNo,
        which: LiveQuery,
        before: Option<u64>,
        count: u32,
    ) -> Answer<LivePage> {
        if !is_ours(workspace) {
            return now(LivePage::default());
        }
        let is_taken = |offset: &u64| {
            before.is_none_or(|before| *offset < before)
                && which.state.is_none_or(|state| live_row(*offset).state == state)
        };
        let rows: Vec<_> = (0..6).rev().filter(is_taken).take(count as usize).collect();
        let next = rows.last().copied().filter(|last| *last > 0);
        now(LivePage { rows: rows.into_iter().map(live_row).collect(), next })
    }

    fn news(&self, workspace: WorkspaceNo, _: LiveQuery, from: u64) -> Answer<LiveNews> {
        let rows = (from.max(2)..6).filter(|_| is_ours(workspace)).map(live_row).collect();
        now(LiveNews { rows, skipped: 2_u64.saturating_sub(from), next: 6 })
    }

    fn decided(&self, _: WorkspaceNo, past: Option<u64>) -> Answer<u64> {
        match past {
            None => now(1),
            Some(past) if past < 6 => now(6),
            Some(_) => Box::pin(std::future::ready(Err(HandleError::Busy {
                message: "the server is stopping".to_owned(),
                retry_after_seconds: 5,
            }))),
        }
    }
}

fn live_row(offset: u64) -> LiveEvent {
    let is_refused = offset % 2 == 1;
    LiveEvent {
        cursor: offset.to_string(),
        received_at: "2026-01-01T00:00:00.000Z".to_owned(),
        r#type: Some("track".to_owned()),
        name: Some(PLANTED.to_owned()),
        source_id: "s".to_owned(),
        message_id: Some(format!("m{offset}")),
        user_id: (!is_refused).then(|| "u".to_owned()),
        anonymous_id: None,
        person_id: (!is_refused).then_some(1),
        state: if is_refused { LiveState::Refused } else { LiveState::Accepted },
        reason: is_refused.then(|| "no_user_anon_id".to_owned()),
        explanation: is_refused.then(|| "No userId or anonymousId.".to_owned()),
        received_offset: offset,
        deliveries: (!is_refused)
            .then(|| LiveDelivery { destination_id: "d".to_owned(), state: "delivered".to_owned() })
            .into_iter()
            .collect(),
    }
}

impl Ledgers for Fake {
    fn ledger(&self, workspace: WorkspaceNo) -> Answer<Ledger> {
        if !is_ours(workspace) {
            return now(Ledger { balances: true, ..Ledger::default() });
        }
        let source = SourceAccount {
            source_id: PLANTED.to_owned(),
            received: 10,
            accepted: 7,
            duplicate: 2,
            refused: BTreeMap::from([("no_user_anon_id".to_owned(), 1)]),
            balances: true,
        };
        let connection =
            ConnectionAccount { accepted: 7, delivered: 7, balances: true, ..Default::default() };
        now(Ledger {
            balances: true,
            waiting_for_pipeline: 0,
            sources: vec![source],
            connections: vec![connection],
            analytics: AnalyticsAccount {
                accepted: 7,
                stored: 7,
                balances: true,
                ..Default::default()
            },
        })
    }
}

impl People for Fake {
    fn person(&self, workspace: WorkspaceNo, person: PersonId) -> Answer<Option<Person>> {
        let person = (is_ours(workspace) && person == PersonId(1)).then(|| Person {
            id: 1,
            main_id: None,
            name: None,
            external_ids: vec![PersonExternalId {
                r#type: "user_id".to_owned(),
                value: PLANTED.to_owned(),
                node: 1,
            }],
            traits: json!({ "plan": "pro" }),
            merges: vec![PersonMerge {
                id: "640".to_owned(),
                survivor: 1,
                absorbed: 3,
                at: "2026-01-01T00:00:00.000Z".to_owned(),
                undone_at: None,
            }],
            first_seen_at: None,
            last_seen_at: None,
            events: 5,
        });
        now(person)
    }

    /// `user-1` to `user-5` are known.
    fn known(
        &self,
        workspace: WorkspaceNo,
        people: Vec<PersonKey>,
    ) -> Answer<Vec<Option<PersonId>>> {
        let number = |key: PersonKey| match key {
            PersonKey::Number(person) => Some(person.0),
            PersonKey::UserId(id) => id.strip_prefix("user-")?.parse().ok(),
        };
        let known = |number: &u64| is_ours(workspace) && (1..=5).contains(number);
        now(people.into_iter().map(|key| number(key).filter(known).map(PersonId)).collect())
    }

    fn summaries(
        &self,
        workspace: WorkspaceNo,
        people: Vec<PersonId>,
    ) -> Answer<Vec<PersonSummary>> {
        let ours = people.into_iter().filter(|_| is_ours(workspace));
        now(ours.map(|person| summary(person.0)).collect())
    }

    fn list(
        &self,
        workspace: WorkspaceNo,
        before: Option<(i64, u64)>,
        count: u32,
    ) -> Answer<PeoplePage> {
        assert!(before.is_none_or(|(at, _)| at == PAGE_TIME), "the cursor lost its time");
        let ids = (1..=5_u64).rev().filter(|id| before.is_none_or(|(_, before)| *id < before));
        let ids = ids.filter(|_| is_ours(workspace));
        let people: Vec<PersonSummary> = ids.take(count as usize).map(summary).collect();
        let next = people.last().map(|last| (PAGE_TIME, last.id)).filter(|(_, id)| *id > 1);
        now(PeoplePage { people, next })
    }

    fn search(&self, workspace: WorkspaceNo, text: String, count: u32) -> Answer<PeopleFound> {
        let ids = (1..=5_u64).filter(|_| is_ours(workspace) && text != "nobody");
        let people: Vec<PersonSummary> = ids.take(count as usize).map(summary).collect();
        let is_complete = people.len() < count as usize;
        now(PeopleFound { people, search: SearchExtent { looked_at: 5, is_complete } })
    }

    fn find(&self, workspace: WorkspaceNo, id: ExternalId) -> Answer<Option<PersonId>> {
        now((is_ours(workspace) && id == ExternalId::new("user_id", "a:b")).then_some(PersonId(1)))
    }

    fn events(
        &self,
        workspace: WorkspaceNo,
        person: PersonId,
        which: PersonEventsQuery,
    ) -> Answer<PersonEvents> {
        let PersonEventsQuery { before, count, .. } = which;
        if !is_ours(workspace) || person != PersonId(1) {
            let error = HandleError::NotFound { what: "person", id: person.0.to_string() };
            return Box::pin(std::future::ready(Err(error)));
        }
        assert!(before.is_none_or(|(at, _)| at == PAGE_TIME), "the cursor lost its time");
        let offsets =
            (1..=5_u64).rev().filter(|offset| before.is_none_or(|(_, before)| *offset < before));
        let events: Vec<PersonEvent> = offsets
            .take(count as usize)
            .map(|offset| PersonEvent {
                offset,
                source_id: "s".to_owned(),
                message_id: format!("m{offset}"),
                timestamp: "2026-01-01T00:00:00.000Z".to_owned(),
                name: PLANTED.to_owned(),
                event: None,
            })
            .collect();
        let next = events.last().map(|last| last.offset).filter(|last| *last > 1);
        let next = next.map(|offset| (PAGE_TIME, offset));
        let names = vec![PersonEventCount { name: PLANTED.to_owned(), count: 5 }];
        now(PersonEvents { events, names, next })
    }

    fn undo_merge(
        &self,
        workspace: WorkspaceNo,
        person: PersonId,
        merge: MergeId,
        actor: Actor,
    ) -> Answer<()> {
        assert!(!actor.id.is_empty());
        let known = is_ours(workspace) && person == PersonId(1) && merge == MergeId(640);
        let error = HandleError::NotFound { what: "merge", id: merge.0.to_string() };
        Box::pin(std::future::ready(if known { Ok(()) } else { Err(error) }))
    }
}

/// Two events an hour apart, in a part each.
impl Exports for Fake {
    fn page(&self, workspace: WorkspaceNo, which: ExportQuery) -> Answer<ExportPage> {
        let event = |offset: u64| ExportedEvent {
            offset,
            received_micros: 1_772_366_400_000_000 + 3_600_000_000 * offset as i64,
            name: PLANTED.to_owned(),
            person: 1,
            event: EventJson(json!({ "event": PLANTED, "userId": "a" }).to_string().into()),
            traits: Some(Arc::from(r#"{"plan":"pro"}"#)),
        };
        let is_asked = |one: &ExportedEvent| {
            (which.from_micros..which.to_micros).contains(&one.received_micros)
        };
        let events = [event(which.from_offset)].into_iter();
        now(ExportPage {
            events: events.filter(|one| is_ours(workspace) && is_asked(one)).collect(),
            next: (which.from_offset == 0).then_some(1),
        })
    }
}

impl EventSchema for Fake {
    fn event_names(&self, workspace: WorkspaceNo) -> Answer<Vec<EventName>> {
        let name = EventName {
            name: PLANTED.to_owned(),
            told: Told::default(),
            count: Some(3),
            is_active: true,
            last_seen_at: None,
        };
        now(if is_ours(workspace) { vec![name] } else { Vec::new() })
    }

    fn releases(&self, workspace: WorkspaceNo) -> Answer<Vec<Release>> {
        let release = Release {
            app: Some(PLANTED.to_owned()),
            version: "4.2".to_owned(),
            at: "2026-03-01T09:00:00Z".to_owned(),
            events: 3,
        };
        now(if is_ours(workspace) { vec![release] } else { Vec::new() })
    }

    fn dictionary_changed(&self, workspace: WorkspaceNo) -> Answer<()> {
        assert!(workspace.0 > 0);
        now(())
    }

    fn properties(
        &self,
        workspace: WorkspaceNo,
        event: Option<String>,
    ) -> Answer<Vec<PropertyName>> {
        let name = PropertyName {
            name: PLANTED.to_owned(),
            told: Told::default(),
            of: "event".to_owned(),
            types: vec!["string".to_owned()],
            count: 3,
            last_seen_at: None,
            samples: event.into_iter().collect(),
        };
        now(if is_ours(workspace) { vec![name] } else { Vec::new() })
    }
}

impl Questions for Fake {
    fn ask(
        &self,
        workspace: WorkspaceNo,
        time_zone: String,
        query: InsightQuery,
    ) -> Answer<InsightResult, InsightError> {
        let _ = (workspace, time_zone, query);
        Box::pin(std::future::ready(Err(InsightError::Busy)))
    }

    fn cohort_size(
        &self,
        workspace: WorkspaceNo,
        _: String,
        definition: CohortDefinition,
    ) -> Answer<CohortSize, InsightError> {
        let people = if is_ours(workspace) { definition.clauses.len() as u64 } else { 0 };
        let size = CohortSize { people, of: 5, explain: Explain::default() };
        Box::pin(std::future::ready(Ok(size)))
    }

    fn cohort_people(
        &self,
        workspace: WorkspaceNo,
        time_zone: String,
        _: CohortDefinition,
        page: sluice_insights::Page,
    ) -> Answer<sluice_insights::People, InsightError> {
        let query = json!({
            "kind": "trend", "query": { "range": { "last_days": 7 }, "events": [] }, "point": {},
        });
        match serde_json::from_value(query) {
            Ok(query) => self.people(workspace, time_zone, query, page),
            Err(error) => {
                Box::pin(std::future::ready(Err(InsightError::Invalid(error.to_string()))))
            }
        }
    }

    fn people(
        &self,
        workspace: WorkspaceNo,
        _: String,
        _: PeopleQuery,
        page: sluice_insights::Page,
    ) -> Answer<sluice_insights::People, InsightError> {
        let total: u64 = if is_ours(workspace) { 5 } else { 0 };
        let mut people: Vec<PersonEntry> = (1..=total)
            .filter(|person| page.after.is_none_or(|after| *person > after))
            .map(|person| PersonEntry { person, group: None, times: vec![PLANTED.to_owned()] })
            .collect();
        let more = people.len() > page.limit;
        people.truncate(page.limit);
        let next = people.last().filter(|_| more).map(|last| last.person);
        Box::pin(std::future::ready(Ok(sluice_insights::People {
            total,
            people,
            next,
            explain: Explain::default(),
        })))
    }
}
