//! Funnels by brute force: every sequence of rows that the rules allow is tried.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};
use sluice_insights::funnel::spec::{Durations, FunnelBars};
use sluice_insights::{Context, InsightQuery, InsightResult, Page, PeopleQuery, answer, people};

use crate::oracle::{Cond, Pick, Row, first_seen, groups, is_active, property};
use crate::trend_oracle::{bare, close};

/// A funnel question of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) zone: &'static str,
    pub(crate) start: Date,
    pub(crate) end: Date,
    pub(crate) steps: Vec<Pick>,
    pub(crate) window: i64,
    pub(crate) millis: bool,
    pub(crate) segment: Vec<Cond>,
    pub(crate) users: &'static str,
    pub(crate) breakdown: Option<(String, bool)>,
    pub(crate) breakdown_step: usize,
    pub(crate) latest: bool,
}

impl Ask {
    pub(crate) fn json(&self) -> Json {
        let mut json = json!({
            "kind": "funnel",
            "range": { "start": self.start.to_string(), "end": self.end.to_string() },
            "steps": self.steps.iter().map(Pick::json).collect::<Vec<_>>(),
            "window_seconds": self.window,
            "resolution": if self.millis { "millisecond" } else { "second" },
            "segment": self.segment.iter().map(Cond::json).collect::<Vec<_>>(),
            "users": self.users,
            "traits_as_of": if self.latest { "latest" } else { "event" },
        });
        if let Some((property, user)) = &self.breakdown {
            json["breakdown"] =
                json!({ "property": property, "of": if *user { "user" } else { "event" } });
            json["breakdown_step"] = json!(self.breakdown_step);
        }
        json
    }

    fn in_range(&self, time: i64) -> bool {
        let zone = TimeZone::get(self.zone).unwrap();
        let date = jiff::Timestamp::from_microsecond(time).unwrap().to_zoned(zone).date();
        self.start <= date && date <= self.end
    }

    /// Time in units of the resolution, cut.
    fn cut(&self, time: i64) -> i64 {
        time.div_euclid(if self.millis { 1_000 } else { 1_000_000 })
    }

    fn window_units(&self) -> i64 {
        self.window * if self.millis { 1_000 } else { 1 }
    }

    /// The longest way on from a path, and among the longest the first in order of rows.
    fn onward(&self, rows: &[&Row], path: &mut Vec<usize>) -> Vec<usize> {
        let mut best = path.clone();
        if path.len() == self.steps.len() {
            return best;
        }
        let started = self.cut(rows[path[0]].raw.time);
        let last = self.cut(rows[path[path.len() - 1]].raw.time);
        for next in 0..rows.len() {
            let second = self.cut(rows[next].raw.time);
            let taken = path.iter().any(|one| {
                self.cut(rows[*one].raw.time) == second
                    && rows[*one].raw.name == rows[next].raw.name
            });
            let allowed = second >= last && second - started <= self.window_units() && !taken;
            if allowed && self.steps[path.len()].fits(rows[next], self.latest) {
                path.push(next);
                let found = self.onward(rows, path);
                path.pop();
                if found.len() > best.len() {
                    best = found;
                }
            }
        }
        best
    }
}

/// What became of a person.
#[derive(Clone, Debug)]
struct Outcome {
    /// Microseconds of each step reached.
    times: Vec<i64>,
    groups: BTreeSet<String>,
    open: bool,
}

fn outcomes(ask: &Ask, rows: &[Row], now: i64) -> BTreeMap<u64, Outcome> {
    let first = first_seen(rows);
    let mut people: BTreeMap<u64, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.who != 0) {
        people.entry(row.who).or_default().push(row);
    }
    let mut outcomes = BTreeMap::new();
    for (who, rows) in people {
        let wanted = match ask.users {
            "any" => true,
            "active" => rows.iter().any(|row| is_active(row) && ask.in_range(row.raw.time)),
            _ => ask.in_range(first[&who]),
        };
        let starts: Vec<usize> = (0..rows.len())
            .filter(|index| {
                ask.in_range(rows[*index].raw.time)
                    && ask.steps[0].fits(rows[*index], ask.latest)
                    && ask.segment.iter().all(|cond| cond.holds(rows[*index], ask.latest))
            })
            .collect();
        let Some(latest_start) = starts.last().filter(|_| wanted) else { continue };
        let mut best: Vec<usize> = Vec::new();
        for start in &starts {
            let found = ask.onward(&rows, &mut vec![*start]);
            if found.len() > best.len() {
                best = found;
            }
        }
        let mut in_groups = BTreeSet::new();
        if let Some((name, user)) = &ask.breakdown {
            in_groups = match best.get(ask.breakdown_step - 1) {
                None => BTreeSet::from(["did not reach step".to_owned()]),
                Some(index) => groups(&property(rows[*index], name, *user, ask.latest)),
            };
        }
        let age = ask.cut(now) - ask.cut(rows[*latest_start].raw.time);
        let open = best.len() < ask.steps.len() && age < ask.window_units();
        let times = best.iter().map(|index| rows[*index].raw.time).collect();
        outcomes.insert(who, Outcome { times, groups: in_groups, open });
    }
    outcomes
}

