//! The server.
use std::io;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde_json::Value;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

use super::super::cloudflare::{Call, Reaction};
use super::super::http::{self, Raw};
use super::route::Request;
use super::{Shared, answer};

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
        let (method, path, query) = (request.method.clone(), request.path.clone(), raw.query.clone());
        let mut call = Call { method, path, query, body: Some(request.body.clone()).filter(|b| !b.is_null()), status: 0 };
        let earlier = shared.log.lock().unwrap().iter().filter(|c| c.method == call.method && c.path == call.path).count();
        let reaction = (shared.rule.lock().unwrap())(&call, earlier);
        if let Reaction::Delay(pause) = reaction {
            tokio::time::sleep(pause).await;
        }
        let happen = || answer(&mut shared.world.lock().unwrap(), &request);
        let said = match reaction {
            Reaction::Pass | Reaction::Delay(_) => Some(happen()),
            Reaction::Answer { status, body, .. } => Some((status, body)),
            Reaction::After { status, body, .. } => {
                happen();
                Some((status, body))
            }
            Reaction::Cut => None,
            Reaction::CutAfter => {
                happen();
                None
            }
        };
        call.status = said.as_ref().map_or(0, |s| s.0);
        shared.log.lock().unwrap().push(call);
        let Some((status, body)) = said else { return Ok(()) };
        // A text is what a container has written.
        let (kind, body) = match body {
            Value::String(text) => ("text/plain", text),
            body => ("application/json", body.to_string()),
        };
        let head = format!("HTTP/1.1 {status} Status\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
        write.write_all(format!("{head}{body}").as_bytes()).await?;
        if raw.last {
            return Ok(());
        }
    }
    Ok(())
}

fn request(raw: &Raw) -> Request {
    let text = |s: &str| percent_decode_str(&s.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = raw.query.split('&').filter(|p| !p.is_empty()).map(|p| p.split_once('=').unwrap_or((p, "")));
    Request {
        method: raw.method.clone(),
        path: text(&raw.path),
        query: pairs.map(|(k, v)| (text(k), text(v))).collect(),
        token: raw.token(),
        content: raw.header("content-type").unwrap_or_default().to_owned(),
        accept: raw.header("accept").unwrap_or_default().to_owned(),
        agent: raw.header("user-agent").unwrap_or_default().to_owned(),
        body: serde_json::from_slice(&raw.body).unwrap_or(Value::Null),
    }
}
