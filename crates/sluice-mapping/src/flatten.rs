//! `@flatten` and `@merge`: objects made of the members of others.

use std::borrow::Cow;

use indexmap::IndexMap;

use crate::budget::Budget;
use crate::error::ApplyError;
use crate::val::Val;

type Members<'a> = IndexMap<Cow<'a, str>, Val<'a>>;

/// One level; nested keys joined with the separator. A scalar stands under the empty key.
pub(crate) fn flatten<'a>(
    value: Val<'a>,
    separator: &str,
    omit_arrays: bool,
    budget: &Budget,
) -> Result<Val<'a>, ApplyError> {
    let mut flattening = Flattening { out: Members::new(), separator, omit_arrays, budget };
    flattening.add(value, Cow::Borrowed(""))?;
    Ok(Val::Members(flattening.out.into_iter().collect()))
}

struct Flattening<'a, 'f> {
    out: Members<'a>,
    separator: &'f str,
    omit_arrays: bool,
    budget: &'f Budget,
}

impl<'a> Flattening<'a, '_> {
    fn add(&mut self, value: Val<'a>, prefix: Cow<'a, str>) -> Result<(), ApplyError> {
        let opens = match value.kind() {
            "object" => true,
            "array" => !self.omit_arrays,
            _ => false,
        };
        if !opens {
            self.out.insert(prefix, value);
            return Ok(());
        }
        for (key, inner) in value.into_members(self.budget)? {
            let key = if prefix.is_empty() {
                key
            } else {
                self.budget.take_member(prefix.len() + self.separator.len() + key.len())?;
                format!("{prefix}{}{key}", self.separator).into()
            };
            self.add(inner, key)?;
        }
        Ok(())
    }
}

/// Later ones win. What is no object gives what JavaScript finds in it.
pub(crate) fn merge<'a>(objects: Vec<Val<'a>>, budget: &Budget) -> Result<Val<'a>, ApplyError> {
    let mut out = Members::new();
    for object in objects {
        out.extend(object.into_members(budget)?);
    }
    Ok(Val::Members(out.into_iter().collect()))
}
