//! Which paths are the collector's, and what each means.

use sluice_event::{Endpoint, EventType};

/// The door behind a path, with or without one trailing slash; `None` if it is not the collector's.
pub(crate) fn endpoint(path: &str) -> Option<Endpoint> {
    let name = path.strip_prefix("/v1/")?;
    let name = name.strip_suffix('/').unwrap_or(name);
    let single = |event_type, short| Some(Endpoint::Single { event_type, short });
    match name {
        "t" => single(EventType::Track, true),
        "i" => single(EventType::Identify, true),
        "p" => single(EventType::Page, true),
        "s" => single(EventType::Screen, true),
        "g" => single(EventType::Group, true),
        "a" => single(EventType::Alias, true),
        "b" => Some(Endpoint::ClientBatch),
        "batch" | "import" => Some(Endpoint::Batch),
        name => single(EventType::from_name(name)?, false),
    }
}

/// Whether SDKs send counters about themselves there, which are no events.
pub(crate) fn is_sdk_metrics(path: &str) -> bool {
    matches!(path, "/v1/m" | "/v1/m/")
}

/// Whether the path is of the client channel.
pub(crate) const fn is_client(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::Single { short: true, .. } | Endpoint::ClientBatch | Endpoint::Pixel { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_and_alias_is_known_with_and_without_a_slash() {
        for kind in EventType::ALL {
            let short = &kind.name()[..1];
            for (path, is_short) in [(kind.name(), false), (short, true)] {
                let expected = Some(Endpoint::Single { event_type: *kind, short: is_short });
                assert_eq!(endpoint(&format!("/v1/{path}")), expected, "{path}");
                assert_eq!(endpoint(&format!("/v1/{path}/")), expected, "{path}/");
            }
        }
        assert_eq!(endpoint("/v1/import/"), Some(Endpoint::Batch));
        assert_eq!(endpoint("/v1/batch"), Some(Endpoint::Batch));
        assert_eq!(endpoint("/v1/b/"), Some(Endpoint::ClientBatch));
        for other in ["/v1/t//", "/v1/", "/v1", "/t", "/v1/x", "/v1/Track", "/api/v1/track"] {
            assert_eq!(endpoint(other), None, "{other}");
        }
    }
}
