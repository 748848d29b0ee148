//! Ethernet, IPv4, TCP and GRE headers, written into a buffer that is used again for every frame.

/// Where the IPv4 header of a frame begins.
pub const IP: usize = 14;
/// Where the payload of an IPv4 header without options begins.
pub const PAYLOAD: usize = IP + 20;

/// Ethernet and IPv4 headers for a payload of `payload` octets; [`seal`] adds the checksums.
pub fn ip(frame: &mut Vec<u8>, src: u32, dst: u32, protocol: u8, payload: usize) {
    frame.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0]);
    frame.extend((20 + payload as u16).to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
    frame.extend(src.to_be_bytes());
    frame.extend(dst.to_be_bytes());
}

/// A TCP segment with its IP header. `numbers` are sequence and acknowledgment.
pub fn tcp(
    frame: &mut Vec<u8>,
    (src, from): (u32, u16),
    (dst, to): (u32, u16),
    numbers: (u32, u32),
    flags: u8,
    payload: &[u8],
) {
    ip(frame, src, dst, 6, 20 + payload.len());
    frame.extend(from.to_be_bytes());
    frame.extend(to.to_be_bytes());
    frame.extend(numbers.0.to_be_bytes());
    frame.extend(numbers.1.to_be_bytes());
    frame.extend([0x50, flags, 0xFA, 0xF0, 0, 0, 0, 0]);
    frame.extend(payload);
}

/// Enhanced GRE (RFC 2637 §4.1) with its IP header, for `ppp` octets that the caller appends.
pub fn gre(
    frame: &mut Vec<u8>,
    (src, dst): (u32, u32),
    call: u16,
    (seq, ack): (u32, Option<u32>),
    ppp: usize,
) {
    ip(frame, src, dst, 47, ppp + if ack.is_some() { 16 } else { 12 });
    frame.extend([0x30, if ack.is_some() { 0x81 } else { 0x01 }, 0x88, 0x0B]);
    frame.extend((ppp as u16).to_be_bytes());
    frame.extend(call.to_be_bytes());
    frame.extend(seq.to_be_bytes());
    frame.extend(ack.map(u32::to_be_bytes).into_iter().flatten());
}

/// Puts the checksum of the IPv4 header in its place.
pub fn seal(frame: &mut [u8]) {
    frame[IP + 10..IP + 12].fill(0);
    let sum = fold(sum(&frame[IP..PAYLOAD]));
    frame[IP + 10..IP + 12].copy_from_slice(&(!sum).to_be_bytes());
}

/// Puts the checksum of a TCP segment in its place.
pub fn seal_tcp(frame: &mut [u8]) {
    frame[PAYLOAD + 16..PAYLOAD + 18].fill(0);
    let length = (frame.len() - PAYLOAD) as u32;
    // The pseudo header: addresses, protocol, length.
    let sum = fold(sum(&frame[IP + 12..]) + 6 + length);
    frame[PAYLOAD + 16..PAYLOAD + 18].copy_from_slice(&(!sum).to_be_bytes());
}

fn sum(octets: &[u8]) -> u32 {
    let word = |w: &[u8]| u32::from(w[0]) << 8 | w.get(1).map_or(0, |low| u32::from(*low));
    octets.chunks(2).map(word).sum()
}

fn fold(sum: u32) -> u16 {
    let once = (sum & 0xFFFF) + (sum >> 16);
    ((once & 0xFFFF) + (once >> 16)) as u16
}
