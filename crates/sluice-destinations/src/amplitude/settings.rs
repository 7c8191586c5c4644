//! The settings of an Amplitude destination: the form, and what it means once checked.
//!
//! Keys are those under which Segment's catalogue knows them, so that an exported configuration
//! fits; the defaults are those of Segment's page about the destination.

use sluice_destination_kit::device::connection_mode_field;
use sluice_destination_kit::{
    DELIVERY_SECTION, Field, FieldKind, Settings, SettingsError, SettingsSchema,
};

use super::device;

const PAGES: &str = "Pages and screens";
const PEOPLE: &str = "People and devices";
const GROUPS: &str = "Groups and aliases";
const REVENUE: &str = "Revenue";
const CONTEXT: &str = "What else is sent";

/// A project's region: events must go to the hosts of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Region {
    NorthAmerica,
    Europe,
}

/// The names of page and screen events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageNaming {
    /// As Segment's page says.
    Documented,
    /// As Segment's published browser code does.
    ClassicCode,
    /// As Segment's newer destination, "Actions Amplitude".
    Actions,
}

/// What becomes of an array in an array, which Amplitude does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NestedArrays {
    Stringify,
    Drop,
    Pass,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueryTarget {
    UserProperties,
    EventProperties,
}

/// Checked settings, each under a name that says what it does.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) api_key: String,
    /// Scheme and host of all calls but the mapping of users.
    pub(super) origin: String,
    pub(super) usermap_origin: String,
    pub(super) deletion_origin: String,
    pub(super) secret_key: Option<String>,
    pub(super) sends_to_batch: bool,
    pub(super) batches: bool,
    pub(super) named_pages: bool,
    pub(super) categorized_pages: bool,
    pub(super) all_pages: bool,
    pub(super) page_naming: PageNaming,
    pub(super) prefers_anonymous_id: bool,
    pub(super) prefers_anonymous_id_on_mobile: bool,
    pub(super) min_id_length: usize,
    pub(super) lenient_sessions: bool,
    pub(super) group_type_trait: Option<String>,
    pub(super) group_value_trait: Option<String>,
    pub(super) sends_alias: bool,
    pub(super) increment: Vec<String>,
    pub(super) set_once: Vec<String>,
    pub(super) append: Vec<String>,
    pub(super) prepend: Vec<String>,
    pub(super) revenue_per_product: bool,
    pub(super) products_once: bool,
    pub(super) keeps_revenue_properties: bool,
    pub(super) utm: bool,
    pub(super) referrer: bool,
    pub(super) gclid: bool,
    /// Property names that get the whole query string.
    pub(super) query: Vec<(String, QueryTarget)>,
    /// Dotted paths into the event and the event properties they fill.
    pub(super) append_fields: Vec<(String, String)>,
    pub(super) version_name: Option<String>,
    pub(super) nested_arrays: NestedArrays,
    pub(super) parses_user_agent: bool,
}

impl Config {
    /// # Errors
    /// If a value of a map is none of those it may have.
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let text = |key: &str| settings.text(key).unwrap_or_default();
        let some =
            |key: &str| settings.text(key).filter(|text| !text.is_empty()).map(str::to_owned);
        let on = |key: &str| settings.boolean(key).unwrap_or(false);
        let list = |key: &str| settings.text_list(key).map(str::to_owned).collect();
        let region =
            if text("endpoint") == "europe" { Region::Europe } else { Region::NorthAmerica };
        let [origin, usermap_origin, deletion_origin] = origins(region, settings.text("serverUrl"));
        let append_fields = settings.text_map("appendFieldsToEventProps");
        Ok(Self {
            api_key: text("apiKey").to_owned(),
            origin,
            usermap_origin,
            deletion_origin,
            secret_key: some("secretKey"),
            sends_to_batch: on("sendToBatchEndpoint"),
            batches: on("batchEvents"),
            named_pages: on("trackNamedPages"),
            categorized_pages: on("trackCategorizedPages"),
            all_pages: on("trackAllPages"),
            page_naming: match text("pageNaming") {
                "classic_code" => PageNaming::ClassicCode,
                "actions" => PageNaming::Actions,
                _ => PageNaming::Documented,
            },
            prefers_anonymous_id: on("preferAnonymousIdForDeviceId"),
            prefers_anonymous_id_on_mobile: on("preferAnonymousIdOnMobile"),
            min_id_length: settings.integer("minIdLength").unwrap_or(0).try_into().unwrap_or(0),
            lenient_sessions: text("sessionIdMode") == "lenient",
            group_type_trait: some("groupTypeTrait"),
            group_value_trait: some("groupValueTrait"),
            sends_alias: on("sendAlias"),
            increment: list("traitsToIncrement"),
            set_once: list("traitsToSetOnce"),
            append: list("traitsToAppend"),
            prepend: list("traitsToPrepend"),
            revenue_per_product: on("trackRevenuePerProduct"),
            products_once: on("trackProductsOnce"),
            keeps_revenue_properties: text("revenueEventProperties") == "all",
            utm: on("trackUtmProperties"),
            referrer: on("trackReferrer"),
            gclid: on("trackGclid"),
            query: query(settings)?,
            append_fields: append_fields.map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            version_name: some("versionName"),
            nested_arrays: match text("nestedArrays") {
                "drop" => NestedArrays::Drop,
                "pass" => NestedArrays::Pass,
                _ => NestedArrays::Stringify,
            },
            parses_user_agent: on("userAgentParsing"),
        })
    }
}

