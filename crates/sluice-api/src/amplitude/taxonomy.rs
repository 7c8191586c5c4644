//! `/api/2/taxonomy`: the data dictionary in Amplitude's shapes. What was seen and what the dictionary
//! names both count as known; an entry of something that was never seen is planned.
//!
//! Not here: categories, tags, owners, types and patterns, and properties by event: the dictionary has
//! none of these, and a request that would set one is refused.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sluice_model::{DictionaryEntry, EntryKind, EntrySays};

use super::failure::Failure;
use super::params::Params;
use super::project::{Project, body};

const BODY_BYTES_MAX: usize = 256 * 1024;

/// A failure in the shape that this part of the API documents.
pub(super) struct Refused(Failure);

type Result<T> = std::result::Result<T, Refused>;

impl<E: Into<Failure>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let errors = [json!({ "message": self.0.message() })];
        self.0.with_body(json!({ "success": false, "errors": errors }))
    }
}

/// What a route is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Event,
    EventProperty,
    UserProperty,
}

/// Parameters that nothing here can be said by.
const UNKNOWN_HERE: &[&str] = &[
    "category",
    "tags",
    "owner",
    "type",
    "regex",
    "enum_values",
    "is_array_type",
    "is_required",
    "classifications",
    "overrideScope",
    "is_hidden_from_persona_results",
    "is_hidden_from_pathfinder",
    "is_hidden_from_timeline",
];

impl Subject {
    /// The parameter that names it, and the one that renames it.
    const fn parameters(self) -> (&'static str, &'static str) {
        match self {
            Self::Event => ("event_type", "new_event_type"),
            Self::EventProperty => ("event_property", "new_event_property_value"),
            Self::UserProperty => ("user_property", "new_user_property_value"),
        }
    }

    const fn kind(self) -> EntryKind {
        match self {
            Self::Event => EntryKind::Event,
            Self::EventProperty => EntryKind::EventProperty,
            Self::UserProperty => EntryKind::UserTrait,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::EventProperty => "event property",
            Self::UserProperty => "user property",
        }
    }

    /// The parameter that hides it.
    const fn hidden(self) -> &'static str {
        if matches!(self, Self::Event) { "is_hidden_from_dropdowns" } else { "is_hidden" }
    }

    /// A name as our dictionary has it.
    fn ours(self, name: &str) -> &str {
        match self {
            Self::UserProperty => name.strip_prefix("gp:").unwrap_or(name),
            _ => name,
        }
    }
}

/// Something known: whether it was seen, and what is said of it.
#[derive(Clone, Debug, Default)]
struct Known {
    is_seen: bool,
    types: Vec<String>,
    entry: Option<EntrySays>,
}

impl Known {
    fn says(&self) -> EntrySays {
        self.entry.clone().unwrap_or_default()
    }

    fn is_deleted(&self) -> bool {
        self.entry.as_ref().is_some_and(|says| says.is_deleted)
    }

    /// Whether it counts under another name.
    fn is_other_name(&self) -> bool {
        self.entry.as_ref().is_some_and(|says| says.same_as.is_some())
    }

    fn view(&self, subject: Subject, name: &str) -> Value {
        let says = self.says();
        if subject == Subject::Event {
            return json!({
                "event_type": name, "category": null, "description": says.description,
                "display_name": if says.display_name.is_empty() { name } else { &says.display_name },
                "is_active": !says.is_deprecated, "is_hidden_from_dropdowns": says.is_hidden,
                "is_hidden_from_persona_results": false, "is_hidden_from_pathfinder": false,
                "is_hidden_from_timeline": false, "tags": [], "owner": null,
                "deleted": says.is_deleted,
            });
        }
        let kind = match &self.types[..] {
            [one] if ["string", "number", "boolean"].contains(&one.as_str()) => one.as_str(),
            _ => "any",
        };
        let mut view = json!({
            "description": says.description, "type": kind, "regex": null, "enum_values": null,
            "is_array_type": kind == "any" && self.types.iter().any(|one| one == "array"),
            "is_hidden": says.is_hidden, "classifications": [], "deleted": false,
        });
        if subject == Subject::UserProperty {
            view["user_property"] = format!("gp:{name}").into();
        } else {
            view["event_property"] = name.into();
            view["event_type"] = Value::Null;
            view["is_required"] = false.into();
        }
        view
    }
}

