//! The first path of each person, read straight from where it begins: only rows that may be in a
//! path are looked at, and a person's other parts only where their times meet the path's.

use std::ops::Range;

use sluice_columnar::{RowRef, Run, Selection};

use super::walk::{ACTIVE, BEGIN, Path, Rules, Step, TARGET};
use crate::engine::{Plan, Whole};

/// No row.
const NONE: u32 = u32::MAX;

/// Memory for a slice of people, used again and again.
#[derive(Debug, Default)]
pub(super) struct Onward {
    /// Per person of the slice, the index of the row where their first path begins.
    begins: Vec<u32>,
    /// Per part and person, where the part has the person: the index plus one.
    spots: Vec<Vec<u32>>,
    /// Runs of people that lie under the key of another, by person.
    elsewhere: Vec<(u32, Run)>,
    cursors: Vec<Cursor>,
    path: Path,
}

/// The rows of a run that are still to be read.
#[derive(Clone, Debug)]
struct Cursor {
    part: u32,
    rows: Range<u32>,
    /// Place of the next row in the order of reading.
    next: (i64, i64),
}

/// What a slice is read from.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) rules: &'a Rules,
    pub(super) plan: &'a Plan,
    pub(super) selection: &'a Selection,
}

impl Onward {
    /// Calls `visit` with the first path of each person of the slice; `whole` has the rows at which
    /// paths may begin.
    pub(super) fn each(
        &mut self,
        ground: Ground<'_>,
        whole: &Whole<'_>,
        mut visit: impl FnMut(u64, &Path),
    ) {
        self.find_begins(ground, whole);
        self.find_spots(ground, whole);
        let (begins, mut path) = (std::mem::take(&mut self.begins), std::mem::take(&mut self.path));
        for (person, index) in whole.people.iter().zip(0..) {
            let number = *person as usize;
            let Some(key) = whole.keys.get(number).filter(|key| **key != 0) else { continue };
            if begins[number] == index {
                self.follow(ground, whole.place(index as usize), number, *key, &mut path);
                visit(*key, &path);
            }
        }
        (self.begins, self.path) = (begins, path);
    }

    fn find_begins(&mut self, ground: Ground<'_>, whole: &Whole<'_>) {
        self.begins.clear();
        self.begins.resize(whole.keys.len() + 1, NONE);
        for (person, index) in whole.people.iter().zip(0..) {
            let begin = &mut self.begins[*person as usize];
            if *begin == NONE || ground.is_earlier(whole, index, *begin) {
                *begin = index;
            }
        }
    }

    fn find_spots(&mut self, ground: Ground<'_>, whole: &Whole<'_>) {
        let numbered = whole.numbered;
        self.elsewhere.clone_from(&numbered.elsewhere);
        self.spots.resize(numbered.parts.len(), Vec::new());
        for ((spots, of), part) in self.spots.iter_mut().zip(&numbered.parts).zip(0..) {
            spots.clear();
            spots.resize(numbered.keys.len() + 1, 0);
            for (number, index) in of.numbers.iter().zip(of.people.start..) {
                let spot = &mut spots[*number as usize];
                if *spot == 0 {
                    *spot = index as u32 + 1;
                } else if (*number as usize) < numbered.keys.len() {
                    // Merged people may have several keys in a part.
                    let Range { start, end } = ground.plan.parts[part as usize].part.range(index);
                    self.elsewhere.push((*number, Run { part, start, end }));
                }
            }
        }
        self.elsewhere.sort_by_key(|(number, _)| *number);
    }

    /// The path that begins at a row.
    fn follow(
        &mut self,
        ground: Ground<'_>,
        begin: RowRef,
        number: usize,
        key: u64,
        path: &mut Path,
    ) {
        let part = &ground.plan.parts[begin.part as usize];
        let code = part.part.events().get(begin.row as usize);
        let (slots, kind) = part.slots(code, begin.row, key);
        let mut walk = Walk::new(ground.rules, path, ground.time(begin), (kind, slots));
        self.find_cursors(ground, begin, number);
        while let Some(row) = self.next(ground) {
            let part = &ground.plan.parts[row.part as usize];
            let code = part.part.events().get(row.row as usize);
            let (slots, kind) = part.slots(code, row.row, key);
            if slots & (ACTIVE | BEGIN | TARGET) != 0 && !walk.take(ground.time(row), (kind, slots))
            {
                break;
            }
        }
        walk.end();
    }

    /// Where the rows of a person lie that may be in the path from a row on.
    fn find_cursors(&mut self, ground: Ground<'_>, begin: RowRef, number: usize) {
        self.cursors.clear();
        let place = ground.place(begin);
        let from = self.elsewhere.partition_point(|(one, _)| (*one as usize) < number);
        let more = self.elsewhere[from..].iter().take_while(|(one, _)| *one as usize == number);
        let own = self.spots.iter().zip(&ground.plan.parts).zip(0..);
        let own = own.filter(|((spots, _), _)| spots[number] != 0);
        let own = own.map(|((spots, of), part)| {
            let Range { start, end } = of.part.range(spots[number] as usize - 1);
            Run { part, start, end }
        });
        for run in own.chain(more.map(|(_, run)| *run)) {
            let meta = ground.plan.parts[run.part as usize].part.meta();
            if !ground.meets(place.0, (meta.time_min, meta.time_max)) {
                continue;
            }
            let mut rows = run.start..run.end;
            let is_own = run.part == begin.part && rows.contains(&begin.row);
            match (is_own, ground.rules.is_backward) {
                (true, false) => rows.start = begin.row + 1,
                (true, true) => rows.end = begin.row,
                (false, false) => {
                    let is_before = |row| ground.place(RowRef { part: run.part, row }) < place;
                    rows.start = part_point(rows.clone(), is_before);
                }
                (false, true) => {
                    // Backward, a place is negated: later rows come first.
                    let is_after = |row| ground.place(RowRef { part: run.part, row }) > place;
                    rows.end = part_point(rows.clone(), is_after);
                }
            }
            let mut cursor = Cursor { part: run.part, rows, next: (0, 0) };
            if cursor.look(ground) {
                self.cursors.push(cursor);
            }
        }
    }

