//! Selectors, ranges, and where in time they are.
use super::{No, Parser, Token, Type, no};

/// What was read.
#[derive(Clone, Copy)]
pub(super) struct Expr {
    pub kind: Type,
    /// Where it begins.
    pub at: usize,
    /// Whether a range may be taken of it as it stands: a selector without one.
    selects: bool,
    /// Whether it may be moved in time: a selector, with its range or without, and a subquery.
    moves: bool,
    offset: bool,
    pinned: bool,
}

impl Expr {
    pub fn plain(kind: Type, at: usize) -> Expr {
        Expr { kind, at, selects: false, moves: false, offset: false, pinned: false }
    }
}

impl Parser<'_> {
    /// `name{label="value"}`.
    pub(super) fn selector(&mut self) -> Result<Expr, No> {
        let word = self.peek();
        let named = matches!(word.token, Token::Name(_));
        self.next += usize::from(named);
        let (mut full, mut renamed) = (named, false);
        if self.eat("{") {
            while !self.eat("}") {
                let (label, sure) = self.matcher()?;
                full |= sure;
                renamed |= label == "__name__";
                if !self.is("}") {
                    self.expect(",", "the next label or `}`")?;
                }
            }
        }
        if named && renamed {
            return no(word.at, "the metric is named twice", "leave `__name__` out");
        }
        if !full {
            return no(word.at, "it selects every series there is", "write the name of a metric, or a label that isn't empty");
        }
        Ok(Expr { selects: true, moves: true, ..Expr::plain(Type::Vector, word.at) })
    }

    /// `label="value"`: the label, and whether it leaves out series without it.
    fn matcher(&mut self) -> Result<(String, bool), No> {
        let word = self.take();
        let Token::Name(label) = &word.token else {
            return no(word.at, format!("{} is no label", word.name()), "write `{label=\"value\"}`");
        };
        if label.contains(':') {
            return no(word.at, format!("{} is no label", word.name()), "write a name without colons");
        }
        let sign = self.take();
        let Some(operator) = ["=", "!=", "=~", "!~"].into_iter().find(|known| sign.is(known)) else {
            return no(sign.at, format!("{} stands behind a label", sign.name()), "write `=`, `!=`, `=~` or `!~`");
        };
        let value = self.take();
        let Token::Quoted(text) = &value.token else {
            return no(value.at, format!("{} is no value of a label", value.name()), "write it in quotes");
        };
        let sure = match operator {
            "=" | "!=" => text.is_empty() != (operator == "="),
            "=~" => !["", ".*"].contains(&text.as_str()),
            _ => ["", ".*"].contains(&text.as_str()),
        };
        Ok((label.clone(), sure))
    }

    /// `[5m]` behind a selector, `[1h:5m]` behind any series.
    pub(super) fn range(&mut self, of: Expr) -> Result<Expr, No> {
        let at = self.take().at;
        self.duration()?;
        if self.eat(":") {
            if !self.is("]") {
                self.duration()?;
            }
            self.expect("]", "the end of the range")?;
            if of.kind != Type::Vector {
                return no(at, format!("a range with a step stands behind {}", of.kind.name()), "it takes series");
            }
            return Ok(Expr { moves: true, ..Expr::plain(Type::Range, of.at) });
        }
        self.expect("]", "the end of the range")?;
        if !of.selects {
            return no(at, "a range stands behind what is no selector", "write it behind the metric itself, or with a step: `[5m:]`");
        }
        if of.offset || of.pinned {
            return no(at, "a range stands behind `offset` or `@`", "write the range first");
        }
        Ok(Expr { selects: false, ..Expr { kind: Type::Range, ..of } })
    }

    fn duration(&mut self) -> Result<(), No> {
        let word = self.take();
        match &word.token {
            Token::Duration(0) => no(word.at, "a duration is nothing", "write one such as `5m`"),
            Token::Duration(_) => Ok(()),
            _ => no(word.at, format!("{} is no duration", word.name()), "write one such as `5m` or `1h30m`"),
        }
    }

    /// `offset 5m`, `@ 1609746000`, `@ start()`.
    pub(super) fn moved(&mut self, of: Expr) -> Result<Expr, No> {
        let word = self.take();
        if !of.moves {
            return no(word.at, format!("{} stands behind what is no selector", word.name()), "write it behind the metric or its range");
        }
        if word.is("offset") {
            let _ = self.eat("-") || self.eat("+");
            self.duration()?;
            if of.offset {
                return no(word.at, "`offset` stands there twice", "leave one out");
            }
            return Ok(Expr { offset: true, ..of });
        }
        if self.eat("start") || self.eat("end") {
            self.expect("(", "`()`")?;
            self.expect(")", "`)`")?;
        } else {
            let _ = self.eat("-") || self.eat("+");
            let time = self.take();
            if time.token != Token::Number {
                return no(time.at, format!("{} is no time", time.name()), "write seconds since 1970, `start()` or `end()`");
            }
        }
        if of.pinned {
            return no(word.at, "`@` stands there twice", "leave one out");
        }
        Ok(Expr { pinned: true, ..of })
    }
}
