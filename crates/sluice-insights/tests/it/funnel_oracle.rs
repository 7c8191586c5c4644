//! Funnels by brute force: every sequence or set of rows that the rules allow is tried.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};
use sluice_insights::funnel::spec::{Durations, FunnelBars, FunnelResult};
use sluice_insights::{Context, Page, PeopleQuery, people};

use crate::asking::{By, Common, asked, bare, by, close};
use crate::oracle::{Pick, Row, first_seen, groups, is_active, property};

/// A funnel question of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) base: Common,
    pub(crate) steps: Vec<Pick>,
    pub(crate) window: i64,
    pub(crate) millis: bool,
    pub(crate) users: &'static str,
    pub(crate) breakdown: By,
    pub(crate) breakdown_step: usize,
    pub(crate) order: &'static str,
    pub(crate) totals: bool,
    pub(crate) hold: Option<&'static str>,
    /// The event, and the two steps (from 1) that it may not lie between.
    pub(crate) exclusions: Vec<(Pick, Option<(usize, usize)>)>,
    pub(crate) first_day: bool,
    pub(crate) interval: Option<&'static str>,
    pub(crate) sum: bool,
    /// Width in seconds.
    pub(crate) bins: Option<u64>,
}

impl Ask {
    pub(crate) fn json(&self) -> Json {
        let mut own = json!({
                        "steps": self.steps.iter().map(Pick::json).collect::<Vec<_>>(),
            "window_seconds": self.window,
            "resolution": if self.millis { "millisecond" } else { "second" },
            "users": self.users,
            "order": self.order,
            "count": if self.totals { "totals" } else { "uniques" },
            "first_day": self.first_day,
        });
        match self.hold {
            None => {}
            Some("session") => own["hold"] = json!("session"),
            Some(property) => own["hold"] = json!({ "property": { "property": property } }),
        }
        if !self.exclusions.is_empty() {
            let of = |(pick, between): &(Pick, Option<(usize, usize)>)| match between {
                None => json!({ "event": pick.json() }),
                Some((from, to)) => json!({ "event": pick.json(), "from": from, "to": to }),
            };
            own["exclusions"] = self.exclusions.iter().map(of).collect();
        }
        if let Some(interval) = self.interval {
            own["interval"] = json!(interval);
        }
        if self.sum {
            own["sum"] = json!({ "property": "n" });
        }
        if let Some(width) = self.bins {
            own["time_bins"] = json!({ "width_seconds": width });
        }
        if self.breakdown.is_some() {
            own["breakdown"] = by(&self.breakdown);
            own["breakdown_step"] = json!(self.breakdown_step);
        }
        self.base.question("funnel", own)
    }

    fn date(&self, time: i64) -> Date {
        let zone = TimeZone::get(self.base.over.zone).unwrap();
        jiff::Timestamp::from_microsecond(time).unwrap().to_zoned(zone).date()
    }

    fn in_range(&self, time: i64) -> bool {
        let date = self.date(time);
        self.base.over.start <= date && date <= self.base.over.end
    }

