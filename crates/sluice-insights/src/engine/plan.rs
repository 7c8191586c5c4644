//! A question's events and filters, compiled for each part of a selection.
//!
//! Every event a question mentions is a slot; a row's slots are a bit mask. Names resolve to the
//! part's codes once, so the scan compares small numbers only.

use std::sync::Arc;

use hashbrown::HashMap;
use sluice_columnar::{CodeSlice, Part, Selection};
use sluice_filter::Condition;

use super::latest::Latest;
use super::mask::Wanted;
use super::test::{CellsOf, Test};
use crate::InsightError;
use crate::query::{ANY_ACTIVE_EVENT, ANY_EVENT, EventAlternative, EventSelector, NEW_USER};

/// Masks of more tests than this would cost more than looking at the rows.
const GATES_MAX: usize = 4;

/// Slots are bits of a `u16`.
pub(crate) const SLOTS_MAX: usize = 16;

/// Names of rows that are not activity.
const INACTIVE: [&str; 3] = ["$identify", "$group", "$alias"];

/// One event of a question: any of the alternatives, and all filters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SlotSpec {
    pub(crate) alternatives: Vec<EventAlternative>,
    pub(crate) filters: Vec<Condition>,
}

impl SlotSpec {
    /// An event of a question, with conditions on top of its own.
    pub(crate) fn of(event: &EventSelector, further: &[Condition]) -> Self {
        Self {
            alternatives: event.alternatives(),
            filters: event.filters.iter().chain(further).cloned().collect(),
        }
    }

    pub(crate) fn any_active(filters: &[Condition]) -> Self {
        let event = ANY_ACTIVE_EVENT.to_owned();
        Self {
            alternatives: vec![EventAlternative { event, filters: Vec::new() }],
            filters: filters.to_vec(),
        }
    }

    /// Whether it may match rows that are not activity.
    pub(crate) fn may_be_inactive(&self) -> bool {
        self.alternatives.iter().any(|one| {
            one.event == ANY_EVENT
                || one.event == NEW_USER
                || INACTIVE.contains(&one.event.as_str())
        })
    }

    /// The pseudo-event of a person's first row.
    pub(crate) fn is_first_only(&self) -> bool {
        self.alternatives.iter().any(|one| one.event == NEW_USER)
    }

    fn names(&self, alternative: usize, name: &str) -> bool {
        match self.alternatives[alternative].event.as_str() {
            ANY_ACTIVE_EVENT => !INACTIVE.contains(&name),
            ANY_EVENT => true,
            event => event == name,
        }
    }
}

/// What a row with some event code may be.
#[derive(Clone, Debug, Default)]
pub(crate) struct CodePlan {
    /// Slots that need no look at the row.
    pub(crate) certain: u16,
    /// Slots and the tests that decide.
    pub(crate) tested: Box<[(u8, u16)]>,
    /// The event name's number, the same in all parts.
    pub(crate) kind: u32,
}

/// Event codes whose rows count if one test holds, or always.
#[derive(Debug)]
struct Gate {
    wanted: Wanted,
    test: Option<u16>,
}

#[derive(Debug)]
pub(crate) struct PartPlan {
    pub(crate) part: Arc<Part>,
    pub(crate) by_code: Vec<CodePlan>,
    /// Per code the slots of the rows that pass [`PartPlan::mask`], if these need no further look.
    pub(crate) plain: Option<Vec<u16>>,
    pub(crate) tests: Vec<Test>,
    pub(crate) codes: Vec<u32>,
    gates: Vec<Gate>,
    /// Filters of slots that stand for a person's first row; asked after that row is known.
    pub(crate) first_tests: Vec<Option<Test>>,
    /// Whether every row lies in the range of times.
    pub(crate) all_in_range: bool,
}

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) parts: Vec<PartPlan>,
    /// Times looked at, microseconds, end exclusive.
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// Slots of the pseudo-event of a person's first row.
    pub(crate) first_only: u16,
    /// No event name is in two slots.
    pub(crate) disjoint: bool,
}

impl Plan {
    pub(crate) fn new(
        selection: &Selection,
        slots: &[SlotSpec],
        latest: Option<&Arc<Latest>>,
        (from, to): (i64, i64),
    ) -> Result<Self, InsightError> {
        debug_assert!(slots.len() <= SLOTS_MAX);
        let mut plan = Self { parts: Vec::new(), from, to, first_only: 0, disjoint: true };
        for (slot, spec) in slots.iter().enumerate() {
            plan.first_only |= u16::from(spec.is_first_only()) << slot;
        }
        let mut kinds: HashMap<String, u32> = HashMap::new();
        for part in selection.parts() {
            let compiled = plan.compile((selection, part), slots, latest, &mut kinds)?;
            plan.parts.push(compiled);
        }
        Ok(plan)
    }

