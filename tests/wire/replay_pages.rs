//! Lists that have no end: a service that gives a page's token again is not followed for ever.
use infra::cloud::Observe;
use infra::kinds::Kind;
use infra::wire::Class;

use crate::support::replay::Replay;

#[tokio::test]
async fn a_list_that_leads_back_is_an_error() {
    let page = |next: &str| format!("<DescribeVpcsResponse><vpcSet/><nextToken>{next}</nextToken></DescribeVpcsResponse>");
    let answers = ["a", "b", "a"].map(page);
    let (cloud, replay) = Replay::clients(answers.iter().map(|body| (200, body.as_str())));
    let e = cloud.list(Kind::Vpc, "shop").await.unwrap_err();
    assert_eq!((e.class, e.code.as_str(), e.operation.as_str()), (Class::Invalid, "EndlessList", "DescribeVpcs"), "{e}");
    assert_eq!(replay.asked().len(), 3);
}
