//! Random questions of further kinds on random events, seed by seed, as in [`crate::random`].

use crate::asking::Common;
use crate::oracle::{Row, rows};
use crate::random::{
    Counted, DAY, Rng, breakdown, common, context_of, counted, each_seed, pick, range, world,
};
use crate::world::World;
use crate::{
    composition_oracle, lifecycle_oracle, paths_oracle, revenue_oracle, sessions_oracle,
    stickiness_oracle,
};

const NAMES: [&str; 7] = ["A", "B", "C", "ce:M", "_active", "_all", "$identify"];

fn base(rng: &mut Rng, world: &World, of: &[(&'static str, i64)]) -> Common {
    let (interval, days) = *rng.pick(of);
    let dates = range(rng, world, days);
    common(rng, dates, interval, 1)
}

pub(crate) fn lifecycle(rng: &mut Rng, world: &World) -> lifecycle_oracle::Ask {
    let of = [("hour", 3), ("day", 40), ("week", 80), ("month", 100), ("quarter", 200)];
    let base = base(rng, world, &of);
    let event = pick(rng, &NAMES);
    lifecycle_oracle::Ask { base, event }
}

pub(crate) fn stickiness(rng: &mut Rng, world: &World) -> stickiness_oracle::Ask {
    let base = base(rng, world, &[("week", 60), ("month", 100)]);
    let event = pick(rng, &NAMES);
    stickiness_oracle::Ask { base, event }
}

fn paths(rng: &mut Rng, world: &World) -> paths_oracle::Ask {
    let base = base(rng, world, &[("day", 40)]);
    let names = ["A", "B", "C", "D", "ce:M", "_active", "nothing"];
    let ends = rng.below(3);
    paths_oracle::Ask {
        base,
        start: (ends != 1).then(|| pick(rng, &names)),
        end: (ends != 0).then(|| pick(rng, &names)),
        totals: rng.one_in(2),
        window: *rng.pick(&[1, 3, 3_600, 86_400, 30 * 86_400]),
        gap: rng.one_in(2).then(|| *rng.pick(&[1, 1_800, 86_400])),
        columns: 2 + rng.below(6) as usize,
        nodes: 4 + rng.below(3) as usize,
        ignore: if rng.one_in(3) { vec![rng.word(&["A", "B", "nothing"])] } else { Vec::new() },
        collapse: rng.one_in(2),
    }
}

fn sessions(rng: &mut Rng, world: &World) -> sessions_oracle::Ask {
    let base = base(rng, world, &[("hour", 3), ("day", 40), ("week", 80)]);
    sessions_oracle::Ask {
        base,
        timeout: (!rng.one_in(3)).then(|| *rng.pick(&[1, 2, 1_800, 86_400])),
        page: pick(rng, &["A", "B", "ce:M", "_active"]),
        bins: rng.pick(&[vec![0, 3, 10, 3_600], vec![1, 2]]).clone(),
    }
}

fn revenue(rng: &mut Rng, world: &World) -> revenue_oracle::Ask {
    let base = base(rng, world, &[("hour", 2), ("day", 30), ("week", 60), ("month", 100)]);
    let names = ["A", "B", "_active", "_all", "$identify"];
    revenue_oracle::Ask {
        base,
        event: rng.one_in(2).then(|| pick(rng, &names)),
        refund: rng.one_in(2).then(|| pick(rng, &["B", "C", "ce:M"])),
        breakdown: breakdown(rng),
        groups_max: if rng.one_in(3) { 2 } else { 100 },
        days: 1 + rng.below(40) as i64,
    }
}

fn composition(rng: &mut Rng, world: &World) -> composition_oracle::Ask {
    composition_oracle::Ask {
        base: base(rng, world, &[("day", 60)]),
        property: rng.word(&["x", "y", "absent"]),
        of_user: rng.one_in(2),
        all: rng.one_in(2),
        groups_max: if rng.one_in(3) { 2 } else { 100 },
    }
}

/// Has a question count everybody or only some people.
fn counting(rng: &mut Rng, world: &World, rows: &[Row], now: i64, base: &mut Common) -> Counted {
    let zone = base.over.zone;
    let context = context_of(rng, world, zone, now);
    let some = counted(rng, world, rows, (zone, now), context);
    base.people = some.people.clone();
    some
}

fn run(seed: u64) {
    let mut rng = Rng::new(seed ^ 0x5EED);
    let world = world(&mut rng);
    let rows = rows(&world);
    let last = world.rows.iter().map(|row| row.time).max().unwrap_or(0);
    let now = if rng.one_in(2) { last + 400 * DAY } else { last - rng.below(40) as i64 * DAY / 2 };
    for _ in 0..2 {
        let mut ask = lifecycle(&mut rng, &world);
        let some = counting(&mut rng, &world, &rows, now, &mut ask.base);
        lifecycle_oracle::check(&ask, &some.rows, &some.context);
        let mut ask = stickiness(&mut rng, &world);
        let some = counting(&mut rng, &world, &rows, now, &mut ask.base);
        stickiness_oracle::check(&ask, &some.rows, &some.context);
        let mut ask = paths(&mut rng, &world);
        let some = counting(&mut rng, &world, &rows, now, &mut ask.base);
        paths_oracle::check(&ask, &some.rows, &some.context);
        let mut ask = sessions(&mut rng, &world);
        let some = counting(&mut rng, &world, &rows, now, &mut ask.base);
        sessions_oracle::check(&ask, &some.rows, &some.context);
        let mut ask = revenue(&mut rng, &world);
        let some = counting(&mut rng, &world, &rows, now, &mut ask.base);
        revenue_oracle::check(&ask, &some.rows, &some.context);
        revenue_oracle::check_lifetime(&ask, &some.rows, &some.context);
        let mut ask = composition(&mut rng, &world);
        let some = counting(&mut rng, &world, &rows, now, &mut ask.base);
        composition_oracle::check(&ask, &some.rows, &some.context);
    }
}

#[test]
fn every_number_of_the_further_kinds_is_that_of_a_brute_force_scan() {
    each_seed(run);
}
