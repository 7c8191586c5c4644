//! Worked examples of the measures of trends, of figures over time and of formulas.

use std::sync::atomic::AtomicBool;

use serde_json::{Value as Json, json};
use sluice_insights::trend::spec::TrendResult;
use sluice_insights::{ErrorKind, InsightError, InsightQuery, InsightResult, Limits, answer};

use crate::examples::{plays, trend};
use crate::world::{World, micros};

/// A question about the plays of the first two days of March.
fn ask(fields: &Json) -> TrendResult {
    let mut query = json!({
        "kind": "trend",
        "range": { "start": "2026-03-01", "end": "2026-03-02" },
        "events": [{ "event": "Play" }],
    });
    for (name, value) in fields.as_object().unwrap() {
        query[name] = value.clone();
    }
    trend(&plays(), "UTC", &query)
}

/// Values of the days, then of the range, rounded.
fn rounded(values: &[Option<f64>], total: Option<f64>) -> Vec<Option<f64>> {
    let round = |value: &Option<f64>| value.map(|value| (value * 1e3).round() / 1e3);
    values.iter().chain(std::iter::once(&total)).map(round).collect()
}

#[test]
fn the_example_of_plays_gives_its_other_measures() {
    let check = |measure: Json, expected: [f64; 3]| {
        let result = ask(&json!({ "measure": measure }));
        let series = &result.series[0];
        let found = rounded(&series.values, series.total);
        assert_eq!(found, expected.map(Some), "{measure}");
    };
    let sec = json!({ "property": "sec" });
    check(json!({ "median": sec }), [200.0, 50.0, 100.0]);
    let p90 = json!({ "percentile": { "property": "sec", "percentile": 90.0 } });
    check(p90, [280.0, 50.0, 260.0]);
    check(json!({ "minimum": sec }), [100.0, 50.0, 50.0]);
    check(json!({ "maximum": sec }), [300.0, 50.0, 300.0]);
    let genre = json!({ "property": "genre" });
    check(json!({ "distinct_values": genre }), [2.0, 1.0, 2.0]);
    check(json!({ "distinct_per_user": genre }), [2.0, 0.5, 1.0]);
}

