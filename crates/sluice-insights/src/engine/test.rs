//! Conditions on rows, compiled for one part: one bit per dictionary code of each column.

use std::borrow::Cow;
use std::sync::Arc;

use sluice_columnar::{Cells, Column, Part, Scope as ColumnScope, Value as Stored};
use sluice_filter::chart::Matcher;
use sluice_filter::{Condition, Scope, Value};

use super::latest::Latest;
use super::mask::Wanted;
use crate::InsightError;

/// A condition ready to be asked of rows.
#[derive(Debug)]
pub(crate) enum Test {
    Const(bool),
    Column {
        cells: CellsOf,
        pass: Vec<bool>,
        /// The codes that pass.
        wanted: Wanted,
    },
    /// A user trait as it is now: per part of the whole history.
    Latest {
        latest: Arc<Latest>,
        tests: Vec<(CellsOf, Vec<bool>)>,
        absent: bool,
    },
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
}

/// Codes of one property for the rows of a part.
#[derive(Debug, Clone)]
pub(crate) enum CellsOf {
    Absent,
    Rows(Arc<Column>),
    /// By the trait version of the row.
    Versions(Arc<Part>, Arc<Column>),
}

impl CellsOf {
    pub(crate) fn open(part: &Arc<Part>, property: &str, of: Scope) -> Result<Self, InsightError> {
        Ok(match of {
            Scope::Event => {
                part.column(ColumnScope::Property, property)?.map_or(Self::Absent, Self::Rows)
            }
            Scope::Context => {
                part.column(ColumnScope::Context, property)?.map_or(Self::Absent, Self::Rows)
            }
            Scope::User => part
                .column(ColumnScope::Trait, property)?
                .map_or(Self::Absent, |column| Self::Versions(part.clone(), column)),
        })
    }

    #[inline]
    pub(crate) fn code(&self, row: u32) -> u32 {
        match self {
            Self::Absent => 0,
            Self::Rows(column) => column.code(row),
            Self::Versions(part, column) => match part.trait_refs() {
                Some(refs) => match refs[row as usize] {
                    0 => 0,
                    version => column.code(version - 1),
                },
                None => 0,
            },
        }
    }

    pub(crate) fn column(&self) -> Option<&Column> {
        match self {
            Self::Absent => None,
            Self::Rows(column) | Self::Versions(_, column) => Some(column),
        }
    }

    /// The absent column has code 0 alone.
    pub(super) fn codes_count(&self) -> u32 {
        self.column().map_or(1, Column::codes_count)
    }

    pub(crate) fn value(&self, code: u32) -> Value<'_> {
        self.column().map_or(Value::Null, |column| column_value(column.value(code)))
    }

    /// What holds for each code.
    pub(crate) fn per_code<T>(&self, mut f: impl FnMut(&Value<'_>) -> T) -> Vec<T> {
        (0..self.codes_count()).map(|code| f(&self.value(code))).collect()
    }
}

