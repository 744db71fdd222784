//! The judge of requests, judged: for each protocol a request that AWS takes, and each way of breaking it.
use crate::support::models::{Request, refusals};
use crate::support::moto::Moto;
use crate::support::proxy::{Proxy, Reaction};

/// A request that is right; what is put in a text's place in it, and what is said then.
struct Sample {
    service: &'static str,
    headers: &'static [(&'static str, &'static str)],
    /// `PUT /bucket?tagging`
    line: &'static str,
    body: &'static str,
    broken: &'static [(&'static str, &'static str, &'static str)],
}

const FORM: &str = "POST /";

const SAMPLES: &[Sample] = &[
    // EC2's query.
    Sample {
        service: "ec2",
        headers: &[],
        line: FORM,
        body: "Action=CreateVpcEndpoint&Version=2016-11-15&VpcEndpointType=Gateway&VpcId=vpc-1&ServiceName=s&RouteTableId.1=rtb-1&RouteTableId.2=rtb-2\
               &TagSpecification.1.ResourceType=vpc-endpoint&TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value=a%20b&DryRun=false",
        broken: &[
            ("VpcId=vpc-1&", "", "CreateVpcEndpoint: VpcId is required"),
            ("VpcId=", "VpcName=", "VpcName is no parameter of the model"),
            ("Tag.1.Value", "Tag.1.Worth", "TagSpecifications[0].Tags[0].Worth is no parameter of the model"),
            ("VpcEndpointType=Gateway", "VpcEndpointType=Door", "VpcEndpointType is one of Interface, Gateway"),
            ("ResourceType=vpc-endpoint", "ResourceType=Endpoint", "TagSpecifications[0].ResourceType is one of"),
            ("DryRun=false", "DryRun=no", "DryRun is of type boolean; sent was \"no\""),
            ("RouteTableId.2", "RouteTableId.3", "RouteTableIds is a list"),
            ("RouteTableId.2", "RouteTableId.1", "the body says each parameter once"),
            ("CreateVpcEndpoint", "CreateVpcExit", "the operation is in the model"),
            ("2016-11-15", "2014-01-01", "the API's version is the model's"),
        ],
    },
    Sample {
        service: "ec2",
        headers: &[],
        line: FORM,
        body: "Action=CreateManagedPrefixList&Version=2016-11-15&PrefixListName=n&MaxEntries=60&AddressFamily=IPv4&ClientToken=t\
               &Entry.1.Cidr=10.0.0.0/8&Entry.1.Description=d",
        broken: &[
            ("MaxEntries=60", "MaxEntries=many", "MaxEntries is of type integer"),
            ("MaxEntries=60", "MaxEntries=9999999999", "MaxEntries is of type integer"),
        ],
    },
    Sample {
        service: "ec2",
        headers: &[],
        line: FORM,
        body: "Action=DescribeVpcs&Version=2016-11-15&MaxResults=1000&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1",
        broken: &[
            ("MaxResults=1000", "MaxResults=1001", "MaxResults is at most 1000"),
            ("MaxResults=1000", "MaxResults=4", "MaxResults is at least 5"),
        ],
    },
    // The query of others.
    Sample {
        service: "iam",
        headers: &[],
        line: FORM,
        body: "Action=CreateRole&Version=2010-05-08&Path=/&RoleName=web&AssumeRolePolicyDocument={}&MaxSessionDuration=3600\
               &Tags.member.1.Key=k&Tags.member.1.Value=",
        broken: &[
            ("RoleName=web&", "", "CreateRole: RoleName is required"),
            ("RoleName=web", "RoleName=", "RoleName has at least 1 characters"),
            ("RoleName=web", "RoleName=a%2Fb", "RoleName matches [\\w+=,.@-]+; sent was a/b"),
            ("RoleName=web", "RoleName=%C3%A4", "RoleName matches"),
            ("Path=/", "Path=web", "Path matches"),
            ("MaxSessionDuration=3600", "MaxSessionDuration=60", "MaxSessionDuration is at least 3600"),
            ("&Tags.member.1.Value=", "", "Tags[0].Value is required"),
            ("Tags.member.1.Key", "Tags.1.Key", "Tags is a list"),
            ("Tags.member.1.Key=k", "Tags.member.1.Name=k", "Tags[0].Name is no parameter of the model"),
        ],
    },
    Sample {
        service: "elasticloadbalancing",
        headers: &[],
        line: FORM,
        body: "Action=CreateTargetGroup&Version=2015-12-01&Name=web&Protocol=HTTP&Port=80&HealthCheckTimeoutSeconds=5",
        broken: &[
            ("Protocol=HTTP", "Protocol=http", "Protocol is one of HTTP, HTTPS"),
            ("Port=80", "Port=0", "Port is at least 1"),
            ("TimeoutSeconds=5", "TimeoutSeconds=121", "HealthCheckTimeoutSeconds is at most 120"),
        ],
    },
    // JSON that says its operation.
    Sample {
        service: "acm",
        headers: &[("x-amz-target", "CertificateManager.RequestCertificate")],
        line: FORM,
        body: r#"{"DomainName":"*.example.com","ValidationMethod":"DNS"}"#,
        broken: &[
            ("*.example.com", "example", "DomainName matches"),
            ("*.example.com", "-a.example.com", "DomainName matches"),
            ("*.example.com", "a-.example.com", "DomainName matches"),
        ],
    },
    Sample {
        service: "logs",
        headers: &[("x-amz-target", "Logs_20140328.CreateLogGroup")],
        line: FORM,
        body: r#"{"logGroupName":"/vpc","kmsKeyId":null,"tags":{"infra:stack":"a"}}"#,
        broken: &[
            (r#""logGroupName":"/vpc","#, "", "CreateLogGroup: logGroupName is required"),
            ("/vpc", "a log", "logGroupName matches [\\.\\-_/#A-Za-z0-9]+; sent was a log"),
            (r#""/vpc""#, "5", "logGroupName is of type string; sent was 5"),
            ("logGroupName", "LogGroupName", "LogGroupName is no parameter of the model"),
            (r#"{"infra:stack":"a"}"#, "{}", "tags has at least 1 entries"),
            (r#"{"infra:stack":"a"}"#, "[]", "tags is a map"),
            ("infra:stack", "infra?", "tags[infra?] matches"),
            (r#""kmsKeyId":null"#, r#""logGroupClass":"CHEAP""#, "logGroupClass is one of STANDARD"),
            ("}}", "}", "the body is JSON"),
        ],
    },
    Sample {
        service: "ssm",
        headers: &[("x-amz-target", "AmazonSSM.GetParametersByPath")],
        line: FORM,
        body: r#"{"Path":"/infra","MaxResults":10,"Recursive":true}"#,
        broken: &[
            ("10", "11", "MaxResults is at most 10"),
            ("10", r#""10""#, "MaxResults is of type integer"),
            ("true", "1", "Recursive is of type boolean"),
        ],
    },
    // XML, told by method and path.
    Sample {
        service: "s3",
        headers: &[],
        line: "PUT /b-1/?lifecycle",
        body: r#"<?xml version="1.0"?><LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ID>a &amp; b</ID><Expiration><Days>30</Days></Expiration><Filter><Prefix/></Filter><Status>Enabled</Status></Rule><Rule><Filter/><Status>Disabled</Status></Rule></LifecycleConfiguration>"#,
        broken: &[
            ("<Status>Enabled</Status>", "", "LifecycleConfiguration.Rules[0].Status is required"),
            ("Enabled", "On", "LifecycleConfiguration.Rules[0].Status is one of Enabled, Disabled"),
            ("Days>", "Weeks>", "LifecycleConfiguration.Rules[0].Expiration.Weeks is no parameter of the model"),
            ("30", "a month", "LifecycleConfiguration.Rules[0].Expiration.Days is of type integer"),
            ("LifecycleConfiguration", "Lifecycle", "LifecycleConfiguration is called LifecycleConfiguration"),
            ("</Rule>", "", "LifecycleConfiguration is a body in the service's form"),
            ("<ID>a &amp; b</ID>", "<ID>a</ID><ID>b</ID>", "LifecycleConfiguration.Rules[0].ID comes once"),
        ],
    },
    Sample {
        service: "s3",
        headers: &[("X-Amz-Acl", "private"), ("x-amz-meta-team", "shop"), ("x-amz-server-side-encryption-bucket-key-enabled", "true")],
        line: "PUT /b-1/a/b%20c?x-id=PutObject",
        body: "anything",
        broken: &[
            ("private", "secret", "PutObject: ACL is one of private, public-read"),
            ("true", "yes", "BucketKeyEnabled is of type boolean"),
            ("x-amz-meta-", "x-amz-note-", "x-amz-note-team is no header of the model"),
            ("/a/b%20c", "", "x-amz-meta-team is no header of the model"),
        ],
    },
    Sample {
        service: "s3",
        headers: &[("x-amz-optional-object-attributes", "RestoreStatus")],
        line: "GET http://127.0.0.1:4000/b-1?list-type=2&max-keys=10&encoding-type=url",
        body: "",
        broken: &[
            ("max-keys=10", "max-keys=ten", "ListObjectsV2: MaxKeys is of type integer"),
            ("max-keys", "most-keys", "most-keys is no parameter of the model"),
            ("=url", "=xml", "EncodingType is one of url"),
            ("RestoreStatus", "Status", "OptionalObjectAttributes[0] is one of RestoreStatus"),
        ],
    },
    Sample {
        service: "s3",
        headers: &[("x-amz-copy-source", "b-2/a"), ("x-amz-object-lock-mode", "COMPLIANCE")],
        line: "PUT /b-1/a",
        body: "",
        broken: &[("COMPLIANCE", "DEFIANCE", "CopyObject: ObjectLockMode is one of GOVERNANCE, COMPLIANCE")],
    },
    Sample {
        service: "s3",
        headers: &[],
        line: "POST /b-1?delete",
        body: "<Delete xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Object><Key>a</Key></Object><Object><Key>&#x62;</Key></Object></Delete>",
        broken: &[
            ("Key>", "Name>", "DeleteObjects: Delete.Objects[1].Key is required"),
            ("<Object>", "<Object kind=\"s\">", "Delete.Objects[0].@kind is no parameter of the model"),
            ("<Delete", "<!-- a --><Delete", "Delete is a body in the service's form"),
        ],
    },
    Sample {
        service: "s3",
        headers: &[],
        line: "PUT /b-1/?tagging",
        body: "<Tagging><TagSet><Tag><Key>k</Key><Value></Value></Tag></TagSet></Tagging>",
        broken: &[
            ("<Key>k</Key>", "", "PutBucketTagging: Tagging.TagSet[0].Key is required"),
            ("<Key>k</Key>", "<Key/>", "Tagging.TagSet[0].Key has at least 1 characters"),
            ("Tag>", "Label>", "Tagging.TagSet is a list"),
        ],
    },
    // JSON, told by method and path.
    Sample {
        service: "lambda",
        headers: &[],
        line: "POST /2015-03-31/functions",
        body: r#"{"FunctionName":"f","Role":"arn:aws:iam::123456789012:role/r","Code":{"ZipFile":"UEs="},"Timeout":3,"Architectures":["arm64"]}"#,
        broken: &[
            (r#""Code":{"ZipFile":"UEs="},"#, "", "CreateFunction: Code is required"),
            ("Timeout", "Patience", "Patience is no parameter of the model"),
            (r#""Timeout":3"#, r#""Timeout":0"#, "Timeout is at least 1"),
            ("arm64", "arm", "Architectures[0] is one of x86_64, arm64"),
            (r#"["arm64"]"#, "[]", "Architectures has at least 1 entries"),
            ("arn:aws:iam::123456789012:role/r", "r", "Role matches"),
            ("UEs=", "?", "Code.ZipFile is Base64"),
        ],
    },
    Sample {
        service: "lambda",
        headers: &[],
        line: "POST /2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af",
        body: r#"{"Tags":{"team":"shop"}}"#,
        broken: &[
            ("%3Af", "", "TagResource: Resource matches"),
            (r#"{"team":"shop"}"#, r#"{"team":5}"#, "Tags[team] is of type string"),
            (r#""Tags":{"team":"shop"}"#, "", "TagResource: Tags is required"),
        ],
    },
    Sample {
        service: "lambda",
        headers: &[],
        line: "DELETE /2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af?tagKeys=a&tagKeys=b",
        body: "",
        broken: &[
            ("?tagKeys=a&tagKeys=b", "", "UntagResource: TagKeys is required"),
            ("tagKeys=b", "tags=b", "tags is no parameter of the model"),
        ],
    },
];

/// What is said of a sample in which a text stands in another's place.
fn judged(sample: &Sample, from: &str, to: &str) -> Vec<String> {
    let put = |text: &str| if from.is_empty() { text.to_owned() } else { text.replace(from, to) };
    let (line, body) = (put(sample.line), put(sample.body));
    let scope = format!("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request, SignedHeaders=host", sample.service);
    let headers: Vec<_> = sample.headers.iter().map(|(k, v)| (put(k), put(v))).collect();
    let headers = [("Authorization", scope.as_str())].into_iter().chain(headers.iter().map(|(k, v)| (k.as_str(), v.as_str()))).collect();
    let (method, uri) = line.split_once(' ').unwrap();
    refusals(&Request { method, uri, headers, body: body.as_bytes() })
}

#[test]
fn what_is_right_is_taken_and_what_is_broken_refused() {
    let mut broken = 0;
    for sample in SAMPLES {
        assert_eq!(judged(sample, "", ""), Vec::<String>::new(), "{}", sample.body);
        for (from, to, says) in sample.broken {
            let said = judged(sample, from, to);
            assert!(said.iter().any(|s| s.starts_with(sample.service) && s.contains(says)), "{from} -> {to}: {said:#?}, and not {says}");
            broken += 1;
        }
    }
    println!("{} requests taken, {broken} refused", SAMPLES.len());
}

#[test]
fn a_request_that_nobody_can_judge_is_refused() {
    let sample = |service, headers, line| Sample { service, headers, line, body: "{}", broken: &[] };
    let said = |sample: Sample| judged(&sample, "", "").join(" ");
    assert_eq!(said(sample("tea", &[], FORM)), "there is no model of the service tea");
    assert!(said(sample("tagging", &[], FORM)).contains("the operation is in the model"));
    assert!(said(sample("s3", &[], "PATCH /bucket")).contains("the operation is in the model; sent was /bucket"));
    assert!(said(sample("logs", &[("x-amz-target", "Logs_2.DescribeLogGroups")], FORM)).contains("the API's version is the model's"));
    let unsigned = refusals(&Request { method: "GET", uri: "http://s3/", headers: vec![], body: b"" });
    assert_eq!(unsigned, ["GET http://s3/ is not signed"]);
}

/// A request in CBOR is read as one in JSON.
#[test]
fn a_request_in_cbor_is_judged() {
    let said = |body: &[u8]| {
        let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host";
        let uri = "/service/GraniteServiceVersion20100801/operation/DeleteAlarms";
        refusals(&Request { method: "POST", uri, headers: vec![("Authorization", scope)], body }).join(" ")
    };
    // {_ "AlarmNames": [_ "a", "b"]}, a number in the list, another key, half of it, no body.
    assert_eq!(said(b"\xbf\x6aAlarmNames\x9f\x61a\x61b\xff\xff"), "");
    assert!(said(b"\xa1\x6aAlarmNames\x81\x05").contains("AlarmNames[0] is of type string"));
    assert!(said(b"\xa1\x6aAlarmTitles\x80").contains("is CBOR"));
    assert!(said(b"\xbf\x6aAlarmNames\x9f\x61a").contains("is CBOR"));
    assert!(said(b"").contains("AlarmNames is required"));
}

#[tokio::test]
#[should_panic(expected = "a request that AWS refuses, or nobody has classified: [\n    \"iam GetRole: RoleName matches")]
async fn a_client_fails_the_test_that_sends() {
    let client = aws_sdk_iam::Client::new(&Moto::config("http://127.0.0.1:1"));
    let _ = client.get_role().role_name("a/b").send().await;
}

/// What another process sends is seen by the proxy alone. The caller is one without the client's check.
#[tokio::test]
#[should_panic(expected = "requests that AWS refuses, or nobody has classified: [\n    \"iam GetRole: RoleName matches")]
async fn a_proxy_fails_the_test_that_sends() {
    let proxy = Proxy::start("http://127.0.0.1:1");
    proxy.rule(|_, _| Reaction::Answer { status: 404, body: String::new() });
    let unchecked = aws_smithy_http_client::Builder::new().build_http();
    let config = Moto::config(&proxy.endpoint).into_builder().http_client(unchecked).build();
    let answer = aws_sdk_iam::Client::new(&config).get_role().role_name("a/b").send().await;
    assert!(answer.is_err());
}

#[tokio::test]
#[should_panic(expected = "CreateRole: MaxSessionDuration is in no row of tests/support/models/parameters.txt")]
async fn a_parameter_that_nobody_has_classified_fails_the_test_that_sends() {
    let client = aws_sdk_iam::Client::new(&Moto::config("http://127.0.0.1:1"));
    let request = client.create_role().path("/infra/").role_name("a").assume_role_policy_document("{}").max_session_duration(3600);
    let _ = request.send().await;
}
