//! The rest of Amplitude's dashboard API on the real binary: sessions, composition, lifetime value,
//! cohorts and the taxonomy. Numbers are compared with those of our own API.

use serde_json::{Value, json};

use crate::amplitude::{DAY_ONE_MILLIS, HOUR_MILLIS, Project, form};
use crate::http::Answer;

const DAYS: [(&str, &str); 2] = [("start", "20260301"), ("end", "20260303")];

/// Who, at which minute of the first day, did what, on what, for how much.
fn event(user: &str, minute: i64, name: &str, platform: &str, revenue: Option<f64>) -> Value {
    let mut event = json!({
        "user_id": user, "event_type": name, "platform": platform,
        "time": DAY_ONE_MILLIS + minute * HOUR_MILLIS / 60,
        "insert_id": format!("{user}-{minute}"),
        "user_properties": { "team": if user == "ann-1" { "red" } else { "blue" } },
    });
    if let Some(revenue) = revenue {
        event["price"] = revenue.into();
        event["quantity"] = 1.into();
        event["revenue"] = revenue.into();
    }
    event
}

fn events() -> Value {
    let at = |day: i64, hour: i64, minute: i64| (day * 24 + hour) * 60 + minute;
    json!([
        event("ann-1", at(0, 10, 0), "Signup", "iOS", None),
        event("ann-1", at(0, 10, 5), "View", "iOS", None),
        event("ann-1", at(0, 10, 10), "Pay", "iOS", Some(10.0)),
        event("bob-1", at(0, 12, 0), "Signup", "Android", None),
        event("ann-1", at(1, 9, 0), "View", "iOS", None),
        event("dan-1", at(1, 10, 0), "Signup", "iOS", None),
        event("bob-1", at(1, 13, 0), "Pay", "Android", Some(5.0)),
        event("ann-1", at(2, 8, 0), "Pay", "iOS", Some(7.0)),
    ])
}

/// The same question to our own API.
fn own(project: &Project, mut question: Value) -> Value {
    question["range"] = json!({ "start": "2026-03-01", "end": "2026-03-03" });
    project.server.ask("POST", "/api/v1/insights/query", Some(&question))["result"].clone()
}

fn sessions(project: &Project) {
    let own = own(project, json!({ "kind": "sessions" }));
    let of_own = |name: &str| -> Value {
        own["counts"].as_array().unwrap().iter().map(|one| one[name].clone()).collect()
    };
    let days = json!(["2026-03-01", "2026-03-02", "2026-03-03"]);
    let expected =
        json!({ "series": [[300, 0, 0]], "seriesMeta": [{ "segmentIndex": 0 }], "xValues": days });
    let average = project.get("sessions/average", &DAYS)["data"].clone();
    assert_eq!(average, expected, "ten minutes and none on the first day");
    assert_eq!(average["series"][0], of_own("average_seconds"));
    let per_user = project.get("sessions/peruser", &DAYS)["data"].clone();
    assert_eq!(per_user["series"], json!([[1, 1, 1]]));
    assert_eq!(per_user["series"][0], of_own("per_person"));
    let lengths = project.get("sessions/length", &DAYS)["data"].clone();
    assert_eq!(lengths["series"], json!([[5, 0, 0, 0, 0, 0, 1, 0, 0]]));
    assert_eq!(lengths["xValues"][6], "600s-1800s");
    assert_eq!(lengths["xValues"][8], "3600s-86400s");
    let bins = [
        ("timeHistogramConfigBinTimeUnit", "minutes"),
        ("timeHistogramConfigBinMin", "0"),
        ("timeHistogramConfigBinMax", "20"),
        ("timeHistogramConfigBinSize", "10"),
    ];
    let lengths = project.get("sessions/length", &[&DAYS[..], &bins].concat())["data"].clone();
    assert_eq!(lengths, json!({ "series": [[5, 1]], "xValues": ["0s-600s", "600s-1200s"] }));
}

