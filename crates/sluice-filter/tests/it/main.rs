//! Laws of conditions: what is printed reads back, and what is wrong is refused with its reason.

mod fql;
mod subscription;

use proptest::prelude::*;
use serde_json::json;
use sluice_filter::{Condition, FilterError, Limits, Op};

fn operand() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        ".{0,8}".prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<i32>().prop_map(|eighths| serde_json::Value::from(f64::from(eighths) / 8.0)),
        any::<bool>().prop_map(serde_json::Value::from),
    ]
}

fn condition() -> impl Strategy<Value = serde_json::Value> {
    let leaf = (".{0,8}", any::<bool>(), 0..Op::ALL.len(), prop::collection::vec(operand(), 0..4))
        .prop_map(|(property, user, op, values)| {
            let of = if user { "user" } else { "event" };
            json!({ "property": property, "of": of, "op": Op::ALL[op].name(), "values": values })
        });
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|list| json!({ "all": list })),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|list| json!({ "any": list })),
            inner.prop_map(|inner| json!({ "not": inner })),
        ]
    })
}

proptest! {
    #[test]
    fn printing_a_condition_and_reading_it_is_the_identity(json in condition()) {
        let read = Condition::from_json(&json).unwrap();
        prop_assert_eq!(&read.to_json(), &json);
        let text = serde_json::to_string(&read).unwrap();
        prop_assert_eq!(serde_json::from_str::<Condition>(&text).unwrap(), read);
    }
}

#[test]
fn what_is_not_a_condition_is_refused_with_its_reason() {
    let refused = |json: serde_json::Value| Condition::from_json(&json).unwrap_err().to_string();
    assert!(refused(json!([])).contains("must be an object"));
    assert!(refused(json!({"op": "is", "values": []})).contains("needs `property`"));
    assert!(refused(json!({"property": "a", "op": "like", "values": []})).contains("`like`"));
    assert!(refused(json!({"property": "a", "op": "is"})).contains("needs `values`"));
    assert!(
        refused(json!({"property": "a", "op": "is", "values": [], "x": 1}))
            .contains("unknown field `x`")
    );
    assert!(
        refused(json!({"property": "a", "op": "is", "of": "group", "values": []}))
            .contains("`group`")
    );
    assert!(refused(json!({"all": [], "any": []})).contains("no other field"));
}

#[test]
fn a_condition_over_a_limit_is_refused() {
    let limits = Limits::default();
    let leaf = json!({"property": "a", "op": "is", "values": ["x"]});
    let many = Condition::from_json(&json!({ "any": vec![leaf.clone(); 200] })).unwrap();
    assert!(matches!(many.check(&limits), Err(FilterError::TooLarge { .. })));
    let mut deep = leaf;
    for _ in 0..10 {
        deep = json!({ "not": deep });
    }
    assert!(matches!(
        Condition::from_json(&deep).unwrap().check(&limits),
        Err(FilterError::TooLarge { .. })
    ));
    let empty = Condition::from_json(&json!({"property": "a", "op": "is", "values": []})).unwrap();
    assert!(matches!(empty.check(&limits), Err(FilterError::NoValues { .. })));
}
