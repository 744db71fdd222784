//! How a function becomes what is wanted: `$LATEST` first, then a version of it, then the alias.
use aws_sdk_lambda::types::{
    AliasRoutingConfiguration, Architecture, Environment, FunctionCode, LogFormat, LoggingConfig, PackageType, Runtime, VpcConfig,
};

use super::*;
use crate::wire::tags::retag;

impl Function {
    /// Itself as a list would show it: with physical ids and plain texts.
    pub(super) fn resolved(&self, links: &Links) -> Result<Function, CloudError> {
        let subnets = links.all(&self.subnets)?.into_iter().map(Ref::to).collect();
        let security_groups = links.all(&self.security_groups)?.into_iter().map(Ref::to).collect();
        let env = self.env.iter().map(|(name, v)| Ok((name.clone(), v.resolved(links)?))).collect::<Result<_, CloudError>>()?;
        let (role, log_group) = (Ref::to(links.to(&self.role)?), Ref::to(links.to(&self.log_group)?));
        Ok(Function { role, log_group, subnets, security_groups, env, ..self.clone() })
    }

    /// Whether a version is what is wanted of it.
    fn is(&self, version: &Function) -> bool {
        let of = |f: &Function| Function {
            source: String::new(),
            reserved_concurrency: None,
            provisioned_concurrency: None,
            url: None,
            routing: None,
            tags: Tags::new(),
            version: Computed::default(),
            arn: Computed::default(),
            address: Computed::default(),
            ..f.clone()
        };
        of(self) == of(version)
    }

    /// Itself as it stands now.
    pub(super) async fn made(&self, cx: &Clients, name: &str, stamp: &Stamp, links: &Links) -> Result<Live, CloudError> {
        let alias = half(read::alias(cx, name).await)?.ok_or_else(|| CloudError::incomplete("GetAlias", "AliasArn"))?;
        let address = match &self.url {
            Some(_) => half(url::read(cx, name).await)?.map(|(_, address)| address),
            None => None,
        };
        let (version, arn) = (Computed::from(alias.own().to_owned()), Computed::from(alias.arn));
        let now = Function { version, arn, address: Computed(address), ..self.clone() };
        Live::made(name, now, stamp, links)
    }

    fn environment(&self) -> Result<Environment, CloudError> {
        Ok(Environment::builder().set_variables(Some(self.variables()?.into_iter().collect())).build())
    }

    /// Empty lists take a function out of its VPC.
    fn network(&self) -> VpcConfig {
        let subnets = self.subnets.iter().map(|s| s.0.clone()).collect();
        let groups = self.security_groups.iter().map(|g| g.0.clone()).collect();
        VpcConfig::builder().set_subnet_ids(Some(subnets)).set_security_group_ids(Some(groups)).build()
    }

    fn logging(&self) -> LoggingConfig {
        LoggingConfig::builder().log_format(LogFormat::Json).log_group(&self.log_group.0).build()
    }

    fn layer_arns(&self) -> Vec<String> {
        self.layers.0.iter().map(|(layer, version)| format!("{layer}:{version}")).collect()
    }

    fn runs(&self) -> (Option<Runtime>, Option<String>) {
        (self.runtime.as_deref().map(Runtime::from), self.handler.clone())
    }

