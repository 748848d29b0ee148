//! Requests over the loopback, good and bad.

use std::net::Ipv4Addr;

use super::*;
use crate::cli::live::metrics::Figures;

fn server() -> (SocketAddr, Arc<Shared>) {
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let address = listener.address().unwrap();
    let shared = Arc::new(Shared::default());
    listener.serve(Arc::clone(&shared)).unwrap();
    (address, shared)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(address: SocketAddr, path: &str) -> (String, String) {
    let answer = ask(address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
    assert!(head.contains("Connection: close"), "{head}");
    (head.to_owned(), body.to_owned())
}

#[test]
fn pages() {
    let (address, shared) = server();
    let (head, body) = get(address, "/healthz");
    assert!(head.starts_with("HTTP/1.1 503 ") && body.contains("not begun"), "{head}\n{body}");
    shared.update(Figures { frames_received: 77, ..Figures::default() });
    let (head, body) = get(address, "/healthz");
    assert!(head.starts_with("HTTP/1.1 200 OK") && body == "ok\n", "{head}\n{body}");
    let (head, body) = get(address, "/metrics?x=1");
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(head.contains("Content-Type: text/plain; version=0.0.4"), "{head}");
    assert!(body.contains("\npptp_diag_frames_received_total 77\n"), "{body}");
    shared.update(Figures { down: Some("eth0 is down".to_owned()), ..Figures::default() });
    assert_eq!(get(address, "/healthz").1, "eth0 is down\n");
    assert!(get(address, "/").0.starts_with("HTTP/1.1 200 OK"));
    for path in ["/metrics/", "/../metrics", "*"] {
        assert!(get(address, path).0.starts_with("HTTP/1.1 404 Not Found"), "{path}");
    }
}

#[test]
fn what_is_no_proper_request_is_refused() {
    let (address, _) = server();
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(50_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(100));
    for (request, status) in [
        ("POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "405 Method"),
        ("HEAD /metrics HTTP/1.0\r\n\r\n", "200 OK"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 Bad"),
        ("\x16\x03\x01\x02", "400 Bad"),
        ("GET /metrics\r\n\r\n", "400 Bad"),
        (long.as_str(), "431 "),
        (many.as_str(), "431 "),
    ] {
        let answer = ask(address, request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request:.40}: {answer}");
    }
    let head = ask(address, "HEAD / HTTP/1.1\r\n\r\n");
    assert!(head.ends_with("\r\n\r\n") && head.contains("Content-Length: 2"), "{head}");
}

#[test]
fn slow_clients_are_sent_away_and_keep_nobody_waiting() {
    let (address, _) = server();
    let start = now();
    let mut slow: Vec<TcpStream> =
        (0..limits::HTTP_CONNECTIONS + 20).map(|_| connect(address)).collect();
    for stream in &mut slow {
        // Those that had to make room are closed already.
        let _ = stream.write_all(b"GET /metrics HT");
    }
    assert!(get(address, "/metrics").0.starts_with("HTTP/1.1 200 OK"));
    assert!(start.elapsed() < LIFETIME, "{:?}", start.elapsed());
    let newest = slow.last_mut().unwrap();
    let mut octets = Vec::new();
    let _ = newest.read_to_end(&mut octets);
    assert!(octets.is_empty());
    let waited = start.elapsed();
    assert!(waited >= LIFETIME && waited < 3 * LIFETIME, "{waited:?}");
    assert!(get(address, "/metrics").0.starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn a_request_may_come_in_pieces() {
    let (address, _) = server();
    let mut stream = connect(address);
    for piece in ["GE", "T / HTT", "P/1.1\r\n", "\r", "\n"] {
        stream.write_all(piece.as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(10));
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}
