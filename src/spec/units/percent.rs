//! Shares.
use super::{Malformed, Unit, digits};
use crate::diag::Code;
use crate::kinds::gate::percent;
use std::fmt;

/// A share from 0% to 100%, in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u32);

impl Percent {
    /// In hundredths of a percent.
    pub const fn hundredths(&self) -> u32 {
        self.0
    }

    /// In percent, when it is a whole number of them.
    pub fn whole(&self) -> Option<u8> {
        let whole = self.0.is_multiple_of(100).then_some(self.0 / 100)?;
        u8::try_from(whole).ok()
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&percent(self.0.into()))
    }
}

impl Unit for Percent {
    const PATTERN: &'static str = "^[0-9]{1,3}(\\.[0-9]{1,2})?%$";
    const DOC: &'static str = "A share: a number from 0 to 100 with at most two digits behind the point, and a percent sign.";
    const EXAMPLES: &'static [&'static str] = &["10%", "0.5%"];

    fn read(text: &str) -> Result<Self, Malformed> {
        let read = || {
            let number = text.strip_suffix('%')?;
            let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
            let part = digits(part).filter(|_| part.len() <= 2).map(|n| if part.len() == 1 { n * 10 } else { n })?;
            let share = digits(whole).filter(|_| whole.len() <= 3)? * 100 + part;
            u32::try_from(share).ok().filter(|share| *share <= 10_000).map(Percent)
        };
        read().ok_or_else(|| {
            let number = text.trim_end_matches('%').trim();
            let help = match digits(number).filter(|n| *n <= 100) {
                Some(n) => format!("write `{n}%`"),
                None => "write a share from 0% to 100%, such as `10%` or `0.5%`".into(),
            };
            Malformed::new(Code::BadText, format!("`{text}` is not a share"), help)
        })
    }
}
