//! Which fields of `storage` decide about which attributes.
use crate::kinds::Kind;
use crate::spec::section::Fields;
use crate::stack::Spelling::{Days, Other, Same, Seconds};

pub const FIELDS: Fields = &[(
    Kind::Bucket,
    &[
        ("abort_uploads_days", "storage.{}.abort_uploads", Days),
        ("archive", "storage.{}.archive", Other),
        ("archive.class", "storage.{}.archive.class", Other),
        ("archive.days", "storage.{}.archive.after", Days),
        ("bucket_key", "storage.{}.encryption", Other),
        ("cors", "storage.{}.cors", Other),
        ("cors.*", "storage.{}.cors.*", Other),
        ("cors.*.max_age", "storage.{}.cors.*.max_age", Seconds),
        ("encryption", "storage.{}.encryption", Other),
        ("expiration_days", "storage.{}.expire", Days),
        ("kms_key", "storage.{}.encryption", Same),
        ("old_versions_days", "storage.{}.old_versions", Days),
        ("versioning", "storage.{}.versioning", Same),
    ],
)];
