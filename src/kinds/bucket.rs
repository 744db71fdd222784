//! A bucket with one purpose.
mod settings;
mod terraform;

use super::calls::{On, call, needs};
use super::example::tags;
use super::quotas::quota;
use super::*;
use crate::model::{Tags, partition};
use crate::wire::tags::to_tags;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use futures_util::future::try_join_all;

object! {
    /// `AWS::S3::Bucket`. Its name is generated: 63 lower-case characters at most, the stack's name first. It is never emptied by us.
    pub struct Bucket {
        /// What it is for; its policy (`AWS::S3::BucketPolicy`) follows from that.
        update purpose: Purpose,
        /// Days after which an object is removed (`ExpirationInDays` of a lifecycle rule of ours, over the whole bucket; other
        /// rules are left alone). 0: nothing is removed.
        update(data) expiration_days: i32,
        /// `SSEAlgorithm`: `AES256`, `aws:kms` or `aws:kms:dsse`. Load balancers write logs to `AES256` only.
        update encryption: String,
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
    /// Found, never asked for: a policy that follows from no purpose, as its JSON; empty when there is none.
    Other(String),
}

/// "General purpose bucket naming rules" of the S3 user guide.
pub const NAMES: NameRule = NameRule {
    small: true,
    ends: &["-s3alias", "--ol-s3", "--x-s3", "--table-s3"],
    ..NameRule::most(63).never(&["xn--", "sthree-", "amzn-s3-demo-"])
};

impl Resource for Bucket {
    const KIND: Kind = Kind::Bucket;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::S3;
    const LOSS: Loss = Loss::Data;
    const TYPICAL: Typical = Typical::secs(5, 3, 5);
    const HINT: &'static [&'static str] = &["{purpose}", "kept {expiration_days} days"];
    /// A bucket's tags are no condition unless the bucket says so, hence its name is.
    const CALLS: Calls = Calls {
        read: &[
            needs(Service::S3, "GetBucketEncryption", "s3:GetEncryptionConfiguration", BUCKETS),
            needs(Service::S3, "GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration", BUCKETS),
            call(Service::S3, "GetBucketPolicy", BUCKETS),
            call(Service::S3, "GetBucketTagging", BUCKETS),
            needs(Service::S3, "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", BUCKETS),
            needs(Service::S3, "ListBuckets", "s3:ListAllMyBuckets", &[On::Any]),
        ],
        write: &[
            call(Service::S3, "CreateBucket", &[On::New(BUCKET)]),
            needs(Service::S3, "CreateBucket", "s3:TagResource", &[On::NewTags(BUCKET)]),
            call(Service::S3, "DeleteBucket", BUCKETS),
            needs(Service::S3, "DeleteBucketLifecycle", "s3:PutLifecycleConfiguration", BUCKETS),
            call(Service::S3, "DeleteBucketPolicy", BUCKETS),
            call(Service::S3, "DeleteObject", &[On::Also("s3:::{names}/*ELBAccessLogTestFile")]),
            needs(Service::S3, "HeadBucket", "s3:ListBucket", BUCKETS),
            needs(Service::S3, "ListObjectsV2", "s3:ListBucket", BUCKETS),
            needs(Service::S3, "PutBucketEncryption", "s3:PutEncryptionConfiguration", BUCKETS),
            needs(Service::S3, "PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration", BUCKETS),
            call(Service::S3, "PutBucketPolicy", BUCKETS),
            call(Service::S3, "PutBucketTagging", BUCKETS),
            needs(Service::S3, "PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock", BUCKETS),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = &[quota(Service::S3, "TooManyBuckets", ("s3", "L-DC2B2D3D"), "General purpose buckets")];

    fn example() -> Self {
        Bucket {
            purpose: Purpose::LoadBalancerLogs,
            expiration_days: 90,
            encryption: "AES256".into(),
            public_access_blocked: true,
            tags: tags(),
        }
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
        let name = stamp.physical_name(&NAMES);
        let account = cx.identity().await?.account;
        // The region where S3 began is named by its absence.
        let location = Some(cx.region()).filter(|r| *r != "us-east-1").map(BucketLocationConstraint::from);
        let tags = to_tags(&stamp.tags(&self.tags));
        let place = CreateBucketConfiguration::builder().set_location_constraint(location).set_tags(Some(tags)).build();
        let request = cx.s3().create_bucket().bucket(&name).create_bucket_configuration(place);
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

    /// A bucket that isn't empty is refused by S3 (`BucketNotEmpty`), and so by us.
    /// Refused as long as there is something in it (`BucketNotEmpty`): no bucket is emptied, but of what AWS itself put there as a trial.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        remove_trial(cx, &live.id).await?;
        let request = cx.s3().delete_bucket().bucket(&live.id);
        gone(cx.safe(Service::S3, "DeleteBucket", async || request.clone().send().await).await)?;
        let request = cx.s3().head_bucket().bucket(&live.id);
        let look = async || match cx.safe(Service::S3, "HeadBucket", async || request.clone().send().await).await {
            Err(e) if e.class == Class::NotFound => Ok(Some(())),
            seen => seen.map(|_| None),
        };
        cx.policy.wait(&format!("bucket {} to be gone", live.id), deadline(Self::TYPICAL.delete), look).await
    }
}

const BUCKET: &str = "s3:::{names}";
const BUCKETS: &[On] = &[On::Named(BUCKET)];

impl Bucket {
    /// Everything that follows a creation. May be done again from its beginning.
    async fn configure(&self, cx: &Clients, name: &str, account: &str, stamp: &Stamp) -> Result<(), CloudError> {
        match settings::tags(cx, name).await? {
            // Services that speak S3's language may leave out the tags of `CreateBucket`.
            None => settings::set_tags(cx, name, &stamp.tags(&self.tags)).await?,
            Some(tags) => ours(name, Stamp::read(&stamp.stack, tags), stamp)?,
        }
        settings::block_public_access(cx, name, self.public_access_blocked).await?;
        settings::set_policy(cx, name, &self.policy(cx.region(), account, name)).await?;
        if self.encryption != "AES256" {
            settings::set_encryption(cx, name, &self.encryption).await?;
        }
        settings::set_expiration(cx, name, vec![], self.expiration_days).await
    }

    /// The requests for what differs.
    async fn change(&self, cx: &Clients, old: &Bucket, live: &Live, stamp: &Stamp) -> Result<(), CloudError> {
        let name = &live.id;
        if self.public_access_blocked != old.public_access_blocked {
            settings::block_public_access(cx, name, self.public_access_blocked).await?;
        }
        if self.purpose != old.purpose {
            let account = cx.identity().await?.account;
            settings::set_policy(cx, name, &self.policy(cx.region(), &account, name)).await?;
        }
        if self.encryption != old.encryption {
            settings::set_encryption(cx, name, &self.encryption).await?;
        }
        if self.expiration_days != old.expiration_days {
            let rules = settings::rules(cx, name).await?;
            settings::set_expiration(cx, name, rules, self.expiration_days).await?;
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

    /// The policy's text; empty where there should be none.
    fn policy(&self, region: &str, account: &str, name: &str) -> String {
        match &self.purpose {
            Purpose::LoadBalancerLogs => log_delivery(region, account, name).to_string(),
            Purpose::Other(text) => text.clone(),
        }
    }
}

/// A bucket with all its settings.
async fn read(cx: &Clients, name: &str, account: &str, tags: Tags) -> Result<Bucket, CloudError> {
    let (policy, rules, encryption, public_access_blocked) = tokio::try_join!(
        settings::policy(cx, name),
        settings::rules(cx, name),
        settings::encryption(cx, name),
        settings::public_access_blocked(cx, name),
    )?;
    let known = policy == Some(log_delivery(cx.region(), account, name));
    let purpose = if known { Purpose::LoadBalancerLogs } else { Purpose::Other(policy.map_or(String::new(), |p| p.to_string())) };
    Ok(Bucket { purpose, expiration_days: settings::expiration(&rules), encryption, public_access_blocked, tags })
}

/// Lets load balancers write the logs of this account, and of no other, since each is written under its account's number.
fn log_delivery(region: &str, account: &str, name: &str) -> Value {
    let partition = partition(region).name;
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "logdelivery.elasticloadbalancing.amazonaws.com" },
            "Action": "s3:PutObject",
            "Resource": format!("arn:{partition}:s3:::{name}/AWSLogs/{account}/*"),
        }],
    })
}

/// Elastic Load Balancing writes this object when it is told to log to a bucket.
const TRIAL: &str = "ELBAccessLogTestFile";

/// Removes that object where it is the only one.
async fn remove_trial(cx: &Clients, bucket: &str) -> Result<(), CloudError> {
    let request = cx.s3().list_objects_v2().bucket(bucket).max_keys(2);
    let seen = match cx.safe(Service::S3, "ListObjectsV2", async || request.clone().send().await).await {
        Err(e) if e.class == Class::NotFound => return Ok(()),
        seen => seen?.contents.unwrap_or_default(),
    };
    let [only] = &seen[..] else { return Ok(()) };
    let Some(key) = only.key().filter(|k| k.ends_with(TRIAL)) else { return Ok(()) };
    let request = cx.s3().delete_object().bucket(bucket).key(key);
    gone(cx.safe(Service::S3, "DeleteObject", async || request.clone().send().await).await)
}
