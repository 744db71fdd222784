//! Names and contents of records in their one form: what a spec says and what the API shows are compared in it.
use std::net::{Ipv4Addr, Ipv6Addr};

/// A host's name: lower case, non-ASCII labels in punycode, no point at the end. Labels have letters, digits, `-` and `_`; what has others is `None`.
pub fn host(text: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii(text.strip_suffix('.').unwrap_or(text)).ok()?;
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(letter);
    (ascii.len() <= 253 && ascii.split('.').all(label)).then_some(ascii)
}

/// A host's name whose first label may be `*`.
pub fn host_pattern(text: &str) -> Option<String> {
    match text.strip_prefix("*.") {
        Some(rest) => host(rest).map(|rest| format!("*.{rest}")),
        None => host(text),
    }
}

/// The content of a record of a type (`A`, `AAAA`, `CAA`, `CNAME`, `MX`, `NS`, `SRV`, `TXT`); of `CAA` the value and of `SRV` the target alone. `None` for
/// what no record of the type says.
pub fn canonical(r#type: &str, content: &str) -> Option<String> {
    match r#type {
        "A" => content.parse::<Ipv4Addr>().ok().map(|address| address.to_string()),
        "AAAA" => content.parse::<Ipv6Addr>().ok().map(|address| address.to_string()),
        "CAA" => Some(content.to_string()).filter(|value| !value.is_empty() && !value.contains(char::is_whitespace)),
        "TXT" => Some(unquoted(content)).filter(|text| !text.is_empty() && !text.contains(['\n', '\r'])),
        "CNAME" | "MX" | "NS" | "SRV" => host(content).filter(|host| host.parse::<Ipv4Addr>().is_err()),
        _ => None,
    }
}

/// The text of strings in quotes as zone files have them (`"one" "t\"w\"o"`); any other text as it is.
pub fn unquoted(content: &str) -> String {
    let mut out = String::new();
    let mut rest = content.trim();
    let mut strings = 0;
    while let Some(inner) = rest.strip_prefix('"') {
        let mut chars = inner.char_indices();
        let end = loop {
            match chars.next() {
                Some((at, '"')) => break at,
                Some((_, '\\')) => out.extend(chars.next().map(|(_, c)| c)),
                Some((_, c)) => out.push(c),
                None => return content.to_string(),
            }
        };
        rest = inner[end + 1..].trim_start();
        strings += 1;
    }
    if strings == 0 || !rest.is_empty() { content.to_string() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_one_form() {
        for (written, one) in [
            ("v=spf1 -all", "v=spf1 -all"),
            ("\"v=spf1\" \" -all\"", "v=spf1 -all"),
            ("\"a \\\"quoted\\\" word\"", "a \"quoted\" word"),
            ("\"one\"\"two\"", "onetwo"),
            ("\"not\" all", "\"not\" all"),
            ("\"open", "\"open"),
            ("say \"so\"", "say \"so\""),
            ("\"\"", ""),
        ] {
            assert_eq!(unquoted(written), one, "{written}");
        }
    }

    #[test]
    fn hosts_have_one_form() {
        for (written, one) in [
            ("WWW.Example.COM.", Some("www.example.com")),
            ("b\u{fc}cher.example", Some("xn--bcher-kva.example")),
            ("_dmarc.example.com", Some("_dmarc.example.com")),
            ("*.example.com", Some("*.example.com")),
            ("www.*.example.com", None),
            ("a..example", None),
        ] {
            assert_eq!(host_pattern(written).as_deref(), one, "{written}");
        }
    }
}
