//! A secret that the stack keeps for itself: a login, or a value that it was given.
use super::calls::{NEW_SECRET_TAGS, NEW_SECRETS, SECRETS, call, needs, reads};
use super::example::tags;
use super::quotas::quota;
use super::terraform::{ID, NAME, REGION, TAGS, TAGS_ALL, Word, is, known, made, of, own};
use super::*;
use crate::diag::Code;
use crate::model::{self, Computed};
use crate::wire::tags::{from_tags, retag, to_tags};
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, SecretListEntry};
use serde_json::json;

object! {
    /// `AWS::SecretsManager::Secret`. Its id is its ARN. Without a value of its own it is a user's name and password, in the form in which RDS writes those
    /// that it manages itself: `{"username":"…","password":"…"}`. Secrets Manager makes the password when the secret is made (`GetRandomPassword`); it is
    /// read only for the request that hands it to a service, and never written by `infra`. A secret never gets a second version: with another value it is
    /// another secret, so that whoever uses the old one can go back to it.
    pub struct Secret {
        /// `SecretString`, where it is given: in memory alone, until it is sent. A tag keeps its print.
        replace value: Option<model::Secret>,
        /// `username` of the value. A tag keeps it, too, since lists show no values.
        replace username: String,
        /// `PasswordLength`: how many letters and digits the password has. There is nothing else in it, so that it fits into addresses and shells.
        initial length: i32,
        /// `ARN`.
        computed arn: Computed<String>,
        update tags: Tags,
    }
}

/// Keeps who logs in.
const TAG_USERNAME: &str = "infra:username";

/// Keeps the print of a value that was given, by which every process that knows the value tells whether it is the same.
const TAG_VALUE: &str = "infra:value";

/// How long `ListSecrets` usually takes to know what was made or deleted: it may be up to five minutes late.
const LISTED: Duration = Duration::from_secs(75);

/// `RecoveryWindowInDays`, the shortest there is: what was deleted by mistake can be had back so long (`RestoreSecret`), and costs nothing. Its name rests
/// meanwhile; names are never used twice, so that nothing waits for it.
const RECOVERY_DAYS: i64 = 7;

/// `Name` of `CreateSecret` takes 512 characters, from which IAM's patterns need room.
pub const NAMES: NameRule = NameRule::most(255);

impl Resource for Secret {
    const KIND: Kind = Kind::Secret;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::SecretsManager;
    const TYPICAL: Typical = Typical::secs(10, 2, 10);
    const CALLS: Calls = Calls {
        read: &[reads(Service::SecretsManager, "ListSecrets")],
        write: &[
            call(Service::SecretsManager, "CreateSecret", NEW_SECRETS),
            needs(Service::SecretsManager, "CreateSecret", "secretsmanager:TagResource", NEW_SECRET_TAGS),
            call(Service::SecretsManager, "DeleteSecret", SECRETS),
            call(Service::SecretsManager, "DescribeSecret", SECRETS),
            reads(Service::SecretsManager, "GetRandomPassword"),
            call(Service::SecretsManager, "TagResource", SECRETS),
            call(Service::SecretsManager, "UntagResource", SECRETS),
        ],
    };
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[
            made(
                "aws_secretsmanager_secret",
                &[of("arn", "arn"), ID, NAME, is("recovery_window_in_days", Word::Number(RECOVERY_DAYS)), REGION, TAGS, TAGS_ALL],
            ),
            made("aws_secretsmanager_secret_version", &[own("secret_id", "id"), known("version_id", "${id}")]),
        ],
        left_out: &[
            ("username", "it stands within the value, which no plan shows"),
            ("length", "it is that of the value, which no plan shows"),
            ("value", "no plan shows it"),
        ],
    };
    const QUOTAS: &'static [Quota] =
        &[quota(Service::SecretsManager, "LimitExceededException", ("secretsmanager", "L-2F66C23C"), "Secrets per Region")
            .of("CreateSecret")];

    fn example() -> Self {
        Secret { value: None, username: "shop".into(), length: 41, arn: Computed::default(), tags: tags() }
    }

    /// An environment file holds a value a line (`SecretString` itself takes anything).
    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let several = self.value.as_ref().and_then(model::Secret::expose).is_some_and(|value| value.contains(['\n', '\r', '\0']));
        let breach = || {
            let help = "give it in one line, or as base64 that the application decodes";
            Breach::new(
                Code::Refused,
                "value",
                "the value of this secret has several lines, and a container's environment holds one a value",
                help,
            )
        };
        several.then(breach).into_iter().collect()
    }

    fn outputs(&self) -> Outputs {
        self.arn.0.clone().map(|arn| ("arn".into(), arn)).into_iter().collect()
    }

    fn simulate(&mut self, id: &str) {
        self.arn = Computed::from(format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{id}"));
    }

    /// One list by tag; the filters match beginnings, the stamp matches whole.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        Ok(listed(cx, stack).await?.into_iter().filter_map(|seen| read(stack, seen)).collect())
    }

    /// Returns when the secret can be listed, too. The token makes a repeated request the same one; the name answers a lost one of an earlier try.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let text = match &self.value {
            Some(value) => value.expose().map(str::to_owned).ok_or_else(unknown)?,
            None => self.login(cx).await?,
        };
        let request = cx
            .secrets()
            .create_secret()
            .name(&name)
            .description(stamp.address.to_string())
            .client_request_token(&digest(&(&stamp.stack, &stamp.address, &stamp.run, stamp.step))[..32])
            .secret_string(text)
            .set_tags(Some(to_tags(&self.all_tags(stamp))));
        let arn = match cx.safe(Service::SecretsManager, "CreateSecret", async || request.clone().send().await).await {
            Err(e) if e.code == "ResourceExistsException" => existing(cx, &name, stamp).await?,
            made => made?.arn.ok_or_else(|| CloudError::incomplete("CreateSecret", "ARN"))?,
        };
        let seen = async || Ok(listed(cx, &stamp.stack).await?.iter().any(|s| s.arn.as_ref() == Some(&arn)).then_some(()));
        half(cx.policy.wait(&format!("{name} to be listed"), deadline(LISTED), seen).await)?;
        Live::made(&arn, Secret { arn: Computed::from(arn.clone()), ..self.clone() }, stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let before = from_tags(describe(cx, &live.id).await?.tags);
        let (set, unset) = retag(&before, &self.all_tags(&live.stamp.renewed(stamp)));
        if !set.is_empty() {
            let request = cx.secrets().tag_resource().secret_id(&live.id).set_tags(Some(to_tags(&set)));
            cx.safe(Service::SecretsManager, "TagResource", async || request.clone().send().await).await?;
        }
        let unset: Vec<String> = unset.into_iter().filter(|k| !k.starts_with("aws:")).collect();
        if !unset.is_empty() {
            let request = cx.secrets().untag_resource().secret_id(&live.id).set_tag_keys(Some(unset));
            half(cx.safe(Service::SecretsManager, "UntagResource", async || request.clone().send().await).await)?;
        }
        Live::made(&live.id, Secret { arn: Computed::from(live.id.clone()), ..self.clone() }, stamp, links)
    }

    /// Returns when no list shows it any more. What is being deleted already can't be deleted again, which is as well.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.secrets().delete_secret().secret_id(&live.id).recovery_window_in_days(RECOVERY_DAYS);
        match cx.safe(Service::SecretsManager, "DeleteSecret", async || request.clone().send().await).await {
            Err(e) if e.code == "InvalidRequestException" && e.message.contains("deletion") => {}
            deleted => gone(deleted)?,
        }
        let shown = async || {
            let left = listed(cx, &live.stamp.stack).await?.iter().any(|s| s.arn.as_ref() == Some(&live.id));
            Ok((!left).then_some(()))
        };
        cx.policy.wait(&format!("{} to be gone", live.id), deadline(LISTED), shown).await
    }
}

