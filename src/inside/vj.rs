//! Van Jacobson compression (RFC 1144): TCP/IP headers sent as differences to those of the packet before.
//!
//! ```text
//! | 0 | C | I | P | S | A | W | U |   which differences follow
//! | connection number, if C       |
//! | TCP checksum                  |   two octets, the only part that is never left out
//! | U | W | A | S | I |               one octet each, or a zero and two octets
//! ```
//!
//! A lost packet makes the headers that follow it wrong until the next uncompressed one of its
//! connection; the TCP checksum tells ([`Rebuilt::checksum_holds`]).

use crate::base::limits;
use crate::wire::checksum::ones_sum;

/// Why a packet cannot be rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VjError {
    /// The packet ends inside its headers.
    #[error("the packet ends inside its headers")]
    Truncated,
    /// An uncompressed packet without a sound IPv4 and TCP header.
    #[error("no IPv4 and TCP header")]
    BadHeader,
    /// A connection number beyond what IPCP agreed on.
    #[error("connection number {0} was not agreed on")]
    BadSlot(u8),
    /// A packet was lost before, and this one does not say which connection it belongs to.
    #[error("a packet was lost and the connection is not stated")]
    Tossed,
    /// No uncompressed packet of this connection was seen.
    #[error("nothing is known of connection {0}")]
    UnknownSlot(u8),
    /// The packet would be longer than IP allows.
    #[error("the packet is longer than IP allows")]
    TooLong,
}

/// An IPv4 packet as it was before compression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The packet, its IP header checksum right.
    pub packet: Vec<u8>,
    /// Whether the TCP checksum, which the sender's host computed, holds: if not, the packet was damaged
    /// or an earlier one is missing, and numbers in the header are wrong.
    pub checksum_holds: bool,
}

/// The headers of one direction.
#[derive(Clone, Debug)]
pub struct Vj {
    /// Grows with the numbers that occur.
    slots: Vec<Option<Slot>>,
    max_slot: u8,
    last: Option<u8>,
}

impl Vj {
    /// `max_slot`: the highest connection number, as IPCP option 2 says (RFC 1332 §4); 15 is usual.
    #[must_use]
    pub const fn new(max_slot: u8) -> Self {
        Self { slots: Vec::new(), max_slot, last: None }
    }

    /// A packet of this direction is missing: what does not state its connection is tossed (§4.1).
    pub const fn lost(&mut self) {
        self.last = None;
    }

    /// Reads the information of a frame of protocol 002F: an IP packet whose protocol field holds the
    /// connection number. An error is a lost packet to those that follow.
    pub fn uncompressed(&mut self, information: &[u8]) -> Result<Rebuilt, VjError> {
        self.last = None;
        let (number, slot, data) = Slot::read(information)?;
        let rebuilt = slot.packet(data);
        *self.slot(number)? = Some(slot);
        self.last = Some(number);
        Ok(rebuilt)
    }

    /// Rebuilds the packet of a frame of protocol 002D. An error is a lost packet to those that follow.
    pub fn compressed(&mut self, information: &[u8]) -> Result<Rebuilt, VjError> {
        let mut fields = Fields(information);
        let last = self.last.take();
        let changes = fields.octet()?;
        let number =
            if changes & C == 0 { last.ok_or(VjError::Tossed)? } else { fields.octet()? };
        let known = self.slot(number)?;
        let mut slot = known.clone().ok_or(VjError::UnknownSlot(number))?;
        slot.change(changes, &mut fields)?;
        let rebuilt = slot.next_packet(fields.0)?;
        *known = Some(slot);
        self.last = Some(number);
        Ok(rebuilt)
    }

    fn slot(&mut self, number: u8) -> Result<&mut Option<Slot>, VjError> {
        let at = usize::from(number);
        if number > self.max_slot || at >= limits::VJ_SLOTS {
            return Err(VjError::BadSlot(number));
        }
        if self.slots.len() <= at {
            self.slots.resize(at + 1, None);
        }
        self.slots.get_mut(at).ok_or(VjError::BadSlot(number))
    }
}

/// The newest headers of one connection.
#[derive(Clone, Debug)]
struct Slot {
    ip: [u8; 20],
    ip_options: Vec<u8>,
    tcp: [u8; 20],
    tcp_options: Vec<u8>,
    /// Octets of TCP data in the newest packet: the two special cases count on them (§3.2.3).
    data: u16,
}

impl Slot {
    /// Takes the headers of an uncompressed packet: connection number, headers, TCP data.
    fn read(packet: &[u8]) -> Result<(u8, Self, &[u8]), VjError> {
        let (&ip, _) = packet.split_first_chunk::<20>().ok_or(VjError::Truncated)?;
        let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
        let ip_length = usize::from(ip[0] & 0x0F) * 4;
        if ip[0] >> 4 != 4 || ip_length < 20 || total < ip_length + 20 {
            return Err(VjError::BadHeader);
        }
        let packet = packet.get(..total).ok_or(VjError::Truncated)?;
        let segment = packet.get(ip_length..).ok_or(VjError::Truncated)?;
        let (&tcp, _) = segment.split_first_chunk::<20>().ok_or(VjError::Truncated)?;
        let tcp_length = usize::from(tcp[12] >> 4) * 4;
        if tcp_length < 20 {
            return Err(VjError::BadHeader);
        }
        let (header, data) = segment.split_at_checked(tcp_length).ok_or(VjError::BadHeader)?;
        let number = ip[9];
        let mut slot = Self {
            ip,
            ip_options: packet.get(20..ip_length).unwrap_or_default().to_vec(),
            tcp,
            tcp_options: header.get(20..).unwrap_or_default().to_vec(),
            data: u16::try_from(data.len()).map_err(|_| VjError::TooLong)?,
        };
        slot.ip[9] = TCP;
        Ok((number, slot, data))
    }

