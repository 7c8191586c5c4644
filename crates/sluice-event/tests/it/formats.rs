//! Both record formats: decoding undoes encoding, no bytes make the reader panic, and records
//! written by the first release still read. The frozen samples are never edited: a new version of
//! a format gets new ones beside them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use proptest::prelude::*;
use sluice_base::Timestamp;
use sluice_event::{
    Decision, Endpoint, Event, EventBatch, EventType, ExternalId, MergeId, Offset, PersonId,
    ReceivedItem, ReceivedRequest, Refusal, SourceCounts, SourceNo, StoredEvent, TraitSet,
    TurnedAway, Verdicts, Why,
};

const RECEIVED_V1: &str = include_str!("../frozen/received-v1.hex");
const BATCH_V1: &str = include_str!("../frozen/batch-v1.hex");
const BATCH_V2: &str = include_str!("../frozen/batch-v2.hex");
const BATCH_V3: &str = include_str!("../frozen/batch-v3.hex");

fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn sample_request() -> ReceivedRequest<'static> {
    ReceivedRequest {
        source: SourceNo(300),
        received_at: Timestamp::from_micros(1_772_366_400_123_456),
        endpoint: Endpoint::Single { event_type: EventType::Identify, short: true },
        ip: Some("2001:db8::7".parse().unwrap()),
        user_agent: Some("Mozilla/5.0 é"),
        sent_at: Some("\"2026-03-01T12:00:00Z\""),
        context: Some(r#"{"library":{"name":"x"}}"#),
        integrations: None,
        items: vec![
            ReceivedItem::Event(r#"{"userId":"u","traits":{"plan":null}}"#),
            ReceivedItem::Stub {
                refusal: Refusal::MessageTooLarge,
                size: 40_000,
                head: "{\"event\":",
            },
        ],
    }
}

fn sample_batch() -> EventBatch {
    let at = Timestamp::from_micros(1_772_366_400_000_001);
    let event = Event {
        event_type: EventType::Track,
        message_id: "m-1".into(),
        anonymous_id: Some("a".into()),
        user_id: None,
        group_id: Some("g".into()),
        previous_id: None,
        name: "Order Completed".into(),
        original_timestamp: Some(Timestamp::from_micros(-5)),
        sent_at: None,
        received_at: at,
        timestamp: at,
        session_id: -1,
        json: r#"{"properties":{"a":1},"context":{},"integrations":{}}"#.into(),
        body: 14..21,
        context: 32..34,
        integrations: 50..52,
    };
    EventBatch {
        consumed_to: Offset(1_000),
        decided_at: at,
        turned_away: vec![
            TurnedAway {
                received_offset: Offset(990),
                source: SourceNo(3),
                why: Why::Duplicate { of: Offset(12) },
            },
            TurnedAway {
                received_offset: Offset(998),
                source: SourceNo(3),
                why: Why::Refused { reason: Refusal::NoUserAnonId, message_id: Some("m-0".into()) },
            },
        ],
        decisions: vec![
            Decision::Create { person: PersonId(7), at },
            Decision::Attach { person: PersonId(7), id: ExternalId::new("anonymous_id", "a"), at },
            Decision::Merge {
                merge: MergeId(129),
                survivor: PersonId(7),
                absorbed: PersonId(9),
                at,
            },
            Decision::Undo { merge: MergeId(129), at },
            Decision::Erase { person: PersonId(9), at },
        ],
        counts: vec![(
            SourceNo(3),
            SourceCounts {
                received: 10,
                accepted: 7,
                duplicate: 1,
                refused: BTreeMap::from([(Refusal::NoUserAnonId, 2)]),
            },
        )],
        trait_sets: vec![TraitSet {
            person: PersonId(7),
            version: Offset(6),
            json: "{\"plan\":1}".into(),
        }],
        events: vec![StoredEvent {
            source: SourceNo(3),
            received_offset: Offset(999),
            person: PersonId(7),
            canonical: PersonId(7),
            traits: 1,
            event,
        }],
    }
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_first_received_record_still_reads() {
    let mut bytes = Vec::new();
    sample_request().encode(&mut bytes);
    expect_test::expect_file!["../frozen/received-v1.hex"].assert_eq(&hex_of(&bytes));
    assert_eq!(ReceivedRequest::decode(&from_hex(RECEIVED_V1)).unwrap(), sample_request());
}

#[test]
fn the_first_event_batch_still_reads() {
    let batch = EventBatch { turned_away: Vec::new(), ..second_batch() };
    assert_eq!(EventBatch::decode(&from_hex(BATCH_V1)).unwrap(), batch);
}

/// There were no erasures then.
fn second_batch() -> EventBatch {
    let mut batch = sample_batch();
    batch.decisions.pop();
    batch
}

#[test]
fn the_second_event_batch_still_reads_and_its_verdicts_alone() {
    assert_eq!(EventBatch::decode(&from_hex(BATCH_V2)).unwrap(), second_batch());
    let verdicts = Verdicts::decode(&from_hex(BATCH_V2)).unwrap();
    assert_eq!(verdicts.consumed_to, sample_batch().consumed_to);
    assert_eq!(verdicts.turned_away, sample_batch().turned_away);
}

#[test]
fn the_third_event_batch_still_reads() {
    let mut bytes = Vec::new();
    sample_batch().encode(&mut bytes);
    expect_test::expect_file!["../frozen/batch-v3.hex"].assert_eq(&hex_of(&bytes));
    assert_eq!(EventBatch::decode(&from_hex(BATCH_V3)).unwrap(), sample_batch());
}

#[test]
fn an_erased_person_leaves_a_record_of_the_same_length_and_nothing_else() {
    let mut batch = sample_batch();
    let mut other = batch.events[0].clone();
    other.person = PersonId(8);
    batch.events.push(other.clone());
    let offsets = batch.offsets();
    assert!(!batch.clone().erase(|person| person == PersonId(1)));
    assert!(batch.erase(|person| person == PersonId(7)));
    assert!(batch.forget_refused(|offset| offset == Offset(998)));
    assert_eq!(batch.offsets(), offsets);
    assert!(batch.events[0].is_erased() && !batch.events[1].is_erased());
    assert_eq!(batch.events[1], other);
    let mut bytes = Vec::new();
    batch.encode(&mut bytes);
    assert_eq!(EventBatch::decode(&bytes).unwrap(), batch);
    batch.events.pop();
    bytes.clear();
    batch.encode(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    for gone in ["Order Completed", "m-0", "m-1", "anonymous_id", "plan", "properties"] {
        assert!(!text.contains(gone), "{gone}");
    }
    assert!(!batch.erase(|person| person == PersonId(7)), "once is enough");
}

#[test]
fn an_unknown_version_is_named() {
    let error = EventBatch::decode(&[200]).unwrap_err().to_string();
    assert!(error.contains("200") && error.contains("newer"), "{error}");
}

#[test]
fn a_record_cut_short_or_too_long_does_not_read() {
    let mut bytes = Vec::new();
    sample_batch().encode(&mut bytes);
    for len in 0..bytes.len() {
        assert!(EventBatch::decode(&bytes[..len]).is_err(), "{len}");
    }
    bytes.push(0);
    assert!(EventBatch::decode(&bytes).is_err());
    let mut bytes = Vec::new();
    sample_request().encode(&mut bytes);
    for len in 0..bytes.len() {
        assert!(ReceivedRequest::decode(&bytes[..len]).is_err(), "{len}");
    }
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_micros)
}

fn arc() -> impl Strategy<Value = Arc<str>> {
    ".{0,12}".prop_map(Arc::from)
}

fn decision() -> impl Strategy<Value = Decision> {
    prop_oneof![
        (any::<u64>(), time())
            .prop_map(|(person, at)| Decision::Create { person: PersonId(person), at }),
        (any::<u64>(), arc(), arc(), time()).prop_map(|(person, kind, value, at)| {
            Decision::Attach { person: PersonId(person), id: ExternalId { kind, value }, at }
        }),
        (any::<u64>(), any::<u64>(), any::<u64>(), time()).prop_map(
            |(merge, survivor, absorbed, at)| {
                Decision::Merge {
                    merge: MergeId(merge),
                    survivor: PersonId(survivor),
                    absorbed: PersonId(absorbed),
                    at,
                }
            }
        ),
        (any::<u64>(), time()).prop_map(|(merge, at)| Decision::Undo { merge: MergeId(merge), at }),
        (any::<u64>(), time())
            .prop_map(|(person, at)| Decision::Erase { person: PersonId(person), at }),
    ]
}

fn counts() -> impl Strategy<Value = SourceCounts> {
    let refused =
        prop::collection::btree_map(prop::sample::select(Refusal::ALL), any::<u64>(), 0..4);
    (any::<u64>(), any::<u64>(), any::<u64>(), refused).prop_map(
        |(received, accepted, duplicate, refused)| SourceCounts {
            received,
            accepted,
            duplicate,
            refused,
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    let ids = (
        arc(),
        prop::option::of(arc()),
        prop::option::of(arc()),
        prop::option::of(arc()),
        prop::option::of(arc()),
    );
    let times = (prop::option::of(time()), prop::option::of(time()), time(), time());
    let range = || (any::<u32>(), any::<u32>()).prop_map(|(start, end)| start..end);
    let rest = (
        prop::sample::select(EventType::ALL),
        arc(),
        any::<i64>(),
        arc(),
        range(),
        range(),
        range(),
    );
    (ids, times, rest).prop_map(|(ids, times, rest)| Event {
        event_type: rest.0,
        message_id: ids.0,
        anonymous_id: ids.1,
        user_id: ids.2,
        group_id: ids.3,
        previous_id: ids.4,
        name: rest.1,
        original_timestamp: times.0,
        sent_at: times.1,
        received_at: times.2,
        timestamp: times.3,
        session_id: rest.2,
        json: rest.3,
        body: rest.4,
        context: rest.5,
        integrations: rest.6,
    })
}

fn stored() -> impl Strategy<Value = StoredEvent> {
    (any::<u32>(), any::<u64>(), any::<u64>(), any::<u64>(), any::<u32>(), event()).prop_map(
        |(source, offset, person, canonical, traits, event)| StoredEvent {
            source: SourceNo(source),
            received_offset: Offset(offset),
            person: PersonId(person),
            canonical: PersonId(canonical),
            traits,
            event,
        },
    )
}

fn turned_away() -> impl Strategy<Value = TurnedAway> {
    let why = prop_oneof![
        any::<u64>().prop_map(|of| Why::Duplicate { of: Offset(of) }),
        (prop::sample::select(Refusal::ALL), prop::option::of(arc()))
            .prop_map(|(reason, message_id)| Why::Refused { reason, message_id }),
    ];
    (any::<u64>(), any::<u32>(), why).prop_map(|(offset, source, why)| TurnedAway {
        received_offset: Offset(offset),
        source: SourceNo(source),
        why,
    })
}

fn batch() -> impl Strategy<Value = EventBatch> {
    let sets = (any::<u64>(), any::<u64>(), arc()).prop_map(|(person, version, json)| TraitSet {
        person: PersonId(person),
        version: Offset(version),
        json,
    });
    (
        any::<u64>(),
        time(),
        prop::collection::vec(turned_away(), 0..4),
        prop::collection::vec(decision(), 0..4),
        prop::collection::vec((any::<u32>().prop_map(SourceNo), counts()), 0..3),
        prop::collection::vec(sets, 0..3),
        prop::collection::vec(stored(), 0..3),
    )
        .prop_map(
            |(consumed_to, decided_at, turned_away, decisions, counts, trait_sets, events)| {
                EventBatch {
                    consumed_to: Offset(consumed_to),
                    decided_at,
                    turned_away,
                    decisions,
                    counts,
                    trait_sets,
                    events,
                }
            },
        )
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    let kind = || prop::sample::select(EventType::ALL);
    prop_oneof![
        (kind(), any::<bool>())
            .prop_map(|(event_type, short)| Endpoint::Single { event_type, short }),
        Just(Endpoint::Batch),
        Just(Endpoint::ClientBatch),
        kind().prop_map(|event_type| Endpoint::Pixel { event_type }),
        Just(Endpoint::Amplitude),
    ]
}

proptest! {
    #![proptest_config(crate::cases())]

    #[test]
    fn decoding_a_batch_undoes_encoding_it(batch in batch()) {
        let mut bytes = Vec::new();
        batch.encode(&mut bytes);
        prop_assert_eq!(EventBatch::decode(&bytes), Ok(batch.clone()));
        for (index, event) in batch.events.iter().enumerate() {
            let one = EventBatch::decode_one(&bytes, index);
            prop_assert_eq!(one, Ok(Some((batch.decided_at, event.clone()))));
        }
        prop_assert_eq!(EventBatch::decode_one(&bytes, batch.events.len()), Ok(None));
    }

    #[test]
    fn decoding_a_request_undoes_encoding_it(
        source in any::<u32>(),
        received_at in time(),
        endpoint in endpoint(),
        ip in prop::option::of(any::<IpAddr>()),
        texts in prop::collection::vec(prop::option::of(".{0,12}"), 4),
        items in prop::collection::vec((".{0,20}", prop::option::of((prop::sample::select(Refusal::ALL), any::<u64>()))), 0..5),
    ) {
        let text = |index: usize| texts[index].as_deref();
        let request = ReceivedRequest {
            source: SourceNo(source),
            received_at,
            endpoint,
            ip,
            user_agent: text(0),
            sent_at: text(1),
            context: text(2),
            integrations: text(3),
            items: items.iter().map(|(text, stub)| match *stub {
                None => ReceivedItem::Event(text),
                Some((refusal, size)) => ReceivedItem::Stub { refusal, size, head: text },
            }).collect(),
        };
        let mut bytes = Vec::new();
        request.encode(&mut bytes);
        prop_assert_eq!(ReceivedRequest::decode(&bytes), Ok(request));
    }

    #[test]
    fn damaged_records_are_errors_and_never_panics(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        junk in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        for sample in [RECEIVED_V1, BATCH_V1, BATCH_V2, BATCH_V3] {
            let mut bytes = from_hex(sample);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            for bytes in [&bytes, &junk] {
                drop((EventBatch::decode(bytes), ReceivedRequest::decode(bytes)));
            }
        }
    }
}
