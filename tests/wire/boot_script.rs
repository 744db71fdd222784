//! The boot script of a container: valid, safe, and read back to the byte. It is run by bash, with its tools and places stood in for.
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use infra::kinds::launch_template::{Agent, Boot, Container, EnvValue, Target};
use infra::kinds::{Links, Text};
use infra::wire::Class;

/// Values that would do harm if bash or docker's environment file read more into them than their characters.
const NASTY: &[&str] = &["", " spaced ", "it's", "\"", "$(touch pwned)", "`touch pwned`", "\\", "#no comment", "INFRA_ENV", "a=b", "grüße"];

/// A container of the reference environment with these variables.
pub fn container(env: impl IntoIterator<Item = (&'static str, EnvValue)>) -> Container {
    Container {
        image: "ghcr.io/example/shop:1.4.2".into(),
        port: Some(8080),
        health_port: None,
        command: vec![],
        logs: None,
        metrics: None,
        env: env.into_iter().map(|(k, v)| (k.into(), v)).collect(),
    }
}

fn script(container: &Container) -> String {
    Boot::Container(container.clone()).script(&Links::default()).unwrap()
}

/// Runs a script in a directory of its own: `/etc` is in there, and every tool is a script that says what it was asked.
fn run(script: &str, dir: &Path, tools: &[(&str, &str)]) -> String {
    let bin = dir.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir_all(dir.join("etc/systemd/system")).unwrap();
    for (name, body) in tools {
        std::fs::write(bin.join(name), format!("#!/bin/bash\necho \"{name} $*\" >> \"$LOG\"\n{body}\n")).unwrap();
        std::fs::set_permissions(bin.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let here = script.replace("/etc/", &format!("{}/etc/", dir.display()));
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let out = Command::new("bash").args(["-c", &here]).env("PATH", path).env("LOG", dir.join("log")).current_dir(dir).output().unwrap();
    assert!(out.status.success(), "{}\n{script}", String::from_utf8_lossy(&out.stderr));
    std::fs::read_to_string(dir.join("log")).unwrap()
}

fn place(name: &str) -> std::path::PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("boot-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

#[test]
fn bash_finds_no_fault() {
    let all = [
        container([]),
        container([("A", EnvValue::Plain(Text::literal("x"))), ("B", EnvValue::FromSecretsManager(Text::literal("a/b")))]),
        Container { image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop@sha256:0af".into(), ..container([]) },
    ];
    for c in all {
        let out = Command::new("bash").args(["-n", "-c", &script(&c)]).output().unwrap();
        assert!(out.status.success() && out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
    }
}

/// What listens to nobody publishes nothing.
#[test]
fn a_container_without_a_port_publishes_none() {
    let worker = Container { port: None, ..container([]) };
    let script = script(&worker);
    assert!(script.contains("docker run --rm --name infra-app") && !script.contains("--publish"), "{script}");
    assert_eq!(Boot::read(&script), Boot::Container(worker));
}

/// What systemd makes of the words behind the image.
fn words(line: &str) -> Vec<String> {
    let (mut out, mut word, mut chars) = (vec![], None::<String>, line.chars());
    while let Some(c) = chars.next() {
        match (c, word.as_mut()) {
            ('"', None) => word = Some(String::new()),
            ('"', Some(_)) => out.extend(word.take()),
            ('\\', Some(w)) => w.push(chars.next().unwrap()),
            ('$' | '%', Some(w)) => {
                assert_eq!(chars.next(), Some(c), "{line} stands for something else");
                w.push(c);
            }
            (c, Some(w)) => w.push(c),
            (c, None) => assert_eq!(c, ' ', "{line}"),
        }
    }
    assert_eq!(word, None, "{line}");
    out
}

/// A command's words arrive as they are, whatever is in them.
#[test]
fn a_command_arrives_word_by_word() {
    let command: Vec<String> =
        NASTY.iter().chain(&["$HOME", "%n", "${X}", ";", "a;b", "\\\"", "INFRA_UNIT", "--help"]).map(|w| (*w).into()).collect();
    let c = Container { command: command.clone(), health_port: Some(9000), ..container([]) };
    let dir = place("command");
    run(&script(&c), &dir, &[("dnf", ""), ("systemctl", ""), ("docker", "")]);
    let unit = std::fs::read_to_string(dir.join("etc/systemd/system/infra-app.service")).unwrap();
    let start = unit.lines().find(|l| l.starts_with("ExecStart=")).unwrap();
    let (before, behind) = start.split_once(&c.image).unwrap();
    assert!(before.contains(" --publish 8080:8080 --publish 9000:9000 "), "{before}");
    assert_eq!(words(behind), command);
    assert_eq!(Boot::read(&script(&c)), Boot::Container(c.clone()));
    let broken = Container { command: vec!["two\nlines".into()], ..c };
    assert_eq!(Boot::Container(broken).script(&Links::default()).unwrap_err().class, Class::Invalid);
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn values_arrive_as_they_are_and_do_nothing() {
    for (i, value) in NASTY.iter().enumerate() {
        {
            let dir = place(&format!("value-{i}"));
            let log = run(
                &script(&container([("VALUE", EnvValue::Plain(Text::literal(*value)))])),
                &dir,
                &[("dnf", ""), ("systemctl", ""), ("docker", "")],
            );
            let file = dir.join("etc/infra/app.env");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("VALUE={value}\n"));
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            assert!(!dir.join("pwned").exists());
            assert_eq!(
                log,
                "dnf install -y docker\nsystemctl enable --now docker\ndocker pull ghcr.io/example/shop:1.4.2\n\
                 systemctl daemon-reload\nsystemctl enable --now infra-app.service\n"
            );
            let unit = std::fs::read_to_string(dir.join("etc/systemd/system/infra-app.service")).unwrap();
            let start = format!(
                "ExecStart=/usr/bin/docker run --rm --name infra-app --env-file {}/etc/infra/app.env --publish 8080:8080 \
                 --log-driver none ghcr.io/example/shop:1.4.2\n",
                dir.display()
            );
            assert!(unit.contains(&start) && unit.contains("Restart=always\n"), "{unit}");
            std::fs::remove_dir_all(&dir).unwrap();
        }
    }
}

#[test]
fn secrets_are_fetched_and_the_registry_is_logged_into() {
    let image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:2";
    let c = Container { image: image.into(), ..container([("PASSWORD", EnvValue::FromSecretsManager(Text::literal("rds!db-1")))]) };
    let dir = place("fetch");
    let tools = [
        ("aws", "case $1 in ecr) echo token ;; *) echo 'pa$$ \"word\"' ;; esac"),
        ("curl", "echo us-east-1"),
        ("dnf", ""),
        ("docker", "case $1 in login) cat >> \"$LOG\" ;; esac"),
        ("systemctl", ""),
    ];
    let log = run(&script(&c), &dir, &tools);
    assert_eq!(std::fs::read_to_string(dir.join("etc/infra/app.env")).unwrap(), "PASSWORD=pa$$ \"word\"\n");
    let said = |what: &str| assert!(log.contains(what), "{log}");
    said("aws secretsmanager get-secret-value --region us-east-1 --secret-id rds!db-1 --query SecretString --output text\n");
    said("aws ecr get-login-password --region eu-west-1\n");
    said("docker login --username AWS --password-stdin 123456789012.dkr.ecr.eu-west-1.amazonaws.com\n");
    said(&format!("docker pull {image}\n"));
    std::fs::remove_dir_all(&dir).unwrap();
}

/// Output goes to the log group, under the instance's name, which the script asks the instance for; the application never waits for it.
#[test]
fn output_goes_to_the_log_group() {
    let group = "/infra/shop/compute.app/0a1b2c-7";
    for env in [vec![], vec![("PASSWORD", EnvValue::FromSecretsManager(Text::literal("a/b")))]] {
        let c = Container { logs: Some(Text::literal(group)), ..container(env) };
        let dir = place("logs");
        let tools = [
            ("aws", "echo word"),
            ("curl", "case $* in *instance-id) echo i-0123 ;; *) echo us-east-1 ;; esac"),
            ("dnf", ""),
            ("docker", ""),
            ("systemctl", ""),
        ];
        run(&script(&c), &dir, &tools);
        assert_eq!(std::fs::read_to_string(dir.join("etc/infra/unit.env")).unwrap(), "INFRA_INSTANCE=i-0123\n");
        let unit = std::fs::read_to_string(dir.join("etc/systemd/system/infra-app.service")).unwrap();
        let said = [
            "EnvironmentFile=",
            "--log-driver awslogs ",
            " awslogs-group=/infra/shop/compute.app/0a1b2c-7 ",
            " awslogs-stream=${INFRA_INSTANCE} ",
            " mode=non-blocking ",
        ];
        assert!(said.iter().all(|word| unit.contains(word)) && !unit.contains("create-group"), "{unit}");
        assert_eq!(Boot::read(&script(&c)), Boot::Container(c));
        std::fs::remove_dir_all(&dir).unwrap();
    }
    let alone = script(&container([]));
    assert!(alone.contains("--log-driver none") && !alone.contains("INFRA_INSTANCE"), "{alone}");
}

/// An agent that asks the application at its own port, and at one that nobody else may connect to.
pub fn agent() -> Agent {
    let target = |port, path: &str| Target { port, path: path.into() };
    Agent {
        workspace: Text::literal("ws-0a1b"),
        region: "cn-north-1".into(),
        interval: 5,
        targets: [("app".into(), target(8080, "/metrics")), ("jobs".into(), target(9100, "/it's?a=\"b\""))].into(),
    }
}

/// The agent starts behind the application, asks at the instance itself under the instance's own id, and writes to the workspace in its region's part of AWS.
#[test]
fn an_agent_stands_beside_the_application() {
    let c = Container { metrics: Some(agent()), ..container([]) };
    let dir = place("agent");
    let tools =
        [("curl", "case $* in *instance-id) echo i-0123 ;; *) echo us-east-1 ;; esac"), ("dnf", ""), ("docker", ""), ("systemctl", "")];
    let log = run(&script(&c), &dir, &tools);
    let at = |what: &str| log.find(what).unwrap_or_else(|| panic!("{what} is not in {log}"));
    assert!(at("enable --now infra-app.service") < at("docker pull quay.io/prometheus/prometheus:"), "{log}");
    assert!(at("docker pull quay.io/prometheus/prometheus:") < at("enable --now infra-agent.service"), "{log}");
    let file = dir.join("etc/infra/agent.yml");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644, "who reads it isn't root");
    let config: serde_json::Value = serde_yaml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(config["global"], serde_json::json!({ "scrape_interval": "5s", "scrape_timeout": "5s" }));
    let jobs: Vec<_> = config["scrape_configs"].as_array().unwrap().iter().map(|job| (&job["job_name"], &job["metrics_path"])).collect();
    assert_eq!(serde_json::json!(jobs), serde_json::json!([["app", "/metrics"], ["jobs", "/it's?a=\"b\""]]));
    let at = serde_json::json!([{ "targets": ["127.0.0.1:9100"], "labels": { "instance": "i-0123" } }]);
    assert_eq!(config["scrape_configs"][1]["static_configs"], at);
    let write = serde_json::json!([{
        "url": "https://aps-workspaces.cn-north-1.amazonaws.com.cn/workspaces/ws-0a1b/api/v1/remote_write",
        "sigv4": { "region": "cn-north-1" },
    }]);
    assert_eq!(config["remote_write"], write);
    let unit = |name: &str| std::fs::read_to_string(dir.join("etc/systemd/system").join(name)).unwrap();
    assert!(unit("infra-app.service").contains(" --publish 8080:8080 --publish 127.0.0.1:9100:9100 "));
    assert!(
        unit("infra-agent.service").contains(" --network host ")
            && unit("infra-agent.service").contains("/etc/prometheus/prometheus.yml:ro ")
    );
    assert_eq!(Boot::read(&script(&c)), Boot::Container(c));
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn what_was_written_is_read_back() {
    let env = NASTY
        .iter()
        .enumerate()
        .map(|(i, v)| -> (&'static str, EnvValue) { (format!("PLAIN_{i}").leak(), EnvValue::Plain(Text::literal(*v))) });
    let c = container(env.chain([("FETCHED", EnvValue::FromSecretsManager(Text::literal("a/b")))]));
    assert_eq!(Boot::read(&script(&c)), Boot::Container(c));
}

#[test]
fn an_altered_script_is_seen_and_shows_no_secret() {
    let written = script(&container([("TOKEN", EnvValue::Plain(Text::literal("hunter2")))]));
    let altered = [
        written.replace("TOKEN=hunter2", "TOKEN=hunter3"),
        written.replace("docker pull", "docker pull evil;docker pull"),
        written.replace("\"port\":8080", "\"port\":8081"),
        written.replace("infra:container {", "infra:container {{"),
        format!("{written}# more\n"),
        written.replacen("#!/bin/bash\n", "#!/bin/sh\n", 1),
        written.replacen("# infra:container ", "# ", 1),
    ];
    for script in altered {
        let Boot::UserData(Text(parts)) = Boot::read(&script) else { panic!("not seen: {script}") };
        assert!(!format!("{parts:?}").contains("hunter"), "{parts:?}");
    }
    assert_eq!(Boot::read("#cloud-config\n"), Boot::UserData(Text::literal("#cloud-config\n")));
}

#[test]
fn a_container_without_a_port_publishes_nothing() {
    let boot = Boot::Container(Container { port: None, ..container([]) });
    let script = boot.script(&Links::default()).unwrap();
    assert!(
        !script.contains("--publish") && script.contains("docker run --rm --name infra-app --env-file /etc/infra/app.env --log-driver")
    );
    assert_eq!(Boot::read(&script), boot);
}

#[test]
fn what_cannot_be_said_safely_is_refused() {
    let plain = |name: &'static str, value: &str| container([(name, EnvValue::Plain(Text::literal(value)))]);
    let refused = [
        plain("A", "two\nlines"),
        plain("A", "two\rlines"),
        plain("A", "nul\0"),
        plain("A B", "x"),
        plain("1A", "x"),
        plain("", "x"),
        plain("A", &"x".repeat(9000)),
        container([("A", EnvValue::FromSecretsManager(Text::literal("it's")))]),
        container([("A", EnvValue::FromSecretsManager(Text::literal("--query")))]),
        Container { image: "shop; reboot".into(), ..container([]) },
        Container { image: "--privileged".into(), ..container([]) },
        Container { logs: Some(Text::literal("group --privileged")), ..container([]) },
        Container { metrics: Some(Agent { workspace: Text::literal("ws/../x"), ..agent() }), ..container([]) },
        Container { metrics: Some(Agent { region: "us-east-1\n".into(), ..agent() }), ..container([]) },
        Container {
            metrics: Some(Agent { targets: [("a".into(), Target { port: 1, path: "/a\nINFRA_AGENT".into() })].into(), ..agent() }),
            ..container([])
        },
        Container {
            metrics: Some(Agent { targets: [("a".into(), Target { port: 0, path: "/a".into() })].into(), ..agent() }),
            ..container([])
        },
        Container { port: Some(0), ..container([]) },
        Container { port: Some(65536), ..container([]) },
    ];
    for c in refused {
        let error = Boot::Container(c.clone()).script(&Links::default()).unwrap_err();
        assert_eq!(error.class, Class::Invalid, "{c:?}");
    }
    let long = Boot::UserData(Text::literal("x".repeat(16 * 1024 + 1)));
    assert_eq!(long.script(&Links::default()).unwrap_err().class, Class::Invalid);
}