fn composition_and_lifetime(project: &Project) {
    let composed = project.get("composition", &[&DAYS[..], &[("p", "platform")]].concat());
    let expected =
        json!({ "series": [[2, 1]], "seriesLabels": ["platform"], "xValues": ["iOS", "Android"] });
    assert_eq!(composed["data"], expected);
    let property = json!({ "property": "platform", "of": "context" });
    let groups =
        own(project, json!({ "kind": "composition", "property": property }))["groups"].clone();
    assert_eq!((&groups[0]["value"], &groups[0]["people"]), (&json!("iOS"), &json!(2)));
    let days = [("start", "20260301"), ("end", "20260302"), ("i", "1")];
    let ask = |more: &[(&str, &str)]| {
        project.get("revenue/ltv", &[&days[..], more].concat())["data"]["series"][0].clone()
    };
    let total = ask(&[("m", "2")]);
    assert_eq!(total["dates"], json!(["2026-03-02", "2026-03-01"]));
    let row = &total["values"]["2026-03-01"];
    let figures = [&row["r1d"], &row["r2d"], &row["r90d"], &row["count"], &row["paid"]];
    assert_eq!(json!(figures), json!([10, 22, 22, 2, 2]), "bob paid in his second 24 hours");
    assert_eq!(row["total_amount"], 22);
    let none = &total["values"]["2026-03-02"];
    assert_eq!((&none["r1d"], &none["count"], &none["paid"]), (&json!(0), &json!(1), &json!(0)));
    for (m, first_two) in [("0", [5, 11]), ("1", [5, 11]), ("3", [1, 2])] {
        let row = ask(&[("m", m)])["values"]["2026-03-01"].clone();
        assert_eq!(json!([row["r1d"], row["r2d"]]), json!(first_two), "m={m}");
    }
    let red = r#"[{"prop":"gp:team","op":"is","values":["red"]}]"#;
    assert_eq!(ask(&[("m", "2"), ("s", red)])["values"]["2026-03-01"]["r2d"], 17);
}

fn segmentation(project: &Project) {
    let ask = |more: &[(&str, &str)]| {
        project.get("events/segmentation", &[&DAYS, more].concat())["data"].clone()
    };
    let signup = r#"{"event_type":"Signup"}"#;
    let pairs = ask(&[("e", signup), ("g", "platform"), ("g2", "gp:team")]);
    let labels = json!([[0, "Android; blue"], [0, "iOS; blue"], [0, "iOS; red"]]);
    let mut found = pairs["seriesLabels"].as_array().unwrap().clone();
    found.sort_by_key(ToString::to_string);
    assert_eq!(json!(found), labels);
    let of_amount = r#"{"event_type":"Pay","group_by":[{"type":"event","value":"revenue"}]}"#;
    let histogram = ask(&[("e", of_amount), ("m", "histogram")]);
    let labels = histogram["seriesLabels"].as_array().unwrap();
    let place = labels.iter().position(|label| *label == json!([0, "5"])).unwrap();
    assert_eq!((labels.len(), &histogram["series"][place]), (3, &json!([0, 1, 0])));
    let active = r#"{"event_type":"_active"}"#;
    assert_eq!(ask(&[("e", active), ("rollingWindow", "2")])["series"], json!([[2, 3, 3]]));
    assert_eq!(ask(&[("e", active), ("rollingAverage", "2")])["series"], json!([[1, 2.5, 2]]));
    let performed = r#"[{"op":">=","type":"event","event_type":"Pay","value":2}]"#;
    assert_eq!(ask(&[("e", signup), ("s", performed)])["series"], json!([[1, 0, 0]]), "ann alone");
}

fn lines(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body.lines().collect()
}

