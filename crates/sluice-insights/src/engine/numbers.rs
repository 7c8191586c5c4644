//! A numeric property of rows: its number, for sums and means; or the number's place among all that
//! occur, where they must be told apart.

use std::sync::Arc;

use sluice_columnar::Part;
use sluice_filter::{Scope, Value};

use super::latest::Latest;
use super::test::CellsOf;
use crate::InsightError;
use crate::query::PropertyRef;

/// Numbers per part, by code; what is not a number is left out.
#[derive(Debug)]
pub(crate) struct Numbers {
    parts: Vec<(CellsOf, Vec<Option<f64>>)>,
    latest: Option<Arc<Latest>>,
}

impl Numbers {
    pub(crate) fn new(
        parts: &[Arc<Part>],
        property: &PropertyRef,
        latest: Option<&Arc<Latest>>,
    ) -> Result<Self, InsightError> {
        let latest = latest.filter(|_| property.of == Scope::User).cloned();
        let of = latest.as_ref().map_or(parts, |latest| latest.parts());
        let mut numbers = Vec::with_capacity(of.len());
        for part in of {
            let cells = CellsOf::open(part, &property.property, property.of)?;
            let per_code = cells.per_code(finite);
            numbers.push((cells, per_code));
        }
        Ok(Self { parts: numbers, latest })
    }

    #[inline]
    pub(crate) fn of(&self, part: u32, row: u32, person: u64) -> Option<f64> {
        let (part, row) = match &self.latest {
            None => (part, row),
            Some(latest) => latest.of(person).map(|place| (place.part, place.row))?,
        };
        let (cells, numbers) = &self.parts[part as usize];
        numbers[cells.code(row) as usize]
    }
}

/// The places of numbers among all distinct ones, ascending.
#[derive(Debug)]
pub(crate) struct Ranks {
    pub(crate) numbers: Vec<f64>,
    parts: Vec<(CellsOf, Vec<Option<u32>>)>,
    latest: Option<Arc<Latest>>,
}

impl Ranks {
    pub(crate) fn new(
        parts: &[Arc<Part>],
        property: &PropertyRef,
        latest: Option<&Arc<Latest>>,
    ) -> Result<Self, InsightError> {
        let Numbers { parts, latest } = Numbers::new(parts, property, latest)?;
        // Minus zero is zero.
        let all = parts.iter().flat_map(|(_, numbers)| numbers).flatten();
        let mut numbers: Vec<f64> = all.map(|number| number + 0.0).collect();
        numbers.sort_unstable_by(f64::total_cmp);
        numbers.dedup();
        let rank = |number: &f64| numbers.partition_point(|one| one < number) as u32;
        let parts = parts
            .into_iter()
            .map(|(cells, codes)| {
                let ranks = codes.iter().map(|number| number.as_ref().map(rank)).collect();
                (cells, ranks)
            })
            .collect();
        Ok(Self { numbers, parts, latest })
    }

    #[inline]
    pub(crate) fn of(&self, part: u32, row: u32, person: u64) -> Option<u32> {
        let (part, row) = match &self.latest {
            None => (part, row),
            Some(latest) => latest.of(person).map(|place| (place.part, place.row))?,
        };
        let (cells, ranks) = &self.parts[part as usize];
        ranks[cells.code(row) as usize]
    }
}

/// A value's number, if it is one.
pub(crate) fn finite(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number).filter(|number| number.is_finite()),
        _ => None,
    }
}
