//! Revenue and lifetime value by brute force: lists of payments per person; and worked examples.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use sluice_base::Timestamp;
use sluice_insights::Context;
use sluice_insights::lifetime::spec::LifetimeResult;
use sluice_insights::revenue::spec::{RevenueCounts, RevenueResult, RevenueSeries};

use crate::asking::{By, Common, asked, by, close};
use crate::behind::check_people;
use crate::oracle::{Pick, Row, groups, is_active, property};
use crate::world::{World, micros};

/// A question about revenue of the tests, per interval or since people's first event.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) base: Common,
    pub(crate) event: Option<Pick>,
    pub(crate) refund: Option<Pick>,
    pub(crate) breakdown: By,
    pub(crate) groups_max: usize,
    pub(crate) days: i64,
}

impl Ask {
    fn payments(&self) -> Json {
        let mut json = json!({ "amount": { "property": "n" } });
        for (name, event) in [("event", &self.event), ("refund", &self.refund)] {
            if let Some(event) = event {
                json[name] = event.json();
            }
        }
        json
    }

    fn json(&self, kind: &str) -> Json {
        if kind == "lifetime" {
            let own = json!({ "payments": self.payments(), "days_max": self.days });
            return self.base.question(kind, own);
        }
        let own = json!({
            "payments": self.payments(),
            "interval": self.base.over.interval,
            "groups_max": self.groups_max,
            "breakdown": by(&self.breakdown),
        });
        self.base.question(kind, own)
    }

    /// What a row pays, if it is a payment or a refund.
    fn amount(&self, row: &Row) -> Option<f64> {
        let Some(Json::Number(number)) = row.raw.props.get("n") else { return None };
        let number = number.as_f64().unwrap();
        if self.refund.as_ref().is_some_and(|refund| refund.fits(row, self.base.latest)) {
            return Some(if number > 0.0 { -number } else { number });
        }
        let is_payment = match &self.event {
            Some(event) => event.fits(row, self.base.latest),
            None => is_active(row),
        };
        is_payment.then_some(number)
    }
}

fn revenue(json: &Json, context: &Context) -> RevenueResult {
    asked!(Revenue, json, context)
}

fn lifetime(json: &Json, context: &Context) -> LifetimeResult {
    asked!(Lifetime, json, context)
}

struct Payment<'a> {
    row: &'a Row,
    index: i64,
    amount: f64,
    groups: BTreeSet<String>,
}

fn time(row: &Row) -> Vec<String> {
    vec![Timestamp::from_micros(row.raw.time).to_string()]
}

pub(crate) fn check(asked: &Ask, rows: &[Row], context: &Context) {
    let json = asked.json("revenue");
    let result = revenue(&json, context);
    let mut payments: Vec<Payment<'_>> = Vec::new();
    let mut active: BTreeSet<(Option<i64>, u64)> = BTreeSet::new();
    for row in rows {
        let Some(index) = asked.base.over.index(row.raw.time).filter(|index| *index >= 0) else {
            continue;
        };
        if !asked.base.has(row) {
            continue;
        }
        if row.who != 0 && is_active(row) {
            active.extend([(None, row.who), (Some(index), row.who)]);
        }
        if let Some(amount) = asked.amount(row) {
            let of = match &asked.breakdown {
                Some((name, user)) => groups(&property(row, name, *user, asked.base.latest)),
                None => BTreeSet::new(),
            };
            payments.push(Payment { row, index, amount, groups: of });
        }
    }
    let mut amounts: BTreeMap<&String, f64> = BTreeMap::new();
    for payment in &payments {
        for group in &payment.groups {
            *amounts.entry(group).or_default() += payment.amount;
        }
    }
    let mut listed: Vec<&RevenueSeries> = vec![&result.overall];
    if let Some(found) = &result.groups {
        assert_eq!(result.groups_total, Some(amounts.len() as u64), "{json}");
        assert_eq!(found.len(), amounts.len().min(asked.groups_max), "{json}");
        let size = |series: &RevenueSeries| amounts[series.group.as_ref().unwrap()];
        // Amounts are sums of eighths, so they are exact and so is their order.
        assert!(
            found
                .is_sorted_by(|a, b| { (-size(a), a.group.clone()) < (-size(b), b.group.clone()) })
        );
        let least = found.last().map_or(f64::INFINITY, size);
        let listed_names: BTreeSet<_> = found.iter().filter_map(|one| one.group.as_ref()).collect();
        assert!(amounts.iter().all(|(name, sum)| listed_names.contains(name) || *sum <= least));
        listed.extend(found);
    }
    for series in listed {
        check_series(asked, series, &payments, &active, context);
    }
}

