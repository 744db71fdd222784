//! Expressions of PromQL, as far as Prometheus itself looks at them before it runs them ("Querying Prometheus", and the grammar of its parser).
//!
//! An expression is read by the strength of its operators, and the type of every part is known: what needs a range is given one, and what compares
//! compares numbers. What a regular expression says is not looked at.
mod functions;
mod lex;
mod parts;

use functions::{AGGREGATIONS, function, nearest};
use lex::{Token, Word, words};
use parts::Expr;

/// Characters of an expression at most, *(ours)*: the rules file takes a megabyte.
const LONGEST: usize = 8 * 1024;

/// How deep parts may lie in one another *(ours)*.
const DEEPEST: usize = 100;

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct No {
    /// Where: the characters before it.
    pub at: usize,
    /// What is wrong with it.
    pub wrong: String,
    /// What to write instead.
    pub help: String,
}

impl No {
    /// `at column 7`, or with its line where there are several.
    pub fn place(&self, text: &str) -> String {
        let before: String = text.chars().take(self.at).collect();
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let lines = before.matches('\n').count() + 1;
        if text.trim_end().contains('\n') { format!("at line {lines}, column {column}") } else { format!("at column {column}") }
    }
}

/// What an expression is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A number.
    Scalar,
    /// A text.
    Text,
    /// A value of each of many series, now.
    Vector,
    /// The values of each of many series over a while.
    Range,
}

impl Type {
    const fn name(self) -> &'static str {
        match self {
            Type::Scalar => "a number",
            Type::Text => "a text",
            Type::Vector => "series",
            Type::Range => "a range of series",
        }
    }
}

/// Whether a text is an expression that a rule may look at. Errors: the first place at which it is none.
pub fn check(text: &str) -> Result<(), No> {
    let long = text.chars().count();
    if long > LONGEST {
        return no(0, format!("it has {long} characters"), format!("write {LONGEST} at most"));
    }
    let words = words(text)?;
    let mut parser = Parser { words: &words, next: 0, deep: 0 };
    let expr = parser.binary(1)?;
    let left = parser.peek();
    if left.token != Token::End {
        return no(left.at, format!("{} follows a whole expression", left.name()), "put an operator between the two, or leave it out");
    }
    match expr.kind {
        Type::Scalar | Type::Vector => Ok(()),
        kind => no(expr.at, format!("it is {}, and a rule looks at series now", kind.name()), "write `rate(…[5m])`, or compare something"),
    }
}

fn no<T>(at: usize, wrong: impl Into<String>, help: impl Into<String>) -> Result<T, No> {
    Err(No { at, wrong: wrong.into(), help: help.into() })
}

struct Parser<'w> {
    words: &'w [Word],
    next: usize,
    deep: usize,
}

/// Operators between two expressions, and how strongly they bind. The last binds to the right.
const OPERATORS: &[(&str, u8)] = &[
    ("or", 1),
    ("and", 2),
    ("unless", 2),
    ("==", 3),
    ("!=", 3),
    ("<=", 3),
    ("<", 3),
    (">=", 3),
    (">", 3),
    ("+", 4),
    ("-", 4),
    ("*", 5),
    ("/", 5),
    ("%", 5),
    ("atan2", 5),
    ("^", POWER),
];

const POWER: u8 = 6;

/// How two sides find one another.
#[derive(Default)]
struct Matching {
    bool: bool,
    on: bool,
    group: bool,
}

