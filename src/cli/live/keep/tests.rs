//! Files of a run, read back by the program's own reader.

use super::*;
use crate::base::frame::FrameRef;
use crate::base::frame::LinkType;
use crate::capture;
use crate::capture::InterfaceFacts;

/// 2026-11-23 02:58:26 UTC.
const START: i64 = 1_795_402_706;

/// A directory of its own, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pptp-diag-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn plan(&self, rotate: &str, keep: Option<u32>) -> KeepPlan {
        let rotate = (!rotate.is_empty()).then(|| Rotate::parse(rotate).unwrap());
        KeepPlan { path: self.0.join("vpn.pcapng"), rotate, keep }
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn facts() -> CaptureFacts {
    let vpn0 =
        InterfaceFacts { link: LinkType::RAW, name: "vpn0".to_owned(), snap_length: 262_144 };
    CaptureFacts { interfaces: vec![vpn0], ..CaptureFacts::default() }
}

fn seconds(s: i64) -> Timestamp {
    Timestamp::from_parts(START + s, 0)
}

fn open(plan: &KeepPlan) -> Keep {
    Keep::open(plan, &[], &facts(), seconds(0)).unwrap()
}

/// An IPv4 packet of `length` octets with this protocol.
fn packet(protocol: u8, length: u16) -> Vec<u8> {
    let [high, low] = length.to_be_bytes();
    let mut octets = vec![0x45, 0, high, low, 0, 0, 0, 0, 64, protocol, 0, 0];
    octets.extend_from_slice(&[192, 0, 2, 1, 198, 51, 100, 1, 0x30, 1, 0x88, 0x0B]);
    octets.resize(usize::from(length), 0);
    octets
}

fn push(keep: &mut Keep, number: u64, at: Timestamp, data: &[u8]) -> io::Result<Kept> {
    let frame = Frame {
        at,
        frame: FrameRef::new(0, number),
        interface: 0,
        link: LinkType::RAW,
        original_len: u32::try_from(data.len()).unwrap(),
        data,
    };
    keep.frame(&frame, &facts())
}

fn gre(keep: &mut Keep, number: u64, s: i64) -> Kept {
    push(keep, number, seconds(s), &packet(47, 60)).unwrap()
}

/// Times of the frames of a file, in seconds from the start, and its facts.
fn read(path: &Path) -> (Vec<i64>, CaptureFacts) {
    let mut source = capture::open(path, 0).unwrap();
    let mut times = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        times.push(frame.at.0 / 1_000_000_000 - START);
    }
    let facts = source.facts().clone();
    assert!(facts.notes.iter().all(|n| n.code == "no-frames"), "{:?}", facts.notes);
    (times, facts)
}

#[test]
fn one_file_holds_what_matters() {
    let directory = Directory::new("one");
    let plan = directory.plan("", None);
    let mut keep = open(&plan);
    assert_eq!(read(&plan.path).1.interfaces, facts().interfaces);
    assert_eq!(push(&mut keep, 1, seconds(0), &packet(17, 60)).unwrap(), Kept::Irrelevant);
    assert_eq!(gre(&mut keep, 2, 0), Kept::In { file: 1, number: 1 });
    assert!(read(&plan.path).0.is_empty(), "frames wait for a second");
    keep.tick(seconds(1)).unwrap();
    assert_eq!(read(&plan.path).0, [0]);
    assert_eq!(gre(&mut keep, 3, 1), Kept::In { file: 1, number: 2 });
    assert_eq!(gre(&mut keep, 4, 3), Kept::In { file: 1, number: 3 });
    assert_eq!(read(&plan.path).0, [0, 1, 3], "a frame lets time pass, too");
    assert_eq!(keep.place(1), None);
    assert_eq!(keep.place(4), Some(Place { path: &plan.path, number: 3 }));
    assert_eq!(keep.frames(), 3);
    keep.finish(seconds(60)).unwrap();
    let (times, facts) = read(&plan.path);
    assert_eq!((times, facts.until), (vec![0, 1, 3], Some(seconds(60))));
    assert_eq!(facts.interfaces.first().unwrap().name, "vpn0");
}

