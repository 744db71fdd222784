//! A loopback HTTP/1.1 proxy between the SDK and an endpoint: it counts calls by operation, spoils them on demand, and can stand in for a
//! service that the endpoint doesn't have.
//!
//! Messages are passed on byte by byte. Both ends are known (the SDK's client, the emulator's server), so only what those two say is
//! understood: bodies with a length, in chunks, or up to the end of the connection.
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::models;

/// One request that came by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The name in the signature's scope: `ec2`.
    pub service: String,
    /// The API's own name (`CreateSubnet`); for REST the method and the path (`PUT /bucket`).
    pub operation: String,
    /// What follows the path (`policy`, `list-type=2`); tells operations of REST apart.
    pub query: String,
    pub body: String,
    /// Whether it may change something, judged by its name.
    pub mutating: bool,
    /// The HTTP status that the caller saw; 0 when the connection was cut.
    pub status: u16,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    Pass,
    /// Nothing happens upstream; this is the answer.
    Answer {
        status: u16,
        body: String,
    },
    /// It happens upstream, but this is the answer.
    After {
        status: u16,
        body: String,
    },
    /// Nothing happens upstream, and the connection ends.
    Cut,
    /// It happens upstream, and the connection ends.
    CutAfter,
    /// Passed on after a while.
    Delay(Duration),
}

type Rule = Box<dyn Fn(&Call, usize) -> Reaction + Send>;
type StandIn = Box<dyn FnMut(&Call, &str) -> Option<(u16, String)> + Send>;

struct State {
    log: Vec<Call>,
    /// Calls so far, by service and operation.
    counts: BTreeMap<(String, String), usize>,
    rule: Rule,
    stand_in: StandIn,
    /// Answers by operation and client token: AWS answers a request that is sent again as it did the first time, which the emulator does not.
    tokens: BTreeMap<(String, String), Vec<u8>>,
    /// What AWS's models forbid of what came by, or nobody has classified.
    wrong: Vec<String>,
}

/// A running proxy; it ends with its owner.
pub struct Proxy {
    pub endpoint: String,
    state: Arc<Mutex<State>>,
    accepting: AbortHandle,
}

impl Proxy {
    /// Starts one on a free port of the loopback interface, within the runtime of the caller. `upstream` is `http://HOST:PORT`.
    pub fn start(upstream: &str) -> Proxy {
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let listener = TcpListener::from_std(listener).unwrap();
        let state = State {
            log: vec![],
            counts: BTreeMap::new(),
            rule: Box::new(|_, _| Reaction::Pass),
            stand_in: Box::new(|_, _| None),
            tokens: BTreeMap::new(),
            wrong: vec![],
        };
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        let accept = async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, upstream.clone(), shared.clone()));
                while connections.try_join_next().is_some() {}
            }
        };
        Proxy { endpoint, state, accepting: tokio::spawn(accept).abort_handle() }
    }

    /// Every call so far, in the order of their answers.
    pub fn log(&self) -> Vec<Call> {
        self.state.lock().unwrap().log.clone()
    }

    /// How often each operation was called, by name.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        self.log().into_iter().for_each(|c| *counts.entry(c.operation).or_default() += 1);
        counts
    }

    /// Forgets the calls and the rule.
    pub fn reset(&self) {
        let mut state = self.state.lock().unwrap();
        state.log.clear();
        state.counts.clear();
        state.rule = Box::new(|_, _| Reaction::Pass);
    }

    /// Decides what happens to every call from now on. The number counts earlier calls of the same operation, from zero.
    pub fn rule(&self, rule: impl Fn(&Call, usize) -> Reaction + Send + 'static) {
        self.state.lock().unwrap().rule = Box::new(rule);
    }

    /// Takes the endpoint's place for the calls that it answers, given their bodies: with an HTTP status and a body. [`Proxy::reset`] leaves it.
    pub fn stand_in(&self, stand_in: impl FnMut(&Call, &str) -> Option<(u16, String)> + Send + 'static) {
        self.state.lock().unwrap().stand_in = Box::new(stand_in);
    }
}