fn cohorts(project: &Project) {
    let performed = |event: &str| json!({ "clauses": [{ "any_of": [{ "kind": "performed", "event": { "event": event } }] }] });
    let make = |name: &str, event: &str| -> String {
        let body = json!({ "name": name, "definition": performed(event) });
        let made = project.server.ask("POST", "/api/v1/cohorts", Some(&body));
        made["cohort"]["id"].as_str().unwrap().to_owned()
    };
    let (paid, nobody) = (make("Paid", "Pay"), make("Nobody", "Never"));
    let list = project.send("GET", "/api/3/cohorts", "").json()["cohorts"].clone();
    let sizes: Vec<_> = list.as_array().unwrap().iter().map(|one| &one["size"]).collect();
    assert_eq!(sizes, [2, 0]);
    assert_eq!((&list[0]["id"], &list[0]["name"]), (&json!(paid), &json!("Paid")));
    let download = |id: &str, query: &str| -> Answer {
        let asked = project.send("GET", &format!("/api/5/cohorts/request/{id}{query}"), "");
        assert_eq!((asked.status, &asked.json()["cohort_id"]), (202, &json!(id)));
        let request = asked.json()["request_id"].as_str().unwrap().to_owned();
        let status = project.send("GET", &format!("/api/5/cohorts/request-status/{request}"), "");
        assert_eq!(status.json()["async_status"], "JOB COMPLETED");
        project.send("GET", &format!("/api/5/cohorts/request/{request}/file"), "")
    };
    assert_eq!(lines(&download(&nobody, "")), ["amplitude_id,user_id"]);
    let file = download(&paid, "?props=1&propKeys=team");
    let own = project.server.ask("GET", &format!("/api/v1/cohorts/{paid}/people"), None);
    let line = |person: &Value| {
        let user = person["summary"]["mainId"]["value"].as_str().unwrap();
        let team = if user == "ann-1" { "red" } else { "blue" };
        format!("{},{user},{team}", person["person"])
    };
    let mut expected = vec!["amplitude_id,user_id,team".to_owned()];
    expected.extend(own["people"].as_array().unwrap().iter().map(line));
    assert_eq!((expected.len(), lines(&file)), (3, expected.iter().map(String::as_str).collect()));
    for path in ["/api/5/cohorts/request/none", "/api/5/cohorts/request-status/none"] {
        let missing = project.send("GET", path, "");
        assert_eq!((missing.status, &missing.json()["error"]["http_code"]), (404, &json!(404)));
    }
    lists(project, &paid);
}

