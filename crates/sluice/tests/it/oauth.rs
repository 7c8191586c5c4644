//! Connecting a published destination by OAuth: the test is the browser, and the peer is an
//! authorization server that holds to RFC 6749 and RFC 7636, refusals included.
//!
//! Skipped, with a word, where npm did not build the catalogue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluice_destination_kit::peer::{Arrived, Reply};

use crate::http::Answer;
use crate::published::{World, defaults_of, world};
use crate::server::TOKEN;

const CLIENT: (&str, &str) = ("client-1", "secret of client 1");

/// A code that was given: what it was asked for with. It works once.
struct Given {
    redirect_uri: String,
    challenge: String,
}

#[derive(Default)]
struct Peer {
    codes: HashMap<String, Given>,
    given: u32,
    /// Takes the client's secret as HTTP Basic only.
    basic_only: bool,
    redirect_uri: String,
}

fn pairs(text: &str) -> HashMap<String, String> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

impl Peer {
    /// The authorization endpoint: the address to which it sends the browser back.
    fn authorize(&mut self, url: &str, is_allowed: bool) -> String {
        let (address, query) = url.split_once('?').unwrap();
        assert_eq!(address, "https://auth.example/authorize");
        let asked = pairs(query);
        // Section 3.1: what the address had as its query is still there.
        assert_eq!(asked["prompt"], "consent");
        assert_eq!(
            (asked["response_type"].as_str(), asked["client_id"].as_str()),
            ("code", CLIENT.0)
        );
        assert_eq!(asked["scope"], "contacts.read contacts.write");
        assert_eq!(asked["code_challenge_method"], "S256");
        assert_eq!(asked["redirect_uri"], self.redirect_uri, "is not the registered one");
        let state: String = form_urlencoded::byte_serialize(asked["state"].as_bytes()).collect();
        if !is_allowed {
            let why = "error=access_denied&error_description=The+owner+said+%22no%22";
            return format!("{}?{why}&state={state}", self.redirect_uri);
        }
        self.given += 1;
        let code = format!("code-{}", self.given);
        let given = Given {
            redirect_uri: asked["redirect_uri"].clone(),
            challenge: asked["code_challenge"].clone(),
        };
        self.codes.insert(code.clone(), given);
        format!("{}?code={code}&state={state}", self.redirect_uri)
    }

    /// The token endpoint.
    fn token(&mut self, arrived: &Arrived) -> (u16, Value) {
        let asked = pairs(std::str::from_utf8(&arrived.body).unwrap());
        let refused = |status, error: &str| (status, json!({ "error": error }));
        if !self.knows_client(arrived, &asked) {
            return refused(401, "invalid_client");
        }
        match asked["grant_type"].as_str() {
            "authorization_code" => {
                let Some(given) = self.codes.remove(&asked["code"]) else {
                    return refused(400, "invalid_grant");
                };
                let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&asked["code_verifier"]));
                if given.redirect_uri != asked["redirect_uri"] || given.challenge != challenge {
                    return refused(400, "invalid_grant");
                }
            }
            "refresh_token" if asked["refresh_token"] == "refresh-token-1" => {}
            "refresh_token" => return refused(400, "invalid_grant"),
            _ => return refused(400, "unsupported_grant_type"),
        }
        let given = json!({ "access_token": format!("access-token-{}", self.given),
                            "refresh_token": "refresh-token-1", "token_type": "bearer", "expires_in": 3600 });
        (200, given)
    }

    fn knows_client(&self, arrived: &Arrived, asked: &HashMap<String, String>) -> bool {
        let of_body = (asked.get("client_id"), asked.get("client_secret"));
        let basic = arrived.headers.get("authorization").map(|value| value.to_str().unwrap());
        match basic {
            // Section 2.3: never both ways in one request.
            Some(_) if of_body.1.is_some() => panic!("the secret went twice: {asked:?}"),
            Some(basic) => {
                let pair = STANDARD.decode(basic.strip_prefix("Basic ").unwrap()).unwrap();
                let pair = String::from_utf8(pair).unwrap();
                let (id, secret) = pair.split_once(':').unwrap();
                (id, pairs(&format!("x={secret}"))["x"].as_str()) == CLIENT
            }
            None if self.basic_only => false,
            None => {
                of_body.0.map(String::as_str) == Some(CLIENT.0)
                    && of_body.1.map(String::as_str) == Some(CLIENT.1)
            }
        }
    }
}

