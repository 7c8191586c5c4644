//! Why an event was not accepted. The codes are Segment's ingest failure codes where it has one.

/// A reason with a stable code. The number is stored in logs and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Refusal {
    NoUserAnonId = 1,
    IdRequired = 2,
    IdNotString = 3,
    EventNotDefined = 4,
    EventNotString = 5,
    NameNotString = 6,
    CategoryNotString = 7,
    PropertiesNotObject = 8,
    TraitsNotObject = 9,
    DeviceAdvertisingIdNotString = 10,
    ConsentCategoryPreferencesMissing = 11,
    ConsentFieldsNotObject = 12,
    ConsentFieldsNotBool = 13,
    ConsentVersionNotNumber = 14,
    EmptyBatch = 15,
    BadRequest = 16,
    UnknownSource = 17,
    SourceDisabled = 18,
    /// One event over the size limit (32 KiB by default).
    MessageTooLarge = 19,
    /// The batch had more items than allowed; one stub stands for the batch.
    BatchTooLong = 20,
    /// The item has no `type` or one that does not exist.
    UnknownType = 21,
    /// An event name longer than 255 characters.
    EventNameTooLong = 22,
    /// A property or trait name longer than 255 characters.
    PropertyNameTooLong = 23,
    /// Objects or arrays nested deeper than the limit.
    NestedTooDeep = 24,
    MessageIdTooLong = 25,
    SuppressedUser = 26,
}

impl Refusal {
    pub const ALL: &[Self] = &[
        Self::NoUserAnonId,
        Self::IdRequired,
        Self::IdNotString,
        Self::EventNotDefined,
        Self::EventNotString,
        Self::NameNotString,
        Self::CategoryNotString,
        Self::PropertiesNotObject,
        Self::TraitsNotObject,
        Self::DeviceAdvertisingIdNotString,
        Self::ConsentCategoryPreferencesMissing,
        Self::ConsentFieldsNotObject,
        Self::ConsentFieldsNotBool,
        Self::ConsentVersionNotNumber,
        Self::EmptyBatch,
        Self::BadRequest,
        Self::UnknownSource,
        Self::SourceDisabled,
        Self::MessageTooLarge,
        Self::BatchTooLong,
        Self::UnknownType,
        Self::EventNameTooLong,
        Self::PropertyNameTooLong,
        Self::NestedTooDeep,
        Self::MessageIdTooLong,
        Self::SuppressedUser,
    ];

    /// The code as users meet it in the ledger, the API and the console.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoUserAnonId => "no_user_anon_id",
            Self::IdRequired => "id_required",
            Self::IdNotString => "id_not_string",
            Self::EventNotDefined => "event_not_defined",
            Self::EventNotString => "event_not_string",
            Self::NameNotString => "name_not_string",
            Self::CategoryNotString => "category_not_string",
            Self::PropertiesNotObject => "properties_not_object",
            Self::TraitsNotObject => "traits_not_object",
            Self::DeviceAdvertisingIdNotString => "device_advertisingid_should_be_string",
            Self::ConsentCategoryPreferencesMissing => "consent_categorypreferences_should_exist",
            Self::ConsentFieldsNotObject => "consent_categorypreferences_fields_should_be_object",
            Self::ConsentFieldsNotBool => "consent_categorypreferences_fields_should_be_bool",
            Self::ConsentVersionNotNumber => "consent_version_should_be_number",
            Self::EmptyBatch => "empty_batch",
            Self::BadRequest => "bad_request",
            Self::UnknownSource => "unknown_source",
            Self::SourceDisabled => "source_disabled",
            Self::MessageTooLarge => "message_too_large",
            Self::BatchTooLong => "batch_too_long",
            Self::UnknownType => "unknown_type",
            Self::EventNameTooLong => "event_name_too_long",
            Self::PropertyNameTooLong => "property_name_too_long",
            Self::NestedTooDeep => "nested_too_deep",
            Self::MessageIdTooLong => "message_id_too_long",
            Self::SuppressedUser => "suppressed_user",
        }
    }

    /// What is wrong, what becomes of it, and what to do, for people.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::NoUserAnonId => {
                "No userId or anonymousId. Segment answers 200 here and drops the event; so does \
                 Sluice. Send one of the two."
            }
            Self::IdRequired => {
                "An id that this call needs is empty: userId or anonymousId, the groupId of a group, \
                 the userId and previousId of an alias."
            }
            Self::IdNotString => "An id is not a string. Send \"42\" in place of 42.",
            Self::EventNotDefined => "A track without an event name. Put it into \"event\".",
            Self::EventNotString => "The event name is not a string.",
            Self::NameNotString => "The name of the page or screen is not a string.",
            Self::CategoryNotString => "The category of the page or screen is not a string.",
            Self::PropertiesNotObject => "\"properties\" is not an object of names and values.",
            Self::TraitsNotObject => "\"traits\" is not an object of names and values.",
            Self::DeviceAdvertisingIdNotString => "context.device.advertisingId is not a string.",
            Self::ConsentCategoryPreferencesMissing => {
                "A \"Segment Consent Preference Updated\" without \
                 context.consent.categoryPreferences."
            }
            Self::ConsentFieldsNotObject => {
                "context.consent.categoryPreferences is not an object of categories."
            }
            Self::ConsentFieldsNotBool => {
                "A category in context.consent.categoryPreferences is neither true nor false."
            }
            Self::ConsentVersionNotNumber => "context.consent.version is not a number.",
            Self::EmptyBatch => "A batch without events.",
            Self::BadRequest => "Not a JSON object, so nothing of it could be read.",
            Self::UnknownSource => {
                "The source was removed between the answer 200 and the check of the event."
            }
            Self::SourceDisabled => {
                "The source is switched off. Its events are answered 200 and go nowhere."
            }
            Self::MessageTooLarge => {
                "The event is larger than one event may be (32 KiB unless set otherwise). Only its \
                 beginning was kept."
            }
            Self::BatchTooLong => {
                "The batch has more events than one request may bring. None of them was taken."
            }
            Self::UnknownType => {
                "The batch item has no type, or none of track, identify, page, screen, group, alias."
            }
            Self::EventNameTooLong => "The event name is longer than 255 characters.",
            Self::PropertyNameTooLong => {
                "The name of a property or trait is longer than 255 characters."
            }
            Self::NestedTooDeep => {
                "Objects or lists are nested deeper than allowed (64 levels unless set otherwise)."
            }
            Self::MessageIdTooLong => "The messageId is longer than 1,000 characters.",
            Self::SuppressedUser => {
                "This person asked not to be tracked; new events of theirs are refused."
            }
        }
    }

    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|refusal| refusal.number() == number)
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|refusal| refusal.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_numbers_are_unique_and_come_back() {
        for refusal in Refusal::ALL {
            assert_eq!(Refusal::from_number(refusal.number()), Some(*refusal));
            assert_eq!(Refusal::from_code(refusal.code()), Some(*refusal));
        }
    }
}
