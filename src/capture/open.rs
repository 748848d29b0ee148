//! Which format a capture has: by its first octets, never by its name. What cannot be read is named,
//! together with the command that turns it into something that can.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::reader::Tally;
use super::window::Window;
use super::{CaptureError, Source};
use super::{pcap, pcapng};

pub(super) fn open(path: &Path, capture: u32) -> Result<Box<dyn Source>, CaptureError> {
    let name = path.to_string_lossy();
    let failed =
        |source: io::Error| CaptureError::Io { name: name.to_string(), source: reworded(source) };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        let what = "a directory: name the capture files in it".to_owned();
        return Err(CaptureError::NotACapture { name: name.into_owned(), what });
    }
    read(Box::new(file), &name, capture)
}

pub(super) fn read(
    input: Box<dyn Read>,
    name: &str,
    capture: u32,
) -> Result<Box<dyn Source>, CaptureError> {
    let mut window = Window::new(input);
    let head = window.want(LONGEST_MAGIC);
    let head = head.map_err(|source| CaptureError::Io { name: name.to_owned(), source })?;
    if head.is_empty() {
        return Err(CaptureError::Empty { name: name.to_owned() });
    }
    let what = match known(head) {
        Some(Known::Read(open)) => return open(window, Tally::new(name, capture)),
        Some(Known::Compressed(format, tool)) => {
            format!("compressed with {format}: `{tool} FILE | pptp-diag -`")
        }
        Some(Known::Archive(format)) => {
            format!("a {format} archive: unpack the captures in it first")
        }
        Some(Known::Convert(format)) => {
            format!(
                "a capture of {format}: `editcap -F pcapng IN OUT` (Wireshark) makes it readable"
            )
        }
        None => unknown(window.bytes(), name),
    };
    Err(CaptureError::NotACapture { name: name.to_owned(), what })
}

/// What is to be done with a format.
#[derive(Clone, Copy)]
enum Known {
    /// Read it.
    Read(fn(Window, Tally) -> Result<Box<dyn Source>, CaptureError>),
    /// Its name, and the command that decompresses to standard output.
    Compressed(&'static str, &'static str),
    /// Its name.
    Archive(&'static str),
    /// The program that writes it.
    Convert(&'static str),
}

fn known(head: &[u8]) -> Option<Known> {
    MAGICS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, known)| *known)
}

/// Names what has no magic: text, and formats that only a file name gives away.
fn unknown(head: &[u8], name: &str) -> String {
    let extension = Path::new(name).extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("etl") => {
            return "looks like a Windows event trace: `etl2pcapng IN.etl OUT.pcapng` makes it readable"
                .to_owned();
        }
        Some("erf") => {
            return "looks like an Endace ERF capture: `editcap -F pcapng IN OUT` makes it readable"
                .to_owned();
        }
        _ => {}
    }
    if is_text(head) {
        return "text, not a capture: give the capture file itself (`tcpdump -w FILE`); a hex dump \
                becomes one with `text2pcap IN OUT`"
            .to_owned();
    }
    let first: Vec<_> = head.iter().take(4).map(|b| format!("{b:02x}")).collect();
    format!(
        "not a capture that this program reads (it begins with {}): if Wireshark opens it, \
         `editcap -F pcapng IN OUT` makes it readable",
        first.join(" ")
    )
}

fn is_text(head: &[u8]) -> bool {
    let head = head.get(..TEXT_SAMPLE).unwrap_or(head);
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A sample may end inside a character.
        Err(e) if e.error_len().is_none() && e.valid_up_to() > 0 => {
            std::str::from_utf8(head.get(..e.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// The system's reason in words that say what to do.
fn reworded(source: io::Error) -> io::Error {
    let text = match source.kind() {
        ErrorKind::NotFound => "no such file: check the path",
        ErrorKind::PermissionDenied => {
            "permission denied: captures often belong to root; run as its owner or `chmod a+r` it"
        }
        _ => return source,
    };
    io::Error::new(source.kind(), text)
}

const TEXT_SAMPLE: usize = 512;
const LONGEST_MAGIC: usize = 16;

/// A new format is one line here and one file beside this one.
const MAGICS: &[(&[u8], Known)] = &[
    (&[0xD4, 0xC3, 0xB2, 0xA1], Known::Read(pcap::open)),
    (&[0xA1, 0xB2, 0xC3, 0xD4], Known::Read(pcap::open)),
    (&[0x4D, 0x3C, 0xB2, 0xA1], Known::Read(pcap::open)),
    (&[0xA1, 0xB2, 0x3C, 0x4D], Known::Read(pcap::open)),
    (&[0x34, 0xCD, 0xB2, 0xA1], Known::Read(pcap::open)),
    (&[0xA1, 0xB2, 0xCD, 0x34], Known::Read(pcap::open)),
    (&[0x0A, 0x0D, 0x0D, 0x0A], Known::Read(pcapng::open)),
    (&[0x1F, 0x8B], Known::Compressed("gzip", "gzip -dc")),
    (&[0x28, 0xB5, 0x2F, 0xFD], Known::Compressed("zstd", "zstd -dc")),
    (&[0xFD, b'7', b'z', b'X', b'Z', 0], Known::Compressed("xz", "xz -dc")),
    (b"BZh", Known::Compressed("bzip2", "bzip2 -dc")),
    (&[0x04, 0x22, 0x4D, 0x18], Known::Compressed("lz4", "lz4 -dc")),
    (b"PK\x03\x04", Known::Archive("zip")),
    (b"7z\xBC\xAF\x27\x1C", Known::Archive("7z")),
    (b"Rar!", Known::Archive("rar")),
    (b"GMBU", Known::Convert("Microsoft Network Monitor 2")),
    (b"RTSS", Known::Convert("Microsoft Network Monitor 1")),
    (b"snoop\0\0\0", Known::Convert("Solaris snoop")),
    (b"TRSNIFF data", Known::Convert("Sniffer for DOS")),
    (b"XCP\0", Known::Convert("Sniffer for Windows")),
    (b"VL\0\0", Known::Convert("Cinco NetXRay")),
    (&[0xAA, 0xAA, 0xAA, 0xAA], Known::Convert("Accellent 5Views")),
    (b"\x05VNF", Known::Convert("Visual Networks")),
    (&[0x01, 0x10], Known::Convert("Novell LANalyzer")),
    (b"\x7Fver", Known::Convert("OmniPeek")),
    (b"ObserverPktBuffe", Known::Convert("Network Instruments Observer")),
    (b"iptrace ", Known::Convert("AIX iptrace")),
    (b"btsnoop\0", Known::Convert("a Bluetooth stack")),
];
