//! The words of an expression.
use super::{No, no};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number,
    /// In milliseconds.
    Duration(u64),
    Quoted(String),
    /// A metric, a label, a function, or an operator in letters.
    Name(String),
    Sign(&'static str),
    End,
}

/// A word, and the characters before it.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub at: usize,
    pub token: Token,
    text: String,
}

impl Word {
    /// Whether it is this sign, or this operator in letters, whatever their case.
    pub fn is(&self, sign: &str) -> bool {
        match &self.token {
            Token::Sign(own) => *own == sign,
            Token::Name(name) => name.eq_ignore_ascii_case(sign),
            _ => false,
        }
    }

    /// It as a message says it.
    pub fn name(&self) -> String {
        if self.token == Token::End { "the end".into() } else { format!("`{}`", self.text) }
    }
}

/// Signs, the longer ones first.
const SIGNS: &[&str] =
    &["=~", "!~", "==", "!=", "<=", ">=", "(", ")", "{", "}", "[", "]", ",", "=", "<", ">", "+", "-", "*", "/", "%", "^", "@"];

/// Units of durations, in the order in which they stand, in milliseconds.
const UNITS: &[(&str, u64)] =
    &[("y", 365 * 86_400_000), ("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

pub(super) fn words(text: &str) -> Result<Vec<Word>, No> {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at, mut brackets): (Vec<Word>, usize, usize) = (vec![], 0, 0);
    while let Some(&c) = chars.get(at) {
        let rest = &chars[at..];
        let (token, size) = match c {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '#' => {
                at += rest.iter().take_while(|c| **c != '\n').count();
                continue;
            }
            '"' | '\'' | '`' => quoted(rest, at)?,
            '0'..='9' | '.' => number(rest, at)?,
            ':' if brackets > 0 => (Token::Sign(":"), 1),
            'a'..='z' | 'A'..='Z' | '_' | ':' => name(rest),
            _ => {
                let known = SIGNS.iter().find(|sign| sign.chars().zip(rest).all(|(a, b)| a == *b) && sign.len() <= rest.len());
                let Some(sign) = known else {
                    return no(at, format!("`{}` means nothing there", c.escape_debug()), "leave it out, or put it in quotes");
                };
                (Token::Sign(sign), sign.len())
            }
        };
        match token {
            Token::Sign("[") => brackets += 1,
            Token::Sign("]") => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        out.push(Word { at, token, text: rest[..size].iter().collect() });
        at += size;
    }
    out.push(Word { at, token: Token::End, text: String::new() });
    Ok(out)
}

fn name(rest: &[char]) -> (Token, usize) {
    let word: String = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || "_:".contains(**c)).collect();
    let size = word.len();
    let number = word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("nan");
    (if number { Token::Number } else { Token::Name(word) }, size)
}

/// A text between quotes; between backquotes nothing stands for something else.
fn quoted(rest: &[char], at: usize) -> Result<(Token, usize), No> {
    let (quote, mut text, mut i) = (rest[0], String::new(), 1);
    loop {
        match rest.get(i) {
            None | Some('\n') if quote != '`' || i >= rest.len() => {
                return no(at, "a text has no end", format!("close it with `{}`", quote.escape_debug()));
            }
            Some(c) if *c == quote => return Ok((Token::Quoted(text), i + 1)),
            Some('\\') if quote != '`' => {
                let Some(next) = rest.get(i + 1).filter(|c| "abfnrtv\\'\"01234567xuU".contains(**c)) else {
                    return no(at + i, "a backslash stands before what has no meaning", "double it, or put the text between backquotes");
                };
                text.push(*next);
                i += 2;
            }
            Some(c) => {
                text.push(*c);
                i += 1;
            }
            None => return no(at, "a text has no end", "close it"),
        }
    }
}

/// A number, or a duration such as `1h30m`.
fn number(rest: &[char], at: usize) -> Result<(Token, usize), No> {
    let run = |from: usize, of: fn(&char) -> bool| rest[from..].iter().take_while(|c| of(c)).count();
    let word: String = rest[..run(0, |c| c.is_ascii_alphanumeric() || *c == '.' || *c == '_')].iter().collect();
    let hex = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
    if hex.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit())) {
        return Ok((Token::Number, word.len()));
    }
    let mut size = run(0, |c| c.is_ascii_digit() || *c == '.');
    if rest.get(size).is_some_and(|c| "eE".contains(*c)) {
        let signed = usize::from(rest.get(size + 1).is_some_and(|c| "+-".contains(*c)));
        let digits = if size + 1 + signed <= rest.len() { run(size + 1 + signed, char::is_ascii_digit) } else { 0 };
        size += if digits > 0 { 1 + signed + digits } else { 0 };
    }
    let plain: String = rest[..size].iter().collect();
    let ends = !rest.get(size).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '.');
    if ends && plain.parse::<f64>().is_ok() {
        return Ok((Token::Number, size));
    }
    match duration(&word) {
        Some(milliseconds) => Ok((Token::Duration(milliseconds), word.len())),
        None => no(
            at,
            format!("`{word}` is neither a number nor a duration"),
            "write a number such as `0.5`, or a duration such as `5m` or `1h30m`",
        ),
    }
}

/// The milliseconds of `1h30m`: each unit once at most, the longer ones first.
fn duration(word: &str) -> Option<u64> {
    let (mut rest, mut units, mut sum) = (word, UNITS, 0u64);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count: u64 = rest[..digits].parse().ok()?;
        let letters = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = &rest[digits..digits + letters];
        let index = units.iter().position(|(known, _)| *known == unit)?;
        sum = sum.checked_add(count.checked_mul(units[index].1)?)?;
        units = &units[index + 1..];
        rest = &rest[digits + letters..];
    }
    Some(sum)
}
