//! Live events and receipts of the real binary: how soon a row comes, what it says of what was
//! turned away, and that a restart loses none.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::Receiver;
use crate::server::{Server, TOKEN};

/// How soon a row must come. Usually it takes some ten milliseconds.
const ROW_DELAY_MAX: Duration = Duration::from_secs(2);

/// An open stream of live events.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(server: &Server) -> Self {
        let mut stream = TcpStream::connect(server.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!(
            "GET /api/v1/live-events/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut stream = Self(BufReader::new(stream));
        while !stream.line().starts_with(": listening") {}
        stream
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream ended");
        line
    }

    fn row(&mut self) -> Value {
        loop {
            if let Some(data) = self.line().strip_prefix("data: ")
                && let Ok(row @ Value::Object(_)) = serde_json::from_str(data)
            {
                return row;
            }
        }
    }
}

fn send(server: &Server, write_key: &str, item: &Value) {
    let body = json!({ "batch": [item], "writeKey": write_key }).to_string();
    let answer = server.client().send("POST", "/v1/batch", &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200);
}

fn track(id: &str, user: Option<&str>) -> Value {
    json!({ "type": "track", "event": "Bought", "messageId": id, "userId": user })
}

#[test]
fn a_row_comes_at_once_also_for_what_is_turned_away_and_a_restart_shows_it_again() {
    let data = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    let mut server = Server::start(data.path());
    let (source_id, write_key) = server.source("live");
    let url = format!("http://{}/", receiver.addr);
    let hook = server.webhook(&source_id, "hook", &json!({ "url": url }));
    let mut stream = Stream::open(&server);
    for n in 0..20 {
        let sent = Instant::now();
        send(&server, &write_key, &track(&format!("m{n}"), Some("ann")));
        let row = stream.row();
        let took = sent.elapsed();
        assert_eq!(
            (&row["messageId"], &row["state"]),
            (&json!(format!("m{n}")), &json!("accepted"))
        );
        assert!(took < ROW_DELAY_MAX, "row {n} came after {took:?}");
    }
    send(&server, &write_key, &track("m3", Some("ann")));
    let duplicate = stream.row();
    assert_eq!(duplicate["state"], "duplicate");
    send(&server, &write_key, &track("lost", None));
    let refused = stream.row();
    assert_eq!(
        (&refused["state"], &refused["reason"]),
        (&json!("refused"), &json!("no_user_anon_id"))
    );
    assert!(refused["explanation"].as_str().unwrap().starts_with("No userId or anonymousId."));

    for _ in 0..2 {
        let list = server.ask("GET", "/api/v1/live-events?limit=30", None);
        let rows = list["events"].as_array().unwrap();
        assert_eq!((rows.len(), &list["next"]), (22, &Value::Null));
        assert_eq!((&rows[0]["messageId"], &rows[1]["messageId"]), (&json!("lost"), &json!("m3")));
        let by_place = |row: &Value| {
            let path = format!("/api/v1/events/received/{}", row["receivedOffset"]);
            server.ask("GET", &path, None)["receipt"].clone()
        };
        let by_id = |id: &str| {
            let path = format!("/api/v1/events/{source_id}/{id}");
            server.ask("GET", &path, None)["receipt"].clone()
        };
        assert_eq!(by_place(&rows[0]), by_id("lost"));
        assert_eq!(by_id("lost")["event"]["event"], "Bought");
        let first = by_id("m3");
        let repeat = by_place(&rows[1]);
        assert_eq!(repeat["outcome"]["of"], first["outcome"]["offset"]);
        assert_eq!(repeat["outcome"]["firstReceivedOffset"], first["receivedOffset"]);
        assert_eq!(by_place(&rows[2])["outcome"]["state"], "accepted");
        server.kill_and_restart();
    }
    let body = json!({ "event": track("try", Some("ann")) });
    let path = format!("/api/v1/destinations/{hook}/test");
    let test = server.ask("POST", &path, Some(&body))["test"].clone();
    assert_eq!(
        (&test["verdict"], &test["exchanges"][0]["status"]),
        (&json!("delivered"), &json!(200))
    );
    assert_eq!(server.terminate(), Some(0));
}
