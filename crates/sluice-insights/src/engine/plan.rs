//! A question's events and filters, compiled for each part of a selection.
//!
//! Every event a question mentions is a slot; a row's slots are a bit mask. Names resolve to the
//! part's codes once, so the scan compares small numbers only.

use std::sync::Arc;

use hashbrown::HashMap;
use sluice_columnar::{Part, Selection};
use sluice_filter::Condition;

use super::latest::Latest;
use super::mask::Wanted;
use super::test::Test;
use crate::InsightError;
use crate::query::{ANY_ACTIVE_EVENT, ANY_EVENT, EventAlternative, NEW_USER};

/// Slots are bits of a `u16`.
pub(crate) const SLOTS_MAX: usize = 16;

/// Names of rows that are not activity.
const INACTIVE: [&str; 3] = ["$identify", "$group", "$alias"];

/// One event of a question: any of the alternatives, and all filters.
#[derive(Clone, Debug)]
pub(crate) struct SlotSpec {
    pub(crate) alternatives: Vec<EventAlternative>,
    pub(crate) filters: Vec<Condition>,
}

impl SlotSpec {
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
            ANY_EVENT | NEW_USER => true,
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

#[derive(Debug)]
pub(crate) struct PartPlan {
    pub(crate) part: Arc<Part>,
    pub(crate) by_code: Vec<CodePlan>,
    /// Per code its slots, if no row needs to be looked at.
    pub(crate) plain: Option<Vec<u16>>,
    pub(crate) tests: Vec<Test>,
    pub(crate) codes: Vec<u32>,
    pub(crate) wanted: Wanted,
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
            let compiled = plan.compile(part, slots, latest, &mut kinds)?;
            plan.parts.push(compiled);
        }
        Ok(plan)
    }

    fn compile(
        &mut self,
        part: &Arc<Part>,
        slots: &[SlotSpec],
        latest: Option<&Arc<Latest>>,
        kinds: &mut HashMap<String, u32>,
    ) -> Result<PartPlan, InsightError> {
        let mut tests = Vec::new();
        let mut known: HashMap<(usize, Vec<usize>), Option<u16>> = HashMap::new();
        let mut by_code = vec![CodePlan::default(); part.events_count() as usize];
        let mut codes = Vec::new();
        for (code, plan) in by_code.iter_mut().enumerate() {
            let name = part.event_name(code as u32);
            let mut tested = Vec::new();
            for (slot, spec) in slots.iter().enumerate() {
                let matching: Vec<usize> =
                    (0..spec.alternatives.len()).filter(|index| spec.names(*index, name)).collect();
                if matching.is_empty() {
                    continue;
                }
                if spec.is_first_only() {
                    plan.certain |= 1 << slot;
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
                plan.kind = *kinds.entry_ref(name).or_insert(next);
            }
            plan.tested = tested.into();
        }
        let meta = part.meta();
        let first_tests = slots
            .iter()
            .map(|spec| {
                spec.is_first_only().then(|| Test::all(part, &spec.filters, latest)).transpose()
            })
            .collect::<Result<_, _>>()?;
        let plain =
            by_code.iter().map(|code| code.tested.is_empty().then_some(code.certain)).collect();
        Ok(PartPlan {
            plain,
            wanted: Wanted::new(&codes, part.events_count()),
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

impl PartPlan {
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
