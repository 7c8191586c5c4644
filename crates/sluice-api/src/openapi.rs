//! The OpenAPI document. Paths come from the handlers; what all operations share is added here.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr,
    Response, ResponseBuilder, ServerBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use crate::error::{ErrorData, ErrorView, Errors};
use crate::routes::{PREFIX, operations};

/// The document without paths.
pub(crate) fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Sluice API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Configuration, questions and accounts of a Sluice server, in the shape of Segment's \
             Public API. Send `Authorization: Bearer TOKEN`, or sign in.",
        ))
        .license(Some(
            LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build(),
        ))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url(PREFIX).build()]))
        .build()
}

/// The document of all operations, each with its errors.
#[must_use]
pub fn openapi() -> OpenApi {
    let (_, mut api) = operations().split_for_parts();
    let components = api.components.get_or_insert_default();
    for (name, scheme) in security_schemes() {
        components.add_security_scheme(name, scheme);
    }
    for (name, schema) in [
        (Errors::name(), Errors::schema()),
        (ErrorView::name(), ErrorView::schema()),
        (ErrorData::name(), ErrorData::schema()),
    ] {
        components.schemas.insert(name.into_owned(), schema);
    }
    for (path, item) in &mut api.paths.paths {
        for (is_safe, operation) in operations_of(item) {
            document_errors(path, operation);
            document_sessions(is_safe, operation);
        }
    }
    api
}

/// The document as it is committed: indented JSON with a final line feed.
#[must_use]
pub fn openapi_json() -> String {
    // The document holds only maps with text keys, which always print.
    let mut text = openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn security_schemes() -> [(&'static str, SecurityScheme); 3] {
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API token; the scope is the role that it needs"))
        .build();
    let session = "The session of a signed-in person; the scope is the role that it needs. Over \
                   HTTPS the cookie's name begins with `__Host-`";
    let csrf = "The `csrfToken` of `GET /session`, beside the cookie in every changing request";
    [
        ("token", SecurityScheme::Http(token)),
        (
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                "sluice_session",
                session,
            ))),
        ),
        (
            "csrf",
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
                "X-CSRF-Token",
                csrf,
            ))),
        ),
    ]
}

/// Each with whether it changes nothing.
fn operations_of(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let safe = item.get.iter_mut().map(|operation| (true, operation));
    let changing = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    safe.chain(changing.into_iter().flatten().map(|operation| (false, operation)))
}

/// What a token may, a session may, with the other token when it changes something.
fn document_sessions(is_safe: bool, operation: &mut Operation) {
    let with_csrf = |session: SecurityRequirement| {
        if is_safe { session } else { session.add("csrf", None::<String>) }
    };
    let Some(all) = &mut operation.security else { return };
    for role in ["viewer", "editor", "admin"] {
        if all.contains(&SecurityRequirement::new("token", [role])) {
            all.push(with_csrf(SecurityRequirement::new("session", [role])));
            return;
        }
    }
    let session = SecurityRequirement::new("session", None::<String>);
    for own in all.iter_mut().filter(|one| **one == session) {
        *own = with_csrf(session.clone());
    }
}

fn document_errors(path: &str, operation: &mut Operation) {
    let mut errors = vec![
        ("401", "Nobody is signed in, or what should prove it is not right"),
        ("403", "The role does not reach, or the request comes from another site"),
        ("500", "The server failed; its log says why"),
        ("503", "A part of the server is busy; `Retry-After` says when to come back"),
    ];
    if operation.request_body.is_some() {
        errors.push(("413", "The body is too large"));
    }
    if operation.request_body.is_some() || operation.parameters.is_some() {
        errors.push(("400", "What was sent is wrong; each entry names its field"));
    }
    if path.contains('{') {
        errors.push(("404", "There is no such thing in this workspace"));
    }
    if operation.request_body.is_some() || path.ends_with("/restore") || path.contains("/writekey")
    {
        errors.push(("409", "It collides with something that exists"));
    }
    if is_guessable(operation) {
        errors.push(("429", "Too many wrong attempts; `Retry-After` says when to come back"));
    }
    for (status, description) in errors {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(error(description)));
    }
}

/// Whether it takes a password or a code: those may not be tried at will.
fn is_guessable(operation: &Operation) -> bool {
    let id = operation.operation_id.as_deref();
    let is_open = operation
        .security
        .as_ref()
        .is_none_or(|all| all.iter().any(|one| *one == SecurityRequirement::default()));
    id == Some("change_password") || (is_open && id != Some("get_setup"))
}

fn error(description: &str) -> Response {
    let schema = Ref::from_schema_name(Errors::name());
    ResponseBuilder::new()
        .description(description)
        .content("application/json", ContentBuilder::new().schema(Some(schema)).build())
        .build()
}