/// Of all calls, of the mapping of users, and of deletions.
fn origins(region: Region, own: Option<&str>) -> [String; 3] {
    if let Some(url) = own {
        return [(); 3].map(|()| url.trim_end_matches('/').to_owned());
    }
    let hosts = match region {
        Region::NorthAmerica => ["api2.amplitude.com", "api.amplitude.com", "amplitude.com"],
        Region::Europe => {
            ["api.eu.amplitude.com", "api.eu.amplitude.com", "analytics.eu.amplitude.com"]
        }
    };
    hosts.map(|host| format!("https://{host}"))
}

fn query(settings: &Settings) -> Result<Vec<(String, QueryTarget)>, SettingsError> {
    let target = |(name, target): (&str, &str)| match target {
        "user_properties" => Ok((name.to_owned(), QueryTarget::UserProperties)),
        "event_properties" => Ok((name.to_owned(), QueryTarget::EventProperties)),
        _ => Err(SettingsError::one(
            "mapQueryParams",
            format!("`{name}` must be user_properties or event_properties"),
        )),
    };
    settings.text_map("mapQueryParams").map(target).collect()
}

pub(super) fn schema() -> SettingsSchema {
    let fields = [account(), pages(), people(), groups(), revenue(), context(), device::fields()];
    SettingsSchema::new(fields.into_iter().flatten().collect())
}

pub(super) fn switch(key: &str, label: &str, help: &str, is_on: bool) -> Field {
    Field::new(key, label, help, FieldKind::Boolean).default_value(is_on)
}

fn choice(key: &str, label: &str, help: &str, choices: &[&str]) -> Field {
    let choices: Vec<String> = choices.iter().map(|choice| (*choice).to_owned()).collect();
    let default = choices.first().cloned().unwrap_or_default();
    Field::new(key, label, help, FieldKind::Choice { choices }).default_value(default)
}

fn names(key: &str, label: &str, help: &str) -> Field {
    Field::new(key, label, help, FieldKind::TextList)
}

fn text(key: &str, label: &str, help: &str) -> Field {
    Field::new(key, label, help, FieldKind::Text)
}

pub(super) fn in_section(section: &str, fields: Vec<Field>) -> Vec<Field> {
    fields.into_iter().map(|field| field.section(section)).collect()
}

fn account() -> Vec<Field> {
    vec![
        text(
            "apiKey",
            "API key",
            "The project's API key, 32 letters and digits, from Amplitude's project settings.",
        )
        .required()
        .secret(),
        text(
            "secretKey",
            "Secret key",
            "From Amplitude's project settings. Only deleting people needs it.",
        )
        .secret(),
        choice(
            "endpoint",
            "Region",
            "Where the Amplitude project lives. Events for the wrong region are refused.",
            &["north_america", "europe"],
        ),
        Field::new(
            "serverUrl",
            "Server URL",
            "Sends to this origin instead of Amplitude's, for a proxy or any server that speaks \
             Amplitude's HTTP API. In device mode browsers must reach it.",
            FieldKind::Url,
        ),
        connection_mode_field(),
    ]
}

fn pages() -> Vec<Field> {
    let fields = vec![
        switch(
            "trackAllPages",
            "Track all pages",
            "One event `Loaded a Page` (or `Loaded a Screen`) for every call. It is a single event \
             type; name and category stay properties. Each of these three settings adds an event of \
             its own, so with more than one on a call is sent more than once.",
            false,
        ),
        switch(
            "trackNamedPages",
            "Track named pages",
            "`Loaded Merchant Settings Page` for a call with a name. Every name is an event type, \
             and Amplitude shows only so many types per project.",
            false,
        ),
        switch(
            "trackCategorizedPages",
            "Track categorized pages",
            "`Loaded Merchant Page` for a call with a category. Every category is an event type.",
            false,
        ),
        choice(
            "pageNaming",
            "Page event names",
            "documented: as above. classic_code: `Viewed Merchant Settings Page`, as Segment's \
             browser code sends. actions: `Viewed Settings`, as Segment's Actions destination sends. \
             Choose what existing charts use.",
            &["documented", "classic_code", "actions"],
        ),
    ];
    in_section(PAGES, fields)
}

