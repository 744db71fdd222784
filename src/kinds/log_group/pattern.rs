//! Filter patterns of CloudWatch Logs, as far as its user guide tells their syntax ("Filter pattern syntax for metric filters").
//!
//! A pattern is words (`ERROR -debug ?"two words" %a.c%`), fields of events in JSON (`{ $.level = "error" && $.took > 3 }`), or fields between spaces
//! (`[ip, ..., status = 5*]`).

/// Characters of a pattern at most (`FilterPattern` in the API model).
const LONGEST: usize = 1024;

/// Regular expressions in one pattern at most.
const EXPRESSIONS: usize = 2;

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct No {
    /// What is wrong with it.
    pub wrong: String,
    /// What to write instead.
    pub help: String,
}

fn no<T>(wrong: impl Into<String>, help: impl Into<String>) -> Result<T, No> {
    Err(No { wrong: wrong.into(), help: help.into() })
}

/// Whether a text is a pattern. Errors: the first place at which it is none.
pub fn check(text: &str) -> Result<(), No> {
    let long = text.chars().count();
    if long > LONGEST {
        return no(format!("it has {long} characters"), format!("write {LONGEST} at most"));
    }
    let tokens = tokens(text)?;
    let many = tokens.iter().filter(|t| matches!(t, Token::Expression)).count();
    if many > EXPRESSIONS {
        return no(format!("it has {many} regular expressions"), format!("write {EXPRESSIONS} at most between `%`"));
    }
    match tokens.first() {
        Some(Token::Sign('{')) => Json { rest: &tokens[1..] }.whole(),
        Some(Token::Sign('[')) => columns(&tokens[1..]),
        _ => words(&tokens),
    }
}

/// How many regular expressions a pattern has.
pub fn expressions(text: &str) -> usize {
    tokens(text).unwrap_or_default().iter().filter(|t| matches!(t, Token::Expression)).count()
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A text between quotes.
    Quoted,
    /// A regular expression between `%`.
    Expression,
    /// One of `{}[](),`.
    Sign(char),
    /// `=`, `!=`, `<`, `>`, `<=`, `>=`.
    Compare,
    /// `&&` or `||`.
    Join,
    /// All else up to a space or one of these.
    Word(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, No> {
    let (mut out, mut rest) = (vec![], text);
    // Within `$.a["b"]` brackets belong to the selector.
    while let Some(c) = rest.chars().next() {
        let size = match c {
            c if c.is_whitespace() => c.len_utf8(),
            '"' => {
                out.push(Token::Quoted);
                closed(rest, '"')?
            }
            '%' => {
                out.push(Token::Expression);
                closed(rest, '%')?
            }
            '{' | '}' | '(' | ')' | ',' | '[' | ']' => {
                out.push(Token::Sign(c));
                1
            }
            '=' | '<' | '>' | '!' => {
                let size = if rest[1..].starts_with('=') { 2 } else { 1 };
                out.push(if &rest[..size] == "!" { Token::Word("!".into()) } else { Token::Compare });
                size
            }
            '&' | '|' => {
                let doubled = rest[1..].starts_with(c);
                out.push(if doubled { Token::Join } else { Token::Word(c.into()) });
                if doubled { 2 } else { 1 }
            }
            '$' => {
                let size = selector(rest);
                out.push(Token::Word(rest[..size].into()));
                size
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || "\"%{}()[],=<>!&|".contains(c));
                let size = end.unwrap_or(rest.len());
                out.push(Token::Word(rest[..size].into()));
                size
            }
        };
        rest = &rest[size..];
    }
    Ok(out)
}

/// How long what a sign opens is, up to the same sign; `\` takes the meaning of what follows it.
fn closed(text: &str, sign: char) -> Result<usize, No> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == sign => return Ok(at + 1),
            _ => {}
        }
    }
    no(format!("a `{sign}` has no partner"), format!("close it, or write `\\{sign}` within quotes"))
}

/// How long a selector is: `$.a.b[0].c`, `$.['a b']`.
fn selector(text: &str) -> usize {
    let mut inside = false;
    let end = text.char_indices().find(|(_, c)| {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            c if !inside => return c.is_whitespace() || "\"%{}(),=<>!&|".contains(*c),
            _ => {}
        }
        false
    });
    end.map_or(text.len(), |(at, _)| at)
}

/// Words of a line: letters, digits and `_`; what has other characters stands in quotes.
fn words(tokens: &[Token]) -> Result<(), No> {
    for token in tokens {
        match token {
            Token::Quoted | Token::Expression => {}
            Token::Word(word) => {
                let plain = word.trim_start_matches(['-', '?']);
                if let Some(c) = plain.chars().find(|c| !c.is_alphanumeric() && *c != '_') {
                    return no(format!("the word `{word}` has the character `{c}`"), "put it in double quotes");
                }
            }
            Token::Compare | Token::Join | Token::Sign(_) => {
                let help =
                    "put words with other characters than letters, digits and `_` in double quotes, or all of it in `{ … }` for JSON";
                return no("outside of quotes it has a sign that means nothing among words", help);
            }
        }
    }
    Ok(())
}