    /// The label of the interval of entry.
    fn bucket(&self, time: i64) -> String {
        let date = self.date(time);
        match self.interval {
            Some("month") => date.first_of_month().to_string(),
            _ => date.to_string(),
        }
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
        for next in 0..rows.len() {
            let second = self.cut(rows[next].raw.time);
            let allowed = second - started <= self.window_units()
                && !path.iter().any(|one| self.is_same(rows[*one], rows[next]))
                && self.may_follow(rows, path[path.len() - 1], next, path.len());
            if allowed && self.steps[path.len()].fits(rows[next], self.base.latest) {
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

    /// One name in one second.
    fn is_same(&self, a: &Row, b: &Row) -> bool {
        self.cut(a.raw.time) == self.cut(b.raw.time) && a.raw.name == b.raw.name
    }

    /// Whether a row may be step `step` (from 0) after another: not before it, and nothing
    /// forbidden between.
    fn may_follow(&self, rows: &[&Row], last: usize, next: usize, step: usize) -> bool {
        let (from, to) = (self.cut(rows[last].raw.time), self.cut(rows[next].raw.time));
        let forbidden = |row: &Row| {
            let excluded = self.exclusions.iter().any(|(pick, between)| {
                let (first, last) = between.unwrap_or((1, self.steps.len()));
                first <= step && step < last && pick.fits(row, self.base.latest)
            });
            excluded || (self.order == "exact" && is_active(row))
        };
        let between = |row: &&&Row| from < self.cut(row.raw.time) && self.cut(row.raw.time) < to;
        to >= from && !rows.iter().filter(between).any(|row| forbidden(row))
    }

    /// The paths from some starts: the rows of each step, in order of time where that is free.
    fn paths(&self, rows: &[&Row], starts: &[usize]) -> Vec<Vec<usize>> {
        if self.totals {
            return self.all_paths(rows, starts);
        }
        if self.order == "any" {
            return vec![self.gathered(rows, starts)];
        }
        let mut best: Vec<usize> = Vec::new();
        for start in starts {
            let found = self.onward(rows, &mut vec![*start]);
            if found.len() > best.len() {
                best = found;
            }
        }
        vec![best]
    }

    /// Every path, each row of a later step taking the earliest on.
    fn all_paths(&self, rows: &[&Row], starts: &[usize]) -> Vec<Vec<usize>> {
        let mut paths: Vec<Vec<usize>> = Vec::new();
        let seconds: BTreeSet<i64> = rows.iter().map(|row| self.cut(row.raw.time)).collect();
        for second in seconds {
            let here: Vec<usize> =
                (0..rows.len()).filter(|row| self.cut(rows[*row].raw.time) == second).collect();
            let mut used: BTreeSet<&str> = BTreeSet::new();
            for step in 0..self.steps.len() {
                let mut names: BTreeSet<&str> = BTreeSet::new();
                for row in &here {
                    let name = rows[*row].raw.name.as_str();
                    let fits = match step {
                        0 => starts.contains(row),
                        _ => self.steps[step].fits(rows[*row], self.base.latest),
                    };
                    if !fits || !names.insert(name) {
                        continue;
                    }
                    if step == 0 {
                        paths.push(vec![*row]);
                        continue;
                    }
                    let taken = paths.iter_mut().find(|path| {
                        let started = self.cut(rows[path[0]].raw.time);
                        path.len() == step
                            && !used.contains(name)
                            && second - started <= self.window_units()
                            && !path.iter().any(|one| self.is_same(rows[*one], rows[*row]))
                            && self.may_follow(rows, path[step - 1], *row, step)
                    });
                    if let Some(path) = taken {
                        path.push(*row);
                        used.insert(name);
                    }
                }
            }
        }
        paths
    }

    /// The most first steps that lie in one window, by step; of such windows the one that begins
    /// first, and in it the first rows.
    fn gathered(&self, rows: &[&Row], starts: &[usize]) -> Vec<usize> {
        let mut best: Vec<usize> = Vec::new();
        let is_step = |row: &usize| {
            let fits = |pick: &Pick| pick.fits(rows[*row], self.base.latest);
            starts.contains(row) || self.steps.iter().skip(1).any(fits)
        };
        for first in (0..rows.len()).filter(is_step) {
            let from = self.cut(rows[first].raw.time);
            let inside: Vec<usize> = (0..rows.len())
                .filter(|row| {
                    let second = self.cut(rows[*row].raw.time);
                    from <= second && second - from <= self.window_units()
                })
                .collect();
            let any = |step: usize| {
                inside.iter().any(|row| match step {
                    0 => starts.contains(row),
                    _ => self.steps[step].fits(rows[*row], self.base.latest),
                })
            };
            let most = (0..self.steps.len()).take_while(|step| any(*step)).count();
            if most <= best.len() {
                continue;
            }
            let found = self.gather(rows, (starts, most), &inside, &mut Vec::new());
            if found.len() > best.len() {
                best = found;
            }
        }
        best
    }

    fn gather(
        &self,
        rows: &[&Row],
        (starts, most): (&[usize], usize),
        inside: &[usize],
        chosen: &mut Vec<usize>,
    ) -> Vec<usize> {
        let mut best = chosen.clone();
        let step = chosen.len();
        if step == most {
            return best;
        }
        for row in inside {
            let fits = match step {
                0 => starts.contains(row),
                _ => self.steps[step].fits(rows[*row], self.base.latest),
            };
            if !fits || chosen.iter().any(|one| self.is_same(rows[*one], rows[*row])) {
                continue;
            }
            chosen.push(*row);
            let found = self.gather(rows, (starts, most), inside, chosen);
            chosen.pop();
            if found.len() > best.len() {
                best = found;
            }
            if best.len() == most {
                break;
            }
        }
        best
    }

    /// The values that a row has of what is held.
    fn held(&self, row: &Row) -> BTreeSet<String> {
        match self.hold {
            None => BTreeSet::from([String::new()]),
            Some("session") => row.raw.session.iter().map(i64::to_string).collect(),
            Some(name) => {
                let mut values = groups(&property(row, name, false, false));
                values.remove("(none)");
                values
            }
        }
    }
}

/// A path of a person.
#[derive(Clone, Debug)]
struct Outcome {
    who: u64,
    /// Interval of entry.
    bucket: String,
    /// Microseconds of each step reached, ascending where the order is free.
    times: Vec<i64>,
    groups: BTreeSet<String>,
    open: bool,
    sum: f64,
}

/// All paths: of the range, and of each interval of entry.
fn outcomes(ask: &Ask, rows: &[Row], now: i64) -> (Vec<Outcome>, Vec<Outcome>) {
    let first = first_seen(rows);
    let mut people: BTreeMap<u64, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.who != 0) {
        people.entry(row.who).or_default().push(row);
    }
    let (mut all, mut by_bucket) = (Vec::new(), Vec::new());
    for (who, rows) in people {
        let wanted = match ask.users {
            "any" => true,
            "active" => rows.iter().any(|row| is_active(row) && ask.in_range(row.raw.time)),
            _ => ask.in_range(first[&who]),
        };
        if !wanted {
            continue;
        }
        let born = ask.date(first[&who]);
        let values: BTreeSet<String> = rows.iter().flat_map(|row| ask.held(row)).collect();
        for value in values {
            let rows: Vec<&Row> =
                rows.iter().copied().filter(|row| ask.held(row).contains(&value)).collect();
            let starts: Vec<usize> = (0..rows.len())
                .filter(|index| {
                    let row = rows[*index];
                    ask.in_range(row.raw.time)
                        && (!ask.first_day || ask.date(row.raw.time) == born)
                        && ask.steps[0].fits(row, ask.base.latest)
                        && ask.base.has(row)
                })
                .collect();
            let Some(latest) = starts.last() else { continue };
            let entry = ask.cut(rows[*latest].raw.time);
            for path in ask.paths(&rows, &starts) {
                all.push(outcome(ask, who, &rows, &path, entry, now));
            }
            if ask.totals {
                continue;
            }
            let of = |start: &usize| ask.bucket(rows[*start].raw.time);
            for bucket in starts.iter().map(of).collect::<BTreeSet<_>>() {
                let inside: Vec<usize> =
                    starts.iter().copied().filter(|start| of(start) == bucket).collect();
                for path in ask.paths(&rows, &inside) {
                    by_bucket.push(outcome(ask, who, &rows, &path, entry, now));
                }
            }
        }
    }
    if ask.totals {
        by_bucket = all.clone();
    }
    (all, by_bucket)
}

fn outcome(ask: &Ask, who: u64, rows: &[&Row], path: &[usize], entry: i64, now: i64) -> Outcome {
    let mut in_groups = BTreeSet::new();
    if let Some((name, user)) = &ask.breakdown {
        in_groups = match path.get(ask.breakdown_step - 1) {
            None => BTreeSet::from(["did not reach step".to_owned()]),
            Some(index) => groups(&property(rows[*index], name, *user, ask.base.latest)),
        };
    }
    let mut times: Vec<i64> = path.iter().map(|index| rows[*index].raw.time).collect();
    let entry = if ask.totals { ask.cut(times[0]) } else { entry };
    let bucket = ask.bucket(times[0]);
    let complete = path.len() == ask.steps.len();
    let last = rows[path[path.len() - 1]];
    let number = last.raw.props.get("n").and_then(Json::as_f64).filter(|_| complete);
    if ask.order == "any" {
        times.sort_unstable();
    }
    let open = !complete && ask.cut(now) - entry < ask.window_units();
    Outcome { who, bucket, times, groups: in_groups, open, sum: number.unwrap_or(0.0) }
}

pub(crate) fn check(ask: &Ask, rows: &[Row], context: &Context) {
    let text = ask.json().to_string();
    let result = asked!(Funnel, &ask.json(), context);
    let (all, by_bucket) = outcomes(ask, rows, context.now.as_micros());
    check_bars(ask, &result.overall, &all, None, context);
    check_moments(ask, &result, &result.overall, (&by_bucket, None), context);
    let mut sizes: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
    for one in &all {
        for group in &one.groups {
            sizes.entry(group.clone()).or_default().push(one.clone());
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
    // A group may have people in an interval whose path in the range is in another.
    let listed: Vec<&String> =
        found.iter().map(|one| &one.group).filter(|group| sizes.contains_key(*group)).collect();
    assert_eq!(listed, expected, "{text}");
    let in_buckets: BTreeSet<&String> = by_bucket.iter().flat_map(|one| &one.groups).collect();
    let known = sizes.keys().chain(in_buckets.into_iter().filter(|_| ask.interval.is_some()));
    let known: BTreeSet<&String> = known.collect();
    assert_eq!(result.groups_total, Some(known.len() as u64), "{text}");
    for one in found {
        let empty = Vec::new();
        let all = sizes.get(&one.group).unwrap_or(&empty);
        check_bars(ask, &one.bars, all, Some(&one.group), context);
        check_moments(ask, &result, &one.bars, (&by_bucket, Some(&one.group)), context);
    }
}

fn people_of<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> u64 {
    outcomes.map(|one| one.who).collect::<BTreeSet<_>>().len() as u64
}

fn check_bars(
    ask: &Ask,
    bars: &FunnelBars,
    outcomes: &[Outcome],
    group: Option<&String>,
    context: &Context,
) {
    let text = format!("{group:?} of {}", ask.json());
    let count = ask.steps.len();
    let at = |step: usize| outcomes.iter().filter(move |one| one.times.len() >= step);
    let lost =
        |step: usize| outcomes.iter().filter(move |one| one.times.len() == step && step < count);
    let reached = |step: usize| at(step).count() as u64;
    assert_eq!(bars.steps.len(), count, "{text}");
    for (index, bar) in bars.steps.iter().enumerate() {
        let step = index + 1;
        assert_eq!(bar.count, reached(step), "step {step} of {text}");
        assert_eq!(bar.people, people_of(at(step)), "step {step} of {text}");
        assert_eq!(bar.dropped_off, lost(step).count() as u64, "step {step} of {text}");
        assert_eq!(bar.people_dropped_off, people_of(lost(step)), "step {step} of {text}");
        let share = |of: u64| (of > 0).then(|| bar.count as f64 / of as f64);
        assert!(close(bar.from_start, share(reached(1))), "{text}");
        assert!(close(bar.from_previous, share(reached(step.max(2) - 1))), "{text}");
        let times = (step > 1).then(|| spans(ask, outcomes, step - 2, step - 1)).flatten();
        assert!(same(bar.time_from_previous, times), "step {step} of {text}");
        check_people(ask, at(step), json!({ "step": step }), group, context);
        let point = json!({ "step": step, "outcome": "dropped_off" });
        check_people(ask, lost(step), point, group, context);
    }
    assert!(same(bars.time_to_convert, spans(ask, outcomes, 0, count - 1)), "{text}");
    assert_eq!(bars.incomplete, outcomes.iter().filter(|one| one.open).count() as u64, "{text}");
    let sum = ask.sum.then(|| outcomes.iter().map(|one| one.sum).sum());
    assert!(close(bars.sum, sum), "{text}");
    let Some(width) = ask.bins else { return };
    let seconds = |one: &Outcome| {
        let units = (ask.cut(one.times[count - 1]) - ask.cut(one.times[0])).unsigned_abs();
        if ask.millis { units / 1_000 } else { units }
    };
    let mut expected: BTreeMap<u64, Vec<&Outcome>> = BTreeMap::new();
    for one in at(count) {
        expected.entry(seconds(one) / width).or_default().push(one);
    }
    for bin in bars.time_distribution.as_ref().unwrap() {
        let inside = expected.remove(&(bin.from_seconds / width)).unwrap_or_default();
        assert_eq!(bin.count, inside.len() as u64, "{bin:?} of {text}");
        assert_eq!(bin.people, people_of(inside.iter().copied()), "{bin:?} of {text}");
        if inside.is_empty() {
            continue;
        }
        let time = json!({ "from_seconds": bin.from_seconds, "to_seconds": bin.to_seconds });
        let point = json!({ "step": count, "time": time });
        check_people(ask, inside.into_iter(), point, group, context);
    }
    assert!(expected.is_empty(), "{text}");
}

fn check_moments(
    ask: &Ask,
    result: &FunnelResult,
    bars: &FunnelBars,
    (outcomes, group): (&[Outcome], Option<&String>),
    context: &Context,
) {
    let Some(moments) = &bars.over_time else {
        assert!(ask.interval.is_none());
        return;
    };
    let text = format!("{group:?} of {}", ask.json());
    let buckets = result.buckets.as_ref().unwrap();
    assert_eq!(moments.len(), buckets.len(), "{text}");
    let labels: BTreeSet<&String> = buckets.iter().map(|bucket| &bucket.label).collect();
    assert!(outcomes.iter().all(|one| labels.contains(&one.bucket)), "{text}");
    for (bucket, moment) in buckets.iter().zip(moments) {
        let inside: Vec<Outcome> = outcomes
            .iter()
            .filter(|one| one.bucket == bucket.label)
            .filter(|one| group.is_none_or(|group| one.groups.contains(group)))
            .cloned()
            .collect();
        let count = ask.steps.len();
        for step in 1..=count {
            let at = || inside.iter().filter(|one| one.times.len() >= step);
            let of = format!("step {step} in {} of {text}", bucket.label);
            assert_eq!(moment.counts[step - 1], at().count() as u64, "{of}");
            assert_eq!(moment.people[step - 1], people_of(at()), "{of}");
            if !inside.is_empty() {
                let point = json!({ "step": step, "bucket": bucket.label });
                check_people(ask, at(), point, group, context);
            }
        }
        let between = (1..count).map(|step| spans(ask, &inside, step - 1, step));
        assert_eq!(moment.times_from_previous.len(), count - 1, "{text}");
        let mut both = moment.times_from_previous.iter().zip(between);
        assert!(both.all(|(found, expected)| same(*found, expected)), "{text}");
        let median = spans(ask, &inside, 0, count - 1).map(|(median, _)| median);
        assert!(close(moment.median_seconds, median), "{text}");
        let entered = moment.counts[0] as f64;
        let conversion = (entered > 0.0).then(|| moment.counts[count - 1] as f64 / entered);
        assert!(close(moment.conversion, conversion), "{text}");
    }
}

/// Median and mean seconds from one step to another, of those who reached it.
fn spans(ask: &Ask, outcomes: &[Outcome], from: usize, to: usize) -> Option<(f64, f64)> {
    let unit = if ask.millis { 1e-3 } else { 1.0 };
    let mut spans: Vec<f64> = outcomes
        .iter()
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

fn check_people<'a>(
    ask: &Ask,
    outcomes: impl Iterator<Item = &'a Outcome>,
    mut point: Json,
    group: Option<&String>,
    context: &Context,
) {
    let text = |time: &i64| sluice_base::Timestamp::from_micros(*time).to_string();
    let mut expected: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
    for one in outcomes {
        let times = expected.entry(one.who).or_insert_with(|| one.times.clone());
        *times = times.clone().min(one.times.clone());
    }
    let expected: Vec<(u64, Vec<String>)> =
        expected.into_iter().map(|(who, times)| (who, times.iter().map(text).collect())).collect();
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
