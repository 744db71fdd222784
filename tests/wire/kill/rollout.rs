//! A canary that dies at each of its weights, and in each of its gates: from another machine the first request leads everybody to the old instances, and the account
//! is as it was. Two kills in every run of the tests, all with `INFRA_TEST_KILLS=all`.
use std::sync::atomic::AtomicBool;

use aws_sdk_elasticloadbalancingv2::Client;

use super::*;
use crate::support::moto::Moto;
use crate::support::proxy::Proxy;

const SHOP: &str = "stack: shop
region: us-east-1
vpc: { availability_zones: [us-east-1a, us-east-1b] }
load_balancer: { deletion_protection: false, access_logs: false, listeners: { http: { port: 80, forward: app } } }
compute:
  app:
    image: example/shop:1
    port: 8080
    instances: { min: 2, max: 2 }
    deployment: { strategy: canary, steps: [10%, 100%], interval: 1m, bake: 3m }
";
const NEXT: &str = "compute: { app: { image: 'example/shop:2' } }";

struct Canary {
    moto: Moto,
    proxy: Proxy,
    folder: PathBuf,
    runs: usize,
}

impl Canary {
    /// The first version, by the binary.
    async fn start(name: &str) -> Canary {
        let moto = Moto::start().await;
        let proxy = Proxy::start(&moto.endpoint);
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("kill").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("shop.yaml"), SHOP).unwrap();
        std::fs::write(folder.join("next.yaml"), NEXT).unwrap();
        let mut canary = Canary { moto, proxy, folder, runs: 0 };
        let made = ended(canary.command("apply", &["shop"]).spawn().unwrap()).await;
        assert_eq!(made.code, Some(0), "{}", made.out);
        canary
    }

    fn command(&mut self, verb: &str, layers: &[&str]) -> Command {
        self.runs += 1;
        let mut command = elsewhere(&self.folder, self.runs, &self.proxy.endpoint, verb, layers);
        command.env("INFRA_GATE_MINUTE", "300ms");
        command
    }

    async fn picture(&self) -> Vec<String> {
        canon(&Moto::config(&self.moto.endpoint)).await
    }

    /// To how many groups the listener leads, and with which weights.
    async fn weights(&self) -> Vec<i32> {
        let elb = Client::new(&Moto::config(&self.moto.endpoint));
        let balancers = elb.describe_load_balancers().send().await.unwrap().load_balancers.unwrap();
        let listeners = elb.describe_listeners().load_balancer_arn(balancers[0].load_balancer_arn().unwrap()).send().await.unwrap();
        let actions = listeners.listeners.unwrap().remove(0).default_actions.unwrap();
        let groups = actions[0].forward_config().map(|forward| forward.target_groups().to_vec()).unwrap_or_default();
        groups.iter().map(|group| group.weight.unwrap_or(1)).collect()
    }

    /// Kills the next version at the `n`th call of an operation, which arrives or doesn't. `false` when it ended before.
    async fn killed(&mut self, operation: &'static str, n: usize, arrives: bool) -> bool {
        let (pid, calls) = (Arc::new(AtomicU32::new(0)), AtomicUsize::new(0));
        let at = pid.clone();
        self.proxy.reset();
        self.proxy.rule(move |call, _| {
            if call.operation != operation || calls.fetch_add(1, Ordering::SeqCst) != n {
                return Reaction::Pass;
            }
            kill("-KILL", at.load(Ordering::SeqCst));
            if arrives { Reaction::CutAfter } else { Reaction::Cut }
        });
        let child = self.command("apply", &["shop", "next"]).spawn().unwrap();
        pid.store(child.id().unwrap(), Ordering::SeqCst);
        let ended = ended(child).await;
        self.proxy.reset();
        assert!(
            ended.code.is_none_or(|code| code == 3),
            "nobody asks for anything, so that all of the requests are too few: {}",
            ended.out
        );
        ended.code.is_none()
    }

    /// Brings it to its end from another machine. The first thing that is changed is where requests go, if any go to new instances.
    async fn recovered(&mut self, before: &[String], tag: &str) {
        let turned = self.weights().await.len() > 1;
        let back = ended(self.command("recover", &["shop"]).spawn().unwrap()).await;
        assert_eq!(back.code, Some(0), "{tag}: {}", back.out);
        let first = self.proxy.log().into_iter().find(|call| call.mutating && call.service != "ssm");
        if turned {
            assert_eq!(first.map(|call| call.operation), Some("ModifyListener".into()), "{tag}: {}", back.out);
        }
        which(&self.picture().await, before, before, tag);
    }
}

#[tokio::test]
async fn a_killed_canary_leads_everybody_back_at_once() {
    let mut canary = Canary::start("canary").await;
    let before = canary.picture().await;
    let (mut cases, mut turned) = (0, 0);
    for (operation, first) in [("ModifyListener", 1), ("GetMetricData", 1)] {
        let all = all_kills();
        for n in (if all { 0 } else { first }).. {
            let arrives = operation == "ModifyListener" && n % 2 == 1;
            if !canary.killed(operation, n, arrives).await {
                which(&canary.picture().await, &before, &before, "it has ended by itself");
                break;
            }
            turned += usize::from(canary.weights().await.len() > 1);
            canary.recovered(&before, &format!("killed at {operation} {n}")).await;
            cases += 1;
            if !all {
                break;
            }
        }
    }
    println!("killed canaries: {cases}, {turned} with requests on both");
    assert!(turned >= 2, "{turned} of {cases}");
}

/// What GitHub does with a job that is cancelled: SIGINT, 7.5 s, SIGTERM, 2.5 s, SIGKILL. However slow the cloud is, clients are back by then, and no gate looks
/// any more; the rest is another machine's.
#[tokio::test]
async fn a_cancelled_canary_leads_everybody_back_before_its_job_ends() {
    let mut canary = Canary::start("canary-cancelled").await;
    let before = canary.picture().await;
    let (looks, slow) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (seen, slowly) = (looks.clone(), slow.clone());
    canary.proxy.reset();
    canary.proxy.rule(move |call, _| {
        if call.operation == "GetMetricData" {
            seen.fetch_add(1, Ordering::SeqCst);
        }
        let waits = slowly.load(Ordering::SeqCst) && call.mutating && call.service != "ssm";
        if waits { Reaction::Delay(Duration::from_millis(4000)) } else { Reaction::Pass }
    });
    let child = canary.command("apply", &["shop", "next"]).spawn().unwrap();
    let pid = child.id().unwrap();
    while looks.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    slow.store(true, Ordering::SeqCst);
    kill("-INT", pid);
    tokio::time::sleep(Duration::from_millis(7500)).await;
    let looked = looks.load(Ordering::SeqCst);
    kill("-TERM", pid);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    kill("-KILL", pid);
    let ended = ended(child).await;
    assert!(looked <= 3 && looks.load(Ordering::SeqCst) == looked, "{looked} looks: {}", ended.out);
    assert!(canary.weights().await.len() <= 1, "everybody is led to the old instances: {}", ended.out);
    assert!(canary.picture().await != before, "there is something left to take back");
    canary.proxy.reset();
    canary.recovered(&before, "cancelled").await;
}