/// Fields between spaces: names with conditions, separated by commas; what stands in a condition is the service's to judge.
fn columns(tokens: &[Token]) -> Result<(), No> {
    let Some((Token::Sign(']'), inner)) = tokens.split_last() else {
        return no("`[` is not closed at its end", "write `[` … `]` around all of it");
    };
    let mut opened = 0_i32;
    for token in inner {
        match token {
            Token::Sign('(') => opened += 1,
            Token::Sign(')') => opened -= 1,
            Token::Sign(',') if opened == 0 => {}
            Token::Sign(c) => return no(format!("`{c}` means nothing between the fields of a line"), "separate them by commas"),
            _ => {}
        }
        if opened < 0 {
            break;
        }
    }
    let named = inner.split(|t| *t == Token::Sign(',')).all(|field| matches!(field.first(), Some(Token::Word(_) | Token::Sign('('))));
    if opened != 0 {
        return no("a parenthesis has no partner", "close it");
    }
    if named { Ok(()) } else { no("a field of the line has no name", "write a name or `...` between the commas: `[ip, ..., status = 5*]`") }
}

/// Conditions on fields of an event in JSON.
struct Json<'a> {
    rest: &'a [Token],
}

impl<'a> Json<'a> {
    fn take(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn whole(mut self) -> Result<(), No> {
        self.conditions(0)?;
        match self.rest {
            [Token::Sign('}')] => Ok(()),
            [] => no("`{` is not closed", "write `{ … }` around all of it"),
            _ => no("something follows where the condition has ended", "join conditions by `&&` or `||`, and end with `}`"),
        }
    }

    /// Conditions, joined; `depth` bounds how deep parentheses lead.
    fn conditions(&mut self, depth: usize) -> Result<(), No> {
        loop {
            match self.rest.first() {
                Some(Token::Sign('(')) if depth < LONGEST / 2 => {
                    self.take();
                    self.conditions(depth + 1)?;
                    if self.take() != Some(&Token::Sign(')')) {
                        return no("a parenthesis has no partner", "close it");
                    }
                }
                _ => self.condition()?,
            }
            if self.rest.first() != Some(&Token::Join) {
                return Ok(());
            }
            self.take();
        }
    }

    /// `$.a = VALUE`, `$.a IS TRUE`, `$.a NOT EXISTS`.
    fn condition(&mut self) -> Result<(), No> {
        let form = "write `$.field = \"value\"`, `$.field > 3`, `$.field IS TRUE` or `$.field NOT EXISTS`";
        let field = matches!(self.take(), Some(Token::Word(word)) if word.starts_with("$.") && word.len() > 2 || word.starts_with("$["));
        if !field {
            return no("a condition begins with no field of the event", form);
        }
        let word = |token: Option<&Token>| if let Some(Token::Word(word)) = token { word.to_ascii_uppercase() } else { String::new() };
        let fits = match self.take() {
            Some(Token::Compare) => matches!(self.take(), Some(Token::Quoted | Token::Expression | Token::Word(_))),
            Some(Token::Word(how)) if how.eq_ignore_ascii_case("IS") => ["TRUE", "FALSE", "NULL"].contains(&word(self.take()).as_str()),
            Some(Token::Word(how)) if how.eq_ignore_ascii_case("NOT") => word(self.take()) == "EXISTS",
            _ => false,
        };
        if fits { Ok(()) } else { no("a condition doesn't say what of its field", form) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_guide_shows_is_taken() {
        for text in [
            "",
            "ERROR",
            "ERROR ARGUMENTS",
            "?ERROR ?WARN",
            "ERROR -\"broken pipe\"",
            "\"INTERNAL SERVER ERROR\"",
            "%ERROR[0-9]+%",
            "{ $.eventType = \"UpdateTrail\" }",
            "{ $.sourceIPAddress != 123.123.* }",
            "{ $.arrayKey[0] = \"value\" }",
            "{ $.objectList[1].id = 2 }",
            "{ $.bandwidth > 75 && ($.latency < 50 || $.user.id = 1) }",
            "{ $.ThisFlag IS TRUE }",
            "{ $.SomeObject IS NULL }",
            "{ $.SomeOtherObject NOT EXISTS }",
            "{ $.eventType = %Trail% && $.['a b'] = \"x\" }",
            "{$.level=\"error\"}",
            "[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]",
            "[w1=ERROR, w2]",
            "[ip, id, user, timestamp, request, status_code=404, size]",
            "[..., status_code = 4* || status_code = 5*, bytes > 1000]",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_is_told() {
        for (text, says) in [
            ("{ $.level = \"error\"", "`{` is not closed"),
            ("{ $.level = \"error }", "a `\"` has no partner"),
            ("{ level = \"error\" }", "begins with no field"),
            ("{ $.level \"error\" }", "doesn't say what"),
            ("{ $.level = \"error\" $.x = 1 }", "something follows"),
            ("{ ($.a = 1 }", "parenthesis"),
            ("{ $.a IS 3 }", "doesn't say what"),
            ("{}", "begins with no field"),
            ("[ip, user", "is not closed at its end"),
            ("[ip,, user]", "has no name"),
            ("[a]]", "means nothing"),
            ("user@example.com", "has the character `@`"),
            ("level=error", "a sign that means nothing"),
            ("%a% %b% %c%", "3 regular expressions"),
            ("%a", "a `%` has no partner"),
        ] {
            let found = check(text).err().map(|no| no.wrong).unwrap_or_default();
            assert!(found.contains(says), "{text}: {found:?}");
        }
        assert!(check(&"a".repeat(1025)).is_err() && check(&"\u{e4}".repeat(1024)).is_ok());
    }
}