/// What is known of a subject, by name; properties also by event.
async fn known(project: &Project, subject: Subject) -> Result<BTreeMap<String, Known>> {
    let (schema, no) = (&project.api.handles().schema, project.workspace);
    let mut all: BTreeMap<String, Known> = BTreeMap::new();
    if subject == Subject::Event {
        for event in schema.event_names(no).await?.into_iter().filter(|event| event.is_active) {
            all.entry(event.name).or_default().is_seen = true;
        }
    } else {
        let of = if subject == Subject::UserProperty { "user" } else { "event" };
        let event = project.params.get("event_type").filter(|_| of == "event");
        let seen = schema.properties(no, event.map(str::to_owned)).await?;
        for property in seen.into_iter().filter(|one| one.of == of) {
            let one = Known { is_seen: true, types: property.types, entry: None };
            all.insert(property.name, one);
        }
        if event.is_some() {
            let said = entries(project, subject).await?;
            for (name, one) in &mut all {
                one.entry = said.iter().find(|entry| entry.name == *name).map(|e| e.says.clone());
            }
            return Ok(all);
        }
    }
    for entry in entries(project, subject).await? {
        all.entry(entry.name).or_default().entry = Some(entry.says);
    }
    Ok(all)
}

async fn entries(project: &Project, subject: Subject) -> Result<Vec<DictionaryEntry>> {
    let no = project.workspace;
    let all = project.api.store().call(move |store| store.dictionary_list(no)).await?;
    Ok(all.into_iter().filter(|entry| entry.kind == subject.kind()).collect())
}

pub(super) async fn list(subject: Subject, project: Project) -> Result<Json<Value>> {
    let with_deleted = project.params.get("showDeleted") == Some("true");
    let all = known(&project, subject).await?;
    let shown =
        all.iter().filter(|(_, one)| !one.is_other_name() && (with_deleted || !one.is_deleted()));
    let data: Vec<_> = shown.map(|(name, one)| one.view(subject, name)).collect();
    Ok(Json(json!({ "success": true, "data": data })))
}

pub(super) async fn get_one(
    subject: Subject,
    project: Project,
    Path(name): Path<String>,
) -> Result<Json<Value>> {
    let name = subject.ours(&name);
    let all = known(&project, subject).await?;
    let found = all.get(name).ok_or_else(|| Failure::not_found("Not found"))?;
    Ok(Json(json!({ "success": true, "data": found.view(subject, name) })))
}

fn done() -> Json<Value> {
    Json(json!({ "success": true }))
}

/// The parameters of a form, as far as they can be kept.
async fn form(sent: Body) -> Result<Params> {
    let bytes = body(sent, BODY_BYTES_MAX).await?;
    let text =
        std::str::from_utf8(&bytes).map_err(|_| Failure::invalid("Invalid body: no text"))?;
    let params = Params::of_query(text);
    params.refuse(UNKNOWN_HERE)?;
    Ok(params)
}

/// What a form says of an event or a property, on top of what was said.
fn said(subject: Subject, params: &Params, mut says: EntrySays) -> Result<EntrySays> {
    let flag = |name: &str| -> Result<Option<bool>> {
        match params.get(name) {
            None => Ok(None),
            Some(_) => Ok(Some(params.choice(name, &[("true", true), ("false", false)])?)),
        }
    };
    if let Some(text) = params.get("description") {
        says.description = text.to_owned();
    }
    if let Some(is_hidden) = flag(subject.hidden())? {
        says.is_hidden = is_hidden;
    }
    if subject == Subject::Event {
        if let Some(text) = params.get("display_name") {
            says.display_name = text.to_owned();
        }
        if let Some(is_active) = flag("is_active")? {
            says.is_deprecated = !is_active;
        }
    }
    Ok(says)
}