    /// Applies the differences; `fields` stands at the TCP checksum and is left at the data.
    fn change(&mut self, changes: u8, fields: &mut Fields<'_>) -> Result<(), VjError> {
        let checksum = fields.word()?;
        put16(&mut self.tcp, 16, checksum);
        self.set_flag(PUSH, changes & P != 0);
        let data = u32::from(self.data);
        match changes & SPECIAL {
            // Data one way: as many octets as the packet before had.
            UNIDIRECTIONAL => self.add_to_seq(data),
            // Typing that is echoed: both numbers move by what the packet before had.
            ECHOED => {
                self.add_to_ack(data);
                self.add_to_seq(data);
            }
            _ => {
                self.set_flag(URGENT, changes & U != 0);
                if changes & U != 0 {
                    put16(&mut self.tcp, 18, fields.delta()?);
                }
                if changes & W != 0 {
                    let window = get16(&self.tcp, 14).wrapping_add(fields.delta()?);
                    put16(&mut self.tcp, 14, window);
                }
                if changes & A != 0 {
                    self.add_to_ack(u32::from(fields.delta()?));
                }
                if changes & S != 0 {
                    self.add_to_seq(u32::from(fields.delta()?));
                }
            }
        }
        let step = if changes & I != 0 { fields.delta()? } else { 1 };
        let ident = get16(&self.ip, 4).wrapping_add(step);
        put16(&mut self.ip, 4, ident);
        Ok(())
    }

    /// The packet with `data`, once the headers are changed.
    fn next_packet(&mut self, data: &[u8]) -> Result<Rebuilt, VjError> {
        let headers = 40 + self.ip_options.len() + self.tcp_options.len();
        let total = u16::try_from(headers + data.len()).map_err(|_| VjError::TooLong)?;
        self.data = u16::try_from(data.len()).map_err(|_| VjError::TooLong)?;
        put16(&mut self.ip, 2, total);
        put16(&mut self.ip, 10, 0);
        let sum = ones_sum(ones_sum(0, &self.ip), &self.ip_options);
        put16(&mut self.ip, 10, !sum);
        Ok(self.packet(data))
    }

    fn packet(&self, data: &[u8]) -> Rebuilt {
        let [.., s0, s1, s2, s3, d0, d1, d2, d3] = self.ip;
        let length = 20 + self.tcp_options.len() + data.len();
        let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
        let pseudo = [s0, s1, s2, s3, d0, d1, d2, d3, 0, TCP, high, low];
        let sum = [&self.tcp, self.tcp_options.as_slice(), data]
            .into_iter()
            .fold(ones_sum(0, &pseudo), ones_sum);
        let parts = [&self.ip, self.ip_options.as_slice(), &self.tcp, &self.tcp_options, data];
        Rebuilt { packet: parts.concat(), checksum_holds: sum == 0xFFFF }
    }

    fn add_to_seq(&mut self, delta: u32) {
        let [_, _, _, _, a, b, c, d, ..] = self.tcp;
        let [a, b, c, d] = u32::from_be_bytes([a, b, c, d]).wrapping_add(delta).to_be_bytes();
        (self.tcp[4], self.tcp[5], self.tcp[6], self.tcp[7]) = (a, b, c, d);
    }

    fn add_to_ack(&mut self, delta: u32) {
        let [_, _, _, _, _, _, _, _, a, b, c, d, ..] = self.tcp;
        let [a, b, c, d] = u32::from_be_bytes([a, b, c, d]).wrapping_add(delta).to_be_bytes();
        (self.tcp[8], self.tcp[9], self.tcp[10], self.tcp[11]) = (a, b, c, d);
    }

    const fn set_flag(&mut self, flag: u8, on: bool) {
        self.tcp[13] = if on { self.tcp[13] | flag } else { self.tcp[13] & !flag };
    }
}

/// What is left of a compressed header, and then the data.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn octet(&mut self) -> Result<u8, VjError> {
        let (first, rest) = self.0.split_first().ok_or(VjError::Truncated)?;
        self.0 = rest;
        Ok(*first)
    }

    fn word(&mut self) -> Result<u16, VjError> {
        Ok(u16::from_be_bytes([self.octet()?, self.octet()?]))
    }

    /// A difference: one octet, or after a zero two (§3.2.2).
    fn delta(&mut self) -> Result<u16, VjError> {
        match self.octet()? {
            0 => self.word(),
            delta => Ok(u16::from(delta)),
        }
    }
}

fn get16(header: &[u8; 20], at: usize) -> u16 {
    header
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |octets| u16::from_be_bytes(*octets))
}

fn put16(header: &mut [u8; 20], at: usize, value: u16) {
    if let Some(field) = header.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *field = value.to_be_bytes();
    }
}

const C: u8 = 0x40;
const I: u8 = 0x20;
const P: u8 = 0x10;
const S: u8 = 0x08;
const A: u8 = 0x04;
const W: u8 = 0x02;
const U: u8 = 0x01;
const SPECIAL: u8 = S | A | W | U;
const UNIDIRECTIONAL: u8 = S | A | W | U;
const ECHOED: u8 = S | W | U;
/// Flags of the TCP header.
const PUSH: u8 = 0x08;
const URGENT: u8 = 0x20;
/// IP protocol number.
const TCP: u8 = 6;

#[cfg(test)]
mod tests;
