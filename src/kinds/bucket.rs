//! A bucket with one purpose.
mod content;
mod lifecycle;
mod policies;
mod rules;
mod settings;
mod terraform;

use super::calls::{On, call, needs};
use super::example::tags;
use super::quotas::quota;
use super::*;
use crate::model::{Ranked, Tags};
use crate::wire::tags::to_tags;
use aws_sdk_s3::types::{BucketLocationConstraint, BucketNamespace, CreateBucketConfiguration, ObjectOwnership};
use futures_util::future::try_join_all;

object! {
    /// `AWS::S3::Bucket`. Its name is generated: 63 lower-case characters at most, the stack's name first. It is never emptied by us.
    pub struct Bucket {
        /// What it is for; its policy (`AWS::S3::BucketPolicy`) follows from that.
        update purpose: Purpose,
        /// Days after which an object is removed (`ExpirationInDays` of a lifecycle rule of ours, over the whole bucket; other
        /// rules are left alone). `None`: nothing is removed.
        update(data) expiration_days: Option<i32>,
        /// Days after which an older version is removed (`NoncurrentDays` of our rule), and what marks a deletion once no version is left. `None`: none is.
        update(data) old_versions_days: Option<i32>,
        /// Where objects go that are read rarely (`Transition` of our rule).
        update archive: Option<Archive>,
        /// Days after which an upload in parts that nobody has completed is dropped (`DaysAfterInitiation` of our rule). `None`: it stays.
        update abort_uploads_days: Option<i32>,
        /// Whether what is overwritten or deleted is kept as an older version (`Status` of `PutBucketVersioning`). Once it was on, it is only suspended.
        update(data) versioning: bool,
        /// `SSEAlgorithm`: `AES256`, `aws:kms` or `aws:kms:dsse`. Load balancers write logs to `AES256` only.
        update encryption: String,
        /// The ARN of the key (`KMSMasterKeyID`); `None`: AWS's own.
        update kms_key: Option<String>,
        /// Whether one key of the bucket's own serves for many objects, so that KMS is asked less (`BucketKeyEnabled`).
        update bucket_key: bool,
        /// Which pages of other origins may use it in a browser (`CORSRules`), by position: the first that fits decides.
        update cors: Ranked<CorsRule>,
        /// `BucketOwnerEnforced`: all objects are the account's, and no ACL counts; else `BucketOwnerPreferred` or `ObjectWriter`.
        update ownership: String,
        /// Whether all four settings of `PublicAccessBlockConfiguration` are on.
        update public_access_blocked: bool,
        update tags: Tags,
    }
}

/// What a bucket is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Load balancers of this account write their access logs to it, without a prefix.
    LoadBalancerLogs,
    /// Applications keep what they like in it, over TLS alone; who may, their own roles say.
    Storage,
    /// Found, never asked for: a policy that follows from no purpose, as its JSON; empty when there is none.
    Other(String),
}

/// Where objects go after some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Archive {
    /// Days after their creation (`Days`).
    pub days: i32,
    /// `StorageClass`: `STANDARD_IA`, `GLACIER_IR`.
    pub class: String,
}

/// What pages of some origins may do in a browser (`CORSRule`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CorsRule {
    /// `AllowedOrigins`, each with one `*` at most.
    pub origins: BTreeSet<String>,
    /// `AllowedMethods`: `GET`, `PUT`, `POST`, `DELETE`, `HEAD`.
    pub methods: BTreeSet<String>,
    /// `AllowedHeaders` of a request, each with one `*` at most.
    pub headers: BTreeSet<String>,
    /// `ExposeHeaders` of an answer.
    pub expose: BTreeSet<String>,
    /// Seconds for which a browser keeps the answer (`MaxAgeSeconds`).
    pub max_age: Option<i32>,
}

/// "General purpose bucket naming rules" of the S3 user guide. Of the 63 characters that a bucket's name may have, 32 are left before what makes it one
/// of the account's own in the region with the longest name ([`whole`]).
pub const NAMES: NameRule = NameRule {
    small: true,
    ends: &["-an", "-s3alias", "--ol-s3", "--x-s3", "--table-s3"],
    ..NameRule::most(32).never(&["xn--", "sthree-", "amzn-s3-demo-"])
};

