//! The settings of a database engine.
use aws_sdk_rds::types::{ApplyMethod, DbParameterGroup as Seen, Parameter};
use futures_util::future::try_join_all;

use super::calls::{DB_PARAMETER_GROUP_TAGS, DB_PARAMETER_GROUPS, NEW_DB_PARAMETER_GROUPS, call, reads};
use super::example::tags;
use super::managed::already;
use super::parameters::{Orders, Shown, asked_for, orders};
use super::quotas::quota;
use super::terraform::{ID, NAME, REGION, TAGS, TAGS_ALL, each, known, made, of, one, same};
use super::*;
use crate::model::Tags;
use crate::wire::tags::{from_tags, retag, to_tags};

object! {
    /// `AWS::RDS::DBParameterGroup`. Its id is its name.
    pub struct DbParameterGroup {
        /// `DBParameterGroupFamily`: the engine and its major version, `postgres16`.
        replace family: String,
        /// The parameters that differ from the engine's own, by `ParameterName`. Dynamic ones are in force at once, static ones after the
        /// instance's next restart.
        update parameters: Open<String>,
        update tags: Tags,
    }
}

/// Parameters that one request may change.
const BATCH: usize = 20;

/// What its service takes as a name.
pub const NAMES: NameRule = managed::names(63);

/// How long RDS takes until a database that is made with a new group has its parameters surely: at least five minutes, where they decide about what is
/// made along with it (`CreateDBParameterGroup`).
const FRESH: Duration = Duration::from_secs(300);

/// How the names of those begin that decide when the first database is made: its characters, their order, and how names are told apart.
const AT_CREATION: &[&str] = &["character_set_", "collation_", "lower_case_table_names"];

