//! Enhanced GRE: call ids, sequence and acknowledgment numbers.

use pptp_diag::base::addr::Dir;
use pptp_diag::wire::gre::Packet;

use super::control::{CLIENT_CALL, SERVER_CALL};
use super::ip::{self, Carriage};
use super::keys::{self, Keys};
use super::profile::Profile;
use super::world::{Command, World};

/// The call between the two hosts; pairs are by [`Dir::index`] of the sender.
pub(super) struct Gre {
    /// Call ids that client and server chose.
    pub(super) calls: [u16; 2],
    /// Products by their vendor strings.
    pub(super) profiles: [Option<Profile>; 2],
    /// Speed and window that the OCRQ asked for.
    pub(super) asked: (u32, u16),
    /// Whether acknowledgments ride on PPP frames.
    pub(super) acks: bool,
    starts: [u32; 2],
    sides: [Side; 2],
}

#[derive(Default)]
struct Side {
    sent: u32,
    /// Packets of this side that arrived: when they passed the capture point, and their number.
    arrived: Vec<(i64, u32)>,
    /// Highest number of the other side that this side has acknowledged.
    acknowledged: Option<u32>,
}

impl Default for Gre {
    fn default() -> Self {
        Self {
            calls: [CLIENT_CALL, SERVER_CALL],
            profiles: [None; 2],
            asked: (10_000_000, 3),
            acks: true,
            starts: [0; 2],
            sides: Default::default(),
        }
    }
}

impl Gre {
    pub(super) fn call_of_sender(&self, dir: Dir) -> u16 {
        self.calls[dir.index()]
    }

    pub(super) fn call_of_receiver(&self, dir: Dir) -> u16 {
        self.calls[dir.flip().index()]
    }

    /// First sequence numbers of client and server.
    pub(super) fn starts(&self) -> [u32; 2] {
        self.starts
    }

    /// Both sides count from here on.
    pub(super) fn start(&mut self, first: [u32; 2]) {
        self.starts = first;
        for (side, first) in self.sides.iter_mut().zip(first) {
            side.sent = first;
        }
    }

    /// A new call: all numbers from the start.
    pub(super) fn forget(&mut self) {
        self.sides = Default::default();
        self.start(self.starts);
    }

    /// The next number of a side.
    fn take_number(&mut self, dir: Dir, fields: &mut Fields) -> u32 {
        let side = &mut self.sides[dir.index()];
        side.sent = fields.seq0.take().unwrap_or(side.sent);
        let own = side.sent;
        // An override stands for the number of this packet; the count goes on behind it.
        side.sent = own.wrapping_add(1);
        let given = fields.seq;
        fields.seq = given.map(|seq| seq.wrapping_add(1));
        given.unwrap_or(own)
    }

    /// The newest number that had reached the sender of `dir` when it sent what passes at `now`.
    fn heard(&self, dir: Dir, now: i64, flight: i64) -> Option<u32> {
        let there = self.sides[dir.flip().index()].arrived.iter();
        there.filter(|(at, _)| at + flight <= now).map(|(_, number)| *number).max()
    }
}

/// What a line says about the header itself.
pub(super) struct Fields {
    call: Option<u16>,
    length: Option<u16>,
    seq: Option<u32>,
    seq0: Option<u32>,
    ack: Ack,
}

enum Ack {
    /// As the other side's packets ask for it.
    Usual,
    Off,
    /// Even where nothing new came.
    Newest,
    Number(u32),
}

impl Fields {
    pub(super) fn read(keys: &mut Keys) -> Self {
        let ack = match keys.text("ack").as_deref() {
            None => Ack::Usual,
            Some("off") => Ack::Off,
            Some("") => Ack::Newest,
            Some(text) => Ack::Number(keys::number("ack", text, &keys.origin)),
        };
        Self {
            call: keys.number("call"),
            length: keys.number("length"),
            seq: keys.number("seq"),
            seq0: keys.number("seq0"),
            ack,
        }
    }
}

impl World {
    /// `gre ack`: an acknowledgment alone.
    pub(super) fn send_gre(&mut self, command: &mut Command) {
        if command.message != "ack" {
            command.unknown_message();
        }
        let dir = command.dir();
        let fields = Fields::read(&mut command.keys);
        let heard = self.gre.heard(dir, self.now, self.path.flight(Some(dir)));
        let number = match fields.ack {
            Ack::Number(number) => Some(number),
            _ => heard,
        };
        if number.is_none() {
            command.fail("nothing has arrived that could be acknowledged; write `ack=N`");
        }
        self.gre.sides[dir.index()].acknowledged = number;
        self.gre_packet(&command.carriage, dir, &fields, (None, number), &[]);
    }

    /// A PPP frame in GRE.
    pub(super) fn send_frame(
        &mut self,
        how: &Carriage,
        dir: Dir,
        fields: &mut Fields,
        frame: &[u8],
    ) {
        let number = self.gre.take_number(dir, fields);
        let heard = self.gre.heard(dir, self.now, self.path.flight(Some(dir)));
        let side = &mut self.gre.sides[dir.index()];
        let ack = match fields.ack {
            Ack::Usual => heard.filter(|_| self.gre.acks && heard != side.acknowledged),
            Ack::Off => None,
            Ack::Newest => heard,
            Ack::Number(number) => Some(number),
        };
        side.acknowledged = ack.or(side.acknowledged);
        if !how.lost {
            side.arrived.push((self.now, number));
        }
        self.gre_packet(how, dir, fields, (Some(number), ack), frame);
    }

    fn gre_packet(
        &mut self,
        how: &Carriage,
        dir: Dir,
        fields: &Fields,
        (seq, ack): (Option<u32>, Option<u32>),
        payload: &[u8],
    ) {
        let length = u16::try_from(payload.len()).unwrap();
        let packet = Packet {
            payload_length: fields.length.unwrap_or(length),
            call_id: fields.call.unwrap_or(self.gre.call_of_receiver(dir)),
            seq,
            ack,
            payload,
        };
        let mut octets = Vec::new();
        packet.emit(&mut octets);
        self.send_ip(how, dir, ip::GRE, octets);
    }
}
