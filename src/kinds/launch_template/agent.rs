//! The Prometheus agent beside a container: it asks the application what it measures, and writes that to a workspace of Managed Prometheus.
use super::boot::invalid;
use super::script::{check, resolved};
use super::*;
use crate::canon::Open;
use crate::model::partition;

/// What the agent asks, and where it writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Agent {
    /// The id of the workspace.
    pub workspace: Text,
    /// The region of the workspace.
    pub region: String,
    /// How often it asks, in seconds.
    pub interval: i32,
    /// What it asks, by the name of the job: the series have that as `job`, and the instance's id or the pod's name as `instance`.
    pub targets: Open<Target>,
}

/// One place at which the container tells what it measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Opened to the instance itself alone, where it isn't one of the container's own ports.
    pub port: i32,
    /// `/metrics`.
    pub path: String,
}

/// Where the agent tells of itself, on the instance: no application listens there.
pub const LISTENS: u16 = 19_090;

/// The version with long-term support; for both architectures.
pub const IMAGE: &str = "quay.io/prometheus/prometheus:v3.5.0";

/// What the instance's id, or the pod's name, takes the place of.
pub const INSTANCE: &str = "INFRA_INSTANCE";

/// What the workspace's id takes the place of, where it is known to the agent alone.
pub const WORKSPACE: &str = "INFRA_WORKSPACE";

/// How long an answer may take, where it is asked for less often than that: Prometheus's own default.
const TIMEOUT: i32 = 10;

#[derive(Serialize)]
struct Config<'a> {
    global: Global,
    scrape_configs: Vec<Job<'a>>,
    remote_write: [Write<'a>; 1],
}

#[derive(Serialize)]
struct Global {
    scrape_interval: String,
    scrape_timeout: String,
}

#[derive(Serialize)]
struct Job<'a> {
    job_name: &'a str,
    metrics_path: &'a str,
    static_configs: [At; 1],
}

#[derive(Serialize)]
struct At {
    targets: [String; 1],
    labels: BTreeMap<&'static str, &'static str>,
}

#[derive(Serialize)]
struct Write<'a> {
    url: String,
    sigv4: SigV4<'a>,
}

#[derive(Serialize)]
struct SigV4<'a> {
    region: &'a str,
}

impl Agent {
    pub(super) fn resolved(&self, links: &Links) -> Result<Self, CloudError> {
        Ok(Agent { workspace: Text::literal(self.workspace.resolve(links)?), ..self.clone() })
    }

    /// Its configuration for pods, with [`WORKSPACE`] where the workspace's id belongs, too.
    ///
    /// # Errors
    /// A job or a path that a configuration can't hold.
    pub fn template(&self) -> Result<String, CloudError> {
        Agent { workspace: Text::literal(WORKSPACE), ..self.clone() }.config()
    }

    /// Its configuration ("Configuration" of Prometheus), with [`INSTANCE`] where the instance's id belongs.
    fn config(&self) -> Result<String, CloudError> {
        let workspace = resolved("metrics", &self.workspace)?;
        check(workspace, "workspace", |c| "-_.".contains(c))?;
        check(&self.region, "region", |c| c == '-')?;
        for (name, target) in self.targets.iter() {
            check(name, "job", |c| "-_".contains(c))?;
            if target.path.contains(char::is_control) || !target.path.starts_with('/') {
                return Err(invalid(format!("{:?} is no path", target.path)));
            }
        }
        let jobs = self.targets.iter().map(|(name, target)| Job {
            job_name: name,
            metrics_path: &target.path,
            static_configs: [At { targets: [format!("127.0.0.1:{}", target.port)], labels: [("instance", INSTANCE)].into() }],
        });
        let suffix = partition(&self.region).dns_suffix;
        let config = Config {
            global: Global { scrape_interval: format!("{}s", self.interval), scrape_timeout: format!("{}s", self.interval.min(TIMEOUT)) },
            scrape_configs: jobs.collect(),
            remote_write: [Write {
                url: format!("https://aps-workspaces.{}.{suffix}/workspaces/{workspace}/api/v1/remote_write", self.region),
                sigv4: SigV4 { region: &self.region },
            }],
        };
        Ok(serde_yaml::to_string(&config).expect("a configuration is plain data"))
    }

    /// What starts it. It shares the host's network, so that it reaches what listens there and the role's credentials, and keeps what it couldn't send yet
    /// over its own restarts. Its user isn't root, and reads one file.
    pub(super) fn script(&self) -> Result<String, CloudError> {
        let config = self.config()?;
        Ok(format!(
            r#"cat > /etc/infra/agent.yml <<'INFRA_AGENT'
{config}INFRA_AGENT
sed -i "s/{INSTANCE}/$instance/" /etc/infra/agent.yml
chmod 644 /etc/infra/agent.yml
retry docker pull {IMAGE}
cat > /etc/systemd/system/infra-agent.service <<'INFRA_UNIT'
[Unit]
Description=Prometheus agent
After=docker.service network-online.target
Requires=docker.service
Wants=network-online.target

[Service]
ExecStartPre=-/usr/bin/docker rm --force infra-agent
ExecStart=/usr/bin/docker run --rm --name infra-agent --network host --memory 256m --log-driver none --volume /etc/infra/agent.yml:/etc/prometheus/prometheus.yml:ro --volume infra-agent:/prometheus {IMAGE} --agent --config.file=/etc/prometheus/prometheus.yml --storage.agent.path=/prometheus --web.listen-address=127.0.0.1:{LISTENS}
ExecStop=/usr/bin/docker stop --time 30 infra-agent
TimeoutStopSec=40
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
INFRA_UNIT
systemctl daemon-reload
systemctl enable --now infra-agent.service
"#
        ))
    }
}
