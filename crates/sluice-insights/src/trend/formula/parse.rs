//! From the text of formulas to expressions. Letters of events and names of functions are read
//! without regard to case; a property stands as a word, or in quotes.
//!
//! ```text
//! formulas   = formula { ";" formula }
//! formula    = [ "%:" | "$:" ] sum
//! sum        = product { ("+" | "-") product }
//! product    = factor { ("*" | "/") factor }
//! factor     = "-" factor | number | "(" sum ")" | name "(" arguments ")"
//! ```

use sluice_filter::Scope;

use super::value::{Expr, Function, Op};
use super::{FORMULAS_MAX, Formula};
use crate::InsightError;
use crate::query::{PropertyRef, invalid};
use crate::trend::figure::{Ask, What};
use crate::trend::spec::{FormulaFormat, Measure, TrendQuery};
use crate::trend::window::Window;

/// How deep parentheses and functions may stand in each other.
const DEPTH_MAX: usize = 50;
/// Longest text of all formulas of a question, in bytes.
const TEXT_BYTES_MAX: usize = 10_000;
/// Most numbers, figures and operators of all formulas; bounds how deep a tree can be, since
/// `1 + 1 + …` leans to the left.
const NODES_MAX: usize = 500;
/// Most figures of all formulas: each may take a pass over the events.
const FIGURES_MAX: usize = 50;
/// The property whose sum is revenue.
const REVENUE: &str = "revenue";

const FUNCTIONS: &str = "ACTIVE, ARPAU, AVG, CUMSUM, EVENTTOTALS, EXP, FREQPERCENTILE, LN, LOG, \
    LOG10, PERCENTILE, POWER, PROPAVG, PROPCOUNT, PROPCOUNTAVG, PROPMAX, PROPMIN, PROPSUM, \
    REVENUETOTAL, ROLLAVG, ROLLWIN, ROLLWINBEFORE, SQRT, TOTALS, TRENDLINE, UNIQUES";

/// A figure that a formula needs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FigureOf {
    pub(super) what: What,
    pub(super) window: Window,
    pub(super) mean_of: Option<u32>,
    pub(super) event: usize,
    /// The segment that the letter names.
    pub(super) segment: Option<usize>,
}

impl FigureOf {
    pub(super) fn ask(&self) -> Ask {
        Ask::of(&self.what, self.window, self.mean_of)
    }
}

pub(super) fn formulas(text: &str, query: &TrendQuery) -> Result<Vec<Formula>, InsightError> {
    if matches!(query.measure, Measure::Frequency(_) | Measure::Histogram(_)) {
        return Err(invalid("a formula does not go with a measure that is a distribution"));
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err(invalid(format!("`formula` must have at most {TEXT_BYTES_MAX} bytes")));
    }
    let chars: Vec<char> = text.chars().collect();
    let mut reader = Reader::new(&chars, query);
    let mut list = Vec::new();
    loop {
        let format = reader.format();
        reader.space();
        let from = reader.at;
        let expr = reader.sum()?;
        let label: String = chars[from..reader.at].iter().collect();
        let figures = std::mem::take(&mut reader.figures);
        if figures.is_empty() {
            return Err(reader.wrong_at(from, "a formula needs an event, such as UNIQUES(A)"));
        }
        list.push(Formula { label: label.trim().to_owned(), format, expr, figures });
        if list.len() > FORMULAS_MAX {
            return Err(invalid(format!("at most {FORMULAS_MAX} formulas are allowed")));
        }
        let is_more = reader.take(';');
        reader.space();
        if reader.at == chars.len() {
            return Ok(list);
        }
        if !is_more {
            return Err(reader.wrong("an operator, or `;` before the next formula, is expected"));
        }
    }
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    query: &'a TrendQuery,
    figures: Vec<FigureOf>,
    depth: usize,
    /// Of all formulas so far.
    nodes: usize,
    figures_count: usize,
}

impl<'a> Reader<'a> {
    const fn new(chars: &'a [char], query: &'a TrendQuery) -> Self {
        Self { chars, at: 0, query, figures: Vec::new(), depth: 0, nodes: 0, figures_count: 0 }
    }

