//! `storage`: a bucket for each entry, and what those who use it are allowed.
use std::collections::BTreeSet;

use super::{Access, Cors, CorsMethod, Storage, StorageClass, before};
use crate::kinds::bucket::{self, Archive, CorsRule, Purpose};
use crate::kinds::{Bucket, Kind, Part, Text};
use crate::model::Ranked;
use crate::spec::lower::{Lower, int, output};
use crate::spec::sections::Spec;
use crate::spec::units::{Duration, Name};

pub fn lower(name: &Name, entry: &Storage, l: &mut Lower<'_>) {
    let key = key(entry);
    let rules = entry.cors.iter().enumerate().map(|(i, rule)| (i.to_string(), cors(rule)));
    let made = Bucket {
        expiration_days: entry.expire.map(days),
        old_versions_days: entry.old_versions.duration().map(days),
        archive: entry.archive.as_ref().map(|to| Archive { days: days(to.after), class: class(to.class).into() }),
        abort_uploads_days: Some(days(entry.abort_uploads)),
        versioning: entry.versioning,
        encryption: if key.is_some() { "aws:kms" } else { "AES256" }.into(),
        bucket_key: key.is_some(),
        kms_key: key,
        cors: Ranked(rules.collect()),
        ownership: bucket::OWNED.into(),
        tags: l.tags(name.as_str()),
        ..Bucket::plain(Purpose::Storage)
    };
    l.renamed::<Bucket>(name.as_str(), entry.renamed_from.as_ref().map(Name::to_string));
    l.add(name.as_str(), format!("storage.{name}"), made);
}

/// The key it is encrypted with, when it isn't one of S3's own.
fn key(entry: &Storage) -> Option<String> {
    Some(entry.encryption.as_str()).filter(|written| *written != "aes256").map(String::from)
}

fn days(duration: Duration) -> i32 {
    int(duration.as_days().unwrap_or_default())
}

/// A storage class as the API names it.
fn class(class: StorageClass) -> &'static str {
    match class {
        StorageClass::DeepArchive => "DEEP_ARCHIVE",
        StorageClass::Glacier => "GLACIER",
        StorageClass::GlacierIr => "GLACIER_IR",
        StorageClass::IntelligentTiering => "INTELLIGENT_TIERING",
        StorageClass::OnezoneIa => "ONEZONE_IA",
        StorageClass::StandardIa => "STANDARD_IA",
    }
}

fn cors(rule: &Cors) -> CorsRule {
    let method = |method: &CorsMethod| match method {
        CorsMethod::Delete => "DELETE",
        CorsMethod::Get => "GET",
        CorsMethod::Head => "HEAD",
        CorsMethod::Post => "POST",
        CorsMethod::Put => "PUT",
    };
    CorsRule {
        origins: rule.origins.iter().map(ToString::to_string).collect(),
        methods: rule.methods.iter().map(|m| method(m).to_owned()).collect(),
        headers: rule.headers.iter().map(ToString::to_string).collect(),
        expose: rule.expose.iter().map(ToString::to_string).collect(),
        max_age: rule.max_age.map(|age| int(age.as_seconds())),
    }
}

/// The buckets that an entry of another section may use, each with what it may do.
pub fn users<'a>(spec: &'a Spec, user: &'a Name) -> impl Iterator<Item = (&'a Name, &'a Storage, Access)> {
    let of = move |(name, entry): (&'a Name, &'a Storage)| {
        let own = entry.allow_from.iter().find(|grant| grant.name == *user)?;
        Some((name, entry, own.access.unwrap_or(entry.access)))
    };
    spec.storage.iter().filter_map(of)
}

/// The ARNs of what a role uses.
#[derive(Default)]
pub struct Used {
    pub read: BTreeSet<Text>,
    pub written: BTreeSet<Text>,
    pub keys: BTreeSet<Text>,
}

/// What the role of an entry of another section is allowed in buckets.
pub fn used(l: &Lower<'_>, user: &Name) -> Used {
    let mut used = Used::default();
    for (name, entry, access) in users(l.spec, user) {
        let arn = Text([vec![Part::Literal(before(l.spec))], output(Kind::Bucket, name.as_str(), "id")].concat());
        used.read.extend(access.reads().then(|| arn.clone()));
        used.written.extend(access.writes().then_some(arn));
        used.keys.extend(key(entry).map(Text::literal));
    }
    used
}
