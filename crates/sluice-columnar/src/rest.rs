//! Values under names beyond the column limit: a JSON object per row in a column of its own, from
//! which a column is put together when somebody asks for it.

use crate::ColumnarError;
use crate::column::{Column, Scope};
use crate::part::Part;

/// Completes a stored column by what the rest holds under its name.
pub(crate) fn complete(
    _part: &Part,
    _scope: Scope,
    _name: &str,
    stored: Option<Column>,
) -> Result<Option<Column>, ColumnarError> {
    Ok(stored)
}
