//! The running service: from the events log to an answer, and back after a restart.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::json;
use sluice_base::{OsDisk, SystemClock, Timestamp};
use sluice_event::{EventBatch, Offset, PersonId, SourceNo, StoredEvent};
use sluice_insights::{
    Analytics, AnalyticsConfig, Calendar, Cohorts, CustomEvent, Dictionary, ErrorKind, EventsPage,
    InsightQuery, InsightResult, Page, PeopleQuery,
};
use sluice_log::{Log, LogConfig};

use crate::world::{New, event, micros};

fn append(log: &Log, names: &[&str]) -> u64 {
    let base = log.synced();
    let mut batch = EventBatch {
        consumed_to: Offset(base),
        decided_at: Timestamp::ZERO,
        turned_away: Vec::new(),
        decisions: Vec::new(),
        counts: Vec::new(),
        trait_sets: Vec::new(),
        events: Vec::new(),
    };
    for (index, name) in names.iter().enumerate() {
        let seq = base + 1 + index as u64;
        let new = New {
            time: micros("2026-03-01T10:00:00Z") + seq as i64 * 1_000_000,
            person: 7,
            name: (*name).to_owned(),
            props: json!({ "n": seq, "who": "me" }),
            traits: None,
            session: None,
        };
        batch.events.push(StoredEvent {
            source: SourceNo(3),
            received_offset: Offset(seq),
            person: PersonId(7),
            canonical: PersonId(7),
            traits: 0,
            event: event(seq, &new),
        });
    }
    let mut bytes = Vec::new();
    batch.encode(&mut bytes);
    assert_eq!(log.append_durable(1, batch.offsets(), &bytes).unwrap(), base);
    base + batch.offsets()
}

fn wait(analytics: &Analytics, offset: u64) {
    let started = Instant::now();
    while analytics.cursor().0 < offset {
        assert!(started.elapsed() < Duration::from_secs(5), "not queryable within five seconds");
        assert!(analytics.failure().is_none(), "{:?}", analytics.failure());
        std::thread::yield_now();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn an_event_of_the_log_is_queryable_and_still_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock);
    let log =
        Log::open(Arc::new(OsDisk), dir.path().join("events"), LogConfig::default(), clock.clone())
            .unwrap();
    let start = || {
        let parts = dir.path().join("parts");
        Analytics::start(
            Arc::new(OsDisk),
            parts,
            log.clone(),
            clock.clone(),
            AnalyticsConfig::default(),
        )
        .unwrap()
    };
    let analytics = start();
    wait(&analytics, append(&log, &["Open", "Buy", "Buy"]));
    analytics.stop();
    let end = append(&log, &["Open"]);
    let analytics = start();
    wait(&analytics, end);
    assert_eq!(analytics.context(Calendar::default()).snapshot.stored()[&SourceNo(3)], 4);

    let trend = json!({
        "kind": "trend",
        "range": { "start": "2026-03-01", "end": "2026-03-01" },
        "events": [{ "event": "Buy" }],
        "measure": "totals",
    });
    let query = InsightQuery::from_json(&trend.to_string()).unwrap();
    let InsightResult::Trend(result) =
        block_on(analytics.query(query, Cohorts::default(), Calendar::default())).unwrap()
    else {
        panic!("a trend")
    };
    assert_eq!(result.series[0].total, Some(2.0));

    let funnel = json!({
        "kind": "funnel",
        "query": {
            "range": { "start": "2026-03-01", "end": "2026-03-01" },
            "steps": [{ "event": "Open" }, { "event": "Buy" }],
        },
        "point": { "step": 2 },
    });
    let query: PeopleQuery = serde_json::from_value(funnel).unwrap();
    let page = Page { after: None, limit: 10 };
    let list =
        block_on(analytics.people(query, page, Cohorts::default(), Calendar::default())).unwrap();
    assert_eq!(list.people.iter().map(|one| one.person).collect::<Vec<_>>(), [7]);

    check_lists(&analytics);
    check_dictionary(&analytics);
    analytics.stop();
    let error = block_on(analytics.event_names()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    log.stop();
}

/// One person with four events: Open, Buy, Buy, Open.
fn check_lists(analytics: &Analytics) {
    let page = EventsPage { before: None, limit: 3, name: None };
    let events = block_on(analytics.person_events(7, page)).unwrap();
    assert_eq!(events.total, 4);
    assert_eq!(
        events.events.iter().map(|one| one.event.as_str()).collect::<Vec<_>>(),
        ["Open", "Buy", "Buy"]
    );
    assert_eq!(events.events[1].properties["who"], json!("me"));
    let page = EventsPage { before: events.next, limit: 3, name: None };
    let rest = block_on(analytics.person_events(7, page)).unwrap();
    assert_eq!((rest.events.len(), rest.next), (1, None));

    let page = EventsPage { before: None, limit: 3, name: Some("Buy".to_owned()) };
    let bought = block_on(analytics.person_events(7, page)).unwrap();
    assert_eq!((bought.total, bought.events.len(), bought.next), (4, 2, None));
    let names: Vec<_> = bought.names.iter().map(|one| (one.name.as_str(), one.count)).collect();
    assert_eq!(names, [("Buy", 2), ("Open", 2)]);

    let names = block_on(analytics.event_names()).unwrap();
    assert_eq!(
        names.iter().map(|one| (one.name.as_str(), one.count)).collect::<Vec<_>>(),
        [("Buy", 2), ("Open", 2)]
    );
    let properties = block_on(analytics.properties(Some("Buy".to_owned()))).unwrap();
    let seen: Vec<_> =
        properties.iter().map(|one| (one.name.as_str(), one.types[0].clone())).collect();
    assert_eq!(seen, [("n", ("number".to_owned(), 2)), ("who", ("string".to_owned(), 2))]);
}

fn check_dictionary(analytics: &Analytics) {
    let read = |dictionary: Dictionary| {
        analytics.read_dictionary(|| Ok::<_, Infallible>(dictionary)).unwrap();
    };
    let rows = |event: &str| {
        let found = block_on(analytics.properties(Some(event.to_owned()))).unwrap();
        found.iter().find(|one| one.name == "n").map(|one| one.types[0].1)
    };
    let any_of = serde_json::from_value(json!([{ "event": "Open" }, { "event": "Buy" }])).unwrap();
    let any = CustomEvent { label: "Any".to_owned(), any_of };
    read(Dictionary::default().with_custom("Any", any));
    assert_eq!((rows("ce:Any"), rows("Open")), (Some(4), Some(2)));
    assert!(block_on(analytics.properties(Some("ce:No".to_owned()))).is_err());
    let renamed = || Dictionary::default().with_renamed("Open", "Buy");
    read(renamed());
    assert_eq!((rows("Buy"), rows("Open")), (Some(4), Some(4)), "either name is both");
    read(renamed().with_left_out("Buy"));
    assert_eq!(rows("Buy"), None);

    // Who begins to read before a change may not undo it.
    let (begun, has_begun) = channel();
    let (go, may_go) = channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let slow = || {
                begun.send(()).unwrap();
                may_go.recv().unwrap();
                Ok::<_, Infallible>(Dictionary::default())
            };
            analytics.read_dictionary(slow).unwrap();
        });
        has_begun.recv().unwrap();
        let later = scope.spawn(|| read(renamed()));
        for _ in 0..10_000 {
            if later.is_finished() {
                break;
            }
            std::thread::yield_now();
        }
        go.send(()).unwrap();
    });
    assert_eq!(rows("Buy"), Some(4), "what was read last counts");
    read(Dictionary::default());
}