#[test]
fn what_was_kept_before_is_not_overwritten() {
    let directory = Directory::new("before");
    let plan = directory.plan("", None);
    fs::write(&plan.path, "").unwrap();
    open(&plan).finish(seconds(0)).unwrap();
    let error = Keep::open(&plan, &[], &facts(), seconds(0)).unwrap_err().to_string();
    assert!(error.contains("vpn.pcapng: holds something already"), "{error}");
    let missing = KeepPlan { path: directory.0.join("no/such.pcapng"), ..plan };
    let error = Keep::open(&missing, &[], &facts(), seconds(0)).unwrap_err().to_string();
    assert!(error.contains("no/such.pcapng: "), "{error}");
}

#[cfg(unix)]
#[test]
fn strangers_may_not_read_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = Directory::new("mode");
    for rotate in ["", "1h"] {
        drop(open(&directory.plan(rotate, None)));
    }
    for name in directory.names() {
        let mode = fs::metadata(directory.0.join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o137, 0, "{name}: {mode:o}");
    }
}

#[test]
fn files_are_no_larger_than_asked() {
    let directory = Directory::new("size");
    let mut keep = open(&directory.plan("64k", None));
    let data = packet(47, 1401);
    for n in 1..=200 {
        push(&mut keep, n, seconds(0), &data).unwrap();
    }
    let place = keep.place(150).unwrap();
    let (path, number) = (place.path.to_owned(), place.number);
    keep.finish(seconds(5)).unwrap();
    let names = directory.names();
    assert_eq!(names.first().unwrap(), "vpn-20261123T025826Z-0001.pcapng");
    assert_eq!(names.len(), 5, "{names:?}");
    let mut before = 0;
    for name in &names {
        let file = directory.0.join(name);
        let size = fs::metadata(&file).unwrap().len();
        assert!(size <= 64 << 10, "{name}: {size}");
        let frames = read(&file).0.len() as u64;
        assert!(frames == 45 || name.ends_with("-0005.pcapng"), "{name}: {frames}");
        if file == path {
            assert_eq!(before + number, 150);
        }
        before += frames;
    }
    assert_eq!(before, 200);
}

#[test]
fn files_last_as_long_as_asked() {
    let directory = Directory::new("time");
    let mut keep = open(&directory.plan("30s", None));
    // Time runs from the first frame, and a file without frames does not end.
    keep.tick(seconds(40)).unwrap();
    for (n, s) in [(1, 50), (2, 79), (3, 80)] {
        gre(&mut keep, n, s);
    }
    keep.tick(seconds(109)).unwrap();
    keep.tick(seconds(111)).unwrap();
    let names = directory.names();
    let second = directory.0.join(names.last().unwrap());
    assert_eq!(read(&second).1.until, Some(seconds(111)), "it ended without another frame");
    keep.tick(seconds(200)).unwrap();
    assert_eq!(gre(&mut keep, 4, 300), Kept::In { file: 3, number: 1 });
    assert_eq!(keep.place(3).unwrap().path, second);
    keep.finish(seconds(301)).unwrap();
    assert_eq!(
        directory.names(),
        [
            "vpn-20261123T025826Z-0001.pcapng",
            "vpn-20261123T025946Z-0002.pcapng",
            "vpn-20261123T030326Z-0003.pcapng"
        ]
    );
    let frames: Vec<_> =
        directory.names().iter().map(|name| read(&directory.0.join(name)).0).collect();
    assert_eq!(frames, [vec![50, 79], vec![80], vec![300]]);
}

