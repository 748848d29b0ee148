//! Classic pcap files, little endian, link type Ethernet.

use super::Packet;

/// Unit of the fraction in a record's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Magic number A1B2C3D4.
    Microseconds,
    /// Magic number A1B23C4D.
    Nanoseconds,
}

/// A capture file with these packets.
pub fn pcap(packets: &[Packet], precision: Precision) -> Vec<u8> {
    let (magic, unit) = match precision {
        Precision::Microseconds => (0xA1B2_C3D4_u32, 1000),
        Precision::Nanoseconds => (0xA1B2_3C4D, 1),
    };
    let mut file = Vec::new();
    // Magic, version 2.4, zone, accuracy, snap length, link type 1.
    for field in [magic, 0x0004_0002, 0, 0, 262_144, 1] {
        file.extend(field.to_le_bytes());
    }
    for packet in packets {
        let seconds = packet.at.0.div_euclid(NANOS);
        let fraction = packet.at.0.rem_euclid(NANOS) / unit;
        let length = i64::try_from(packet.frame.len()).unwrap();
        for field in [seconds, fraction, length, length] {
            file.extend(u32::try_from(field).unwrap().to_le_bytes());
        }
        file.extend(&packet.frame);
    }
    file
}

const NANOS: i64 = 1_000_000_000;