impl<'w> Parser<'w> {
    fn peek(&self) -> &'w Word {
        &self.words[self.next.min(self.words.len() - 1)]
    }

    fn after(&self) -> &'w Word {
        &self.words[(self.next + 1).min(self.words.len() - 1)]
    }

    fn take(&mut self) -> &'w Word {
        let word = self.peek();
        self.next += 1;
        word
    }

    fn is(&self, sign: &str) -> bool {
        self.peek().is(sign)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let is = self.is(sign);
        self.next += usize::from(is);
        is
    }

    fn expect(&mut self, sign: &str, what: &str) -> Result<usize, No> {
        let word = self.peek();
        if self.eat(sign) {
            Ok(word.at)
        } else {
            no(word.at, format!("{} stands where {what} belongs", word.name()), format!("write `{sign}`"))
        }
    }

    fn operator(&self) -> Option<(&'static str, u8)> {
        let word = self.peek();
        OPERATORS.iter().copied().find(|(sign, _)| word.is(sign))
    }

    /// Operators that bind at least as strongly as `least`.
    fn binary(&mut self, least: u8) -> Result<Expr, No> {
        self.deep += 1;
        if self.deep > DEEPEST {
            return no(self.peek().at, format!("its parts lie more than {DEEPEST} deep in one another"), "write it in several rules");
        }
        let mut left = self.unary()?;
        while let Some((sign, strength)) = self.operator().filter(|(_, strength)| *strength >= least) {
            let at = self.take().at;
            let matching = self.matching()?;
            let right = self.binary(if strength == POWER { strength } else { strength + 1 })?;
            left = joined(left, right, (sign, strength), at, &matching)?;
        }
        self.deep -= 1;
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, No> {
        let at = self.peek().at;
        if !self.eat("-") && !self.eat("+") {
            return self.postfix();
        }
        let of = self.binary(POWER)?;
        match of.kind {
            Type::Scalar | Type::Vector => Ok(Expr::plain(of.kind, at)),
            kind => no(at, format!("a sign stands before {}", kind.name()), "write it before a number or series"),
        }
    }

    /// `bool on (a, b) group_left (c)`.
    fn matching(&mut self) -> Result<Matching, No> {
        let mut matching = Matching { bool: self.eat("bool"), ..Matching::default() };
        if self.eat("on") || self.eat("ignoring") {
            matching.on = true;
            self.labels()?;
            if self.eat("group_left") || self.eat("group_right") {
                matching.group = true;
                if self.is("(") {
                    self.labels()?;
                }
            }
        }
        Ok(matching)
    }

    /// `(a, b)`.
    fn labels(&mut self) -> Result<(), No> {
        self.expect("(", "a list of labels")?;
        while !self.eat(")") {
            let word = self.take();
            if !matches!(&word.token, Token::Name(name) if !name.contains(':')) {
                return no(word.at, format!("{} is no label", word.name()), "write names of labels, such as `by (job, instance)`");
            }
            if !self.is(")") {
                self.expect(",", "the next label")?;
            }
        }
        Ok(())
    }

    fn postfix(&mut self) -> Result<Expr, No> {
        let mut expr = self.primary()?;
        loop {
            expr = if self.is("[") {
                self.range(expr)?
            } else if self.is("offset") || self.is("@") {
                self.moved(expr)?
            } else {
                return Ok(expr);
            };
        }
    }

    fn primary(&mut self) -> Result<Expr, No> {
        let word = self.peek();
        match &word.token {
            Token::Number => Ok(Expr::plain(Type::Scalar, self.take().at)),
            Token::Quoted(_) => Ok(Expr::plain(Type::Text, self.take().at)),
            Token::Name(name) => {
                let lower = name.to_ascii_lowercase();
                let called = self.after().is("(");
                let aggregates = called || self.after().is("by") || self.after().is("without");
                if aggregates && let Some((_, first)) = AGGREGATIONS.iter().find(|(known, _)| *known == lower) {
                    return self.aggregation(*first);
                }
                if called { self.call(name) } else { self.selector() }
            }
            Token::Sign("{") => self.selector(),
            Token::Sign("(") => {
                let at = self.take().at;
                let inner = self.binary(1)?;
                self.expect(")", "the end of the parenthesis")?;
                Ok(Expr::plain(inner.kind, at))
            }
            _ => no(
                word.at,
                format!("{} stands where an expression belongs", word.name()),
                "write the name of a metric, a number or a function",
            ),
        }
    }

    /// `sum by (job) (rate(x[5m]))`, with the labels before or behind.
    fn aggregation(&mut self, first: Option<Type>) -> Result<Expr, No> {
        let word = self.take();
        let before = self.grouped()?;
        let mut arguments = self.arguments()?;
        if !before {
            self.grouped()?;
        }
        let wanted = 1 + usize::from(first.is_some());
        if arguments.len() != wanted {
            let help = if wanted == 2 { "write `topk(5, …)`: the parameter first" } else { "write one expression in its parentheses" };
            return no(word.at, format!("{} is given {} arguments", word.name(), arguments.len()), help);
        }
        let of = arguments.pop().unwrap_or_else(|| Expr::plain(Type::Vector, word.at));
        if let (Some(wanted), Some(given)) = (first, arguments.pop()) {
            fits(&given, wanted)?;
        }
        fits(&of, Type::Vector)?;
        Ok(Expr::plain(Type::Vector, word.at))
    }

    fn grouped(&mut self) -> Result<bool, No> {
        let is = self.eat("by") || self.eat("without");
        if is {
            self.labels()?;
        }
        Ok(is)
    }

    fn arguments(&mut self) -> Result<Vec<Expr>, No> {
        self.expect("(", "its arguments")?;
        let mut arguments = vec![];
        while !self.eat(")") {
            arguments.push(self.binary(1)?);
            if !self.is(")") {
                let word = self.peek();
                if !self.eat(",") {
                    let help = "close the parenthesis, or write the next argument behind a comma";
                    return no(word.at, format!("{} stands where `,` or `)` belongs", word.name()), help);
                }
                if self.is(")") {
                    return no(self.peek().at, "an argument is missing behind the comma", "leave the comma out");
                }
            }
        }
        Ok(arguments)
    }

    fn call(&mut self, name: &str) -> Result<Expr, No> {
        let word = self.take();
        let Some(known) = function(name) else {
            let help = nearest(name).map_or_else(|| "write one of Prometheus's functions".into(), |near| format!("did you mean `{near}`?"));
            return no(word.at, format!("there is no function `{name}`"), help);
        };
        let arguments = self.arguments()?;
        if !known.takes(arguments.len()) {
            return no(word.at, format!("`{name}` is given {} arguments", arguments.len()), known.says());
        }
        arguments.iter().enumerate().try_for_each(|(index, given)| fits(given, known.of(index)))?;
        Ok(Expr::plain(known.gives, word.at))
    }
}

