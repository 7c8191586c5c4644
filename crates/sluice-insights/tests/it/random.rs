//! Random events and random questions, seed by seed.
//!
//! `SLUICE_SEEDS=5000` tries more; `SLUICE_SEED=17` one. A seed that fails names itself and
//! becomes a test of its own below.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value as Json, json};
use sluice_event::Decision;
use sluice_insights::{Context, Limits};

use crate::asking::Common;
use crate::calendar::Intervals;
use crate::formula_oracle::{FUNCTIONS, Figure, Formula, Tree};
use crate::oracle::{Cond, Pick, Row, rows};
use crate::trend_ask::OverTime;
use crate::world::{New, Says, World};
use crate::{cohort_oracle, funnel_oracle, retention_oracle, trend_ask, trend_oracle};

/// Splitmix64.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of some words.
    pub(crate) fn word(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len() as u64) as usize]
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
}

const NAMES: &[&str] = &["A", "A", "B", "B", "C", "D", "$identify", "$group"];
const ZONES: &[&str] =
    &["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "America/Sao_Paulo"];
pub(crate) const DAY: i64 = 86_400_000_000;

fn value(rng: &mut Rng) -> Json {
    let values = [
        json!(null),
        json!(5),
        json!(5.0),
        json!("5"),
        json!("Pro"),
        json!("pro"),
        json!(true),
        json!("true"),
        json!(["a", "b"]),
        json!(["a", "a"]),
        json!([]),
        json!([null, 5]),
        json!("a"),
        json!("9"),
        json!(10),
        json!("a/b"),
        json!(-2.5),
        json!("(none)"),
        json!(false),
        json!("1.10"),
    ];
    rng.pick(&values).clone()
}

fn object(rng: &mut Rng) -> Json {
    let mut map = serde_json::Map::new();
    for name in ["x", "y"] {
        if !rng.one_in(3) {
            map.insert(name.to_owned(), value(rng));
        }
    }
    if !rng.one_in(3) {
        let n = if rng.one_in(5) { json!("12") } else { json!(rng.below(400) as f64 / 8.0) };
        map.insert("n".to_owned(), n);
    }
    Json::Object(map)
}

/// About the clock changes of March and November, with many ties and some far away.
fn time(rng: &mut Rng, bases: &[i64]) -> i64 {
    let base = *rng.pick(bases);
    match rng.below(8) {
        0 => base,
        1 | 2 => base + rng.below(4) as i64 * 1_000_000,
        3 => base + rng.below(3_000) as i64 * 1_000,
        4 => base + rng.below(3_000_000) as i64,
        5 => base + rng.below(48) as i64 * 1_800_000_000,
        6 => base + rng.below(86_400) as i64 * 1_000_000,
        _ => base + rng.below(40) as i64 * DAY,
    }
}

pub(crate) fn random_world(seed: u64) -> World {
    world(&mut Rng::new(seed))
}

/// What the custom event of a world may be made of.
const PARTS: [&[&str]; 2] = [&["A", "D"], &["C"]];

pub(crate) fn world(rng: &mut Rng) -> World {
    let mut world = World::new();
    world.dictionary = Says {
        renamed: rng.one_in(3).then(|| *rng.pick(&[("D", "A"), ("C", "B"), ("B", "nothing")])),
        left_out: rng.one_in(4).then(|| rng.word(&["A", "C", "D", "$identify"])),
        made_of: PARTS[rng.below(PARTS.len() as u64) as usize],
    };
    let start = if rng.one_in(2) { 1_772_000_000 } else { 1_792_800_000 } * 1_000_000i64;
    let bases: Vec<i64> =
        (0..6).map(|_| start + rng.below(60 * 24 * 4) as i64 * 900_000_000).collect();
    let nodes = 2 + rng.below(14);
    let mut traits: Vec<Option<Json>> = vec![None; nodes as usize + 1];
    for _ in 0..1 + rng.below(8) {
        let mut decisions: Vec<Decision> = Vec::new();
        for _ in 0..rng.below(3) {
            let live: Vec<usize> =
                (0..world.merges.len()).filter(|i| !world.merges[*i].3).collect();
            let (a, b) = (1 + rng.below(nodes), 1 + rng.below(nodes));
            if rng.one_in(3) && !live.is_empty() {
                decisions.push(world.undo(*rng.pick(&live)));
            } else if a != b && rng.one_in(2) {
                decisions.push(world.merge(a, b));
            }
        }
        let mut events = Vec::new();
        for _ in 0..rng.below(30) {
            let person = if rng.one_in(15) { 0 } else { 1 + rng.below(nodes) };
            let name = rng.word(NAMES).to_owned();
            if name == "$identify" && person != 0 {
                traits[person as usize] = Some(object(rng));
            }
            let traits = if person == 0 { None } else { traits[person as usize].clone() };
            let session = (!rng.one_in(3)).then(|| 1 + rng.below(3) as i64);
            let (time, props) = (time(rng, &bases), object(rng));
            events.push(New { time, person, name, props, traits, session });
        }
        world.write(events, decisions);
        if rng.one_in(2) {
            world.store.flush().unwrap();
        }
        if rng.one_in(3) {
            world.store.compact_once().unwrap();
        }
    }
    world.store.flush().unwrap();
    if rng.one_in(5) {
        world.store.compact_all().unwrap();
    }
    world
}

pub(crate) fn cond(rng: &mut Rng) -> Cond {
    const OPS: &[&str] = &[
        "is",
        "is",
        "is_not",
        "contains",
        "does_not_contain",
        "starts_with",
        "less",
        "less_or_equal",
        "greater",
        "greater_or_equal",
        "set_is",
        "set_is_not",
        "set_contains",
        "set_does_not_contain",
        "set_contains_any",
        "glob_match",
        "glob_does_not_match",
    ];
    let operands = [
        "5", "Pro", "PR", "(none)", "true", "a", "b", "9.5", "10", "p", "*", "a*", "**b", "-2.5",
        "1.1",
    ];
    let values = (0..1 + rng.below(2)).map(|_| rng.word(&operands).to_owned()).collect();
    let property = rng.word(&["x", "y", "n", "absent"]).to_owned();
    Cond { property, user: rng.one_in(3), op: rng.word(OPS), values }
}

pub(crate) fn conds(rng: &mut Rng, most: u64) -> Vec<Cond> {
    if rng.one_in(2) { Vec::new() } else { (0..rng.below(most + 1)).map(|_| cond(rng)).collect() }
}

pub(crate) fn pick(rng: &mut Rng, names: &[&'static str]) -> Pick {
    let count = if rng.one_in(4) { 2 } else { 1 };
    let alternatives = (0..count)
        .map(|_| {
            let own = if rng.one_in(4) { vec![cond(rng)] } else { Vec::new() };
            (rng.word(names).to_owned(), own)
        })
        .collect();
    Pick { alternatives, filters: conds(rng, 1) }
}

pub(crate) fn breakdown(rng: &mut Rng) -> Option<(String, bool)> {
    rng.one_in(2).then(|| (rng.word(&["x", "y", "absent"]).to_owned(), rng.one_in(3)))
}

/// A range around the data, as local dates.
pub(crate) fn range(rng: &mut Rng, world: &World, days: i64) -> (Date, Date) {
    let least = world.rows.iter().map(|row| row.time).min().unwrap_or(0);
    let date =
        jiff::Timestamp::from_microsecond(least).unwrap().to_zoned(jiff::tz::TimeZone::UTC).date();
    let start = date + (rng.below(40) as i64 - 5).days();
    (start, start + (rng.below(days as u64) as i64).days())
}

/// What questions of all kinds say, about everybody.
pub(crate) fn common(
    rng: &mut Rng,
    (start, end): (Date, Date),
    interval: &'static str,
    conds_max: u64,
) -> Common {
    Common {
        over: Intervals { zone: rng.word(ZONES), start, end, interval },
        people: json!([]),
        segment: conds(rng, conds_max),
        latest: rng.one_in(3),
        count_by: None,
    }
}

pub(crate) fn trend(rng: &mut Rng, world: &World) -> trend_ask::Ask {
    let (interval, days) = *rng.pick(&[
        ("5_minutes", 2),
        ("hour", 7),
        ("day", 60),
        ("day", 20),
        ("week", 80),
        ("month", 100),
        ("quarter", 200),
    ]);
    let (start, end) = range(rng, world, days);
    let names = ["A", "B", "C", "D", "ce:M", "$identify", "_active", "_all", "nothing"];
    let events = (0..1 + rng.below(3))
        .map(|_| {
            if rng.one_in(8) {
                Pick { alternatives: vec![("_new".to_owned(), Vec::new())], filters: conds(rng, 1) }
            } else {
                pick(rng, &names)
            }
        })
        .collect();
    let segments: Vec<Vec<Cond>> = if rng.one_in(3) {
        (0..1 + rng.below(3)).map(|_| conds(rng, 1)).collect()
    } else {
        Vec::new()
    };
    let measure = measure(rng);
    let is_distribution = measure.name == "frequency" || measure.name == "histogram";
    let breakdown = breakdown(rng);
    let then_by = breakdown
        .as_ref()
        .filter(|_| rng.one_in(2))
        .map(|_| (rng.word(&["x", "y", "n"]).to_owned(), rng.one_in(3)));
    let mut ask = trend_ask::Ask {
        base: common(rng, (start, end), interval, 2),
        events,
        measure,
        segments,
        users: rng.word(&["any", "active", "active", "new"]),
        breakdown,
        then_by,
        groups_max: if rng.one_in(3) { 2 } else { 100 },
        over_time: over_time(rng),
        compare: rng.one_in(4).then(|| {
            let unit = rng.word(&["days", "weeks", "months", "quarters", "years"]);
            (1 + rng.below(3) as i32, unit)
        }),
        formulas: Vec::new(),
    };
    if rng.one_in(3) && !is_distribution {
        ask.formulas = (0..1 + rng.below(2)).map(|_| formula(rng, &ask)).collect();
        ask.groups_max = ask.groups_max.min(8);
    }
    ask
}

fn measure(rng: &mut Rng) -> trend_ask::Measure {
    let name = rng.word(&[
        "uniques",
        "uniques",
        "totals",
        "active_percent",
        "average",
        "frequency",
        "sum",
        "property_average",
        "minimum",
        "maximum",
        "median",
        "percentile",
        "distinct_values",
        "distinct_per_user",
        "histogram",
    ]);
    let mut measure = trend_ask::Measure::plain(name);
    measure.percentile = rng.below(101) as f64;
    if name.starts_with("distinct") || name == "histogram" {
        measure.property = rng.word(&["n", "x", "y"]);
    }
    if rng.one_in(2) {
        measure.bins = vec![(0.0, 2.0), (2.0, 10.0), (20.0, 40.5)];
    }
    measure
}

fn over_time(rng: &mut Rng) -> OverTime {
    let n = 1 + rng.below(9) as i64;
    match rng.below(8) {
        0 => OverTime::Average(n),
        1 | 2 => OverTime::Window(n),
        3 => OverTime::Cumulative,
        _ => OverTime::Plain,
    }
}

fn formula(rng: &mut Rng, ask: &trend_ask::Ask) -> Formula {
    let tree = tree(rng, ask, 2);
    let one = Tree::Figure(figure(rng, ask));
    let tree = if rng.one_in(3) { tree } else { Tree::Both('+', Box::new(tree), Box::new(one)) };
    let tree = match tree {
        Tree::Number(_) => Tree::Figure(figure(rng, ask)),
        Tree::Both(..) if rng.one_in(6) => Tree::Line(Box::new(Tree::Figure(figure(rng, ask)))),
        tree => tree,
    };
    let has_figure = tree.text_has_event();
    let tree = if has_figure { tree } else { Tree::Figure(figure(rng, ask)) };
    Formula { prefix: rng.word(&["", "%:", "$:"]), tree }
}

fn tree(rng: &mut Rng, ask: &trend_ask::Ask, depth: u64) -> Tree {
    if depth == 0 || rng.one_in(3) {
        return if rng.one_in(4) {
            Tree::Number(rng.below(9) as f64 / 2.0)
        } else {
            Tree::Figure(figure(rng, ask))
        };
    }
    let op = *rng.pick(&['+', '-', '*', '/']);
    let (a, b) = (tree(rng, ask, depth - 1), tree(rng, ask, depth - 1));
    let both = Tree::Both(op, Box::new(a), Box::new(b));
    if rng.one_in(6) { Tree::Sqrt(Box::new(both)) } else { both }
}

fn figure(rng: &mut Rng, ask: &trend_ask::Ask) -> Figure {
    let over_time = match over_time(rng) {
        OverTime::Window(n) if rng.one_in(2) => OverTime::Before(n),
        other => other,
    };
    Figure {
        name: rng.pick(FUNCTIONS).0,
        over_time,
        event: rng.below(ask.events.len() as u64) as usize,
        segment: rng.one_in(4).then(|| rng.below(ask.segment_count() as u64) as usize),
    }
}

pub(crate) fn funnel(rng: &mut Rng, world: &World) -> funnel_oracle::Ask {
    let (start, end) = range(rng, world, 60);
    let count = 1 + rng.below(4) as usize;
    let distinct = rng.one_in(2);
    let steps = (0..count)
        .map(|step| {
            if distinct {
                let name = ["A", "B", "C", "D"][step].to_owned();
                Pick { alternatives: vec![(name, Vec::new())], filters: conds(rng, 1) }
            } else {
                pick(rng, &["A", "B", "C", "D", "ce:M", "_active", "_all", "$identify"])
            }
        })
        .collect();
    funnel_oracle::Ask {
        base: common(rng, (start, end), "day", 1),
        window: *rng.pick(&[1, 2, 60, 3_600, 86_400, 40 * 86_400]),
        millis: rng.one_in(3),
        users: rng.word(&["any", "active", "active", "new"]),
        breakdown: breakdown(rng),
        breakdown_step: 1 + rng.below(count as u64) as usize,
        steps,
        order: "in_order",
        totals: false,
        hold: None,
        exclusions: Vec::new(),
        first_day: false,
        interval: None,
        sum: false,
        bins: None,
    }
}

/// With some of the options.
pub(crate) fn funnel_with_options(rng: &mut Rng, world: &World) -> funnel_oracle::Ask {
    let mut ask = funnel(rng, world);
    let steps = ask.steps.len();
    ask.order = rng.word(&["in_order", "any", "exact"]);
    ask.totals = ask.order != "any" && rng.one_in(3);
    if !ask.totals && rng.one_in(3) {
        ask.hold = Some(rng.word(&["session", "x", "y"]));
    }
    if ask.order != "any" && steps > 1 && rng.one_in(2) {
        ask.exclusions = (0..1 + rng.below(2))
            .map(|_| {
                let from = 1 + rng.below(steps as u64 - 1) as usize;
                let to = from + 1 + rng.below((steps - from) as u64) as usize;
                let names = ["A", "B", "C", "D", "ce:M", "$identify", "_active"];
                (pick(rng, &names), (!rng.one_in(3)).then_some((from, to)))
            })
            .collect();
    }
    ask.first_day = ask.users == "new" && rng.one_in(2);
    ask.interval = rng.one_in(3).then(|| rng.word(&["day", "month"]));
    ask.sum = rng.one_in(3);
    ask.bins = (steps > 1 && rng.one_in(3)).then_some(3_600);
    ask
}

pub(crate) fn retention(rng: &mut Rng, world: &World) -> retention_oracle::Ask {
    let unit = rng.word(&["day", "day", "week", "month"]);
    let dates = range(rng, world, if unit == "day" { 30 } else { 90 });
    let names = ["A", "B", "C", "ce:M", "_active", "_all", "$identify"];
    let start = if rng.one_in(4) {
        Pick { alternatives: vec![("_new".to_owned(), Vec::new())], filters: conds(rng, 1) }
    } else {
        pick(rng, &names)
    };
    let mode = match rng.below(4) {
        0 | 1 => json!("on"),
        2 => json!("on_or_after"),
        _ => {
            let brackets: Vec<[u64; 2]> = (0..1 + rng.below(4))
                .map(|_| {
                    let from = rng.below(8);
                    [from, from + 1 + rng.below(6)]
                })
                .collect();
            json!({ "brackets": brackets })
        }
    };
    retention_oracle::Ask {
        base: common(rng, dates, unit, 1),
        start,
        returning: pick(rng, &names),
        unit,
        windows: rng.word(&["from_start", "calendar"]),
        mode,
        periods: 1 + rng.below(9) as u32,
        breakdown: breakdown(rng),
        groups_max: if rng.one_in(3) { 2 } else { 100 },
    }
}

/// Whom a question counts, and the rows of these.
pub(crate) struct Counted {
    pub(crate) people: Json,
    pub(crate) rows: Vec<Row>,
    pub(crate) context: Context,
}

/// With the usual limits, or with such as take a small question the ways of a large one.
pub(crate) fn context_of(rng: &mut Rng, world: &World, zone: &str, now: i64) -> Context {
    let context = world.context(zone, now, 1 + rng.below(2) as usize);
    let small = Limits { cells_max: 3, tallies_max: 1, ..Limits::default() };
    if rng.one_in(3) { context.with_limits(small) } else { context }
}

/// Everybody, or the people of a random cohort, after that was checked by itself.
pub(crate) fn counted(
    rng: &mut Rng,
    world: &World,
    rows: &[Row],
    (zone, at): (&'static str, i64),
    context: Context,
) -> Counted {
    if rng.one_in(2) {
        return Counted { people: json!([]), rows: rows.to_vec(), context };
    }
    let ask = cohort_oracle::random(rng, world);
    let context = context.with_cohorts(ask.cohorts());
    let members = ask.members(rows, world, cohort_oracle::Now { zone, at });
    let everybody: BTreeSet<u64> = rows.iter().map(|row| row.who).filter(|who| *who != 0).collect();
    cohort_oracle::check(&ask, &members, everybody.len() as u64, &context);
    let rows = rows.iter().filter(|row| members.contains(&row.who)).cloned().collect();
    Counted { people: ask.json(), rows, context }
}

fn run(seed: u64) {
    let mut rng = Rng::new(seed);
    let world = world(&mut rng);
    let rows = rows(&world);
    let last = world.rows.iter().map(|row| row.time).max().unwrap_or(0);
    let now = if rng.one_in(2) { last + 400 * DAY } else { last - rng.below(40) as i64 * DAY / 2 };
    for _ in 0..2 {
        let mut ask = trend(&mut rng, &world);
        let context = context_of(&mut rng, &world, ask.base.over.zone, now);
        let some = counted(&mut rng, &world, &rows, (ask.base.over.zone, now), context);
        ask.base.people = some.people;
        trend_oracle::check(&ask, &some.rows, &some.context);
        let mut ask = funnel(&mut rng, &world);
        let context = context_of(&mut rng, &world, ask.base.over.zone, now);
        let some = counted(&mut rng, &world, &rows, (ask.base.over.zone, now), context);
        ask.base.people = some.people;
        funnel_oracle::check(&ask, &some.rows, &some.context);
        let mut ask = funnel_with_options(&mut rng, &world);
        let context = context_of(&mut rng, &world, ask.base.over.zone, now);
        let some = counted(&mut rng, &world, &rows, (ask.base.over.zone, now), context);
        ask.base.people = some.people;
        funnel_oracle::check(&ask, &some.rows, &some.context);
        let mut ask = retention(&mut rng, &world);
        let context = context_of(&mut rng, &world, ask.base.over.zone, now);
        let some = counted(&mut rng, &world, &rows, (ask.base.over.zone, now), context);
        ask.base.people = some.people;
        retention_oracle::check(&ask, &some.rows, &some.context);
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Runs the seeds that were asked for, and names one that fails.
pub(crate) fn each_seed(run: impl Fn(u64) + std::panic::RefUnwindSafe) {
    if let Some(seed) = number("SLUICE_SEED") {
        return run(seed);
    }
    for seed in 0..number("SLUICE_SEEDS").unwrap_or(120) {
        let passed = std::panic::catch_unwind(|| run(seed)).is_ok();
        assert!(passed, "failed with SLUICE_SEED={seed}");
    }
}

#[test]
fn every_number_and_every_list_of_people_is_that_of_a_brute_force_scan() {
    each_seed(run);
}
