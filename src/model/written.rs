//! JSON as it leaves the process: no secret stands in it as it stands in memory.
use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};
use sha2::{Digest, Sha256};

use super::secret::{hidden_form, hidden_text, outward};
use crate::canon;

/// SHA-256 over the canonical JSON of a value, in hex. Secrets have no part in it: whoever reads a digest could try them out. The JSON is never held as
/// a whole: a plan's may be large.
pub fn digest(value: &impl Serialize) -> String {
    #[derive(Debug)]
    struct Hashing(Sha256);
    impl Write for Hashing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut out = BufWriter::with_capacity(1024, Hashing(Sha256::new()));
    value.serialize(&mut Serializer::with_formatter(&mut out, Forms::new(|_| String::new()))).expect("plain data");
    let Hashing(hash) = out.into_inner().expect("hashing does not fail");
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// The canonical JSON of a value, as a file may hold it.
pub fn to_json(value: &impl Serialize) -> serde_json::Result<String> {
    let mut out = vec![];
    value.serialize(&mut Serializer::with_formatter(&mut out, Forms::new(outward)))?;
    String::from_utf8(out).map_err(serde::ser::Error::custom)
}

/// Writes compact JSON with another form of every secret: of what stands under [`canon::SECRET`], and of hidden texts.
struct Forms<F> {
    form: F,
    /// Whether a key is being written; else a value.
    key: bool,
    /// Whether nothing of the string is written yet.
    fresh: bool,
    /// Whether the string that comes next is a secret's.
    secret: bool,
}

impl<F: Fn(&str) -> String> Forms<F> {
    fn new(form: F) -> Self {
        Forms { form, key: false, fresh: false, secret: false }
    }
}

impl<F: Fn(&str) -> String> Formatter for Forms<F> {
    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.key = true;
        CompactFormatter.begin_object_key(writer, first)
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.key = false;
        CompactFormatter.end_object_key(writer)
    }

    fn begin_string<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.fresh = true;
        CompactFormatter.begin_string(writer)
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let whole = std::mem::take(&mut self.fresh);
        let secret = std::mem::take(&mut self.secret);
        if self.key {
            self.secret = whole && fragment == canon::SECRET;
        } else if secret {
            return writer.write_all((self.form)(fragment).as_bytes());
        } else if let Some(form) = Some(fragment).filter(|_| whole).and_then(hidden_form) {
            return writer.write_all(hidden_text(&(self.form)(form)).as_bytes());
        }
        writer.write_all(fragment.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        (self.fresh, self.secret) = (false, false);
        CompactFormatter.write_char_escape(writer, escape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;
    use crate::model::secret::{is_of, mark};
    use serde_json::json;

    /// Two secrets make no other digest, and every other difference does; keys that only look like the mark are none.
    #[test]
    fn secrets_have_no_part_in_digests() {
        let of = |secret: &str| json!({ "a": Secret::new(secret), "b": "x" });
        assert_eq!(digest(&of("4711")), digest(&of("4712")));
        assert_ne!(digest(&of("4711")), digest(&json!({ "a": "4711", "b": "x" })));
        for key in ["$$secret", "secret", "$secret\n", "\n$secret", "\"$secret"] {
            assert_ne!(digest(&json!({ key: "4711" })), digest(&json!({ key: "4712" })), "{key}");
        }
        assert_ne!(digest(&json!({ "$secret": { "a": 1 }, "b": "x" })), digest(&json!({ "$secret": { "a": 1 }, "b": "y" })));
    }

    /// What is written is a print; what is read back is the same secret, and what is no secret the same text.
    #[test]
    fn files_hold_prints() {
        let text =
            to_json(&json!({ "$secret\n": "plain", "a": Secret::new("4711"), "b": hidden_text(&mark("4713")) })).expect("plain data");
        assert!(text.contains(r#""a":{"$secret":"argon2id."#) && text.contains(r#""b":"(sensitive:argon2id."#), "{text}");
        let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(serde_json::from_value::<Secret>(read["a"].clone()).expect("a secret"), Secret::new("4711"));
        let form = read["b"].as_str().and_then(hidden_form).expect("a hidden text");
        assert!(is_of(form, "4713") && !is_of(form, "4712"));
        assert_eq!(read["$secret\n"], "plain");
    }
}
