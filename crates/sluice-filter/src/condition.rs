//! The syntax tree of conditions.

use serde_json::Number;

use crate::FilterError;

/// A condition on one row. The JSON form is in [`crate::json`]; see [`Condition::from_json`].
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    Property(PropertyCondition),
    /// True when all are; an empty list is true.
    All(Vec<Self>),
    /// True when any is; an empty list is false.
    Any(Vec<Self>),
    Not(Box<Self>),
}

/// A property compared with operands; several operands mean "or".
#[derive(Clone, Debug, PartialEq)]
pub struct PropertyCondition {
    pub property: String,
    pub of: Scope,
    pub op: Op,
    pub values: Vec<Operand>,
}

/// An operand as written; its type says how it prints, not how it compares.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Text(String),
    Number(Number),
    Bool(bool),
}

/// Whose property it is.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A property of the event.
    #[default]
    Event,
    /// A trait of the user.
    User,
    /// The context of the event: what was sent in it, by its dotted name, and what analytics derives
    /// from it, such as `browser`, `os`, `device_type`, `country`.
    Context,
}

macro_rules! ops {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// A comparison. Names as in the JSON form.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Op { $($variant),* }

        impl Op {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

ops! {
    Is = "is",
    IsNot = "is_not",
    Contains = "contains",
    DoesNotContain = "does_not_contain",
    StartsWith = "starts_with",
    Less = "less",
    LessOrEqual = "less_or_equal",
    Greater = "greater",
    GreaterOrEqual = "greater_or_equal",
    SetIs = "set_is",
    SetIsNot = "set_is_not",
    SetContains = "set_contains",
    SetDoesNotContain = "set_does_not_contain",
    SetContainsAny = "set_contains_any",
    GlobMatch = "glob_match",
    GlobDoesNotMatch = "glob_does_not_match",
    Regex = "regex",
}

impl Op {
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|op| op.name() == name)
    }
}

/// How large a condition may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub depth_max: usize,
    pub conditions_max: usize,
    pub operands_max: usize,
    pub operand_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth_max: 8, conditions_max: 100, operands_max: 1_000, operand_bytes_max: 4_096 }
    }
}

impl Condition {
    /// Checks the sizes and that every comparison has operands.
    ///
    /// # Errors
    /// Names the first limit that does not hold.
    pub fn check(&self, limits: &Limits) -> Result<(), FilterError> {
        let mut conditions = 0;
        self.check_at(limits, 1, &mut conditions)
    }

    fn check_at(
        &self,
        limits: &Limits,
        depth: usize,
        count: &mut usize,
    ) -> Result<(), FilterError> {
        *count += 1;
        limit("conditions nested", depth, limits.depth_max)?;
        limit("conditions in a filter", *count, limits.conditions_max)?;
        match self {
            Self::Property(leaf) => leaf.check(limits),
            Self::All(list) | Self::Any(list) => {
                list.iter().try_for_each(|inner| inner.check_at(limits, depth + 1, count))
            }
            Self::Not(inner) => inner.check_at(limits, depth + 1, count),
        }
    }
}

impl PropertyCondition {
    fn check(&self, limits: &Limits) -> Result<(), FilterError> {
        if self.values.is_empty() {
            return Err(FilterError::NoValues {
                op: self.op.name(),
                property: self.property.clone(),
            });
        }
        limit("values of a filter", self.values.len(), limits.operands_max)?;
        limit("length of a property name", self.property.len(), limits.operand_bytes_max)?;
        let longest = self.values.iter().map(|value| value.text().len()).max().unwrap_or(0);
        limit("length of a filter value", longest, limits.operand_bytes_max)
    }
}

fn limit(what: &'static str, found: usize, limit: usize) -> Result<(), FilterError> {
    if found > limit { Err(FilterError::TooLarge { what, found, limit }) } else { Ok(()) }
}

impl Operand {
    /// The operand as text, a number in its shortest form.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => {
                number.as_f64().map_or_else(|| number.to_string(), crate::number_text)
            }
            Self::Bool(flag) => flag.to_string(),
        }
    }
}
