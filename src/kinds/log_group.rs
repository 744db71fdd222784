//! Where logs are kept.
use super::calls::{On, call, needs, reads};
use super::example::tags;
use super::quotas::quota;
use super::terraform::{ID, NAME, REGION, TAGS, TAGS_ALL, Word, is, known, made, of, one};
use super::*;
use crate::model::Tags;

object! {
    /// `AWS::Logs::LogGroup`. Its name is its stamp, `/infra/STACK/NAME/RUN-STEP`: so one request lists them all, without one for tags each.
    pub struct LogGroup {
        /// `RetentionInDays`, one of the API's steps (1, 3, 5, 7, 14, 30, 60, 90, …, 3653); `None` keeps events for ever.
        update(data) retention_days: Option<i32>,
        /// Set at creation, then left alone.
        initial tags: Tags,
    }
}

impl Resource for LogGroup {
    const KIND: Kind = Kind::LogGroup;
    const SERVICE: Service = Service::CloudWatchLogs;
    const LOSS: Loss = Loss::Data;
    const TYPICAL: Typical = Typical::secs(2, 1, 2);
    const HINT: &'static [&'static str] = &["kept {retention_days} days"];
    const CALLS: Calls = Calls {
        read: &[reads(Service::CloudWatchLogs, "DescribeLogGroups")],
        write: &[
            call(Service::CloudWatchLogs, "CreateLogGroup", &[On::New(LOG_GROUP)]),
            needs(Service::CloudWatchLogs, "CreateLogGroup", "logs:TagResource", &[On::NewTags(LOG_GROUP)]),
            call(Service::CloudWatchLogs, "DeleteLogGroup", LOG_GROUPS),
            call(Service::CloudWatchLogs, "DeleteRetentionPolicy", LOG_GROUPS),
            call(Service::CloudWatchLogs, "PutRetentionPolicy", LOG_GROUPS),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_cloudwatch_log_group",
        &[
            known("arn", "arn:${partition}:logs:${region}:${account}:log-group:${id}"),
            ID,
            is("log_group_class", Word::Text("STANDARD")),
            NAME,
            REGION,
            of("retention_in_days", "retention_days"),
            is("skip_destroy", Word::No),
            TAGS,
            TAGS_ALL,
        ],
    )]);
    const QUOTAS: &'static [Quota] =
        &[quota(Service::CloudWatchLogs, "LimitExceededException", ("logs", ""), "Log groups").of("CreateLogGroup")];

    fn example() -> Self {
        LogGroup { retention_days: Some(30), tags: tags() }
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.logs().describe_log_groups().log_group_name_prefix(prefix(stack)).limit(50);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::CloudWatchLogs, "DescribeLogGroups", send, |page| (page.log_groups, page.next_token)).await?;
        let live = found.into_iter().filter_map(|group| {
            let name = group.log_group_name?;
            let stamp = stamp(stack, &name)?;
            let object = LogGroup { retention_days: group.retention_in_days, tags: Tags::new() };
            Some(Live::found(name, object, stamp))
        });
        Ok(live.collect())
    }

    /// The name answers definitely whether a lost request has arrived: no other run and step makes it.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = format!("{}{}/{}-{}", prefix(&stamp.stack), stamp.address.name, stamp.run, stamp.step);
        let request = cx.logs().create_log_group().log_group_name(&name).set_tags(Some(stamp.tags(&self.tags).into_iter().collect()));
        match cx.safe(Service::CloudWatchLogs, "CreateLogGroup", async || request.clone().send().await).await {
            Err(e) if e.code != "ResourceAlreadyExistsException" => return Err(e),
            _ => {}
        }
        half(self.retain(cx, &name).await)?;
        Live::made(name, self.clone(), stamp, links)
    }

    /// A new address would need a new name, and a log group keeps its name.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        if stamp.address != live.stamp.address {
            let message = format!("{} carries its address in its name and can't become {}", live.id, stamp.address);
            return Err(CloudError::new(Class::Invalid, "NameIsFixed", message));
        }
        if self.retention_days != live.of::<Self>()?.retention_days {
            self.retain(cx, &live.id).await?;
        }
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.logs().delete_log_group().log_group_name(&live.id);
        gone(cx.safe(Service::CloudWatchLogs, "DeleteLogGroup", async || request.clone().send().await).await)
    }
}

const LOG_GROUP: &str = "logs:{region}:{account}:log-group:/infra/{stack}/*";
const LOG_GROUPS: &[On] = &[On::Named(LOG_GROUP)];

impl LogGroup {
    async fn retain(&self, cx: &Clients, name: &str) -> Result<(), CloudError> {
        let Some(days) = self.retention_days else {
            let request = cx.logs().delete_retention_policy().log_group_name(name);
            return cx.safe(Service::CloudWatchLogs, "DeleteRetentionPolicy", async || request.clone().send().await).await.map(drop);
        };
        let request = cx.logs().put_retention_policy().log_group_name(name).retention_in_days(days);
        cx.safe(Service::CloudWatchLogs, "PutRetentionPolicy", async || request.clone().send().await).await.map(drop)
    }
}

fn prefix(stack: &str) -> String {
    format!("/infra/{stack}/")
}

/// The stamp in a name; its digest is not kept.
fn stamp(stack: &str, name: &str) -> Option<Stamp> {
    let (address, made) = name.strip_prefix(&prefix(stack))?.rsplit_once('/')?;
    let (run, step) = made.rsplit_once('-')?;
    Some(Stamp {
        stack: stack.into(),
        address: Address::new(Kind::LogGroup, address),
        run: run.into(),
        step: step.parse().ok()?,
        identity: String::new(),
        digest: String::new(),
    })
}
