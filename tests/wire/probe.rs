//! Probes as they are sent: plain requests to a server on loopback, one or many, through a preview or not.
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use infra::cloud::Observe as _;
use infra::kinds::gate::{Load, Probe};
use infra::kinds::{Gate, Kind, Links, Live, Object, Part, Seen, Stamp, Text};
use infra::model::Moment;
use infra::wire::policy::LEAVABLE;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::laws::rollout::tally;
use crate::support::address;
use crate::support::replay::Replay;

/// A server that counts, and answers 500 now and then, late, or never.
#[derive(Default)]
struct Server {
    asked: Cell<usize>,
    previews: Cell<usize>,
    /// Every so manieth answer is wrong.
    wrong: Cell<usize>,
    late: Cell<Duration>,
}

impl Server {
    async fn start() -> (Rc<Server>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (server, url) = (Rc::new(Server::default()), format!("http://{}", listener.local_addr().unwrap()));
        let own = server.clone();
        tokio::task::spawn_local(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let server = own.clone();
                tokio::task::spawn_local(async move {
                    let (mut text, mut buffer) = (vec![], [0; 4096]);
                    while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                        text.extend_from_slice(&buffer[..n]);
                        if !text.ends_with(b"\r\n\r\n") {
                            continue;
                        }
                        let request = String::from_utf8_lossy(&std::mem::take(&mut text)).to_lowercase();
                        let nth = server.asked.get() + 1;
                        server.asked.set(nth);
                        server.previews.set(server.previews.get() + usize::from(request.contains("x-preview: next")));
                        let wrong = server.wrong.get() > 0 && nth.is_multiple_of(server.wrong.get());
                        tokio::time::sleep(server.late.get()).await;
                        let status = if wrong { "500 Internal Server Error" } else { "200 OK" };
                        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n1.5.0");
                        if stream.write_all(answer.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        (server, url)
    }
}

fn probe(url: &str) -> Probe {
    Probe {
        name: "GET /version".into(),
        url: Text(vec![Part::Literal(format!("{url}/version"))]),
        method: "GET".into(),
        headers: [].into(),
        status: 200,
        contains: Some("1.5".into()),
        within: 60_000,
        any_name: false,
        load: None,
    }
}

const LOAD: Load = Load { requests: Some(200), seconds: None, concurrency: 20, errors: 100, latency: None };

/// What a look comes to whose targets are healthy, and that asks these.
async fn look(probes: Vec<Probe>) -> (infra::wire::Clients, impl AsyncFn(&infra::wire::Clients) -> Seen) {
    let target = "<member><Target><Id>i-1</Id><Port>80</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member>";
    let told = format!(
        "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>{target}</TargetHealthDescriptions>\
         </DescribeTargetHealthResult></DescribeTargetHealthResponse>"
    );
    let (cloud, replay) = Replay::clients([(200, told.as_str())]);
    let look = async move |cloud: &infra::wire::Clients| {
        let _replay = &replay;
        let group: Object = super::target_group::target_group().into();
        let stamp = Stamp { address: address("target_group.app"), ..Stamp::nobody(Kind::TargetGroup) };
        let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/new/0123456789abcdef";
        let live = Live { id: arn.into(), object: group, stamp, points: [].into() };
        let gate = Gate { old: None, probes: probes.clone(), ..tally::gate(100, 1) };
        cloud.look_at(&gate, &Links([(address("target_group.app"), live)].into()), Moment::now()).await.unwrap()
    };
    (cloud, look)
}

async fn seen(probe: Probe) -> Seen {
    let (cloud, look) = look(vec![probe]).await;
    look(&cloud).await
}

fn local<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test)
}

/// One request, with the preview's header where there is one; what is wrong with the answer is told.
#[test]
fn one_request_tells() {
    local(async {
        let (server, url) = Server::start().await;
        assert_eq!(seen(probe(&url)).await, Seen::Well);
        assert_eq!((server.asked.get(), server.previews.get()), (1, 0));
        let through = Probe { headers: [("X-Preview".into(), "next".into())].into(), ..probe(&url) };
        assert_eq!(seen(through).await, Seen::Well);
        assert_eq!((server.asked.get(), server.previews.get()), (2, 1));
        let other = Probe { contains: Some("1.6".into()), ..probe(&url) };
        assert_eq!(seen(other).await, Seen::Bad("GET /version has no `1.6` in its answer".into()));
        server.wrong.set(1);
        assert_eq!(seen(probe(&url)).await, Seen::Bad("GET /version answered 500, not 200".into()));
    });
}

/// Many requests: so many, or for so long; too many that fail are bad, and so is one of a hundred that is slow.
#[test]
fn many_requests_tell_what_it_bears() {
    local(async {
        let (server, url) = Server::start().await;
        let of = |load: Load| Probe { load: Some(load), ..probe(&url) };
        assert_eq!(seen(of(LOAD)).await, Seen::Well);
        assert_eq!(server.asked.replace(0), 200);
        server.wrong.set(100);
        assert_eq!(seen(of(LOAD)).await, Seen::Well, "1% may fail");
        server.wrong.set(50);
        server.asked.set(0);
        let Seen::Bad(why) = seen(of(LOAD)).await else { panic!("2% fail") };
        assert_eq!(why, "GET /version: 4 of 200 requests failed; the first: GET /version answered 500, not 200");
        server.wrong.set(0);
        server.late.set(Duration::from_millis(40));
        let Seen::Bad(why) = seen(of(Load { latency: Some(20), ..LOAD })).await else { panic!("it is slow") };
        assert!(why.starts_with("GET /version: 99 of 100 answers took ") && why.contains("ms at most, not 20ms; 200 "), "{why}");
        assert_eq!(seen(of(Load { latency: Some(30_000), ..LOAD })).await, Seen::Well);
        server.asked.set(0);
        assert_eq!(seen(of(Load { requests: None, seconds: Some(1), ..LOAD })).await, Seen::Well);
        assert!(server.asked.get() >= 20, "{} in a second", server.asked.get());
    });
}

/// Nobody waits for a request of a run that goes back: it is dropped where it is.
#[test]
fn a_probe_is_left_at_once() {
    local(async {
        let (server, url) = Server::start().await;
        server.late.set(Duration::from_secs(50));
        let (cloud, look) = look(vec![Probe { load: Some(LOAD), ..probe(&url) }]).await;
        let leave = async {
            while server.asked.get() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            cloud.policy.leave();
        };
        let (seen, ()) = tokio::join!(LEAVABLE.scope(true, look(&cloud)), leave);
        assert_eq!(seen, Seen::Mute("the run goes back".into()));
        assert_eq!(server.asked.get() as u32, LOAD.concurrency.min(server.asked.get() as u32), "no more are sent");
    });
}