pub(crate) fn check(ask: &Ask, rows: &[Row], context: &Context) {
    let text = ask.json().to_string();
    let query = InsightQuery::from_json(&text).unwrap();
    let InsightResult::Funnel(result) = answer(&query, context, &AtomicBool::new(false)).unwrap()
    else {
        panic!("a funnel")
    };
    let outcomes = outcomes(ask, rows, context.now.as_micros());
    check_bars(ask, &result.overall, &outcomes, None, context);
    let mut sizes: BTreeMap<String, BTreeMap<u64, Outcome>> = BTreeMap::new();
    for (who, outcome) in &outcomes {
        for group in &outcome.groups {
            sizes.entry(group.clone()).or_default().insert(*who, outcome.clone());
        }
    }
    let Some(found) = &result.groups else {
        assert!(ask.breakdown.is_none());
        return;
    };
    let mut expected: Vec<(usize, &String)> =
        sizes.iter().map(|(group, all)| (all.len(), group)).collect();
    expected.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let expected: Vec<&String> = expected.into_iter().map(|(_, group)| group).collect();
    assert_eq!(found.iter().map(|one| &one.group).collect::<Vec<_>>(), expected, "{text}");
    assert_eq!(result.groups_total, Some(sizes.len() as u64), "{text}");
    for one in found {
        check_bars(ask, &one.bars, &sizes[&one.group], Some(&one.group), context);
    }
}

fn check_bars(
    ask: &Ask,
    bars: &FunnelBars,
    outcomes: &BTreeMap<u64, Outcome>,
    group: Option<&String>,
    context: &Context,
) {
    let text = format!("{group:?} of {}", ask.json());
    let count = ask.steps.len();
    let reached =
        |step: usize| outcomes.values().filter(|one| one.times.len() >= step).count() as u64;
    assert_eq!(bars.steps.len(), count, "{text}");
    for (index, bar) in bars.steps.iter().enumerate() {
        let step = index + 1;
        assert_eq!(bar.people, reached(step), "step {step} of {text}");
        let dropped = if step < count { reached(step) - reached(step + 1) } else { 0 };
        assert_eq!(bar.dropped_off, dropped, "step {step} of {text}");
        let share = |of: u64| (of > 0).then(|| bar.people as f64 / of as f64);
        assert!(close(bar.from_start, share(reached(1))), "{text}");
        assert!(close(bar.from_previous, share(reached(step.max(2) - 1))), "{text}");
        let times = (step > 1).then(|| spans(ask, outcomes, step - 2, step - 1)).flatten();
        assert!(same(bar.time_from_previous, times), "step {step} of {text}");
        check_people(ask, outcomes, group, step, "reached", context);
        check_people(ask, outcomes, group, step, "dropped_off", context);
    }
    assert!(same(bars.time_to_convert, spans(ask, outcomes, 0, count - 1)), "{text}");
    assert_eq!(bars.incomplete, outcomes.values().filter(|one| one.open).count() as u64, "{text}");
}

/// Median and mean seconds from one step to another, of those who reached it.
fn spans(
    ask: &Ask,
    outcomes: &BTreeMap<u64, Outcome>,
    from: usize,
    to: usize,
) -> Option<(f64, f64)> {
    let unit = if ask.millis { 1e-3 } else { 1.0 };
    let mut spans: Vec<f64> = outcomes
        .values()
        .filter(|one| one.times.len() > to)
        .map(|one| (ask.cut(one.times[to]) - ask.cut(one.times[from])).abs() as f64 * unit)
        .collect();
    spans.sort_by(f64::total_cmp);
    let rank = spans.len().checked_sub(1)? as f64 * 0.5;
    let (low, high) = (spans[rank.floor() as usize], spans[rank.ceil() as usize]);
    Some((low + (high - low) * rank.fract(), spans.iter().sum::<f64>() / spans.len() as f64))
}

fn same(found: Option<Durations>, expected: Option<(f64, f64)>) -> bool {
    close(found.map(|one| one.median_seconds), expected.map(|one| one.0))
        && close(found.map(|one| one.mean_seconds), expected.map(|one| one.1))
}

fn check_people(
    ask: &Ask,
    outcomes: &BTreeMap<u64, Outcome>,
    group: Option<&String>,
    step: usize,
    outcome: &str,
    context: &Context,
) {
    let last = step == ask.steps.len();
    let expected: Vec<(u64, Vec<String>)> = outcomes
        .iter()
        .filter(|(_, one)| match outcome {
            "reached" => one.times.len() >= step,
            _ => one.times.len() == step && !last,
        })
        .map(|(who, one)| {
            let text = |time: &i64| sluice_base::Timestamp::from_micros(*time).to_string();
            (*who, one.times.iter().map(text).collect())
        })
        .collect();
    let mut point = json!({ "step": step, "outcome": outcome });
    if let Some(group) = group {
        point["group"] = json!(group);
    }
    let query = json!({ "kind": "funnel", "query": bare(ask.json()), "point": point });
    let query: PeopleQuery = serde_json::from_value(query).unwrap();
    let mut listed = Vec::new();
    let mut page = Page { after: None, limit: 2 };
    loop {
        let list = people(&query, &page, context, &AtomicBool::new(false)).unwrap();
        assert_eq!(list.total, expected.len() as u64, "{point} of {}", ask.json());
        listed.extend(list.people.into_iter().map(|one| (one.person, one.times)));
        match list.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    assert_eq!(listed, expected, "{point} of {}", ask.json());
}
