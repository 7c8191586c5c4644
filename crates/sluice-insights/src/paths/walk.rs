//! A person's paths, from their rows in order of time. Pure: no store, no counts.

use crate::engine::Hit;

/// Slots of the question.
pub(super) const ACTIVE: u16 = 1;
pub(super) const BEGIN: u16 = 2;
pub(super) const TARGET: u16 = 4;

/// How paths are read.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// From the last row to the first; then all times are negated.
    pub(super) is_backward: bool,
    /// Paths stop at a target.
    pub(super) has_target: bool,
    pub(super) is_totals: bool,
    pub(super) collapses: bool,
    /// Microseconds.
    pub(super) window: i64,
    pub(super) gap: Option<i64>,
    /// Times at which paths may begin, end exclusive.
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) columns: usize,
    /// By kind.
    pub(super) ignored: Vec<bool>,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Begin,
    Target,
    Kind(u32),
    More,
}

/// One path, at most as long as there are columns.
#[derive(Debug, Default)]
pub(super) struct Path {
    pub(super) steps: Vec<Step>,
    /// As stored, microseconds; of [`Step::More`] that of the step before.
    pub(super) times: Vec<i64>,
    pub(super) reached: bool,
    /// Nothing follows the last step, which is no target.
    pub(super) dropped: bool,
}

/// A row that paths may pass through.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Negated if read backward.
    time: i64,
    /// Of the last of the repeats that were collapsed into this row.
    until: i64,
    kind: u32,
    slots: u16,
    session: u32,
}

/// Memory for one person's rows, used again and again.
#[derive(Debug, Default)]
pub(super) struct Walker {
    rows: Vec<Row>,
    /// Per row the next target from there on.
    targets: Vec<u32>,
    path: Path,
}

const NEVER: u32 = u32::MAX;

impl Walker {
    /// Calls `visit` with each path of a person; `hits` in order of (time, seq).
    pub(super) fn each(&mut self, rules: &Rules, hits: &[Hit], mut visit: impl FnMut(&Path)) {
        self.read(rules, hits);
        if rules.has_target {
            self.find_targets();
        }
        for at in 0..self.rows.len() {
            let row = self.rows[at];
            let stored = if rules.is_backward { -row.time } else { row.time };
            if row.slots & BEGIN == 0 || stored < rules.from || stored >= rules.to {
                continue;
            }
            self.follow(rules, at);
            visit(&self.path);
            if !rules.is_totals {
                return;
            }
        }
    }

    fn read(&mut self, rules: &Rules, hits: &[Hit]) {
        self.rows.clear();
        let (mut session, mut before) = (0, None);
        let mut take = |hit: &Hit| {
            let time = if rules.is_backward { -hit.time } else { hit.time };
            let is_gap = |before: i64| rules.gap.is_some_and(|gap| time - before > gap);
            session += u32::from(before.is_some_and(is_gap));
            before = Some(time);
            let slots = hit.slots & (BEGIN | TARGET);
            if slots == 0 && rules.ignored[hit.kind as usize] {
                return;
            }
            if rules.collapses
                && let Some(last) = self.rows.last_mut()
                && (last.kind, last.slots, last.session) == (hit.kind, slots, session)
                && time - last.until <= rules.window
            {
                last.until = time;
                return;
            }
            self.rows.push(Row { time, until: time, kind: hit.kind, slots, session });
        };
        if rules.is_backward {
            hits.iter().rev().for_each(&mut take);
        } else {
            hits.iter().for_each(&mut take);
        }
    }

    fn find_targets(&mut self) {
        self.targets.clear();
        self.targets.resize(self.rows.len() + 1, NEVER);
        for at in (0..self.rows.len()).rev() {
            let is_target = self.rows[at].slots & TARGET != 0;
            self.targets[at] = if is_target { at as u32 } else { self.targets[at + 1] };
        }
    }

    /// The path from a row on.
    fn follow(&mut self, rules: &Rules, from: usize) {
        let (rows, path) = (&self.rows, &mut self.path);
        let first = rows[from];
        let is_within =
            |row: &Row| row.time - first.time <= rules.window && row.session == first.session;
        let stored = |row: &Row| if rules.is_backward { -row.time } else { row.time };
        path.steps.clear();
        path.times.clear();
        path.steps.push(Step::Begin);
        path.times.push(stored(&first));
        let target = if rules.has_target { self.targets[from + 1] } else { NEVER };
        let reached = rows.get(target as usize).is_some_and(is_within);
        let next = |at: usize| {
            let is_over = reached && at > target as usize;
            rows.get(at).filter(|row| !is_over && is_within(row))
        };
        let mut at = from + 1;
        while path.steps.len() < rules.columns
            && let Some(row) = next(at)
        {
            let is_target = reached && at == target as usize;
            path.steps.push(if is_target { Step::Target } else { Step::Kind(row.kind) });
            path.times.push(stored(row));
            at += 1;
        }
        let goes_on = next(at).is_some();
        if goes_on && rules.has_target {
            // The rest does not fit: the last column says only whether it gets there.
            let last = path.steps.len() - 1;
            path.steps[last] = Step::More;
            path.times[last] = path.times[last - 1];
        }
        path.reached = reached;
        path.dropped = !reached && (rules.has_target || !goes_on);
    }
}