/// Regions without names of an account's own: Bahrain and the UAE ("Namespaces for general purpose buckets").
const GLOBAL: &[&str] = &["me-central-1", "me-south-1"];

/// The whole name. Where there are such, it is one that only this account can ever have, even when the bucket is gone
/// (`BucketNamespace` of `CreateBucket`): it ends with the account, the region and `an`.
fn whole(region: &str, account: &str, name: String) -> (String, Option<BucketNamespace>) {
    if GLOBAL.contains(&region) { (name, None) } else { (format!("{name}-{account}-{region}-an"), Some(BucketNamespace::AccountRegional)) }
}

impl Resource for Bucket {
    const KIND: Kind = Kind::Bucket;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::S3;
    const LOSS: Loss = Loss::Data;
    const TYPICAL: Typical = Typical::secs(5, 3, 5);
    const HINT: &'static [&'static str] = &["{purpose}", "{versioning?versioned}", "kept {expiration_days} days"];
    /// A bucket's tags are no condition unless the bucket says so, hence its name is.
    const CALLS: Calls = Calls {
        read: &[
            needs(Service::S3, "GetBucketCors", "s3:GetBucketCORS", BUCKETS),
            needs(Service::S3, "GetBucketEncryption", "s3:GetEncryptionConfiguration", BUCKETS),
            needs(Service::S3, "GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration", BUCKETS),
            call(Service::S3, "GetBucketOwnershipControls", BUCKETS),
            call(Service::S3, "GetBucketPolicy", BUCKETS),
            call(Service::S3, "GetBucketTagging", BUCKETS),
            call(Service::S3, "GetBucketVersioning", BUCKETS),
            needs(Service::S3, "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", BUCKETS),
            needs(Service::S3, "ListBuckets", "s3:ListAllMyBuckets", &[On::Any]),
        ],
        write: &[
            call(Service::S3, "CreateBucket", &[On::New(BUCKET)]),
            needs(Service::S3, "CreateBucket", "s3:PutBucketOwnershipControls", BUCKETS),
            needs(Service::S3, "CreateBucket", "s3:TagResource", &[On::NewTags(BUCKET)]),
            call(Service::S3, "DeleteBucket", BUCKETS),
            needs(Service::S3, "DeleteBucketCors", "s3:PutBucketCORS", BUCKETS),
            needs(Service::S3, "DeleteBucketLifecycle", "s3:PutLifecycleConfiguration", BUCKETS),
            call(Service::S3, "DeleteBucketPolicy", BUCKETS),
            call(Service::S3, "DeleteObject", &[On::Also("s3:::{buckets}/*ELBAccessLogTestFile")]),
            needs(Service::S3, "HeadBucket", "s3:ListBucket", BUCKETS),
            needs(Service::S3, "ListObjectVersions", "s3:ListBucketVersions", BUCKETS),
            needs(Service::S3, "ListObjectsV2", "s3:ListBucket", BUCKETS),
            needs(Service::S3, "PutBucketCors", "s3:PutBucketCORS", BUCKETS),
            needs(Service::S3, "PutBucketEncryption", "s3:PutEncryptionConfiguration", BUCKETS),
            needs(Service::S3, "PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration", BUCKETS),
            call(Service::S3, "PutBucketOwnershipControls", BUCKETS),
            call(Service::S3, "PutBucketPolicy", BUCKETS),
            call(Service::S3, "PutBucketTagging", BUCKETS),
            call(Service::S3, "PutBucketVersioning", BUCKETS),
            needs(Service::S3, "PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock", BUCKETS),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = &[quota(Service::S3, "TooManyBuckets", ("s3", "L-DC2B2D3D"), "General purpose buckets")];

    fn example() -> Self {
        let rule = CorsRule {
            origins: ["https://www.example.com".into()].into(),
            methods: ["GET".into(), "PUT".into()].into(),
            headers: ["*".into()].into(),
            expose: ["ETag".into()].into(),
            max_age: Some(3600),
        };
        Bucket {
            purpose: Purpose::Storage,
            expiration_days: Some(90),
            old_versions_days: Some(30),
            archive: Some(Archive { days: 30, class: "GLACIER_IR".into() }),
            abort_uploads_days: Some(7),
            versioning: true,
            encryption: "aws:kms".into(),
            kms_key: Some("arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4444-8888-0123456789ab".into()),
            bucket_key: true,
            cors: Ranked(vec![("0".into(), rule)]),
            ownership: OWNED.into(),
            public_access_blocked: true,
            tags: tags(),
        }
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self)
    }

    /// S3 lists names only, by prefix; whose a bucket is tell its tags, and each setting is a request of its own.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let prefix = NAMES.start(stack);
        let request = cx.s3().list_buckets().prefix(prefix).bucket_region(cx.region()).max_buckets(1000);
        let send = async |token| request.clone().set_continuation_token(token).send().await;
        let found = cx.pages(Service::S3, "ListBuckets", send, |page| (page.buckets, page.continuation_token)).await?;
        let mut own = vec![];
        for (name, tags) in try_join_all(
            found.into_iter().filter_map(|b| b.name).map(async |name| settings::tags(cx, &name).await.map(|tags| (name, tags))),
        )
        .await?
        {
            own.extend(tags.and_then(|tags| Stamp::read(stack, tags)).map(|stamped| (name, stamped)));
        }
        if own.is_empty() {
            return Ok(vec![]);
        }
        let account = cx.identity().await?.account;
        try_join_all(
            own.into_iter().map(async |(name, (stamp, tags))| Ok(Live::found(&name, read(cx, &name, &account, tags).await?, stamp))),
        )
        .await
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let account = cx.identity().await?.account;
        let (name, namespace) = whole(cx.region(), &account, stamp.physical_name(&NAMES));
        // The region where S3 began is named by its absence.
        let location = Some(cx.region()).filter(|r| *r != "us-east-1").map(BucketLocationConstraint::from);
        let tags = to_tags(&stamp.tags(&self.tags));
        let place = CreateBucketConfiguration::builder().set_location_constraint(location).set_tags(Some(tags)).build();
        let request = cx.s3().create_bucket().bucket(&name).create_bucket_configuration(place).set_bucket_namespace(namespace);
        let request = request.object_ownership(ObjectOwnership::from(self.ownership.as_str()));
        match cx.safe(Service::S3, "CreateBucket", async || request.clone().send().await).await {
            Err(e) if e.code == "BucketAlreadyOwnedByYou" => {}
            answer => drop(answer?),
        }
        let configure = async || match self.configure(cx, &name, &account, stamp).await {
            Err(e) if e.code == "NoSuchBucket" => Ok(None),
            done => done.map(Some),
        };
        half(cx.policy.wait(&format!("bucket {name} to be there"), deadline(Self::TYPICAL.create), configure).await)?;
        Live::made(name, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: Bucket = live.of()?;
        half(self.change(cx, &old, live, stamp).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    /// Refused as long as there is something in it (`BucketNotEmpty`), an older version or the mark of a deletion, too: no bucket is emptied, but one of
    /// logs of what AWS itself put there as a trial. The error says what there is.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        if live.of::<Bucket>()?.purpose == Purpose::LoadBalancerLogs {
            content::remove_trial(cx, &live.id).await?;
        }
        let request = cx.s3().delete_bucket().bucket(&live.id);
        match gone(cx.safe(Service::S3, "DeleteBucket", async || request.clone().send().await).await) {
            Err(e) if e.code == "BucketNotEmpty" => return Err(content::told(cx, &live.id, e).await),
            answer => answer?,
        }
        let request = cx.s3().head_bucket().bucket(&live.id);
        let look = async || match cx.safe(Service::S3, "HeadBucket", async || request.clone().send().await).await {
            Err(e) if e.class == Class::NotFound => Ok(Some(())),
            seen => seen.map(|_| None),
        };
        cx.policy.wait(&format!("bucket {} to be gone", live.id), deadline(Self::TYPICAL.delete), look).await
    }
}

