//! PAP (RFC 1334 §2).

use super::control::{code_id_data, emit_parts};
use crate::wire::error::{Res, WireError, finish};
use crate::wire::field::{counted, length8};

/// One PAP packet. The password is borrowed, never stored.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Packet<'a> {
    Request { id: u8, peer_id: &'a [u8], password: &'a [u8] },
    Ack { id: u8, message: &'a [u8] },
    Nak { id: u8, message: &'a [u8] },
    Unknown { code: u8, id: u8, data: &'a [u8] },
}

// `Debug` must not print the password.
impl std::fmt::Debug for Packet<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, id, data) = match *self {
            Self::Request { id, peer_id, .. } => {
                return f
                    .debug_struct("Request")
                    .field("id", &id)
                    .field("peer_id", &peer_id)
                    .finish_non_exhaustive();
            }
            Self::Ack { id, message } => ("Ack", id, message),
            Self::Nak { id, message } => ("Nak", id, message),
            // A request in disguise could carry a password too.
            Self::Unknown { code, id, .. } => {
                return f
                    .debug_struct("Unknown")
                    .field("code", &code)
                    .field("id", &id)
                    .finish_non_exhaustive();
            }
        };
        f.debug_struct(name).field("id", &id).field("message", &data).finish()
    }
}

/// Reads one packet. An Ack or Nak whose message length is missing or lies keeps what is there.
/// Errors: fewer than 4 octets, Length below 4 or beyond the input, a Request whose fields are cut.
pub fn parse(input: &[u8]) -> Result<Packet<'_>, WireError> {
    let (code, id, data) = finish(code_id_data(input))?;
    Ok(match code {
        REQUEST => {
            let (peer_id, password) = finish(credentials(data))?;
            Packet::Request { id, peer_id, password }
        }
        ACK => Packet::Ack { id, message: message(data) },
        NAK => Packet::Nak { id, message: message(data) },
        _ => Packet::Unknown { code, id, data },
    })
}

impl Packet<'_> {
    /// Appends the packet in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Request { id, peer_id, password } => {
                let (peer_size, password_size) = (length8(peer_id.len()), length8(password.len()));
                let parts = [&[peer_size], peer_id, &[password_size], password];
                emit_parts(REQUEST, id, &parts, out);
            }
            Self::Ack { id, message } => {
                emit_parts(ACK, id, &[&[length8(message.len())], message], out);
            }
            Self::Nak { id, message } => {
                emit_parts(NAK, id, &[&[length8(message.len())], message], out);
            }
            Self::Unknown { code, id, data } => emit_parts(code, id, &[data], out),
        }
    }
}

fn credentials(i: &[u8]) -> Res<'_, (&[u8], &[u8])> {
    let (_, (peer_id, i)) = counted(i)?;
    let (i, (password, _padding)) = counted(i)?;
    Ok((i, (peer_id, password)))
}

fn message(data: &[u8]) -> &[u8] {
    let Some((&size, rest)) = data.split_first() else { return data };
    rest.get(..usize::from(size)).unwrap_or(rest)
}

const REQUEST: u8 = 1;
const ACK: u8 = 2;
const NAK: u8 = 3;

#[cfg(test)]
mod tests;
