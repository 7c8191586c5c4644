//! What analytics makes of an event's context besides what was sent: browser, operating system and
//! kind of device by the user agent, country by the address. Columns of [`crate::Scope::Context`]
//! with names of their own; the event itself, and what destinations get, stays as it is.
//!
//! | column | from |
//! |---|---|
//! | `browser`, `browser_version` | `userAgent`; the version is the major one |
//! | `os`, `os_version` | `os.name`, `os.version` if the sender gave them (apps do), else `userAgent` |
//! | `device_type` | `userAgent`: `desktop`, `mobile`, `tablet`, `tv or console`, `bot` |
//! | `platform` | what Amplitude's SDKs say, else `Web` for the browser SDK, `iOS` or `Android` |
//! | `country`, `country_code` | `location.country` if the sender gave one, else `ip` by [`Places`] |

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::column::Kind;
use crate::shred;

/// Where an address is. Given by whoever has a database of it.
pub trait Places: Send + Sync + std::fmt::Debug {
    fn country(&self, ip: IpAddr) -> Option<Country>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166-1, two letters.
    pub code: String,
    /// In English; the code where the database has no names.
    pub name: String,
}

/// User agents remembered; beyond it all are forgotten.
const AGENTS_MAX: usize = 10_000;

/// Derives, and remembers what it parsed.
#[derive(Debug, Default)]
pub(crate) struct Deriver {
    places: Option<Arc<dyn Places>>,
    agents: HashMap<Box<str>, Agent>,
}

/// What a user agent says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Agent {
    browser: Option<Box<str>>,
    browser_version: Option<Box<str>>,
    os: Option<Box<str>>,
    os_version: Option<Box<str>>,
    device_type: Option<&'static str>,
}

/// The members of a context that matter here.
#[derive(Default)]
struct Given<'a> {
    user_agent: Option<Cow<'a, str>>,
    ip: Option<IpAddr>,
    os: Option<Cow<'a, str>>,
    os_version: Option<Cow<'a, str>>,
    library: Option<Cow<'a, str>>,
    platform: Option<Cow<'a, str>>,
    country: Option<Cow<'a, str>>,
}

impl Deriver {
    pub(crate) fn new(places: Option<Arc<dyn Places>>) -> Self {
        Self { places, agents: HashMap::new() }
    }

    /// Gives each derived column of an event's context.
    pub(crate) fn derive(&mut self, context: &str, mut set: impl FnMut(&str, &str)) {
        let given = Given::read(context);
        let agent = given.user_agent.as_deref().map(|text| self.agent(text));
        let of_agent = |pick: fn(&Agent) -> Option<&str>| agent.and_then(pick);
        let os = given.os.as_deref().map(own_os).or_else(|| of_agent(|agent| agent.os.as_deref()));
        let os_version = match &given.os {
            Some(_) => given.os_version.as_deref(),
            None => of_agent(|agent| agent.os_version.as_deref()),
        };
        let is_web = given.library.as_deref() == Some("analytics.js");
        let platform = match os {
            _ if given.platform.is_some() => given.platform.as_deref(),
            _ if is_web => Some("Web"),
            Some(os @ ("iOS" | "Android")) if given.os.is_some() => Some(os),
            _ => None,
        };
        for (name, value) in [
            ("browser", of_agent(|agent| agent.browser.as_deref())),
            ("browser_version", of_agent(|agent| agent.browser_version.as_deref())),
            ("os", os),
            ("os_version", os_version),
            ("device_type", of_agent(|agent| agent.device_type)),
            ("platform", platform),
        ] {
            if let Some(value) = value {
                set(name, value);
            }
        }
        if let Some(country) = given.country.as_deref() {
            set("country", country);
        } else if let (Some(places), Some(ip)) = (&self.places, given.ip)
            && let Some(country) = places.country(ip)
        {
            set("country", &country.name);
            set("country_code", &country.code);
        }
    }

    fn agent(&mut self, text: &str) -> &Agent {
        if self.agents.len() >= AGENTS_MAX && !self.agents.contains_key(text) {
            self.agents.clear();
        }
        self.agents.entry_ref(text).or_insert_with(|| Agent::parse(text))
    }
}

impl<'a> Given<'a> {
    fn read(context: &'a str) -> Self {
        let mut given = Self::default();
        shred::members(context, |name, raw| match name {
            "userAgent" => given.user_agent = text(raw),
            "ip" => given.ip = text(raw).and_then(|ip| ip.trim().parse().ok()),
            "os" => {
                given.os = member(raw, "name");
                given.os_version = member(raw, "version");
            }
            "library" => given.library = member(raw, "name"),
            "amplitude" => given.platform = member(raw, "platform"),
            "location" => given.country = member(raw, "country"),
            _ => {}
        });
        given
    }
}

