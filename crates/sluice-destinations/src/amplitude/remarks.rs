//! What the page settings cost: each makes an event of its own of every call, and names and
//! categories become event types, of which Amplitude shows a limited number. Pure.

use sluice_destination_kit::{Remark, Seen};

use super::settings::Config;

/// Of one project. Events of further types are taken, but not shown.
const EVENT_TYPES_MAX: u64 = 2_000;
/// So many are near the limit.
const EVENT_TYPES_NEAR: u64 = EVENT_TYPES_MAX / 10 * 8;

pub(super) fn remarks(config: &Config, seen: Option<&Seen>) -> Vec<Remark> {
    let mut remarks = vec![pages(config)];
    remarks.extend(seen.map(|seen| event_types(config, seen)));
    remarks
}

fn pages(config: &Config) -> Remark {
    let on = [config.all_pages, config.named_pages, config.categorized_pages];
    match on.iter().filter(|on| **on).count() {
        0 => Remark::note(
            "None of the three page settings is on: page and screen calls are not sent.",
        ),
        1 => Remark::note("One page or screen call is one event in Amplitude."),
        several => Remark::warning(format!(
            "{several} of the three page settings are on: a page or screen call with name and \
             category is sent as {several} events, and Amplitude counts {several}. One of them is \
             usually meant; `Track all pages` keeps name and category as properties."
        )),
    }
}

fn event_types(config: &Config, seen: &Seen) -> Remark {
    let mut parts = vec![(seen.tracks, "names of track events")];
    if config.named_pages {
        parts.push((seen.page_names, "page names"));
        parts.push((seen.screen_names, "screen names"));
    }
    if config.categorized_pages {
        parts.push((seen.page_categories, "page categories"));
        parts.push((seen.screen_categories, "screen categories"));
    }
    if config.all_pages {
        parts.push((2, "for all pages and all screens"));
    }
    parts.retain(|(count, _)| *count > 0);
    let total: u64 = parts.iter().map(|(count, _)| count).sum();
    let listed: Vec<String> = parts.iter().map(|(count, what)| format!("{count} {what}")).collect();
    let listed = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
    let text = format!(
        "With these settings the events of this workspace's last year are {total} event types \
         ({listed}); Amplitude shows {EVENT_TYPES_MAX} per project, and nothing of any type beyond."
    );
    if total < EVENT_TYPES_NEAR {
        return Remark::note(text);
    }
    let advice = "Switch named and categorized pages off, or keep events away by a filter.";
    Remark::warning(format!("{text} {advice}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use sluice_destination_kit::DestinationKind;

    use super::super::Kind;
    use super::*;

    fn shown(more: &Value, seen: &Seen) -> Vec<String> {
        let mut settings = json!({ "apiKey": "k" });
        for (key, value) in more.as_object().into_iter().flatten() {
            settings[key] = value.clone();
        }
        let kind = Kind::new();
        let remarks = kind.remarks(&kind.settings().check(&settings).unwrap(), Some(seen));
        let mark =
            |one: &Remark| format!("{} {}", if one.is_warning { "!" } else { "-" }, one.text);
        remarks.iter().map(mark).collect()
    }

    #[test]
    fn several_page_settings_are_warned_about_and_one_is_not() {
        let seen = Seen { tracks: 12, page_names: 3, ..Seen::default() };
        let none = shown(&json!({}), &seen);
        assert!(none[0].starts_with("- None of the three"), "{none:?}");
        assert!(none[1].contains("12 event types (12 names of track events)"), "{none:?}");
        let one = shown(&json!({ "trackNamedPages": true }), &seen);
        assert!(one[0].starts_with("- One page"), "{one:?}");
        assert!(one[1].starts_with("- ") && one[1].contains("15 event types"), "{one:?}");
        let two = shown(&json!({ "trackNamedPages": true, "trackAllPages": true }), &seen);
        assert!(two[0].starts_with("! 2 of the three") && two[0].contains("2 events"), "{two:?}");
    }

    #[test]
    fn event_types_near_the_limit_are_warned_about_only_if_the_settings_make_them() {
        let seen = Seen { tracks: 100, page_names: 1_400, screen_names: 100, ..Seen::default() };
        let named = shown(&json!({ "trackNamedPages": true }), &seen);
        assert!(named[1].starts_with("! ") && named[1].contains("1600 event types"), "{named:?}");
        assert!(named[1].contains("1400 page names, 100 screen names"), "{named:?}");
        let all = shown(&json!({ "trackAllPages": true }), &seen);
        assert!(all[1].starts_with("- ") && all[1].contains("102 event types"), "{all:?}");
    }
}
