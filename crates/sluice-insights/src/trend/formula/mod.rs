//! Formulas over the events of a trend: `UNIQUES(B) / UNIQUES(A)`.
//!
//! - `parse`: from text to an expression and the figures it needs; errors say where.
//! - `value`: an expression from its figures, interval by interval.
//! - here: which groups a formula has, and the passes that give its figures.

mod parse;
mod value;

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::dims::Group;
use super::figure::Ask;
use super::pass::{Asking, Figures, Pass, Tallied};
use super::room::Room;
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

/// A pass: the segment, which of the different ones, and whether of the past.
type Which = (usize, usize, bool);
/// A figure of a line, by their numbers.
type Place = (usize, usize);

/// A figure's values per interval, or (true) of the range.
type ByPlace = HashMap<(Place, bool), Vec<Option<f64>>>;

/// The passes that some lines need, each with the figures that come from it. They are made one after
/// the other, and only the figures are kept.
struct Passes<'a> {
    asking: &'a Asking<'a>,
    /// Of the question's own measure, by segment.
    own: &'a [Tallied],
    formulas: &'a [Formula],
    lines: &'a [Line],
    asks: Vec<Ask>,
    places: BTreeMap<Which, Vec<Place>>,
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
        room: &mut Room,
        explain: &mut Explain,
    ) -> Result<Vec<FormulaSeries>, InsightError> {
        let query = asking.query;
        let lines = self.lines(query, own);
        let rows = lines.iter().map(|line| 1 + self.0[line.formula].figures.len());
        let times = 1 + usize::from(past.is_some());
        let intervals = own.first().map_or(0, |tallied| tallied.pass.scene.buckets.shown().len());
        room.take(rows.sum::<usize>() * times, intervals)?;
        let mut figures = Passes::new(asking, own, (&self.0, &lines), past.is_some())
            .figures((span, past), explain)?;
        let several = !query.segments.is_empty();
        let series = lines.iter().enumerate().map(|(number, line)| {
            let formula = &self.0[line.formula];
            let mut values = |is_past: bool| {
                let each = 0..formula.figures.len();
                let mut figure = |at| figures.remove(&((number, at), is_past)).unwrap_or_default();
                let mut values = formula.expr.value(&each.map(&mut figure).collect::<Vec<_>>());
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

impl<'a> Passes<'a> {
    fn new(
        asking: &'a Asking<'a>,
        own: &'a [Tallied],
        (formulas, lines): (&'a [Formula], &'a [Line]),
        has_past: bool,
    ) -> Self {
        let mut asks: Vec<Ask> = Vec::new();
        let mut number = |figure: &FigureOf| {
            let ask = figure.ask();
            asks.iter().position(|one| *one == ask).unwrap_or_else(|| {
                asks.push(ask);
                asks.len() - 1
            })
        };
        let numbers = formulas.iter().map(|one| one.figures.iter().map(&mut number).collect());
        let numbers: Vec<Vec<usize>> = numbers.collect();
        let mut places: BTreeMap<Which, Vec<Place>> = BTreeMap::new();
        for (at, line) in lines.iter().enumerate() {
            for (figure, of) in formulas[line.formula].figures.iter().enumerate() {
                let segment = of.segment.unwrap_or(line.segment);
                for is_past in [false, true].into_iter().take(1 + usize::from(has_past)) {
                    let which = (segment, numbers[line.formula][figure], is_past);
                    places.entry(which).or_default().push((at, figure));
                }
            }
        }
        Self { asking, own, formulas, lines, asks, places }
    }

    /// Each figure's values per interval, then of the range.
    fn figures(
        &self,
        (span, past): (&Span, Option<&Span>),
        explain: &mut Explain,
    ) -> Result<ByPlace, InsightError> {
        let query = self.asking.query;
        let mut figures = HashMap::new();
        for (which, places) in &self.places {
            let (segment, number, is_past) = *which;
            let (own, of) = (&self.own[segment], &self.asks[number]);
            let made;
            let tallied = if !is_past && *of == ask(query) && own.is_whole() {
                own
            } else {
                let span = past.filter(|_| is_past).unwrap_or(span);
                let pass = Pass::new(self.asking, segments_of(query)[segment], span, of.clone())?;
                add_explain(explain, self.asking.context, &pass);
                let kept = |place: &Place| {
                    let (line, figure) = self.at(*place);
                    Some((figure.event, group(&pass, &line.names)?))
                };
                let kept = places.iter().filter_map(kept).collect();
                made = pass.tally_only(self.asking, kept)?;
                &made
            };
            for place in places {
                let (line, figure) = self.at(*place);
                figures.insert((*place, is_past), values(tallied, line, figure));
            }
        }
        Ok(figures)
    }

    fn at(&self, (line, figure): Place) -> (&Line, &FigureOf) {
        let line = &self.lines[line];
        (line, &self.formulas[line.formula].figures[figure])
    }
}

/// A figure's values per interval, then of the range. Where the event has no row of the group, they
/// are zero.
fn values(tallied: &Tallied, line: &Line, figure: &FigureOf) -> Vec<Option<f64>> {
    let group = group(&tallied.pass, &line.names);
    let is_missing =
        line.names[0].is_some() && group.is_none_or(|group| !tallied.has_rows(figure.event, group));
    let Figures { mut values, total, .. } =
        tallied.figures(&figure.what, figure.mean_of, figure.event, group);
    values.push(total);
    if is_missing {
        values.fill(Some(0.0));
    }
    values
}

fn group(pass: &Pass, [first, second]: &Names) -> Option<Group> {
    pass.scene.dims.find([first.as_deref(), second.as_deref(), None])
}
