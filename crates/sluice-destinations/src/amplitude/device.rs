//! Device mode: the settings that only pages and apps read, and which of all settings they get.
//!
//! The page's plugin is `browser/amplitude/`; apps bring a plugin of their own, which finds its
//! settings under the names of Segment's catalogue.

use sluice_destination_kit::device::DEVICE_SECTION;
use sluice_destination_kit::{DeviceMode, Field, FieldKind};

use super::settings::{in_section, switch};

/// Of the plugin in `browser/`.
const PLUGIN: &str = "amplitude";

/// What devices get. Everything here can be read by anybody.
const PUBLIC: [&str; 34] = [
    "apiKey",
    "endpoint",
    "serverUrl",
    "trackAllPages",
    "trackAllPagesV2",
    "trackNamedPages",
    "trackCategorizedPages",
    "pageNaming",
    "preferAnonymousIdForDeviceId",
    "deviceIdFromUrlParam",
    "useAdvertisingIdForDeviceId",
    "enableLocationListening",
    "trackSessionEvents",
    "eventUploadPeriodMillis",
    "eventUploadThreshold",
    "useLogRevenueV2",
    "trackRevenuePerProduct",
    "trackProductsOnce",
    "traitsToIncrement",
    "traitsToSetOnce",
    "traitsToAppend",
    "traitsToPrepend",
    "groupTypeTrait",
    "groupValueTrait",
    "trackUtmProperties",
    "trackReferrer",
    "trackGclid",
    "saveParamsReferrerOncePerSession",
    "unsetParamsReferrerOnNewSession",
    "mapQueryParams",
    "appendFieldsToEventProps",
    "versionName",
    "minIdLength",
    "nestedArrays",
];

pub(super) fn mode() -> DeviceMode {
    DeviceMode {
        plugin: PLUGIN.to_owned(),
        settings: PUBLIC.iter().map(|key| (*key).to_owned()).collect(),
        is_only: false,
    }
}

/// Settings without meaning in cloud mode.
pub(super) fn fields() -> Vec<Field> {
    let number = |key, label, help, (min, max), default: i64| {
        Field::new(key, label, help, FieldKind::Integer { min, max }).default_value(default)
    };
    let fields = vec![
        switch(
            "deviceIdFromUrlParam",
            "Device id from the address",
            "Pages: `amp_device_id` in the page's address becomes the device id, so that somebody who \
             comes from another of your sites stays one user. `Prefer anonymous id` goes before it.",
            false,
        ),
        switch(
            "useLogRevenueV2",
            "Use logRevenueV2",
            "The revenue event gets type, receipt and the remaining properties too. Off: price, \
             quantity and product id only.",
            true,
        ),
        switch(
            "trackSessionEvents",
            "Track session events",
            "An event at the start and at the end of each session.",
            false,
        ),
        switch(
            "saveParamsReferrerOncePerSession",
            "Campaign and referrer once per session",
            "Pages: the first campaign and referrer of a session stay for it. Off: those of every page.",
            true,
        ),
        switch(
            "unsetParamsReferrerOnNewSession",
            "Forget campaign and referrer on a new session",
            "Pages: a session that begins without them takes the former ones off the user.",
            false,
        ),
        switch(
            "trackAllPagesV2",
            "Track all screens",
            "Apps: `Loaded a Screen` for every screen, with name and category as properties.",
            false,
        ),
        switch(
            "useAdvertisingIdForDeviceId",
            "Advertising id as device id",
            "Apps: needs the user's consent, and on iOS that the app is declared to have advertising.",
            false,
        ),
        switch(
            "enableLocationListening",
            "Location listening",
            "Apps: sends the place, where the user granted the app access to it.",
            true,
        ),
        number(
            "eventUploadPeriodMillis",
            "Milliseconds between uploads",
            "Apps: the longest time that events wait.",
            (1_000, 3_600_000),
            30_000,
        ),
        number(
            "eventUploadThreshold",
            "Events per upload",
            "Apps: so many waiting events are sent at once.",
            (1, 1_000),
            30,
        ),
    ];
    in_section(DEVICE_SECTION, fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_for_devices_exists_and_of_the_secrets_only_the_api_key_is_public() {
        let schema = super::super::settings::schema();
        for key in PUBLIC {
            let field = schema.field(key).unwrap_or_else(|| panic!("{key} is no setting"));
            assert!(!field.secret || key == "apiKey", "{key} must not leave the server");
        }
        for field in fields() {
            assert!(PUBLIC.contains(&&*field.key), "{} has no effect", field.key);
        }
    }
}
