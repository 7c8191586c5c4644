//! `GET /api/2/sessions/length`, `/average` and `/peruser`: how long people stay, and how often they
//! come. What a session is, is said with the question (`sluice_insights::sessions`): by default a run
//! of events without half an hour's pause.

use axum::Json;
use serde_json::{Value, json};
use sluice_insights::InsightResult;
use sluice_insights::sessions::spec::{
    BINS_MAX, LENGTH_SECONDS_MAX, SessionsCounts, SessionsResult,
};

use super::failure::{Failure, Result};
use super::params::Params;
use super::project::Project;
use super::question::Segment;
use super::segmentation::{number, x_value};

/// `timeHistogramConfigBinTimeUnit`, in seconds.
const UNITS: &[(&str, u64)] =
    &[("seconds", 1), ("minutes", 60), ("hours", 3_600), ("days", 86_400)];
/// Bins of an even histogram whose size was not said.
const BINS_UNSIZED: u64 = 10;

/// Sessions by their length.
pub(super) async fn lengths(project: Project) -> Result<Json<Value>> {
    let bins = bins(&project.params)?;
    let (mut series, mut labels) = (Vec::new(), Vec::new());
    for result in ask(&project, bins.as_ref().map(|bins| &bins.from[..])).await? {
        // The last bin of the answer is what lies beyond the ones that were asked for.
        let shown = result
            .lengths
            .iter()
            .filter(|bin| bins.as_ref().is_none_or(|bins| bin.from_seconds < bins.end));
        let shown: Vec<_> = shown.collect();
        let end = |to: Option<u64>| {
            let all = bins.as_ref().map_or(LENGTH_SECONDS_MAX, |bins| bins.end);
            to.unwrap_or(LENGTH_SECONDS_MAX).min(all)
        };
        labels = shown
            .iter()
            .map(|bin| format!("{}s-{}s", bin.from_seconds, end(bin.to_seconds)))
            .collect();
        series.push(shown.iter().map(|bin| bin.sessions).collect::<Vec<_>>());
    }
    Ok(Json(json!({ "data": { "series": series, "xValues": labels } })))
}

/// Mean length in seconds, by day.
pub(super) async fn average(project: Project) -> Result<Json<Value>> {
    per_day(&project, |counts| counts.average_seconds).await
}

/// Sessions per active person, by day.
pub(super) async fn per_user(project: Project) -> Result<Json<Value>> {
    per_day(&project, |counts| counts.per_person).await
}

async fn per_day(project: &Project, of: fn(&SessionsCounts) -> Option<f64>) -> Result<Json<Value>> {
    let (mut series, mut meta, mut x_values) = (Vec::new(), Vec::new(), Vec::new());
    for (index, result) in ask(project, None).await?.into_iter().enumerate() {
        x_values = result.buckets.iter().map(|bucket| x_value(&bucket.label)).collect();
        let values = result.counts.iter().map(|counts| number(of(counts).unwrap_or(0.0)));
        series.push(values.collect::<Vec<_>>());
        meta.push(json!({ "segmentIndex": index }));
    }
    Ok(Json(json!({ "data": { "series": series, "seriesMeta": meta, "xValues": x_values } })))
}

/// One answer for each segment.
async fn ask(project: &Project, bins: Option<&[u64]>) -> Result<Vec<SessionsResult>> {
    let days = project.params.days()?;
    let mut question = json!({ "kind": "sessions", "range": days.to_json(), "interval": "day" });
    if let Some(bins) = bins {
        question["bins_seconds"] = bins.into();
    }
    let mut results = Vec::new();
    for segment in Segment::all(&project.params)? {
        segment.narrow(&mut question);
        match project.ask(question.clone()).await? {
            InsightResult::Sessions(result) => results.push(result),
            _ => return Err(Failure::invalid("the question is not about sessions")),
        }
    }
    Ok(results)
}

/// Even bins.
struct EvenBins {
    /// Lower ends in seconds, one more than there are bins if something may lie beyond them.
    from: Vec<u64>,
    /// Upper end of the last.
    end: u64,
}

/// The bins that a request describes; `None` if it leaves out a part of them.
fn bins(params: &Params) -> Result<Option<EvenBins>> {
    const PREFIX: &str = "timeHistogramConfigBin";
    let named = |part: &str| format!("{PREFIX}{part}");
    let (unit, min, max) = (named("TimeUnit"), named("Min"), named("Max"));
    if [&unit, &min, &max].iter().any(|name| params.get(name).is_none()) {
        return Ok(None);
    }
    let seconds = params.choice(&unit, UNITS)?;
    let length = |name: &str| -> Result<u64> {
        Ok(params.number(name, 0_u64)?.saturating_mul(seconds).min(LENGTH_SECONDS_MAX))
    };
    let (start, end) = (length(&min)?, length(&max)?);
    if start >= end {
        return Err(Failure::parameter(&max, format!("it must be above `{min}`")));
    }
    let size = named("Size");
    let step = match params.get(&size) {
        Some(_) => length(&size)?,
        None => (end - start).div_ceil(BINS_UNSIZED),
    };
    if step == 0 {
        return Err(Failure::parameter(&size, "it must be above 0"));
    }
    let mut from: Vec<u64> = std::iter::successors(Some(start), |at| at.checked_add(step))
        .take_while(|at| *at < end)
        .take(BINS_MAX)
        .collect();
    if end < LENGTH_SECONDS_MAX {
        from.push(end);
    }
    if from.len() > BINS_MAX || from.last().is_some_and(|last| last + step < end) {
        let message = format!("there would be more than {} bins", BINS_MAX - 1);
        return Err(Failure::parameter(&size, message));
    }
    Ok(Some(EvenBins { from, end }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: Option<(&[u64], u64)>) {
        let query = query.replace('_', "timeHistogramConfigBin");
        let bins = bins(&Params::of_query(&query)).unwrap();
        let found = bins.as_ref().map(|bins| (&bins.from[..], bins.end));
        assert_eq!(found, expected, "{query}");
    }

    #[test]
    fn bins_are_even_from_the_least_to_the_most() {
        check("", None);
        check("_TimeUnit=minutes&_Min=0", None);
        check("_TimeUnit=minutes&_Min=0&_Max=3&_Size=1", Some((&[0, 60, 120, 180], 180)));
        check("_TimeUnit=hours&_Min=22&_Max=24&_Size=1", Some((&[79_200, 82_800], 86_400)));
        check("_TimeUnit=seconds&_Min=0&_Max=5&_Size=2", Some((&[0, 2, 4, 5], 5)));
        let tenths = [0, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600];
        check("_TimeUnit=minutes&_Min=0&_Max=10", Some((&tenths, 600)));
        for bad in [
            "_TimeUnit=weeks&_Min=0&_Max=1",
            "_TimeUnit=hours&_Min=2&_Max=1",
            "_TimeUnit=hours&_Min=0&_Max=1&_Size=0",
            "_TimeUnit=seconds&_Min=0&_Max=3600&_Size=1",
        ] {
            let query = bad.replace('_', "timeHistogramConfigBin");
            assert!(super::bins(&Params::of_query(&query)).is_err(), "{bad}");
        }
    }
}
