//! Formulas over the events of a trend: `UNIQUES(B) / UNIQUES(A)`.
//!
//! - `parse`: from text to an expression and the figures it needs; errors say where.
//! - `value`: an expression from its figures, interval by interval.
//! - here: which groups a formula has, and the passes that give its figures.

mod parse;
mod value;

use std::collections::BTreeMap;

use super::dims::Group;
use super::figure::Ask;
use super::pass::{Asking, Figures, Pass, Tallied};
use super::run::{add_explain, ask, segments_of};
use super::spec::{FormulaFormat, FormulaPast, FormulaSeries, TrendQuery};
use crate::time::Span;
use crate::{Explain, InsightError};
use parse::FigureOf;
use value::Expr;

/// Most formulas of a question.
pub(super) const FORMULAS_MAX: usize = 10;

/// The formulas of a question.
#[derive(Debug)]
pub(super) struct Formulas(Vec<Formula>);

#[derive(Debug)]
struct Formula {
    label: String,
    format: FormulaFormat,
    expr: Expr,
    figures: Vec<FigureOf>,
}

/// The values of the two breakdowns.
type Names = [Option<String>; 2];

/// One line of a formula: a segment for the events that name none, and a group.
struct Line {
    formula: usize,
    segment: usize,
    names: Names,
}

/// Passes made so far: the segment, what they keep, and whether of the past.
struct Passes<'a> {
    asking: &'a Asking<'a>,
    /// Of the question's own measure, by segment.
    own: &'a [Tallied],
    made: Vec<((usize, Ask, bool), Tallied)>,
    /// What they count.
    kept: Vec<(usize, Names)>,
}

impl Formulas {
    pub(super) fn parse(text: &str, query: &TrendQuery) -> Result<Self, InsightError> {
        parse::formulas(text, query).map(Self)
    }

    pub(super) fn series(
        &self,
        asking: &Asking<'_>,
        own: &[Tallied],
        (span, past): (&Span, Option<&Span>),
        explain: &mut Explain,
    ) -> Result<Vec<FormulaSeries>, InsightError> {
        let query = asking.query;
        let lines = self.lines(query, own);
        let mut kept: Vec<(usize, Names)> = Vec::new();
        for line in &lines {
            for figure in &self.0[line.formula].figures {
                kept.push((figure.event, line.names.clone()));
            }
        }
        kept.sort();
        kept.dedup();
        let mut passes = Passes { asking, own, made: Vec::new(), kept };
        for line in &lines {
            for figure in &self.0[line.formula].figures {
                let segment = figure.segment.unwrap_or(line.segment);
                passes.make(segment, figure, span, false, explain)?;
                if let Some(past) = past {
                    passes.make(segment, figure, past, true, explain)?;
                }
            }
        }
        let several = !query.segments.is_empty();
        let series = lines.into_iter().map(|line| {
            let formula = &self.0[line.formula];
            let values = |is_past: bool| {
                let figures: Vec<Vec<Option<f64>>> = formula
                    .figures
                    .iter()
                    .map(|figure| passes.values(&line, figure, is_past))
                    .collect();
                let mut values = formula.expr.value(&figures);
                let total = values.pop().flatten();
                (values, total)
            };
            let (now, total) = values(false);
            let then = past.map(|_| {
                let (mut values, total) = values(true);
                values.resize(now.len(), None);
                FormulaPast { values, total }
            });
            let [group, subgroup] = line.names.clone();
            FormulaSeries {
                formula: line.formula,
                label: formula.label.clone(),
                format: formula.format,
                segment: (several && formula.is_per_segment()).then_some(line.segment),
                group,
                subgroup,
                values: now,
                total,
                past: then,
            }
        });
        Ok(series.collect())
    }

    /// Formula by formula, segment by segment, and of the events' groups those with most people.
    fn lines(&self, query: &TrendQuery, own: &[Tallied]) -> Vec<Line> {
        let mut lines = Vec::new();
        for (index, formula) in self.0.iter().enumerate() {
            let segments = if formula.is_per_segment() { own.len() } else { 1 };
            for segment in 0..segments {
                for names in formula.groups(query, own, segment) {
                    lines.push(Line { formula: index, segment, names });
                }
            }
        }
        lines
    }
}

impl Formula {
    fn is_per_segment(&self) -> bool {
        self.figures.iter().any(|figure| figure.segment.is_none())
    }

    fn groups(&self, query: &TrendQuery, own: &[Tallied], segment: usize) -> Vec<Names> {
        if query.breakdown.is_none() {
            return vec![[None, None]];
        }
        let mut people: BTreeMap<Names, u64> = BTreeMap::new();
        for figure in &self.figures {
            let tallied = &own[figure.segment.unwrap_or(segment)];
            let uniques = super::figure::What::Uniques;
            let (groups, _) = tallied.ranked(&uniques, figure.event, query.groups_limit());
            for group in groups {
                let [first, second, _] = tallied.pass.scene.dims.names(group);
                let most = people.entry([first, second]).or_default();
                *most = (*most).max(tallied.people(figure.event, group));
            }
        }
        let mut list: Vec<(Names, u64)> = people.into_iter().collect();
        list.sort_by(|(a, left), (b, right)| right.cmp(left).then_with(|| a.cmp(b)));
        list.truncate(query.groups_limit());
        list.into_iter().map(|(names, _)| names).collect()
    }
}

impl Passes<'_> {
    /// The pass that has a figure of a segment, if it was made.
    fn get(&self, segment: usize, ask_of: &Ask, is_past: bool) -> Option<&Tallied> {
        if !is_past && *ask_of == ask(self.asking.query) && self.own[segment].is_whole() {
            return self.own.get(segment);
        }
        let made = self
            .made
            .iter()
            .find(|((of, ask, past), _)| *of == segment && ask == ask_of && *past == is_past);
        made.map(|(_, tallied)| tallied)
    }

    fn make(
        &mut self,
        segment: usize,
        figure: &FigureOf,
        span: &Span,
        is_past: bool,
        explain: &mut Explain,
    ) -> Result<(), InsightError> {
        let ask = figure.ask();
        if self.get(segment, &ask, is_past).is_some() {
            return Ok(());
        }
        let filters = segments_of(self.asking.query)[segment];
        let pass = Pass::new(self.asking, filters, span, ask.clone())?;
        add_explain(explain, self.asking.context, &pass);
        let kept = self.kept.iter();
        let kept = kept.filter_map(|(event, names)| Some((*event, group(&pass, names)?))).collect();
        let tallied = pass.tally_only(self.asking, kept)?;
        self.made.push(((segment, ask, is_past), tallied));
        Ok(())
    }

    /// A figure's values per interval, then of the range. A group that the event has not counts as
    /// nothing.
    fn values(&self, line: &Line, figure: &FigureOf, is_past: bool) -> Vec<Option<f64>> {
        let segment = figure.segment.unwrap_or(line.segment);
        let Some(tallied) = self.get(segment, &figure.ask(), is_past) else { return Vec::new() };
        let group = group(&tallied.pass, &line.names);
        let is_missing = line.names[0].is_some()
            && group.is_none_or(|group| tallied.rows(figure.event, group) == 0);
        let Figures { mut values, total, .. } =
            tallied.figures(&figure.what, figure.mean_of, figure.event, group);
        values.push(total);
        if is_missing {
            values.fill(Some(0.0));
        }
        values
    }
}

fn group(pass: &Pass, [first, second]: &Names) -> Option<Group> {
    pass.scene.dims.find([first.as_deref(), second.as_deref(), None])
}
