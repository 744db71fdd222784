//! A certificate for HTTPS listeners.
use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, DomainStatus, DomainValidation, FailureReason, Tag, ValidationMethod};
use aws_sdk_resourcegroupstagging::types::{ResourceTagMapping, TagFilter};
use futures_util::future::try_join_all;

use super::calls::{NEW, OWN, TAGGED, call, needs, reads};
use super::example::tags;
use super::managed::{broken, moved};
use super::terraform::{ID, Line, REGION, TAGS, TAGS_ALL, Word, each, is, known, made, of, one};
use super::*;
use crate::diag::Code;
use crate::kinds::identity::TAG_STACK;
use crate::model::{Computed, Moment, Tags, digest};
use crate::wire::tags::retag;

object! {
    /// `AWS::CertificateManager::Certificate`, validated by DNS. It is there once its validation records are known, and of use once they are published:
    /// a listener that uses it waits for that. The records stay, so that the service can renew it.
    pub struct Certificate {
        /// `DomainName`.
        replace domain: String,
        /// `SubjectAlternativeNames`: every name that it covers, `domain` among them.
        replace names: BTreeSet<String>,
        /// `DomainValidationOptions[].ResourceRecord` by domain name: the name and the value of a CNAME, in lower case, without trailing dots.
        computed validation: Computed<Open<(String, String)>>,
        update tags: Tags,
    }
}

/// How long the tagging service usually takes to know a new certificate, or its new tags.
const LISTED: Duration = Duration::from_secs(75);

/// The most characters of an `IdempotencyToken`.
const TOKEN: usize = 32;

