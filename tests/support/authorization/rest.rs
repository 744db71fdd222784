//! Objects of services whose requests are told apart by method and path: by the ARNs that these give.
use super::super::{amp, appconfig};
use super::{Said, Thing};

pub fn things(service: &str, said: &Said) -> Vec<Thing> {
    let thing = |arn: &str| match service {
        "appconfig" => Thing { kind: appconfig::kind(arn), arn: arn.into(), new: arn.ends_with("/*") },
        _ => Thing { kind: amp::kind(arn), arn: arn.into(), new: amp::makes(&said.operation) },
    };
    said.all("Arn").map(thing).collect()
}
