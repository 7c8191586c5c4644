//! Cohorts by brute force: every person's rows, every condition by itself, no sets and no slots.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value as Json, json};
use sluice_insights::cohort::{people, size};
use sluice_insights::{CohortDefinition, Cohorts, Context, Membership, Page};

use crate::oracle::{Cond, Pick, Row, groups, is_active, property};
use crate::random::{Rng, cond, pick, range};
use crate::world::World;

#[derive(Clone, Debug)]
enum Within {
    Ever,
    Between(Date, Date),
    Last(i64),
    Since(Date),
    First(i64),
}

#[derive(Clone, Debug)]
enum Cnd {
    Performed(Pick, &'static str, u64),
    More(Pick, &'static str, Pick),
    Sum(Pick, bool, &'static str, f64),
    Distinct(Pick, &'static str, bool, &'static str, u64),
    Occurrence(Pick, u64),
    OnDays(Pick, &'static str, u64),
    Sequence(Vec<Pick>, Option<i64>),
    Property(Cond, &'static str),
    Active,
    New,
    In(&'static str),
}

#[derive(Clone, Debug)]
struct Clause {
    not: bool,
    any_of: Vec<(Cnd, Within)>,
}

/// A definition, and the saved cohorts that it may name: `listed` and `defined`.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    clauses: Vec<Clause>,
    defined: Vec<Clause>,
    listed: Vec<u64>,
}

/// What an answer depends on besides the rows.
#[derive(Clone, Copy)]
pub(crate) struct Now {
    pub(crate) zone: &'static str,
    pub(crate) at: i64,
}

pub(crate) fn random(rng: &mut Rng, world: &World) -> Ask {
    let listed = (0..rng.below(4)).map(|_| 1 + rng.below(16)).collect();
    let clauses = |rng: &mut Rng, named: &[&'static str]| -> Vec<Clause> {
        (0..1 + rng.below(2))
            .map(|_| Clause {
                not: rng.one_in(3),
                any_of: (0..1 + rng.below(2)).map(|_| condition(rng, world, named)).collect(),
            })
            .collect()
    };
    let defined = clauses(rng, &["listed"]);
    Ask { clauses: clauses(rng, &["listed", "defined"]), defined, listed }
}

fn condition(rng: &mut Rng, world: &World, named: &[&'static str]) -> (Cnd, Within) {
    const OPS: &[&str] = &[
        "greater_or_equal",
        "greater_or_equal",
        "is",
        "is_not",
        "less",
        "less_or_equal",
        "greater",
    ];
    let names = ["A", "B", "C", "$identify", "_active", "_all", "nothing"];
    let (start, end) = range(rng, world, 40);
    let within = match rng.below(6) {
        0 | 1 => Within::Ever,
        2 => Within::Between(start, end),
        3 => Within::Last(1 + rng.below(60) as i64),
        4 => Within::Since(start),
        _ => Within::First(1 + rng.below(20) as i64),
    };
    let event = pick(rng, &names);
    let op = rng.word(OPS);
    let user = rng.one_in(3);
    let what = match rng.below(11) {
        0 | 1 => Cnd::Performed(event, op, rng.below(5)),
        2 => Cnd::More(event, op, pick(rng, &names)),
        3 => Cnd::Sum(event, user, op, rng.below(60) as f64),
        4 => Cnd::Distinct(event, rng.word(&["x", "y"]), user, op, rng.below(4)),
        5 => Cnd::Occurrence(event, 1 + rng.below(5)),
        6 => Cnd::OnDays(event, op, rng.below(4)),
        7 => {
            let steps = (0..2 + rng.below(2)).map(|_| pick(rng, &names)).collect();
            Cnd::Sequence(steps, (!rng.one_in(3)).then(|| *rng.pick(&[1, 60, 3_600, 86_400 * 9])))
        }
        8 => {
            let at = rng.word(&["any_time", "most_recently", "now"]);
            Cnd::Property(Cond { user: at == "now" || user, ..cond(rng) }, at)
        }
        9 if rng.one_in(2) => Cnd::Active,
        9 if !matches!(within, Within::Ever) => Cnd::New,
        _ => Cnd::In(rng.word(named)),
    };
    let bare = matches!(what, Cnd::In(_) | Cnd::Property(_, "now"));
    (what, if bare { Within::Ever } else { within })
}

impl Ask {
    pub(crate) fn json(&self) -> Json {
        Json::Array(self.clauses.iter().map(Clause::json).collect())
    }

    pub(crate) fn cohorts(&self) -> Cohorts {
        let defined: Vec<Json> = self.defined.iter().map(Clause::json).collect();
        let defined = serde_json::from_value(json!({ "clauses": defined })).unwrap();
        Cohorts::new([
            ("defined".to_owned(), Membership::Defined(defined)),
            ("listed".to_owned(), Membership::Listed(self.listed.clone().into())),
        ])
    }

    /// Everybody who belongs to it.
    pub(crate) fn members(&self, rows: &[Row], world: &World, now: Now) -> BTreeSet<u64> {
        let mut of: BTreeMap<u64, Vec<&Row>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.who != 0) {
            of.entry(row.who).or_default().push(row);
        }
        let roots = roots(world);
        let root = |node: u64| roots.get(&node).copied().unwrap_or(node);
        let holds = |rows: &[&Row], clauses: &[Clause], saved: &dyn Fn(&str) -> bool| {
            clauses.iter().all(|clause| {
                let one = |(what, within): &(Cnd, Within)| {
                    what.holds(rows, within.span(rows, now), now.zone, saved)
                };
                clause.any_of.iter().any(one) != clause.not
            })
        };
        let mut members = BTreeSet::new();
        for (who, rows) in of {
            let is_listed = self.listed.iter().any(|node| root(*node) == who);
            let is_defined = holds(&rows, &self.defined, &|_| is_listed);
            let saved = |id: &str| if id == "listed" { is_listed } else { is_defined };
            if holds(&rows, &self.clauses, &saved) {
                members.insert(who);
            }
        }
        members
    }
}

/// The smallest node that each merged node is connected with.
fn roots(world: &World) -> BTreeMap<u64, u64> {
    let live: Vec<(u64, u64)> =
        world.merges.iter().filter(|one| !one.3).map(|(_, a, b, _)| (*a, *b)).collect();
    let mut roots = BTreeMap::new();
    for (a, b) in &live {
        for node in [*a, *b] {
            let (mut seen, mut todo) = (BTreeSet::from([node]), vec![node]);
            while let Some(at) = todo.pop() {
                for (c, d) in &live {
                    for (here, there) in [(*c, *d), (*d, *c)] {
                        if here == at && seen.insert(there) {
                            todo.push(there);
                        }
                    }
                }
            }
            roots.insert(node, *seen.iter().next().unwrap());
        }
    }
    roots
}

impl Within {
    fn json(&self) -> Option<Json> {
        Some(match self {
            Self::Ever => return None,
            Self::Between(start, end) => {
                json!({ "start": start.to_string(), "end": end.to_string() })
            }
            Self::Last(days) => json!({ "last_days": days }),
            Self::Since(date) => json!({ "since": date.to_string() }),
            Self::First(days) => json!({ "first_days": days }),
        })
    }

    fn span(&self, rows: &[&Row], now: Now) -> (i64, i64) {
        let zone = TimeZone::get(now.zone).unwrap();
        let today = Timestamp::from_microsecond(now.at).unwrap().to_zoned(zone.clone()).date();
        let midnight =
            |date: Date| date.to_zoned(zone.clone()).unwrap().timestamp().as_microsecond();
        let dates = |first: Date, last: Date| (midnight(first), midnight(last + 1.day()));
        match self {
            Self::Ever => (i64::MIN, i64::MAX),
            Self::Between(start, end) => dates(*start, *end),
            Self::Last(days) => dates(today - (days - 1).days(), today),
            Self::Since(date) => dates(*date, today),
            Self::First(days) => (rows[0].raw.time, rows[0].raw.time + days * 86_400_000_000),
        }
    }
}

fn compare(op: &str, left: f64, right: f64) -> bool {
    match op {
        "is" => left == right,
        "is_not" => left != right,
        "less" => left < right,
        "less_or_equal" => left <= right,
        "greater" => left > right,
        _ => left >= right,
    }
}

impl Cnd {
    fn holds(
        &self,
        rows: &[&Row],
        (from, to): (i64, i64),
        zone: &str,
        saved: &dyn Fn(&str) -> bool,
    ) -> bool {
        let inside = |row: &&&Row| row.raw.time >= from && row.raw.time < to;
        let of = |pick: &Pick| -> Vec<&Row> {
            rows.iter().filter(inside).filter(|row| pick.fits(row, false)).copied().collect()
        };
        match self {
            Self::Performed(pick, op, n) => {
                let n_rows = of(pick).len();
                n_rows > 0 && compare(op, n_rows as f64, *n as f64)
            }
            Self::More(pick, op, than) => {
                let (left, right) = (of(pick).len(), of(than).len());
                (left > 0 || right > 0) && compare(op, left as f64, right as f64)
            }
            Self::Sum(pick, user, op, value) => {
                let rows = of(pick);
                let numbers =
                    rows.iter().filter_map(|row| property(row, "n", *user, false).as_f64());
                !rows.is_empty() && compare(op, numbers.sum(), *value)
            }
            Self::Distinct(pick, name, user, op, n) => {
                let rows = of(pick);
                let mut values: BTreeSet<String> = rows
                    .iter()
                    .flat_map(|row| groups(&property(row, name, *user, false)))
                    .collect();
                values.remove("(none)");
                !rows.is_empty() && compare(op, values.len() as f64, *n as f64)
            }
            Self::Occurrence(pick, number) => {
                let all: Vec<&&Row> = rows.iter().filter(|row| pick.fits(row, false)).collect();
                all.get(*number as usize - 1).is_some_and(&inside)
            }
            Self::OnDays(pick, op, n) => {
                let zone = TimeZone::get(zone).unwrap();
                let dates: BTreeSet<Date> = of(pick)
                    .iter()
                    .map(|row| {
                        let at = Timestamp::from_microsecond(row.raw.time).unwrap();
                        at.to_zoned(zone.clone()).date()
                    })
                    .collect();
                !dates.is_empty() && compare(op, dates.len() as f64, *n as f64)
            }
            Self::Sequence(steps, seconds) => {
                let rows: Vec<&Row> = rows.iter().filter(inside).copied().collect();
                path(&rows, steps, &mut Vec::new(), *seconds)
            }
            Self::Property(cond, "any_time") => {
                rows.iter().filter(inside).any(|row| is_active(row) && cond.holds(row, false))
            }
            Self::Property(cond, "most_recently") => {
                let last = rows.iter().filter(inside).rfind(|row| is_active(row));
                last.is_some_and(|row| cond.holds(row, false) || zero_holds(cond, row))
            }
            Self::Property(cond, _) => cond.holds(rows[0], true),
            Self::Active => rows.iter().filter(inside).any(|row| is_active(row)),
            Self::New => inside(&&rows[0]),
            Self::In(id) => saved(id),
        }
    }

    fn json(&self, within: &Within) -> Json {
        let of = |user: &bool| if *user { "user" } else { "event" };
        let mut json = match self {
            Self::Performed(pick, op, n) => {
                json!({ "kind": "performed", "event": pick.json(), "op": op, "count": n })
            }
            Self::More(pick, op, than) => {
                json!({ "kind": "performed_more", "event": pick.json(), "op": op, "than": than.json() })
            }
            Self::Sum(pick, user, op, value) => json!({
                "kind": "sum", "event": pick.json(), "op": op, "value": value,
                "property": { "property": "n", "of": of(user) },
            }),
            Self::Distinct(pick, name, user, op, n) => json!({
                "kind": "distinct_values", "event": pick.json(), "op": op, "count": n,
                "property": { "property": name, "of": of(user) },
            }),
            Self::Occurrence(pick, number) => {
                json!({ "kind": "occurrence", "event": pick.json(), "number": number })
            }
            Self::OnDays(pick, op, n) => {
                json!({ "kind": "on_days", "event": pick.json(), "op": op, "days": n })
            }
            Self::Sequence(steps, seconds) => {
                let steps: Vec<Json> = steps.iter().map(Pick::json).collect();
                json!({ "kind": "sequence", "steps": steps, "in_seconds": seconds })
            }
            Self::Property(cond, at) => {
                json!({ "kind": "property", "filter": cond.json(), "at": at })
            }
            Self::Active => json!({ "kind": "active" }),
            Self::New => json!({ "kind": "new" }),
            Self::In(id) => json!({ "kind": "in_cohort", "cohort": id }),
        };
        if let Some(within) = within.json() {
            json["within"] = within;
        }
        json
    }
}

impl Clause {
    fn json(&self) -> Json {
        let any_of: Vec<Json> =
            self.any_of.iter().map(|(what, within)| what.json(within)).collect();
        json!({ "not": self.not, "any_of": any_of })
    }
}

/// Where numbers are put in order, no value is 0.
fn zero_holds(cond: &Cond, row: &Row) -> bool {
    let value = property(row, &cond.property, cond.user, false);
    let is_none = match &value {
        Json::Array(items) => items.is_empty() || items.iter().any(Json::is_null),
        one => one.is_null() || *one == json!("(none)"),
    };
    is_none
        && ["less", "less_or_equal", "greater", "greater_or_equal"].contains(&cond.op)
        && cond
            .values
            .iter()
            .any(|one| one.parse::<f64>().is_ok_and(|one| compare(cond.op, 0.0, one)))
}

/// Whether the steps can be walked from what is walked already.
fn path(rows: &[&Row], steps: &[Pick], walked: &mut Vec<usize>, seconds: Option<i64>) -> bool {
    let Some(step) = steps.get(walked.len()) else { return true };
    let second = |row: &Row| row.raw.time.div_euclid(1_000_000);
    for (index, row) in rows.iter().enumerate() {
        let fits = step.fits(row, false)
            && walked.last().is_none_or(|last| second(rows[*last]) <= second(row))
            && walked.first().is_none_or(|first| {
                seconds.is_none_or(|most| second(row) - second(rows[*first]) <= most)
            })
            && walked.iter().all(|one| {
                *one != index
                    && (second(rows[*one]) != second(row) || rows[*one].raw.name != row.raw.name)
            });
        if fits {
            walked.push(index);
            if path(rows, steps, walked, seconds) {
                return true;
            }
            walked.pop();
        }
    }
    false
}

pub(crate) fn check(ask: &Ask, members: &BTreeSet<u64>, everybody: u64, context: &Context) {
    let text = json!({ "clauses": ask.json() }).to_string();
    let definition: CohortDefinition = serde_json::from_str(&text).unwrap();
    let text = format!("{text} with {ask:?}");
    let cancelled = AtomicBool::new(false);
    let found = size(&definition, context, &cancelled).unwrap();
    assert_eq!((found.people, found.of), (members.len() as u64, everybody), "{text}");
    let (mut listed, mut page) = (Vec::new(), Page { after: None, limit: 3 });
    loop {
        let some = people(&definition, &page, context, &cancelled).unwrap();
        assert_eq!(some.total, members.len() as u64, "{text}");
        listed.extend(some.people.iter().map(|one| one.person));
        match some.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    assert_eq!(listed, members.iter().copied().collect::<Vec<_>>(), "{text}");
}
