//! The server behind `--metrics`: two pages, for clients of which nothing good is assumed.
//!
//! One thread serves all connections without waiting for any of them. A connection lives two seconds, whatever
//! its client does; where too many are open, the oldest is closed. So no client keeps another one waiting, and
//! neither threads nor memory grow. While nobody is connected, the thread sleeps in `accept`.
//!
//! Why not a library: `tiny_http` has no time-outs and a thread for every connection, so that clients which
//! send half a request take up threads for ever; servers that have bounds bring an asynchronous runtime.
//! Requests are parsed by `httparse`, the parser of those servers.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io;
use std::io::ErrorKind;
use std::io::Read as _;
use std::io::Write as _;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use super::Shared;
use super::now;
use super::text;
use crate::base::limits;

/// An address that is bound: this may need privileges, serving does not.
#[derive(Debug)]
pub(in crate::cli) struct Listener(TcpListener);

impl Listener {
    /// Takes the address; the error does not name it.
    pub(in crate::cli) fn bind(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).map(Self)
    }

    /// Where it listens.
    pub(in crate::cli) fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Serves from a thread of its own until the program ends. A thread inherits the confinement of the one
    /// that starts it: start it afterwards.
    pub(in crate::cli) fn serve(self, shared: Arc<Shared>) -> io::Result<()> {
        let serve = move || run(&self.0, &shared);
        thread::Builder::new().name("metrics".to_owned()).spawn(serve).map(drop)
    }
}

fn run(listener: &TcpListener, shared: &Shared) {
    let mut open: VecDeque<Connection> = VecDeque::new();
    loop {
        if let Err(e) = accept(listener, &mut open)
            && e.kind() != ErrorKind::WouldBlock
        {
            // No descriptors are left, or the client is gone already.
            thread::sleep(PAUSE_AFTER_ERROR);
        }
        let now = now();
        open.retain_mut(|c| now < c.deadline && c.advance(shared).is_ok());
        if !open.is_empty() {
            thread::sleep(PAUSE);
        }
    }
}

/// Takes all that wait; where nobody is connected, waits for the first.
fn accept(listener: &TcpListener, open: &mut VecDeque<Connection>) -> io::Result<()> {
    if open.is_empty() {
        listener.set_nonblocking(false)?;
        open.push_back(Connection::new(listener.accept()?.0)?);
    }
    listener.set_nonblocking(true)?;
    for _ in 0..limits::HTTP_CONNECTIONS {
        let connection = Connection::new(listener.accept()?.0)?;
        if open.len() == limits::HTTP_CONNECTIONS {
            open.pop_front();
        }
        open.push_back(connection);
    }
    Ok(())
}

struct Connection {
    stream: TcpStream,
    deadline: Instant,
    state: State,
}

enum State {
    /// The request so far.
    Reads(Vec<u8>),
    /// The answer, and how much of it is sent.
    Writes(Vec<u8>, usize),
    /// What comes after the answer is read and thrown away, so many octets so far: closing at once would
    /// reset the connection, and the client might lose the answer.
    Drains(usize),
}

impl Connection {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, deadline: now() + LIFETIME, state: State::Reads(Vec::new()) })
    }

    /// Does what can be done without waiting. An error: it is over.
    fn advance(&mut self, shared: &Shared) -> io::Result<()> {
        match self.try_advance(shared) {
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(()),
            done => done,
        }
    }

    fn try_advance(&mut self, shared: &Shared) -> io::Result<()> {
        let mut buffer = [0; 2048];
        loop {
            match &mut self.state {
                State::Reads(request) => {
                    let octets = received(&self.stream, &mut buffer)?;
                    request.extend_from_slice(octets);
                    if let Some(answer) = answer(request, shared) {
                        self.state = State::Writes(answer, 0);
                    }
                }
                State::Writes(answer, sent) => match answer.get(*sent..) {
                    Some(rest) if !rest.is_empty() => *sent += (&self.stream).write(rest)?,
                    _ => {
                        self.stream.shutdown(Shutdown::Write)?;
                        self.state = State::Drains(0);
                    }
                },
                State::Drains(octets) => {
                    *octets += received(&self.stream, &mut buffer)?.len();
                    if *octets > DRAINED {
                        return Err(ErrorKind::ConnectionAborted.into());
                    }
                }
            }
        }
    }
}

/// The end of the stream is an error.
fn received<'a>(mut stream: &TcpStream, buffer: &'a mut [u8]) -> io::Result<&'a [u8]> {
    let length = stream.read(buffer)?;
    buffer.get(..length).filter(|b| !b.is_empty()).ok_or(ErrorKind::UnexpectedEof.into())
}

/// The answer to a request; `None`: there is more to come.
fn answer(head: &[u8], shared: &Shared) -> Option<Vec<u8>> {
    let mut headers = [httparse::EMPTY_HEADER; limits::HTTP_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let too_large = head.len() > limits::HTTP_REQUEST;
    let answer = match request.parse(head) {
        Ok(httparse::Status::Partial) if !too_large => return None,
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            Answer::plain(431, "Request Header Fields Too Large", "the request is too long")
        }
        Err(_) => Answer::plain(400, "Bad Request", "this is not HTTP/1.1"),
        Ok(httparse::Status::Complete(_)) => {
            let (method, target) = (request.method.unwrap_or(""), request.path.unwrap_or(""));
            let mut answer = page(method, target, shared);
            answer.head_only = method == "HEAD";
            answer
        }
    };
    Some(answer.octets())
}

fn page(method: &str, target: &str, shared: &Shared) -> Answer {
    if !matches!(method, "GET" | "HEAD") {
        return Answer::plain(405, "Method Not Allowed", "GET or HEAD only");
    }
    match target.split('?').next().unwrap_or("") {
        "/metrics" => {
            let figures = shared.newest().map(|(figures, _)| figures);
            Answer {
                content_type: text::CONTENT_TYPE,
                body: text::render(figures.as_ref()),
                ..Answer::plain(200, "OK", "")
            }
        }
        "/healthz" => match shared.health(now()) {
            Ok(()) => Answer::plain(200, "OK", "ok"),
            Err(reason) => Answer::plain(503, "Service Unavailable", &reason),
        },
        "/" => Answer::plain(200, "OK", "pptp-diag: /metrics /healthz"),
        _ => Answer::plain(404, "Not Found", "there is /metrics and /healthz"),
    }
}

struct Answer {
    status: u16,
    reason: &'static str,
    content_type: &'static str,
    body: String,
    head_only: bool,
}

impl Answer {
    fn plain(status: u16, reason: &'static str, line: &str) -> Self {
        let content_type = "text/plain; charset=utf-8";
        Self { status, reason, content_type, body: format!("{line}\n"), head_only: false }
    }

    fn octets(self) -> Vec<u8> {
        let Self { status, reason, content_type, body, head_only } = self;
        let mut out = format!(
            "HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nConnection: close\r\n",
            body.len()
        );
        if status == 405 {
            let _ = write!(out, "Allow: GET, HEAD\r\n");
        }
        out.push_str("\r\n");
        if !head_only {
            out.push_str(&body);
        }
        out.into_bytes()
    }
}

/// From accepting to closing.
const LIFETIME: Duration = Duration::from_secs(2);
/// Between two looks at open connections.
const PAUSE: Duration = Duration::from_millis(2);
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);
/// Octets after the answer that are read at most.
const DRAINED: usize = 64 << 10;

#[cfg(test)]
mod tests;