    /// Which codes of a column rows of a part have that may have one of some slots.
    pub(super) fn met(&self, part: usize, cells: &CellsOf, slots: u16) -> Vec<bool> {
        let mut met = vec![false; cells.codes_count() as usize];
        let plan = &self.parts[part];
        let (codes, times) = (plan.part.events(), plan.part.times());
        let rows = plan.part.rows();
        for from in (0..rows).step_by(64).filter(|_| !plan.codes.is_empty()) {
            let to = (from + 64).min(rows);
            let mut mask = plan.mask::<false>(codes, from as usize, to as usize);
            mask &= u64::MAX >> (64 - (to - from));
            while mask != 0 {
                let row = from + mask.trailing_zeros();
                mask &= mask - 1;
                let time = times.get(row);
                let is_inside = plan.all_in_range || (self.from <= time && time < self.to);
                if is_inside && plan.may_have(codes.get(row as usize), row, slots) {
                    met[cells.code(row) as usize] = true;
                }
            }
        }
        met
    }

    fn compile(
        &mut self,
        (selection, part): (&Selection, &Arc<Part>),
        slots: &[SlotSpec],
        latest: Option<&Arc<Latest>>,
        kinds: &mut HashMap<String, u32>,
    ) -> Result<PartPlan, InsightError> {
        let mut tests = Vec::new();
        let mut known: HashMap<(usize, Vec<usize>), Option<u16>> = HashMap::new();
        let mut by_code = vec![CodePlan::default(); part.events_count() as usize];
        let mut codes = Vec::new();
        for (code, plan) in by_code.iter_mut().enumerate() {
            // A person's first row is theirs also where its event counts nowhere else.
            plan.certain = self.first_only;
            let name = selection.event_name(part, code as u32);
            let mut tested = Vec::new();
            for (slot, spec) in slots.iter().enumerate().filter(|(_, spec)| !spec.is_first_only()) {
                let names = |index: &usize| name.is_some_and(|name| spec.names(*index, name));
                let matching: Vec<usize> = (0..spec.alternatives.len()).filter(names).collect();
                if matching.is_empty() {
                    continue;
                }
                let index = match known.get(&(slot, matching.clone())) {
                    Some(index) => *index,
                    None => {
                        let test = slot_test(part, spec, &matching, latest)?;
                        let index = match test {
                            Test::Const(false) => None,
                            test => {
                                tests.push(test);
                                Some(tests.len() as u16 - 1)
                            }
                        };
                        known.insert((slot, matching), index);
                        index
                    }
                };
                match index {
                    None => {}
                    Some(index) if matches!(tests[index as usize], Test::Const(true)) => {
                        plan.certain |= 1 << slot;
                    }
                    Some(index) => tested.push((slot as u8, index)),
                }
            }
            self.disjoint &= plan.certain.count_ones() as usize + tested.len() <= 1;
            if plan.certain != 0 || !tested.is_empty() {
                codes.push(code as u32);
                let next = kinds.len() as u32;
                plan.kind = *kinds.entry_ref(name.unwrap_or_default()).or_insert(next);
            }
            plan.tested = tested.into();
        }
        let meta = part.meta();
        let first_tests = slots
            .iter()
            .map(|spec| {
                let is_first = |index: &usize| spec.alternatives[*index].event == NEW_USER;
                let first: Vec<usize> = (0..spec.alternatives.len()).filter(is_first).collect();
                (!first.is_empty()).then(|| slot_test(part, spec, &first, latest)).transpose()
            })
            .collect::<Result<_, _>>()?;
        let (gates, plain) = gates_and_slots(&by_code, &tests, &codes);
        Ok(PartPlan {
            plain,
            gates,
            all_in_range: meta.time_min >= self.from && meta.time_max < self.to,
            part: part.clone(),
            by_code,
            tests,
            codes,
            first_tests,
        })
    }
}

fn slot_test(
    part: &Arc<Part>,
    spec: &SlotSpec,
    matching: &[usize],
    latest: Option<&Arc<Latest>>,
) -> Result<Test, InsightError> {
    let mut alternatives = Vec::with_capacity(matching.len());
    for index in matching {
        alternatives.push(Test::all(part, &spec.alternatives[*index].filters, latest)?);
    }
    Ok(Test::any_of(alternatives).and(Test::all(part, &spec.filters, latest)?))
}

