//! What counts as an identifier of an event.

use sluice_event::EventType;
use sluice_profiles::{IdentityRules, identifiers};

use crate::support::event;

fn check(context: &str, traits: &str, expected: &str) {
    let event = event(EventType::Identify, None, None, context, traits);
    let found = identifiers(&event, &IdentityRules::default());
    let ids: Vec<_> = found.ids.iter().map(|id| format!("{}={}", id.kind, id.value)).collect();
    assert_eq!(ids.join(" "), expected, "{context} {traits}");
}

#[test]
fn emails_are_read_from_traits_and_lower_cased() {
    check("{}", r#"{"email":" Jane@X.org "}"#, "email=jane@x.org");
    check(r#"{"traits":{"email":"a@b"}}"#, "{}", "email=a@b");
    check(r#"{"traits":{"\u0065mail":"a@b"}}"#, "{}", "");
    check("{}", r#"{"email":{"no":1}}"#, "");
    check("{}", r#"{"email":null}"#, "");
}

#[test]
fn device_ids_need_a_device_type_and_consent_for_advertising() {
    let device = |kind: &str, consent: bool| {
        format!(
            r#"{{"device":{{"type":"{kind}","id":"d1","advertisingId":"ad","adTrackingEnabled":{consent},"token":"t"}}}}"#
        )
    };
    check(&device("ios", false), "{}", "ios.id=d1 ios.push_token=t"); // I22
    check(&device("Android", true), "{}", "android.id=d1 android.idfa=ad android.push_token=t");
    check(&device("tvOS", true), "{}", "ios.id=d1 ios.idfa=ad ios.push_token=t");
    check(&device("browser", true), "{}", "");
}

#[test]
fn external_ids_need_all_four_members() {
    let entry = |members: &str| format!(r#"{{"externalIds":[{{{members}}}]}}"#);
    let all = r#""id":5,"type":"phone","collection":"users","encoding":"none""#;
    check(&entry(all), "{}", "phone=5");
    check(&entry(r#""id":"5","type":"phone","collection":"users""#), "{}", ""); // I21
    check(&entry(&all.replace("none", "sha256")), "{}", "");
    check(&entry(&all.replace("users", "accounts")), "{}", "");
    check(&entry(&all.replace("phone", "Phone")), "{}", "");
    check(r#"{"externalIds":"phone"}"#, "{}", "");
}

#[test]
fn the_google_analytics_client_is_an_identifier() {
    check(
        r#"{"integrations":{"Google Analytics":{"clientId":"12.34"}}}"#,
        "{}",
        "ga_client_id=12.34",
    );
}

#[test]
fn a_value_is_trimmed_and_one_too_long_is_none() {
    let long = "x".repeat(2000);
    let event = event(EventType::Track, Some(" x "), Some(&long), "{}", "{}");
    let found = identifiers(&event, &IdentityRules::default());
    assert_eq!(found.ids.len(), 1);
    assert_eq!(&*found.ids[0].value, "x");
}

#[test]
fn the_number_of_identifiers_of_one_event_is_bounded() {
    let one =
        |n: u32| format!(r#"{{"id":"{n}","type":"t{n}","collection":"users","encoding":"none"}}"#);
    let all: Vec<_> = (1..200).map(one).collect();
    let event = event(
        EventType::Track,
        None,
        None,
        &format!(r#"{{"externalIds":[{}]}}"#, all.join(",")),
        "{}",
    );
    assert_eq!(identifiers(&event, &IdentityRules::default()).ids.len(), 50);
}