impl Resource for Certificate {
    const KIND: Kind = Kind::Certificate;
    const SERVICE: Service = Service::Acm;
    /// Until it is issued, though the listener that uses it waits for that.
    const TYPICAL: Typical = Typical::secs(120, 2, 5);
    const HINT: &'static [&'static str] = &["{domain}", "with {names}"];
    /// Certificate Manager doesn't tell tags that are given at creation from others.
    const CALLS: Calls = Calls {
        read: &[reads(Service::Acm, "DescribeCertificate"), reads(Service::Tagging, "GetResources")],
        write: &[
            call(Service::Acm, "AddTagsToCertificate", TAGGED),
            call(Service::Acm, "DeleteCertificate", OWN),
            call(Service::Acm, "RemoveTagsFromCertificate", OWN),
            call(Service::Acm, "RequestCertificate", NEW),
            needs(Service::Acm, "RequestCertificate", "acm:AddTagsToCertificate", TAGGED),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_acm_certificate",
        &[
            known("arn", "${id}"),
            of("domain_name", "domain"),
            each("domain_validation_options", "validation", VALIDATION),
            ID,
            REGION,
            of("subject_alternative_names", "names"),
            TAGS,
            TAGS_ALL,
            is("validation_method", Word::Text("DNS")),
        ],
    )]);

    fn example() -> Self {
        let names = ["www.example.com", "example.com"].map(String::from);
        Certificate { domain: names[0].clone(), names: names.into(), validation: Computed::default(), tags: tags() }
    }

    /// `validation_name.DOMAIN` and `validation_value.DOMAIN`.
    fn outputs(&self) -> Outputs {
        let records = self.validation.0.iter().flatten();
        let both = |(d, (name, value)): (&String, &(String, String))| {
            [(format!("validation_name.{d}"), name.clone()), (format!("validation_value.{d}"), value.clone())]
        };
        records.flat_map(both).collect()
    }

    fn simulate(&mut self, id: &str) {
        let record = |d: &String| (d.clone(), (format!("_{id}.{}", d.trim_start_matches("*.")), format!("_{id}.acm-validations.sandbox")));
        self.validation = Computed::from(self.names.iter().map(record).collect::<Open<_>>());
    }

    /// `DomainName` of `RequestCertificate`: labels of letters, digits and `-`; the first name has 64 characters at most (RFC 5280), others 253; 100 names
    /// are the most that the quota can be raised to.
    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let name = |name: &str| {
            let labels: Vec<&str> = name.strip_prefix("*.").unwrap_or(name).split('.').collect();
            let label = |l: &&str| {
                (1..=63).contains(&l.len())
                    && !l.starts_with('-')
                    && !l.ends_with('-')
                    && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            };
            name.len() <= 253 && labels.len() > 1 && labels.iter().all(label) && labels.last().is_some_and(|top| top.len() > 1)
        };
        let say = |attribute: &str, text: &str| {
            let message = format!("no certificate can be requested for `{text}`");
            Breach::new(
                Code::ListenerCertificate,
                attribute,
                message,
                "write a name of labels of letters, digits and `-`, such as `www.example.com`",
            )
        };
        let mut found: Vec<Breach> = (!name(&self.domain)).then(|| say("domain", &self.domain)).into_iter().collect();
        if self.domain.len() > 64 {
            let message =
                format!("the first name of a certificate has at most 64 characters, and `{}` has {}", self.domain, self.domain.len());
            found.push(Breach::new(
                Code::ListenerCertificate,
                "domain",
                message,
                "write a shorter name, or one with `*` for the whole first label",
            ));
        }
        found.extend(self.names.iter().filter(|n| **n != self.domain && !name(n)).map(|n| say("names", n)));
        if self.names.len() > 100 {
            let message = format!("a certificate can't have {} names", self.names.len());
            found.push(Breach::new(Code::Count, "names", message, "100 at most; a certificate for `*.example.com` covers many"));
        }
        found
    }

    /// 10 names by default (`L-FB94F0B0`; others report `has too many domains`).
    fn doubts(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let many = self.names.len();
        let breach = || {
            let message = format!(
                "a certificate for {many} names: its own and every record that leads to the load balancer; an account has 10 by default"
            );
            let help = "write the name with `*`, which covers many, or have the quota L-FB94F0B0 raised first";
            Breach::new(Code::Quota, "names", message, help)
        };
        (many > 10).then(breach).into_iter().collect()
    }

    /// The certificates by tag, with their tags, from the tagging service; then each by itself, for which there is no batched read.
    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        let Some(seen) = describe(cx, &live.id).await? else { return Ok(vec![]) };
        let now = aws_smithy_types::DateTime::from(Moment::now().0).secs();
        let days = seen.not_after.map(|end| (end.secs() - now) / DAY);
        Ok(vec![validity(seen.status.as_ref().map_or("unknown", CertificateStatus::as_str), days)])
    }

    fn fares(&self, _me: &Address, _near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        vec![validity(health::bent_state(bent, "ISSUED"), Some(health::bent_count(bent, "days", 198) as i64))]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let own = tagged(cx, stack).await?.into_iter().filter_map(|(arn, tags)| Some((arn, Stamp::read(stack, tags)?)));
        let read = async |(arn, (stamp, tags)): (String, (Stamp, Tags))| {
            let Some(seen) = describe(cx, &arn).await? else { return Ok(None) };
            Ok::<_, CloudError>(read(seen, tags).map(|certificate| Live::found(arn, certificate, stamp)))
        };
        Ok(try_join_all(own.map(read)).await?.into_iter().flatten().collect())
    }

    /// Returns when the validation records are known and the certificate can be listed.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let others: Vec<_> = self.names.iter().filter(|n| **n != self.domain).cloned().collect();
        let tags = stamp.tags(&self.tags);
        let request = cx
            .acm()
            .request_certificate()
            .domain_name(&self.domain)
            .set_subject_alternative_names(Some(others).filter(|o| !o.is_empty()))
            .validation_method(ValidationMethod::Dns)
            .idempotency_token(token(stamp))
            .set_tags(Some(to_tags(&tags)?));
        let made = cx.safe(Service::Acm, "RequestCertificate", async || request.clone().send().await).await?;
        let arn = made.certificate_arn.ok_or_else(|| CloudError::incomplete("RequestCertificate", "CertificateArn"))?;
        let what = format!("the validation records of {arn}");
        let look = async || self.records(cx, &arn).await;
        let records = half(cx.policy.wait_saying(&what, deadline(Self::TYPICAL.create), look, async || state(cx, &arn).await).await)?;
        half(listed(cx, &arn, &stamp.stack, &tags).await)?;
        Live::made(arn, Certificate { validation: Computed::from(records), ..self.clone() }, stamp, links)
    }

    /// Nothing but its tags can be changed.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: Certificate = live.of()?;
        let (before, after) = (live.stamp.tags(&old.tags), moved(live, stamp).tags(&self.tags));
        let (set, unset) = retag(&before, &after);
        if !set.is_empty() {
            let request = cx.acm().add_tags_to_certificate().certificate_arn(&live.id).set_tags(Some(to_tags(&set)?));
            cx.safe(Service::Acm, "AddTagsToCertificate", async || request.clone().send().await).await?;
        }
        if !unset.is_empty() {
            let unset = unset.iter().map(|key| tag(key, None)).collect::<Result<_, _>>()?;
            let request = cx.acm().remove_tags_from_certificate().certificate_arn(&live.id).set_tags(Some(unset));
            half(cx.safe(Service::Acm, "RemoveTagsFromCertificate", async || request.clone().send().await).await)?;
        }
        if before != after {
            half(listed(cx, &live.id, &stamp.stack, &after).await)?;
        }
        Live::made(&live.id, Certificate { validation: old.validation, ..self.clone() }, stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.acm().delete_certificate().certificate_arn(&live.id);
        gone(cx.safe(Service::Acm, "DeleteCertificate", async || request.clone().send().await).await)
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        Some(("load balancers and other services", users(cx, &live.id).await))
    }
}

