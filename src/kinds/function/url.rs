//! A function's own address: the URL of its alias, and for one that anybody may call, what lets them.
use aws_sdk_lambda::types::{Cors as SdkCors, FunctionUrlAuthType};

use super::*;
use crate::diag::Code;
use crate::kinds::permission;

/// `FunctionUrlConfig` of the alias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Url {
    /// `AuthType`: `NONE`, and the permissions that let anybody call; else `AWS_IAM`.
    pub public: bool,
    /// `Cors`: what pages of other origins may do; `None`: nothing.
    pub cors: Option<UrlCors>,
}

/// What pages of other origins may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UrlCors {
    /// `AllowOrigins`: scheme and host, or `*` alone.
    pub origins: BTreeSet<String>,
    /// `AllowMethods`: `GET` and others, or `*` alone.
    pub methods: BTreeSet<String>,
    /// `AllowHeaders`.
    pub headers: BTreeSet<String>,
    /// `ExposeHeaders`.
    pub expose: BTreeSet<String>,
    /// `AllowCredentials`.
    pub credentials: bool,
    /// `MaxAge` in seconds, up to 86400.
    pub max_age: i32,
}

/// The URL, and its address; nothing where there is none. One that says `NONE` but whose permissions are gone lets nobody in: it is shown as none, too.
pub(super) async fn read(cx: &Clients, name: &str) -> Result<Option<(Url, String)>, CloudError> {
    let Some((url, address)) = shown(cx, name).await? else { return Ok(None) };
    let open = !url.public || permission::public(cx, name).await?;
    Ok(open.then_some((url, address)))
}

async fn shown(cx: &Clients, name: &str) -> Result<Option<(Url, String)>, CloudError> {
    let request = cx.lambda().get_function_url_config().function_name(name).qualifier(LIVE);
    let seen = present(cx.safe(Service::Lambda, "GetFunctionUrlConfig", async || request.clone().send().await).await)?;
    Ok(seen.map(|seen| {
        let cors = seen.cors.map(cors).filter(|cors| *cors != UrlCors::default());
        (Url { public: seen.auth_type == FunctionUrlAuthType::None, cors }, seen.function_url)
    }))
}

fn cors(seen: SdkCors) -> UrlCors {
    let set = |list: Option<Vec<String>>| list.into_iter().flatten().collect();
    UrlCors {
        origins: set(seen.allow_origins),
        methods: set(seen.allow_methods),
        headers: set(seen.allow_headers),
        expose: set(seen.expose_headers),
        credentials: seen.allow_credentials.unwrap_or_default(),
        max_age: seen.max_age.unwrap_or_default(),
    }
}

impl UrlCors {
    fn wanted(&self) -> SdkCors {
        let list = |set: &BTreeSet<String>| Some(set.iter().cloned().collect::<Vec<_>>()).filter(|list| !list.is_empty());
        SdkCors::builder()
            .set_allow_origins(list(&self.origins))
            .set_allow_methods(list(&self.methods))
            .set_allow_headers(list(&self.headers))
            .set_expose_headers(list(&self.expose))
            .allow_credentials(self.credentials)
            .max_age(self.max_age)
            .build()
    }
}

impl Function {
    /// Gives the alias the URL that is wanted, or takes it away. Where it stops being anybody's, the permissions go first; where it becomes so, they come last.
    pub(super) async fn address(&self, cx: &Clients, name: &str) -> Result<(), CloudError> {
        let now = shown(cx, name).await?.map(|(url, _)| url);
        let open = now.as_ref().is_some_and(|url| url.public);
        let wanted = self.url.as_ref();
        if open && !wanted.is_some_and(|url| url.public) {
            permission::close(cx, name).await?;
        }
        match wanted {
            Some(url) if now.as_ref() != wanted => half(url.write(cx, name, now.is_some()).await)?,
            None if now.is_some() => {
                let request = cx.lambda().delete_function_url_config().function_name(name).qualifier(LIVE);
                half(gone(cx.safe(Service::Lambda, "DeleteFunctionUrlConfig", async || request.clone().send().await).await))?;
            }
            _ => {}
        }
        if wanted.is_some_and(|url| url.public) { half(permission::open(cx, name).await) } else { Ok(()) }
    }
}

impl Url {
    async fn write(&self, cx: &Clients, name: &str, there: bool) -> Result<(), CloudError> {
        let auth = if self.public { FunctionUrlAuthType::None } else { FunctionUrlAuthType::AwsIam };
        if there {
            // Without it what is there stays; empty, nothing is allowed.
            let cors = self.cors.as_ref().map_or_else(|| SdkCors::builder().build(), UrlCors::wanted);
            let request = cx.lambda().update_function_url_config().function_name(name).qualifier(LIVE).auth_type(auth).cors(cors);
            return cx.safe(Service::Lambda, "UpdateFunctionUrlConfig", async || request.clone().send().await).await.map(drop);
        }
        let cors = self.cors.as_ref().map(UrlCors::wanted);
        let request = cx.lambda().create_function_url_config().function_name(name).qualifier(LIVE).auth_type(auth).set_cors(cors);
        match cx.safe(Service::Lambda, "CreateFunctionUrlConfig", async || request.clone().send().await).await {
            // An earlier try of the same request has made it.
            Err(e) if e.code == "ResourceConflictException" => Ok(()),
            made => made.map(drop),
        }
    }
}

/// What Lambda refuses of a URL: the shapes of `Cors`, and `AWS::Lambda::Url` of the CloudFormation reference.
pub(super) fn breaches(url: &Url) -> Vec<Breach> {
    const METHODS: &[&str] = &["*", "DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];
    let Some(cors) = &url.cors else { return vec![] };
    let mut found = vec![];
    let mut say =
        |code, field: &str, message: String, help: String| found.push(Breach::new(code, format!("url.cors.{field}"), message, help));
    for origin in cors.origins.iter().filter(|origin| origin.contains('*') && *origin != "*") {
        let message = format!("Lambda takes no `*` within an origin: `{origin}`");
        say(Code::Refused, "origins", message, "name each origin, or write `*` alone for all".into());
    }
    for method in cors.methods.iter().filter(|m| !METHODS.contains(&m.as_str())) {
        say(
            Code::Refused,
            "methods",
            format!("Lambda takes no method {method} from other origins"),
            format!("write one of {}", METHODS.join(", ")),
        );
    }
    for (field, many, most) in [
        ("origins", cors.origins.len(), 100),
        ("methods", cors.methods.len(), 6),
        ("headers", cors.headers.len(), 100),
        ("expose", cors.expose.len(), 100),
    ] {
        if many > most {
            say(Code::Count, field, format!("a URL has {most} {field} at most, not {many}"), "write `*` alone for all".into());
        }
    }
    if !(0..=86_400).contains(&cors.max_age) {
        say(Code::OutOfRange, "max_age", format!("a browser can't keep the answer for {} s", cors.max_age), "write 1d at most".into());
    }
    if cors.credentials && cors.origins.contains("*") {
        let message = "no browser sends cookies where every origin is allowed".to_owned();
        say(Code::Refused, "credentials", message, "name the origins, or leave `credentials` out".into());
    }
    found
}
