//! A container as a boot script for Amazon Linux 2023.
//!
//! The second line says in one line of JSON which container it is, secrets by their ids; all else follows from it, so a script can be read back and checked
//! to the byte.
//!
//! Nothing a user writes can leave its place: names, image and secret ids are held to alphabets without meaning to bash and systemd,
//! values stand line by line in a quoted here-document, which docker reads without any quoting.
use std::fmt::Write;

use super::boot::invalid;
use super::*;
use crate::model::partition::registry;

/// How the line begins that says which container it is.
const MARK: &str = "#!/bin/bash\n# infra:container ";

const BEGIN: &str = r#"set -euo pipefail
umask 077
export HOME=/root
retry() {
  local attempt
  for attempt in 1 2 3 4 5 6 7 8 9; do
    if "$@"; then return 0; fi
    sleep 10
  done
  "$@"
}
mkdir -p /etc/infra
cat > /etc/infra/app.env <<'INFRA_ENV'
"#;

const AWSCLI: &str = "retry dnf install -y awscli-2\n";

const METADATA: &str = r#"metadata=http://169.254.169.254/latest
token=$(retry curl -sSf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$metadata/api/token")
"#;

/// The instance's id, as the unit reads it.
const INSTANCE: &str = r#"instance=$(retry curl -sSf -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/instance-id")
printf 'INFRA_INSTANCE=%s\n' "$instance" > /etc/infra/unit.env
"#;

const FETCH: &str = r#"region=$(retry curl -sSf -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/placement/region")
fetch() {
  local value
  value=$(retry aws secretsmanager get-secret-value --region "$region" --secret-id "$2" --query SecretString --output text)
  case $value in *[$'\n\r']*) echo "the secret for $1 has several lines" >&2; return 1 ;; esac
  printf '%s=%s\n' "$1" "$value" >> /etc/infra/app.env
}
"#;

const DOCKER: &str = "retry dnf install -y docker\nsystemctl enable --now docker\n";

/// The script of a container whose texts are all resolved.
pub(super) fn render(container: &Container) -> Result<String, CloudError> {
    check(&container.image, "image", |c| "._/:@-".contains(c))?;
    if let Some(port) = container.ports().chain(container.asked()).find(|port| !(1..=65535).contains(port)) {
        return Err(invalid(format!("{port} is no port")));
    }
    if let Some(word) = container.command.iter().find(|word| word.contains(char::is_control)) {
        return Err(invalid(format!("the word {word:?} of the command has a control character")));
    }
    let mut script = format!("{MARK}{}\n{BEGIN}", serde_json::to_string(container).expect("containers are plain data"));
    for (name, value) in &container.env {
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(invalid(format!("the name `{name}` begins with a digit")));
        }
        check(name, "name", |c| c == '_')?;
        if let EnvValue::Plain(text) = value {
            line(&mut script, format_args!("{name}={}", literal(name, text)?));
        }
    }
    line(&mut script, format_args!("INFRA_ENV"));
    let fetched: Vec<(&String, &Text)> =
        container.env.iter().filter_map(|(n, v)| if let EnvValue::FromSecretsManager(id) = v { Some((n, id)) } else { None }).collect();
    if !fetched.is_empty() {
        script.push_str(AWSCLI);
    }
    let known = container.logs.is_some() || container.metrics.is_some();
    if !fetched.is_empty() || known {
        script.push_str(METADATA);
    }
    if known {
        script.push_str(INSTANCE);
    }
    if !fetched.is_empty() {
        script.push_str(FETCH);
    }
    for (name, id) in fetched {
        let id = resolved(name, id)?;
        check(id, "secret's id", |c| "._/:@-+=!".contains(c))?;
        line(&mut script, format_args!("fetch {name} '{id}'"));
    }
    script.push_str(DOCKER);
    if let Some((host, region)) = ecr(&container.image) {
        script.push_str(AWSCLI);
        let (from, to) =
            (format!("aws ecr get-login-password --region {region}"), format!("docker login --username AWS --password-stdin {host}"));
        line(&mut script, format_args!("login() {{ {from} | {to}; }}\nretry login"));
    }
    line(&mut script, format_args!("retry docker pull {}", container.image));
    script.push_str(&unit(container)?);
    // Behind the application, which never waits for it.
    if let Some(agent) = &container.metrics {
        script.push_str(&agent.script()?);
    }
    Ok(script)
}

/// The container that a script was rendered from. `None`: not a script of ours; `Err`: one that was altered.
pub(super) fn parse(script: &str) -> Option<Result<Container, ()>> {
    let said = script.strip_prefix(MARK)?.lines().next().unwrap_or_default();
    let Ok(container) = serde_json::from_str::<Container>(said) else { return Some(Err(())) };
    Some(if render(&container).is_ok_and(|again| again == script) { Ok(container) } else { Err(()) })
}

