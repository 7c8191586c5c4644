//! The list of people behind a number, against the expected one.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use serde_json::{Value as Json, json};
use sluice_insights::{Context, Page, PeopleQuery, people};

/// `query` with its kind; `expected` with the times shown of each person.
pub(crate) fn check_people(
    query: &Json,
    point: &Json,
    expected: &BTreeMap<u64, Vec<String>>,
    context: &Context,
) {
    let mut bare = query.clone();
    let kind = bare.as_object_mut().unwrap().remove("kind").unwrap();
    let asked = json!({ "kind": kind, "query": bare, "point": point });
    let asked: PeopleQuery = serde_json::from_value(asked).unwrap();
    let page = Page { after: None, limit: 1_000 };
    let list = people(&asked, &page, context, &AtomicBool::new(false)).unwrap();
    let listed: BTreeMap<u64, Vec<String>> =
        list.people.into_iter().map(|one| (one.person, one.times)).collect();
    assert_eq!(&listed, expected, "{point} of {query}");
    assert_eq!(list.total, expected.len() as u64, "{point} of {query}");
}
