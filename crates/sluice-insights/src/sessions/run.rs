//! Runs a question about sessions: each person's events are split, and their sessions counted.

use std::sync::atomic::AtomicBool;

use sluice_columnar::Selection;

use super::spec::{
    LENGTH_SECONDS_MAX, SessionsBin, SessionsBy, SessionsCounts, SessionsPoint, SessionsQuery,
    SessionsResult, SessionsWho,
};
use super::split::{Moment, Session, split};
use crate::context::Context;
use crate::engine::{Hit, Operator, Plan, Rows, SlotSpec, Timeline, scan, timeline};
use crate::kind::{Behind, Run};
use crate::people::{Found, FoundPeople};
use crate::query::invalid;
use crate::time::{Buckets, Span};
use crate::{Explain, InsightError};

const SECOND: i64 = 1_000_000;
const LENGTH_MAX: i64 = LENGTH_SECONDS_MAX as i64 * SECOND;

const ACTIVE: u16 = 1;
const PAGE: u16 = 2;

struct Setup {
    buckets: Buckets,
    by: SessionsBy,
    /// Lower ends, microseconds.
    bins: Vec<i64>,
    plan: Plan,
    explain: Explain,
}

impl Run for SessionsQuery {
    type Result = SessionsResult;
    type Point = SessionsPoint;

    fn run(&self, context: &Context, cancelled: &AtomicBool) -> Result<Self::Result, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        let done = setup.scan(context, &selection, cancelled, None)?;
        let bins = self.bins();
        let lengths =
            bins.iter().zip(&done.bins).enumerate().map(|(index, (from, bin))| SessionsBin {
                from_seconds: *from,
                to_seconds: bins.get(index + 1).copied(),
                sessions: bin.0,
                people: bin.1,
            });
        let buckets = setup.buckets.len();
        Ok(SessionsResult {
            interval: self.interval,
            counts: done.counts[..buckets].iter().map(Counts::told).collect(),
            total: done.counts[buckets].told(),
            lengths: lengths.collect(),
            buckets: setup.buckets.list,
            explain: setup.explain,
        })
    }

    fn people(
        &self,
        point: &Self::Point,
        context: &Context,
        cancelled: &AtomicBool,
    ) -> Result<Behind, InsightError> {
        let (setup, selection) = Setup::new(self, context)?;
        let bucket = match &point.bucket {
            None => None,
            Some(label) => Some(setup.buckets.find(label, "answer")?),
        };
        if let Some(bin) = point.bin {
            if point.who != SessionsWho::Session {
                return Err(invalid("a `bin` is of people with a session"));
            }
            if bin >= setup.bins.len() {
                return Err(invalid(format!("`bin` must be below {}", setup.bins.len())));
            }
        }
        let wanted = Some(Wanted { bucket, who: point.who, bin: point.bin });
        let found = setup.scan(context, &selection, cancelled, wanted)?.found;
        Ok((found, setup.explain))
    }
}

/// The people of one number.
#[derive(Clone, Copy)]
struct Wanted {
    /// The whole range if none.
    bucket: Option<usize>,
    who: SessionsWho,
    bin: Option<usize>,
}

impl Setup {
    fn new(query: &SessionsQuery, context: &Context) -> Result<(Self, Selection), InsightError> {
        let calendar = &context.calendar;
        let days_max = query.interval.range_days_max();
        let span = Span::resolve(&query.range, calendar, context.now, days_max)?;
        let buckets = Buckets::new(&span, query.interval, calendar, context.now)?;
        let slots = [
            SlotSpec::any_active(&query.segment),
            SlotSpec::of(&query.page_or_default(), &query.segment),
        ];
        let (selection, times) = match query.by {
            SessionsBy::TimeoutSeconds(seconds) => {
                // One event within the time-out before the range tells that a session has begun
                // already; events up to here tell how long one lasts, or that it is too long.
                let timeout = seconds as i64 * SECOND;
                let times = (span.from - timeout - SECOND, span.to + LENGTH_MAX + timeout + SECOND);
                (context.select(times.0, times.1), times)
            }
            // An id may come back at any time.
            SessionsBy::Sent => (context.select(i64::MIN, i64::MAX), (i64::MIN, i64::MAX)),
        };
        let latest = context.latest(query.traits_as_of);
        let plan = Plan::new(&selection, &slots, latest.as_ref(), times)?;
        let bins = query.bins().iter().map(|bin| *bin as i64 * SECOND).collect();
        let explain = context.explain(&selection);
        Ok((Self { buckets, by: query.by, bins, plan, explain }, selection))
    }

