//! The certificates of a listener beside its first: which clients see which follows from the name that they ask for.
use super::*;

/// Those of the stack at each listener that speaks TLS, by the listener's ARN: `DescribeListenerCertificates` each, and the stack's own where there are any.
pub(super) async fn shown<'l>(
    cx: &Clients,
    stack: &str,
    listeners: impl Iterator<Item = &'l sdk::Listener>,
) -> Result<BTreeMap<String, BTreeSet<String>>, CloudError> {
    let tls = |l: &&sdk::Listener| l.certificates.as_ref().is_some_and(|c| !c.is_empty());
    let arns: Vec<&String> = listeners.filter(tls).filter_map(|l| l.listener_arn.as_ref()).collect();
    let all = try_join_all(arns.iter().map(async |arn| Ok((*arn, present(more(cx, arn).await)?.unwrap_or_default())))).await?;
    if all.iter().all(|(_, more)| more.is_empty()) {
        return Ok(BTreeMap::new());
    }
    let own = certificate::arns(cx, stack).await?;
    Ok(all.into_iter().map(|(arn, more)| (arn.clone(), &more & &own)).collect())
}

/// Those of the stack at one listener.
pub(super) async fn own(cx: &Clients, stack: &str, listener: &str) -> Result<BTreeSet<String>, CloudError> {
    Ok(&more(cx, listener).await? & &certificate::arns(cx, stack).await?)
}

/// All but the first.
async fn more(cx: &Clients, listener: &str) -> Result<BTreeSet<String>, CloudError> {
    let request = cx.elb().describe_listener_certificates().listener_arn(listener).page_size(elb::PAGE);
    let send = async |token| request.clone().set_marker(token).send().await;
    let found = cx.pages(Service::Elb, "DescribeListenerCertificates", send, |page| (page.certificates, page.next_marker)).await?;
    Ok(found.into_iter().filter(|c| c.is_default != Some(true)).filter_map(|c| c.certificate_arn).collect())
}

/// One a request, which is all that the service takes.
pub(super) async fn add(cx: &Clients, listener: &str, arns: &BTreeSet<String>) -> Result<(), CloudError> {
    for arn in arns {
        let one = sdk::Certificate::builder().certificate_arn(arn).build();
        let request = cx.elb().add_listener_certificates().listener_arn(listener).certificates(one);
        cx.safe(Service::Elb, "AddListenerCertificates", async || request.clone().send().await).await?;
    }
    Ok(())
}

pub(super) async fn remove(cx: &Clients, listener: &str, arns: &BTreeSet<String>) -> Result<(), CloudError> {
    if arns.is_empty() {
        return Ok(());
    }
    let all = arns.iter().map(|arn| sdk::Certificate::builder().certificate_arn(arn).build()).collect();
    let request = cx.elb().remove_listener_certificates().listener_arn(listener).set_certificates(Some(all));
    cx.safe(Service::Elb, "RemoveListenerCertificates", async || request.clone().send().await).await.map(drop)
}
