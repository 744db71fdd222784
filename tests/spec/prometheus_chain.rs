//! The whole chain on loopback, with the programs themselves and the files as they are generated: an application tells what it measures, the agent asks it and
//! writes to a Prometheus, which looks at the rules and tells Alertmanager, which tells who is to be told.
//!
//! What is changed of the files: addresses, how often something is looked at, and a webhook in place of each topic.
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::prometheus::{SPEC, files, folder};
use crate::laws::world::stack;
use crate::support::debian;
use crate::support::http::{Raw, listen};

/// A program that ends with its owner. What it says stands in a file of its folder.
struct Program(Child);

impl Program {
    fn start(name: &str, args: &[&str], at: &Path, log: &Path) -> Program {
        let mut command = Command::new(debian::prometheus().join("usr/bin").join(name));
        command.args(args).current_dir(at).stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(log).unwrap());
        // The agent signs what it writes; nobody here looks at that.
        command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_EC2_METADATA_DISABLED", "true")]);
        Program(command.spawn().unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An address that is free now.
fn free() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Answers every request of a connection; `told` is given what was posted.
async fn answer(socket: TcpStream, waiting: Arc<AtomicU32>, told: mpsc::UnboundedSender<(String, Value)>) -> std::io::Result<()> {
    let mut socket = BufReader::new(socket);
    while let Some(raw) = Raw::read(&mut socket).await? {
        let body = if raw.method == "POST" {
            let _ = told.send((raw.path.clone(), serde_json::from_slice(&raw.body).unwrap_or_default()));
            String::new()
        } else if raw.path == "/jobs/metrics" {
            format!("# TYPE jobs_waiting gauge\njobs_waiting{{queue=\"mail\"}} {}\n", waiting.load(Ordering::SeqCst))
        } else {
            "# TYPE http_errors_total counter\nhttp_errors_total 0\n".to_owned()
        };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {}\r\n\r\n", body.len());
        socket.write_all(format!("{head}{body}").as_bytes()).await?;
    }
    Ok(())
}

/// The definition with a webhook in place of each topic, and without the times that it leaves alerts to gather.
fn with_webhooks(definition: &str, at: &str) -> String {
    let mut config: Value = serde_yaml::from_str(definition).unwrap();
    for receiver in config["receivers"].as_array_mut().unwrap() {
        let path = receiver["name"].as_str().unwrap().to_owned();
        let receiver = receiver.as_object_mut().unwrap();
        if let Some(told) = receiver.remove("sns_configs") {
            let hook = json!([{ "url": format!("http://{at}/{path}"), "send_resolved": told[0]["send_resolved"] }]);
            receiver.insert("webhook_configs".into(), hook);
        }
    }
    config["route"]["group_wait"] = "0s".into();
    config["route"]["group_interval"] = "1s".into();
    serde_yaml::to_string(&config).unwrap()
}

#[tokio::test]
async fn an_alert_and_its_end_reach_whom_they_are_for() {
    let files = files(&stack(&[SPEC]));
    let home = folder("chain");
    let (waiting, (tell, mut told)) = (Arc::new(AtomicU32::new(3)), mpsc::unbounded_channel());
    let counted = waiting.clone();
    let (app, serving) = listen(move |socket| answer(socket, counted.clone(), tell.clone())).unwrap();
    let (store, manager, agent) = (free(), free(), free());
    let write = |name: &str, text: &str| std::fs::write(home.join(name), text).unwrap();

    let asked = files.agent.replace("127.0.0.1:8080", &app).replace("127.0.0.1:9100", &app).replace("INFRA_INSTANCE", "i-0123");
    let (before, url) = asked.split_once("url: ").unwrap();
    let (_, after) = url.split_once('\n').unwrap();
    let asked = format!("{before}url: http://{store}/api/v1/write\n{after}").replace("5s", "1s");
    write("agent.yml", &asked);
    write("rules.yml", &files.rules.replace("interval: 1m", "interval: 1s"));
    write("alertmanager.yml", &with_webhooks(&files.alertmanager(), &app));
    let config = json!({
        "global": { "evaluation_interval": "1s" },
        "rule_files": ["rules.yml"],
        "alerting": { "alertmanagers": [{ "static_configs": [{ "targets": [manager] }] }] },
    });
    write("prometheus.yml", &serde_yaml::to_string(&config).unwrap());

    let at = |name: &str| home.join(name).display().to_string();
    let share = debian::prometheus().join("usr/share/prometheus/alertmanager");
    let flags = [format!("--config.file={}", at("alertmanager.yml")), format!("--storage.path={}", at("am"))];
    let flags: Vec<String> =
        flags.into_iter().chain([format!("--web.listen-address={manager}"), "--cluster.listen-address=".into()]).collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let manager_runs = Program::start("prometheus-alertmanager", &flags, &share, &home.join("alertmanager.log"));
    let listens = format!("--web.listen-address={store}");
    let flags = ["--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", "--web.enable-remote-write-receiver", &listens];
    let store_runs = Program::start("prometheus", &flags, &home, &home.join("prometheus.log"));
    let listens = format!("--web.listen-address={agent}");
    let flags = ["--enable-feature=agent", "--config.file=agent.yml", "--storage.agent.path=wal", &listens];
    let agent_runs = Program::start("prometheus", &flags, &home, &home.join("agent.log"));

    // What is measured arrives under the job's and the instance's names, and nothing fires.
    let client = reqwest::Client::new();
    let query = async |what: &str| -> Value {
        let answer = client.get(format!("http://{store}/api/v1/query")).query(&[("query", what)]).send().await;
        match answer {
            Ok(answer) => answer.json().await.unwrap_or_default(),
            Err(_) => Value::Null,
        }
    };
    let arrived = async {
        loop {
            let found = query("jobs_waiting").await;
            if found["data"]["result"].as_array().is_some_and(|all| !all.is_empty()) {
                return found["data"]["result"][0]["metric"].clone();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let logs = || {
        ["alertmanager.log", "prometheus.log", "agent.log"]
            .map(|log| std::fs::read_to_string(home.join(log)).unwrap_or_default())
            .join("\n")
    };
    let metric = tokio::time::timeout(Duration::from_secs(60), arrived).await.unwrap_or_else(|_| panic!("nothing arrives\n{}", logs()));
    assert_eq!(metric, json!({ "__name__": "jobs_waiting", "instance": "i-0123", "job": "jobs", "queue": "mail" }));
    assert!(told.try_recv().is_err(), "nothing is wrong yet");

    let mut next = async || {
        let told = tokio::time::timeout(Duration::from_secs(60), told.recv()).await;
        told.unwrap_or_else(|_| panic!("nobody is told\n{}", logs())).unwrap()
    };
    waiting.store(101, Ordering::SeqCst);
    let (who, message) = next().await;
    assert_eq!((who.as_str(), &message["status"]), ("/rule.jobs", &json!("firing")), "{message}");
    assert_eq!(message["alerts"][0]["labels"], json!({ "alertname": "jobs", "queue": "mail", "severity": "warning" }));
    assert_eq!(message["alerts"][0]["annotations"], json!({ "description": "Jobs wait." }));
    waiting.store(3, Ordering::SeqCst);
    let (who, message) = next().await;
    assert_eq!((who.as_str(), &message["status"]), ("/rule.jobs", &json!("resolved")), "{message}");
    serving.abort();
    drop((agent_runs, store_runs, manager_runs));
    std::fs::remove_dir_all(home).unwrap();
}
