//! An expression worked out from its figures. What cannot be worked out is null: a division by
//! zero, the logarithm of nothing.

/// Largest power of e that is worked out.
const EXP_MAX: f64 = 700.0;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Number(f64),
    /// Number of the figure.
    Figure(usize),
    Negative(Box<Self>),
    Binary(Op, Box<Self>, Box<Self>),
    Apply(Function, Box<Self>),
    TrendLine(Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Log,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Exp,
    Ln,
    Log10,
    Sqrt,
}

impl Expr {
    /// Per interval, then of the range; `figures` have the same form.
    pub(super) fn value(&self, figures: &[Vec<Option<f64>>]) -> Vec<Option<f64>> {
        match self {
            Self::Number(number) => {
                vec![Some(*number); figures.first().map_or(0, Vec::len)]
            }
            Self::Figure(index) => figures[*index].clone(),
            Self::Negative(of) => map(&of.value(figures), |value| Some(-value)),
            Self::Binary(op, a, b) => {
                let (a, b) = (a.value(figures), b.value(figures));
                let both = a.into_iter().zip(b);
                both.map(|(a, b)| op.of(a?, b?).filter(|value| value.is_finite())).collect()
            }
            Self::Apply(function, of) => map(&of.value(figures), |value| function.of(value)),
            Self::TrendLine(of) => {
                let mut values = of.value(figures);
                values.pop();
                let mut line = trend_line(&values);
                line.push(None);
                line
            }
        }
    }
}

fn map(values: &[Option<f64>], of: impl Fn(f64) -> Option<f64>) -> Vec<Option<f64>> {
    let finite = |value| of(value).filter(|value: &f64| value.is_finite());
    values.iter().map(|value| value.and_then(finite)).collect()
}

impl Op {
    fn of(self, a: f64, b: f64) -> Option<f64> {
        Some(match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide if b == 0.0 => return None,
            Self::Divide => a / b,
            Self::Power => a.powf(b),
            Self::Log if a <= 0.0 || b <= 0.0 || b == 1.0 => return None,
            Self::Log => a.ln() / b.ln(),
        })
    }
}

impl Function {
    fn of(self, value: f64) -> Option<f64> {
        match self {
            Self::Exp => (value <= EXP_MAX).then(|| value.exp()),
            Self::Ln => (value > 0.0).then(|| value.ln()),
            Self::Log10 => (value > 0.0).then(|| value.log10()),
            Self::Sqrt => (value >= 0.0).then(|| value.sqrt()),
        }
    }
}

/// The straight line with the least squares of distances, over index 0, 1, …
fn trend_line(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let points = values.iter().enumerate().filter_map(|(x, y)| Some((x as f64, (*y)?)));
    let points: Vec<(f64, f64)> = points.collect();
    if points.is_empty() {
        return vec![None; values.len()];
    }
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let spread: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let both: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let slope = if spread == 0.0 { 0.0 } else { both / spread };
    (0..values.len()).map(|x| Some(mean_y + slope * (x as f64 - mean_x))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_points_on_a_line_is_that_line() {
        assert_eq!(trend_line(&[Some(1.0), None, Some(5.0)]), [Some(1.0), Some(3.0), Some(5.0)]);
        assert_eq!(trend_line(&[None, Some(4.0)]), [Some(4.0), Some(4.0)]);
        assert_eq!(trend_line(&[None, None]), [None, None]);
    }

    #[test]
    fn what_has_no_value_is_null() {
        let number = |n: f64| Box::new(Expr::Number(n));
        let figures = [vec![Some(0.0), Some(2.0)]];
        let value = |expr: Expr| expr.value(&figures);
        let divided = Expr::Binary(Op::Divide, number(6.0), Box::new(Expr::Figure(0)));
        assert_eq!(value(divided), [None, Some(3.0)]);
        let log = Expr::Apply(Function::Ln, Box::new(Expr::Figure(0)));
        assert_eq!(value(log), [None, Some(2f64.ln())]);
        assert_eq!(value(Expr::Apply(Function::Exp, number(701.0))), [None, None]);
        assert_eq!(value(Expr::Apply(Function::Sqrt, number(-1.0))), [None, None]);
        assert_eq!(value(Expr::Binary(Op::Log, number(8.0), number(1.0))), [None, None]);
    }
}