/// A text that is not empty.
fn text(raw: &str) -> Option<Cow<'_, str>> {
    match shred::value(raw) {
        (Kind::Text, text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn member<'a>(object: &'a str, wanted: &str) -> Option<Cow<'a, str>> {
    let mut found = None;
    shred::members(object, |name, raw| {
        if name == wanted {
            found = text(raw);
        }
    });
    found
}

/// Mobile SDKs spell the same systems differently.
fn own_os(name: &str) -> &str {
    match name {
        "iPhone OS" | "iPadOS" | "ios" | "IOS" => "iOS",
        "android" | "ANDROID" => "Android",
        other => other,
    }
}

impl Agent {
    fn parse(text: &str) -> Self {
        let Some(found) = woothee::parser::Parser::new().parse(text) else {
            return Self::default();
        };
        let known = |value: &str| {
            (!value.is_empty() && value != "UNKNOWN").then(|| Box::<str>::from(value))
        };
        let (os, os_version) = match found.os {
            "iPhone" | "iPad" | "iPod" | "iOS" => (known("iOS"), known(&found.os_version)),
            "Mac OSX" => (known("macOS"), known(&found.os_version)),
            other => match other.strip_prefix("Windows ") {
                Some(version) => (known("Windows"), known(version)),
                None => (known(other), known(&found.os_version)),
            },
        };
        let major = found.version.split('.').next().unwrap_or_default();
        Self {
            browser: known(found.name),
            browser_version: known(major),
            os,
            os_version,
            device_type: device_type(&found, text),
        }
    }
}

fn device_type(found: &woothee::parser::WootheeResult<'_>, text: &str) -> Option<&'static str> {
    Some(match found.category {
        "pc" => "desktop",
        "smartphone" if found.os == "iPad" => "tablet",
        // Android tablets leave the word out.
        "smartphone" if found.os == "Android" && !text.contains("Mobile") => "tablet",
        "smartphone" | "mobilephone" => "mobile",
        "appliance" => "tv or console",
        "crawler" => "bot",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Norway;

    impl Places for Norway {
        fn country(&self, ip: IpAddr) -> Option<Country> {
            let is_there = ip.to_string().starts_with("203.0.113.");
            is_there.then(|| Country { code: "NO".to_owned(), name: "Norway".to_owned() })
        }
    }

    fn derived(context: &str) -> String {
        let mut deriver = Deriver::new(Some(Arc::new(Norway)));
        let mut all = Vec::new();
        deriver.derive(context, |name, value| all.push(format!("{name}={value}")));
        all.join(" ")
    }

    fn of_agent(agent: &str) -> String {
        derived(&serde_json::json!({ "userAgent": agent }).to_string())
    }

    #[test]
    fn a_user_agent_tells_browser_system_and_kind_of_device() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "browser=Chrome browser_version=142 os=Windows os_version=10 device_type=desktop",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "browser=Edge browser_version=142 os=Windows os_version=10 device_type=desktop",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
                "browser=Firefox browser_version=145 os=macOS os_version=10.15 device_type=desktop",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "browser=Safari browser_version=18 os=iOS os_version=18.1 device_type=mobile",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
                "browser=Chrome browser_version=142 os=Android os_version=14 device_type=mobile",
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "browser=Chrome browser_version=142 os=Android os_version=13 device_type=tablet",
            ),
            ("python-requests/2.32", ""),
        ] {
            assert_eq!(of_agent(agent), expected, "{agent}");
        }
        let bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
        assert!(of_agent(bot).contains("device_type=bot"), "{}", of_agent(bot));
    }

    #[test]
    fn what_the_sender_says_wins_and_an_address_tells_the_country() {
        assert_eq!(
            derived(r#"{"os":{"name":"iPhone OS","version":"18.1"},"ip":"203.0.113.7"}"#),
            "os=iOS os_version=18.1 platform=iOS country=Norway country_code=NO"
        );
        assert_eq!(
            derived(
                r#"{"location":{"country":"Chile"},"ip":"203.0.113.7","library":{"name":"analytics.js"}}"#
            ),
            "platform=Web country=Chile"
        );
        assert_eq!(derived(r#"{"ip":"198.51.100.1","userAgent":null,"os":"x"}"#), "");
    }
}
