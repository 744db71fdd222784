//! ElastiCache, as far as `infra` asks of it, for the emulator has hardly one. Answers after the API reference; changes take effect at once, but for those of logs;
//! one page shows everything.
mod logs;

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;

use super::proxy::Call;

/// The parameters of a request, or all that an object was given so far.
type Form = BTreeMap<String, String>;
type Answer = Result<String, &'static str>;

const ACCOUNT: &str = "arn:aws:elasticache:us-east-1:123456789012";

/// The account's topics.
const TOPICS: &str = "arn:aws:sns:us-east-1:123456789012:";

/// All objects by name, and their tags by ARN.
#[derive(Default)]
pub struct ElastiCache {
    parameter_groups: BTreeMap<String, Form>,
    replication_groups: BTreeMap<String, Form>,
    subnet_groups: BTreeMap<String, Form>,
    tags: BTreeMap<String, Form>,
    /// The VPC in which the last subnet was made: that of the next group's subnets, for no test makes networks side by side.
    vpc: String,
    /// The log groups that are there, by name.
    log_groups: BTreeSet<String>,
}

impl ElastiCache {
    /// The answer to a call of this service, or of the tagging service about it.
    pub fn answer(&mut self, call: &Call, body: &str) -> Option<(u16, String)> {
        if call.operation == "GetResources" && body.contains("elasticache:parametergroup") {
            return Some((200, self.tagged(body)));
        }
        if call.operation == "CreateSubnet" {
            self.vpc = form(body).remove("VpcId").unwrap_or_default();
        }
        if call.operation == "CreateLogGroup" {
            self.log_groups.insert(logs::named(body));
        }
        if call.operation == "DeleteLogGroup" {
            self.log_groups.remove(&logs::named(body));
        }
        if call.service != "elasticache" {
            return None;
        }
        let op = &call.operation;
        Some(match self.serve(op, &form(body)) {
            Ok(inner) => (200, format!("<{op}Response><{op}Result>{inner}</{op}Result></{op}Response>")),
            Err(code) => (400, format!("<ErrorResponse><Error><Code>{code}</Code><Message>{op}</Message></Error></ErrorResponse>")),
        })
    }

