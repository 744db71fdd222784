//! Certificates where the emulator is too quick: it knows every record at once, issues without any, and refuses none. Answers after the API
//! reference.
use std::time::Duration;

use infra::cloud::{Cloud, Observe};
use infra::kinds::listener::Action;
use infra::kinds::{Certificate, Kind, Links, Listener, Live, Ref, Stamp, foreign};
use infra::model::{Computed, Tags};
use infra::wire::{Class, Clients, CloudError};

use super::certificate::certificate;
use super::listener::listener;
use super::replay_world::{has, stamp};
use crate::support::address;
use crate::support::replay::Replay;

const ARN: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";
const LISTENER: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/s-main-1/50dc6c495c0c9188/f2f7dc8efc522ab2";
const REQUESTED: &str = r#"{"CertificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/1"}"#;
/// Nobody serves yet.
const IDLE: &str = "<DescribeTargetHealthResponse><DescribeTargetHealthResult/></DescribeTargetHealthResponse>";
const MADE: &str = "<CreateListenerResponse><CreateListenerResult><Listeners><member><ListenerArn>arn:listener</ListenerArn></member></Listeners>\
    </CreateListenerResult></CreateListenerResponse>";
const MODIFIED: &str = "<ModifyListenerResponse><ModifyListenerResult/></ModifyListenerResponse>";

