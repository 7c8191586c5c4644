//! Users, sessions and links in the store: what survives a restart, and what bounds them.

use sluice_base::Secret;
use sluice_event::WorkspaceNo;
use sluice_model::{Credentials, Email, Role};
use sluice_store::{ErrorKind, Page, Store};

use crate::{WORKSPACE, actor, clock, fixture, new_workspace, set_up};

const PASSWORD: &str = "a long enough password";

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

#[test]
fn the_setup_token_is_kept_for_its_owner_until_it_was_used() {
    let fixture = fixture();
    let path = fixture.dir.path().join("setup-token");
    let token = fixture.store.setup_token().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    drop(fixture.store);
    let store = Store::open(fixture.dir.path(), clock()).unwrap();
    assert_eq!(store.setup_token(), Some(token));
    set_up(&store, PASSWORD);
    assert_eq!((store.setup_token(), path.exists()), (None, false));
    // As after a crash between the account and the removal of the file.
    std::fs::write(&path, "left behind").unwrap();
    drop(store);
    let store = Store::open(fixture.dir.path(), clock()).unwrap();
    assert_eq!((store.setup_token(), path.exists()), (None, false));
}

#[test]
fn sessions_and_passwords_survive_a_restart() {
    let fixture = fixture();
    let begun = set_up(&fixture.store, PASSWORD);
    drop(fixture.store);
    let store = Store::open(fixture.dir.path(), clock()).unwrap();
    assert_eq!(store.session_find(begun.token.expose(), "").unwrap(), Some(begun.session));
    assert!(store.sign_in("ANN@example.com", &secret(PASSWORD)).unwrap().is_some());
    assert!(store.sign_in("ann@example.com", &secret("wrong")).unwrap().is_none());
}

#[test]
fn a_person_has_at_most_fifty_sessions_and_the_oldest_ends_first() {
    let store = fixture().store;
    let first = set_up(&store, PASSWORD);
    let mut last = None;
    for _ in 0..50 {
        let link = store.sign_in_link_of(&first.session).unwrap();
        last = Some(store.sign_in_link_use(link.code.expose()).unwrap());
    }
    assert_eq!(store.session_find(first.token.expose(), "").unwrap(), None);
    assert!(store.session_find(last.unwrap().token.expose(), "").unwrap().is_some());
}

#[test]
fn no_user_and_no_invitation_of_one_workspace_is_found_from_another() {
    let store = fixture().store;
    let ann = set_up(&store, PASSWORD).session;
    let other = store.workspace_create(&new_workspace("Other"), None, &actor()).unwrap().no;
    let email = Email::parse("bob@example.com").unwrap();
    let (invite, _) = store.invite_create(WORKSPACE, (&email, Role::Admin), &actor()).unwrap();
    let grant = sluice_store::Grant { workspace: other, ..ann.grant() };
    let errors = [
        store.member_change(other, &ann.user.id, Role::Viewer, &actor()).err(),
        store.member_delete(other, &ann.user.id, &actor()).err(),
        store.invite_delete(other, &invite.id, &actor()).err(),
        store.password_reset_create(&grant, &ann.user.id).err(),
        store.sign_in_link_create(&grant, Some(&ann.user.email)).err(),
    ];
    for (index, error) in errors.into_iter().enumerate() {
        assert_eq!(error.map(|e| e.kind()), Some(ErrorKind::NotFound), "case {index}");
    }
    assert_eq!(store.member_list(other, Page::ALL).unwrap().total, 0);
    assert_eq!(store.invite_list(other, Page::ALL).unwrap().total, 0);
}

#[test]
fn who_is_in_two_workspaces_keeps_the_account_until_the_second_is_left() {
    let store = fixture().store;
    let ann = set_up(&store, PASSWORD).session;
    let made = store.workspace_create(&new_workspace("Two"), Some(&ann), &ann.actor()).unwrap();
    let email = Email::parse("bob@example.com").unwrap();
    let credentials = Credentials { name: "Bob".to_owned(), password: secret(PASSWORD) };
    let join = |no: WorkspaceNo| {
        let (_, code) = store.invite_create(no, (&email, Role::Editor), &actor()).unwrap();
        store.invite_accept(code.expose(), &credentials).unwrap().unwrap()
    };
    let in_one = join(WORKSPACE);
    let in_two = join(made.no);
    let bob = in_one.session.user.id;
    store.member_delete(WORKSPACE, &bob, &ann.actor()).unwrap();
    assert_eq!(store.session_find(in_one.token.expose(), "").unwrap(), None);
    assert!(store.session_find(in_two.token.expose(), "").unwrap().is_some());
    let again = store.sign_in("bob@example.com", &credentials.password).unwrap().unwrap();
    assert_eq!(again.session.seat.workspace.no, made.no);
    store.member_delete(made.no, &bob, &ann.actor()).unwrap();
    assert!(store.sign_in("bob@example.com", &credentials.password).unwrap().is_none());
}