impl Resource for DbParameterGroup {
    const KIND: Kind = Kind::DbParameterGroup;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Rds;
    const TYPICAL: Typical = Typical::secs(2, 2, 2);
    const HINT: &'static [&'static str] = &["{family}", "{parameters}"];
    const CALLS: Calls = Calls {
        read: &[
            reads(Service::Rds, "DescribeDBParameterGroups"),
            reads(Service::Rds, "DescribeDBParameters"),
            reads(Service::Rds, "ListTagsForResource"),
        ],
        write: &[
            call(Service::Rds, "AddTagsToResource", DB_PARAMETER_GROUP_TAGS),
            call(Service::Rds, "CreateDBParameterGroup", NEW_DB_PARAMETER_GROUPS),
            call(Service::Rds, "DeleteDBParameterGroup", DB_PARAMETER_GROUPS),
            call(Service::Rds, "ModifyDBParameterGroup", DB_PARAMETER_GROUPS),
            call(Service::Rds, "RemoveTagsFromResource", DB_PARAMETER_GROUPS),
            call(Service::Rds, "ResetDBParameterGroup", DB_PARAMETER_GROUPS),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_db_parameter_group",
        &[
            known("arn", "arn:${partition}:rds:${region}:${account}:pg:${id}"),
            same("family"),
            ID,
            NAME,
            each("parameter", "parameters", &[of("name", "@key"), of("value", "@")]),
            REGION,
            TAGS,
            TAGS_ALL,
        ],
    )]);
    const QUOTAS: &'static [Quota] = &[quota(Service::Rds, "DBParameterGroupQuotaExceeded", ("rds", "L-DE55804A"), "Parameter groups")];

    fn example() -> Self {
        DbParameterGroup {
            family: "postgres16".into(),
            parameters: [("log_min_duration_statement".into(), "500".into())].into(),
            tags: tags(),
        }
    }

    fn unoffered(&self, before: Option<&Self>, _: Near<'_>, facts: &Facts) -> Vec<Breach> {
        let before = before.map(|b| &b.parameters);
        parameters::unoffered(&self.family, &self.parameters, before, || {
            facts.parameters(Question::DatabaseParameters(self.family.clone()))
        })
    }

    fn waits(&self, path: &str, _: Near<'_>, facts: &Facts) -> bool {
        let name = path.strip_prefix("parameters.");
        name.is_some_and(|name| parameters::fixed(name, facts.parameters(Question::DatabaseParameters(self.family.clone()))))
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.rds().describe_db_parameter_groups().max_records(100);
        let send = async |marker| request.clone().set_marker(marker).send().await;
        let found = cx.pages(Service::Rds, "DescribeDBParameterGroups", send, |page| (page.db_parameter_groups, page.marker)).await?;
        let named = found.into_iter().filter(|g| g.db_parameter_group_name().is_some_and(|n| n.starts_with(&NAMES.start(stack))));
        Ok(try_join_all(named.map(|group| read(cx, stack, group))).await?.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let request = cx
            .rds()
            .create_db_parameter_group()
            .db_parameter_group_name(&name)
            .db_parameter_group_family(&self.family)
            .description(stamp.address.to_string())
            .set_tags(Some(to_tags(&self.all_tags(stamp))));
        already(cx.safe(Service::Rds, "CreateDBParameterGroup", async || request.clone().send().await).await)?;
        let all = if self.parameters.is_empty() { vec![] } else { half(parameters(cx, &name, None).await)? };
        half(self.put_parameters(cx, &name, all).await)?;
        if self.parameters.keys().any(|p| AT_CREATION.iter().any(|of| p.starts_with(of))) {
            half(cx.policy.elapse("RDS to know the new parameters, before a database is made with them", FRESH).await)?;
        }
        Live::made(name, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: DbParameterGroup = live.of()?;
        let all = parameters(cx, &live.id, None).await?;
        self.put_parameters(cx, &live.id, all).await?;
        let mut before = live.stamp.tags(&old.tags);
        before.extend(parameters::kept_before(&old.parameters));
        let after = self.all_tags(&managed::moved(live, stamp));
        if retag(&before, &after) != (Tags::new(), vec![]) {
            half(rds::retag(cx, &arn(cx, &live.id).await?, &before, &after).await)?;
        }
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.rds().delete_db_parameter_group().db_parameter_group_name(&live.id);
        gone(cx.safe(Service::Rds, "DeleteDBParameterGroup", async || request.clone().send().await).await)
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        Some(("database instances", holders::databases(cx, &live.id).await))
    }
}

impl DbParameterGroup {
    /// The tags of a group that is asked for this.
    fn all_tags(&self, stamp: &Stamp) -> Tags {
        let mut all = stamp.tags(&self.tags);
        all.extend(parameters::kept(&self.parameters));
        all
    }

    /// Sets what differs, and gives back to the engine what is not wanted any more.
    async fn put_parameters(&self, cx: &Clients, name: &str, all: Vec<Shown>) -> Result<(), CloudError> {
        let Orders { set, unset } = orders(all, &self.parameters);
        let one = |p: &Shown| {
            let method = if p.dynamic { ApplyMethod::Immediate } else { ApplyMethod::PendingReboot };
            Parameter::builder().parameter_name(&p.name).apply_method(method)
        };
        let set: Vec<Parameter> = set.iter().map(|p| one(p).set_parameter_value(p.value.clone()).build()).collect();
        for batch in set.chunks(BATCH) {
            let request = cx.rds().modify_db_parameter_group().db_parameter_group_name(name).set_parameters(Some(batch.to_vec()));
            cx.safe(Service::Rds, "ModifyDBParameterGroup", async || request.clone().send().await).await?;
        }
        let unset: Vec<Parameter> = unset.iter().map(|p| one(p).build()).collect();
        for batch in unset.chunks(BATCH) {
            let request = cx
                .rds()
                .reset_db_parameter_group()
                .db_parameter_group_name(name)
                .reset_all_parameters(false)
                .set_parameters(Some(batch.to_vec()));
            cx.safe(Service::Rds, "ResetDBParameterGroup", async || request.clone().send().await).await?;
        }
        Ok(())
    }
}

async fn arn(cx: &Clients, name: &str) -> Result<String, CloudError> {
    let request = cx.rds().describe_db_parameter_groups().db_parameter_group_name(name);
    let seen = cx.safe(Service::Rds, "DescribeDBParameterGroups", async || request.clone().send().await).await?;
    let arn = seen.db_parameter_groups.and_then(|g| g.into_iter().next()).and_then(|g| g.db_parameter_group_arn);
    arn.ok_or_else(|| CloudError::incomplete("DescribeDBParameterGroups", "DBParameterGroupArn"))
}

/// A group with its tags and the parameters it was asked for, for which AWS has no batched read; `None` when it isn't the stack's.
async fn read(cx: &Clients, stack: &str, group: Seen) -> Result<Option<Live>, CloudError> {
    let (Some(id), Some(arn), Some(family)) =
        (group.db_parameter_group_name, group.db_parameter_group_arn, group.db_parameter_group_family)
    else {
        return Ok(None);
    };
    let request = cx.rds().list_tags_for_resource().resource_name(arn);
    let tags = present(cx.safe(Service::Rds, "ListTagsForResource", async || request.clone().send().await).await)?;
    let all = tags.map(|t| from_tags(t.tag_list)).unwrap_or_default();
    let names = parameters::names_in(&all);
    let Some((stamp, tags)) = Stamp::read(stack, all) else { return Ok(None) };
    let Some(mut shown) = present(parameters(cx, &id, Some("user")).await)? else { return Ok(None) };
    if !parameters::complete(&shown, &names) {
        shown = parameters(cx, &id, None).await?;
    }
    Ok(Some(Live::found(id, DbParameterGroup { family, parameters: asked_for(shown, &names), tags }, stamp)))
}

/// The parameters of a group: all, or those of one source (`user`).
async fn parameters(cx: &Clients, name: &str, source: Option<&str>) -> Result<Vec<Shown>, CloudError> {
    let request = cx.rds().describe_db_parameters().db_parameter_group_name(name).set_source(source.map(String::from)).max_records(100);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let found = cx.pages(Service::Rds, "DescribeDBParameters", send, |page| (page.parameters, page.marker)).await?;
    let shown = |p: Parameter| {
        let own = source.is_some() || p.source() == Some("user");
        Some(Shown { own, dynamic: p.apply_type() == Some("dynamic"), name: p.parameter_name?, value: p.parameter_value })
    };
    Ok(found.into_iter().filter_map(shown).collect())
}