    fn wrong(&self, what: &str) -> InsightError {
        self.wrong_at(self.at, what)
    }

    fn wrong_at(&self, at: usize, what: &str) -> InsightError {
        let place = match self.chars.get(at) {
            Some(found) => format!("at character {} (`{found}`)", at + 1),
            None => "at its end".to_owned(),
        };
        invalid(format!("the formula cannot be read {place}: {what}"))
    }

    fn space(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        self.space();
        let found = self.chars.get(self.at) == Some(&wanted);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), InsightError> {
        if self.take(wanted) { Ok(()) } else { Err(self.wrong(&format!("`{wanted}` is expected"))) }
    }

    fn format(&mut self) -> FormulaFormat {
        self.space();
        let format = match self.chars.get(self.at..self.at + 2) {
            Some(['%', ':']) => FormulaFormat::Percent,
            Some(['$', ':']) => FormulaFormat::Money,
            _ => return FormulaFormat::Number,
        };
        self.at += 2;
        format
    }

    fn sum(&mut self) -> Result<Expr, InsightError> {
        let mut left = self.product()?;
        loop {
            let op = match () {
                () if self.take('+') => Op::Add,
                () if self.take('-') => Op::Subtract,
                () => return Ok(left),
            };
            left = Expr::Binary(op, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expr, InsightError> {
        let mut left = self.factor()?;
        loop {
            let op = match () {
                () if self.take('*') => Op::Multiply,
                () if self.take('/') => Op::Divide,
                () => return Ok(left),
            };
            left = Expr::Binary(op, Box::new(left), Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Result<Expr, InsightError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.wrong("too many parentheses stand in each other"));
        }
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            let what = format!("more than {NODES_MAX} numbers and functions stand in the formulas");
            return Err(self.wrong(&what));
        }
        let expr = self.any_factor();
        self.depth -= 1;
        expr
    }

    fn any_factor(&mut self) -> Result<Expr, InsightError> {
        if self.take('-') {
            return Ok(Expr::Negative(Box::new(self.factor()?)));
        }
        if self.take('(') {
            let inner = self.sum()?;
            self.expect(')')?;
            return Ok(inner);
        }
        self.space();
        match self.chars.get(self.at) {
            Some(c) if c.is_ascii_digit() || *c == '.' => self.number().map(Expr::Number),
            Some(c) if c.is_ascii_alphabetic() => self.call(),
            _ => Err(self.wrong("a number, a function or `(` is expected")),
        }
    }

    fn number(&mut self) -> Result<f64, InsightError> {
        self.space();
        let from = self.at;
        while self.chars.get(self.at).is_some_and(|c| c.is_ascii_digit() || *c == '.') {
            self.at += 1;
        }
        let text: String = self.chars[from..self.at].iter().collect();
        text.parse().map_err(|_| self.wrong_at(from, "a number is expected"))
    }

    /// Letters and digits, in capitals.
    fn name(&mut self) -> String {
        self.space();
        let from = self.at;
        while self.chars.get(self.at).is_some_and(char::is_ascii_alphanumeric) {
            self.at += 1;
        }
        self.chars[from..self.at].iter().collect::<String>().to_ascii_uppercase()
    }

    fn call(&mut self) -> Result<Expr, InsightError> {
        let from = self.at;
        let name = self.name();
        if letter(&name).is_some() && !self.peeks('(') {
            let what = format!("an event stands in a function, such as UNIQUES({name})");
            return Err(self.wrong_at(from, &what));
        }
        let function = match name.as_str() {
            "EXP" => Some(Function::Exp),
            "LN" => Some(Function::Ln),
            "LOG10" => Some(Function::Log10),
            "SQRT" => Some(Function::Sqrt),
            _ => None,
        };
        self.expect('(')?;
        let expr = match (name.as_str(), function) {
            (_, Some(function)) => Expr::Apply(function, Box::new(self.sum()?)),
            ("POWER" | "LOG", _) => {
                let op = if name == "POWER" { Op::Power } else { Op::Log };
                let first = self.sum()?;
                self.expect(',')?;
                Expr::Binary(op, Box::new(first), Box::new(self.sum()?))
            }
            ("TRENDLINE", _) => Expr::TrendLine(Box::new(self.trend_line()?)),
            ("CUMSUM" | "ROLLAVG" | "ROLLWIN" | "ROLLWINBEFORE", _) => self.over_time(&name)?,
            _ => self.measure(&name, from)?,
        };
        self.expect(')')?;
        Ok(expr)
    }

    fn peeks(&mut self, wanted: char) -> bool {
        self.space();
        self.chars.get(self.at) == Some(&wanted)
    }

    /// An expression, or a letter for its unique people.
    fn trend_line(&mut self) -> Result<Expr, InsightError> {
        self.space();
        let from = self.at;
        let name = self.name();
        if letter(&name).is_some() && self.peeks(')') {
            self.at = from;
            return self.measure("UNIQUES", from);
        }
        self.at = from;
        self.sum()
    }

    fn over_time(&mut self, name: &str) -> Result<Expr, InsightError> {
        self.space();
        let from = self.at;
        let inner = self.name();
        self.expect(',')?;
        let Expr::Figure(index) = self.measure(&inner, from)? else {
            return Err(self.wrong_at(from, "a function of an event is expected"));
        };
        if name == "CUMSUM" {
            self.figures[index].window = Window::FromStart;
            return Ok(Expr::Figure(index));
        }
        self.expect(',')?;
        self.space();
        let at = self.at;
        let n = self.number()?;
        let most = self.query.interval.rolling_max();
        if n.fract() != 0.0 || n < 1.0 || n > f64::from(most) {
            return Err(self.wrong_at(at, &format!("1 to {most} intervals can be taken")));
        }
        let n = n as u32;
        let figure = &mut self.figures[index];
        match name {
            "ROLLAVG" => figure.mean_of = Some(n),
            "ROLLWIN" => figure.window = Window::Rolling(n),
            _ => figure.window = Window::Before(n),
        }
        Ok(Expr::Figure(index))
    }

    /// A function of an event: what stands between the parentheses.
    fn measure(&mut self, name: &str, from: usize) -> Result<Expr, InsightError> {
        if !is_measure(name) {
            let text = match name {
                "HIST" => "a distribution is no number; take the measure `frequency`".to_owned(),
                "PROPHIST" => {
                    "a distribution is no number; take the measure `histogram`".to_owned()
                }
                _ => format!("`{name}` is no function; there are {FUNCTIONS}"),
            };
            return Err(self.wrong_at(from, &text));
        }
        let (event, segment) = self.event()?;
        let what = match name {
            "ACTIVE" => What::ActivePercent,
            "AVG" => What::Average,
            "TOTALS" | "EVENTTOTALS" => What::Totals,
            "UNIQUES" => What::Uniques,
            "REVENUETOTAL" => What::Sum(revenue()),
            "ARPAU" if !self.peeks(',') => What::SumPerActive(revenue()),
            "FREQPERCENTILE" => What::FrequencyPercentile(self.rank()?),
            _ => {
                let property = self.property()?;
                match name {
                    "ARPAU" => What::SumPerActive(property),
                    "PROPAVG" => What::PropertyAverage(property),
                    "PROPCOUNT" => What::DistinctValues(property),
                    "PROPCOUNTAVG" => What::DistinctPerUser(property),
                    "PROPMAX" => What::Percentile(property, 1.0),
                    "PROPMIN" => What::Percentile(property, 0.0),
                    "PROPSUM" => What::Sum(property),
                    _ => What::Percentile(property, self.rank()?),
                }
            }
        };
        self.figures_count += 1;
        if self.figures_count > FIGURES_MAX {
            let what = format!("more than {FIGURES_MAX} functions of events stand in the formulas");
            return Err(self.wrong_at(from, &what));
        }
        let window = Window::Own;
        self.figures.push(FigureOf { what, window, mean_of: None, event, segment });
        Ok(Expr::Figure(self.figures.len() - 1))
    }

    /// A letter, and the number of a segment if there is one.
    fn event(&mut self) -> Result<(usize, Option<usize>), InsightError> {
        self.space();
        let from = self.at;
        let name = self.name();
        let Some((event, number)) = letter(&name) else {
            return Err(self.wrong_at(from, "the letter of an event is expected"));
        };
        if event >= self.query.events.len() {
            let what = format!("there is no event {}", &name[..1]);
            return Err(self.wrong_at(from, &what));
        }
        let segments = self.query.segments.len().max(1);
        match number {
            Some(number) if number == 0 || number > segments => {
                let what = format!("there is no segment {number}");
                Err(self.wrong_at(from, &what))
            }
            _ => Ok((event, number.map(|number| number - 1))),
        }
    }

    fn rank(&mut self) -> Result<f64, InsightError> {
        self.expect(',')?;
        self.space();
        let from = self.at;
        let rank = self.number()?;
        if (0.0..=1.0).contains(&rank) {
            return Ok(rank);
        }
        Err(self.wrong_at(from, "a percentile is 0 to 1"))
    }

    /// `, price`, `, user:plan`, `, "order total"`.
    fn property(&mut self) -> Result<PropertyRef, InsightError> {
        let needed = "a property is expected, as in PROPSUM(A, price)";
        if !self.take(',') {
            return Err(self.wrong(needed));
        }
        let mut of = Scope::Event;
        for (word, scope) in [("user:", Scope::User), ("context:", Scope::Context)] {
            self.space();
            let next = self.chars.get(self.at..self.at + word.len());
            if next.is_some_and(|next| next.iter().collect::<String>() == word) {
                self.at += word.len();
                of = scope;
            }
        }
        self.space();
        let from = self.at;
        let property: String = if self.take('"') {
            let rest = &self.chars[self.at..];
            let Some(end) = rest.iter().position(|c| *c == '"') else {
                return Err(self.wrong_at(from, "the quotes do not end"));
            };
            self.at += end + 1;
            rest[..end].iter().collect()
        } else {
            let is_part = |c: &char| c.is_alphanumeric() || ['_', '.', '$'].contains(c);
            let end = self.chars[from..].iter().take_while(|c| is_part(c)).count();
            self.at += end;
            self.chars[from..from + end].iter().collect()
        };
        if property.is_empty() {
            return Err(self.wrong_at(from, needed));
        }
        Ok(PropertyRef { property, of })
    }
}

/// The event and the segment that a name of letter and number means.
fn letter(name: &str) -> Option<(usize, Option<usize>)> {
    let mut chars = name.chars();
    let letter = chars.next().filter(char::is_ascii_uppercase)?;
    let number = match chars.as_str() {
        "" => None,
        digits => Some(digits.parse().ok()?),
    };
    Some((letter as usize - 'A' as usize, number))
}

fn is_measure(name: &str) -> bool {
    let others =
        ["CUMSUM", "EXP", "LN", "LOG", "LOG10", "POWER", "ROLLAVG", "ROLLWIN", "ROLLWINBEFORE"];
    FUNCTIONS.split(", ").any(|one| one == name)
        && !others.contains(&name)
        && !["SQRT", "TRENDLINE"].contains(&name)
}

fn revenue() -> PropertyRef {
    PropertyRef { property: REVENUE.to_owned(), of: Scope::Event }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{DateRange, EventSelector};

    fn query(events: usize, segments: usize) -> TrendQuery {
        let mut query: TrendQuery = serde_json::from_value(serde_json::json!({
            "range": { "last_days": 7 },
            "events": vec![EventSelector::named("E"); events],
            "segments": vec![serde_json::json!({}); segments],
        }))
        .unwrap();
        query.range = DateRange::LastDays { last_days: 7 };
        query
    }

    fn error(text: &str) -> String {
        formulas(text, &query(2, 2)).unwrap_err().to_string()
    }

    #[test]
    fn an_error_says_where_and_what_is_expected() {
        let check = |text: &str, expected: &str| {
            let found = error(text);
            assert!(found.contains(expected), "{text}: {found}");
        };
        check("UNIQUES(A) +", "at its end: a number, a function or `(` is expected");
        check("UNIQUES(A", "at its end: `)` is expected");
        check("UNIQUES(C)", "at character 9 (`C`): there is no event C");
        check("UNIQUES(A3)", "at character 9 (`A`): there is no segment 3");
        check("A / B", "at character 1 (`A`): an event stands in a function, such as UNIQUES(A)");
        check("NOPE(A)", "at character 1 (`N`): `NOPE` is no function; there are ACTIVE");
        check("HIST(A)", "the measure `frequency`");
        check("PROPSUM(A)", "at character 10 (`)`): a property is expected");
        check("PROPSUM(A, \"x)", "at character 12 (`\"`): the quotes do not end");
        check("PERCENTILE(A, x, 2)", "at character 18 (`2`): a percentile is 0 to 1");
        check("ROLLWIN(TOTALS, A, 91)", "at character 20 (`9`): 1 to 90 intervals");
        check("UNIQUES(A) UNIQUES(B)", "at character 12 (`U`): an operator, or `;`");
        check("1 + 2", "at character 1 (`1`): a formula needs an event");
        check(&"(".repeat(60), "too many parentheses");
    }

    #[test]
    fn formulas_that_are_too_long_or_have_too_many_parts_are_refused_before_they_are_trees() {
        let long = format!("UNIQUES(A){}", "+1".repeat(125_000));
        assert!(error(&long).contains("at most 10000 bytes"), "{}", error(&long));
        let wide = format!("UNIQUES(A){}", "+1".repeat(600));
        assert!(error(&wide).contains("more than 500 numbers"), "{}", error(&wide));
        let costly = vec!["UNIQUES(A)"; 51].join("+");
        assert!(error(&costly).contains("more than 50 functions of events"), "{}", error(&costly));
        let several = vec![["TOTALS(B)"; 10].join("*"); 6].join(";");
        assert!(error(&several).contains("more than 50 functions of events"));
        assert!(formulas(&vec!["UNIQUES(A)"; 50].join("+"), &query(1, 0)).is_ok());
    }

    #[test]
    fn formulas_are_read_with_their_formats_labels_and_figures() {
        let text =
            " %: uniques(b)/Uniques(a) ;$:PROPSUM(A2, user:\"order total\")*-2.5; trendline(A)";
        let list = formulas(text, &query(2, 2)).unwrap();
        let labels: Vec<&str> = list.iter().map(|one| one.label.as_str()).collect();
        let expected =
            ["uniques(b)/Uniques(a)", "PROPSUM(A2, user:\"order total\")*-2.5", "trendline(A)"];
        assert_eq!(labels, expected);
        let formats: Vec<_> = list.iter().map(|one| one.format).collect();
        use FormulaFormat::{Money, Number, Percent};
        assert_eq!(formats, [Percent, Money, Number]);
        let property = PropertyRef { property: "order total".to_owned(), of: Scope::User };
        let [figure] = &list[1].figures[..] else { panic!("one figure") };
        assert_eq!(
            (&figure.what, figure.event, figure.segment),
            (&What::Sum(property), 0, Some(1))
        );
        assert_eq!(list[2].expr, Expr::TrendLine(Box::new(Expr::Figure(0))));
    }

    #[test]
    fn products_bind_stronger_than_sums_and_the_left_comes_first() {
        let value = |text: &str| {
            let list = formulas(text, &query(1, 0)).unwrap();
            list[0].expr.value(&[vec![Some(10.0)], vec![Some(10.0)]])[0].unwrap()
        };
        assert_eq!(value("UNIQUES(A) - 2 - 3 * 2"), 2.0);
        assert_eq!(value("(UNIQUES(A) - 2) / 4 / 2"), 1.0);
        assert_eq!(value("-UNIQUES(A) + POWER(2, 3) + SQRT(16)"), 2.0);
    }
}
