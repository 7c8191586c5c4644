//! Questions that count groups by brute force: every row once for each of its groups, as though the
//! group were a person; then the oracles of the kinds as ever. And a worked example.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use serde_json::{Value as Json, json};
use sluice_insights::{
    Context, InsightQuery, InsightResult, Limits, Page, PeopleQuery, answer, people,
};

use crate::asking::Common;
use crate::oracle::{Row, groups, rows};
use crate::random::{DAY, Rng, counted, each_seed, funnel, funnel_with_options, retention, trend};
use crate::random_kinds::{lifecycle, stickiness};
use crate::world::{New, World, called, micros};
use crate::{funnel_oracle, lifecycle_oracle, retention_oracle, stickiness_oracle, trend_oracle};

/// The number that a group is listed under: FNV-1a in 64 bits, the upper 53 of them.
fn number_of(name: &str) -> u64 {
    let mut hash: u64 = 14_695_981_039_346_656_037;
    for byte in name.as_bytes() {
        hash ^= u64::from(*byte);
        hash = hash.wrapping_mul(1_099_511_628_211);
    }
    hash / 2_048
}

/// The groups of a row.
fn of_type(row: &Row, count_by: &str) -> BTreeSet<String> {
    let is_plain = count_by == "group_id";
    let property = match count_by {
        "group_id" => "x",
        "org" => "y",
        // Of this type no event names a group.
        _ => return BTreeSet::new(),
    };
    let sent = row.raw.props.get(property).cloned().unwrap_or(Json::Null);
    let mut all = groups(&sent);
    all.remove("(none)");
    if row.raw.props.contains_key("n") != is_plain {
        all.extend(called(&row.raw.name, row.raw.seq).map(str::to_owned));
    }
    all
}

fn by_group(rows: &[Row], count_by: &str) -> Vec<Row> {
    let each = rows.iter().flat_map(|row| {
        let names = of_type(row, count_by).into_iter();
        names.map(|name| Row { who: number_of(&name), ..row.clone() })
    });
    each.collect()
}

/// Has a question count groups, of everybody's events or of those of some people.
fn grouping(
    rng: &mut Rng,
    (world, rows): (&World, &[Row]),
    now: i64,
    base: &mut Common,
    looks_at_first: bool,
) -> (Vec<Row>, Context) {
    let count_by = rng.word(&["group_id", "org", "org", "other"]);
    base.count_by = Some(count_by);
    base.latest = false;
    let zone = base.over.zone;
    let mut limits = Limits::default();
    if rng.one_in(2) {
        limits.grouped_rows_max = 1 + rng.below(9) as usize;
    }
    let context = world.context(zone, now, 1 + rng.below(2) as usize).with_limits(limits);
    // The first event of a group may be of somebody who is not counted.
    if looks_at_first {
        return (by_group(rows, count_by), context);
    }
    let some = counted(rng, world, rows, (zone, now), context);
    base.people = some.people;
    (by_group(&some.rows, count_by), some.context)
}

fn is_about_first(question: &Json) -> bool {
    let text = question.to_string();
    text.contains("\"new\"") || text.contains("\"_new\"")
}

fn run(seed: u64) {
    let mut rng = Rng::new(seed ^ 0x6709);
    let world = crate::random::world(&mut rng);
    let all = rows(&world);
    let last = world.rows.iter().map(|row| row.time).max().unwrap_or(0);
    let now = if rng.one_in(2) { last + 400 * DAY } else { last - rng.below(40) as i64 * DAY / 2 };
    let of = (&world, &all[..]);
    for _ in 0..2 {
        let mut ask = trend(&mut rng, &world);
        let first = is_about_first(&ask.json());
        let (rows, context) = grouping(&mut rng, of, now, &mut ask.base, first);
        trend_oracle::check(&ask, &rows, &context);
        for with_options in [false, true] {
            let make = if with_options { funnel_with_options } else { funnel };
            let mut ask = make(&mut rng, &world);
            let first = is_about_first(&ask.json());
            let (rows, context) = grouping(&mut rng, of, now, &mut ask.base, first);
            funnel_oracle::check(&ask, &rows, &context);
        }
        let mut ask = retention(&mut rng, &world);
        let first = is_about_first(&ask.json());
        let (rows, context) = grouping(&mut rng, of, now, &mut ask.base, first);
        retention_oracle::check(&ask, &rows, &context);
        let mut ask = lifecycle(&mut rng, &world);
        let (rows, context) = grouping(&mut rng, of, now, &mut ask.base, true);
        lifecycle_oracle::check(&ask, &rows, &context);
        let mut ask = stickiness(&mut rng, &world);
        let (rows, context) = grouping(&mut rng, of, now, &mut ask.base, false);
        stickiness_oracle::check(&ask, &rows, &context);
    }
}