/// Plans an event or a property that is not known yet.
pub(super) async fn create(subject: Subject, project: Project, sent: Body) -> Result<Json<Value>> {
    project.editor()?;
    let params = form(sent).await?;
    let (parameter, _) = subject.parameters();
    if subject == Subject::EventProperty {
        params.refuse(&["event_type"])?;
    }
    let name = subject.ours(params.required(parameter)?).to_owned();
    if known(&project, subject).await?.contains_key(&name) {
        let what = subject.words();
        let message = format!("Attempted to add an {what}, \"{name}\", that already exists.");
        return Err(Failure::conflict(message).into());
    }
    let says = said(subject, &params, EntrySays::default())?;
    keep(&project, subject, name, says).await?;
    Ok(done())
}

async fn keep(project: &Project, subject: Subject, name: String, says: EntrySays) -> Result<()> {
    let (no, actor) = (project.workspace, project.editor()?);
    let kind = subject.kind();
    project
        .api
        .store()
        .call(move |store| store.dictionary_set(no, (kind, &name), &says, &actor))
        .await?;
    Ok(project.api.handles().schema.dictionary_changed(no).await?)
}

async fn take_out(project: &Project, subject: Subject, name: String) -> Result<()> {
    let (no, actor) = (project.workspace, project.editor()?);
    let kind = subject.kind();
    project
        .api
        .store()
        .call(move |store| store.dictionary_delete(no, (kind, &name), &actor))
        .await?;
    Ok(project.api.handles().schema.dictionary_changed(no).await?)
}

/// Says something of what is known. A new name of an event that was seen is its name from now on; the
/// events that have the old one count under it.
pub(super) async fn change(
    subject: Subject,
    project: Project,
    Path(name): Path<String>,
    sent: Body,
) -> Result<Json<Value>> {
    project.editor()?;
    let params = form(sent).await?;
    let name = subject.ours(&name).to_owned();
    let (_, renaming) = subject.parameters();
    let all = known(&project, subject).await?;
    let Some(before) = all.get(&name) else {
        let what = subject.words();
        let message =
            format!("Attempted to change the {what} \"{name}\", but the {what} is not in schema.");
        return Err(Failure::conflict(message).into());
    };
    let says = said(subject, &params, before.says())?;
    let Some(new) = params.get(renaming).map(|new| subject.ours(new).to_owned()) else {
        keep(&project, subject, name, says).await?;
        return Ok(done());
    };
    if new == name || all.contains_key(&new) {
        let message = format!("Attempted to rename \"{name}\" to \"{new}\", which exists.");
        return Err(Failure::conflict(message).into());
    }
    if before.is_seen && subject != Subject::Event {
        let message =
            format!("\"{name}\" is sent under this name; only planned properties change it");
        return Err(Failure::conflict(message).into());
    }
    if before.is_seen {
        keep(&project, subject, new.clone(), says).await?;
        let old = EntrySays { same_as: Some(new), ..before.says() };
        keep(&project, subject, name, old).await?;
    } else {
        keep(&project, subject, new, says).await?;
        take_out(&project, subject, name).await?;
    }
    Ok(done())
}

/// What was seen is marked as deleted; what was only planned is taken out.
pub(super) async fn delete(
    subject: Subject,
    project: Project,
    Path(name): Path<String>,
) -> Result<Json<Value>> {
    project.editor()?;
    let name = subject.ours(&name).to_owned();
    let all = known(&project, subject).await?;
    let found = all.get(&name).ok_or_else(|| Failure::not_found("Not found"))?;
    if found.is_deleted() {
        return Err(Failure::conflict(format!("\"{name}\" is deleted already")).into());
    }
    if !found.is_seen {
        take_out(&project, subject, name).await?;
        return Ok(done());
    }
    if subject != Subject::Event {
        let message = format!("\"{name}\" is being sent: hide it by `is_hidden` instead");
        return Err(Failure::conflict(message).into());
    }
    keep(&project, subject, name, EntrySays { is_deleted: true, ..found.says() }).await?;
    Ok(done())
}

/// Counts a deleted event again.
pub(super) async fn restore(project: Project, Path(name): Path<String>) -> Result<Json<Value>> {
    project.editor()?;
    let all = known(&project, Subject::Event).await?;
    let found = all.get(&name).ok_or_else(|| Failure::not_found("Not found"))?;
    if !found.is_deleted() {
        return Err(Failure::conflict(format!("\"{name}\" is not deleted")).into());
    }
    keep(&project, Subject::Event, name, EntrySays { is_deleted: false, ..found.says() }).await?;
    Ok(done())
}