fn error(code: &str) -> String {
    format!(r#"{{"__type":"{code}","message":"no"}}"#)
}

/// A domain of a certificate: its name, its state, and whether its record is known. Records come in mixed case and with trailing dots.
fn domain(name: &str, status: &str, known: bool) -> String {
    let bare = name.trim_start_matches("*.");
    let record = if known {
        format!(r#","ResourceRecord":{{"Name":"_A1.{bare}.","Type":"CNAME","Value":"_B2.ACM-validations.aws."}}"#)
    } else {
        String::new()
    };
    format!(r#"{{"DomainName":"{name}","ValidationStatus":"{status}","ValidationMethod":"DNS"{record}}}"#)
}

/// What DescribeCertificate says.
fn shown(status: &str, more: &str, domains: &[String]) -> String {
    let names = r#""DomainName":"example.com","SubjectAlternativeNames":["example.com","*.example.com"]"#;
    let domains = domains.join(",");
    format!(r#"{{"Certificate":{{"CertificateArn":"{ARN}",{names},"Status":"{status}",{more}"DomainValidationOptions":[{domains}]}}}}"#)
}

fn pending() -> String {
    shown("PENDING_VALIDATION", "", &[domain("example.com", "PENDING_VALIDATION", true), domain("*.example.com", "SUCCESS", true)])
}

/// What GetResources says: an ARN and its tags each.
fn tagged(all: &[(&str, &Tags)]) -> String {
    let tag = |(k, v): (&String, &String)| format!(r#"{{"Key":"{k}","Value":"{v}"}}"#);
    let tags = |tags: &Tags| tags.iter().map(tag).collect::<Vec<_>>().join(",");
    let each = all.iter().map(|(arn, own)| format!(r#"{{"ResourceARN":"{arn}","Tags":[{}]}}"#, tags(own)));
    format!(r#"{{"PaginationToken":"","ResourceTagMappingList":[{}]}}"#, each.collect::<Vec<_>>().join(","))
}

fn own() -> Stamp {
    stamp("certificate.www")
}

fn all() -> Tags {
    own().tags(&certificate().tags)
}

fn replay<'a>(answers: impl IntoIterator<Item = (u16, &'a str)>) -> (Clients, Replay) {
    Replay::clients(answers)
}

async fn create(cloud: &Clients) -> Result<Live, CloudError> {
    cloud.create(&certificate().into(), &Links::default(), &own()).await
}

#[tokio::test(start_paused = true)]
async fn records_appear_late_and_the_tagging_service_later() {
    let none = shown("PENDING_VALIDATION", "", &[]);
    let half = shown(
        "PENDING_VALIDATION",
        "",
        &[domain("example.com", "PENDING_VALIDATION", true), domain("*.example.com", "PENDING_VALIDATION", false)],
    );
    let (absent, whole) = (error("ResourceNotFoundException"), pending());
    let endpoint = "arn:aws:acm:us-east-1:123456789012:acme-endpoint/1";
    let (empty, bare, full) = (tagged(&[]), tagged(&[(ARN, &own().tags(&[].into()))]), tagged(&[(ARN, &all()), (endpoint, &all())]));
    let answers = [(200, REQUESTED), (400, &absent), (200, &none), (200, &half), (200, &whole), (200, &empty), (200, &bare), (200, &full)];
    let (cloud, http) = replay(answers);
    let made = create(&cloud).await.unwrap();
    let record = |name: &str| (name.to_owned(), ("_a1.example.com".to_owned(), "_b2.acm-validations.aws".to_owned()));
    let known = Computed(Some(["example.com", "*.example.com"].map(record).into()));
    assert_eq!(made.of::<Certificate>().unwrap(), Certificate { validation: known, ..certificate() });
    assert_eq!((made.id.as_str(), made.output("validation_name.*.example.com").as_deref()), (ARN, Some("_a1.example.com")));
    let asked = http.asked();
    has(
        &asked[0],
        &[
            r#""DomainName":"example.com""#,
            r#""SubjectAlternativeNames":["*.example.com"]"#,
            r#""ValidationMethod":"DNS""#,
            "infra:address",
        ],
    );
    assert!(!asked[0].contains("KeyAlgorithm") && !asked[0].contains("Options"), "{}", asked[0]);
    has(&asked[5], &[r#""ResourceTypeFilters":["acm"]"#, "infra:stack"]);
    let (cloud, _) = replay([(200, full.as_str()), (200, &whole)]);
    assert_eq!(cloud.list(Kind::Certificate, "s").await.unwrap(), [made], "an endpoint of ACME is no certificate");
    let (cloud, _) = replay([(200, full.as_str()), (400, &absent)]);
    assert_eq!(cloud.list(Kind::Certificate, "s").await.unwrap(), [], "a deleted certificate is tagged for a while");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_for_again_with_the_same_token() {
    let (lost, whole, full) = (error("InternalFailure"), pending(), tagged(&[(ARN, &all())]));
    let (cloud, http) = replay([(500, lost.as_str()), (500, &lost), (200, REQUESTED), (200, &whole), (200, &full)]);
    create(&cloud).await.unwrap();
    let token = |body: &String| body.split(r#""IdempotencyToken":""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let tokens: Vec<_> = http.asked()[..3].iter().map(token).collect();
    assert!(tokens[0].len() == 32 && tokens[0].chars().all(|c| c.is_ascii_alphanumeric()), "{tokens:?}");
    assert!(tokens.iter().all(|t| *t == tokens[0]));
    let (cloud, http) = replay([(200, REQUESTED), (200, &whole), (200, &full)]);
    let other = Stamp { step: 8, ..own() };
    let tags = tagged(&[(ARN, &other.tags(&certificate().tags))]);
    let (other_cloud, other_http) = replay([(200, REQUESTED), (200, &whole), (200, &tags)]);
    create(&cloud).await.unwrap();
    other_cloud.create(&certificate().into(), &Links::default(), &other).await.unwrap();
    assert_eq!(token(&http.asked()[0]), tokens[0]);
    assert_ne!(token(&other_http.asked()[0]), tokens[0], "another step has another token");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_fails_at_once_is_something_to_look_at() {
    let failed = shown("FAILED", r#""FailureReason":"INVALID_PUBLIC_DOMAIN","#, &[]);
    let (cloud, _) = replay([(200, REQUESTED), (200, &failed)]);
    let e = create(&cloud).await.unwrap_err();
    assert_eq!((e.class, e.code.as_str()), (Class::Ambiguous, "INVALID_PUBLIC_DOMAIN"));
    let none = shown("PENDING_VALIDATION", "", &[]);
    let (mut cloud, _) = replay([(200, REQUESTED), (200, &none), (200, &none), (200, &none)]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = create(&cloud).await.unwrap_err();
    assert_eq!(e.message, format!("waited 8m for the validation records of {ARN}: it is PENDING_VALIDATION"));
}

/// It differs from every certificate that is wanted, so that a plan replaces it.
#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_of_no_use_says_so_in_its_domain() {
    let cases = [
        ("ISSUED", "example.com"),
        ("PENDING_VALIDATION", "example.com"),
        ("FAILED", "example.com (failed)"),
        ("VALIDATION_TIMED_OUT", "example.com (validation timed out)"),
        ("REVOKED", "example.com (revoked)"),
        ("EXPIRED", "example.com (expired)"),
        ("INACTIVE", "example.com (inactive)"),
    ];
    for (status, domain) in cases {
        let (full, seen) = (tagged(&[(ARN, &all())]), shown(status, "", &[]));
        let (cloud, _) = replay([(200, full.as_str()), (200, &seen)]);
        let found: Certificate = cloud.list(Kind::Certificate, "s").await.unwrap()[0].of().unwrap();
        assert_eq!((found.domain.as_str(), found.names), (domain, certificate().names));
    }
}

#[tokio::test(start_paused = true)]
async fn only_tags_are_changed() {
    let live = Live::found(ARN, certificate(), own());
    let want = Certificate { tags: [("team".into(), "shop".into())].into(), ..certificate() };
    let tags = own().tags(&want.tags);
    let (before, after) = (tagged(&[(ARN, &all())]), tagged(&[(ARN, &tags)]));
    let (cloud, http) = replay([(200, "{}"), (200, "{}"), (200, before.as_str()), (200, &after)]);
    cloud.update(&live, &want.into(), &Links::default(), &Stamp { step: 9, ..own() }).await.unwrap();
    let asked = http.asked();
    has(&asked[0], &[ARN, r#"{"Key":"team","Value":"shop"}]"#]);
    has(&asked[1], &[ARN, r#""Tags":[{"Key":"Name"}]"#]);
    let (cloud, http) = replay([]);
    cloud.update(&live, &certificate().into(), &Links::default(), &own()).await.unwrap();
    assert_eq!(http.asked(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_in_use_stays_and_its_user_is_named() {
    let live = Live::found(ARN, certificate(), own());
    let used = shown("ISSUED", r#""InUseBy":["arn:aws:elasticloadbalancing:…:loadbalancer/app/shop/1"],"#, &[]);
    let (cloud, http) = replay([(400, error("ResourceInUseException").as_str()), (200, &used)]);
    let e = cloud.delete(&live).await.unwrap_err();
    assert_eq!((e.class, e.code.as_str()), (Class::Conflict, "ResourceInUseException"));
    assert_eq!(e.message, format!("no; {ARN} is held by arn:aws:elasticloadbalancing:…:loadbalancer/app/shop/1"));
    has(&http.asked()[0], &[ARN]);
    for code in ["RequestInProgressException", "ConflictException"] {
        let (mut cloud, http) = replay([(400, error(code).as_str()), (400, &error(code)), (200, "{}")]);
        cloud.policy.conflicts = Duration::from_secs(600);
        cloud.delete(&live).await.unwrap();
        assert_eq!(http.asked().len(), 3, "{code}");
    }
    let (cloud, _) = replay([(400, error("ResourceNotFoundException").as_str())]);
    cloud.delete(&live).await.unwrap();
}

fn https() -> Listener {
    Listener {
        load_balancer: Ref::to("=arn:balancer"),
        port: 443,
        protocol: "HTTPS".into(),
        certificate: Some(Ref::to("www")),
        certificates: [].into(),
        ssl_policy: Some("ELBSecurityPolicy-TLS13-1-2-2021-06".into()),
        action: Action::Forward(Ref::to("=arn:group")),
        ..listener()
    }
}

fn links() -> Links {
    Links([(address("certificate.www"), Live::found(ARN, certificate(), own()))].into())
}

async fn listen(cloud: &Clients) -> Result<Live, CloudError> {
    cloud.create(&https().into(), &links(), &stamp("listener.https")).await
}

#[tokio::test(start_paused = true)]
async fn a_listener_waits_until_its_certificate_is_issued() {
    let (absent, waits, issued) = (error("ResourceNotFoundException"), pending(), shown("ISSUED", "", &[]));
    let (cloud, http) = replay([(400, absent.as_str()), (200, &waits), (200, &waits), (200, &issued), (200, MADE), (200, IDLE)]);
    listen(&cloud).await.unwrap();
    let asked = http.asked();
    has(&asked[3], &[ARN]);
    has(&asked[4], &["Action=CreateListener", "certificate%2F1"]);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_will_not_be_issued_ends_the_wait_before_anything_changes() {
    let open = [domain("example.com", "FAILED", true), domain("*.example.com", "SUCCESS", true)];
    let caa =
        format!("{ARN} failed: the CAA records of the zone don't let Amazon issue it; they must allow amazon.com, or there must be none");
    let late =
        format!("{ARN} was not validated in time: example.com is FAILED, waiting for the CNAME _a1.example.com -> _b2.acm-validations.aws");
    let cases = [
        ("FAILED", r#""FailureReason":"CAA_ERROR","#, "CAA_ERROR", caa),
        ("FAILED", r#""FailureReason":"NO_AVAILABLE_CONTACTS","#, "NO_AVAILABLE_CONTACTS", format!("{ARN} failed: NO_AVAILABLE_CONTACTS")),
        ("FAILED", "", "FAILED", format!("{ARN} failed: no reason is given")),
        ("VALIDATION_TIMED_OUT", "", "VALIDATION_TIMED_OUT", late),
    ];
    for (status, more, code, message) in cases {
        let seen = shown(status, more, &open);
        let (cloud, http) = replay([(200, pending().as_str()), (200, &seen)]);
        let e = listen(&cloud).await.unwrap_err();
        assert_eq!((e.class, e.code.as_str(), e.message.as_str()), (Class::Invalid, code, message.as_str()));
        assert_eq!(http.asked().len(), 2, "no listener is made");
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_takes_too_long_is_told_with_what_it_waits_for() {
    let waits = pending();
    let (mut cloud, http) = replay([(200, waits.as_str()), (200, &waits), (200, &waits)]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = listen(&cloud).await.unwrap_err();
    let told = "example.com is PENDING_VALIDATION, waiting for the CNAME _a1.example.com -> _b2.acm-validations.aws";
    assert_eq!(e.message, format!("waited 8m for {ARN} to be issued: {told}"));
    assert_eq!(http.asked().len(), 3, "no listener is made");
}

#[tokio::test(start_paused = true)]
async fn a_listener_waits_for_a_certificate_that_is_new_to_it() {
    let mut live = Live::found(LISTENER, https(), stamp("listener.https"));
    live.points = ["arn:balancer".into(), "arn:group".into(), "arn:aws:acm:us-east-1:123456789012:certificate/0".into()].into();
    let issued = shown("ISSUED", "", &[]);
    let (cloud, http) = replay([(200, pending().as_str()), (200, &issued), (200, MODIFIED)]);
    cloud.update(&live, &https().into(), &links(), &stamp("listener.https")).await.unwrap();
    has(&http.asked()[2], &["Action=ModifyListener", "certificate%2F1"]);
    // What a run takes back may have to point at one that has expired.
    let expired = shown("EXPIRED", "", &[]);
    let (cloud, _) = replay([(200, expired.as_str()), (200, MODIFIED)]);
    cloud.update(&live, &https().into(), &links(), &stamp("listener.https")).await.unwrap();
    // The one that it has, or one that isn't the stack's, it doesn't ask for.
    live.points.insert(ARN.into());
    let other = Listener { ssl_policy: Some("ELBSecurityPolicy-FS-1-2-Res-2020-10".into()), ..https() };
    let theirs = Listener { certificate: Some(Ref::to(foreign("arn:theirs"))), ..https() };
    for want in [other, theirs] {
        let (cloud, http) = replay([(200, MODIFIED)]);
        cloud.update(&live, &want.into(), &links(), &stamp("listener.https")).await.unwrap();
        has(&http.asked()[0], &["Action=ModifyListener"]);
    }
}
