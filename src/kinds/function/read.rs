//! A function as its alias shows it.
use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures_util::future::try_join_all;

use super::*;
use crate::kinds::identity::TAG_STACK;

/// How long the tagging service usually takes to know what was made.
const LISTED: Duration = Duration::from_secs(30);

/// What the alias says.
pub(crate) struct Alias {
    /// `FunctionVersion`.
    pub version: String,
    pub arn: String,
    /// Other versions that have a part in the calls, in percent.
    pub weights: BTreeMap<String, i32>,
}

impl Alias {
    /// The version that the function is: what a rollout leads calls to, where one does.
    pub fn own(&self) -> &str {
        self.routing().and_then(|_| self.weights.keys().next()).unwrap_or(&self.version)
    }

    /// How calls are shared out with an older version; nothing of calls that one version takes, or more than two do.
    pub fn routing(&self) -> Option<Routing> {
        let weight = *self.weights.values().next().filter(|_| self.weights.len() == 1)?;
        Some(Routing { old: self.version.clone(), weight })
    }
}

pub(super) async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
    let own = tagged(cx, stack).await?;
    let own = own.into_iter().filter_map(|(name, all)| Some((name, Stamp::read(stack, all.clone())?, all)));
    let each = own.map(async |(name, (stamp, tags), all)| {
        let seen = one(cx, &name, &all, tags).await?;
        Ok::<_, CloudError>(seen.map(|function| Live::found(name, function, stamp)))
    });
    Ok(try_join_all(each).await?.into_iter().flatten().collect())
}

/// The stack's functions by name, with their tags. The tagging service still shows deleted ones for a while.
pub(super) async fn tagged(cx: &Clients, stack: &str) -> Result<BTreeMap<String, Tags>, CloudError> {
    let filter = TagFilter::builder().key(TAG_STACK).values(stack).build();
    let request = cx.tagging().get_resources().resource_type_filters("lambda:function").tag_filters(filter).resources_per_page(100);
    let send = async |token| request.clone().set_pagination_token(token).send().await;
    let found = cx.pages(Service::Tagging, "GetResources", send, |page| (page.resource_tag_mapping_list, page.pagination_token)).await?;
    let named = found.into_iter().filter_map(|found| {
        let (_, name) = found.resource_arn.as_deref()?.split_once(":function:")?;
        let tags = found.tags.into_iter().flatten().map(|t| (t.key, t.value)).collect();
        (!name.contains(':')).then(|| (name.to_owned(), tags))
    });
    Ok(named.collect())
}

/// Waits until a function can be listed.
pub(super) async fn listed(cx: &Clients, name: &str, stack: &str) -> Result<(), CloudError> {
    let look = async || Ok(tagged(cx, stack).await?.contains_key(name).then_some(()));
    cx.policy.wait(&format!("{name} to be listed"), deadline(LISTED), look).await
}

/// A function by its name; `None` when it is gone. Without an alias nothing of it can be called: it is one without code.
async fn one(cx: &Clients, name: &str, all: &Tags, tags: Tags) -> Result<Option<Function>, CloudError> {
    let request = cx.lambda().get_function_concurrency().function_name(name);
    let reserved = cx.safe(Service::Lambda, "GetFunctionConcurrency", async || request.clone().send().await);
    let (alias, reserved, provisioned, url) = tokio::join!(alias(cx, name), reserved, provisioned::read(cx, name), url::read(cx, name));
    let (alias, Some(reserved)) = (alias?, present(reserved)?) else { return Ok(None) };
    let Some(seen) = version(cx, name, alias.as_ref().map(Alias::own)).await? else { return Ok(None) };
    let mut function = function(seen, all);
    match alias {
        Some(alias) => {
            // Whoever calls it gets one of many codes: it is none of them.
            if alias.weights.len() > 1 {
                function.code = format!("{} and others", function.code);
            }
            function.routing = alias.routing();
            (function.version, function.arn) = (Computed::from(alias.own().to_owned()), Computed::from(alias.arn));
        }
        None => function.code = String::new(),
    }
    function.reserved_concurrency = reserved.reserved_concurrent_executions;
    function.provisioned_concurrency = provisioned?;
    (function.url, function.address.0) = url?.unzip();
    function.tags = tags;
    Ok(Some(function))
}

/// What `live` points to; `None` where there is no such alias.
pub(crate) async fn alias(cx: &Clients, name: &str) -> Result<Option<Alias>, CloudError> {
    let request = cx.lambda().get_alias().function_name(name).name(LIVE);
    let seen = present(cx.safe(Service::Lambda, "GetAlias", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|seen| {
        let weights = seen.routing_config.and_then(|r| r.additional_version_weights).unwrap_or_default();
        let weights = weights.into_iter().map(|(version, weight)| (version, (weight * 100.0).round() as i32)).collect();
        Some(Alias { version: seen.function_version?, arn: seen.alias_arn?, weights })
    }))
}

/// A version, or `$LATEST`; `None` when there is none.
pub(crate) async fn version(cx: &Clients, name: &str, version: Option<&str>) -> Result<Option<GetFunctionOutput>, CloudError> {
    let request = cx.lambda().get_function().function_name(name).set_qualifier(version.map(String::from));
    present(cx.safe(Service::Lambda, "GetFunction", async || request.clone().send().await).await)
}

/// What a version is, without what the function as a whole has. `tags`: those of the function, which say which variables are secrets.
pub(super) fn function(seen: GetFunctionOutput, tags: &Tags) -> Function {
    let GetFunctionOutput { configuration, code, .. } = seen;
    let image = code.and_then(|code| code.image_uri);
    let seen = configuration.unwrap_or_else(|| aws_sdk_lambda::types::FunctionConfiguration::builder().build());
    let vpc = seen.vpc_config.as_ref();
    let package = seen.package_type().map_or("Zip", |p| p.as_str()).to_owned();
    let sha256 = code::of_sha256(seen.code_sha256().unwrap_or_default());
    let layer = |arn: &str| arn.rsplit_once(':').map(|(layer, version)| (layer.to_owned(), version.to_owned()));
    Function {
        code: image.filter(|_| package == "Image").unwrap_or(sha256),
        package,
        source: String::new(),
        runtime: seen.runtime().map(|r| r.as_str().to_owned()).filter(|r| !r.is_empty()),
        handler: seen.handler().filter(|h| !h.is_empty()).map(String::from),
        architecture: seen.architectures().first().map_or("x86_64", |a| a.as_str()).into(),
        memory_mib: seen.memory_size.unwrap_or(128),
        timeout: seen.timeout.unwrap_or(3),
        role: Ref::to(seen.role().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default()),
        log_group: Ref::to(seen.logging_config().and_then(|l| l.log_group()).unwrap_or_default()),
        subnets: vpc.into_iter().flat_map(|v| v.subnet_ids()).map(Ref::to).collect(),
        security_groups: vpc.into_iter().flat_map(|v| v.security_group_ids()).map(Ref::to).collect(),
        layers: Ranked(seen.layers().iter().filter_map(|l| layer(l.arn()?)).collect()),
        env: env::read(seen.environment.and_then(|e| e.variables).unwrap_or_default(), tags),
        reserved_concurrency: None,
        provisioned_concurrency: None,
        url: None,
        routing: None,
        tags: Tags::new(),
        version: Computed::default(),
        arn: Computed::default(),
        address: Computed::default(),
    }
}
