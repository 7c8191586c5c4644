//! Amplitude's doors on the real binary: events in by its ingestion API, numbers out by its dashboard
//! API; and one server's Amplitude destination that feeds another server.

use serde_json::{Value, json};

use crate::http::Answer;
use crate::server::{Server, TOKEN, wait};

/// Midnight of 2026-03-01 in UTC.
pub(crate) const DAY_ONE_MILLIS: i64 = 1_772_323_200_000;
pub(crate) const HOUR_MILLIS: i64 = 3_600_000;

fn event(user: &str, day: i64, hour: i64, name: &str, platform: &str, properties: &Value) -> Value {
    json!({
        "user_id": user, "event_type": name, "platform": platform, "event_properties": properties,
        "time": DAY_ONE_MILLIS + (day * 24 + hour) * HOUR_MILLIS,
        "insert_id": format!("{user}-{name}-{day}"),
        "user_properties": { "team": if user == "ann-1" { "red" } else { "blue" } },
    })
}

fn shop() -> Value {
    let none = json!({});
    json!([
        event("ann-1", 0, 10, "Signup", "iOS", &json!({ "method": "email" })),
        event("ann-1", 0, 11, "Buy", "iOS", &json!({ "amount": 10 })),
        event("bob-1", 0, 12, "Signup", "Android", &json!({ "method": "google" })),
        event("ann-1", 1, 9, "View", "iOS", &none),
        event("dan-1", 1, 10, "Signup", "iOS", &json!({ "method": "email" })),
        event("bob-1", 1, 13, "Buy", "Android", &json!({ "amount": 5 })),
        event("ann-1", 2, 8, "Buy", "iOS", &json!({ "amount": 7 })),
    ])
}

/// A server with events, asked by Amplitude's clients.
pub(crate) struct Project {
    pub(crate) server: Server,
    key: String,
    _data: tempfile::TempDir,
}

