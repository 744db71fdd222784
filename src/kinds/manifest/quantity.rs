//! Amounts as the API server keeps them (`resource.Quantity`): `0.5` is `500m`, `1024Mi` is `1Gi`.

const BINARY: &[&str] = &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: &[&str] = &["m", "", "k", "M", "G", "T", "P", "E"];

/// An amount in thousandths of one, or of a byte; `None` for what is none.
pub fn thousandths(text: &str) -> Option<u128> {
    let amount = canonical(text)?;
    let (number, unit) = amount.split_at(amount.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(amount.len()));
    let power = |base: u128, at: usize| Some(base.pow(u32::try_from(at).ok()?));
    let by = match (BINARY.iter().skip(1).position(|u| *u == unit), DECIMAL.iter().position(|u| *u == unit)) {
        (Some(at), _) => power(1024, at + 1)? * 1000,
        (None, at) => power(1000, at?)?,
    };
    number.parse::<u128>().ok()?.checked_mul(by)
}

/// The one way to write an amount; `None` for what is none, or is no whole number of thousandths (of bytes, with a binary unit).
pub fn canonical(text: &str) -> Option<String> {
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let part = part.trim_end_matches('0');
    let digits = |text: &str| text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let scaled: u128 = format!("{whole}{part}").parse().ok()?;
    let (units, base, by) = match (BINARY[1..].iter().position(|u| *u == unit), DECIMAL.iter().position(|u| *u == unit)) {
        (Some(at), _) => (BINARY, 1024u128, 1024u128.pow(u32::try_from(at).ok()? + 1)),
        (None, Some(at)) => (DECIMAL, 1000, 1000u128.pow(u32::try_from(at).ok()?)),
        (None, None) => return None,
    };
    let divisor = 10u128.pow(u32::try_from(part.len()).ok()?);
    let product = scaled.checked_mul(by)?;
    let mut amount = product.is_multiple_of(divisor).then(|| product / divisor)?;
    let mut up = 0;
    while amount > 0 && amount.is_multiple_of(base) && up + 1 < units.len() {
        (amount, up) = (amount / base, up + 1);
    }
    Some(if amount == 0 { "0".into() } else { format!("{amount}{}", units[up]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_counted_in_thousandths() {
        for (amount, count) in
            [("250m", 250), ("1", 1000), ("1.5", 1500), ("2k", 2_000_000), ("1Ki", 1_024_000), ("0", 0), ("2000", 2_000_000)]
        {
            assert_eq!(thousandths(amount), Some(count), "{amount}");
        }
        assert_eq!((thousandths("256Gi"), thousandths("a lot")), (Some(256 * 1024 * 1024 * 1024 * 1000), None));
    }

    #[test]
    fn amounts_have_one_form() {
        let all = [
            ("0.5", "500m"),
            ("500m", "500m"),
            ("1000m", "1"),
            ("1.50", "1500m"),
            ("2000", "2k"),
            ("0", "0"),
            ("1024Mi", "1Gi"),
            ("0.5Gi", "512Mi"),
            ("128Mi", "128Mi"),
            ("1500M", "1500M"),
            ("1000k", "1M"),
        ];
        for (written, kept) in all {
            assert_eq!(canonical(written).as_deref(), Some(kept), "{written}");
            assert_eq!(canonical(kept).as_deref(), Some(kept));
        }
        for wrong in ["", "m", "1.2.3", "-1", "1 Gi", "1gi", "0.0001", "500mx", "x", ".5"] {
            assert_eq!(canonical(wrong), None, "{wrong}");
        }
    }
}
