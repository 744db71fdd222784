//! The server.
use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

use super::super::http::{self, Raw};
use super::{Call, Reaction, Reply, World};

/// Accepts connections for as long as the handle isn't aborted.
pub fn listen(world: Arc<Mutex<World>>) -> io::Result<(String, AbortHandle)> {
    http::listen(move |socket| serve(socket, world.clone()))
}

async fn serve(mut socket: TcpStream, world: Arc<Mutex<World>>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let (read, mut write) = socket.split();
    let mut read = BufReader::new(read);
    while let Some(raw) = Raw::read(&mut read).await? {
        let call = call(&raw);
        let reply = {
            let world = &mut *world.lock().unwrap();
            world.log.push(call.clone());
            match (world.rule)(&call) {
                Reaction::Pass => Some(world.answer(&call)),
                Reaction::Answer(reply) => Some(reply),
                Reaction::Cut => None,
                Reaction::CutAfter => {
                    world.answer(&call);
                    None
                }
            }
        };
        let Some(reply) = reply else { return Ok(()) };
        write.write_all(&bytes(&reply)).await?;
    }
    Ok(())
}

fn call(raw: &Raw) -> Call {
    // Both hosts refuse a caller that doesn't tell its name.
    assert!(raw.header("user-agent").is_some_and(|a| a.starts_with("infra/")), "{:?}", raw.header("user-agent"));
    Call {
        method: raw.method.clone(),
        path: raw.path.clone(),
        query: raw.query.clone(),
        token: raw.token(),
        body: serde_json::from_slice(&raw.body).ok(),
    }
}

fn bytes(reply: &Reply) -> Vec<u8> {
    let body = reply.body.as_str().map_or_else(|| reply.body.to_string(), String::from);
    let kind = if reply.body.is_string() { "text/plain" } else { "application/json; charset=utf-8" };
    let mut head = format!("HTTP/1.1 {} Status\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", reply.status, body.len());
    reply.headers.iter().for_each(|(k, v)| head += &format!("{k}: {v}\r\n"));
    format!("{head}\r\n{body}").into_bytes()
}