const VALIDATION: &[Line] = &[
    of("domain_name", "@key"),
    of("resource_record_name", "@.0"),
    is("resource_record_type", Word::Text("CNAME")),
    of("resource_record_value", "@.1"),
];

impl Certificate {
    /// The validation records of a new certificate, once there is one for each of its names.
    async fn records(&self, cx: &Clients, arn: &str) -> Result<Option<Open<(String, String)>>, CloudError> {
        let Some(seen) = describe(cx, arn).await? else { return Ok(None) };
        refusal(&seen, arn).map_or(Ok(()), Err)?;
        let records = validation(&seen);
        Ok(self.names.iter().all(|name| records.contains_key(&plain(name))).then_some(records))
    }
}

/// Waits until a certificate can be used, which is so once its validation records are published. One that won't ever be issued is an error
/// at once, with the service's own reason. Whether one that was issued long ago still serves is the load balancer's to judge: what a run
/// takes back may have to point at it again.
pub(crate) async fn issued(cx: &Clients, arn: &str) -> Result<(), CloudError> {
    let look = async || {
        let Some(seen) = describe(cx, arn).await? else { return Ok(None) };
        refusal(&seen, arn).map_or(Ok(()), Err)?;
        Ok(seen.status.filter(|s| *s != CertificateStatus::PendingValidation).map(drop))
    };
    let what = format!("{arn} to be issued");
    cx.policy.wait_saying(&what, deadline(Certificate::TYPICAL.create), look, async || pending(cx, arn).await).await
}

/// The same for the same run and step, so that a request may be repeated. The service knows it for an hour, which is longer than a request
/// is repeated; after that a look by stamp tells what stands.
fn token(stamp: &Stamp) -> String {
    let mut token = digest(&(&stamp.stack, &stamp.address, &stamp.run, stamp.step));
    token.truncate(TOKEN);
    token
}

/// A domain name in the one form that names are compared and published in.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_lowercase()
}

/// The records that are known so far, by domain name.
fn validation(seen: &CertificateDetail) -> Open<(String, String)> {
    let record = |d: &DomainValidation| {
        let record = d.resource_record()?;
        Some((plain(d.domain_name()), (plain(record.name()), plain(record.value()))))
    };
    seen.domain_validation_options().iter().filter_map(record).collect()
}

/// The certificate as its own call shows it. The domain of one that can't be used, or not any more, reads with the reason, so that it
/// differs from every one that is wanted.
fn read(seen: CertificateDetail, tags: Tags) -> Option<Certificate> {
    let validation = Computed::from(validation(&seen));
    let domain = seen.domain_name?;
    let domain = match seen.status? {
        CertificateStatus::Issued | CertificateStatus::PendingValidation => domain,
        other => format!("{domain} ({})", other.as_str().to_lowercase().replace('_', " ")),
    };
    Some(Certificate { domain, names: seen.subject_alternative_names.unwrap_or_default().into_iter().collect(), validation, tags })
}

/// Why a certificate will never be issued, when it won't.
fn refusal(seen: &CertificateDetail, arn: &str) -> Option<CloudError> {
    let status = seen.status.as_ref()?;
    let reason = seen.failure_reason.as_ref();
    let message = match (status, reason) {
        (CertificateStatus::Failed, Some(FailureReason::CaaError)) => {
            format!(
                "{arn} failed: the CAA records of the zone don't let Amazon issue it; they must allow amazon.com, or there must be none"
            )
        }
        (CertificateStatus::Failed, _) => format!("{arn} failed: {}", reason.map_or("no reason is given", |r| r.as_str())),
        (CertificateStatus::ValidationTimedOut, _) => format!("{arn} was not validated in time: {}", waiting(seen)),
        _ => return None,
    };
    Some(broken(Service::Acm, "DescribeCertificate", reason.map_or(status.as_str(), |r| r.as_str()), &message))
}