fn check_series(
    asked: &Ask,
    series: &RevenueSeries,
    payments: &[Payment<'_>],
    active: &BTreeSet<(Option<i64>, u64)>,
    context: &Context,
) {
    let (json, labels) = (asked.json("revenue"), asked.base.over.labels());
    let mut places: Vec<(Option<i64>, &RevenueCounts)> = vec![(None, &series.total)];
    places.extend((0..).map(Some).zip(&series.counts));
    for (index, counts) in places {
        let here: Vec<&Payment<'_>> = payments
            .iter()
            .filter(|payment| index.is_none_or(|index| index == payment.index))
            .filter(|payment| {
                series.group.as_ref().is_none_or(|group| payment.groups.contains(group))
            })
            .collect();
        let mut paying: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for payment in here.iter().filter(|one| one.amount > 0.0 && one.row.who != 0) {
            paying.entry(payment.row.who).or_insert_with(|| time(payment.row));
        }
        let amount: f64 = here.iter().map(|payment| payment.amount).sum();
        let refunded: f64 =
            here.iter().map(|payment| payment.amount).filter(|one| *one < 0.0).sum();
        let active = active.iter().filter(|(at, _)| *at == index).count() as u64;
        let what = format!("{index:?}, {:?} of {json}", series.group);
        assert_eq!(counts.payments, here.len() as u64, "{what}");
        assert_eq!(counts.paying, paying.len() as u64, "{what}");
        assert_eq!(counts.active, active, "{what}");
        let per = |of: u64| (of > 0).then(|| amount / of as f64);
        for (got, expected) in [
            (Some(counts.amount), Some(amount)),
            (Some(counts.refunded), Some(-refunded)),
            (counts.arpu, per(active)),
            (counts.arppu, per(counts.paying)),
        ] {
            assert!(close(got, expected), "{got:?} is not {expected:?}: {what}");
        }
        if index.is_none_or(|index| index < 6) {
            let mut point = json!({});
            if let Some(index) = index {
                point["bucket"] = json!(labels[index as usize]);
            }
            if let Some(group) = &series.group {
                point["group"] = json!(group);
            }
            check_people(&json, &point, &paying, context);
        }
    }
}

const DAY: i64 = 86_400_000_000;

/// A new person: when they came, and what they paid when.
struct Life {
    first: i64,
    payments: Vec<(i64, f64)>,
}

pub(crate) fn check_lifetime(asked: &Ask, rows: &[Row], context: &Context) {
    let json = asked.json("lifetime");
    let result = lifetime(&json, context);
    let mut lives: BTreeMap<u64, Option<Life>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.who != 0) {
        // Rows come by time: the first of a person decides.
        let is_new = asked.base.over.index(row.raw.time).is_some_and(|index| index >= 0);
        let life = lives.entry(row.who).or_insert_with(|| {
            let first = row.raw.time;
            (is_new && asked.base.has(row)).then(|| Life { first, payments: Vec::new() })
        });
        if let (Some(life), Some(amount)) = (life, asked.amount(row)) {
            life.payments.push((row.raw.time, amount));
        }
    }
    let lives: BTreeMap<u64, Life> =
        lives.into_iter().filter_map(|(who, life)| Some((who, life?))).collect();
    let text = |at: i64| Timestamp::from_micros(at).to_string();
    let paid =
        |life: &Life| life.payments.iter().find(|(_, amount)| *amount > 0.0).map(|one| one.0);
    let list = |keep: &dyn Fn(&Life) -> bool| -> BTreeMap<u64, Vec<String>> {
        let kept = lives.iter().filter(|(_, life)| keep(life));
        let times = |life: &Life| std::iter::once(life.first).chain(paid(life)).map(text).collect();
        kept.map(|(who, life)| (*who, times(life))).collect()
    };
    assert_eq!(result.people, lives.len() as u64, "{json}");
    check_people(&json, &json!({}), &list(&|_| true), context);
    assert_eq!(result.days.len() as i64, asked.days + 1, "{json}");
    for (got, day) in result.days.iter().zip(0i64..) {
        let is_old = |life: &Life| life.first + (day + 1) * DAY <= context.now.as_micros();
        let old = list(&is_old);
        let paying = list(&|life| is_old(life) && paid(life).is_some());
        let new = list(&|life| paid(life).is_some_and(|at| (at - life.first) / DAY == day));
        let amount: f64 = lives
            .values()
            .filter(|life| is_old(life))
            .flat_map(|life| {
                life.payments.iter().filter(|(at, _)| at - life.first < (day + 1) * DAY)
            })
            .map(|(_, amount)| amount)
            .sum();
        let sizes = (got.people, got.paying, got.new_paying);
        let expected = (old.len() as u64, paying.len() as u64, new.len() as u64);
        assert_eq!(sizes, expected, "day {day} of {json}");
        assert_eq!(got.incomplete, old.len() < lives.len(), "day {day} of {json}");
        let per = |of: u64| (of > 0).then(|| amount / of as f64);
        for (got, expected) in [
            (Some(got.amount), Some(amount)),
            (got.arpu, per(got.people)),
            (got.arppu, per(got.paying)),
        ] {
            assert!(close(got, expected), "{got:?} is not {expected:?}: day {day} of {json}");
        }
        for (who, people) in [("people", old), ("paying", paying), ("new_paying", new)] {
            check_people(&json, &json!({ "day": day, "who": who }), &people, context);
        }
    }
}