    fn serve(&mut self, operation: &str, form: &Form) -> Answer {
        let id = |key: &str| form.get(key).map(String::as_str);
        match operation {
            "CreateCacheParameterGroup" => create(
                &mut self.parameter_groups,
                &mut self.tags,
                "parametergroup",
                form,
                "CacheParameterGroupName",
                "CacheParameterGroupAlreadyExists",
            ),
            "CreateCacheSubnetGroup" => {
                let mut form = form.clone();
                form.insert("VpcId".into(), self.vpc.clone());
                create(
                    &mut self.subnet_groups,
                    &mut self.tags,
                    "subnetgroup",
                    &form,
                    "CacheSubnetGroupName",
                    "CacheSubnetGroupAlreadyExists",
                )
            }
            "CreateReplicationGroup" => {
                if !self.subnet_groups.contains_key(&form["CacheSubnetGroupName"]) {
                    return Err("CacheSubnetGroupNotFoundFault");
                }
                // "The Amazon SNS topic owner must be the same as the cluster owner."
                if form.get("NotificationTopicArn").is_some_and(|arn| !arn.starts_with(TOPICS)) {
                    return Err("InvalidParameterValue");
                }
                if form.get("CacheParameterGroupName").is_some_and(|g| !self.parameter_groups.contains_key(g)) {
                    return Err("CacheParameterGroupNotFound");
                }
                let mut made = form.clone();
                logs::deliver(&mut made, form, &self.log_groups)?;
                create(
                    &mut self.replication_groups,
                    &mut self.tags,
                    "replicationgroup",
                    &made,
                    "ReplicationGroupId",
                    "ReplicationGroupAlreadyExists",
                )
            }
            "DescribeCacheParameterGroups" => {
                let found = pick(&self.parameter_groups, id("CacheParameterGroupName"), "CacheParameterGroupNotFound")?;
                Ok(all("CacheParameterGroups", "CacheParameterGroup", found.into_iter().map(parameter_group)))
            }
            "DescribeCacheParameters" => {
                let found = pick(&self.parameter_groups, id("CacheParameterGroupName"), "CacheParameterGroupNotFound")?;
                let own = found.into_iter().flat_map(|(_, group)| pairs(group, "ParameterNameValues.", "ParameterName", "ParameterValue"));
                Ok(all("Parameters", "Parameter", shown_parameters(own.collect(), id("Source")).into_iter()))
            }
            "DescribeCacheSubnetGroups" => {
                let found = pick(&self.subnet_groups, id("CacheSubnetGroupName"), "CacheSubnetGroupNotFoundFault")?;
                Ok(all("CacheSubnetGroups", "CacheSubnetGroup", found.into_iter().map(subnet_group)))
            }
            "DescribeReplicationGroups" => {
                let found = pick(&self.replication_groups, id("ReplicationGroupId"), "ReplicationGroupNotFoundFault")?;
                let shown = all("ReplicationGroups", "ReplicationGroup", found.into_iter().map(replication_group));
                self.replication_groups.values_mut().for_each(logs::arrive);
                Ok(shown)
            }
            "DescribeCacheClusters" => {
                let nodes = self
                    .replication_groups
                    .iter()
                    .flat_map(|(id, group)| members(id, group).into_iter().map(move |node| (node, id, group)));
                let wanted = nodes.filter(|(node, ..)| id("CacheClusterId").is_none_or(|only| only == node));
                Ok(all("CacheClusters", "CacheCluster", wanted.map(|(id, group, form)| node(&id, group, form))))
            }
            "ModifyCacheParameterGroup" | "ResetCacheParameterGroup" => {
                let group = self.parameter_groups.get_mut(&form["CacheParameterGroupName"]).ok_or("CacheParameterGroupNotFound")?;
                let mut now: Form = pairs(group, "ParameterNameValues.", "ParameterName", "ParameterValue").collect();
                let named: Vec<String> = list(form, "ParameterNameValues.", ".ParameterName");
                now.retain(|k, _| !named.contains(k));
                now.extend(pairs(form, "ParameterNameValues.", "ParameterName", "ParameterValue"));
                group.retain(|k, _| !k.starts_with("ParameterNameValues."));
                for (i, (name, value)) in now.into_iter().enumerate() {
                    group.insert(format!("ParameterNameValues.{i}.ParameterName"), name);
                    group.insert(format!("ParameterNameValues.{i}.ParameterValue"), value);
                }
                Ok(String::new())
            }
            "ModifyCacheSubnetGroup" => modify(&mut self.subnet_groups, form, "CacheSubnetGroupName", "CacheSubnetGroupNotFoundFault"),
            "ModifyReplicationGroup" => {
                let group = self.replication_groups.get_mut(&form["ReplicationGroupId"]).ok_or("ReplicationGroupNotFoundFault")?;
                logs::deliver(group, form, &self.log_groups)?;
                modify(&mut self.replication_groups, form, "ReplicationGroupId", "ReplicationGroupNotFoundFault")
            }
            "DecreaseReplicaCount" | "IncreaseReplicaCount" => {
                let group = self.replication_groups.get_mut(&form["ReplicationGroupId"]).ok_or("ReplicationGroupNotFoundFault")?;
                let (now, nodes) = (number(group, "NumCacheClusters"), number(form, "NewReplicaCount") + 1);
                if (nodes > now) != (operation == "IncreaseReplicaCount") || nodes == now {
                    return Err("InvalidParameterValue");
                }
                group.insert("NumCacheClusters".into(), nodes.to_string());
                Ok(String::new())
            }
            "DeleteCacheParameterGroup" => {
                let name = &form["CacheParameterGroupName"];
                match self.replication_groups.values().any(|g| g.get("CacheParameterGroupName") == Some(name)) {
                    true => Err("InvalidCacheParameterGroupState"),
                    false => self.parameter_groups.remove(name).map(|_| String::new()).ok_or("CacheParameterGroupNotFound"),
                }
            }
            "DeleteCacheSubnetGroup" => {
                let name = &form["CacheSubnetGroupName"];
                match self.replication_groups.values().any(|g| g.get("CacheSubnetGroupName") == Some(name)) {
                    true => Err("CacheSubnetGroupInUse"),
                    false => self.subnet_groups.remove(name).map(|_| String::new()).ok_or("CacheSubnetGroupNotFoundFault"),
                }
            }
            "DeleteReplicationGroup" => {
                self.replication_groups.remove(&form["ReplicationGroupId"]).map(|_| String::new()).ok_or("ReplicationGroupNotFoundFault")
            }
            "AddTagsToResource" => {
                self.tags.entry(form["ResourceName"].clone()).or_default().extend(pairs(form, "Tags.", "Key", "Value"));
                Ok(String::new())
            }
            "RemoveTagsFromResource" => {
                let keys = list(form, "TagKeys.", "");
                self.tags.entry(form["ResourceName"].clone()).or_default().retain(|k, _| !keys.contains(k));
                Ok(String::new())
            }
            "ListTagsForResource" => {
                let tags = self.tags.get(&form["ResourceName"]).into_iter().flatten();
                Ok(all("TagList", "Tag", tags.map(|(k, v)| format!("<Key>{k}</Key><Value>{v}</Value>"))))
            }
            _ => Err("InvalidAction"),
        }
    }

