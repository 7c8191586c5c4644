//! Formulas a second time: a tree that is written as text for the question, and worked out here
//! from the lists of rows.

use std::collections::BTreeMap;

use sluice_insights::trend::spec::{FormulaFormat, TrendResult};

use crate::asking::close;
use crate::oracle::Row;
use crate::trend_ask::{Ask, Measure, Names, OverTime};
use crate::trend_oracle::Kept;

#[derive(Clone, Debug)]
pub(crate) struct Formula {
    pub(crate) prefix: &'static str,
    pub(crate) tree: Tree,
}

#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Number(f64),
    Figure(Figure),
    Both(char, Box<Self>, Box<Self>),
    Sqrt(Box<Self>),
    Line(Box<Self>),
}

#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) over_time: OverTime,
    pub(crate) event: usize,
    pub(crate) segment: Option<usize>,
}

/// Functions of an event, and the measures they are.
pub(crate) const FUNCTIONS: &[(&str, &str)] = &[
    ("UNIQUES", "uniques"),
    ("TOTALS", "totals"),
    ("ACTIVE", "active_percent"),
    ("AVG", "average"),
    ("PROPSUM", "sum"),
    ("ARPAU", "sum_per_active"),
    ("PROPAVG", "property_average"),
    ("PROPMIN", "minimum"),
    ("PROPMAX", "maximum"),
    ("PROPCOUNT", "distinct_values"),
    ("PROPCOUNTAVG", "distinct_per_user"),
    ("PERCENTILE", "percentile"),
    ("FREQPERCENTILE", "frequency_percentile"),
];

impl Figure {
    fn text(&self) -> String {
        let letter = char::from(b'A' + self.event as u8);
        let of = match self.segment {
            None => letter.to_string(),
            Some(segment) => format!("{letter}{}", segment + 1),
        };
        let rest = match self.name {
            "UNIQUES" | "TOTALS" | "ACTIVE" | "AVG" => String::new(),
            "FREQPERCENTILE" => ", 0.9".to_owned(),
            "PERCENTILE" => ", n, 0.9".to_owned(),
            _ => ", n".to_owned(),
        };
        let (name, inner) = (self.name, format!("{of}{rest}"));
        match self.over_time {
            OverTime::Plain => format!("{name}({inner})"),
            OverTime::Average(n) => format!("ROLLAVG({name}, {inner}, {n})"),
            OverTime::Window(n) => format!("ROLLWIN({name}, {inner}, {n})"),
            OverTime::Before(n) => format!("ROLLWINBEFORE({name}, {inner}, {n})"),
            OverTime::Cumulative => format!("CUMSUM({name}, {inner})"),
        }
    }

    fn measure(&self) -> Measure {
        let (_, name) = FUNCTIONS.iter().find(|(name, _)| *name == self.name).unwrap();
        Measure { percentile: 90.0, ..Measure::plain(name) }
    }
}

impl Tree {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Figure(figure) => figure.text(),
            Self::Both(op, a, b) => format!("({} {op} {})", a.text(), b.text()),
            Self::Sqrt(of) => format!("sqrt({})", of.text()),
            Self::Line(of) => format!("TrendLine({})", of.text()),
        }
    }

    pub(crate) fn text_has_event(&self) -> bool {
        !self.figures().is_empty()
    }

    fn figures(&self) -> Vec<&Figure> {
        match self {
            Self::Number(_) => Vec::new(),
            Self::Figure(figure) => vec![figure],
            Self::Both(_, a, b) => [a.figures(), b.figures()].concat(),
            Self::Sqrt(of) | Self::Line(of) => of.figures(),
        }
    }

    fn value(&self, count: usize, of: &impl Fn(&Figure) -> Vec<Option<f64>>) -> Vec<Option<f64>> {
        match self {
            Self::Number(number) => vec![Some(*number); count],
            Self::Figure(figure) => of(figure),
            Self::Both(op, a, b) => {
                let both = a.value(count, of).into_iter().zip(b.value(count, of));
                both.map(|(a, b)| match (op, a?, b?) {
                    ('+', a, b) => Some(a + b),
                    ('-', a, b) => Some(a - b),
                    ('*', a, b) => Some(a * b),
                    (_, _, 0.0) => None,
                    (_, a, b) => Some(a / b),
                })
                .collect()
            }
            Self::Sqrt(inner) => inner
                .value(count, of)
                .into_iter()
                .map(|value| value.filter(|value| *value >= 0.0).map(f64::sqrt))
                .collect(),
            Self::Line(inner) => {
                let mut values = inner.value(count, of);
                values.pop();
                let mut line = line(&values);
                line.push(None);
                line
            }
        }
    }
}

