//! The first spec of a stack, as `infra init` writes it.
use std::fmt::Write;

/// What is known of a stack that is to be begun.
#[derive(Clone, Debug, Default)]
pub struct Starter {
    pub stack: String,
    pub region: String,
    /// The container that runs; none yet when empty.
    pub image: String,
    /// The port that the container listens on.
    pub port: u16,
    /// `postgres`, `mysql`, `mariadb`; none when empty.
    pub database: String,
    /// `redis`, `valkey`; none when empty.
    pub cache: String,
    /// The zone at Cloudflare; none when empty.
    pub zone: String,
    /// The name in the zone by which it is reached.
    pub host: String,
    /// Who is told of alarms; nobody when empty.
    pub notify: String,
}

impl Starter {
    /// The spec, with a comment where a reader may want to choose otherwise. Whether its values are good is for [`super::load`] to say.
    pub fn text(&self) -> String {
        let mut out = format!(
            "# yaml-language-server: $schema=infra.schema.json\nstack: {}\nregion: {}\n# account: \"123456789012\"     # refuse any other live account\n",
            quoted(&self.stack),
            quoted(&self.region)
        );
        out += "\nvpc:\n  # One NAT gateway a zone, billed by the hour. `single` is cheaper, and a zone's failure stops the others' way out.\n  nat: per_zone\n";
        let parts = [self.front(), self.compute(), self.cache(), self.database(), self.cdn(), self.monitoring(), self.outputs()];
        parts.into_iter().filter(|part| !part.is_empty()).for_each(|part| out += &format!("\n{part}"));
        out
    }

    fn runs(&self) -> bool {
        !self.image.is_empty()
    }

    fn front(&self) -> String {
        match (self.runs(), self.zone.is_empty()) {
            (false, _) => String::new(),
            (true, true) => {
                "load_balancer:\n  listeners:\n    http: { port: 80, forward: app }   # HTTPS needs a certificate: `infra explain load_balancer.listeners`\n".into()
            }
            (true, false) => format!(
                "load_balancer:\n  allow_from: [cdn]               # only Cloudflare's published ranges reach it\n  listeners:\n    https: {{ port: 443, certificate: {}, forward: app }}   # requested from ACM, validated through the zone\n    http: {{ port: 80, redirect: https }}\n",
                quoted(&self.host)
            ),
        }
    }

    fn compute(&self) -> String {
        if !self.runs() {
            return "# compute:\n#   app: { image: nginx:1.29, port: 80 }\n".into();
        }
        let mut env = vec![];
        if !self.cache.is_empty() {
            env.push("CACHE_URL: \"${cache.main.url}\"");
        }
        if !self.database.is_empty() {
            env.push("DATABASE_HOST: \"${database.main.endpoint}\"");
            env.push("DATABASE_SECRET: \"${database.main.secret_arn}\"");
        }
        let mut out = format!(
            "compute:\n  app:\n    image: {}\n    port: {}\n    instance_type: t3.small\n    instances: {{ min: 2, max: 4, target_cpu: 60 }}\n    health_check: {{ path: / }}\n",
            quoted(&self.image),
            self.port
        );
        if !env.is_empty() {
            let _ = writeln!(out, "    env: {{ {} }}", env.join(", "));
        }
        out
    }

    fn allowed(&self) -> &'static str {
        if self.runs() { ", allow_from: [app]" } else { "" }
    }

    fn cache(&self) -> String {
        let allowed = self.allowed();
        if self.cache.is_empty() { String::new() } else { format!("cache:\n  main: {{ engine: {}{allowed} }}\n", quoted(&self.cache)) }
    }

    fn database(&self) -> String {
        let allowed = self.allowed();
        if self.database.is_empty() {
            return String::new();
        }
        let engine = quoted(&self.database);
        format!(
            "database:\n  main: {{ engine: {engine}, storage: {{ size: 20GiB, max: 100GiB }}{allowed} }}   # its login is in Secrets Manager\n"
        )
    }

    fn cdn(&self) -> String {
        if self.zone.is_empty() {
            return String::new();
        }
        let mut out =
            format!("cdn:                               # the token is read from CLOUDFLARE_API_TOKEN\n  zone: {}\n", quoted(&self.zone));
        if self.runs() {
            let name = self.host.strip_suffix(&self.zone).map_or(self.host.as_str(), |name| name.trim_end_matches('.'));
            let name = if name.is_empty() { "\"@\"".into() } else { quoted(name) };
            out += &format!("  records: {{ www: {{ name: {name}, to: load_balancer }} }}\n  tls: {{ mode: strict }}\n");
        }
        out
    }

    fn monitoring(&self) -> String {
        match self.notify.is_empty() {
            true => "# monitoring: { notify: [ops@example.com] }   # alarms that AWS recommends, and who is told\n".into(),
            false => format!("monitoring: {{ notify: [{}] }}\n", quoted(&self.notify)),
        }
    }

    fn outputs(&self) -> String {
        match (self.runs(), self.zone.is_empty()) {
            (false, _) => String::new(),
            (true, true) => "outputs: { url: \"${load_balancer.url}\" }\n".into(),
            (true, false) => format!("outputs: {{ url: {} }}\n", quoted(&format!("https://{}", self.host))),
        }
    }
}

/// A value as YAML: bare where that is what it says.
fn quoted(text: &str) -> String {
    let bare =
        text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@".contains(c));
    let word = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    if bare && !word && !text.ends_with(':') { text.into() } else { serde_json::Value::from(text).to_string() }
}
