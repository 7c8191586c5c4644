//! A person's sessions, from their events in order of time. Pure: no store, no counts.

/// One event that may be in a session; times in microseconds, cut to milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// As sent; the same for all where sessions are made by time-out.
    pub(super) session: i64,
    pub(super) time: i64,
    pub(super) is_page: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) events: u64,
    pub(super) pages: u64,
}

/// Sessions in order of their start. `moments` by session, then time; one over `timeout` after the
/// one before begins a new session.
pub(super) fn split(moments: &[Moment], timeout: Option<i64>, into: &mut Vec<Session>) {
    into.clear();
    let is_same = |a: &Moment, b: &Moment| {
        a.session == b.session && timeout.is_none_or(|timeout| b.time - a.time <= timeout)
    };
    for run in moments.chunk_by(is_same) {
        into.push(Session {
            start: run[0].time,
            end: run[run.len() - 1].time,
            events: run.len() as u64,
            pages: run.iter().filter(|moment| moment.is_page).count() as u64,
        });
    }
    into.sort_by_key(|session| session.start);
}
