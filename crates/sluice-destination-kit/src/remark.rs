//! What a kind of destination has to say about settings that are right, but have a price.

/// What a workspace's events were like in a year, for remarks that depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Names of track events.
    pub tracks: u64,
    /// Values of the properties `name` and `category` of pages and of screens.
    pub page_names: u64,
    pub page_categories: u64,
    pub screen_names: u64,
    pub screen_categories: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub is_warning: bool,
    /// Whole sentences.
    pub text: String,
}

impl Remark {
    #[must_use]
    pub fn warning(text: impl Into<String>) -> Self {
        Self { is_warning: true, text: text.into() }
    }

    #[must_use]
    pub fn note(text: impl Into<String>) -> Self {
        Self { is_warning: false, text: text.into() }
    }
}
