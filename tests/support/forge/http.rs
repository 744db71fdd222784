//! The server: HTTP/1.1 over loopback, requests of a connection one after the other, bodies with a length.
use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::{Call, Reaction, Reply, World};

/// Accepts connections for as long as the handle isn't aborted.
pub fn listen(world: Arc<Mutex<World>>) -> io::Result<(String, AbortHandle)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?.to_string();
    let listener = TcpListener::from_std(listener)?;
    let accept = async move {
        let mut connections = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            connections.spawn(serve(socket, world.clone()));
            while connections.try_join_next().is_some() {}
        }
    };
    Ok((address, tokio::spawn(accept).abort_handle()))
}

async fn serve(mut socket: TcpStream, world: Arc<Mutex<World>>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let (read, mut write) = socket.split();
    let mut read = BufReader::new(read);
    while let Some(call) = call(&mut read).await? {
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

/// The next call of a connection; `None` at its end.
async fn call(from: &mut (impl AsyncReadExt + Unpin)) -> io::Result<Option<Call>> {
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
    let length = header("content-length").map_or(Ok(0), str::parse::<usize>).map_err(io::Error::other)?;
    let mut body = vec![0; length];
    from.read_exact(&mut body).await?;
    let mut words = head.split([' ', '\r']);
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    // Both hosts refuse a caller that doesn't tell its name.
    assert!(header("user-agent").is_some_and(|a| a.starts_with("infra/")), "{head}");
    Ok(Some(Call {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        token: header("authorization").and_then(|a| a.strip_prefix("Bearer ")).map(String::from),
        body: serde_json::from_slice(&body).ok(),
    }))
}

fn bytes(reply: &Reply) -> Vec<u8> {
    let body = reply.body.as_str().map_or_else(|| reply.body.to_string(), String::from);
    let kind = if reply.body.is_string() { "text/plain" } else { "application/json; charset=utf-8" };
    let mut head = format!("HTTP/1.1 {} Status\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", reply.status, body.len());
    reply.headers.iter().for_each(|(k, v)| head += &format!("{k}: {v}\r\n"));
    format!("{head}\r\n{body}").into_bytes()
}
