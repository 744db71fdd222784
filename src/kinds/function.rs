//! A function that AWS runs when it is called.
//!
//! It **is what its alias `live` points to**: a version, which never changes. `$LATEST` is only where the next version is put together. So nobody sees
//! a change before its last request (`UpdateAlias`), and to take one back is to point the alias back: the old code isn't needed for that.
mod code;
mod env;
mod leave;
mod provisioned;
mod read;
mod routing;
mod rules;
mod states;
mod terraform;
mod url;
mod write;

use super::calls::{FUNCTIONS, FUNCTIONS_AND_VERSIONS, NEW_FUNCTION_TAGS, NEW_FUNCTIONS, On, ROLES, TO_FUNCTIONS, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::*;
use crate::model::{Computed, Ranked, Tags};

pub(crate) use code::files;
pub use code::{Stored, sha256, stored, zipped};
pub use env::Variable;
pub(crate) use leave::left;
pub(crate) use read::{alias, version};
pub use routing::Routing;
pub(crate) use routing::one_role;
pub use rules::{ended, known_runtime};
pub use url::{Url, UrlCors};

object! {
    /// `AWS::Lambda::Function`, as its alias `live` shows it. Its id is its name.
    pub struct Function {
        /// `PackageType`: `Zip` or `Image`.
        replace package: String,
        /// What runs: `sha256:` and the digest of the zip archive in hex (`CodeSha256` is the same in Base64), or an image's URI with its digest.
        update code: String,
        /// Where the archive is made from when it is sent: a folder, a file that is one already, or an object of S3 (`S3Bucket`, `S3Key`,
        /// `S3ObjectVersion`). What lies there must have the digest that `code` says.
        initial source: String,
        /// `Runtime`: `python3.13`; `None` for an image.
        update runtime: Option<String>,
        /// `Handler`: `app.handler`; `None` for an image.
        update handler: Option<String>,
        /// `Architectures`: `arm64` or `x86_64`. It comes with the code.
        update architecture: String,
        /// `MemorySize` in MiB, from 128 to 10240; the share of a processor follows from it.
        update memory_mib: i32,
        /// `Timeout` of one call in seconds, from 1 to 900.
        update timeout: i32,
        /// `Role`: what the function may do.
        update role: Ref<IamRole>,
        /// `LoggingConfig.LogGroup`, written as JSON.
        update log_group: Ref<LogGroup>,
        /// `SubnetIds`: where its network interfaces stand; none outside of a VPC.
        update subnets: BTreeSet<Ref<Subnet>>,
        /// `SecurityGroupIds` of those.
        update security_groups: BTreeSet<Ref<SecurityGroup>>,
        /// `Layers`: the version of each layer by its ARN, the later ones over the earlier ones.
        update layers: Ranked<String>,
        /// `Environment.Variables`: whoever may read the function may read them.
        update env: Open<Variable>,
        /// `ReservedConcurrentExecutions`: so many calls at a time, kept free for it; `None` shares what the account has.
        update reserved_concurrency: Option<i32>,
        /// `ProvisionedConcurrentExecutions` of the alias: so many instances are there before they are called.
        update provisioned_concurrency: Option<i32>,
        /// The alias' own address; `None`: it has none.
        update url: Option<Url>,
        /// `RoutingConfig` of the alias, while a rollout shares calls out with an older version; `None`: all calls are its own.
        update routing: Option<Routing>,
        update tags: Tags,
        /// The version that `live` points to.
        computed version: Computed<String>,
        /// The alias' ARN, by which it is called.
        computed arn: Computed<String>,
        /// `FunctionUrl`, where it has one.
        computed address: Computed<String>,
    }
}

/// The alias that is called.
pub const LIVE: &str = "live";

/// `FunctionName` of `CreateFunction`: 64 characters without its ARN.
pub const NAMES: NameRule = NameRule::most(64);

impl Resource for Function {
    const KIND: Kind = Kind::Function;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Lambda;
    /// In a VPC it takes a minute to come, and its network interfaces twenty to go ("Understanding Hyperplane Elastic Network Interfaces").
    const TYPICAL: Typical = Typical::secs(60, 30, 1200).holding(1200);
    const HINT: &'static [&'static str] = &["{runtime}", "{architecture}", "{memory_mib} MiB"];
    /// What reads a function reads its variables and its code, so that even reading is for the stack's own alone.
    const CALLS: Calls = Calls {
        read: &[
            call(Service::Lambda, "GetAlias", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "GetFunction", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "GetFunctionConcurrency", FUNCTIONS),
            call(Service::Lambda, "GetFunctionUrlConfig", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "GetPolicy", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "GetProvisionedConcurrencyConfig", FUNCTIONS_AND_VERSIONS),
            reads(Service::Tagging, "GetResources"),
        ],
        write: &[
            reads(Service::CloudWatch, "DescribeAlarms"),
            reads(Service::CloudWatch, "GetMetricData"),
            call(Service::Iam, "GetRole", ROLES),
            call(Service::Lambda, "AddPermission", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "CreateAlias", FUNCTIONS),
            call(Service::Lambda, "CreateFunction", NEW_FUNCTIONS),
            needs(Service::Lambda, "CreateFunction", "ec2:DescribeSecurityGroups", &[On::Any]),
            needs(Service::Lambda, "CreateFunction", "ec2:DescribeSubnets", &[On::Any]),
            needs(Service::Lambda, "CreateFunction", "ec2:DescribeVpcs", &[On::Any]),
            needs(Service::Lambda, "CreateFunction", "iam:PassRole", TO_FUNCTIONS),
            needs(Service::Lambda, "CreateFunction", "s3:GetObject", &[On::Code]),
            needs(Service::Lambda, "CreateFunction", "s3:GetObjectVersion", &[On::Code]),
            call(Service::Lambda, "CreateFunctionUrlConfig", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "DeleteFunction", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "DeleteFunctionConcurrency", FUNCTIONS),
            call(Service::Lambda, "DeleteFunctionUrlConfig", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "DeleteProvisionedConcurrencyConfig", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "ListVersionsByFunction", FUNCTIONS),
            call(Service::Lambda, "PublishVersion", FUNCTIONS),
            call(Service::Lambda, "PutFunctionConcurrency", FUNCTIONS),
            call(Service::Lambda, "PutProvisionedConcurrencyConfig", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "RemovePermission", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "TagResource", NEW_FUNCTION_TAGS),
            call(Service::Lambda, "UntagResource", FUNCTIONS),
            call(Service::Lambda, "UpdateAlias", FUNCTIONS),
            call(Service::Lambda, "UpdateFunctionCode", FUNCTIONS),
            needs(Service::Lambda, "UpdateFunctionCode", "s3:GetObject", &[On::Code]),
            needs(Service::Lambda, "UpdateFunctionCode", "s3:GetObjectVersion", &[On::Code]),
            call(Service::Lambda, "UpdateFunctionConfiguration", FUNCTIONS),
            needs(Service::Lambda, "UpdateFunctionConfiguration", "iam:PassRole", TO_FUNCTIONS),
            call(Service::Lambda, "UpdateFunctionUrlConfig", FUNCTIONS_AND_VERSIONS),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = &[
        quota(Service::Lambda, "CodeStorageExceededException", ("lambda", "L-2ACBD22F"), "Function and layer storage"),
        quota(Service::Lambda, "ENILimitReachedException", ("lambda", "L-9FEE3D26"), "Elastic network interfaces per VPC"),
    ];

    fn example() -> Self {
        Function {
            package: "Zip".into(),
            code: format!("sha256:{}", "0123456789abcdef".repeat(4)),
            source: "thumbnails".into(),
            runtime: Some("python3.13".into()),
            handler: Some("app.handler".into()),
            architecture: "arm64".into(),
            memory_mib: 256,
            timeout: 10,
            role: Ref::to(EXAMPLE),
            log_group: Ref::to(EXAMPLE),
            subnets: [Ref::to(EXAMPLE)].into(),
            security_groups: [Ref::to(EXAMPLE)].into(),
            layers: Ranked(vec![("arn:aws:lambda:us-east-1:123456789012:layer:fonts".into(), "3".into())]),
            env: [("GREETING".into(), Variable::Plain(Text::literal("hello")))].into(),
            reserved_concurrency: Some(5),
            provisioned_concurrency: Some(2),
            url: Some(Url {
                public: true,
                cors: Some(UrlCors {
                    origins: ["https://www.example.com".into()].into(),
                    methods: ["GET".into()].into(),
                    headers: ["content-type".into()].into(),
                    expose: ["etag".into()].into(),
                    credentials: true,
                    max_age: 3600,
                }),
            }),
            routing: None,
            tags: tags(),
            version: Computed::default(),
            arn: Computed::default(),
            address: Computed::default(),
        }
    }

    fn outputs(&self) -> Outputs {
        let arn = self.arn.0.clone().map(|arn| ("arn".into(), arn));
        arn.into_iter().chain(self.address.0.clone().map(|url| ("url".into(), url))).collect()
    }

    /// Where its code was made from is nothing that Lambda keeps. A version that shares calls with an older one is the next one.
    fn simulate(&mut self, id: &str) {
        self.source.clear();
        let old = self.routing.as_ref().map_or(0, |routing| routing.old.parse().unwrap_or(0));
        self.version = Computed::from(format!("{}", old + 1));
        self.arn = Computed::from(format!("arn:aws:lambda:us-east-1:123456789012:function:{id}:{LIVE}"));
        self.address = Computed(self.url.as_ref().map(|_| format!("https://{id}.lambda-url.us-east-1.on.aws/")));
    }

    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        let seen = read::version(cx, &live.id, Some(LIVE)).await?.and_then(|f| f.configuration);
        Ok(seen.iter().filter_map(|f| f.state()).map(|s| serving(s.as_str())).collect())
    }

    fn fares(&self, _me: &Address, _near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        vec![serving(health::bent_state(bent, "Active"))]
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let mut found = rules::breaches(self);
        found.extend(routing::breaches(self));
        found
    }

    fn ways(&self, before: &Self, _near: Near<'_>) -> Vec<Breach> {
        routing::ways(self, before)
    }

    fn split(&self, new: &Address, old: &str, share: u8, _sticky: i32) -> Option<Self> {
        let routing = Some(Routing { old: old.into(), weight: share.into() });
        (new.kind == Kind::Function).then(|| Function { routing, ..self.clone() })
    }

    fn doubts(&self, me: &Address, near: Near<'_>) -> Vec<Breach> {
        rules::doubts(self, me, near)
    }

    fn told(&self, before: &Live, path: &str, facts: &Facts) -> Option<String> {
        if path == "code" { code::told(self, before, facts) } else { None }
    }

    /// One list of ARNs and tags, then the stack's own one by one: no list of Lambda's shows tags or what an alias points to.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        read::list(cx, stack).await
    }

    /// There is no client token: the generated name answers for a request whose answer was lost.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let want = self.resolved(links)?;
        want.make(cx, &name, stamp).await?;
        half(states::settled(cx, &name, None).await)?;
        half(want.bring(cx, &name, stamp, (&Tags::new(), &want.all_tags(stamp))).await)?;
        half(read::listed(cx, &name, &stamp.stack).await)?;
        self.made(cx, &name, stamp, links).await
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: Function = live.of()?;
        let (before, after) = (old.all_tags(&live.stamp), self.all_tags(&live.stamp.renewed(stamp)));
        let want = self.resolved(links)?;
        want.bring(cx, &live.id, stamp, (&before, &after)).await?;
        self.made(cx, &live.id, stamp, links).await
    }

    /// Versions and aliases go along. Returns when none of its network interfaces is left: Lambda takes them away in the function's role, so the role must
    /// stand until then; and they hold the security group and the subnets.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.lambda().delete_function().function_name(&live.id);
        let delete = async || gone(cx.safe(Service::Lambda, "DeleteFunction", async || request.clone().send().await).await);
        states::in_turn(cx, &live.id, delete).await?;
        states::released(cx, live).await
    }
}

/// How a version fares, by its state (`State`): an inactive one wakes up with its next call.
pub(crate) fn serving(state: &str) -> Sign {
    Sign::state(state, &["Active", "Inactive"], &["Pending"])
}
