//! Planted secrets: none of the files may hold them in clear.

use std::fs;
use std::path::Path;

use serde_json::json;
use sluice_base::Secret;
use sluice_model::{
    DestinationChange, Email, NewApiToken, NewSubscription, Role, SubscriptionChange,
};

use crate::{WORKSPACE, actor, destination, fixture, set_up, source};

fn holds(dir: &Path, needle: &str) -> Vec<String> {
    let found = |path: &Path| {
        fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle.as_bytes())
    };
    fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| found(path))
        .map(|path| path.display().to_string())
        .collect()
}

#[test]
fn no_file_holds_a_secret_a_token_a_password_or_a_code_in_clear() {
    let fixture = fixture();
    let store = fixture.store;
    let shop = source(&store, "planted-slug");
    let hook = destination(&store, &shop, "planted-secret-1");
    let settings = Some(Secret::new(json!({ "sharedSecret": "planted-secret-2" })));
    let change = DestinationChange { settings, ..DestinationChange::default() };
    store.destination_change(WORKSPACE, &hook.id, &change, &actor()).unwrap();
    let new = NewSubscription {
        name: "mapping".to_owned(),
        action: "send".to_owned(),
        trigger: "userId = \"planted-trigger-1\"".to_owned(),
        mapping: json!({}),
        enabled: true,
    };
    let mapping = store.subscription_create(WORKSPACE, &hook.id, &new, &actor()).unwrap();
    let trigger = Some("userId = \"planted-trigger-2\"".to_owned());
    let change = SubscriptionChange { trigger, ..SubscriptionChange::default() };
    store.subscription_change(WORKSPACE, &hook.id, &mapping.id, &change, &actor()).unwrap();
    let new = NewApiToken { name: "ci".to_owned(), role: Role::Admin };
    let (_, token) = store.token_create(WORKSPACE, &new, &actor()).unwrap();
    let setup_token = store.setup_token().unwrap();
    let password = "planted-password-1";
    let signed_in = set_up(&store, password);
    let grant = signed_in.session.grant();
    let email = Email::parse("bob@example.com").unwrap();
    let (_, invite) = store.invite_create(WORKSPACE, (&email, Role::Viewer), &actor()).unwrap();
    let reset = store.password_reset_create(&grant, &signed_in.session.user.id).unwrap();
    let link = store.sign_in_link_create(&grant, None).unwrap();
    let search = || {
        // The search itself works: what is public is found.
        assert!(!holds(fixture.dir.path(), "planted-slug").is_empty());
        for needle in [
            "planted-secret-1",
            "planted-secret-2",
            "planted-trigger-1",
            "planted-trigger-2",
            &token.expose()[4..],
            setup_token.expose(),
            password,
            signed_in.token.expose(),
            invite.expose(),
            reset.code.expose(),
            link.code.expose(),
        ] {
            assert_eq!(holds(fixture.dir.path(), needle), Vec::<String>::new());
        }
    };
    search();
    drop(store);
    search();
}