    fn scan(
        &self,
        context: &Context,
        selection: &Selection,
        cancelled: &AtomicBool,
        wanted: Option<Wanted>,
    ) -> Result<Done, InsightError> {
        let what = context.scan(selection, &self.plan, cancelled);
        let empty = || Done {
            counts: vec![Counts::default(); self.buckets.len() + 1],
            bins: vec![(0, 0); self.bins.len()],
            found: context.found(),
        };
        let make = || Sessions {
            setup: self,
            wanted,
            moments: Vec::new(),
            sessions: Vec::new(),
            done: empty(),
        };
        let passes = match self.by {
            SessionsBy::TimeoutSeconds(_) => timeline(&what, make)?,
            SessionsBy::Sent => scan(&what, make)?,
        };
        let mut done = empty();
        for pass in passes {
            done.counts.iter_mut().zip(&pass.done.counts).for_each(|(to, from)| to.add(from));
            for (to, from) in done.bins.iter_mut().zip(&pass.done.bins) {
                *to = (to.0 + from.0, to.1 + from.1);
            }
            done.found.add(pass.done.found);
        }
        Ok(done)
    }
}

/// What a pass has counted.
struct Done {
    /// Per bucket, and the whole range.
    counts: Vec<Counts>,
    /// Per bin sessions and people.
    bins: Vec<(u64, u64)>,
    found: FoundPeople,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    sessions: u64,
    people: u64,
    active: u64,
    /// Milliseconds.
    length: i64,
    events: u64,
    bounces: u64,
    bounced: u64,
    too_long: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.sessions += other.sessions;
        self.people += other.people;
        self.active += other.active;
        self.length += other.length;
        self.events += other.events;
        self.bounces += other.bounces;
        self.bounced += other.bounced;
        self.too_long += other.too_long;
    }

    fn told(&self) -> SessionsCounts {
        let per = |sum: f64, of: u64| (of > 0).then(|| sum / of as f64);
        let seconds = self.length as f64 / 1e3;
        SessionsCounts {
            sessions: self.sessions,
            people: self.people,
            active: self.active,
            seconds,
            average_seconds: per(seconds, self.sessions),
            per_person: per(self.sessions as f64, self.active),
            seconds_per_person: per(seconds, self.active),
            events: self.events,
            events_per_session: per(self.events as f64, self.sessions),
            bounces: self.bounces,
            bounced: self.bounced,
            bounce_rate: per(self.bounces as f64, self.sessions),
            too_long: self.too_long,
        }
    }
}

struct Sessions<'s> {
    setup: &'s Setup,
    wanted: Option<Wanted>,
    moments: Vec<Moment>,
    sessions: Vec<Session>,
    done: Done,
}

impl Timeline for Sessions<'_> {
    #[inline]
    fn take(&mut self, person: u64, rows: Rows<'_>) {
        self.moments.clear();
        let active = rows.each().filter(|(_, slots)| slots & ACTIVE != 0);
        self.moments.extend(active.map(|(time, slots)| Moment {
            session: 0,
            time,
            is_page: slots & PAGE != 0,
        }));
        let mut found = None;
        self.count_active(&mut found);
        let timeout = match self.setup.by {
            SessionsBy::TimeoutSeconds(seconds) => Some(seconds as i64 * SECOND),
            SessionsBy::Sent => None,
        };
        split(&self.moments, timeout, &mut self.sessions);
        self.count_sessions(&mut found);
        if let Some(time) = found {
            self.done.found.push(Found { person, times: vec![time] });
        }
    }
}

