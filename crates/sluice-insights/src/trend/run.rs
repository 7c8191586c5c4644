//! Runs a trend: a pass over people for each segment, for the past, and for what formulas need
//! besides.

use std::sync::atomic::AtomicBool;

use sluice_filter::Condition;

use super::figure::{Ask, What, mean_of};
use super::formula::Formulas;
use super::operator::{Keep, Point};
use super::pass::{Asking, Figures, Pass, Tallied};
use super::room::Room;
use super::spec::{Bin, Bucket, PastValues, TrendPoint, TrendQuery, TrendResult, TrendSeries};
use super::window::Window;
use crate::context::Context;
use crate::kind::{Behind, Run};
use crate::query::{GROUPS_MAX, invalid};
use crate::time::Span;
use crate::{Explain, InsightError};

impl Run for TrendQuery {
    type Result = TrendResult;
    type Point = TrendPoint;

    fn run(&self, context: &Context, cancelled: &AtomicBool) -> Result<Self::Result, InsightError> {
        let asking = Asking { query: self, context, cancelled };
        let span = span(self, context)?;
        let past_span = past_span(self, context, &span)?;
        let what = What::of(&self.measure);
        let mut explain = Explain::default();
        let mut room = Room::new();
        let (mut segments, mut series, mut buckets) = (Vec::new(), Vec::new(), Vec::new());
        for (index, filters) in segments_of(self).into_iter().enumerate() {
            let pass = Pass::new(&asking, filters, &span, ask(self))?;
            add_explain(&mut explain, context, &pass);
            let mut tallied = pass.tally(&asking, &what)?;
            buckets = shown_of(&tallied.pass);
            let mut list = listed(self, &what, &tallied, index, &mut room)?;
            if let Some(past) = &past_span {
                room.take(list.len(), buckets.len())?;
                let pass = Pass::new(&asking, filters, past, ask(self))?;
                add_explain(&mut explain, context, &pass);
                add_past(&asking, &what, &mut list, pass)?;
            }
            series.extend(list);
            if self.formula.is_some() {
                tallied.forget_values();
                segments.push(tallied);
            }
        }
        series.sort_by_key(|one: &TrendSeries| one.event);
        let formulas = self.formula.as_ref().map(|text| -> Result<_, InsightError> {
            let formulas = Formulas::parse(text, self)?;
            let spans = (&span, past_span.as_ref());
            formulas.series(&asking, &segments, spans, &mut room, &mut explain)
        });
        let past_buckets = match &past_span {
            None => None,
            Some(past) => Some(shown_of(&Pass::new(&asking, &[], past, ask(self))?)),
        };
        let formulas = formulas.transpose()?;
        Ok(TrendResult {
            interval: self.interval,
            buckets,
            series,
            formulas,
            past_buckets,
            explain,
        })
    }

    fn people(
        &self,
        point: &Self::Point,
        context: &Context,
        cancelled: &AtomicBool,
    ) -> Result<Behind, InsightError> {
        if point.event >= self.events.len() {
            return Err(invalid(format!("`event` must be below {}", self.events.len())));
        }
        let asking = Asking { query: self, context, cancelled };
        let now = span(self, context)?;
        let past = past_span(self, context, &now)?;
        let span = match (point.past, past) {
            (false, _) => now,
            (true, Some(past)) => past,
            (true, None) => {
                return Err(invalid("`past` is asked for but the trend has no `compare`"));
            }
        };
        let segments = segments_of(self);
        let segment = point.segment.unwrap_or(0);
        let filters = segments
            .get(segment)
            .ok_or_else(|| invalid(format!("`segment` must be below {}", segments.len())))?;
        let pass = Pass::new(&asking, filters, &span, ask(self))?;
        let mut explain = Explain::default();
        add_explain(&mut explain, context, &pass);
        let found = match wanted(self, point, &pass)? {
            None => context.found(),
            Some(point) => pass.scan(&asking, &Keep::People(point))?.1,
        };
        Ok((found, explain))
    }
}

/// The place of a number in a pass; `None` if no row may have its group.
fn wanted(
    query: &TrendQuery,
    point: &TrendPoint,
    pass: &Pass,
) -> Result<Option<Point>, InsightError> {
    let buckets = &pass.scene.buckets;
    let at = match &point.bucket {
        None => None,
        Some(label) => Some(
            buckets
                .shown()
                .iter()
                .position(|bucket| bucket.label == *label)
                .ok_or_else(|| invalid(format!("the trend has no bucket `{label}`")))?
                + buckets.first,
        ),
    };
    let dims = &pass.scene.dims;
    let mut times = None;
    let mut names = [point.group.as_deref(), point.subgroup.as_deref(), None];
    match (&What::of(&query.measure), point.bin.as_deref()) {
        (What::Histogram(..), bin) => names[2] = bin,
        (What::Frequency(bins), Some(label)) => times = Some(Bin::of_label(label, bins)?),
        (_, None) => {}
        (_, Some(_)) => {
            return Err(invalid("a `bin` is asked for but the measure has none"));
        }
    }
    for (dim, what) in [(0, "group"), (1, "subgroup")] {
        if names[dim].is_some() && dims.groups[dim].is_none() {
            return Err(invalid(format!("a `{what}` is asked for but the trend has none")));
        }
    }
    let Some(group) = dims.find(names) else { return Ok(None) };
    let group = [0, 1, 2].map(|dim: usize| {
        let is_free = dims.groups[dim].is_some() && names[dim].is_none();
        (!is_free).then_some(group[dim])
    });
    let buckets = at.map(|at| pass.ask.window.takes(at));
    Ok(Some(Point { event: point.event, group, buckets, times }))
}