impl CodePlan {
    /// All slots that a row may have.
    fn slots(&self) -> u16 {
        self.tested.iter().fold(self.certain, |slots, (slot, _)| slots | 1 << slot)
    }

    /// The test that alone decides for a row, or none if none is needed; `None` if it takes more.
    fn only_test(&self) -> Option<Option<u16>> {
        let mut tests = self.tested.iter().map(|(_, test)| *test);
        let first = tests.next();
        let alone = tests.all(|test| Some(test) == first);
        (alone && (first.is_none() || self.certain == 0)).then_some(first)
    }
}

/// The masks that find rows, and per code the slots of these rows where that is enough.
fn gates_and_slots(
    by_code: &[CodePlan],
    tests: &[Test],
    codes: &[u32],
) -> (Vec<Gate>, Option<Vec<u16>>) {
    match gates(by_code, tests) {
        Some(gates) => (gates, Some(by_code.iter().map(CodePlan::slots).collect())),
        None => (vec![Gate { wanted: Wanted::new(codes, by_code.len() as u32), test: None }], None),
    }
}

/// The codes by the test that decides for their rows, if it is one for each code and can be asked
/// of many rows at once.
fn gates(by_code: &[CodePlan], tests: &[Test]) -> Option<Vec<Gate>> {
    let mut codes: Vec<(Option<u16>, Vec<u32>)> = Vec::new();
    for (plan, code) in by_code.iter().zip(0..).filter(|(plan, _)| plan.slots() != 0) {
        let test = plan.only_test()?;
        if test.is_some_and(|test| !tests[usize::from(test)].is_of_rows()) {
            return None;
        }
        match codes.iter_mut().find(|(one, _)| *one == test) {
            Some((_, codes)) => codes.push(code),
            None => codes.push((test, vec![code])),
        }
    }
    let gate = |(test, codes): (_, Vec<u32>)| Gate {
        wanted: Wanted::new(&codes, by_code.len() as u32),
        test,
    };
    (codes.len() <= GATES_MAX).then(|| codes.into_iter().map(gate).collect())
}

impl PartPlan {
    /// Which of the rows `from..to`, at most 64 of them, may match; bit 0 is `from`. Bits beyond
    /// mean nothing.
    #[inline(always)]
    pub(crate) fn mask<const WIDEST: bool>(
        &self,
        codes: CodeSlice<'_>,
        from: usize,
        to: usize,
    ) -> u64 {
        let mut all = 0;
        for gate in &self.gates {
            let mut mask = gate.wanted.mask::<WIDEST>(codes, from, to);
            if let Some(test) = gate.test
                && mask != 0
            {
                mask &= self.tests[usize::from(test)].mask(from, to);
            }
            all |= mask;
        }
        all
    }

    /// The same for one row that has one of the wanted codes.
    #[inline]
    pub(crate) fn may_match(&self, row: u32) -> bool {
        let at = row as usize;
        self.gates.iter().all(|gate| gate.test.is_none())
            || self.mask::<false>(self.part.events(), at, at + 1) & 1 != 0
    }

    /// Whether a row may have one of some slots, whoever's it is.
    fn may_have(&self, code: u32, row: u32, slots: u16) -> bool {
        let plan = &self.by_code[code as usize];
        let may_hold = |test: u16| {
            let test = &self.tests[usize::from(test)];
            !test.is_of_rows() || test.holds(row, 0)
        };
        plan.certain & slots != 0
            || plan.tested.iter().any(|(slot, test)| slots >> slot & 1 != 0 && may_hold(*test))
    }

    /// The slots of a row found by [`PartPlan::mask`].
    #[inline]
    pub(crate) fn slots_found(&self, code: u32, row: u32, person: u64) -> (u16, u32) {
        match &self.plain {
            Some(slots) => (slots[code as usize], self.by_code[code as usize].kind),
            None => self.slots(code, row, person),
        }
    }

    /// The slots of a row.
    #[inline]
    pub(crate) fn slots(&self, code: u32, row: u32, person: u64) -> (u16, u32) {
        let plan = &self.by_code[code as usize];
        let mut slots = plan.certain;
        for (slot, test) in &plan.tested {
            if self.tests[*test as usize].holds(row, person) {
                slots |= 1 << slot;
            }
        }
        (slots, plan.kind)
    }
}
