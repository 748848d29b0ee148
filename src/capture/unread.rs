//! Names a file that is not read, together with what turns it into one that is. People send what they
//! have: captures of other programs, archives, screenshots, the text that a capture tool printed.

use std::path::Path;

/// Octets from which a file is recognised. The mark of a tar archive stands farthest in.
pub(super) const SAMPLE: usize = 512;

/// What a file is that begins with `sample`, and what to do: the end of a sentence on it. The name is
/// asked only where the octets tell nothing.
pub(super) fn what_it_is(sample: &[u8], name: &str) -> String {
    let by_magic = MAGICS
        .iter()
        .find(|(at, magic, _)| sample.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    if let Some((_, _, kind)) = by_magic {
        return kind.sentence();
    }
    if let Some(text) = as_text(sample) {
        return what_text_it_is(&text);
    }
    if let Some((_, kind)) = LOOKS.iter().find(|(looks, _)| looks(sample)) {
        return kind.sentence();
    }
    let extension = Path::new(name).extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("etl") => return ETL.sentence(),
        Some("erf") => return ERF.sentence(),
        _ => {}
    }
    let first: Vec<_> = sample.iter().take(4).map(|b| format!("{b:02x}")).collect();
    format!(
        "not a capture that this program reads (it begins with {}): if Wireshark opens it, \
         `editcap -F pcapng IN OUT` makes it readable",
        first.join(" ")
    )
}

