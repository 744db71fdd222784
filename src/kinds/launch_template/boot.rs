//! What an instance does when it first starts, and how that is read back from its user data.
use super::*;
use crate::canon::Open;
use crate::model::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// AWS's limit for user data before it is encoded, in bytes.
const LIMIT: usize = 16 * 1024;

/// What an instance does when it first starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Boot {
    /// One container, run for ever.
    Container(Container),
    /// A script or a cloud-init document of the user's own, at most 16 KiB; empty for none.
    UserData(Text),
}

/// A container that an instance runs under systemd; its output goes to the journal (`journalctl -u infra-app`), and to `logs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Container {
    /// `ghcr.io/example/shop:1.4.2`. Images of Amazon ECR are fetched with the instance's role, others without credentials.
    pub image: String,
    /// The port it listens on, opened under the same number on the instance; `None` where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
    /// The port of its health check, opened likewise, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_port: Option<i32>,
    /// What it runs in place of the image's own command, word by word, each a single line; empty for the image's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The name of the log group that its output goes to, into a stream with the instance's id; `None`: it stays on the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<Text>,
    /// The Prometheus agent that runs beside it; `None`: nobody asks what it measures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Agent>,
    /// Its environment. Names are letters, digits and `_`; values are single lines.
    pub env: Open<EnvValue>,
}

/// The value of one variable of a container's environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EnvValue {
    /// A value that anyone may see.
    #[serde(rename = "$plain")]
    Plain(Text),
    /// The id or ARN of a secret that the instance fetches with its own role when it first starts; its whole string is the value.
    FromSecretsManager(Text),
}

impl Boot {
    /// The user data. Errors: what can't be said safely in it, and more than AWS takes, is `Invalid`.
    pub fn script(&self, links: &Links) -> Result<String, CloudError> {
        let script = match self {
            Boot::Container(container) => script::render(&container.resolved(links)?)?,
            Boot::UserData(text) => text.resolve(links)?,
        };
        if script.len() > LIMIT {
            return Err(invalid(format!("the user data has {} bytes; AWS takes {LIMIT} at most", script.len())));
        }
        Ok(script)
    }

    /// Why no instance can be started with it, as far as that is known before the call: what is referred to counts as nothing.
    pub(super) fn refusal(&self) -> Option<String> {
        let blank = |text: &Text| Text(text.0.iter().filter(|part| matches!(part, Part::Literal(_))).cloned().collect());
        let id = |text: &Text| text.plain().map_or_else(|| Text::literal("arn"), Text::literal);
        let sketch = match self {
            Boot::UserData(text) => Boot::UserData(blank(text)),
            Boot::Container(container) => {
                let env = container.env.iter().map(|(name, value)| {
                    let value = match value {
                        EnvValue::Plain(text) => EnvValue::Plain(blank(text)),
                        EnvValue::FromSecretsManager(text) => EnvValue::FromSecretsManager(id(text)),
                    };
                    (name.clone(), value)
                });
                let metrics = container.metrics.as_ref().map(|agent| Agent { workspace: id(&agent.workspace), ..agent.clone() });
                Boot::Container(Container { env: env.collect(), logs: container.logs.as_ref().map(id), metrics, ..container.clone() })
            }
        };
        sketch.script(&Links::default()).err().map(|e| e.message)
    }

    /// What a user's own script has of ours: read back it would pass for an altered one, and differ for ever.
    pub(super) fn borrowed(&self) -> Option<&'static str> {
        let Boot::UserData(text) = self else { return None };
        text.0.iter().find_map(|part| if let Part::Literal(literal) = part { script::our_name(literal) } else { None })
    }

    /// Reads [`Boot::script`] back. A script that has anything of ours, but isn't what its second line would render now, shows as its fingerprint only,
    /// since it may hold secrets.
    pub fn read(script: &str) -> Self {
        match script::parse(script) {
            Some(Ok(container)) => Boot::Container(container),
            Some(Err(())) => altered(script),
            None if script::our_name(script).is_some() => altered(script),
            None => Boot::UserData(Text::literal(script)),
        }
    }
}

/// What stands for a script of ours that somebody has changed.
fn altered(script: &str) -> Boot {
    Boot::UserData(Text::literal(format!("altered boot script, SHA-256 {}", &digest(&script)[..16])))
}

impl Container {
    /// Itself with every text replaced by what it stands for.
    fn resolved(&self, links: &Links) -> Result<Self, CloudError> {
        let resolve = |(name, value): (&String, &EnvValue)| {
            let value = match value {
                EnvValue::Plain(text) => EnvValue::Plain(Text::literal(text.resolve(links)?)),
                EnvValue::FromSecretsManager(text) => EnvValue::FromSecretsManager(Text::literal(text.resolve(links)?)),
            };
            Ok((name.clone(), value))
        };
        let logs = self.logs.as_ref().map(|text| text.resolve(links).map(Text::literal)).transpose()?;
        let metrics = self.metrics.as_ref().map(|agent| agent.resolved(links)).transpose()?;
        Ok(Container { env: self.env.iter().map(resolve).collect::<Result<_, CloudError>>()?, logs, metrics, ..self.clone() })
    }
}

/// What is asked for can't be done.
pub(super) fn invalid(message: impl Into<String>) -> CloudError {
    CloudError::new(Class::Invalid, "InvalidUserData", message)
}

/// The user data as a request holds it, of a [`Boot`] all of whose texts are plain; nothing for none.
pub(super) fn encoded(boot: &Value) -> Value {
    let script = match serde_json::from_value(boot.clone()) {
        Ok(Boot::Container(container)) => script::render(&container).ok(),
        Ok(Boot::UserData(text)) => text.plain(),
        Err(_) => None,
    };
    script.filter(|s| !s.is_empty()).map(|s| STANDARD.encode(s)).into()
}
