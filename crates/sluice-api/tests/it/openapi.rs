//! The document: committed, complete.

use std::collections::HashSet;

use serde_json::Value;
use sluice_model::Role;

use crate::server;

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    /// A signed-in person, in whatever role.
    Session,
    Role(Role),
}

pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) needs: Needs,
    pub(crate) json: Value,
}

impl Operation {
    pub(crate) fn changes(&self) -> bool {
        self.method != "GET"
    }
}

/// What the document says about access; it must say something.
fn needs(id: &str, json: &Value) -> Needs {
    let all = json["security"].as_array().unwrap_or_else(|| panic!("{id} names no security"));
    if let Some(role) = all[0]["token"][0].as_str() {
        assert_eq!(all[1]["session"][0], role, "{id}: a session may what a token may");
        return Needs::Role(Role::from_name(role).unwrap());
    }
    if all[0]["session"].is_array() { Needs::Session } else { Needs::Nothing }
}

/// All operations of the document.
pub(crate) fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&sluice_api::openapi_json()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, json) in item.as_object().unwrap() {
            let id = json["operationId"].as_str().unwrap_or_default().to_owned();
            all.push(Operation {
                needs: needs(&id, json),
                id,
                method: method.to_uppercase(),
                path: path.clone(),
                json: json.clone(),
            });
        }
    }
    all
}

#[test]
fn the_committed_document_is_that_of_the_code() {
    expect_test::expect_file!["../../../../docs/openapi.json"]
        .assert_eq(&sluice_api::openapi_json());
}

#[test]
fn every_operation_has_a_unique_id_a_summary_a_tag_and_errors() {
    let mut ids = HashSet::new();
    let all = operations();
    assert!(all.len() > 40, "{}", all.len());
    for operation in all {
        assert!(ids.insert(operation.id.clone()), "{} twice", operation.id);
        let json = &operation.json;
        assert!(
            json["summary"].as_str().is_some_and(|text| text.ends_with('.')),
            "{}",
            operation.id
        );
        assert!(json["tags"][0].is_string(), "{}", operation.id);
        for status in ["200", "401", "403", "500"] {
            assert!(json["responses"][status].is_object(), "{} {status}", operation.id);
        }
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    fn walk(json: &Value, found: &mut Vec<String>) {
        match json {
            Value::Object(map) => map.iter().for_each(|(key, value)| match value {
                Value::String(to) if key == "$ref" => found.push(to.clone()),
                other => walk(other, found),
            }),
            Value::Array(list) => list.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let document: Value = serde_json::from_str(&sluice_api::openapi_json()).unwrap();
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(found.len() > 40);
    for to in found {
        assert!(document.pointer(to.trim_start_matches('#')).is_some(), "{to}");
    }
}

#[tokio::test]
async fn the_server_serves_its_own_document() {
    let answer = server().get("/openapi.json").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json["info"]["title"], "Sluice API");
}
