//! A numeric property of rows, for sums and means.

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
            let per_code = cells.per_code(|value| match value {
                Value::Number(number) => Some(*number).filter(|number| number.is_finite()),
                _ => None,
            });
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