    /// Creates the function, as `$LATEST` alone.
    pub(super) async fn make(&self, cx: &Clients, name: &str, stamp: &Stamp) -> Result<(), CloudError> {
        let code = match self.package.as_str() {
            "Image" => FunctionCode::builder().image_uri(&self.code),
            _ => match stored(&self.source) {
                Some(at) => FunctionCode::builder().s3_bucket(at.bucket).s3_key(at.key).set_s3_object_version(at.version.map(String::from)),
                None => FunctionCode::builder().zip_file(self.archive()?),
            },
        };
        let (runtime, handler) = self.runs();
        let request = cx
            .lambda()
            .create_function()
            .function_name(name)
            .role(iam_role::arn(cx, &self.role.0).await?)
            .package_type(PackageType::from(self.package.as_str()))
            .code(code.build())
            .set_runtime(runtime)
            .set_handler(handler)
            .architectures(Architecture::from(self.architecture.as_str()))
            .memory_size(self.memory_mib)
            .timeout(self.timeout)
            .environment(self.environment()?)
            .vpc_config(self.network())
            .logging_config(self.logging())
            .set_layers(Some(self.layer_arns()).filter(|all| !all.is_empty()))
            .set_tags(Some(self.all_tags(stamp).into_iter().collect()));
        let create = async || cx.safe(Service::Lambda, "CreateFunction", async || request.clone().send().await).await;
        match states::assumable(cx, create).await {
            Err(e) if e.code == "ResourceConflictException" => {
                let there = half(read::version(cx, name, None).await)?.ok_or(e)?;
                ours(name, Stamp::read(&stamp.stack, there.tags.unwrap_or_default()), stamp)
            }
            made => made.map(drop),
        }
    }

    /// Makes a function that stands what is wanted. What it was before it still is until the alias moves, which is the last of what it runs.
    /// `tags`: all that it has, which are none but those it was made with where there are none, and all that it is to have.
    pub(super) async fn bring(&self, cx: &Clients, name: &str, stamp: &Stamp, tags: (&Tags, &Tags)) -> Result<(), CloudError> {
        let (before, after) = tags;
        let served = read::alias(cx, name).await?;
        let version = self.ready(cx, name, served.as_ref(), (stamp, after)).await?;
        half(self.point(cx, name, &version, served.as_ref()).await)?;
        half(self.keep(cx, name).await)?;
        half(self.address(cx, name).await)?;
        if !before.is_empty() {
            half(set_tags(cx, name, before, after).await)?;
        }
        let before = served.into_iter().flat_map(|served| served.weights.into_keys().chain([served.version]));
        half(tidy(cx, name, &before.chain([version]).collect()).await)
    }

    /// A version that is what is wanted: one that is served, the one that was served when this was read, or a new one. None shares calls with itself.
    async fn ready(
        &self,
        cx: &Clients,
        name: &str,
        served: Option<&read::Alias>,
        (stamp, tags): (&Stamp, &Tags),
    ) -> Result<String, CloudError> {
        let known = served.into_iter().flat_map(|s| s.weights.keys().chain([&s.version])).chain(&self.version.0);
        let old = self.routing.as_ref().map(|routing| &routing.old);
        for version in known.filter(|version| Some(*version) != old) {
            let there = read::version(cx, name, Some(version)).await?;
            if there.is_some_and(|there| self.is(&read::function(there, tags))) {
                return Ok(version.clone());
            }
        }
        let Some(latest) = read::version(cx, name, None).await? else {
            return Err(CloudError::new(Class::NotFound, "ResourceNotFoundException", format!("there is no function {name}")));
        };
        let latest = read::function(latest, tags);
        self.configure(cx, name, &latest).await?;
        half(self.load(cx, name, &latest).await)?;
        half(self.publish(cx, name, stamp).await)
    }

    /// `UpdateFunctionConfiguration` of `$LATEST`.
    async fn configure(&self, cx: &Clients, name: &str, latest: &Function) -> Result<(), CloudError> {
        let (code, architecture) = (self.code.clone(), self.architecture.clone());
        if self.is(&Function { code, architecture, ..latest.clone() }) {
            return Ok(());
        }
        let (runtime, handler) = self.runs();
        let request = cx
            .lambda()
            .update_function_configuration()
            .function_name(name)
            .role(iam_role::arn(cx, &self.role.0).await?)
            .set_runtime(runtime)
            .set_handler(handler)
            .memory_size(self.memory_mib)
            .timeout(self.timeout)
            .environment(self.environment()?)
            .vpc_config(self.network())
            .logging_config(self.logging())
            .set_layers(Some(self.layer_arns()).filter(|_| self.package == "Zip"));
        let send = async || cx.safe(Service::Lambda, "UpdateFunctionConfiguration", async || request.clone().send().await).await;
        states::in_turn(cx, name, send).await?;
        half(states::settled(cx, name, None).await).map(drop)
    }

