//! Values under names beyond the column limit: a flat JSON object per row in a column of its own
//! (`$rest`), from which a column is put together when somebody asks for it (I10).
//!
//! Names inside carry the letter of their scope (`p:plan`). The rest of trait versions is apart.

use crate::ColumnarError;
use crate::column::{Cells, Column, Kind, Scope};
use crate::dict::{CellsOut, Dict};
use crate::part::Part;
use crate::shred;

/// Name of the column, in [`Scope::System`] and in [`Scope::Trait`].
pub(crate) const REST: &str = "$rest";

pub(crate) const fn rest_scope(scope: Scope) -> Scope {
    match scope {
        Scope::Trait => Scope::Trait,
        Scope::Property | Scope::Context | Scope::System => Scope::System,
    }
}

/// Adds one member to the text of an object that is still open.
pub(crate) fn add_member(json: &mut String, scope: Scope, name: &str, raw: &str) {
    json.push(if json.is_empty() { '{' } else { ',' });
    let name = format!("{}:{name}", scope.prefix());
    json.push_str(&serde_json::Value::String(name).to_string());
    json.push(':');
    json.push_str(raw);
}

/// Visits the rows of a column that have a value.
pub(crate) fn each_cell(cells: Cells<'_>, mut visit: impl FnMut(u32, u32)) {
    match cells {
        Cells::Dense(codes) => {
            for index in 0..codes.len() {
                let code = codes.get(index);
                if code != 0 {
                    visit(index as u32, code);
                }
            }
        }
        Cells::Sparse { rows, codes } => {
            for (index, row) in rows.iter().enumerate() {
                visit(*row, codes.get(index));
            }
        }
    }
}

/// Completes a stored column by what the rest holds under its name.
pub(crate) fn complete(
    part: &Part,
    scope: Scope,
    name: &str,
    stored: Option<Column>,
) -> Result<Option<Column>, ColumnarError> {
    let of = rest_scope(scope);
    let has_rest = part.columns().iter().any(|column| column.scope == of && column.name == REST);
    if !has_rest || name == REST {
        return Ok(stored);
    }
    let Some(rest) = part.load_column(of, REST)? else { return Ok(stored) };
    let wanted = format!("{}:{name}", scope.prefix());
    let mut dict = Dict::default();
    let mut code_of = vec![0u32; rest.codes_count() as usize];
    for code in 1..rest.codes_count() {
        shred::members(rest.text(code), |name, raw| {
            if name == wanted {
                let (kind, text) = shred::value(raw);
                code_of[code as usize] = dict.intern(kind, &text);
            }
        });
    }
    if dict.len() == 1 {
        return Ok(stored);
    }
    let mut found = Vec::new();
    each_cell(rest.cells(), |row, code| {
        let code = code_of[code as usize];
        if code != 0 {
            found.push((row, code));
        }
    });
    if let Some(stored) = stored {
        let codes = intern_all(&mut dict, &stored);
        each_cell(stored.cells(), |row, code| found.push((row, codes[code as usize])));
    }
    let mut cells = CellsOut::new(part.scope_rows(scope), found.len(), dict.len());
    for (row, code) in found {
        cells.set(row, code);
    }
    Ok(Column::from_built(dict, cells))
}

/// Takes over a column's values; gives the new code for each old one.
pub(crate) fn intern_all(dict: &mut Dict, column: &Column) -> Vec<u32> {
    let mut codes = vec![0; column.codes_count() as usize];
    for (code, kind) in column.kind_numbers().iter().enumerate().skip(1) {
        if let Some(kind) = Kind::from_number(*kind) {
            codes[code] = dict.intern(kind, column.text(code as u32));
        }
    }
    codes
}
