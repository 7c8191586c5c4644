//! `@flatten` and `@merge`: objects made of the members of others.

use std::borrow::Cow;

use indexmap::IndexMap;

use crate::val::Val;

type Members<'a> = IndexMap<Cow<'a, str>, Val<'a>>;

/// One level; nested keys joined with the separator. A scalar stands under the empty key.
pub(crate) fn flatten<'a>(value: Val<'a>, separator: &str, omit_arrays: bool) -> Val<'a> {
    let mut out = Members::new();
    add(&mut out, value, Cow::Borrowed(""), separator, omit_arrays);
    Val::Members(out.into_iter().collect())
}

fn add<'a>(
    out: &mut Members<'a>,
    value: Val<'a>,
    prefix: Cow<'a, str>,
    separator: &str,
    omit_arrays: bool,
) {
    let opens = match value.kind() {
        "object" => true,
        "array" => !omit_arrays,
        _ => false,
    };
    if !opens {
        out.insert(prefix, value);
        return;
    }
    for (key, inner) in value.into_members() {
        let key = if prefix.is_empty() { key } else { format!("{prefix}{separator}{key}").into() };
        add(out, inner, key, separator, omit_arrays);
    }
}

/// Later ones win. What is no object gives what JavaScript finds in it.
pub(crate) fn merge(objects: Vec<Val<'_>>) -> Val<'_> {
    let mut out = Members::new();
    for object in objects {
        out.extend(object.into_members());
    }
    Val::Members(out.into_iter().collect())
}