fn span(query: &TrendQuery, context: &Context) -> Result<Span, InsightError> {
    let days_max = query.interval.range_days_max();
    Span::resolve(&query.range, &context.calendar, context.now, days_max)
}

fn past_span(
    query: &TrendQuery,
    context: &Context,
    span: &Span,
) -> Result<Option<Span>, InsightError> {
    query.compare.map(|shift| span.shifted(shift, &context.calendar)).transpose()
}

/// The conditions of each segment; of one without any if the question names none.
pub(super) fn segments_of(query: &TrendQuery) -> Vec<&[Condition]> {
    match query.segments.is_empty() {
        true => vec![&[]],
        false => query.segments.iter().map(|segment| segment.filters.as_slice()).collect(),
    }
}

/// The pass of the question's own measure.
pub(super) fn ask(query: &TrendQuery) -> Ask {
    Ask::of(&What::of(&query.measure), Window::of(query.over_time), mean_of(query))
}

pub(super) fn add_explain(explain: &mut Explain, context: &Context, pass: &Pass) {
    let more = context.explain(&pass.selection);
    let rows = explain.rows_scanned + more.rows_scanned;
    let first = explain.threads == 0;
    if first {
        *explain = more;
    }
    explain.rows_scanned = rows;
}

fn shown_of(pass: &Pass) -> Vec<Bucket> {
    pass.scene.buckets.shown().to_vec()
}

/// The series of a segment.
fn listed(
    query: &TrendQuery,
    what: &What,
    tallied: &Tallied,
    segment: usize,
    room: &mut Room,
) -> Result<Vec<TrendSeries>, InsightError> {
    let intervals = tallied.pass.scene.buckets.shown().len();
    let dims = &tallied.pass.scene.dims;
    let mut series = Vec::new();
    for (event, selector) in query.events.iter().enumerate() {
        let (groups, total) = tallied.ranked(what, event, query.groups_limit());
        for group in groups {
            let [first, second, bin] = dims.names(group);
            let figures = match what {
                What::Frequency(bins) => {
                    let place = (event, Some(group));
                    let list = tallied.frequencies(bins, mean_of(query), place, GROUPS_MAX);
                    list.into_iter().map(|(label, figures)| (Some(label), figures)).collect()
                }
                _ => vec![(bin, tallied.figures(what, mean_of(query), event, Some(group)))],
            };
            room.take(figures.len(), intervals)?;
            series.extend(figures.into_iter().map(|(bin, figures)| TrendSeries {
                event,
                label: selector.display_name(),
                segment: (!query.segments.is_empty()).then_some(segment),
                group: first.clone(),
                subgroup: second.clone(),
                bin,
                values: figures.values,
                total: figures.total,
                people: figures.people,
                people_total: figures.people_total,
                groups_total: dims.is_split().then_some(total),
                past: None,
            }));
        }
    }
    Ok(series)
}

/// Adds to series what they were in the past.
fn add_past(
    asking: &Asking<'_>,
    what: &What,
    series: &mut [TrendSeries],
    pass: Pass,
) -> Result<(), InsightError> {
    let query = asking.query;
    let is_histogram = matches!(what, What::Histogram(..));
    let place = |pass: &Pass, one: &TrendSeries| {
        let bin = one.bin.as_deref().filter(|_| is_histogram);
        pass.scene.dims.find([one.group.as_deref(), one.subgroup.as_deref(), bin])
    };
    let kept = series.iter().filter_map(|one| Some((one.event, place(&pass, one)?))).collect();
    let tallied = pass.tally_only(asking, kept)?;
    for one in series {
        let group = place(&tallied.pass, one);
        let figures = match (what, &one.bin) {
            (What::Frequency(bins), Some(label)) => {
                let bin = [Bin::of_label(label, bins)?];
                let list = tallied.frequencies(&bin, mean_of(query), (one.event, group), 1);
                list.into_iter().next().map_or_else(Figures::default, |(_, figures)| figures)
            }
            _ => tallied.figures(what, mean_of(query), one.event, group),
        };
        one.past = Some(past_values(one, figures));
    }
    Ok(())
}

fn past_values(now: &TrendSeries, mut past: Figures) -> PastValues {
    past.values.resize(now.values.len(), None);
    past.people.resize(now.values.len(), 0);
    let change = |now: &Option<f64>, then: &Option<f64>| match (now, then) {
        (Some(now), Some(then)) if *then != 0.0 => Some((now - then) / then),
        _ => None,
    };
    PastValues {
        changes: now.values.iter().zip(&past.values).map(|(now, then)| change(now, then)).collect(),
        change_total: change(&now.total, &past.total),
        values: past.values,
        total: past.total,
        people: past.people,
        people_total: past.people_total,
    }
}