fn people() -> Vec<Field> {
    let fields = vec![
        switch(
            "preferAnonymousIdForDeviceId",
            "Prefer anonymous id for device id",
            "Off: the device id is `context.device.id`, else the anonymous id. On: the other way \
             round. Use the same device id wherever else you send to Amplitude, or one person \
             becomes two users.",
            false,
        ),
        switch(
            "preferAnonymousIdOnMobile",
            "… from mobile libraries too",
            "Whether the setting above also holds for events of mobile libraries.",
            true,
        ),
        names(
            "traitsToIncrement",
            "Traits to increment",
            "Numbers in these traits are added to the user property instead of replacing it.",
        ),
        names("traitsToSetOnce", "Traits to set once", "Only the first value of these traits is kept."),
        names("traitsToAppend", "Traits to append", "Values are added to the end of a list."),
        names("traitsToPrepend", "Traits to prepend", "Values are added to the front of a list."),
        choice(
            "sessionIdMode",
            "Session ids",
            "`integrations.Amplitude.session_id` is the start of the session. strict: a Unix time, \
             anything else is refused. lenient: a date such as 2026-03-05T10:15:00Z is taken too.",
            &["strict", "lenient"],
        ),
        Field::new(
            "minIdLength",
            "Shortest id",
            "Amplitude drops ids shorter than 5 characters unless told otherwise; 0 leaves it at that.",
            FieldKind::Integer { min: 0, max: 128 },
        )
        .default_value(1),
    ];
    in_section(PEOPLE, fields)
}

fn groups() -> Vec<Field> {
    let fields = vec![
        text(
            "groupTypeTrait",
            "Group type trait",
            "The trait of a group call that holds Amplitude's group type, such as `group_type`. \
             Needs Amplitude's Accounts add-on.",
        ),
        text(
            "groupValueTrait",
            "Group value trait",
            "The trait that holds the group's value, such as `name`. Without both, people join the \
             group `[Segment] Group` under the group id, and the group gets no properties.",
        ),
        switch(
            "sendAlias",
            "Enable alias",
            "Alias calls map users with each other. Needs Amplitude's Portfolio add-on.",
            false,
        ),
    ];
    in_section(GROUPS, fields)
}

fn revenue() -> Vec<Field> {
    let fields = vec![
        switch(
            "trackRevenuePerProduct",
            "Track revenue per product",
            "Of an order with products. Off: the order carries the revenue. On: each `Product \
             Purchased` event carries its own and the order none.",
            false,
        ),
        switch(
            "trackProductsOnce",
            "Track products once",
            "An order stays one event with its list of products; no `Product Purchased` events.",
            false,
        ),
        choice(
            "revenueEventProperties",
            "Properties of revenue events",
            "remaining: what became a revenue field is not repeated as an event property. all: \
             everything is.",
            &["remaining", "all"],
        ),
    ];
    in_section(REVENUE, fields)
}

fn context() -> Vec<Field> {
    let mut fields = vec![
        switch(
            "trackUtmProperties",
            "Track UTM properties",
            "`context.campaign` becomes utm_source, initial_utm_source and so on of the user.",
            true,
        ),
        switch(
            "trackReferrer",
            "Track referrer",
            "`context.page.referrer` becomes referrer and initial_referrer of the user.",
            true,
        ),
        switch(
            "trackGclid",
            "Track gclid",
            "The `gclid` of the page's query becomes gclid and initial_gclid of the user.",
            false,
        ),
        Field::new(
            "mapQueryParams",
            "Query string",
            "Name of a property that gets the page's whole query string, and where it goes: \
             `user_properties` or `event_properties`.",
            FieldKind::TextMap,
        ),
        Field::new(
            "appendFieldsToEventProps",
            "Fields to add to event properties",
            "A path in the event, such as `context.page.title`, and the event property it fills.",
            FieldKind::TextMap,
        ),
        text("versionName", "Version name", "App version of events without `context.app.version`."),
        switch(
            "userAgentParsing",
            "Parse the user agent",
            "Fills in operating system and device where the event does not name them.",
            true,
        ),
        choice(
            "nestedArrays",
            "Arrays in arrays",
            "Amplitude takes none. stringify: the inner one becomes its JSON text. drop: it is left \
             out. pass: sent as it is.",
            &["stringify", "drop", "pass"],
        ),
    ];
    fields = in_section(CONTEXT, fields);
    fields.extend(in_section(
        DELIVERY_SECTION,
        vec![
            switch("batchEvents", "Batch events", "Sends what comes within a second in one request.", true),
            switch("sendToBatchEndpoint", "Use the batch endpoint", "`/batch` instead of `/2/httpapi`: larger requests and higher limits, shown in Amplitude a little later.", false),
        ],
    ));
    fields
}
