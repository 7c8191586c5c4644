//! Operating system and device from a user agent, as far as the common ones say.
//!
//! The fields are those that Segment's newer Amplitude destination fills: without hints of the
//! browser the version is that of the browser, since browsers freeze the system's.

/// What a user agent says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Agent {
    pub(super) os_name: Option<String>,
    pub(super) os_version: Option<String>,
    pub(super) device_maker: Option<String>,
    pub(super) device_model: Option<String>,
}

/// Marks of operating systems; the first that is found counts.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("iPod", "iOS"),
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("CrOS", "Chromium OS"),
    ("Mac OS X", "Mac OS"),
    ("Linux", "Linux"),
];
/// Marks of browsers before their version; those that pose as others come first.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];
/// How the models of some makers begin.
const MAKERS: [(&str, &str); 8] = [
    ("Pixel", "Google"),
    ("Nexus", "Google"),
    ("SM-", "Samsung"),
    ("Redmi", "Xiaomi"),
    ("Mi ", "Xiaomi"),
    ("moto", "Motorola"),
    ("CPH", "OPPO"),
    ("ONEPLUS", "OnePlus"),
];

pub(super) fn parse(text: &str) -> Agent {
    let system = SYSTEMS.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name);
    let browser = BROWSERS.iter().find_map(|(mark, name)| {
        let (_, version) = text.split_once(mark)?;
        let digits = version.bytes().take_while(u8::is_ascii_digit).count();
        Some((*name, version.get(..digits)?))
    });
    let apple =
        ["iPhone", "iPad", "iPod", "Macintosh"].into_iter().find(|mark| text.contains(mark));
    let android = if system == Some("Android") { android_model(text) } else { None };
    let maker = match (apple, android) {
        (Some(_), _) => Some("Apple"),
        (None, Some(model)) => {
            MAKERS.iter().find(|(mark, _)| model.starts_with(mark)).map(|(_, maker)| *maker)
        }
        (None, None) => None,
    };
    let owned = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    Agent {
        os_name: owned(system.or(browser.map(|(name, _)| name))),
        os_version: owned(browser.map(|(_, version)| version)),
        device_maker: owned(maker),
        device_model: owned(apple.or(android).or(system)),
    }
}

/// `… (Linux; Android 15; Pixel 9 Build/…) …`; newer browsers say `K` for every model.
fn android_model(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("Android")?;
    let (inside, _) = after.split_once(')')?;
    let model = inside.split(';').nth(1)?.trim();
    let model = model.split(" Build/").next()?.trim();
    (!matches!(model, "" | "K" | "wv" | "Mobile")).then_some(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_agents_are_known() {
        let cases = [
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
                "Mac OS 126 Apple Macintosh",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
                "iOS 17 Apple iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.1.2 Mobile Safari/537.36",
                "Android 120 Google Pixel 8",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
                "Android 25 - Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36 Edg/125.0.0.0",
                "Windows 125 - Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
                "Linux 127 - Linux",
            ),
            ("curl/8.5.0", "- - - -"),
        ];
        for (text, expected) in cases {
            let Agent { os_name, os_version, device_maker, device_model } = parse(text);
            let fields = [os_name, os_version, device_maker, device_model];
            let fields = fields.map(|field| field.unwrap_or_else(|| "-".to_owned()));
            assert_eq!(fields.join(" "), expected, "{text}");
        }
    }
}
