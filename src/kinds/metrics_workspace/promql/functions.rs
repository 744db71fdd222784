//! The functions and aggregations that Prometheus has without any flag ("Query functions", "Aggregation operators").
use super::Type::{self, Range, Scalar, Text, Vector};

/// Each with the type of its parameter, where it has one.
pub(super) const AGGREGATIONS: &[(&str, Option<Type>)] = &[
    ("avg", None),
    ("bottomk", Some(Scalar)),
    ("count", None),
    ("count_values", Some(Text)),
    ("group", None),
    ("max", None),
    ("min", None),
    ("quantile", Some(Scalar)),
    ("stddev", None),
    ("stdvar", None),
    ("sum", None),
    ("topk", Some(Scalar)),
];

/// A function's arguments, and what it gives.
pub(super) struct Function {
    takes: &'static [Type],
    /// How many of the last may be missing; `None`: the last may be there any number of times.
    optional: Option<usize>,
    pub gives: Type,
}

impl Function {
    pub fn takes(&self, given: usize) -> bool {
        let all = self.takes.len();
        self.optional.map_or(given + 1 >= all, |optional| (all - optional..=all).contains(&given))
    }

    /// The type of an argument.
    pub fn of(&self, index: usize) -> Type {
        self.takes.get(index).or(self.takes.last()).copied().unwrap_or(Vector)
    }

    /// How many it takes.
    pub fn says(&self) -> String {
        let all = self.takes.len();
        match self.optional {
            None => format!("it takes {} or more", all - 1),
            Some(0) => format!("it takes {all}"),
            Some(optional) => format!("it takes {} to {all}", all - optional),
        }
    }
}

/// Those of one argument.
const OF_RANGE: &[&str] = &[
    "absent_over_time",
    "avg_over_time",
    "changes",
    "count_over_time",
    "delta",
    "deriv",
    "idelta",
    "increase",
    "irate",
    "last_over_time",
    "max_over_time",
    "min_over_time",
    "present_over_time",
    "rate",
    "resets",
    "stddev_over_time",
    "stdvar_over_time",
    "sum_over_time",
];
const OF_SERIES: &[&str] = &[
    "abs",
    "absent",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "ceil",
    "cos",
    "cosh",
    "deg",
    "exp",
    "floor",
    "histogram_count",
    "histogram_sum",
    "ln",
    "log10",
    "log2",
    "rad",
    "sgn",
    "sin",
    "sinh",
    "sort",
    "sort_desc",
    "sqrt",
    "tan",
    "tanh",
    "timestamp",
];
/// Those of the time of series, or of now.
const OF_TIME: &[&str] = &["day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year"];

/// All others: what each takes, how much of that may be missing, and what it gives.
type Row = (&'static str, &'static [Type], Option<usize>, Type);
const OTHERS: &[Row] = &[
    ("clamp", &[Vector, Scalar, Scalar], Some(0), Vector),
    ("clamp_max", &[Vector, Scalar], Some(0), Vector),
    ("clamp_min", &[Vector, Scalar], Some(0), Vector),
    ("histogram_fraction", &[Scalar, Scalar, Vector], Some(0), Vector),
    ("histogram_quantile", &[Scalar, Vector], Some(0), Vector),
    ("holt_winters", &[Range, Scalar, Scalar], Some(0), Vector),
    ("label_join", &[Vector, Text, Text, Text], None, Vector),
    ("label_replace", &[Vector, Text, Text, Text, Text], Some(0), Vector),
    ("pi", &[], Some(0), Scalar),
    ("predict_linear", &[Range, Scalar], Some(0), Vector),
    ("quantile_over_time", &[Scalar, Range], Some(0), Vector),
    ("round", &[Vector, Scalar], Some(1), Vector),
    ("scalar", &[Vector], Some(0), Scalar),
    ("time", &[], Some(0), Scalar),
    ("vector", &[Scalar], Some(0), Vector),
];

pub(super) fn function(name: &str) -> Option<Function> {
    let one = |takes: &'static [Type], optional| Function { takes, optional: Some(optional), gives: Vector };
    if OF_RANGE.contains(&name) {
        return Some(one(&[Range], 0));
    }
    if OF_SERIES.contains(&name) {
        return Some(one(&[Vector], 0));
    }
    if OF_TIME.contains(&name) {
        return Some(one(&[Vector], 1));
    }
    let row = OTHERS.iter().find(|(known, ..)| *known == name);
    row.map(|(_, takes, optional, gives)| Function { takes, optional: *optional, gives: *gives })
}

/// The function whose name is nearest, where one is near.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let all = OF_RANGE.iter().chain(OF_SERIES).chain(OF_TIME).copied().chain(OTHERS.iter().map(|(known, ..)| *known));
    let all = all.chain(AGGREGATIONS.iter().map(|(known, _)| *known));
    let near = all.map(|known| (strsim::damerau_levenshtein(known, name), !known.starts_with(name), known)).min();
    near.filter(|(distance, ..)| *distance <= 2).map(|(.., known)| known)
}
