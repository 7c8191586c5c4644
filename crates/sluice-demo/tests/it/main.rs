//! The shop's truth against a second count, made from the request bodies alone.
#![expect(clippy::unwrap_used, reason = "tests")]

mod live;
mod recount;
mod sending;
mod wire;

use sluice_base::Timestamp;
use sluice_demo::Shop;

/// 2026-11-21, a Saturday, in the afternoon.
const NOW: Timestamp = Timestamp::from_secs(1_795_273_500);

fn shop(seed: u64, visitors: u32) -> Shop {
    Shop::generate(seed, visitors, NOW, 30)
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    assert_eq!(shop(7, 150), shop(7, 150));
    assert_ne!(shop(7, 150).calls, shop(8, 150).calls);
}

#[test]
fn the_truth_equals_a_count_from_the_bodies() {
    for (seed, visitors) in [(1, 2_000), (2, 500), (3, 500), (4, 40)] {
        let shop = shop(seed, visitors);
        assert_eq!(shop.truth, recount::recount(&shop.calls), "seed {seed}");
    }
}

#[test]
fn the_shop_has_what_a_demonstration_needs() {
    let shop = shop(1, 2_000);
    let truth = &shop.truth;
    assert!(truth.sent > 20_000 && truth.sent < 60_000, "{} events", truth.sent);
    assert!(truth.duplicates > 100, "{} duplicates", truth.duplicates);
    assert!(truth.refused.len() == 9, "{:?}", truth.refused);
    assert!(truth.people > 2_000, "some second devices stay unknown: {}", truth.people);
    for funnel in [&truth.signup, &truth.purchase, &truth.experiment] {
        assert!(funnel.counts.is_sorted_by(|a, b| a > b), "{funnel:?}");
        assert!(*funnel.counts.last().unwrap() > 80, "{funnel:?}");
    }
    assert_eq!(truth.signup.groups.len(), 3, "three signup methods");
    let orders: Vec<u64> = truth.experiment.groups.values().map(|counts| counts[2]).collect();
    assert!(orders.len() == 2 && orders[0] > orders[1], "one page sells better: {orders:?}");
    assert!(truth.last_at < NOW && NOW.since(truth.first_at).as_secs() <= 30 * 86_400);
}

#[test]
fn history_comes_in_order_of_time_and_without_sent_at() {
    let shop = shop(1, 300);
    for call in &shop.calls {
        assert!(!call.body.contains("sentAt"));
        assert!(call.body.starts_with('{') && !call.body.contains("writeKey"));
        assert!(call.body.len() < 512 * 1024, "a batch of {} bytes", call.body.len());
    }
    let days: Vec<i64> = shop.calls.iter().map(|call| call.at.as_secs() / 86_400).collect();
    assert!(days.windows(2).all(|pair| pair[1] >= pair[0] - 2), "at most a batch out of order");
}
