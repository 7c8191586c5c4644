//! A browser as the API sees it: it keeps the session cookie, and repeats the token that its page
//! was told.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use sluice_base::Secret;
use sluice_event::WorkspaceNo;
use sluice_model::{Actor, Credentials, Email, Role};

use crate::{Answer, Server};

pub(crate) const PASSWORD: &str = "a long enough password";

#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    pub(crate) cookie: Option<String>,
    pub(crate) csrf: Option<String>,
}

impl Browser {
    /// Takes over what an answer sets.
    pub(crate) fn take(&mut self, answer: &Answer) {
        if let Some(line) = answer.headers.get("set-cookie") {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        if let Some(csrf) = answer.json["data"]["csrfToken"].as_str() {
            self.csrf = Some(csrf.to_owned());
        }
    }

    pub(crate) async fn call(
        &self,
        server: &Server,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("host", "sluice.test")
            .header("origin", "http://sluice.test");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        let body = body.map_or_else(Body::empty, |json| Body::from(json.to_string()));
        server.send(request.body(body).unwrap()).await
    }

    /// As [`Self::call`]; keeps the session of the answer.
    pub(crate) async fn go(
        &mut self,
        server: &Server,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Answer {
        let answer = self.call(server, method, path, Some(body)).await;
        self.take(&answer);
        answer
    }

    pub(crate) async fn get(&self, server: &Server, path: &str) -> Answer {
        self.call(server, "GET", path, None).await
    }
}

impl Server {
    /// A new user of the workspace; their address is `NAME@example.com`.
    pub(crate) async fn person(&self, workspace: WorkspaceNo, name: &str, role: Role) -> Browser {
        let email = Email::parse(&format!("{name}@example.com")).unwrap();
        let invited = self.store.invite_create(workspace, (&email, role), &Actor::server());
        let code = invited.unwrap().1.into_exposed();
        let password = Secret::new(PASSWORD.to_owned());
        let credentials = Credentials { name: name.to_owned(), password };
        self.store.invite_accept(&code, &credentials).unwrap().unwrap();
        let browser = self.signed_in(name).await;
        assert!(browser.cookie.is_some());
        browser
    }

    /// Another browser of a person of [`Self::person`].
    pub(crate) async fn signed_in(&self, name: &str) -> Browser {
        let mut browser = Browser::default();
        let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        browser.go(self, "POST", "/session", &body).await;
        browser
    }
}