#[test]
fn every_number_of_groups_and_every_list_of_them_is_that_of_a_brute_force_scan() {
    each_seed(run);
}

/// Ann and Bob of Acme, Cid of Bolt, Dan of nobody; Eve of both.
fn companies() -> World {
    let mut world = World::new();
    let row = |person: u64, at: &str, name: &str, groups: Json| New {
        time: micros(&format!("2026-03-{at}:00Z")),
        person,
        name: name.to_owned(),
        props: json!({ "y": groups }),
        traits: None,
        session: None,
    };
    let rows = vec![
        row(1, "01T09:00", "Trial", json!("Acme")),
        row(2, "01T10:00", "Paid", json!("Acme")),
        row(3, "01T11:00", "Trial", json!("Bolt")),
        row(3, "03T11:00", "Trial", json!("Bolt")),
        row(4, "01T12:00", "Trial", json!(null)),
        row(5, "02T09:00", "Trial", json!(["Acme", "Cosy"])),
        row(0, "02T10:00", "Paid", json!("Cosy")),
    ];
    world.write(rows, Vec::new());
    world.store.flush().unwrap();
    world
}

#[test]
fn a_company_converts_by_any_of_its_people_and_the_list_names_it() {
    let world = companies();
    let context = world.context("UTC", micros("2026-04-01T00:00:00Z"), 1);
    let asked = |query: &Json| {
        let query = InsightQuery::from_json(&query.to_string()).unwrap();
        answer(&query, &context, &AtomicBool::new(false)).unwrap()
    };
    let range = json!({ "start": "2026-03-01", "end": "2026-03-03" });
    let steps = json!([{ "event": "Trial" }, { "event": "Paid" }]);
    let mut query = json!({
        "kind": "funnel", "range": range, "steps": steps, "window_seconds": 86_400,
    });
    let counts = |result: InsightResult| match result {
        InsightResult::Funnel(funnel) => {
            funnel.overall.steps.iter().map(|step| step.count).collect::<Vec<_>>()
        }
        other => panic!("a funnel, not {other:?}"),
    };
    assert_eq!(counts(asked(&query)), [4, 0], "no person did both");
    query["count_by"] = json!("org");
    assert_eq!(counts(asked(&query)), [3, 2], "Acme and Cosy did, Bolt did not");

    query.as_object_mut().unwrap().remove("kind");
    let behind = json!({ "kind": "funnel", "query": query, "point": { "step": 2 } });
    let behind: PeopleQuery = serde_json::from_value(behind).unwrap();
    let page = Page { after: None, limit: 10 };
    let list = people(&behind, &page, &context, &AtomicBool::new(false)).unwrap();
    let names: BTreeSet<String> = list.people.into_iter().filter_map(|one| one.group).collect();
    assert_eq!((list.total, names), (2, BTreeSet::from(["Acme".to_owned(), "Cosy".to_owned()])));

    let trend = json!({
        "kind": "trend", "range": range, "events": [{ "event": "Trial" }], "count_by": "org",
    });
    let InsightResult::Trend(trend) = asked(&trend) else { panic!("a trend") };
    assert_eq!(trend.series[0].values, [Some(2.0), Some(2.0), Some(1.0)]);
    assert_eq!(trend.series[0].total, Some(3.0));
}

#[test]
fn what_cannot_count_groups_says_so() {
    let refused =
        |query: Json| InsightQuery::from_json(&query.to_string()).unwrap_err().to_string();
    let range = json!({ "last_days": 7 });
    let paths = json!({
        "kind": "paths", "range": range, "start": { "event": "A" }, "count_by": "org",
    });
    assert!(refused(paths).starts_with("this kind of question counts people"));
    let trend = |more: &str, value: Json| {
        let mut query = json!({
            "kind": "trend", "range": range, "events": [{ "event": "A" }], "count_by": "org",
        });
        query[more] = value;
        query
    };
    assert!(refused(trend("traits_as_of", json!("latest"))).contains("take `traits_as_of` out"));
    assert!(refused(trend("count_by", json!(""))).starts_with("`count_by` is"));
}