fn lists(project: &Project, defined: &str) {
    let post = |path: &str, body: &Value| {
        project.send("POST", &format!("/api/3/cohorts/{path}"), &body.to_string())
    };
    let mut body = json!({
        "name": "Uploaded", "app_id": 1, "id_type": "BY_USER_ID", "published": true,
        "ids": ["ann-1", "nobody-1", "bob-1", "ann-1"],
    });
    let made = post("upload", &body);
    assert_eq!(made.status, 200, "{}", made.body);
    let told = json!({ "matched": 3, "totals": 2, "invalid_ids_sample": ["nobody-1"] });
    assert_eq!(made.json()["metadata"], told);
    let id = made.json()["cohortId"].as_str().unwrap().to_owned();
    body["skip_invalid_ids"] = false.into();
    let refused = post("upload", &body);
    let error = refused.json()["error"].clone();
    assert_eq!((refused.status, &error["type"]), (400, &json!("INVALID_IDS")));
    assert_eq!(error["metadata"]["INVALID_IDS"], json!(["nobody-1"]));
    body["ids"] = json!([]);
    assert_eq!(post("upload", &body).status, 400, "no ids");
    let found = project.get("usersearch", &[("user", "dan-1")]);
    let dan = found["matches"][0]["amplitude_id"].to_string();
    let change = |cohort: &str| {
        post(
            "membership",
            &json!({ "cohort_id": cohort, "count_group": "User", "memberships": [
            { "ids": [dan, "99"], "id_type": "BY_AMP_ID", "operation": "ADD" },
            { "ids": ["ann-1"], "id_type": "BY_NAME", "operation": "REMOVE" },
        ] }),
        )
    };
    let changed = change(&id);
    assert_eq!(changed.status, 200, "{}", changed.body);
    let results = changed.json()["memberships_result"].clone();
    let first = json!({ "skipped_ids": ["99"], "id_type": "BY_AMP_ID", "operation": "ADD" });
    assert_eq!((&results[0], &results[1]["skipped_ids"]), (&first, &json!([])));
    assert_eq!(change(defined).status, 400, "a definition takes no ids");
    let segment = format!(r#"[{{"prop":"userdata_cohort","op":"is","values":["{id}"]}}]"#);
    let asked = [("e", r#"{"event_type":"Signup"}"#), ("s", segment.as_str())];
    let data = project.get("events/segmentation", &[&DAYS[..], &asked].concat());
    assert_eq!(data["data"]["series"], json!([[1, 1, 0]]), "bob and dan, not ann");
    body["ids"] = json!(["ann-1"]);
    body["existing_cohort_id"] = id.as_str().into();
    assert_eq!(post("upload", &body).json()["cohortId"], id.as_str());
    let data = project.get("events/segmentation", &[&DAYS[..], &asked].concat());
    assert_eq!(data["data"]["series"], json!([[1, 0, 0]]), "ann alone");
}

fn taxonomy(project: &Project) {
    let send = |method: &str, path: &str, body: &[(&str, &str)]| {
        project.send(method, &format!("/api/2/taxonomy/{path}"), &form(body))
    };
    let ok = |method: &str, path: &str, body: &[(&str, &str)]| -> Value {
        let answer = send(method, path, body);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        assert_eq!(answer.json()["success"], true);
        answer.json()["data"].clone()
    };
    let names = |data: &Value| -> Vec<String> {
        let events = data.as_array().unwrap().iter();
        events.map(|event| event["event_type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&ok("GET", "event", &[])), ["Pay", "Signup", "View"]);
    ok("POST", "event", &[("event_type", "Refund"), ("description", "Money back")]);
    assert_eq!(ok("GET", "event/Refund", &[])["description"], "Money back");
    let again = send("POST", "event", &[("event_type", "Signup")]);
    assert_eq!((again.status, &again.json()["success"]), (409, &json!(false)));
    assert!(again.json()["errors"][0]["message"].as_str().unwrap().contains("already exists"));
    assert_eq!(send("PUT", "event/None", &[("description", "x")]).status, 409);
    assert_eq!(send("GET", "event/None", &[]).status, 404);
    assert_eq!(send("PUT", "event/View", &[("category", "Pages")]).status, 400);
    ok("PUT", "event/View", &[("display_name", "Looked"), ("is_hidden_from_dropdowns", "true")]);
    let view = ok("GET", "event/View", &[]);
    assert_eq!(
        (&view["display_name"], &view["is_hidden_from_dropdowns"]),
        (&json!("Looked"), &json!(true))
    );
    ok("PUT", "event/Pay", &[("new_event_type", "Payment")]);
    let renamed = [("e", r#"{"event_type":"Payment"}"#), ("m", "totals")];
    let data = project.get("events/segmentation", &[&DAYS[..], &renamed].concat());
    assert_eq!(data["data"]["series"], json!([[1, 1, 1]]), "the events of the old name");
    ok("DELETE", "event/Refund", &[]);
    ok("DELETE", "event/View", &[]);
    assert_eq!(names(&ok("GET", "event", &[])), ["Payment", "Signup"]);
    let active = [("e", r#"{"event_type":"_active"}"#), ("m", "totals")];
    let total = || {
        let data = project.get("events/segmentation", &[&DAYS[..], &active].concat());
        data["data"]["seriesCollapsed"][0][0]["value"].clone()
    };
    assert_eq!(total(), 6);
    assert_eq!(send("DELETE", "event/View", &[]).status, 409);
    ok("POST", "event/View/restore", &[]);
    assert_eq!(total(), 8);
    properties(&send, &ok);
}

type Send<'a> = &'a dyn Fn(&str, &str, &[(&str, &str)]) -> Answer;
type Ok<'a> = &'a dyn Fn(&str, &str, &[(&str, &str)]) -> Value;

fn properties(send: Send<'_>, ok: Ok<'_>) {
    ok("PUT", "user-property/gp:team", &[("description", "Which side")]);
    let team = ok("GET", "user-property/gp:team", &[]);
    assert_eq!((&team["description"], &team["type"]), (&json!("Which side"), &json!("string")));
    assert_eq!(send("DELETE", "user-property/gp:team", &[]).status, 409, "it is being sent");
    let revenue = ok("GET", "event-property/revenue", &[]);
    assert_eq!(
        (&revenue["event_property"], &revenue["type"]),
        (&json!("revenue"), &json!("number"))
    );
    ok("POST", "event-property", &[("event_property", "coupon")]);
    ok("DELETE", "event-property/coupon", &[]);
    assert_eq!(send("GET", "event-property/coupon", &[]).status, 404);
}

#[test]
fn the_rest_of_amplitudes_dashboard_api_has_the_numbers_of_our_own() {
    let project = Project::start(&events());
    sessions(&project);
    composition_and_lifetime(&project);
    segmentation(&project);
    cohorts(&project);
    taxonomy(&project);
}