    /// `UpdateFunctionCode` of `$LATEST`, where it has another one.
    async fn load(&self, cx: &Clients, name: &str, latest: &Function) -> Result<(), CloudError> {
        if (&self.code, &self.architecture) == (&latest.code, &latest.architecture) {
            return Ok(());
        }
        let request = cx.lambda().update_function_code().function_name(name).architectures(Architecture::from(self.architecture.as_str()));
        let request = match self.package.as_str() {
            "Image" => request.image_uri(&self.code),
            _ => match stored(&self.source) {
                Some(at) => request.s3_bucket(at.bucket).s3_key(at.key).set_s3_object_version(at.version.map(String::from)),
                None => request.zip_file(self.archive()?),
            },
        };
        let send = async || cx.safe(Service::Lambda, "UpdateFunctionCode", async || request.clone().send().await).await;
        states::in_turn(cx, name, send).await?;
        states::settled(cx, name, None).await.map(drop)
    }

    /// `PublishVersion`. The code's digest guards it: who else changes `$LATEST` meanwhile is refused.
    async fn publish(&self, cx: &Clients, name: &str, stamp: &Stamp) -> Result<String, CloudError> {
        let guard = Some(sha256(&self.code)).filter(|_| self.package == "Zip");
        let by = format!("infra {}/{}", stamp.run, stamp.step);
        let request = cx.lambda().publish_version().function_name(name).set_code_sha256(guard).description(by);
        let send = async || cx.safe(Service::Lambda, "PublishVersion", async || request.clone().send().await).await;
        let made = states::in_turn(cx, name, send).await.map_err(|e| match stored(&self.source) {
            Some(_) if e.message.contains("CodeSHA256") => e.adding(&format!("the archive is the one at {}", self.source)),
            _ => e,
        })?;
        let version = made.version.ok_or_else(|| CloudError::incomplete("PublishVersion", "Version"))?;
        states::settled(cx, name, Some(&version)).await?;
        Ok(version)
    }

    /// Points the alias at a version: alone, or beside the one that it shares calls with.
    async fn point(&self, cx: &Clients, name: &str, version: &str, served: Option<&read::Alias>) -> Result<(), CloudError> {
        let (main, weights) = match &self.routing {
            Some(routing) => (routing.old.as_str(), BTreeMap::from([(version.to_owned(), routing.weight)])),
            None => (version, BTreeMap::new()),
        };
        let shares = weights.iter().map(|(version, percent)| (version.clone(), f64::from(*percent) / 100.0)).collect();
        let routing = AliasRoutingConfiguration::builder().set_additional_version_weights(Some(shares)).build();
        match served {
            Some(at) if at.version == main && at.weights == weights => Ok(()),
            Some(_) => {
                let request = cx.lambda().update_alias().function_name(name).name(LIVE).function_version(main).routing_config(routing);
                let send = async || cx.safe(Service::Lambda, "UpdateAlias", async || request.clone().send().await).await;
                states::in_turn(cx, name, send).await.map(drop)
            }
            None => {
                let request = cx.lambda().create_alias().function_name(name).name(LIVE).function_version(main);
                let request = request.set_routing_config(Some(routing).filter(|_| !weights.is_empty()));
                match cx.safe(Service::Lambda, "CreateAlias", async || request.clone().send().await).await {
                    // An earlier try of the same request has made it.
                    Err(e) if e.code == "ResourceConflictException" => Ok(()),
                    made => made.map(drop),
                }
            }
        }
    }

