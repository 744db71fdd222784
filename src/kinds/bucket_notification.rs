//! What a bucket tells functions of. A kind of its own, and not the bucket's: a function that is told of a bucket mostly uses it, too, and so comes after it.
//!
//! S3 keeps all that a bucket tells in one configuration, which is written as a whole. Each part has an `Id`, in which the stamp stands; parts without one
//! of the stack's are others', and stay as they are.
mod parts;
mod rules;
mod terraform;

pub use parts::{CREATED, REMOVED};

use super::bucket::{BUCKET, NAMES};
use super::calls::{FUNCTIONS_AND_VERSIONS, On, call, needs};
use super::example::EXAMPLE;
use super::permission::{self, Grant};
use super::*;
use crate::model::partition;
use crate::model::partition::principal;
use futures_util::future::try_join_all;

object! {
    /// `NotificationConfiguration` of a bucket, as far as it calls functions of the stack.
    pub struct BucketNotification {
        replace bucket: Ref<Bucket>,
        /// `LambdaFunctionConfigurations`, by name. One that S3 may not call is shown as none.
        update functions: Open<Told>,
    }
}

/// Of what a function is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// `LambdaFunctionArn`: the function, by its alias.
    pub function: Ref<Function>,
    /// `Events`: `s3:ObjectCreated:*`, `s3:ObjectRemoved:*`.
    pub events: BTreeSet<String>,
    /// Objects whose key begins so.
    pub prefix: String,
    /// Objects whose key ends so.
    pub suffix: String,
}

const BUCKETS: &[On] = &[On::Named(BUCKET)];

impl Resource for BucketNotification {
    const KIND: Kind = Kind::BucketNotification;
    const SERVICE: Service = Service::S3;
    const TYPICAL: Typical = Typical::secs(3, 3, 3);
    const HINT: &'static [&'static str] = &["of {bucket}", "to {functions@function}"];
    const CALLS: Calls = Calls {
        read: &[
            needs(Service::S3, "GetBucketNotificationConfiguration", "s3:GetBucketNotification", BUCKETS),
            needs(Service::S3, "ListBuckets", "s3:ListAllMyBuckets", &[On::Any]),
            call(Service::Lambda, "GetPolicy", FUNCTIONS_AND_VERSIONS),
        ],
        write: &[
            needs(Service::S3, "PutBucketNotificationConfiguration", "s3:PutBucketNotification", BUCKETS),
            call(Service::Lambda, "AddPermission", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "RemovePermission", FUNCTIONS_AND_VERSIONS),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;

    fn example() -> Self {
        let told = Told {
            function: Ref::to(EXAMPLE),
            events: [parts::CREATED.to_owned()].into(),
            prefix: "photos/".into(),
            suffix: ".jpg".into(),
        };
        BucketNotification { bucket: Ref::to(EXAMPLE), functions: [("thumbnails".into(), told)].into() }
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self)
    }

    /// The buckets whose names begin as the stack's do, and the configuration of each.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.s3().list_buckets().prefix(NAMES.start(stack)).bucket_region(cx.region()).max_buckets(1000);
        let send = async |token| request.clone().set_continuation_token(token).send().await;
        let found = cx.pages(Service::S3, "ListBuckets", send, |page| (page.buckets, page.continuation_token)).await?;
        let each = found.into_iter().filter_map(|b| b.name).map(async |bucket| read(cx, stack, &bucket).await);
        Ok(try_join_all(each).await?.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let bucket = links.to(&self.bucket)?;
        self.tell(cx, links, &bucket, stamp).await?;
        Live::made(id(&bucket), self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let bucket = links.to(&self.bucket)?;
        self.tell(cx, links, &bucket, &live.stamp.renewed(stamp)).await?;
        let wanted = links.all(self.functions.values().map(|told| &told.function))?;
        half(silence(cx, &bucket, functions(live).filter(|name| !wanted.contains(*name))).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let bucket = bucket(live);
        gone(parts::write(cx, bucket, &live.stamp.stack, vec![]).await)?;
        half(silence(cx, bucket, functions(live)).await)
    }
}

impl BucketNotification {
    /// Lets S3 call the functions, and then says so to the bucket.
    async fn tell(&self, cx: &Clients, links: &Links, bucket: &str, stamp: &Stamp) -> Result<(), CloudError> {
        let mut wanted = vec![];
        for (key, told) in &self.functions {
            let (name, arn) = (links.to(&told.function)?, links.output(&told.function.address(), "arn")?);
            let source = source(cx, bucket);
            half(permission::allow(cx, &name, &grant(bucket, &source, &arn)).await)?;
            wanted.push(parts::part(key, told, &arn, stamp)?);
        }
        let write = async || parts::write(cx, bucket, &stamp.stack, wanted.clone()).await;
        let unknown = |e: &CloudError| e.code == "InvalidArgument" && e.message.contains("validate the following destination");
        half(permission::known(cx, "S3 to be let through to the functions", unknown, write).await)
    }
}

/// Its id; the bucket's alone is the bucket's.
fn id(bucket: &str) -> String {
    format!("{bucket}/notifications")
}

fn bucket(live: &Live) -> &str {
    live.id.split('/').next().unwrap_or_default()
}

/// The functions that it points at: all but the bucket.
fn functions(live: &Live) -> impl Iterator<Item = &String> {
    live.points.iter().filter(|id| *id != bucket(live))
}

fn source(cx: &Clients, bucket: &str) -> String {
    format!("arn:{}:s3:::{bucket}", partition(cx.region()).name)
}

/// The statement of a bucket has the bucket's name, and names the account of the function, whose the bucket must be.
fn grant<'a>(bucket: &'a str, source: &'a str, function: &'a str) -> Grant<'a> {
    Grant { id: bucket, service: principal!("s3"), source, account: function.split(':').nth(4).unwrap_or_default() }
}

/// Takes back what let S3 call functions on behalf of a bucket.
async fn silence<'a>(cx: &Clients, bucket: &str, functions: impl Iterator<Item = &'a String>) -> Result<(), CloudError> {
    let source = source(cx, bucket);
    for function in functions {
        permission::forbid(cx, function, &grant(bucket, &source, "")).await?;
    }
    Ok(())
}

/// What of a bucket's configuration is the stack's; `None` when nothing is, or the bucket is gone.
async fn read(cx: &Clients, stack: &str, bucket: &str) -> Result<Option<Live>, CloudError> {
    let Some(all) = present(parts::all(cx, bucket).await)? else { return Ok(None) };
    let own: Vec<_> = all.functions.iter().filter_map(|part| parts::own(part, stack)).collect();
    let Some(stamp) = own.first().map(|(stamp, ..)| stamp.clone()) else { return Ok(None) };
    let source = source(cx, bucket);
    let stands = async |arn: &String| match permission::called(arn) {
        Some(name) => permission::stands(cx, name, &grant(bucket, &source, arn)).await,
        None => Ok(false),
    };
    let stand = try_join_all(own.iter().map(|(_, _, arn, _)| stands(arn))).await?;
    let functions = own.into_iter().zip(stand).filter(|(_, stands)| *stands).map(|((_, key, _, told), _)| (key, told)).collect();
    Ok(Some(Live::found(id(bucket), BucketNotification { bucket: Ref::to(bucket), functions }, stamp)))
}