impl Drop for Proxy {
    /// The test fails whose requests AWS would refuse, whatever it thinks of the answers.
    fn drop(&mut self) {
        self.accepting.abort();
        let wrong = self.state.lock().map_or_else(|_| vec![], |mut state| std::mem::take(&mut state.wrong));
        assert!(wrong.is_empty() || std::thread::panicking(), "requests that AWS refuses, or nobody has classified: {wrong:#?}");
    }
}

/// One connection of the caller's: requests one after the other, each on a connection of its own upstream.
async fn serve(mut socket: TcpStream, upstream: String, state: Arc<Mutex<State>>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let (read, mut write) = socket.split();
    let mut read = BufReader::new(read);
    while let Some(request) = Message::read(&mut read).await? {
        let mut call = request.call();
        let wrong = models::held(&request.plain());
        let reaction = {
            let mut state = state.lock().unwrap();
            state.wrong.extend(wrong);
            let n = state.counts.entry((call.service.clone(), call.operation.clone())).or_default();
            *n += 1;
            let n = *n - 1;
            (state.rule)(&call, n)
        };
        if let Reaction::Delay(pause) = reaction {
            tokio::time::sleep(pause).await;
        }
        let answer = match reaction {
            Reaction::Pass | Reaction::Delay(_) => Some(forward(&upstream, &request, &call, &state).await?),
            Reaction::Answer { status, body } => Some(Message::answer(status, &body)),
            Reaction::After { status, body } => {
                forward(&upstream, &request, &call, &state).await?;
                Some(Message::answer(status, &body))
            }
            Reaction::Cut => None,
            Reaction::CutAfter => {
                forward(&upstream, &request, &call, &state).await?;
                None
            }
        };
        call.status = answer.as_ref().map_or(0, Message::status);
        state.lock().unwrap().log.push(call);
        let Some(answer) = answer else { return Ok(()) };
        write.write_all(&answer.bytes()).await?;
        if answer.last() {
            return Ok(());
        }
    }
    Ok(())
}

async fn forward(upstream: &str, request: &Message, call: &Call, state: &Mutex<State>) -> io::Result<Message> {
    let stood_in = (state.lock().unwrap().stand_in)(call, std::str::from_utf8(&request.body).unwrap_or(""));
    if let Some((status, body)) = stood_in {
        return Ok(Message::answer(status, &body));
    }
    let token = request.token().map(|token| (call.operation.clone(), token));
    let known = token.as_ref().and_then(|token| state.lock().unwrap().tokens.get(token).cloned());
    if let Some(answer) = known {
        return Message::read(&mut BufReader::new(&answer[..])).await?.ok_or_else(|| io::Error::other("an answer without an end"));
    }
    let mut socket = TcpStream::connect(upstream).await?;
    socket.set_nodelay(true)?;
    socket.write_all(&request.bytes()).await?;
    let mut read = BufReader::new(socket);
    let answer = Message::read(&mut read).await?.ok_or_else(|| io::Error::other("the endpoint did not answer"))?;
    if let Some(token) = token.filter(|_| answer.status() == 200) {
        state.lock().unwrap().tokens.insert(token, answer.bytes());
    }
    Ok(answer)
}

/// A request or an answer: everything up to the empty line, and the body as it stands on the wire.
struct Message {
    head: String,
    body: Vec<u8>,
}

