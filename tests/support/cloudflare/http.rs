//! The server.
use std::io;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

use super::super::http::{self, Raw};
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
    http::listen(move |socket| serve(socket, shared.clone()))
}

async fn serve(mut socket: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let (read, mut write) = socket.split();
    let mut read = BufReader::new(read);
    while let Some(raw) = Raw::read(&mut read).await? {
        let request = request(&raw);
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
        if raw.last {
            return Ok(());
        }
    }
    Ok(())
}

fn request(raw: &Raw) -> Request {
    let path = raw.path.strip_prefix(BASE).unwrap_or(&raw.path);
    let body = serde_json::from_slice(&raw.body).ok();
    Request {
        method: raw.method.clone(),
        path: percent_decode_str(path).decode_utf8_lossy().into_owned(),
        query: raw.query.clone(),
        token: raw.token(),
        garbled: !raw.body.is_empty() && body.is_none(),
        body,
    }
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