impl Project {
    /// Sends the events and waits until all of them count.
    pub(crate) fn start(events: &Value) -> Self {
        use base64::Engine as _;
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(data.path());
        let (_, write_key) = server.source("app");
        let body = json!({ "api_key": write_key, "events": events }).to_string();
        let answer = server.client().send("POST", "/2/httpapi", &[], body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        let coded =
            base64::engine::general_purpose::STANDARD.encode(format!("{write_key}:{TOKEN}"));
        let project = Self { server, key: format!("Basic {coded}"), _data: data };
        wait(|| project.total() == events.as_array().unwrap().len() as u64);
        project
    }

    fn total(&self) -> u64 {
        let list = self.get("events/list", &[]);
        let totals = list["data"].as_array().unwrap().iter();
        totals.map(|event| event["totals"].as_u64().unwrap()).sum()
    }

    pub(crate) fn get(&self, path: &str, params: &[(&str, &str)]) -> Value {
        let answer = self.send("GET", &format!("/api/2/{path}?{}", form(params)), "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = [("authorization", self.key.as_str())];
        self.server.client().send(method, path, &headers, body.as_bytes()).unwrap()
    }
}

pub(crate) fn form(params: &[(&str, &str)]) -> String {
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs = params.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

const SIGNUP: &str = r#"{"event_type":"Signup"}"#;
const BUY: &str = r#"{"event_type":"Buy"}"#;

fn segmentation(project: &Project) {
    let days = [("start", "20260301"), ("end", "20260303")];
    let ask = |more: &[(&str, &str)]| {
        project.get("events/segmentation", &[&days, more].concat())["data"].clone()
    };
    let expected = json!({
        "series": [[2, 1, 0]], "seriesLabels": ["All Users"], "seriesCollapsed": [[{ "value": 3 }]],
        "xValues": ["2026-03-01", "2026-03-02", "2026-03-03"],
    });
    assert_eq!(ask(&[("e", SIGNUP)]), expected);
    let grouped = ask(&[("e", SIGNUP), ("g", "platform")]);
    assert_eq!(grouped["series"], json!([[1, 1, 0], [1, 0, 0]]));
    assert_eq!(grouped["seriesLabels"], json!([[0, "iOS"], [0, "Android"]]));
    let by_method =
        ask(&[("e", r#"{"event_type":"Signup","group_by":[{"type":"event","value":"method"}]}"#)]);
    assert_eq!(by_method["seriesLabels"], json!([[0, "email"], [0, "google"]]));
    let both = ask(&[("e", SIGNUP), ("e2", BUY)]);
    assert_eq!(both["seriesLabels"], json!([[0, "All Users"], [1, "All Users"]]));
    assert_eq!(both["seriesCollapsed"], json!([[{ "value": 3 }], [{ "value": 2 }]]));
    let summed = r#"{"event_type":"Buy","group_by":[{"type":"event","value":"amount"}]}"#;
    let sums = ask(&[("e", summed), ("m", "sums")]);
    assert_eq!(sums["series"], json!([[10, 5, 7]]));
    assert_eq!(
        ask(&[("e", summed), ("m", "value_avg")])["seriesCollapsed"][0][0]["value"],
        22.0 / 3.0
    );
    let formula =
        [("e", SIGNUP), ("e2", BUY), ("m", "formula"), ("formula", "UNIQUES(B)/UNIQUES(A)")];
    let ratio = ask(&formula);
    assert_eq!(ratio["series"], json!([[0.5, 1, 0]]));
    assert_eq!(ratio["seriesCollapsed"][0][0]["value"], 2.0 / 3.0);
    let summed = [("e", summed), ("m", "formula"), ("formula", "PROPSUM(A)/TOTALS(A)")];
    assert_eq!(
        ask(&summed)["series"],
        json!([[10, 5, 7]]),
        "of the property that it is grouped by"
    );
    let red = r#"[{"prop":"gp:team","op":"is","values":["red"]}]"#;
    let blue = r#"[{"prop":"gp:team","op":"is not","values":["red"]}]"#;
    let sides = ask(&[("e", SIGNUP), ("s", red), ("s", blue)]);
    assert_eq!(sides["series"], json!([[1, 0, 0], [1, 1, 0]]));
    assert_eq!(sides["seriesLabels"], json!(["Segment 1", "Segment 2"]));
    let hourly = ask(&[("e", SIGNUP), ("i", "-3600000"), ("m", "totals")]);
    assert_eq!(hourly["xValues"][10], "2026-03-01T10:00:00");
    assert_eq!(hourly["series"][0][10], 1);
    let weekly = ask(&[("e", "{\"event_type\":\"_active\"}"), ("i", "7"), ("m", "pct_dau")]);
    assert_eq!(weekly["seriesCollapsed"][0][0]["value"], 100);
}

fn funnels(project: &Project) {
    let ask = |more: &[(&str, &str)]| {
        let days = [("start", "20260301"), ("end", "20260302"), ("e", SIGNUP), ("e", BUY)];
        project.get("funnels", &[&days, more].concat())["data"].clone()
    };
    let data = ask(&[]);
    let funnel = &data[0];
    assert_eq!(data.as_array().unwrap().len(), 1);
    assert_eq!(funnel["events"], json!(["Signup", "Buy"]));
    assert_eq!(funnel["cumulativeRaw"], json!([3, 2]), "the window is 30 days");
    assert_eq!(funnel["stepByStep"], json!([1.0, 2.0 / 3.0]));
    assert_eq!(funnel["cumulative"], json!([1.0, 2.0 / 3.0]));
    assert_eq!(funnel["dropoffCounts"], json!([1, 0]));
    assert_eq!(funnel["medianTransTimes"], json!([0, 13 * HOUR_MILLIS]));
    assert_eq!(funnel["avgTransTimes"], json!([0, 13 * HOUR_MILLIS]));
    let per_day = json!({
        "series": [[2, 2], [1, 0]], "xValues": ["2026-03-01", "2026-03-02"],
        "formattedXValues": ["Mar 1", "Mar 2"],
    });
    assert_eq!(funnel["dayFunnels"], per_day);
    assert_eq!(ask(&[("cs", "3600")])[0]["cumulativeRaw"], json!([3, 1]));
    let view = r#"{"event_type":"View"}"#;
    let between = [("start", "20260301"), ("end", "20260302"), ("e", SIGNUP), ("e", view)];
    let modes = [("ordered", [3, 1]), ("sequential", [3, 0])];
    for (mode, reached) in modes {
        let data = project.get("funnels", &[&between[..], &[("mode", mode)]].concat());
        assert_eq!(data["data"][0]["cumulativeRaw"], json!(reached), "{mode}: ann bought between");
    }
    let backwards = [("start", "20260301"), ("end", "20260302"), ("e", BUY), ("e", SIGNUP)];
    for (mode, reached) in [("ordered", [2, 0]), ("unordered", [2, 2])] {
        let data = project.get("funnels", &[&backwards[..], &[("mode", mode)]].concat());
        assert_eq!(data["data"][0]["cumulativeRaw"], json!(reached), "{mode}");
    }
    let groups = ask(&[("g", "platform")]);
    let seen: Vec<_> = groups.as_array().unwrap().iter().collect();
    assert_eq!(seen[0]["groupValue"], "iOS");
    assert_eq!(seen[0]["cumulativeRaw"], json!([2, 1]));
    assert_eq!(seen[1]["meta"], json!({ "segmentIndex": 0, "groupValue": "Android" }));
    assert_eq!(seen[1]["dayFunnels"]["series"], json!([[1, 1], [0, 0]]));
    let largest = ask(&[("g", "gp:team"), ("limit", "1")]);
    assert_eq!(largest.as_array().unwrap().len(), 1);
    assert_eq!(largest[0]["groupValue"], "blue");
    assert_eq!(largest[0]["dayFunnels"]["series"], json!([[1, 1], [1, 0]]));
    // Ann and bob are new on the first day and buy again later.
    let again = [("start", "20260301"), ("end", "20260303"), ("e", BUY), ("e", BUY), ("n", "new")];
    let again = project.get("funnels", &again)["data"][0].clone();
    assert_eq!(again["cumulativeRaw"], json!([2, 1]));
    assert_eq!(again["dayFunnels"]["series"], json!([[1, 1], [1, 0], [1, 0]]));
    assert_eq!(again["dayMedianTransTimes"]["series"][0], json!([0, 45 * HOUR_MILLIS]));
}

fn retention(project: &Project) {
    let new = r#"{"event_type":"_new"}"#;
    let active = r#"{"event_type":"_active"}"#;
    let asked = [("se", new), ("re", active), ("start", "20260301"), ("end", "20260302")];
    let data = project.get("retention", &asked)["data"].clone();
    assert_eq!(data["seriesMeta"], json!([{ "segmentIndex": 0, "eventIndex": 0 }]));
    let series = &data["series"][0];
    assert_eq!(series["dates"], json!(["Mar 2", "Mar 1"]));
    let cell =
        |count: u64, outof: u64| json!({ "count": count, "outof": outof, "incomplete": false });
    let first = series["values"]["Mar 1"].as_array().unwrap();
    assert_eq!(first[..3], [cell(2, 2), cell(2, 2), cell(2, 2)], "size, day 0, day 1");
    let second = series["values"]["Mar 2"].as_array().unwrap();
    assert_eq!(second[..3], [cell(1, 1), cell(1, 1), cell(0, 1)]);
    let combined = series["combined"].as_array().unwrap();
    assert_eq!((&combined[0]["count"], &combined[2]["count"]), (&json!(3), &json!(2)));
    assert_eq!(combined[2]["outof"], 3);
    assert!(combined[0]["retainedSetId"].is_null());
    let bracket = [("rm", "bracket"), ("rb", "[[0,1],[1,4]]")];
    let bracketed = project.get("retention", &[&asked[..], &bracket].concat());
    assert_eq!(bracketed["data"]["series"][0]["values"]["Mar 1"].as_array().unwrap().len(), 3);
}

fn people(project: &Project) {
    let days = [("start", "20260301"), ("end", "20260303")];
    let active = project.get("users", &[&days[..], &[("m", "active")]].concat())["data"].clone();
    assert_eq!(active["series"], json!([[2, 3, 1]]));
    assert_eq!(active["seriesMeta"], json!([{ "segmentIndex": 0 }]));
    let new = project.get("users", &[&days[..], &[("m", "new"), ("g", "platform")]].concat());
    assert_eq!(new["data"]["seriesMeta"], json!(["iOS", "Android"]));
    let found = project.get("usersearch", &[("user", "ann-1")]);
    assert_eq!(found["type"], "match_user_or_device_id");
    assert_eq!(found["matches"][0]["user_id"], "ann-1");
    assert_eq!(found["matches"][0]["last_seen"], "2026-03-03");
    let id = found["matches"][0]["amplitude_id"].to_string();
    assert_eq!(project.get("usersearch", &[("user", &id)])["type"], "match_amplitude_id");
    let activity = project.get("useractivity", &[("user", &id)]);
    assert_eq!(activity["userData"]["num_events"], 4);
    assert_eq!(activity["userData"]["first_used"], "2026-03-01");
    assert_eq!(activity["userData"]["platform"], "iOS");
    assert_eq!(activity["userData"]["properties"], json!({ "team": "red" }));
    let names = |activity: &Value| -> Vec<String> {
        let events = activity["events"].as_array().unwrap().iter();
        events.map(|event| event["event_type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&activity), ["Buy", "View", "Buy", "Signup"]);
    assert_eq!(activity["events"][0]["event_properties"], json!({ "amount": 7 }));
    let earliest =
        [("user", id.as_str()), ("direction", "earliest"), ("offset", "1"), ("limit", "2")];
    assert_eq!(names(&project.get("useractivity", &earliest)), ["Buy", "View"]);
    let realtime = project.get("realtime", &[("i", "5")])["data"].clone();
    assert_eq!(realtime["xValues"].as_array().unwrap().len(), 288);
    assert_eq!(realtime["series"][1].as_array().unwrap().len(), 288);
}

#[test]
fn what_came_by_amplitudes_api_is_answered_by_amplitudes_api() {
    let project = Project::start(&shop());
    segmentation(&project);
    funnels(&project);
    retention(&project);
    people(&project);
}

fn funnel(server: &Server) -> Value {
    let query = json!({
        "kind": "funnel", "range": { "start": "2026-03-01", "end": "2026-03-31" },
        "window_seconds": 7 * 86_400,
        "steps": [{ "event": "Signup" }, { "event": "Activated" }, { "event": "Order Completed" }],
        "breakdown": { "property": "method" },
    });
    let mut result = server.ask("POST", "/api/v1/insights/query", Some(&query))["result"].clone();
    result.as_object_mut().unwrap().remove("explain");
    result
}

/// Thirty people, of whom every second activates and every third of all buys; half of them are
/// anonymous until they sign up.
fn calls() -> Vec<Value> {
    let at = |minutes: usize| {
        let (day, rest) = (1 + minutes / 1_440, minutes % 1_440);
        format!("2026-03-{day:02}T{:02}:{:02}:00.000Z", rest / 60, rest % 60)
    };
    let mut calls = Vec::new();
    for n in 0..30_usize {
        let (user, device) = (format!("user-{n}"), format!("device-{n}"));
        let begin = n * 500;
        let mut call = |json: Value, minutes: usize| {
            let mut json = json;
            json["timestamp"] = at(minutes).into();
            json["messageId"] = format!("m-{n}-{}", calls.len()).into();
            json["anonymousId"] = device.as_str().into();
            calls.push(json);
        };
        if n % 2 == 0 {
            call(json!({ "type": "page", "name": "Home" }), begin);
        }
        let method = if n % 3 == 0 { "email" } else { "google" };
        let signup = json!({ "type": "track", "event": "Signup", "userId": user, "properties": { "method": method } });
        call(signup, begin + 1);
        call(json!({ "type": "identify", "userId": user, "traits": { "plan": "pro" } }), begin + 2);
        if n % 2 == 0 {
            call(json!({ "type": "track", "event": "Activated", "userId": user }), begin + 60 + n);
        }
        if n % 3 == 0 {
            let properties = json!({ "revenue": 20 + n, "orderId": format!("o-{n}") });
            let order = json!({ "type": "track", "event": "Order Completed", "userId": user, "properties": properties });
            call(order, begin + 300 + 2 * n);
        }
    }
    calls
}

#[test]
fn a_server_whose_amplitude_destination_feeds_another_sees_the_same_funnel_there() {
    let (data_one, data_two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, two) = (Server::start(data_one.path()), Server::start(data_two.path()));
    let (source, write_key) = one.source("shop");
    let (copy, api_key) = two.source("amplitude");
    let destination = json!({
        "sourceId": source, "metadataId": "amplitude", "name": "Second server", "enabled": true,
        "settings": { "apiKey": api_key, "serverUrl": format!("http://{}", two.addr), "trackAllPages": true },
    });
    one.ask("POST", "/api/v1/destinations", Some(&destination));
    let calls = calls();
    let sent = calls.len() as u64;
    let body = json!({ "writeKey": write_key, "batch": calls }).to_string();
    let answer = one.client().send("POST", "/v1/batch", &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let ledger = one.wait_for_ledger(|ledger| ledger["connections"][0]["delivered"] == sent);
    assert_eq!(ledger["connections"][0]["dead"], json!({}));
    let ledger = two.wait_for_ledger(|ledger| {
        let sources = ledger["sources"].as_array().unwrap();
        let found = sources.iter().find(|one| one["sourceId"] == copy.as_str());
        found.is_some_and(|one| one["accepted"].as_u64() >= Some(sent))
            && ledger["analytics"]["waiting"] == 0
    });
    assert_eq!(ledger["balances"], true);
    let here = funnel(&one);
    assert_eq!(here["overall"]["steps"][0]["people"], 30);
    assert_eq!(here["overall"]["steps"][1]["people"], 15);
    assert_eq!(here["overall"]["steps"][2]["people"], 5);
    assert_eq!(funnel(&two), here, "people, groups and times to convert");
}