#[test]
fn old_files_are_removed_those_of_earlier_runs_first() {
    let directory = Directory::new("keep");
    let others = ["vpn.pcapng", "vpn-20261122T000000Z-0001.pcap", "vpn-notes.pcapng"];
    let earlier = ["vpn-20261122T000000Z-0001.pcapng", "vpn-20261122T000000Z-0002.pcapng"];
    for name in others.iter().chain(&earlier) {
        fs::write(directory.0.join(name), "x").unwrap();
    }
    let is_ours = |name: &String| !others.contains(&name.as_str());
    let ours = || directory.names().into_iter().filter(is_ours).collect::<Vec<_>>();
    let mut keep = open(&directory.plan("1s", Some(2)));
    assert_eq!(ours(), [earlier[1], "vpn-20261123T025826Z-0001.pcapng"]);
    for (n, s) in [(1, 1), (2, 3), (3, 5)] {
        gre(&mut keep, n, s);
    }
    assert_eq!(ours(), ["vpn-20261123T025829Z-0002.pcapng", "vpn-20261123T025831Z-0003.pcapng"]);
    assert_eq!(keep.place(1), None, "its file is gone");
    assert_eq!(keep.place(2).unwrap().number, 1);
    assert_eq!(directory.names().len(), others.len() + 2, "nothing else is removed");
}

#[test]
fn a_clock_set_back_neither_removes_nor_overwrites_the_newest_file() {
    let directory = Directory::new("clock");
    let plan = directory.plan("64k", Some(1));
    let data = packet(47, 65_000);
    let mut keep = open(&plan);
    push(&mut keep, 1, seconds(0), &data).unwrap();
    push(&mut keep, 2, seconds(-10), &data).unwrap();
    assert_eq!(directory.names(), ["vpn-20261123T025816Z-0002.pcapng"]);
    assert_eq!(keep.place(2).unwrap().number, 1);
    keep.finish(seconds(-9)).unwrap();
    let earlier = directory.0.join("vpn-20261123T025826Z-0001.pcapng");
    fs::write(&earlier, "earlier").unwrap();
    let plan = directory.plan("64k", None);
    drop(open(&plan));
    assert_eq!(fs::read(&earlier).unwrap(), b"earlier");
    assert!(directory.names().contains(&"vpn-20261123T025826Z-0002.pcapng".to_owned()));
}

#[test]
fn what_cannot_be_written_is_told_once() {
    let directory = Directory::new("gone");
    let mut keep = open(&directory.plan("1s", None));
    gre(&mut keep, 1, 0);
    fs::remove_dir_all(&directory.0).unwrap();
    let error = push(&mut keep, 2, seconds(2), &packet(47, 60)).unwrap_err().to_string();
    assert!(error.contains("-0002.pcapng: ") && error.ends_with(": no more packets are kept"));
    assert!(!keep.is_writing());
    assert_eq!(gre(&mut keep, 3, 2), Kept::Stopped);
    keep.tick(seconds(9)).unwrap();
    keep.finish(seconds(9)).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_at_once() {
    let full = KeepPlan { path: PathBuf::from("/dev/full"), rotate: None, keep: None };
    let error = Keep::open(&full, &[], &facts(), seconds(0)).unwrap_err().to_string();
    assert!(error.starts_with("/dev/full: "), "{error}");
    // The frames that are lost have no place.
    let directory = Directory::new("full");
    let mut keep = open(&directory.plan("", None));
    gre(&mut keep, 1, 0);
    keep.tick(seconds(1)).unwrap();
    gre(&mut keep, 2, 1);
    let device = options().open("/dev/full").unwrap();
    let current = keep.current.as_mut().unwrap();
    current.writer.get_mut().replace(device);
    let error = keep.tick(seconds(2)).unwrap_err().to_string();
    assert!(error.contains("vpn.pcapng: ") && error.contains("no more packets are kept"));
    assert_eq!((keep.place(1).map(|p| p.number), keep.place(2)), (Some(1), None));
    assert_eq!(keep.frames(), 1);
    assert!(keep.finish(seconds(3)).is_ok());
}
