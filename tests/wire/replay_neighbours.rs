//! Other stacks of the region, as the tagging service tells of them.
use std::collections::{BTreeMap, BTreeSet};

use infra::cloud::Observe;
use serde_json::json;

use crate::support::replay::Replay;

fn page(token: &str, all: &[(&str, &str, &str)]) -> String {
    let tags = |(stack, address, digest): &(&str, &str, &str)| {
        let all =
            [("infra:stack", *stack), ("infra:address", address), ("infra:run", "aaaaaa/r/1"), ("infra:digest", digest), ("Name", "x")];
        let tags: Vec<_> = all.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| json!({ "Key": k, "Value": v })).collect();
        json!({ "ResourceARN": format!("arn:aws:ec2:us-east-1:123456789012:vpc/{stack}"), "Tags": tags })
    };
    json!({ "PaginationToken": token, "ResourceTagMappingList": all.iter().map(tags).collect::<Vec<_>>() }).to_string()
}

/// Every page counts; the stack itself doesn't, nor what bears half a stamp.
#[tokio::test(start_paused = true)]
async fn stacks_are_told_by_their_stamps() {
    let first = page("more", &[("shop", "vpc.main", "0123456789abcdef:abcd"), ("store", "vpc.main", "ffff"), ("half", "vpc.main", "")]);
    let last = page("", &[("shop", "certificate.@2a.example.com", "02"), ("shop", "vpc.main", "0123:"), ("eu", "subnet.a", "03")]);
    let (clients, replay) = Replay::clients([(200, first.as_str()), (200, last.as_str())]);
    let told = clients.neighbours("store").await.unwrap();
    let told: BTreeMap<&str, Vec<(String, BTreeSet<String>)>> =
        told.iter().map(|(stack, all)| (stack.as_str(), all.iter().map(|(a, d)| (a.to_string(), d.clone())).collect())).collect();
    let digests = |all: &[&str]| all.iter().map(|d| (*d).to_owned()).collect::<BTreeSet<_>>();
    let shop =
        vec![("certificate.*.example.com".to_owned(), digests(&["02"])), ("vpc.main".to_owned(), digests(&["0123", "0123456789abcdef"]))];
    assert_eq!(told, [("eu", vec![("subnet.a".to_owned(), digests(&["03"]))]), ("shop", shop)].into());
    let asked = replay.asked();
    assert!(asked[0].contains(r#""TagFilters":[{"Key":"infra:stack"}]"#) && asked[1].contains("more"), "{asked:?}");
}