#[test]
fn the_example_of_plays_gives_its_distributions() {
    let bins = |measure: Json| -> Vec<(String, Vec<Option<f64>>)> {
        let result = ask(&json!({ "measure": measure }));
        let of = |one: &sluice_insights::trend::spec::TrendSeries| {
            (one.bin.clone().unwrap(), rounded(&one.values, one.total))
        };
        let mut list: Vec<_> = result.series.iter().map(of).collect();
        list.sort_by(|a, b| a.0.cmp(&b.0));
        list
    };
    let row = |bin: &str, values: [f64; 3]| (bin.to_owned(), values.map(Some).to_vec());
    let times = bins(json!({ "frequency": {} }));
    assert_eq!(times, [row("1", [0.0, 2.0, 2.0]), row("2", [1.0, 0.0, 1.0])]);
    let hundreds: Vec<Json> =
        (0..4).map(|n| json!({ "min": n * 100, "max": n * 100 + 100 })).collect();
    let found = bins(json!({ "histogram": { "property": "sec", "bins": hundreds } }));
    let expected = [
        row("[0, 100)", [0.0, 1.0, 1.0]),
        row("[100, 200)", [1.0, 0.0, 1.0]),
        row("[300, 400)", [1.0, 0.0, 1.0]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_example_of_plays_is_cumulated_divided_and_split_in_two() {
    let cumulated = ask(&json!({ "over_time": "cumulative" }));
    assert_eq!(cumulated.series[0].values, [Some(1.0), Some(3.0)]);
    let divided = ask(&json!({
        "events": [{ "event": "Play" }, { "event": "Open" }],
        "formula": "UNIQUES(A) / UNIQUES(B); TOTALS(A)/UNIQUES(A)",
    }));
    let formulas = divided.formulas.unwrap();
    assert_eq!(rounded(&formulas[0].values, formulas[0].total), [1.0, 2.0, 1.5].map(Some));
    // The second is the average.
    let average = ask(&json!({ "measure": "average" }));
    assert_eq!(formulas[1].values, average.series[0].values);
    assert_eq!(formulas[1].total, average.series[0].total);
    let split = ask(&json!({
        "breakdown": { "property": "genre" },
        "then_by": { "property": "absent" },
    }));
    let mut names: Vec<String> = split
        .series
        .iter()
        .map(|one| [one.group.clone().unwrap(), one.subgroup.clone().unwrap()].join("; "))
        .collect();
    names.sort();
    assert_eq!(names, ["(none); (none)", "pop; (none)", "rock; (none)"]);
}

fn days(rows: &[(u64, u32, u32)]) -> World {
    let mut world = World::new();
    let at: Vec<_> = rows
        .iter()
        .flat_map(|(who, day, times)| {
            (0..*times).map(move |n| (*who, format!("2026-03-{day:02}T10:{n:02}:00Z")))
        })
        .collect();
    let rows: Vec<_> = at.iter().map(|(who, at)| (*who, at.as_str(), "Do", json!({}))).collect();
    world.tell(&rows);
    world
}

fn values(
    world: &World,
    start: u32,
    end: u32,
    measure: &str,
    over_time: &Json,
) -> Vec<Option<f64>> {
    let result = trend(
        world,
        "UTC",
        &json!({
            "kind": "trend",
            "range": {
                "start": format!("2026-03-{start:02}"),
                "end": format!("2026-03-{end:02}"),
            },
            "events": [{ "event": "Do" }],
            "measure": measure,
            "over_time": over_time,
        }),
    );
    rounded(&result.series[0].values, None)[..(end - start + 1) as usize].to_vec()
}

#[test]
fn the_examples_of_figures_over_several_days() {
    // Two days before the range 0 and 1, then 2, 4, 6, 8.
    let totals = days(&[(1, 2, 1), (1, 3, 2), (1, 4, 4), (1, 5, 6), (1, 6, 8)]);
    let mean = values(&totals, 3, 6, "totals", &json!({ "rolling_average": 3 }));
    assert_eq!(mean, [1.0, 2.333, 4.0, 6.0].map(Some));
    let sets = days(&[(1, 1, 1), (1, 2, 1), (2, 2, 1), (3, 3, 1)]);
    let window = values(&sets, 1, 3, "uniques", &json!({ "rolling_window": 2 }));
    assert_eq!(window, [1.0, 2.0, 3.0].map(Some));
    let growing = days(&[(1, 1, 1), (1, 2, 1), (2, 2, 1), (3, 3, 1), (4, 3, 1)]);
    let cumulated = values(&growing, 1, 3, "uniques", &json!("cumulative"));
    assert_eq!(cumulated, [1.0, 2.0, 4.0].map(Some));
}

#[test]
fn the_past_stands_beside_by_index_and_february_ends_early() {
    let world = days(&[(1, 1, 2), (2, 2, 3)]);
    let result = trend(
        &world,
        "UTC",
        &json!({
            "kind": "trend",
            "range": { "start": "2026-03-02", "end": "2026-03-02" },
            "events": [{ "event": "Do" }],
            "measure": "totals",
            "compare": { "count": 1, "unit": "days" },
        }),
    );
    let past = result.series[0].past.as_ref().unwrap();
    assert_eq!((&past.values[..], &past.changes[..]), (&[Some(2.0)][..], &[Some(0.5)][..]));
    let leap = trend(
        &world,
        "UTC",
        &json!({
            "kind": "trend",
            "range": { "start": "2024-02-29", "end": "2024-02-29" },
            "events": [{ "event": "Do" }],
            "compare": { "count": 1, "unit": "years" },
        }),
    );
    let labels: Vec<String> = leap.past_buckets.unwrap().into_iter().map(|one| one.label).collect();
    assert_eq!(labels, ["2023-02-28"]);
}

#[test]
fn what_a_trend_cannot_do_is_refused_with_its_reason() {
    let check = |fields: Json, expected: &str| {
        let mut query =
            json!({ "kind": "trend", "range": { "last_days": 7 }, "events": [{ "event": "A" }] });
        for (name, value) in fields.as_object().unwrap() {
            query[name] = value.clone();
        }
        let error = InsightQuery::from_json(&query.to_string()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(expected), "{fields}: {error}");
    };
    check(json!({ "then_by": { "property": "a" } }), "`then_by` needs a `breakdown`");
    check(json!({ "over_time": { "rolling_window": 91 } }), "1 to 90 intervals");
    check(json!({ "compare": { "count": 0, "unit": "days" } }), "`compare` goes back");
    check(json!({ "formula": "UNIQUES(B)" }), "at character 9 (`B`): there is no event B");
    let histogram = json!({ "histogram": { "property": "a" } });
    check(json!({ "measure": histogram, "formula": "UNIQUES(A)" }), "does not go with");
    let bins = json!([{ "min": 2, "max": 1 }]);
    check(json!({ "measure": { "frequency": { "bins": bins } } }), "`min` below its `max`");
    let percentile = json!({ "percentile": { "property": "a", "percentile": 101 } });
    check(json!({ "measure": percentile }), "0 to 100");
}

#[test]
fn an_answer_that_would_be_too_large_is_refused_and_says_what_to_do() {
    let mut world = World::new();
    let rows: Vec<(u64, String)> = (1..=600).map(|n| (n, format!("value {n}"))).collect();
    let rows: Vec<_> = rows
        .iter()
        .map(|(n, value)| (*n, "2026-03-01T09:00:00Z", "Play", json!({ "genre": value })))
        .collect();
    world.tell(&rows);
    let mut query = json!({
        "kind": "trend",
        "range": { "start": "2025-04-01", "end": "2026-03-31" },
        "events": vec![json!({ "event": "Play" }); 10],
        "breakdown": { "property": "genre" },
        "groups_max": 1_000,
    });
    let refused = |query: &Json| {
        let context = world.context("UTC", micros("2026-04-01T00:00:00Z"), 2);
        let query = InsightQuery::from_json(&query.to_string()).unwrap();
        answer(&query, &context, &AtomicBool::new(false)).err()
    };
    let error = refused(&query).unwrap();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("more than 2000000 numbers; take fewer groups"), "{error}");
    query["groups_max"] = json!(20);
    assert!(refused(&query).is_none());
    query["compare"] = json!({ "count": 1, "unit": "years" });
    query["events"] = json!(vec![json!({ "event": "Play" }); 5]);
    query["groups_max"] = json!(600);
    assert!(refused(&query).is_some(), "with the past it is twice as large");
    query.as_object_mut().unwrap().shift_remove("compare");
    query["formula"] = json!(["TOTALS(A)/TOTALS(B)"; 2].join(";"));
    assert!(refused(&query).is_some(), "with formulas, too");
}

#[test]
fn a_group_with_events_only_before_the_range_counts_in_rolling_figures() {
    let mut world = World::new();
    world.tell(&[
        (1, "2026-03-01T09:00:00Z", "A", json!({ "x": "old" })),
        (2, "2026-03-03T09:00:00Z", "B", json!({ "x": "old" })),
    ]);
    let result = trend(
        &world,
        "UTC",
        &json!({
            "kind": "trend",
            "range": { "start": "2026-03-02", "end": "2026-03-04" },
            "events": [{ "event": "A" }, { "event": "B" }],
            "breakdown": { "property": "x" },
            // Groups are those that a formula's events have in the range: B's.
            "formula": "ROLLWIN(UNIQUES, A, 2) + 0 * TOTALS(B); \
                ROLLAVG(UNIQUES, A, 2) + 0 * TOTALS(B); \
                ROLLWINBEFORE(UNIQUES, A, 1) + 0 * TOTALS(B); \
                UNIQUES(A) + 0 * TOTALS(B); TOTALS(B)",
        }),
    );
    let found: Vec<Vec<f64>> = result
        .formulas
        .unwrap()
        .into_iter()
        .map(|one| one.values.into_iter().flatten().collect())
        .collect();
    let window = vec![1.0, 0.0, 0.0];
    let mean = vec![0.5, 0.0, 0.0];
    assert_eq!(found, [window.clone(), mean, window, vec![0.0; 3], vec![0.0, 1.0, 0.0]]);
}

#[test]
fn only_the_values_of_events_that_are_counted_must_not_be_too_many() {
    let mut world = World::new();
    let rows: Vec<(u64, &str, String)> = (1..=30)
        .map(|n| (n, "Play", format!("genre {n}")))
        .chain((1..=5).map(|n| (n, "Open", format!("kind {n}"))))
        .collect();
    for half in rows.chunks(20) {
        let half: Vec<_> = half
            .iter()
            .map(|(n, event, value)| {
                (*n, "2026-03-01T09:00:00Z", *event, json!({ "genre": value }))
            })
            .collect();
        world.tell(&half);
    }
    let groups = |event: &Json, values_max: usize| {
        let query = json!({
            "kind": "trend", "range": { "start": "2026-03-01", "end": "2026-03-02" },
            "events": [event], "breakdown": { "property": "genre" },
        });
        let limits = Limits { values_max, ..Limits::default() };
        let context = world.context("UTC", micros("2026-04-01T00:00:00Z"), 2).with_limits(limits);
        let query = InsightQuery::from_json(&query.to_string()).unwrap();
        match answer(&query, &context, &AtomicBool::new(false))? {
            InsightResult::Trend(result) => Ok(result.series.len()),
            other => panic!("a trend was asked for, not {other:?}"),
        }
    };
    let some = json!({ "property": "genre", "op": "is", "values": ["genre 7", "genre 9"] });
    assert_eq!(groups(&json!({ "event": "Play" }), 100).unwrap(), 30);
    assert_eq!(groups(&json!({ "event": "Open" }), 10).unwrap(), 5);
    assert_eq!(groups(&json!({ "event": "Play", "filters": [some] }), 10).unwrap(), 2);
    let error: InsightError = groups(&json!({ "event": "Play" }), 10).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let text = error.to_string();
    assert!(text.contains("`genre` has more than 10 values among the events"), "{text}");
}