/// People, amount, per person, per paying person, people who first pay.
type Figures = (u64, f64, Option<f64>, Option<f64>, u64);

#[test]
fn the_example_of_lifetime_value_gives_its_figures_and_leaves_out_who_is_too_young() {
    let mut world = World::new();
    let pay = |amount: i64| json!({ "revenue": amount });
    world.tell(&[
        (1, "2026-03-01T00:00:00Z", "Opened", json!({})),
        (1, "2026-03-01T05:00:00Z", "Order", pay(10)),
        (1, "2026-03-03T02:00:00Z", "Order", pay(20)),
        (2, "2026-03-01T00:00:00Z", "Opened", json!({})),
        (2, "2026-03-02T06:00:00Z", "Order", pay(30)),
        (3, "2026-03-01T08:00:00Z", "Opened", json!({})),
        (4, "2026-02-01T08:00:00Z", "Opened", json!({})),
        (4, "2026-03-01T08:00:00Z", "Order", pay(1_000)),
    ]);
    let query = json!({
        "kind": "lifetime", "days_max": 2,
        "range": { "start": "2026-03-01", "end": "2026-03-01" },
    });
    let figures = |now: &str| -> Vec<Figures> {
        let result = lifetime(&query, &world.context("UTC", micros(now), 1));
        let days = result.days.iter();
        days.map(|day| (day.people, day.amount, day.arpu, day.arppu, day.new_paying)).collect()
    };
    assert_eq!(
        figures("2026-04-01T00:00:00Z"),
        [
            (3, 10.0, Some(10.0 / 3.0), Some(5.0), 1),
            (3, 40.0, Some(40.0 / 3.0), Some(20.0), 1),
            (3, 60.0, Some(20.0), Some(30.0), 0),
        ]
    );
    // The third person is 40 hours old.
    assert_eq!(figures("2026-03-03T00:00:00Z")[1], (2, 40.0, Some(20.0), Some(20.0), 1));
}

#[test]
fn refunds_are_taken_off_whatever_their_sign_and_products_are_told_apart() {
    let mut world = World::new();
    let row = |amount: f64, product: &str| json!({ "revenue": amount, "productId": product });
    world.tell(&[
        (1, "2026-03-01T09:00:00Z", "Order", row(30.0, "hat")),
        (1, "2026-03-01T10:00:00Z", "Refund", row(10.0, "hat")),
        (2, "2026-03-01T09:00:00Z", "Order", row(5.0, "pin")),
        (2, "2026-03-02T09:00:00Z", "Refund", row(-5.0, "pin")),
        (3, "2026-03-02T09:00:00Z", "Opened", json!({ "revenue": "12" })),
        (0, "2026-03-02T10:00:00Z", "Order", row(2.5, "pin")),
    ]);
    let query = json!({
        "kind": "revenue", "range": { "start": "2026-03-01", "end": "2026-03-02" },
        "payments": { "refund": { "event": "Refund" } }, "breakdown": { "property": "productId" },
    });
    let result = revenue(&query, &world.context("UTC", micros("2026-04-01T00:00:00Z"), 1));
    let told =
        |counts: &RevenueCounts| (counts.amount, counts.refunded, counts.paying, counts.active);
    assert_eq!(told(&result.overall.counts[0]), (25.0, 10.0, 2, 2));
    assert_eq!(told(&result.overall.counts[1]), (-2.5, 5.0, 0, 2));
    assert_eq!(told(&result.overall.total), (22.5, 15.0, 2, 3));
    assert_eq!(result.overall.total.arpu, Some(7.5));
    assert_eq!(result.overall.total.arppu, Some(11.25));
    let groups = result.groups.unwrap();
    let got: Vec<_> = groups.iter().map(|one| (one.group.as_deref(), one.total.amount)).collect();
    assert_eq!(got, [(Some("hat"), 20.0), (Some("pin"), 2.5)]);
}
