//! What the fakes of web services share: HTTP/1.1 over loopback, requests of a connection one after the other, bodies with a length.
use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// One request as it came.
pub struct Raw {
    pub method: String,
    pub path: String,
    /// What follows the path.
    pub query: String,
    pub body: Vec<u8>,
    /// Whether the caller wants nothing after it.
    pub last: bool,
    head: String,
}

impl Raw {
    /// The next request of a connection; `None` at its end.
    pub async fn read(from: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Option<Raw>> {
        let mut head = vec![];
        while !head.ends_with(b"\r\n\r\n") {
            if from.read_until(b'\n', &mut head).await? == 0 {
                return Ok(None);
            }
        }
        let head = String::from_utf8(head).map_err(io::Error::other)?;
        let mut words = head.split([' ', '\r']).map(String::from);
        let (method, target, version) = (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next());
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let mut raw = Raw { method, path, query, body: vec![], last: version.as_deref() == Some("HTTP/1.0"), head };
        raw.last |= raw.header("connection").is_some_and(|c| c.eq_ignore_ascii_case("close"));
        if raw.header("transfer-encoding").is_some() {
            return Err(io::Error::other("a body without a length"));
        }
        let length = raw.header("content-length").map_or(Ok(0), str::parse::<usize>).map_err(io::Error::other)?;
        raw.body = vec![0; length];
        from.read_exact(&mut raw.body).await?;
        Ok(Some(raw))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|l| l.split_once(':'));
        fields.find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
    }

    pub fn token(&self) -> Option<String> {
        self.header("authorization").and_then(|a| a.strip_prefix("Bearer ")).map(String::from)
    }
}

/// Accepts connections on a free port for as long as the handle isn't aborted; the address, and the handle.
pub fn listen<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> io::Result<(String, AbortHandle)>
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?.to_string();
    let listener = TcpListener::from_std(listener)?;
    let accept = async move {
        let mut connections = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            connections.spawn(serve(socket));
            while connections.try_join_next().is_some() {}
        }
    };
    Ok((address, tokio::spawn(accept).abort_handle()))
}