    /// What is kept free for it, and what is there beforehand, which is never more: whichever of them shrinks what is allowed comes last.
    async fn keep(&self, cx: &Clients, name: &str) -> Result<(), CloudError> {
        let now = provisioned::read(cx, name).await?;
        if self.provisioned_concurrency < now {
            self.provide(cx, name).await?;
            return half(self.reserve(cx, name).await);
        }
        self.reserve(cx, name).await?;
        half(self.provide(cx, name).await)
    }

    async fn reserve(&self, cx: &Clients, name: &str) -> Result<(), CloudError> {
        let request = cx.lambda().get_function_concurrency().function_name(name);
        let now = cx.safe(Service::Lambda, "GetFunctionConcurrency", async || request.clone().send().await).await?;
        match self.reserved_concurrency {
            wanted if wanted == now.reserved_concurrent_executions => Ok(()),
            Some(calls) => {
                let request = cx.lambda().put_function_concurrency().function_name(name).reserved_concurrent_executions(calls);
                let send = async || cx.safe(Service::Lambda, "PutFunctionConcurrency", async || request.clone().send().await).await;
                states::in_turn(cx, name, send).await.map(drop)
            }
            None => {
                let request = cx.lambda().delete_function_concurrency().function_name(name);
                let send = async || cx.safe(Service::Lambda, "DeleteFunctionConcurrency", async || request.clone().send().await).await;
                states::in_turn(cx, name, send).await.map(drop)
            }
        }
    }
}

/// Deletes versions that neither are called nor may be gone back to: what was served before this change began stays until the next one.
async fn tidy(cx: &Clients, name: &str, keep: &BTreeSet<String>) -> Result<(), CloudError> {
    for version in versions(cx, name).await?.into_iter().filter(|version| !keep.contains(version)) {
        forget(cx, name, &version).await?;
    }
    Ok(())
}

/// All of its versions, without `$LATEST`.
pub(super) async fn versions(cx: &Clients, name: &str) -> Result<Vec<String>, CloudError> {
    let request = cx.lambda().list_versions_by_function().function_name(name).max_items(50);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let all = cx.pages(Service::Lambda, "ListVersionsByFunction", send, |page| (page.versions, page.next_marker)).await?;
    Ok(all.into_iter().filter_map(|v| v.version).filter(|v| v != "$LATEST").collect())
}

/// Deletes a version, unless somebody's own alias points to it.
pub(super) async fn forget(cx: &Clients, name: &str, version: &str) -> Result<(), CloudError> {
    let request = cx.lambda().delete_function().function_name(name).qualifier(version);
    match cx.safe(Service::Lambda, "DeleteFunction", async || request.clone().send().await).await {
        Err(e) if e.code == "ResourceConflictException" => Ok(()),
        deleted => gone(deleted),
    }
}

/// `TagResource` and `UntagResource`, of the function without its alias.
async fn set_tags(cx: &Clients, name: &str, before: &Tags, after: &Tags) -> Result<(), CloudError> {
    let (set, unset) = retag(before, after);
    if set.is_empty() && unset.is_empty() {
        return Ok(());
    }
    let arn = read::alias(cx, name).await?.map(|a| a.arn).ok_or_else(|| CloudError::incomplete("GetAlias", "AliasArn"))?;
    let arn = arn.strip_suffix(&format!(":{LIVE}")).unwrap_or(&arn);
    if !set.is_empty() {
        let request = cx.lambda().tag_resource().resource(arn).set_tags(Some(set.into_iter().collect()));
        cx.safe(Service::Lambda, "TagResource", async || request.clone().send().await).await?;
    }
    if !unset.is_empty() {
        let request = cx.lambda().untag_resource().resource(arn).set_tag_keys(Some(unset));
        half(cx.safe(Service::Lambda, "UntagResource", async || request.clone().send().await).await)?;
    }
    Ok(())
}
