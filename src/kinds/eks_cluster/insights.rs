//! What EKS says would break with a version: its upgrade insights, which it refuses an upgrade for ("Amazon EKS detected upgrade readiness issues",
//! `InvalidStateException` of `UpdateClusterVersion`).
use aws_sdk_eks::types::{Category, Insight, InsightStatusValue, InsightsFilter};

use futures_util::future::try_join_all;

use super::*;
use crate::diag::Code;
use crate::kinds::facts::{Fact, Facts, Offers, Question};
use crate::visible::visible;

/// How many things an insight names at most.
const NAMED: usize = 3;

/// The names of the insights that stand in the way of a version, each with the deprecated APIs and objects that it is about.
pub(in crate::kinds) async fn blocking(cx: &Clients, cluster: &str, version: &str) -> Result<Fact, CloudError> {
    let filter = InsightsFilter::builder()
        .categories(Category::UpgradeReadiness)
        .kubernetes_versions(version)
        .statuses(InsightStatusValue::Error)
        .build();
    let request = cx.eks().list_insights().cluster_name(cluster).filter(filter).max_results(100);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let found = cx.pages(Service::Eks, "ListInsights", send, |page| (page.insights, page.next_token)).await?;
    let told = found.into_iter().filter_map(|insight| Some((insight.name?, insight.id?))).map(async |(name, id)| {
        let request = cx.eks().describe_insight().cluster_name(cluster).id(id);
        let seen = cx.safe(Service::Eks, "DescribeInsight", async || request.clone().send().await).await?;
        Ok((visible(&name).into_owned(), seen.insight.iter().flat_map(about).collect()))
    });
    Ok(Fact::Offers(try_join_all(told).await?.into_iter().collect::<Offers>()))
}

/// Deprecated APIs with what to use instead and who uses them, else the objects that the insight is about.
fn about(insight: &Insight) -> Vec<String> {
    let details = insight.category_specific_summary.iter().flat_map(|summary| summary.deprecation_details());
    let apis = details.map(|detail| {
        let who: Vec<&str> = detail.client_stats().iter().filter_map(|client| client.user_agent()).take(NAMED).collect();
        let by = if who.is_empty() { String::new() } else { format!(", used by {}", who.join(" and ")) };
        let instead = detail.replaced_with().map(|new| format!(" (now {new})")).unwrap_or_default();
        format!("{}{instead}{by}", detail.usage().unwrap_or_default())
    });
    let apis: Vec<String> = apis.collect();
    let objects = insight.resources().iter().filter_map(|object| object.kubernetes_resource_uri().or(object.arn()));
    let all = if apis.is_empty() { objects.map(String::from).collect() } else { apis };
    all.iter().map(|text| visible(text).into_owned()).collect()
}

/// An upgrade that EKS finds the cluster not ready for.
pub(super) fn unready(c: &EksCluster, before: &EksCluster, facts: &Facts) -> Vec<Breach> {
    let running = before.running_version.0.as_deref().or(before.version.as_deref()).unwrap_or_default();
    let name = before.arn.0.as_deref().and_then(|arn| arn.rsplit_once('/')).map(|(_, name)| name.to_owned());
    let (Some(wanted), Some(cluster)) = (c.version.as_deref().filter(|wanted| versions::rises(running, wanted)), name) else {
        return vec![];
    };
    let question = Question::UpgradeInsights { cluster, version: wanted.to_owned() };
    let found = facts.offers(question).into_iter().flatten();
    let breach = |(insight, about): (&String, &BTreeSet<String>)| {
        let mut named: Vec<&str> = about.iter().map(String::as_str).take(NAMED).collect();
        let more = format!("{} more", about.len().saturating_sub(NAMED));
        if about.len() > NAMED {
            named.push(&more);
        }
        let what = if named.is_empty() { String::new() } else { format!(": {}", named.join("; ")) };
        let message = format!("EKS finds the cluster not ready for {wanted}: {insight}{what}");
        Breach::new(Code::Refused, "version", message, "mend that first; EKS looks again once a day, and when its insights are refreshed")
    };
    found.map(breach).collect()
}