/// The domains that are not validated, each with the record that it waits for.
fn waiting(seen: &CertificateDetail) -> String {
    let open = seen.domain_validation_options().iter().filter(|d| d.validation_status() != Some(&DomainStatus::Success));
    let told = |d: &DomainValidation| {
        let status = d.validation_status().map_or("in an unknown state", |s| s.as_str());
        let record = d.resource_record().map(|r| format!(", waiting for the CNAME {} -> {}", plain(r.name()), plain(r.value())));
        format!("{} is {status}{}", d.domain_name(), record.unwrap_or_default())
    };
    open.map(told).collect::<Vec<_>>().join("; ")
}

/// What AWS says of a certificate that takes too long to be issued.
async fn pending(cx: &Clients, arn: &str) -> Option<String> {
    Some(waiting(&describe(cx, arn).await.ok()??))
}

async fn state(cx: &Clients, arn: &str) -> Option<String> {
    Some(format!("it is {}", describe(cx, arn).await.ok()??.status?.as_str()))
}

/// Seconds.
const DAY: i64 = 86_400;

/// How a certificate fares, by its status and how many days it is valid still. ACM renews one 60 days before its end, and tells of trouble from 45 days on
/// (AWS: "Managed certificate renewal"): with 30 left somebody should look.
fn validity(status: &str, days: Option<i64>) -> Sign {
    match (status, days) {
        ("ISSUED", Some(days)) => {
            let level = if days < 7 {
                Level::Critical
            } else if days < 30 {
                Level::Warning
            } else {
                Level::Ok
            };
            Sign::new(level, format!("valid for {days} days"))
        }
        (status, _) => Sign::state(status, &["ISSUED"], &["PENDING_VALIDATION"]),
    }
}

/// One certificate as it is now; `None` when there is none.
async fn describe(cx: &Clients, arn: &str) -> Result<Option<CertificateDetail>, CloudError> {
    let request = cx.acm().describe_certificate().certificate_arn(arn);
    let seen = present(cx.safe(Service::Acm, "DescribeCertificate", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|s| s.certificate))
}

/// The ARNs of the stack's certificates, each with all its tags but AWS's own. The tagging service still shows deleted ones for a while.
async fn tagged(cx: &Clients, stack: &str) -> Result<BTreeMap<String, Tags>, CloudError> {
    let filter = TagFilter::builder().key(TAG_STACK).values(stack).build();
    let request = cx.tagging().get_resources().resource_type_filters("acm").tag_filters(filter).resources_per_page(100);
    let send = async |token| request.clone().set_pagination_token(token).send().await;
    let found = cx.pages(Service::Tagging, "GetResources", send, |page| (page.resource_tag_mapping_list, page.pagination_token)).await?;
    let tags = |found: ResourceTagMapping| {
        let tags = found.tags.into_iter().flatten().map(|t| (t.key, t.value)).filter(|(k, _)| !k.starts_with("aws:")).collect();
        Some((found.resource_arn?, tags))
    };
    Ok(found.into_iter().filter_map(tags).filter(|(arn, _)| arn.contains(":certificate/")).collect())
}

/// The ARNs of the stack's certificates.
pub(crate) async fn arns(cx: &Clients, stack: &str) -> Result<BTreeSet<String>, CloudError> {
    Ok(tagged(cx, stack).await?.into_keys().collect())
}

/// Waits until the tagging service shows a certificate as it should be.
async fn listed(cx: &Clients, arn: &str, stack: &str, tags: &Tags) -> Result<(), CloudError> {
    let look = async || Ok((tagged(cx, stack).await?.get(arn) == Some(tags)).then_some(()));
    cx.policy.wait(&format!("{arn} to be listed"), deadline(LISTED), look).await
}

fn to_tags(tags: &Tags) -> Result<Vec<Tag>, CloudError> {
    tags.iter().map(|(k, v)| tag(k, Some(v))).collect()
}

fn tag(key: &str, value: Option<&str>) -> Result<Tag, CloudError> {
    Tag::builder().key(key).set_value(value.map(String::from)).build().map_err(|e| CloudError::bug(e.to_string()))
}

/// What uses a certificate, by ARN.
async fn users(cx: &Clients, arn: &str) -> Result<Vec<String>, CloudError> {
    let request = cx.acm().describe_certificate().certificate_arn(arn);
    let seen = cx.safe(Service::Acm, "DescribeCertificate", async || request.clone().send().await).await?;
    Ok(seen.certificate.and_then(|c| c.in_use_by).unwrap_or_default())
}