impl Message {
    /// The next message of a connection; `None` at its end.
    async fn read(from: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Option<Message>> {
        let head = line_until(from, b"\r\n\r\n").await?;
        if head.is_empty() {
            return Ok(None);
        }
        let mut message = Message { head: String::from_utf8(head).map_err(io::Error::other)?, body: vec![] };
        let length = message.header("content-length").map(|l| l.parse::<usize>().map_err(io::Error::other)).transpose()?;
        if message.header("transfer-encoding").is_some_and(|t| t.eq_ignore_ascii_case("chunked")) {
            loop {
                let size = line_until(from, b"\r\n").await?;
                let digits = String::from_utf8_lossy(&size);
                let n = usize::from_str_radix(digits.trim().split(';').next().unwrap_or(""), 16).map_err(io::Error::other)?;
                message.body.extend(size);
                let start = message.body.len();
                message.body.resize(start + n + 2, 0);
                from.read_exact(&mut message.body[start..]).await?;
                if n == 0 {
                    break;
                }
            }
        } else if let Some(length) = length {
            message.body.resize(length, 0);
            from.read_exact(&mut message.body).await?;
        } else if message.head.starts_with("HTTP/") && ![204, 304].contains(&message.status()) {
            from.read_to_end(&mut message.body).await?;
        }
        Ok(Some(message))
    }

    fn answer(status: u16, body: &str) -> Message {
        let head = format!("HTTP/1.1 {status} Spoilt\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n", body.len());
        Message { head, body: body.into() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|l| l.split_once(':'));
        fields.filter(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim()).next()
    }

    fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body].concat()
    }

    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0)
    }

    /// Whether the connection must end behind an answer.
    fn last(&self) -> bool {
        let closes = self.header("connection").is_some_and(|c| c.eq_ignore_ascii_case("close"));
        let measured = self.header("content-length").or(self.header("transfer-encoding")).is_some();
        closes || !measured || self.head.starts_with("HTTP/1.0")
    }

    /// The client token of a request of EC2's.
    fn token(&self) -> Option<String> {
        let body = std::str::from_utf8(&self.body).ok()?;
        body.split('&').find_map(|p| p.strip_prefix("ClientToken=")).map(String::from)
    }

    /// A request as the models read it.
    fn plain(&self) -> models::Request<'_> {
        let mut words = self.head.split(' ');
        let (method, uri) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let headers = self.head.lines().filter_map(|l| l.split_once(':')).map(|(k, v)| (k, v.trim())).collect();
        models::Request { method, uri, headers, body: &self.body }
    }

    /// What a request asks for, in all of AWS's protocols.
    fn call(&self) -> Call {
        let mut words = self.head.split(' ');
        let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let (path, query_string) = path.split_once('?').unwrap_or((path, ""));
        let scope = self.header("authorization").and_then(|a| a.split_once("Credential=")).map_or("", |(_, c)| c);
        let service = scope.split('/').nth(3).unwrap_or("").to_owned();
        let cbor = models::cbor::operation(path).map(|(_, operation)| operation);
        let read = cbor.and_then(|_| models::cbor::json(&self.body)).map(|body| body.to_string());
        let body = read.as_deref().or(std::str::from_utf8(&self.body).ok()).unwrap_or_default();
        let query = body.split('&').find_map(|p| p.strip_prefix("Action="));
        let target = self.header("x-amz-target").and_then(|t| t.rsplit_once('.')).map(|(_, o)| o);
        let named = query.or(target).or(cbor);
        let reads = ["Describe", "Get", "Head", "List"];
        let mutating = match named {
            Some(o) => !reads.iter().any(|r| o.starts_with(r)),
            None => !["GET", "HEAD"].contains(&method),
        };
        let operation = named.map_or_else(|| format!("{method} {path}"), String::from);
        Call { service, operation, query: query_string.to_owned(), body: body.to_owned(), mutating, status: 0 }
    }
}

/// Bytes up to and with an end; nothing when the connection ends before.
async fn line_until(from: &mut (impl AsyncBufReadExt + Unpin), end: &[u8]) -> io::Result<Vec<u8>> {
    let mut line = vec![];
    while !line.ends_with(end) {
        if from.read_until(b'\n', &mut line).await? == 0 {
            return Ok(vec![]);
        }
    }
    Ok(line)
}
