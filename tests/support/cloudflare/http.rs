//! The server: HTTP/1.1 over loopback, requests of a connection one after the other, bodies with a length.
use std::io;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::traffic::{Call, Reaction};
use super::{BASE, Shared, reply, route};

/// One request, taken apart.
pub struct Request {
    pub method: String,
    /// Without the API's base.
    pub path: String,
    /// What follows the path, as it came.
    pub query: String,
    pub token: Option<String>,
    pub body: Option<Value>,
    /// Whether there was a body that isn't JSON.
    pub garbled: bool,
    last: bool,
}

impl Request {
    /// The query's pairs, decoded.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let text = |s: &str| percent_decode_str(&s.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = self.query.split('&').filter(|p| !p.is_empty());
        pairs.map(|p| p.split_once('=').unwrap_or((p, ""))).map(|(k, v)| (text(k), text(v))).collect()
    }
}

/// Accepts connections for as long as the handle isn't aborted.
pub fn listen(shared: Arc<Shared>) -> io::Result<(String, AbortHandle)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?.to_string();
    let listener = TcpListener::from_std(listener)?;
    let accept = async move {
        let mut connections = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            connections.spawn(serve(socket, shared.clone()));
            while connections.try_join_next().is_some() {}
        }
    };
    Ok((address, tokio::spawn(accept).abort_handle()))
}

async fn serve(mut socket: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let (read, mut write) = socket.split();
    let mut read = BufReader::new(read);
    while let Some(request) = request(&mut read).await? {
        let mut call = Call {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            body: request.body.clone(),
            status: 0,
        };
        let reaction = shared.react(&call);
        if let Reaction::Delay(pause) = reaction {
            tokio::time::sleep(pause).await;
        }
        let happen = || reply::envelope(route::answer(&mut shared.world.lock().unwrap(), &request));
        let answer = match reaction {
            Reaction::Pass | Reaction::Delay(_) => {
                let (status, body) = happen();
                Some((status, vec![], body))
            }
            Reaction::Answer { status, headers, body } => Some((status, headers, body)),
            Reaction::After { status, headers, body } => {
                happen();
                Some((status, headers, body))
            }
            Reaction::Cut => None,
            Reaction::CutAfter => {
                happen();
                None
            }
        };
        call.status = answer.as_ref().map_or(0, |a| a.0);
        shared.note(call);
        let Some((status, headers, body)) = answer else { return Ok(()) };
        write.write_all(&response(status, &headers, &body)).await?;
        if request.last {
            return Ok(());
        }
    }
    Ok(())
}

/// The next request of a connection; `None` at its end.
async fn request(from: &mut (impl AsyncReadExt + Unpin)) -> io::Result<Option<Request>> {
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        match from.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(e) => return Err(e),
        }
    }
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let header = |name: &str| {
        let mut fields = head.lines().filter_map(|l| l.split_once(':'));
        fields.find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
    };
    if header("transfer-encoding").is_some() {
        return Err(io::Error::other("a body without a length"));
    }
    let length = header("content-length").map_or(Ok(0), str::parse::<usize>).map_err(io::Error::other)?;
    let mut body = vec![0; length];
    from.read_exact(&mut body).await?;
    let parsed = serde_json::from_slice(&body).ok();
    let mut words = head.split([' ', '\r']);
    let (method, target, version) = (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next().unwrap_or(""));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.strip_prefix(BASE).unwrap_or(path);
    Ok(Some(Request {
        method: method.to_owned(),
        path: percent_decode_str(path).decode_utf8_lossy().into_owned(),
        query: query.to_owned(),
        token: header("authorization").and_then(|a| a.strip_prefix("Bearer ")).map(String::from),
        garbled: length > 0 && parsed.is_none(),
        body: parsed,
        last: version == "HTTP/1.0" || header("connection").is_some_and(|c| c.eq_ignore_ascii_case("close")),
    }))
}

/// An answer's bytes. Every answer tells the rate limit, unless the given headers tell another.
fn response(status: u16, headers: &[(String, String)], body: &Value) -> Vec<u8> {
    let reason = match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        _ => "Status",
    };
    let body = if *body == json!(null) { String::new() } else { body.to_string() };
    let usual = [
        ("Content-Type", "application/json"),
        ("Ratelimit", "\"default\";r=1199;t=300"),
        ("Ratelimit-Policy", "\"default\";q=1200;w=300"),
        ("cf-ray", "8f00000000000000-AMS"),
    ];
    let given = |name: &str| headers.iter().any(|(k, _)| k.eq_ignore_ascii_case(name));
    let mut head = format!("HTTP/1.1 {status} {reason}\r\nContent-Length: {}\r\n", body.len());
    usual.iter().filter(|(k, _)| !given(k)).for_each(|(k, v)| head += &format!("{k}: {v}\r\n"));
    headers.iter().for_each(|(k, v)| head += &format!("{k}: {v}\r\n"));
    format!("{head}\r\n{body}").into_bytes()
}