/// By the normal equations.
fn line(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (x, y) in values.iter().enumerate() {
        let (x, Some(y)) = (x as f64, y) else { continue };
        (n, sx, sy, sxx, sxy) = (n + 1.0, sx + x, sy + y, sxx + x * x, sxy + x * y);
    }
    let below = n * sxx - sx * sx;
    let slope = if below == 0.0 { 0.0 } else { (n * sxy - sx * sy) / below };
    let at = |x: usize| (n > 0.0).then(|| (sy - slope * sx) / n + slope * x as f64);
    (0..values.len()).map(at).collect()
}

impl Formula {
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.prefix, self.tree.text())
    }
}

pub(crate) fn check(ask: &Ask, rows: &[Row], result: &TrendResult) {
    let text = ask.json().to_string();
    let Some(found) = &result.formulas else {
        assert!(ask.formulas.is_empty(), "{text}");
        return;
    };
    let mut found = found.iter();
    for (index, formula) in ask.formulas.iter().enumerate() {
        let figures = formula.tree.figures();
        let per_segment = figures.iter().any(|figure| figure.segment.is_none());
        for segment in 0..if per_segment { ask.segment_count() } else { 1 } {
            for names in groups(ask, rows, &figures, segment) {
                let one = found.next().unwrap_or_else(|| panic!("a series is missing: {text}"));
                let is_named = per_segment && !ask.segments.is_empty();
                assert_eq!(one.formula, index, "{text}");
                assert_eq!(one.segment, is_named.then_some(segment), "{text}");
                assert_eq!([one.group.clone(), one.subgroup.clone()], names, "{text}");
                let format = match formula.prefix {
                    "%:" => FormulaFormat::Percent,
                    "$:" => FormulaFormat::Money,
                    _ => FormulaFormat::Number,
                };
                assert_eq!(one.format, format, "{text}");
                let mut values = one.values.clone();
                values.push(one.total);
                same(&values, &value(ask, rows, formula, (segment, false), &names), &text);
                let Some(past) = &one.past else { continue };
                let mut expected = value(ask, rows, formula, (segment, true), &names);
                let total = expected.pop().unwrap();
                expected.resize(one.values.len(), None);
                expected.push(total);
                let mut values = past.values.clone();
                values.push(past.total);
                same(&values, &expected, &format!("past of {text}"));
            }
        }
    }
    assert!(found.next().is_none(), "a series too many: {text}");
}

fn same(found: &[Option<f64>], expected: &[Option<f64>], text: &str) {
    assert_eq!(found.len(), expected.len(), "{text}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let near = match (found, expected) {
            // Roots and quotients of differences of nearly equal numbers.
            (Some(a), Some(b)) => (a - b).abs() <= 1e-6 * b.abs().max(1.0),
            _ => close(*found, *expected),
        };
        assert!(near, "formula at {index}: {found:?} is not {expected:?}: {text}");
    }
}

fn value(
    ask: &Ask,
    rows: &[Row],
    formula: &Formula,
    (segment, past): (usize, bool),
    names: &Names,
) -> Vec<Option<f64>> {
    let of = |figure: &Figure| {
        let place = (figure.segment.unwrap_or(segment), figure.event, past);
        let kept = Kept::new(ask, rows, place, figure.over_time);
        let mut values = kept.values(&figure.measure(), figure.over_time, names);
        if names[0].is_some() && !kept.has_rows(names) {
            values.fill(Some(0.0));
        }
        values
    };
    let count = of(formula.tree.figures()[0]).len();
    formula.tree.value(count, &of)
}

fn groups(ask: &Ask, rows: &[Row], figures: &[&Figure], segment: usize) -> Vec<Names> {
    if ask.breakdown.is_none() {
        return vec![[None, None]];
    }
    let mut people: BTreeMap<Names, usize> = BTreeMap::new();
    for figure in figures {
        let place = (figure.segment.unwrap_or(segment), figure.event, false);
        for (names, rows) in Kept::new(ask, rows, place, OverTime::Plain).groups() {
            let mut who: Vec<u64> =
                rows.iter().map(|row| row.who).filter(|who| *who != 0).collect();
            who.sort_unstable();
            who.dedup();
            let most = people.entry(names).or_default();
            *most = (*most).max(who.len());
        }
    }
    let mut list: Vec<(Names, usize)> = people.into_iter().collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list.into_iter().take(ask.groups_max).map(|(names, _)| names).collect()
}
