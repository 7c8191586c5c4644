//! Live traffic: endless, in order of time, at a pace to watch.

use sluice_demo::Live;

use crate::NOW;

#[test]
fn live_traffic_comes_in_order_at_a_few_events_a_second() {
    let calls: Vec<_> = Live::new(1, NOW).take(3_000).collect();
    assert!(calls.is_sorted_by_key(|call| call.at));
    assert!(calls[0].at >= NOW);
    // The first minutes fill up with visitors; the pace is that of the second half.
    let secs = calls[2_999].at.since(calls[1_500].at).as_secs();
    assert!((300..1_500).contains(&secs), "1,500 events in {secs} s");
}

#[test]
fn two_runs_share_no_message_id() {
    let ids = |from| {
        Live::new(1, from)
            .take(50)
            .map(|call| {
                let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
                let event = if body["batch"].is_array() { &body["batch"][0] } else { &body };
                event["messageId"].as_str().unwrap().to_owned()
            })
            .collect::<std::collections::BTreeSet<_>>()
    };
    let later = NOW.plus(std::time::Duration::from_secs(1));
    assert!(ids(NOW).is_disjoint(&ids(later)));
    assert_eq!(ids(NOW).len(), 50);
}