/// A stored value as filters see it.
pub(crate) fn column_value(stored: Stored<'_>) -> Value<'_> {
    match stored {
        Stored::Absent | Stored::Null => Value::Null,
        Stored::Bool(flag) => Value::Bool(flag),
        Stored::Number { number, .. } => Value::Number(number),
        Stored::Text(text) => Value::Text(Cow::Borrowed(text)),
        Stored::List(json) => match serde_json::from_str(json) {
            Ok(list) => Value::from_json(&list),
            Err(_) => Value::Text(Cow::Borrowed(json)),
        },
        Stored::Object(json) => Value::Object(Cow::Borrowed(json)),
    }
}

impl Test {
    pub(crate) fn all(
        part: &Arc<Part>,
        conditions: &[Condition],
        latest: Option<&Arc<Latest>>,
    ) -> Result<Self, InsightError> {
        let list: Vec<Self> = conditions
            .iter()
            .map(|one| Self::compile(part, one, latest))
            .collect::<Result<_, _>>()?;
        Ok(Self::All(list).simplified())
    }

    fn compile(
        part: &Arc<Part>,
        condition: &Condition,
        latest: Option<&Arc<Latest>>,
    ) -> Result<Self, InsightError> {
        let list = |list: &[Condition]| -> Result<Vec<Self>, InsightError> {
            list.iter().map(|one| Self::compile(part, one, latest)).collect()
        };
        let test = match condition {
            Condition::All(conditions) => Self::All(list(conditions)?),
            Condition::Any(conditions) => Self::Any(list(conditions)?),
            Condition::Not(inner) => Self::Not(Box::new(Self::compile(part, inner, latest)?)),
            Condition::Property(leaf) => {
                let matcher = Matcher::new(leaf)?;
                match latest {
                    Some(latest) if leaf.of == Scope::User => {
                        let mut tests = Vec::with_capacity(latest.parts().len());
                        for part in latest.parts() {
                            let cells = CellsOf::open(part, &leaf.property, leaf.of)?;
                            let pass = cells.per_code(|value| matcher.matches(value));
                            tests.push((cells, pass));
                        }
                        let absent = matcher.matches(&Value::Null);
                        Self::Latest { latest: latest.clone(), tests, absent }
                    }
                    _ => {
                        let cells = CellsOf::open(part, &leaf.property, leaf.of)?;
                        let pass = cells.per_code(|value| matcher.matches(value));
                        let codes = pass.iter().zip(0..).filter(|(pass, _)| **pass);
                        let codes: Vec<u32> = codes.map(|(_, code)| code).collect();
                        let wanted = Wanted::new(&codes, pass.len() as u32);
                        Self::Column { cells, pass, wanted }
                    }
                }
            }
        };
        Ok(test.simplified())
    }

    /// Folds what is the same for every row.
    fn simplified(self) -> Self {
        match self {
            Self::Column { cells: CellsOf::Absent, pass, .. } => Self::Const(pass[0]),
            Self::Column { pass, .. } if pass.iter().all(|p| *p) => Self::Const(true),
            Self::Column { pass, .. } if pass.iter().all(|p| !*p) => Self::Const(false),
            Self::Not(inner) => match *inner {
                Self::Const(value) => Self::Const(!value),
                inner => Self::Not(Box::new(inner)),
            },
            Self::All(mut list) => {
                if list.iter().any(|test| matches!(test, Self::Const(false))) {
                    return Self::Const(false);
                }
                list.retain(|test| !matches!(test, Self::Const(true)));
                match list.len() {
                    0 => Self::Const(true),
                    1 => list.remove(0),
                    _ => Self::All(list),
                }
            }
            Self::Any(mut list) => {
                if list.iter().any(|test| matches!(test, Self::Const(true))) {
                    return Self::Const(true);
                }
                list.retain(|test| !matches!(test, Self::Const(false)));
                match list.len() {
                    0 => Self::Const(false),
                    1 => list.remove(0),
                    _ => Self::Any(list),
                }
            }
            other => other,
        }
    }

    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self::All(vec![self, other]).simplified()
    }

    /// Any of several.
    pub(crate) fn any_of(list: Vec<Self>) -> Self {
        Self::Any(list).simplified()
    }

    /// Whether it can be asked of rows without their people, by [`Test::mask`].
    pub(crate) fn is_of_rows(&self) -> bool {
        match self {
            Self::Const(_) | Self::Column { .. } => true,
            Self::Latest { .. } => false,
            Self::All(list) | Self::Any(list) => list.iter().all(Self::is_of_rows),
            Self::Not(inner) => inner.is_of_rows(),
        }
    }

    /// Of the rows `from..to`, at most 64 of them, those it holds for; bit 0 is `from`. Bits beyond
    /// mean nothing. Only if [`Test::is_of_rows`].
    #[inline]
    pub(crate) fn mask(&self, from: usize, to: usize) -> u64 {
        match self {
            Self::Const(value) => {
                if *value {
                    u64::MAX
                } else {
                    0
                }
            }
            Self::Column { cells, pass, wanted } => {
                if let CellsOf::Rows(column) = cells
                    && let Cells::Dense(codes) = column.cells()
                {
                    return wanted.mask::<false>(codes, from, to);
                }
                let bit = |row: usize| u64::from(pass[cells.code(row as u32) as usize]);
                (from..to).fold(0, |mask, row| mask | bit(row) << (row - from))
            }
            Self::Latest { .. } => unreachable!("asked of people, not of rows"),
            Self::All(list) => {
                list.iter().fold(
                    u64::MAX,
                    |mask, test| {
                        if mask == 0 { 0 } else { mask & test.mask(from, to) }
                    },
                )
            }
            Self::Any(list) => list.iter().fold(0, |mask, test| mask | test.mask(from, to)),
            Self::Not(inner) => !inner.mask(from, to),
        }
    }

    /// Whether it holds for a row of the part, whose canonical person is `person`.
    #[inline]
    pub(crate) fn holds(&self, row: u32, person: u64) -> bool {
        match self {
            Self::Const(value) => *value,
            Self::Column { cells, pass, .. } => pass[cells.code(row) as usize],
            Self::Latest { latest, tests, absent } => match latest.of(person) {
                None => *absent,
                Some(place) => {
                    let (cells, pass) = &tests[place.part as usize];
                    pass[cells.code(place.row) as usize]
                }
            },
            Self::All(list) => list.iter().all(|test| test.holds(row, person)),
            Self::Any(list) => list.iter().any(|test| test.holds(row, person)),
            Self::Not(inner) => !inner.holds(row, person),
        }
    }
}