    /// The parameter groups with the one tag that a body asks for.
    fn tagged(&self, body: &str) -> String {
        let asked: serde_json::Value = serde_json::from_str(body).unwrap();
        let (key, value) = (asked["TagFilters"][0]["Key"].as_str().unwrap(), &asked["TagFilters"][0]["Values"][0]);
        let groups = self.parameter_groups.keys().map(|name| format!("{ACCOUNT}:parametergroup:{name}"));
        let found = groups.filter(|arn| self.tags[arn].get(key).map(String::as_str) == value.as_str());
        let list: Vec<_> = found.map(|arn| serde_json::json!({ "ResourceARN": arn, "Tags": [] })).collect();
        serde_json::json!({ "PaginationToken": "", "ResourceTagMappingList": list }).to_string()
    }
}

fn form(body: &str) -> Form {
    let text = |s: &str| percent_decode_str(&s.replace('+', " ")).decode_utf8_lossy().into_owned();
    body.split('&').filter_map(|p| p.split_once('=')).map(|(k, v)| (text(k), text(v))).collect()
}

/// The values of a list: of all keys with this start and this end.
fn list(form: &Form, start: &str, end: &str) -> Vec<String> {
    form.iter().filter(|(k, _)| k.starts_with(start) && k.ends_with(end)).map(|(_, v)| v.clone()).collect()
}

/// The members of a list that have a name and a value.
fn pairs(form: &Form, start: &str, name: &str, value: &str) -> impl Iterator<Item = (String, String)> {
    let member = move |(k, v): (&String, &String)| {
        let of = k.strip_suffix(&format!(".{name}"))?;
        Some((v.clone(), form.get(&format!("{of}.{value}"))?.clone()))
    };
    form.iter().filter(move |(k, _)| k.starts_with(start)).filter_map(member).collect::<Vec<_>>().into_iter()
}

fn number(form: &Form, key: &str) -> usize {
    form.get(key).map_or(1, |n| n.parse().unwrap())
}

fn create(
    into: &mut BTreeMap<String, Form>,
    tags: &mut BTreeMap<String, Form>,
    noun: &str,
    form: &Form,
    key: &str,
    taken: &'static str,
) -> Answer {
    let name = form[key].clone();
    if into.contains_key(&name) {
        return Err(taken);
    }
    tags.insert(format!("{ACCOUNT}:{noun}:{name}"), pairs(form, "Tags.", "Key", "Value").collect());
    into.insert(name, form.clone());
    Ok(String::new())
}

/// What a request names takes the place of what was; a list as a whole.
fn modify(of: &mut BTreeMap<String, Form>, form: &Form, key: &str, missing: &'static str) -> Answer {
    let object = of.get_mut(&form[key]).ok_or(missing)?;
    let lists: Vec<&str> = form.keys().filter_map(|k| k.split_once('.')).map(|(l, _)| l).collect();
    object.retain(|k, _| !k.split_once('.').is_some_and(|(l, _)| lists.contains(&l)));
    object.extend(form.clone());
    Ok(String::new())
}

fn pick<'a>(
    from: &'a BTreeMap<String, Form>,
    only: Option<&str>,
    missing: &'static str,
) -> Result<Vec<(&'a String, &'a Form)>, &'static str> {
    match only {
        Some(name) => from.get_key_value(name).map(|found| vec![found]).ok_or(missing),
        None => Ok(from.iter().collect()),
    }
}

fn all(list: &str, item: &str, items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|i| format!("<{item}>{i}</{item}>")).collect();
    format!("<{list}>{items}</{list}>")
}

/// An element; nothing for what was never said.
fn element(form: &Form, key: &str, name: &str) -> String {
    form.get(key).map(|v| format!("<{name}>{v}</{name}>")).unwrap_or_default()
}

fn parameter_group((name, form): (&String, &Form)) -> String {
    let family = element(form, "CacheParameterGroupFamily", "CacheParameterGroupFamily");
    format!("<CacheParameterGroupName>{name}</CacheParameterGroupName>{family}<ARN>{ACCOUNT}:parametergroup:{name}</ARN>")
}