fn start() -> Option<(World, Arc<Mutex<Peer>>)> {
    let peer = Arc::new(Mutex::new(Peer::default()));
    let shared = Arc::clone(&peer);
    let world = world(move |arrived| {
        let (status, body) = match arrived.headers["host"].to_str().unwrap() {
            "auth.example" => shared.lock().unwrap().token(arrived),
            _ if arrived.headers["authorization"] == "Bearer access-token-1" => (200, json!({})),
            _ => (401, json!({})),
        };
        let mut reply = Reply::status(status).header("content-type", "application/json");
        reply.body = body.to_string();
        reply
    })?;
    Some((world, peer))
}

fn settings() -> Value {
    json!({ "clientId": CLIENT.0, "clientSecret": CLIENT.1,
            "authorizationUrl": "https://auth.example/authorize?prompt=consent",
            "tokenUrl": "https://auth.example/token", "scopes": "contacts.read contacts.write" })
}

/// A HubSpot destination, not connected yet.
fn destination(world: &World) -> String {
    let body = json!({ "sourceId": world.source, "metadataId": "actions-hubspot-cloud", "settings": settings() });
    let made = world.server.ask("POST", "/api/v1/destinations", Some(&body));
    made["destination"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn who_changes_the_token_address_gives_the_client_secret_again() {
    let Some((world, _)) = start() else { return };
    let path = format!("/api/v1/destinations/{}", destination(&world));
    let bearer = format!("Bearer {TOKEN}");
    let patch = |settings: Value| {
        let body = json!({ "settings": settings }).to_string();
        let headers = [("authorization", bearer.as_str())];
        world.server.client().send("PATCH", &path, &headers, body.as_bytes()).unwrap()
    };
    let elsewhere = "https://mine.example/token";
    let shown = world.server.ask("GET", &path, None)["destination"]["settings"].clone();
    for settings in [
        json!({ "tokenUrl": elsewhere }),
        json!({ "tokenUrl": elsewhere, "clientSecret": shown["clientSecret"] }),
        json!({ "tokenUrl": null }),
    ] {
        let refused = patch(settings);
        assert_eq!(refused.status, 400, "{}", refused.body);
        let errors: Value = serde_json::from_str(&refused.body).unwrap();
        assert_eq!(errors["errors"][0]["field"], "settings.clientSecret", "{errors}");
    }
    assert_eq!(patch(json!({ "clientId": "another", "scopes": "a" })).status, 200);
    let given = json!({ "tokenUrl": elsewhere, "clientSecret": "a-new-client-secret" });
    assert_eq!(patch(given).status, 200);
    let after = world.server.ask("GET", &path, None)["destination"]["settings"].clone();
    assert_eq!(after["tokenUrl"], elsewhere);
}

fn oauth(world: &World, id: &str) -> Value {
    world.server.ask("GET", &format!("/api/v1/destinations/{id}/oauth"), None)["oauth"].clone()
}

/// Sets out; gives the peer's address and the cookie.
fn set_out(world: &World, peer: &Mutex<Peer>, id: &str) -> (String, String) {
    peer.lock().unwrap().redirect_uri =
        oauth(world, id)["redirectUri"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str())];
    let path = format!("/api/v1/destinations/{id}/oauth/start");
    let answer = world.server.client().send("POST", &path, &headers, b"").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let cookie = answer.headers["set-cookie"].clone();
    assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
    let url = answer.json()["data"]["authorizeUrl"].as_str().unwrap().to_owned();
    (url, cookie.split(';').next().unwrap().to_owned())
}

fn come_back(world: &World, url: &str, cookie: &str) -> Answer {
    let path = url.split_once("/api/").map(|(_, path)| format!("/api/{path}")).unwrap();
    world.server.client().send("GET", &path, &[("cookie", cookie)], b"").unwrap()
}

/// The page that the browser ends at, and what stands there.
fn outcome(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let location = &answer.headers["location"];
    assert!(
        location.starts_with("/destinations/") && location.contains("?tab=settings&oauth="),
        "{location}"
    );
    pairs(location.split_once('?').unwrap().1)["oauth"].clone()
}

#[test]
fn an_editor_connects_and_the_tokens_are_kept_used_and_never_shown() {
    let Some((world, peer)) = start() else { return };
    let id = destination(&world);
    assert_eq!(oauth(&world, &id)["isConnected"], false);
    let (url, cookie) = set_out(&world, &peer, &id);
    let back = peer.lock().unwrap().authorize(&url, true);
    assert_eq!(outcome(&come_back(&world, &back, &cookie)), "connected");
    assert_eq!(oauth(&world, &id)["isConnected"], true);
    let shown = world.server.ask("GET", &format!("/api/v1/destinations/{id}"), None);
    for answer in [shown, world.server.ask("GET", "/api/v1/audit", None)] {
        for secret in ["access-token-1", "refresh-token-1", CLIENT.1] {
            assert!(!answer.to_string().contains(secret), "{answer:#}");
        }
    }
    let mut mapping = defaults_of(&world, "actions-hubspot-cloud", "upsertContact");
    mapping["enable_batching"] = json!(false);
    let body = json!({ "actionId": "upsertContact", "trigger": "type = \"identify\"", "settings": mapping });
    world.server.ask("POST", &format!("/api/v1/destinations/{id}/subscriptions"), Some(&body));
    let event =
        json!({ "type": "identify", "userId": "u1", "traits": { "email": "ann@example.com" } });
    let path = format!("/api/v1/destinations/{id}/test");
    crate::server::wait(|| {
        // Not found until delivery has taken up the connection.
        let answer = world.server.api("POST", &path, Some(&json!({ "event": event })));
        assert!(!answer.body.contains("access-token-1"), "{}", answer.body);
        answer.json()["data"]["test"]["verdict"] == "delivered"
    });
    // The same answer of the peer again, as by the browser's back button.
    let again = come_back(&world, &back, &cookie);
    assert_eq!(again.status, 400);
    assert!(again.body.contains("Nothing was connected"), "{}", again.body);
}

#[test]
fn what_the_peer_refuses_is_said_in_its_words_and_nothing_is_kept() {
    let Some((world, peer)) = start() else { return };
    let id = destination(&world);
    let (url, cookie) = set_out(&world, &peer, &id);
    let back = peer.lock().unwrap().authorize(&url, false);
    let said = outcome(&come_back(&world, &back, &cookie));
    assert_eq!(said, "the peer says access_denied: The owner said \"no\"");
    // A code that is not the one given.
    let (url, cookie) = set_out(&world, &peer, &id);
    let back = peer.lock().unwrap().authorize(&url, true).replace("code=code-", "code=other-");
    assert_eq!(outcome(&come_back(&world, &back, &cookie)), "the peer says invalid_grant");
    // A client secret that is wrong, whichever way it goes.
    let wrong = json!({ "settings": { "clientSecret": "wrong-secret" } });
    world.server.ask("PATCH", &format!("/api/v1/destinations/{id}"), Some(&wrong));
    let (url, cookie) = set_out(&world, &peer, &id);
    let back = peer.lock().unwrap().authorize(&url, true);
    assert_eq!(outcome(&come_back(&world, &back, &cookie)), "the peer says invalid_client");
    assert_eq!(oauth(&world, &id)["isConnected"], false);
}

#[test]
fn a_way_back_of_another_browser_or_with_a_made_up_state_connects_nothing() {
    let Some((world, peer)) = start() else { return };
    let id = destination(&world);
    let (url, _) = set_out(&world, &peer, &id);
    let back = peer.lock().unwrap().authorize(&url, true);
    let (other, cookie) = set_out(&world, &peer, &id);
    assert_eq!(come_back(&world, &back, &cookie).status, 400, "another browser's way");
    let back = peer.lock().unwrap().authorize(&other, true);
    let (start, _) = back.split_once("&state=").unwrap();
    assert_eq!(come_back(&world, &format!("{start}&state=made-up"), &cookie).status, 400);
    assert_eq!(come_back(&world, &back, "").status, 400, "no cookie");
    assert_eq!(oauth(&world, &id)["isConnected"], false);
    assert!(world.vendors.arrived().is_empty(), "no code was taken anywhere");
}

#[test]
fn a_peer_that_takes_the_secret_as_basic_only_is_asked_that_way() {
    let Some((world, peer)) = start() else { return };
    peer.lock().unwrap().basic_only = true;
    let id = destination(&world);
    let (url, cookie) = set_out(&world, &peer, &id);
    let back = peer.lock().unwrap().authorize(&url, true);
    assert_eq!(outcome(&come_back(&world, &back, &cookie)), "connected");
}

#[test]
fn a_destination_without_a_client_says_what_is_missing() {
    let Some((world, _)) = start() else { return };
    let body =
        json!({ "sourceId": world.source, "metadataId": "actions-hubspot-cloud", "settings": {} });
    let made = world.server.ask("POST", "/api/v1/destinations", Some(&body));
    let id = made["destination"]["id"].as_str().unwrap();
    // The addresses of HubSpot are known.
    assert_eq!(oauth(&world, id)["missing"], json!(["clientId"]));
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str())];
    let path = format!("/api/v1/destinations/{id}/oauth/start");
    let answer = world.server.client().send("POST", &path, &headers, b"").unwrap();
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("clientId"), "{}", answer.body);
}