/// Every bucket of a stack, by the form of [`On::Named`].
pub const BUCKET: &str = "s3:::{buckets}";
const BUCKETS: &[On] = &[On::Named(BUCKET)];

impl Bucket {
    /// A private bucket as S3 makes one today, which keeps what is in it.
    pub fn plain(purpose: Purpose) -> Self {
        Bucket {
            purpose,
            expiration_days: None,
            old_versions_days: None,
            archive: None,
            abort_uploads_days: None,
            versioning: false,
            encryption: "AES256".into(),
            kms_key: None,
            bucket_key: false,
            cors: Ranked::default(),
            ownership: OWNED.into(),
            public_access_blocked: true,
            tags: Tags::new(),
        }
    }

    /// Everything that follows a creation. May be done again from its beginning.
    async fn configure(&self, cx: &Clients, name: &str, account: &str, stamp: &Stamp) -> Result<(), CloudError> {
        match settings::tags(cx, name).await? {
            // Services that speak S3's language may leave out the tags of `CreateBucket`.
            None => settings::set_tags(cx, name, &stamp.tags(&self.tags)).await?,
            Some(tags) => ours(name, Stamp::read(&stamp.stack, tags), stamp)?,
        }
        settings::block_public_access(cx, name, self.public_access_blocked).await?;
        settings::set_policy(cx, name, &policies::text(&self.purpose, cx.region(), account, name)).await?;
        if self.encryption != "AES256" {
            settings::set_encryption(cx, name, self).await?;
        }
        if self.versioning {
            settings::set_versioning(cx, name, true).await?;
        }
        lifecycle::set(cx, name, lifecycle::Found::default(), self).await?;
        if self.cors.0.is_empty() { Ok(()) } else { settings::set_cors(cx, name, &self.cors).await }
    }

