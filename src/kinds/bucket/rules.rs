//! What S3 refuses of a bucket's settings: `PutBucketLifecycleConfiguration`, `PutBucketCors` and `PutBucketEncryption` of its API reference, and
//! "Transitioning objects using Amazon S3 Lifecycle" and "Elements of a CORS configuration" of the user guide.
use super::*;
use crate::diag::Code;

/// Storage classes that a lifecycle moves objects to, and the day before which S3 refuses to.
const CLASSES: &[(&str, i32)] =
    &[("DEEP_ARCHIVE", 0), ("GLACIER", 0), ("GLACIER_IR", 0), ("INTELLIGENT_TIERING", 0), ("ONEZONE_IA", 30), ("STANDARD_IA", 30)];

const METHODS: &[&str] = &["DELETE", "GET", "HEAD", "POST", "PUT"];

pub(super) fn breaches(bucket: &Bucket) -> Vec<Breach> {
    let cors = bucket.cors.0.iter().flat_map(|(name, rule)| origins(name, rule));
    [days(bucket), archive(bucket), words(bucket), count(bucket)].into_iter().flatten().chain(cors).collect()
}

/// Days are counted from 1.
fn days(bucket: &Bucket) -> Vec<Breach> {
    let all = [
        ("abort_uploads_days", bucket.abort_uploads_days),
        ("expiration_days", bucket.expiration_days),
        ("old_versions_days", bucket.old_versions_days),
    ];
    let wrong = all.into_iter().filter(|(_, days)| days.is_some_and(|days| days < 1));
    wrong
        .map(|(attribute, _)| Breach::new(Code::OutOfRange, attribute, "a lifecycle of S3 counts whole days from 1", "write `1d` or more"))
        .collect()
}

fn archive(bucket: &Bucket) -> Vec<Breach> {
    let Some(Archive { days, class }) = &bucket.archive else { return vec![] };
    let mut found = vec![];
    match CLASSES.iter().find(|(name, _)| name == class) {
        None => {
            let known: Vec<&str> = CLASSES.iter().map(|(name, _)| *name).collect();
            let help = format!("write one of {}", known.join(", "));
            found.push(Breach::new(Code::Refused, "archive.class", format!("S3 moves no objects to the storage class {class}"), help));
        }
        Some((_, least)) if days < least => {
            let message = format!("S3 moves objects to {class} after {least} days at the earliest, not after {days}");
            let help = format!("write `after: {least}d` or more, or another class");
            found.push(Breach::new(Code::OutOfRange, "archive.days", message, help).with("archive.class"));
        }
        Some(_) => {}
    }
    if let Some(end) = bucket.expiration_days.filter(|end| end <= days) {
        let message = format!("objects would be archived after {days} days, but are removed after {end}");
        let help = "let them be removed later than they are archived, or leave one of the two out";
        found.push(Breach::new(Code::Refused, "expiration_days", message, help).with("archive.days"));
    }
    found
}

/// Words of the API, and what goes together.
fn words(bucket: &Bucket) -> Vec<Breach> {
    let mut found = vec![];
    let kms = ["aws:kms", "aws:kms:dsse"].contains(&bucket.encryption.as_str());
    if !kms && bucket.encryption != "AES256" {
        let message = format!("S3 knows no encryption {}", bucket.encryption);
        found.push(Breach::new(Code::Refused, "encryption", message, "write `aes256`, or the ARN of a key"));
    }
    if !kms && bucket.kms_key.is_some() {
        let message = "a key of KMS encrypts nothing where the encryption is S3's own";
        found.push(Breach::new(Code::Refused, "kms_key", message, "leave the key out"));
    }
    if ![OWNED, "BucketOwnerPreferred", "ObjectWriter"].contains(&bucket.ownership.as_str()) {
        let message = format!("S3 knows no ownership {}", bucket.ownership);
        found.push(Breach::new(Code::Refused, "ownership", message, format!("write {OWNED}")));
    }
    found
}

/// 100 rules at most.
fn count(bucket: &Bucket) -> Vec<Breach> {
    let many = bucket.cors.0.len();
    let breach = || {
        let message = format!("a bucket has 100 rules for other origins at most, not {many}");
        Breach::new(Code::Count, "cors", message, "a rule takes several origins: put those with the same rights into one")
    };
    (many > 100).then(breach).into_iter().collect()
}

fn origins(name: &str, rule: &CorsRule) -> Vec<Breach> {
    let at = |field: &str| format!("cors.{name}.{field}");
    let mut found = vec![];
    for (field, list) in [("origins", &rule.origins), ("methods", &rule.methods)] {
        if list.is_empty() {
            found.push(Breach::new(Code::Count, at(field), format!("a rule for other origins has no {field}"), "name at least one"));
        }
    }
    for (field, list) in [("origins", &rule.origins), ("headers", &rule.headers)] {
        for text in list.iter().filter(|text| text.matches('*').count() > 1) {
            let help = "write one of them, such as `https://*.example.com`, or several entries";
            found.push(Breach::new(Code::Refused, at(field), format!("`{text}` has more than one `*`, which S3 refuses"), help));
        }
    }
    for text in rule.expose.iter().filter(|text| text.contains('*')) {
        let message = format!("`{text}` is no header's name: what is exposed is named, without `*`");
        found.push(Breach::new(Code::Refused, at("expose"), message, "name each header, such as `ETag`"));
    }
    for text in rule.methods.iter().filter(|m| !METHODS.contains(&m.as_str())) {
        let help = format!("write one of {}", METHODS.join(", "));
        found.push(Breach::new(Code::Refused, at("methods"), format!("S3 takes no method {text} from other origins"), help));
    }
    if rule.max_age.is_some_and(|seconds| seconds < 0) {
        found.push(Breach::new(Code::OutOfRange, at("max_age"), "an answer is kept for no less than no time", "write `0s` or more"));
    }
    found
}
