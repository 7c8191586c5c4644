//! The sender against a small server of its own that answers as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use sluice_demo::{DemoError, Target, send_all};

use crate::shop;

struct Request {
    head: String,
    body: Vec<u8>,
}

/// Answers each request with the next of the answers, the last for ever; gives address and requests.
fn server(answers: &'static [&'static str]) -> (String, mpsc::Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let answer = answers.get(number).or(answers.last()).unwrap();
            if tell.send(answer_one(&mut stream.unwrap(), answer)).is_err() {
                return;
            }
        }
    });
    (url, requests)
}

/// One request per connection.
fn answer_one(stream: &mut TcpStream, answer: &str) -> Request {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "the head ends early");
    }
    let length = head.to_ascii_lowercase();
    let length = length.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
    let mut body = vec![0; length.trim().parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    write!(stream, "HTTP/1.1 {answer}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").unwrap();
    Request { head, body }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn every_request_arrives_with_its_key_and_is_repeated_after_429_and_503() {
    let (url, requests) = server(&["429 Slow Down\r\nRetry-After: 0", "503 Busy", "200 OK"]);
    let shop = shop(5, 60);
    let calls = shop.calls.clone();
    let target = Target::new(&url, "key1").unwrap();
    let report = block_on(send_all(&target, calls, |_| {})).unwrap();
    assert_eq!(report.retries, 2);
    assert_eq!(report.requests, shop.calls.len() as u64);
    assert_eq!(report.events, shop.truth.sent);
    // The server tells of a request after it has answered it.
    let wait = Duration::from_secs(10);
    let seen: Vec<Request> =
        (0..shop.calls.len() + 2).map(|_| requests.recv_timeout(wait).unwrap()).collect();
    assert!(requests.try_recv().is_err(), "one request too many");
    for request in seen {
        let mut text = String::new();
        if request.head.contains("gzip") {
            flate2::read::GzDecoder::new(&*request.body).read_to_string(&mut text).unwrap();
        } else {
            text = String::from_utf8(request.body).unwrap();
        }
        let body: serde_json::Value = serde_json::from_str(&text).unwrap();
        // `key1:` in Base64.
        let in_header = request.head.contains("Basic a2V5MTo=");
        assert!(in_header != (body["writeKey"] == "key1"), "{}", request.head);
    }
}

#[test]
fn a_refused_request_ends_the_sending() {
    let (url, _requests) = server(&["400 No"]);
    let target = Target::new(&url, "key1").unwrap();
    let error = block_on(send_all(&target, shop(5, 10).calls, |_| {})).unwrap_err();
    assert!(matches!(error, DemoError::Refused { status: 400, .. }), "{error:?}");
}