    /// The requests for what differs.
    async fn change(&self, cx: &Clients, old: &Bucket, live: &Live, stamp: &Stamp) -> Result<(), CloudError> {
        let name = &live.id;
        if self.public_access_blocked != old.public_access_blocked {
            settings::block_public_access(cx, name, self.public_access_blocked).await?;
        }
        if self.ownership != old.ownership {
            settings::set_ownership(cx, name, &self.ownership).await?;
        }
        if self.purpose != old.purpose {
            let account = cx.identity().await?.account;
            settings::set_policy(cx, name, &policies::text(&self.purpose, cx.region(), &account, name)).await?;
        }
        if (&self.encryption, &self.kms_key, self.bucket_key) != (&old.encryption, &old.kms_key, old.bucket_key) {
            settings::set_encryption(cx, name, self).await?;
        }
        if self.versioning != old.versioning {
            settings::set_versioning(cx, name, self.versioning).await?;
        }
        if !lifecycle::same(self, old) {
            lifecycle::set(cx, name, lifecycle::find(cx, name).await?, self).await?;
        }
        if self.cors != old.cors {
            settings::set_cors(cx, name, &self.cors).await?;
        }
        let tags = live.stamp.renewed(stamp).tags(&self.tags);
        if tags != live.stamp.tags(&old.tags) {
            // All are written at once; others' go back as they are.
            let there = settings::tags(cx, name).await?.unwrap_or_default();
            let ours = Stamp::own(there.clone());
            let theirs = there.into_iter().filter(|(key, _)| !ours.contains_key(key) && !key.starts_with("aws:"));
            settings::set_tags(cx, name, &theirs.chain(tags).collect()).await?;
        }
        Ok(())
    }
}

/// Every object is the account's own, and ACLs count for nothing.
pub const OWNED: &str = "BucketOwnerEnforced";

/// A bucket with all its settings.
async fn read(cx: &Clients, name: &str, account: &str, tags: Tags) -> Result<Bucket, CloudError> {
    let (policy, found, encryption, public_access_blocked, versioning, cors, ownership) = tokio::try_join!(
        settings::policy(cx, name),
        lifecycle::find(cx, name),
        settings::encryption(cx, name),
        settings::public_access_blocked(cx, name),
        settings::versioning(cx, name),
        settings::cors(cx, name),
        settings::ownership(cx, name),
    )?;
    let own = lifecycle::read(&found.rules);
    Ok(Bucket {
        purpose: policies::purpose(policy, cx.region(), account, name),
        expiration_days: own.expiration_days,
        old_versions_days: own.old_versions_days,
        archive: own.archive,
        abort_uploads_days: own.abort_uploads_days,
        versioning,
        encryption: encryption.algorithm,
        kms_key: encryption.key,
        bucket_key: encryption.bucket_key,
        cors,
        ownership,
        public_access_blocked,
        tags,
    })
}
