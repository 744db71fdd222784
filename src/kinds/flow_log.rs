//! The record of a VPC's traffic.
use std::cell::RefCell;

use super::calls::{EC2_TAG, EC2_UNTAG, NEW_IN_OWN, OWN, On, ROLES, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::terraform::{ID, REGION, TAGS, TAGS_ALL, Word, is, known, link, made, of, one, same};
use super::*;
use crate::kinds::ec2::ec2_stack_filter;
use crate::model::Tags;
use crate::wire::classify::refused;
use crate::wire::tags::{ec2_tags, from_tags};
use aws_sdk_ec2::types::{FlowLogsResourceType, LogDestinationType, ResourceType, TrafficType};

object! {
    /// `AWS::EC2::FlowLog` of a VPC into CloudWatch Logs, in AWS's default format.
    pub struct FlowLog {
        /// `ResourceId`.
        replace vpc: Ref<Vpc>,
        /// `LogGroupName`.
        replace log_group: Ref<LogGroup>,
        /// `DeliverLogsPermissionArn`: a role that `vpc-flow-logs.amazonaws.com` may assume.
        replace role: Ref<IamRole>,
        /// `TrafficType`: `ACCEPT`, `REJECT` or `ALL`.
        replace traffic_type: String,
        /// `MaxAggregationInterval`, seconds: 60 or 600.
        replace max_aggregation_interval: i32,
        /// `Tags`, without the stamp.
        update tags: Tags,
    }
}

impl Resource for FlowLog {
    const KIND: Kind = Kind::FlowLog;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(3, 1, 2);
    const HINT: &'static [&'static str] = &["{traffic_type} of {vpc}", "to {log_group}"];
    /// The flow log's role is looked up, then handed to the service that writes the log.
    const CALLS: Calls = Calls {
        read: &[reads(Service::Ec2, "DescribeFlowLogs")],
        write: &[
            call(Service::Ec2, "CreateFlowLogs", NEW_IN_OWN),
            needs(Service::Ec2, "CreateFlowLogs", "iam:PassRole", &[On::Passed("vpc-flow-logs")]),
            EC2_TAG,
            call(Service::Ec2, "DeleteFlowLogs", OWN),
            EC2_UNTAG,
            call(Service::Iam, "GetRole", ROLES),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_flow_log",
        &[
            known("arn", "arn:${partition}:ec2:${region}:${account}:vpc-flow-log/${id}"),
            link("iam_role_arn", "role", "arn"),
            ID,
            link("log_destination", "log_group", "arn"),
            is("log_destination_type", Word::Text("cloud-watch-logs")),
            same("max_aggregation_interval"),
            REGION,
            TAGS,
            TAGS_ALL,
            same("traffic_type"),
            of("vpc_id", "vpc"),
        ],
    )]);

    fn example() -> Self {
        FlowLog {
            vpc: Ref::to(EXAMPLE),
            log_group: Ref::to(EXAMPLE),
            role: Ref::to(EXAMPLE),
            traffic_type: "ALL".into(),
            max_aggregation_interval: 600,
            tags: tags(),
        }
    }

    /// AWS refuses a second flow log of one VPC into the same log group (`FlowLogAlreadyExists`).
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.vpc.address()), name: format!("flow log into {}", self.log_group.address()) }]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.ec2().describe_flow_logs().filter(ec2_stack_filter(stack)).max_results(1000);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = cx.pages(Service::Ec2, "DescribeFlowLogs", send, |page| (page.flow_logs, page.next_token)).await?;
        let live = found.into_iter().filter_map(|log| {
            let (stamp, tags) = Stamp::read(stack, from_tags(log.tags))?;
            let role = log.deliver_logs_permission_arn.unwrap_or_default();
            let object = FlowLog {
                vpc: Ref::to(log.resource_id?),
                log_group: Ref::to(log.log_group_name.unwrap_or_default()),
                role: Ref::to(role.rsplit('/').next().unwrap_or_default()),
                traffic_type: log.traffic_type?.as_str().into(),
                max_aggregation_interval: log.max_aggregation_interval.unwrap_or(600),
                tags,
            };
            Some(Live::found(log.flow_log_id?, object, stamp))
        });
        Ok(live.collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let role = iam_role::arn(cx, &links.to(&self.role)?).await?;
        let request = cx.ec2().create_flow_logs().resource_type(FlowLogsResourceType::Vpc).resource_ids(links.to(&self.vpc)?);
        let request = request.log_destination_type(LogDestinationType::CloudWatchLogs).log_group_name(links.to(&self.log_group)?);
        let request = request.deliver_logs_permission_arn(role).traffic_type(TrafficType::from(self.traffic_type.as_str()));
        let request = request.max_aggregation_interval(self.max_aggregation_interval).client_token(stamp.physical_name(&super::ec2::TOKEN));
        let request = request.tag_specifications(ec2_tags(ResourceType::VpcFlowLog, &stamp.tags(&self.tags)));
        let refusal = RefCell::new(None);
        let look = async || {
            let answer = cx.safe(Service::Ec2, "CreateFlowLogs", async || request.clone().send().await).await;
            let answer = answer.and_then(|a| refused("CreateFlowLogs", a.unsuccessful.as_deref()).map(|()| a));
            match answer {
                // No code of its own tells a role that has not spread yet from any other wrong parameter.
                Err(e) if e.code == "InvalidParameter" && e.message.contains("Unable to assume given IAM role") => {
                    refusal.replace(Some(e));
                    Ok(None)
                }
                other => other.map(Some),
            }
        };
        let made = match cx.policy.wait("the role to be assumable", deadline(Self::TYPICAL.create), look).await {
            // Nothing was made, and the service has said why.
            Err(e) if e.code == "WaitTimeout" => return Err(refusal.take().unwrap_or(e)),
            made => made?,
        };
        let id = made.flow_log_ids.and_then(|ids| ids.into_iter().next());
        Live::made(id.ok_or_else(|| CloudError::incomplete("CreateFlowLogs", "FlowLogId"))?, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: FlowLog = live.of()?;
        half(cx.retag_ec2(&live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.ec2().delete_flow_logs().flow_log_ids(&live.id);
        let answer = cx.safe(Service::Ec2, "DeleteFlowLogs", async || request.clone().send().await).await;
        gone(answer.and_then(|a| refused("DeleteFlowLogs", a.unsuccessful.as_deref())))
    }
}