/// What is given where something is wanted.
fn fits(given: &Expr, wanted: Type) -> Result<(), No> {
    if given.kind == wanted {
        return Ok(());
    }
    let help = match (wanted, given.kind) {
        (Type::Range, Type::Vector) => "add a range, such as `[5m]`",
        (Type::Vector, Type::Range) => "take a function of it, such as `rate(…[5m])`",
        (Type::Scalar, Type::Vector) => "write a number, or `scalar(…)`",
        _ => "write the other",
    };
    no(given.at, format!("this is {}, where {} belongs", given.kind.name(), wanted.name()), help)
}

fn joined(left: Expr, right: Expr, (sign, strength): (&str, u8), at: usize, matching: &Matching) -> Result<Expr, No> {
    for side in [&left, &right] {
        if !matches!(side.kind, Type::Scalar | Type::Vector) {
            return no(
                side.at,
                format!("`{sign}` stands beside {}", side.kind.name()),
                "it takes numbers and series: `rate(…[5m])` makes such of a range",
            );
        }
    }
    let (compares, sets) = (strength == 3, strength < 3);
    let scalars = [&left, &right].into_iter().filter(|side| side.kind == Type::Scalar).count();
    if compares && scalars == 2 && !matching.bool {
        return no(at, format!("`{sign}` compares two numbers"), "write `bool` behind it, or compare series");
    }
    if matching.bool && !compares {
        return no(at, format!("`bool` stands behind `{sign}`"), "it belongs to a comparison");
    }
    if sets && scalars > 0 {
        return no(at, format!("`{sign}` stands beside a number"), "it joins series: write `vector(…)`");
    }
    if matching.on && scalars > 0 {
        return no(at, format!("labels are matched, and a number stands beside `{sign}`"), "leave `on` and `ignoring` out");
    }
    if matching.group && sets {
        return no(at, format!("`{sign}` groups"), "leave `group_left` and `group_right` out");
    }
    Ok(Expr::plain(if scalars == 2 { Type::Scalar } else { Type::Vector }, left.at))
}