/// Names that nothing but a script of ours gives.
const NAMES: &[&str] = &["# infra:container ", "/etc/infra/app.env", "infra-app"];

/// What a script has of one that was rendered here, whatever became of its first lines.
pub(super) fn our_name(script: &str) -> Option<&'static str> {
    NAMES.iter().copied().find(|name| script.contains(name))
}

/// The unit that runs the container. `docker run` stays attached, so the journal has its output and docker keeps none of its own.
fn unit(container: &Container) -> Result<String, CloudError> {
    let Container { image, command, .. } = container;
    let command: String = command.iter().map(|word| format!(" {}", quoted(word))).collect();
    let publish: String = container.ports().map(|port| format!("--publish {port}:{port} ")).chain(container.asked().map(local)).collect();
    let (named, driver) = match &container.logs {
        Some(group) => logs(resolved("logs", group)?)?,
        None => ("", "--log-driver none".into()),
    };
    Ok(format!(
        r#"cat > /etc/systemd/system/infra-app.service <<'INFRA_UNIT'
[Unit]
Description={image}
After=docker.service network-online.target
Requires=docker.service
Wants=network-online.target

[Service]
{named}ExecStartPre=-/usr/bin/docker rm --force infra-app
ExecStart=/usr/bin/docker run --rm --name infra-app --env-file /etc/infra/app.env {publish}{driver} {image}{command}
ExecStop=/usr/bin/docker stop --time 30 infra-app
TimeoutStopSec=40
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
INFRA_UNIT
systemctl daemon-reload
systemctl enable --now infra-app.service
"#
    ))
}

/// How docker sends all output to a log group: what the unit reads for it, and docker's words. The application never waits for it (`mode`): what
/// CloudWatch Logs doesn't take in time is kept up to 25 MiB, then lost from here; the journal has it still. The host's own role writes, in the instance's
/// region.
fn logs(group: &str) -> Result<(&'static str, String), CloudError> {
    check(group, "log group", |c| "._/-".contains(c))?;
    let driver = format!(
        "--log-driver awslogs --log-opt awslogs-group={group} --log-opt awslogs-stream=${{INFRA_INSTANCE}} --log-opt mode=non-blocking --log-opt max-buffer-size=25m"
    );
    Ok(("EnvironmentFile=/etc/infra/unit.env\n", driver))
}

/// A port that nobody but the instance itself connects to.
fn local(port: i32) -> String {
    format!("--publish 127.0.0.1:{port}:{port} ")
}

impl Container {
    /// The ports at which the agent asks alone, each once.
    fn asked(&self) -> impl Iterator<Item = i32> {
        let all: BTreeSet<i32> = self.metrics.iter().flat_map(|agent| agent.targets.values()).map(|target| target.port).collect();
        all.into_iter().filter(|port| self.ports().all(|own| own != *port))
    }

    fn ports(&self) -> impl Iterator<Item = i32> {
        self.port.into_iter().chain(self.health_port)
    }
}

/// A word as systemd reads it back: in quotes, with nothing in it that stands for something else (`systemd.service`, "Command lines").
fn quoted(word: &str) -> String {
    let word = word.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{word}\"")
}

/// The registry's host and region, when an image is one of Amazon ECR's.
fn ecr(image: &str) -> Option<(&str, &str)> {
    let host = image.split('/').next()?;
    registry(host).map(|(_, region)| (host, region))
}

/// A value as the environment file holds it. The file has no quoting, so what ends a line can't be in it.
fn literal<'a>(name: &str, text: &'a Text) -> Result<&'a str, CloudError> {
    let value = resolved(name, text)?;
    match value.contains(['\n', '\r', '\0']) {
        true => Err(invalid(format!("the value of {name} has several lines; an environment file holds one a value"))),
        false => Ok(value),
    }
}

pub(super) fn resolved<'a>(name: &str, text: &'a Text) -> Result<&'a str, CloudError> {
    match text.0.as_slice() {
        [] => Ok(""),
        [Part::Literal(value)] => Ok(value),
        _ => Err(CloudError::bug(format!("the value of {name} is not resolved"))),
    }
}

/// Refuses what has a character other than ASCII letters, digits and `more`, or begins with `-`.
pub(super) fn check(text: &str, what: &str, more: impl Fn(char) -> bool) -> Result<(), CloudError> {
    match text.chars().find(|c| !c.is_ascii_alphanumeric() && !more(*c)) {
        _ if text.is_empty() || text.starts_with('-') => Err(invalid(format!("`{text}` is no {what}"))),
        Some(c) => Err(invalid(format!("the {what} `{text}` has the character {c:?}"))),
        None => Ok(()),
    }
}

pub(super) fn line(script: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(script, "{text}").expect("a string takes everything");
}