impl Operator for Sessions<'_> {
    const NOBODY: bool = false;

    fn person(&mut self, person: u64, hits: &mut [Hit], _sorted: bool) {
        hits.sort_unstable_by_key(|hit| hit.time);
        self.moments.clear();
        // For now those without a session, too: they make a person active.
        let active = hits.iter().filter(|hit| hit.slots & ACTIVE != 0);
        let part = |hit: &Hit| &self.setup.plan.parts[hit.part as usize].part;
        self.moments.extend(active.map(|hit| Moment {
            session: part(hit).session(hit.row).unwrap_or(-1),
            time: hit.time.div_euclid(1_000) * 1_000,
            is_page: hit.slots & PAGE != 0,
        }));
        let mut found = None;
        self.count_active(&mut found);
        self.moments.retain(|moment| moment.session >= 0);
        self.moments.sort_by_key(|moment| moment.session);
        split(&self.moments, None, &mut self.sessions);
        self.count_sessions(&mut found);
        if let Some(time) = found {
            self.done.found.push(Found { person, times: vec![time] });
        }
    }
}

/// The bucket of a time, `at` or later; none outside the range.
#[inline]
fn bucket_from(edges: &[i64], at: &mut usize, time: i64) -> Option<usize> {
    while *at + 1 < edges.len() && edges[*at + 1] <= time {
        *at += 1;
    }
    (time >= edges[0] && *at + 1 < edges.len()).then_some(*at)
}

impl Sessions<'_> {
    /// Counts the person where they have an event; `found` takes the first time that is asked for.
    fn count_active(&mut self, found: &mut Option<i64>) {
        let (edges, range) = (&self.setup.buckets.edges, self.setup.buckets.len());
        let (mut at, mut last) = (0, None);
        for moment in &self.moments {
            let Some(bucket) = bucket_from(edges, &mut at, moment.time) else { continue };
            if last == Some(bucket) {
                continue;
            }
            self.done.counts[bucket].active += 1;
            self.done.counts[range].active += u64::from(last.is_none());
            last = Some(bucket);
            if self.wanted.is_some_and(|wanted| {
                wanted.who == SessionsWho::Active && wanted.bucket.is_none_or(|one| one == bucket)
            }) {
                found.get_or_insert(moment.time);
            }
        }
    }

    fn count_sessions(&mut self, found: &mut Option<i64>) {
        let (edges, range) = (&self.setup.buckets.edges, self.setup.buckets.len());
        let (mut at, mut last, mut last_bounced, mut in_bins) = (0, None, None, 0u64);
        for session in &self.sessions {
            let Some(bucket) = bucket_from(edges, &mut at, session.start) else { continue };
            let length = session.end - session.start;
            if length > LENGTH_MAX {
                self.done.counts[bucket].too_long += 1;
                self.done.counts[range].too_long += 1;
                continue;
            }
            let is_bounce = session.pages == 1;
            for place in [bucket, range] {
                let counts = &mut self.done.counts[place];
                let is_first =
                    |last: Option<usize>| last.is_none_or(|one| place < range && one != bucket);
                counts.sessions += 1;
                counts.people += u64::from(is_first(last));
                counts.length += length / 1_000;
                counts.events += session.events;
                counts.bounces += u64::from(is_bounce);
                counts.bounced += u64::from(is_bounce && is_first(last_bounced));
            }
            last = Some(bucket);
            if is_bounce {
                last_bounced = Some(bucket);
            }
            let bin = self.setup.bins.partition_point(|from| *from <= length).checked_sub(1);
            if let Some(bin) = bin {
                self.done.bins[bin].0 += 1;
                self.done.bins[bin].1 += u64::from(in_bins >> bin & 1 == 0);
                in_bins |= 1 << bin;
            }
            let is_wanted = self.wanted.is_some_and(|wanted| {
                wanted.bucket.is_none_or(|one| one == bucket)
                    && match wanted.who {
                        SessionsWho::Session => wanted.bin.is_none_or(|one| bin == Some(one)),
                        SessionsWho::Bounce => is_bounce,
                        SessionsWho::Active => false,
                    }
            });
            if is_wanted {
                found.get_or_insert(session.start);
            }
        }
    }
}
