//! The command `interfaces`: what can be listened on.

use std::io;
use std::io::Write;
use std::net::IpAddr;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::CliError;
use super::Status;
use super::plan::Interfaces;
use crate::base::text::visible;
use crate::capture::live;
use crate::capture::live::Interface;
use crate::report::Format;

/// Prints the interfaces of this machine.
pub(super) fn run(plan: &Interfaces, out: &mut dyn Write) -> Result<Status, CliError> {
    let all = live::interfaces().map_err(|e| CliError::Live(e.to_string()))?;
    let written = match plan.format {
        Format::Json => json(&all, out),
        _ => text(&all, out),
    };
    written.map(|()| Status::Clean).map_err(CliError::Output)
}

/// An interface as scripts see it.
#[derive(Serialize)]
struct Entry<'i> {
    name: String,
    /// Left out of `any`, which stands for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    state: &'static str,
    addresses: &'i [IpAddr],
    loopback: bool,
    wireless: bool,
    description: String,
}

fn json(all: &[Interface], out: &mut dyn Write) -> io::Result<()> {
    let entries: Vec<Entry<'_>> = all
        .iter()
        .map(|i| Entry {
            name: visible(&i.name, LONGEST),
            index: i.index,
            state: i.state.name(),
            addresses: &i.addresses,
            loopback: i.loopback,
            wireless: i.wireless,
            description: visible(&i.description, LONGEST),
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    writeln!(out)
}

/// A line for each interface, one more for each further address.
fn text(all: &[Interface], out: &mut dyn Write) -> io::Result<()> {
    let mut rows = vec![["number", "name", "state", "address", ""].map(str::to_owned)];
    for i in all {
        let mut addresses = i.addresses.iter().map(ToString::to_string);
        rows.push([
            i.index.map_or_else(String::new, |n| n.to_string()),
            visible(&i.name, LONGEST),
            i.state.name().to_owned(),
            addresses.next().unwrap_or_default(),
            about(i),
        ]);
        rows.extend(addresses.map(|a| ["", "", "", a.as_str(), ""].map(str::to_owned)));
    }
    let widest = |n: usize| rows.iter().filter_map(|r| r.get(n)).map(|c| c.width()).max();
    let widths: Vec<usize> = (0..COLUMNS).map(|n| widest(n).unwrap_or_default()).collect();
    for row in &rows {
        let mut line = String::new();
        for (n, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let gap = " ".repeat(width.saturating_sub(cell.width()));
            // Numbers stand to the right.
            let (before, behind) = if n == 0 { (gap.as_str(), "") } else { ("", gap.as_str()) };
            line.extend([before, cell, behind, "  "]);
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn about(i: &Interface) -> String {
    let kind = match (i.loopback, i.wireless) {
        (true, _) => "loopback",
        (_, true) => "wireless",
        _ => "",
    };
    let description = visible(&i.description, LONGEST);
    match (kind, description.as_str()) {
        (kind, "") => kind.to_owned(),
        ("", description) => description.to_owned(),
        (kind, description) => format!("{kind}, {description}"),
    }
}

const COLUMNS: usize = 5;
/// Characters of a name or description. Names have up to 15 on Linux.
const LONGEST: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::live::InterfaceState;

    fn all() -> Vec<Interface> {
        let one = Interface::of_test;
        let mut all = vec![
            one("eth0", Some(2), InterfaceState::Running, &["192.0.2.10", "2001:db8::10"]),
            one("lo", Some(1), InterfaceState::Running, &["127.0.0.1"]),
            one("e\u{1b}[31m", Some(10), InterfaceState::Down, &[]),
            one("any", None, InterfaceState::Running, &[]),
        ];
        all[3].description = "All\ninterfaces".to_owned();
        all
    }

    #[test]
    fn a_table() {
        let mut out = Vec::new();
        text(&all(), &mut out).unwrap();
        let lines = [
            r"number  name       state    address",
            r"     2  eth0       running  192.0.2.10",
            r"                            2001:db8::10",
            r"     1  lo         running  127.0.0.1     loopback",
            r"    10  e\x1B[31m  down",
            r"        any        running                All\x0Ainterfaces",
            "",
        ];
        assert_eq!(String::from_utf8(out).unwrap(), lines.join("\n"));
    }

    #[test]
    fn for_scripts() {
        let mut out = Vec::new();
        json(&all(), &mut out).unwrap();
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(read[0]["addresses"][1], "2001:db8::10");
        assert_eq!(read[0]["state"], "running");
        assert_eq!(read[1]["loopback"], true);
        assert_eq!(read[2]["name"], "e\\x1B[31m");
        assert!(read[3].get("index").is_none());
    }
}
