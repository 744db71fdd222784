//! The forms in which a text may hold a known secret.
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::visible::visible;

/// What addresses leave as it is (RFC 3986, "unreserved").
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same, as programs that build paths write it (Python's `quote`).
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');
/// The same, as browsers write it (`encodeURIComponent`).
const COMPONENT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');
/// What forms leave as it is (`application/x-www-form-urlencoded`); a space is a `+`.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');

/// A value as it is, as JSON and as a person's line has it, as addresses hold it, and as Base64 of a text that holds it.
pub fn forms(value: &str) -> Vec<String> {
    let json = Value::String(value.into()).to_string();
    let mut forms = vec![value.to_owned(), visible(value).into_owned(), json[1..json.len() - 1].to_owned()];
    for set in [NON_ALPHANUMERIC, UNRESERVED, PATH, COMPONENT] {
        forms.extend(either_case(utf8_percent_encode(value, set).to_string()));
    }
    for set in [FORM, UNRESERVED] {
        forms.extend(either_case(utf8_percent_encode(value, set).to_string().replace("%20", "+").replace(' ', "+")));
    }
    forms.extend((0..3).flat_map(|before| base64(value, before)));
    forms.extend((value.trim() != value).then(|| value.trim().to_owned()));
    forms
}

/// Numbers are written in capital letters, and by some in small ones.
fn either_case(encoded: String) -> [String; 2] {
    let mut small = String::with_capacity(encoded.len());
    let mut number = 0;
    for c in encoded.chars() {
        small.push(if number > 0 { c.to_ascii_lowercase() } else { c });
        number = if c == '%' { 2 } else { usize::saturating_sub(number, 1) };
    }
    [encoded, small]
}

/// What of the Base64 of a text follows from the value alone, where so many bytes (more than a multiple of three) stand before it.
fn base64(value: &str, before: usize) -> [String; 2] {
    let bytes = [&[0; 2][..before], value.as_bytes()].concat();
    let first = (before * 8).div_ceil(6);
    let whole = bytes.len() * 8 / 6;
    let part = |encoded: String| encoded[first..whole].to_owned();
    [part(STANDARD_NO_PAD.encode(&bytes)), part(URL_SAFE_NO_PAD.encode(&bytes))]
}