impl Secret {
    fn all_tags(&self, stamp: &Stamp) -> Tags {
        let mut all = stamp.tags(&self.tags);
        match &self.value {
            Some(value) => all.insert(TAG_VALUE.into(), value.print()),
            None => all.insert(TAG_USERNAME.into(), self.username.clone()),
        };
        all
    }

    /// The name with a new password.
    async fn login(&self, cx: &Clients) -> Result<String, CloudError> {
        let request = cx.secrets().get_random_password().password_length(self.length.into()).exclude_punctuation(true);
        let random = cx.safe(Service::SecretsManager, "GetRandomPassword", async || request.clone().send().await).await?;
        let password = random.random_password.ok_or_else(|| CloudError::incomplete("GetRandomPassword", "RandomPassword"))?;
        Ok(json!({ "username": self.username, "password": password }).to_string())
    }
}

/// Only the fingerprint of the value was kept.
fn unknown() -> CloudError {
    CloudError::new(Class::Invalid, "UnknownSecret", "the value of this secret is not known to this run: only its fingerprint was kept")
}

/// The secrets of a stack, by its tag; those that are being deleted aren't among them.
async fn listed(cx: &Clients, stack: &str) -> Result<Vec<SecretListEntry>, CloudError> {
    let filter = |key, value| Filter::builder().key(key).values(value).build();
    let filters = vec![filter(FilterNameStringType::TagKey, identity::TAG_STACK), filter(FilterNameStringType::TagValue, stack)];
    let request = cx.secrets().list_secrets().set_filters(Some(filters)).max_results(100);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::SecretsManager, "ListSecrets", send, |page| (page.secret_list, page.next_token)).await?;
    Ok(found.into_iter().filter(|s| s.deleted_date.is_none()).collect())
}

fn read(stack: &str, seen: SecretListEntry) -> Option<Live> {
    let all = from_tags(seen.tags);
    let username = all.get(TAG_USERNAME).cloned().unwrap_or_default();
    let value = all.get(TAG_VALUE).cloned().map(model::Secret::Sealed);
    let (stamp, tags) = Stamp::read(stack, all)?;
    let arn = seen.arn?;
    Some(Live::found(&arn, Secret { value, username, length: 0, arn: Computed::from(arn.clone()), tags }, stamp))
}

/// The ARN of a secret that bears the generated name: an earlier try of the same step has made it, or it is nobody's business here.
async fn existing(cx: &Clients, name: &str, stamp: &Stamp) -> Result<String, CloudError> {
    let seen = describe(cx, name).await?;
    ours(name, Stamp::read(&stamp.stack, from_tags(seen.tags)), stamp)?;
    seen.arn.ok_or_else(|| CloudError::incomplete("DescribeSecret", "ARN"))
}

async fn describe(cx: &Clients, id: &str) -> Result<DescribeSecretOutput, CloudError> {
    let request = cx.secrets().describe_secret().secret_id(id);
    cx.safe(Service::SecretsManager, "DescribeSecret", async || request.clone().send().await).await
}
