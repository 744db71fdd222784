//! A real API server beside the fake, in the full run alone (`INFRA_TEST_KUBERNETES=real`): the reference's whole table of requests goes to both, and what the
//! wire tests say of the fake they say of a real server.
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    autoscaler, config_map, deployment, disruption_budget, job, kubernetes_client, kubernetes_secret, namespace, network_policy, service,
    service_account, workloads,
};
use crate::support::eks;
use crate::support::kubernetes::real::Real;
use crate::support::kubernetes::route::Request;
use crate::support::kubernetes::transcript::{AGENT, Names, TRANSCRIPT, differences, learn, play, renamed, request, text};
use crate::support::moto::Moto;

/// How long controllers may take to bring about what the transcript shows.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks until a real server answers as it once did, or time is up: controllers work beside, and a new kind isn't served at once.
async fn ask(real: &Real, recorded: &str, names: &mut Names) -> Value {
    let started = Instant::now();
    loop {
        let line = renamed(recorded, names);
        let (status, answer) = real.answer(&request(&line)).await;
        let mut now = line.clone();
        (now["status"], now["answer"]) = (status.into(), answer);
        let mut learnt = names.clone();
        learn(&line["answer"], &now["answer"], &mut learnt);
        let same = differences(&renamed(recorded, &learnt), &now).is_empty();
        // What is told of the generation before passes at once, and doesn't come back.
        let passing = line["answer"]["status"]["observedGeneration"] != line["answer"]["metadata"]["generation"]
            && !line["answer"]["status"]["observedGeneration"].is_null();
        let early = (line["method"] == "GET" && !passing) || (status == 404 && line["status"] != 404);
        let gone = line["status"] != 404 && status == 404 && line["method"] == "GET";
        if same || gone || !early || started.elapsed() > PATIENCE {
            *names = learnt;
            return now;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A look at what a part is of, once its controller has seen its last change: a part tells of it, and a transcript has to.
async fn look(real: &Real, line: &Value) -> Value {
    let path = text(&line["path"]).rsplit_once('/').unwrap().0.to_owned();
    let (method, token) = ("GET".to_owned(), Some("adm".to_owned()));
    let request = Request { method, path, token, agent: AGENT.into(), ..Request::default() };
    loop {
        let (status, answer) = real.answer(&request).await;
        if answer["status"]["observedGeneration"] == answer["metadata"]["generation"]
            && answer["status"]["replicas"] == answer["spec"]["replicas"]
        {
            return json!({ "as": "adm", "method": "GET", "path": request.path, "query": {}, "status": status, "answer": answer });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_real_server_answers_as_it_did_and_as_the_fake_does() {
    let Some(real) = Real::start() else { return };
    let (mut names, mut lines, mut unlike) = (Names::new(), vec![], vec![]);
    for (i, recorded) in TRANSCRIPT.lines().enumerate() {
        let line: Value = serde_json::from_str(recorded).unwrap();
        if text(&line["path"]).ends_with("/scale") {
            lines.push(look(&real, &line).await.to_string());
        }
        let now = ask(&real, recorded, &mut names).await;
        assert!(line["method"] == "GET" || line["status"] == now["status"], "{} is {now:#}", i + 1);
        for (place, what) in differences(&renamed(recorded, &names), &now) {
            unlike.push(format!("{} {} {}: {place}: {what}", i + 1, text(&line["method"]), text(&line["path"])));
        }
        lines.push(now.to_string());
    }
    println!("{} differences of a real server from what it answered once: {unlike:#?}", unlike.len());
    let differs = play(lines.iter().map(String::as_str));
    assert!(differs.is_empty(), "{} differences of the fake from a real server: {differs:#?}", differs.len());
}

/// Changes that 1.20 can't be asked for: it leaves an empty hook or check behind where one goes, which it refuses then (kubernetes/kubernetes#99037, mended in 1.21),
/// and knows no pools.
const UNLIKE: [&str; 4] = ["drain", "health_check: none", "node_pool", "port: none"];

/// Cron jobs are not among them: 1.20 knows no time zones, and refuses what it doesn't know. Nor are node pools: nobody has
/// told it of Karpenter's kinds.
#[tokio::test]
async fn kinds_obey_their_laws_over_a_real_server() {
    let Some(real) = Real::with_nodes() else { return };
    for case in [
        namespace::case(),
        service::case(),
        disruption_budget::case(),
        autoscaler::case(),
        config_map::case(),
        job::case(),
        kubernetes_secret::case(),
        network_policy::case(),
        service_account::case(),
        deployment::case(),
    ] {
        let mut case = case;
        case.world.retain(|(address, _)| !address.starts_with("node_pool."));
        case.variants.retain(|(what, _)| !UNLIKE.contains(what));
        println!("{}", case.address);
        let moto = Moto::start().await;
        eks::serve_at(&moto.endpoint, &real.endpoint, "").await;
        super::check(&Moto::clients(&moto.endpoint), case).await;
    }
}

#[tokio::test]
async fn the_client_gets_on_with_a_real_server() {
    let Some(real) = Real::start() else { return };
    kubernetes_client::applied_and_deleted(&real.endpoint).await;
    kubernetes_client::pages(&real.endpoint).await;
    kubernetes_client::refused(&real.endpoint).await;
    kubernetes_client::held(&real.endpoint).await;
}

#[tokio::test]
async fn workloads_roll_out_on_a_real_server() {
    let Some(real) = Real::with_nodes() else { return };
    let place = async || workloads::Place::over((), real.endpoint.clone()).await;
    let first = place().await;
    workloads::unseen_stranger(&first).await;
    first.clear().await;
    let second = place().await;
    workloads::failing(&second).await;
    second.clear().await;
    let third = place().await;
    workloads::strangers_name(&third).await;
    third.clear().await;
    workloads::others_have(&place().await).await;
}