    /// The next row in the order of reading.
    #[inline]
    fn next(&mut self, ground: Ground<'_>) -> Option<RowRef> {
        let next = match &self.cursors[..] {
            [] => return None,
            [_] => 0,
            several => {
                let least = several.iter().enumerate().min_by_key(|(_, cursor)| cursor.next);
                least.map_or(0, |(index, _)| index)
            }
        };
        let is_alone = self.cursors.len() == 1;
        let cursor = &mut self.cursors[next];
        let row = if ground.rules.is_backward {
            cursor.rows.end -= 1;
            cursor.rows.end
        } else {
            cursor.rows.start += 1;
            cursor.rows.start - 1
        };
        let place = RowRef { part: cursor.part, row };
        let has_more = if is_alone { !cursor.rows.is_empty() } else { cursor.look(ground) };
        if !has_more {
            self.cursors.swap_remove(next);
        }
        Some(place)
    }
}

impl Cursor {
    /// Finds the place of the next row; `false` if there is none.
    #[inline]
    fn look(&mut self, ground: Ground<'_>) -> bool {
        if self.rows.is_empty() {
            return false;
        }
        let row = if ground.rules.is_backward { self.rows.end - 1 } else { self.rows.start };
        self.next = ground.place(RowRef { part: self.part, row });
        true
    }
}

/// The first row of a range for which something no longer holds.
fn part_point(rows: Range<u32>, holds: impl Fn(u32) -> bool) -> u32 {
    let (mut from, mut to) = (rows.start, rows.end);
    while from < to {
        let middle = from + (to - from) / 2;
        if holds(middle) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    from
}

impl Ground<'_> {
    /// Microseconds; negated if read backward.
    #[inline]
    fn time(self, row: RowRef) -> i64 {
        let time = self.plan.parts[row.part as usize].part.times().get(row.row);
        if self.rules.is_backward { -time } else { time }
    }

    /// Place in the order of reading.
    #[inline]
    fn place(self, row: RowRef) -> (i64, i64) {
        let (time, seq) = self.selection.place(row);
        if self.rules.is_backward { (-time, -(seq as i64)) } else { (time, seq as i64) }
    }

    /// Whether a part may have rows that are read after a moment, within the window.
    #[inline]
    fn meets(self, begin: i64, (least, most): (i64, i64)) -> bool {
        let (least, most) = if self.rules.is_backward { (-most, -least) } else { (least, most) };
        least <= begin.saturating_add(self.rules.window) && most >= begin
    }

    /// Whether a row comes before another in the order of reading.
    #[inline]
    fn is_earlier(self, whole: &Whole<'_>, one: u32, other: u32) -> bool {
        let time = |index: u32| whole.marks[index as usize].time();
        let (a, b) = (time(one), time(other));
        if a != b {
            return (a < b) != self.rules.is_backward;
        }
        self.place(whole.place(one as usize)) < self.place(whole.place(other as usize))
    }
}

/// A path that is being walked, row by row.
struct Walk<'a> {
    rules: &'a Rules,
    path: &'a mut Path,
    begin: i64,
    /// The row before, and the last row of the path with its repeats.
    before: i64,
    last: (u32, u16),
    until: i64,
    goes_on: bool,
}

impl<'a> Walk<'a> {
    /// Times are negated if read backward.
    #[inline]
    fn new(rules: &'a Rules, path: &'a mut Path, begin: i64, of: (u32, u16)) -> Self {
        path.steps.clear();
        path.times.clear();
        path.reached = false;
        let last = (of.0, of.1 & (BEGIN | TARGET));
        let mut walk =
            Self { rules, path, begin, before: begin, last, until: begin, goes_on: false };
        walk.push(Step::Begin, begin);
        walk
    }

    #[inline]
    fn push(&mut self, step: Step, time: i64) {
        self.path.steps.push(step);
        self.path.times.push(if self.rules.is_backward { -time } else { time });
    }

    /// Takes the next active row of the person; `false` if the path is over.
    #[inline]
    fn take(&mut self, time: i64, (kind, slots): (u32, u16)) -> bool {
        let rules = self.rules;
        if time - self.begin > rules.window || rules.gap.is_some_and(|gap| time - self.before > gap)
        {
            return false;
        }
        self.before = time;
        let row = (kind, slots & (BEGIN | TARGET));
        if row.1 == 0 && rules.ignored[kind as usize] {
            return true;
        }
        if rules.collapses && row == self.last && time - self.until <= rules.window {
            self.until = time;
            return true;
        }
        (self.last, self.until) = (row, time);
        let is_target = rules.has_target && slots & TARGET != 0;
        if self.path.steps.len() < rules.columns {
            self.push(if is_target { Step::Target } else { Step::Kind(kind) }, time);
        } else {
            self.goes_on = true;
        }
        self.path.reached = is_target;
        // Beyond the last column only whether it gets there is of interest.
        !is_target && (!self.goes_on || rules.has_target)
    }

    #[inline]
    fn end(self) {
        let (path, has_target) = (self.path, self.rules.has_target);
        if self.goes_on && has_target {
            // The rest does not fit: the last column says only whether it gets there.
            let last = path.steps.len() - 1;
            path.steps[last] = Step::More;
            path.times[last] = path.times[last - 1];
        }
        path.dropped = !path.reached && (has_target || !self.goes_on);
    }
}
