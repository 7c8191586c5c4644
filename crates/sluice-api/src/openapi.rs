//! The OpenAPI document. Paths come from the handlers; what all operations share is added here.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
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
             Public API. Send `Authorization: Bearer TOKEN`.",
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
    components.add_security_scheme(
        "token",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("An API token; the scope is the role that it needs"))
                .build(),
        ),
    );
    for (name, schema) in [
        (Errors::name(), Errors::schema()),
        (ErrorView::name(), ErrorView::schema()),
        (ErrorData::name(), ErrorData::schema()),
    ] {
        components.schemas.insert(name.into_owned(), schema);
    }
    for (path, item) in &mut api.paths.paths {
        for operation in operations_of(item) {
            document_errors(path, operation);
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

fn operations_of(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete]
        .into_iter()
        .flatten()
}

fn document_errors(path: &str, operation: &mut Operation) {
    let mut errors = vec![
        ("401", "No token, or one that is not valid"),
        ("403", "The token's role does not reach"),
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
    for (status, description) in errors {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(error(description)));
    }
}

fn error(description: &str) -> Response {
    let schema = Ref::from_schema_name(Errors::name());
    ResponseBuilder::new()
        .description(description)
        .content("application/json", ContentBuilder::new().schema(Some(schema)).build())
        .build()
}