fn subnet_group((name, form): (&String, &Form)) -> String {
    let subnets = list(form, "SubnetIds.", "").into_iter().map(|id| format!("<SubnetIdentifier>{id}</SubnetIdentifier>"));
    let description = element(form, "CacheSubnetGroupDescription", "CacheSubnetGroupDescription");
    let (subnets, vpc) = (all("Subnets", "Subnet", subnets), element(form, "VpcId", "VpcId"));
    format!("<CacheSubnetGroupName>{name}</CacheSubnetGroupName>{description}{vpc}{subnets}<ARN>{ACCOUNT}:subnetgroup:{name}</ARN>")
}

fn members(id: &str, form: &Form) -> Vec<String> {
    (1..=number(form, "NumCacheClusters")).map(|n| format!("{id}-{n:03}")).collect()
}

fn replication_group((id, form): (&String, &Form)) -> String {
    let switch = |key: &str, name: &str| {
        let on = form.get(key).is_some_and(|v| v == "true");
        format!("<{name}>{}</{name}>", if on { "enabled" } else { "disabled" })
    };
    let port = number(form, "Port");
    let endpoint = |name: &str, host: &str| format!("<{name}><Address>{host}.{id}.cache.example</Address><Port>{port}</Port></{name}>");
    let shard = format!("<NodeGroup>{}{}</NodeGroup>", endpoint("PrimaryEndpoint", "master"), endpoint("ReaderEndpoint", "replica"));
    let members: String = members(id, form).iter().map(|m| format!("<ClusterId>{m}</ClusterId>")).collect();
    let same =
        ["AtRestEncryptionEnabled", "CacheNodeType", "Engine", "SnapshotRetentionLimit", "SnapshotWindow", "TransitEncryptionEnabled"];
    [
        format!("<ReplicationGroupId>{id}</ReplicationGroupId><ARN>{ACCOUNT}:replicationgroup:{id}</ARN><Status>available</Status>"),
        element(form, "ReplicationGroupDescription", "Description"),
        format!("<PendingModifiedValues/><MemberClusters>{members}</MemberClusters><NodeGroups>{shard}</NodeGroups>"),
        logs::shown(form),
        switch("AutomaticFailoverEnabled", "AutomaticFailover"),
        switch("MultiAZEnabled", "MultiAZ"),
        same.iter().map(|key| element(form, key, key)).collect(),
    ]
    .concat()
}

fn node(id: &str, group: &str, form: &Form) -> String {
    let version = form.get("EngineVersion").map_or("7.1", String::as_str);
    let parameters = form.get("CacheParameterGroupName").map_or("default.redis7", String::as_str);
    let groups =
        list(form, "SecurityGroupIds.", "").into_iter().map(|id| format!("<SecurityGroupId>{id}</SecurityGroupId><Status>active</Status>"));
    // A topic is active until it is said to be inactive, and is shown then, too.
    let active = form.get("NotificationTopicStatus").map_or("active", String::as_str);
    let told = form.get("NotificationTopicArn").map(|arn| format!("<TopicArn>{arn}</TopicArn><TopicStatus>{active}</TopicStatus>"));
    let same = ["CacheNodeType", "CacheSubnetGroupName", "Engine", "PreferredMaintenanceWindow"];
    [
        format!("<CacheClusterId>{id}</CacheClusterId><ReplicationGroupId>{group}</ReplicationGroupId>"),
        format!("<CacheClusterStatus>available</CacheClusterStatus><EngineVersion>{version}.0</EngineVersion><PendingModifiedValues/>"),
        format!("<CacheParameterGroup><CacheParameterGroupName>{parameters}</CacheParameterGroupName></CacheParameterGroup>"),
        all("SecurityGroups", "member", groups),
        told.map_or_else(String::new, |told| format!("<NotificationConfiguration>{told}</NotificationConfiguration>")),
        same.iter().map(|key| element(form, key, key)).collect(),
    ]
    .concat()
}

/// The parameters of a group, of one source or of all. A value that is the family's own isn't the user's, whoever wrote it.
fn shown_parameters(own: Form, source: Option<&str>) -> Vec<String> {
    const FAMILY: &[(&str, &str)] = &[("maxmemory-policy", "volatile-lru"), ("timeout", "0")];
    let family = FAMILY.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let values: Form = family.chain(own).collect();
    let shown = values.into_iter().map(|(k, v)| {
        let user = !FAMILY.contains(&(k.as_str(), v.as_str()));
        (if user { "user" } else { "system" }, format!("<ParameterName>{k}</ParameterName><ParameterValue>{v}</ParameterValue>"))
    });
    let asked = shown.filter(|(of, _)| source.is_none_or(|source| source == *of));
    asked.map(|(of, text)| format!("{text}<Source>{of}</Source>")).collect()
}
