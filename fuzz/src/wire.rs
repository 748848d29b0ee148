//! Every parser of `wire`: what it reads is emitted and read back as the same; an error says a place in the
//! input.

use std::fmt::Debug;

use pptp_diag::wire::error::WireError;
use pptp_diag::wire::gre;
use pptp_diag::wire::icmp;
use pptp_diag::wire::ppp;
use pptp_diag::wire::ppp::ccp;
use pptp_diag::wire::ppp::chap;
use pptp_diag::wire::ppp::control;
use pptp_diag::wire::ppp::eap;
use pptp_diag::wire::ppp::ipcp;
use pptp_diag::wire::ppp::ipv6cp;
use pptp_diag::wire::ppp::lcp;
use pptp_diag::wire::ppp::mschap;
use pptp_diag::wire::ppp::options;
use pptp_diag::wire::ppp::options::Options;
use pptp_diag::wire::ppp::pap;
use pptp_diag::wire::pptp;

/// The first octet chooses the parser.
pub fn run(data: &[u8]) {
    let Some((&parser, data)) = data.split_first() else { return };
    let mut out = Vec::new();
    match parser % PARSERS {
        0 => {
            let read = located(data, gre::parse(data));
            read.inspect(|p| p.emit(&mut out));
            same(read, &gre::parse(&out));
            let _ = located(data, gre::base(data));
        }
        1 => {
            let read = located(data, pptp::parse(data));
            read.inspect(|m| m.emit(&mut out));
            same(read, &pptp::parse(&out));
            if let Some(message) = read {
                let header = pptp::header(&out).unwrap();
                assert_eq!(header.control, message.control());
                assert_eq!(usize::from(header.length), out.len());
                assert!(pptp::fixed_length(header.control).is_none_or(|n| n == header.length));
            }
            let _ = located(data, pptp::header(data));
        }
        2 | 3 => {
            let family = if parser % PARSERS == 2 { 4 } else { 6 };
            let Some(Some(error)) = located(data, icmp::parse(family, data)) else { return };
            error.emit(&mut out);
            assert_eq!(icmp::parse(family, &out), Ok(Some(error)));
            let _ = (error.quoted.tcp_ports(), error.quoted.gre_call_id());
            assert!(!icmp::meaning(family, error.kind, error.code).is_empty());
        }
        4 => {
            let read = located(data, ppp::parse(data));
            read.inspect(|f| f.emit(&mut out));
            if read.is_some() {
                assert_eq!(out, data);
            }
        }
        5 => {
            let read = located(data, control::parse(data));
            read.inspect(|p| p.emit(&mut out));
            same(read, &control::parse(&out));
        }
        6 => {
            let read = located(data, pap::parse(data));
            read.inspect(|p| p.emit(&mut out));
            same(read, &pap::parse(&out));
        }
        7 => {
            let read = located(data, chap::parse(data));
            read.inspect(|p| p.emit(&mut out));
            same(read, &chap::parse(&out));
        }
        8 => {
            let read = located(data, eap::parse(data));
            read.inspect(|p| p.emit(&mut out));
            same(read, &eap::parse(&out));
        }
        9 => {
            let read = located(data, eap::mschapv2(data));
            read.inspect(|p| p.emit(&mut out));
            same(read, &eap::mschapv2(&out));
            let _ = located(data, eap::md5(data));
            assert_eq!(eap::nak(data).count(), data.len());
        }
        10..=13 => walk(parser % PARSERS, data),
        14 => {
            let read = ppp::mppe::parse(data);
            assert_eq!(read.is_some(), data.len() >= 2);
        }
        15 => responses(data),
        16 => texts(data),
        _ => {
            if let Some((magic, rest)) = located(data, lcp::magic_body(data)) {
                assert_eq!([&magic.to_be_bytes(), rest].concat(), data);
            }
            if let Some((protocol, rest)) = located(data, lcp::protocol_reject(data)) {
                assert_eq!([&protocol.0.to_be_bytes(), rest].concat(), data);
            }
            let _ = lcp::terminate_reason(data);
        }
    }
}

/// Every option has the octets that it was read from.
fn walk(parser: u8, data: &[u8]) {
    let mut known = 0;
    for raw in Options::new(data) {
        let Some(raw) = located(data, raw) else { break };
        let (mut given, mut again) = (Vec::new(), Vec::new());
        options::emit(raw.kind, raw.value, &mut given);
        match parser {
            10 => lcp::option(raw).emit(&mut again),
            11 => ccp::option(raw).emit(&mut again),
            12 => ipcp::option(raw).emit(&mut again),
            _ => ipv6cp::option(raw).emit(&mut again),
        }
        assert_eq!(again, given);
        assert_eq!(data.get(known..known + given.len()), Some(&*given));
        known += given.len();
        if let ccp::CcpOption::Mppe(bits) = ccp::option(raw) {
            assert!(!bits.to_string().is_empty());
        }
    }
}

fn responses(data: &[u8]) {
    let (v1, v2) = (mschap::response_v1(data), mschap::response_v2(data));
    assert_eq!(v1.is_some(), data.len() == 49);
    if let (Some(v1), Some(v2)) = (v1, v2) {
        assert_eq!(v1.emit(), data);
        assert_eq!(v2.emit(), data);
    }
}

/// What the texts of MS-CHAP say is within them, and a text made of it says the same.
fn texts(data: &[u8]) {
    let failure = mschap::failure(data);
    for part in [failure.challenge, failure.message].into_iter().flatten() {
        assert!(data.windows(part.len().max(1)).any(|w| w == part) || part.is_empty());
    }
    if let (Some(error), Some(retry), Some(version)) =
        (failure.error, failure.retry, failure.version)
    {
        let text = mschap::failure_text(error, retry, &[], version, "no");
        let again = mschap::failure(text.as_bytes());
        assert_eq!(
            (again.error, again.retry, again.version),
            (Some(error), Some(retry), Some(version))
        );
        assert_eq!((again.message, again.challenge, again.stray), (Some(&b"no"[..]), None, None));
    }
    let _ = mschap::success(data);
    if let Some(answer) = data.first_chunk::<20>() {
        let text = mschap::success_text(answer, None);
        assert_eq!(mschap::success(text.as_bytes()).form, mschap::SuccessForm::Good);
    }
}

/// What was read; the place of an error is one in `whole`.
fn located<T>(whole: &[u8], result: Result<T, WireError>) -> Option<T> {
    match result {
        Ok(read) => Some(read),
        Err(e) => {
            assert!(e.left <= whole.len() && e.offset_in(whole) <= whole.len(), "{e:?}");
            None
        }
    }
}

/// What was read and what was emitted of it are one; nothing else was emitted.
fn same<T: PartialEq + Debug>(read: Option<T>, again: &Result<T, WireError>) {
    if let Some(read) = read {
        assert_eq!(*again, Ok(read));
    }
}

const PARSERS: u8 = 18;
