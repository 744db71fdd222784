//! Tags as every service of AWS takes them, and texts that stand in them which have other characters ("Tag naming limits and requirements" in the
//! user guide of tagging; `TagKey` and `TagValue` of ACM, IAM, Elastic Load Balancing, CloudWatch Logs and SSM have the alphabet as a pattern).
use super::*;
use crate::diag::Code;

/// How many tags an object may have.
const MOST: usize = 50;

/// How many of them are a user's: beside them stand `Name`, the stamp's four, and `infra:load-balancer` at a target group.
pub const FREE: usize = MOST - 6;

/// Letters and digits of any script, spaces, and `_.:/=+-@`. Marks that a letter is composed with are none of it.
pub fn taken(c: char) -> bool {
    c.is_alphanumeric() || "_.:/=+-@".contains(c) || (c.is_whitespace() && !c.is_control())
}

/// Whether it is a tag's key: 1 to 128 characters.
pub fn key(text: &str) -> bool {
    (1..=128).contains(&text.chars().count()) && text.chars().all(taken)
}

/// Whether it is a tag's value: at most 256 characters.
pub fn value(text: &str) -> bool {
    text.chars().count() <= 256 && text.chars().all(taken)
}

/// Whether AWS keeps the key for itself: `aws:` of all services, `rds:` of RDS (`AddTagsToResource`), in any case.
pub fn reserved(key: &str) -> bool {
    let lower = key.to_lowercase();
    ["aws:", "rds:"].iter().any(|prefix| lower.starts_with(prefix))
}

/// What a service refuses of all tags of an object, the stamp's among them.
pub fn refused(all: &Tags) -> Option<String> {
    let wrong = all.iter().find(|(k, v)| !key(k) || !value(v) || reserved(k));
    let wrong = wrong.map(|(k, v)| format!("the tag {k}={v} is none that AWS takes"));
    wrong.or((all.len() > MOST).then(|| format!("an object has at most {MOST} tags")))
}

/// IAM compares the keys of tags without their case, and refuses two that are alike then (`Duplicate tag keys found`, as others report; the user
/// guide: "tag key names are not case sensitive").
pub(super) fn alike(tags: &Tags) -> Vec<Breach> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut found = vec![];
    for key in tags.keys() {
        if let Some(other) = seen.insert(key.to_lowercase(), key) {
            // `Name` is ours, and always there.
            let (this, other) = if key == "Name" { (other, key.as_str()) } else { (key.as_str(), other) };
            let message = format!("IAM takes the tags `{this}` and `{other}` for one, and refuses both");
            let help = if other == "Name" { "leave it out: infra sets `Name` itself" } else { "keep one of them" };
            found.push(Breach::new(Code::Duplicate, format!("tags.{this}"), message, help));
        }
    }
    found
}

/// A text as a tag's value may hold it: a character that none may have stands as `@` and two digits for each of its bytes, and so does `@`.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if taken(c) && c != '@' {
            out.push(c);
        } else {
            out.extend(c.to_string().bytes().map(|byte| format!("@{byte:02x}")));
        }
    }
    out
}

/// Reads [`encoded`] back, and what was written before there was such a form.
pub(super) fn decoded(value: &str) -> String {
    let mut bytes = vec![];
    let mut rest = value;
    while let Some(at) = rest.find('@') {
        bytes.extend(rest[..at].bytes());
        let code = rest.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(b'@'));
        rest = &rest[at + if code.is_some() { 3 } else { 1 }..];
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).unwrap_or_else(|_| value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back() {
        for text in ["certificate.*.example.com", "dns_record.a@b", "@2a", "@", "x@", "ä*€", "certificate.*.bücher.example"] {
            let written = encoded(text);
            assert!(value(&written), "{written}");
            assert_eq!(decoded(&written), text);
        }
        assert_eq!(decoded("certificate.*.example.com"), "certificate.*.example.com", "as it was written before");
        assert_eq!(encoded("launch_template.web-1"), "launch_template.web-1");
    }

    #[test]
    fn what_aws_refuses_is_refused() {
        let one = |k: &str, v: &str| refused(&[(k.to_owned(), v.to_owned())].into());
        assert_eq!(one("Cost Center", "R+D @ 50/50 = ok: ж"), None);
        for (k, v) in [("AWS:team", "x"), ("rds:x", "y"), ("", "x"), ("a,b", "x"), ("a", "x(y)"), ("a", "one\ntwo"), ("a", "e\u{301}")] {
            assert!(one(k, v).is_some(), "{k}={v}");
        }
        assert!(one(&"k".repeat(129), "").is_some() && one("k", &"v".repeat(257)).is_some());
        assert!(refused(&(0..51).map(|i| (format!("k{i}"), String::new())).collect()).is_some());
    }
}