/// What a file is, and with that what to do about it.
#[derive(Clone, Copy)]
enum Kind {
    /// A capture that Wireshark reads: the program or device that writes it.
    Capture(&'static str),
    /// Compressed: its name, and the command that unpacks to standard output.
    Compressed(&'static str, &'static str),
    /// Several files in one: its name, and the command that unpacks it.
    Archive(&'static str, &'static str),
    /// Neither: its name with an article, and what to do.
    Other(&'static str, &'static str),
}

impl Kind {
    fn sentence(self) -> String {
        match self {
            Self::Capture(by) => format!(
                "a capture of {by}: `editcap -F pcapng IN OUT` (comes with Wireshark) makes it readable"
            ),
            Self::Compressed(format, tool) => {
                format!("compressed with {format}: `{tool} FILE | pptp-diag -` reads it")
            }
            Self::Archive(format, tool) => {
                format!("{format} archive: unpack it (`{tool} FILE`) and give the captures in it")
            }
            Self::Other(what, todo) => format!("{what}, not a capture: {todo}"),
        }
    }
}

/// The sample as text: UTF-8, or UTF-16 with its mark. A full sample may end inside a character.
fn as_text(sample: &[u8]) -> Option<String> {
    let utf16 = |order: fn([u8; 2]) -> u16, rest: &[u8]| {
        let units = rest.as_chunks::<2>().0.iter().map(|&pair| order(pair));
        char::decode_utf16(units).map(|c| c.unwrap_or(' ')).collect()
    };
    let text: String = match sample {
        [0xFF, 0xFE, rest @ ..] => utf16(u16::from_le_bytes, rest),
        [0xFE, 0xFF, rest @ ..] => utf16(u16::from_be_bytes, rest),
        _ => {
            let valid = sample.utf8_chunks().next()?.valid();
            let rest = sample.len() - valid.len();
            if rest > 0 && (rest >= 4 || sample.len() < SAMPLE) {
                return None;
            }
            valid.strip_prefix('\u{FEFF}').unwrap_or(valid).to_owned()
        }
    };
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{1B}' | '\u{C}');
    (!text.is_empty() && !text.contains(control)).then_some(text)
}

fn what_text_it_is(text: &str) -> String {
    let start = text.trim_start().to_ascii_lowercase();
    if let Some((_, kind)) = TEXTS.iter().find(|(mark, _)| start.starts_with(mark)) {
        return kind.sentence();
    }
    if let Some((_, kind)) = WORDS.iter().find(|(mark, _)| start.contains(mark)) {
        return kind.sentence();
    }
    TEXT.sentence()
}

/// ERF has no magic: 64 bits of time with the seconds in the upper half, type, flags, record length, lost
/// frames, wire length. The first record must be believable.
fn looks_like_erf(sample: &[u8]) -> bool {
    let &[_, _, _, _, s0, s1, s2, s3, kind, _, l0, l1, _, _, w0, w1, ..] = sample else {
        return false;
    };
    let record = u16::from_be_bytes([l0, l1]);
    let wire = u16::from_be_bytes([w0, w1]);
    YEARS.contains(&u32::from_le_bytes([s0, s1, s2, s3]))
        && matches!(kind & 0x7F, 1..=27)
        && record >= 20
        && wire > 0
        && record <= wire.saturating_add(64)
}

/// The buffers of an event trace begin with their size, and after 72 octets with the header of the first
/// event: two octets of version, a type of 1 or 2, and a mark.
fn looks_like_etl(sample: &[u8]) -> bool {
    let Some(&size) = sample.first_chunk::<4>() else { return false };
    let size = u32::from_le_bytes(size);
    size.is_multiple_of(1024)
        && (1024..=1 << 24).contains(&size)
        && matches!(sample.get(72..76), Some(&[_, _, 1 | 2, 0xC0]))
}

/// CommView has no magic: two lengths, version 0, year, month, day, hour, minute, second.
fn looks_like_commview(sample: &[u8]) -> bool {
    let &[l0, l1, s0, s1, 0, y0, y1, month, day, hour, minute, second, ..] = sample else {
        return false;
    };
    let (length, source) = (u16::from_le_bytes([l0, l1]), u16::from_le_bytes([s0, s1]));
    (1..=source).contains(&length)
        && (1990..2100).contains(&u16::from_le_bytes([y0, y1]))
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60
}

/// Seconds since 1970 that a capture may have: 1990 to 2100.
const YEARS: std::ops::Range<u32> = 631_152_000..4_102_444_800;

const ERF: Kind = Kind::Capture("an Endace DAG card (ERF)");
const ETL: Kind = Kind::Other(
    "a Windows event trace (`netsh trace` or `pktmon`)",
    "`etl2pcapng IN.etl OUT.pcapng`, or `pktmon etl2pcap IN.etl` on Windows, makes one of it",
);
const TEXT: Kind = Kind::Other(
    "text",
    "give the file that the capture tool wrote (`tcpdump -w FILE`); a hex dump becomes a capture with \
     `text2pcap IN OUT`",
);
const IMAGE: Kind = Kind::Other("an image", "give the capture file that it was taken of");
const WEB_PAGE: Kind = Kind::Other(
    "a web page",
    "the download gave a page in place of the file, often one that asks for a login: download it again",
);
const MAIL: Kind = Kind::Other("an e-mail message", "save the capture that is attached to it");
const EXPORT: Kind = Kind::Other(
    "packets that Wireshark exported as text",
    "there is no way back: save the capture itself (File, Save As, pcapng)",
);
const PROGRAM: Kind = Kind::Other("a program", "give the capture file");

type Looks = fn(&[u8]) -> bool;

const LOOKS: &[(Looks, Kind)] = &[
    (looks_like_etl, ETL),
    (looks_like_commview, Kind::Capture("TamoSoft CommView (NCF)")),
    (looks_like_erf, ERF),
];

/// How a text begins, in lower case.
const TEXTS: &[(&str, Kind)] = &[
    ("+---------+---------------+----------+", Kind::Capture("a Tektronix K12 (text form)")),
    ("<!doctype html", WEB_PAGE),
    ("<html", WEB_PAGE),
    (
        "--begin routeros supout section",
        Kind::Other(
            "a RouterOS support file",
            "it holds settings and logs; capture with `/tool sniffer` and send its .pcap file",
        ),
    ),
    ("received:", MAIL),
    ("return-path:", MAIL),
    ("delivered-to:", MAIL),
    ("mime-version:", MAIL),
    ("{\\rtf", Kind::Other("a document", "give the capture file itself")),
];

/// What gives a text away that begins like others, in lower case.
const WORDS: &[(&str, Kind)] =
    &[("<pdml", EXPORT), ("<psml", EXPORT), ("\"_source\"", EXPORT), ("\"no.\",\"time\"", EXPORT)];

/// Where a mark stands, the mark, and whose it is. Longer marks first where one begins like another.
const MAGICS: &[(usize, &[u8], Kind)] = &[
    (0, b"TRSNIFF data", Kind::Capture("Sniffer for DOS")),
    (0, b"XCP\0", Kind::Capture("NetXRay or Sniffer for Windows")),
    (0, b"VL\0\0", Kind::Capture("Cinco NetXRay")),
    (0, &[0xAA, 0xAA, 0xAA, 0xAA], Kind::Capture("Accellent 5Views")),
    (0, b"\x05VNF", Kind::Capture("Visual Networks")),
    (0, &[0x01, 0x10, 0x4C, 0], Kind::Capture("Novell LANalyzer")),
    (0, &[0x07, 0x10, 0x4C, 0], Kind::Capture("Novell LANalyzer")),
    (0, &[0x00, 0x00, 0x02, 0x00, 0x12, 0x05, 0x00, 0x10], Kind::Capture("a Tektronix K12")),
    (0, b"\x7Fver", Kind::Capture("OmniPeek")),
    (0, b"ObserverPktBuffe", Kind::Capture("Network Instruments Observer")),
    (0, &[0x1C, 0, 1, 0xAB], Kind::Capture("IxVeriWave")),
    (0, &[0x1C, 0, 1, 0xAC], Kind::Capture("IxVeriWave")),
    (0, &[0xAB, 1, 0, 0x1C], Kind::Capture("IxVeriWave")),
    (0, &[0xAC, 1, 0, 0x1C], Kind::Capture("IxVeriWave")),
    (0, &[0x42, 0xD2, 0x00, 0x34, 0x12, 0x66, 0x22, 0x88], Kind::Capture("RADCOM")),
    (0, b"iptrace 1.0", Kind::Capture("AIX iptrace")),
    (0, b"iptrace 2.0", Kind::Capture("AIX iptrace")),
    (0, b"btsnoop\0", Kind::Capture("a Bluetooth stack")),
    (0, &[0x1F, 0x9D], Kind::Compressed("compress", "gzip -dc")),
    (0, b"LZIP", Kind::Compressed("lzip", "lzip -dc")),
    (0, &[0x5D, 0, 0], Kind::Compressed("lzma", "xz -dc")),
    (0, &[0x02, 0x21, 0x4C, 0x18], Kind::Compressed("lz4 in its old form", "lz4 -dc")),
    (0, b"PK\x03\x04", Kind::Archive("a zip", "unzip")),
    (0, b"PK\x05\x06", Kind::Archive("an empty zip", "unzip")),
    (0, b"7z\xBC\xAF\x27\x1C", Kind::Archive("a 7z", "7z x")),
    (0, b"Rar!", Kind::Archive("a rar", "unrar x")),
    (0, b"MSCF", Kind::Archive("a Windows cabinet", "cabextract")),
    (257, b"ustar", Kind::Archive("a tar", "tar -xf")),
    (0, b"\x89PNG", IMAGE),
    (0, &[0xFF, 0xD8, 0xFF], IMAGE),
    (0, b"GIF8", IMAGE),
    (8, b"WEBP", IMAGE),
    (4, b"ftypheic", IMAGE),
    (0, b"BM", IMAGE),
    (0, b"%PDF", Kind::Other("a PDF document", "give the capture file itself")),
    (
        0,
        &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1],
        Kind::Other(
            "an Outlook message or an Office document",
            "save the capture that is attached to it or embedded in it",
        ),
    ),
    (
        0,
        b"ElfFile\0",
        Kind::Other(
            "a Windows event log",
            "capture with `pktmon start --capture` and give the .etl, converted with `pktmon etl2pcap`",
        ),
    ),
    (0, b"\x7FELF", PROGRAM),
    (0, b"MZ", PROGRAM),
    (0, b"SQLite format 3\0", Kind::Other("a database", "give the capture file")),
];
