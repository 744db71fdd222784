//! Ids as CloudWatch's dimensions have them.

/// What texts call it.
pub const DIMENSION: &str = "dimension";

/// What a text that asks for it means; nothing where it asks for something else.
pub(super) fn output(attr: &str, id: &str) -> Option<String> {
    (attr == DIMENSION).then(|| dimension(id).to_owned())
}

/// Of an ARN of Elastic Load Balancing what stands behind `loadbalancer/`, or from `targetgroup/` on ("Metric dimensions for Application Load Balancers").
pub(super) fn dimension(id: &str) -> &str {
    match (id.split_once(":loadbalancer/"), id.find(":targetgroup/")) {
        (Some((_, rest)), _) => rest,
        (None, Some(at)) => &id[at + 1..],
        (None, None) => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cloudwatch_calls_a_balancer_and_a_target_group() {
        let arn = |rest: &str| format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:{rest}");
        assert_eq!(dimension(&arn("loadbalancer/app/shop/50dc6c495c0c9188")), "app/shop/50dc6c495c0c9188");
        assert_eq!(dimension(&arn("targetgroup/shop/73e2d6bc24d8a067")), "targetgroup/shop/73e2d6bc24d8a067");
        assert_eq!(dimension("shop-1"), "shop-1");
    }
}
