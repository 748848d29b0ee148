//! ICMP errors → the conversation or call that they are about.

use std::net::IpAddr;

use super::Builder;
use super::note;
use crate::base::addr::Dir;
use crate::base::addr::Endpoint;
use crate::base::frame::Mark;
use crate::model::call::IcmpReport;
use crate::model::event::Event;
use crate::model::event::Kind;
use crate::wire::icmp;

impl Builder {
    pub(super) fn icmp(
        &mut self,
        from: IpAddr,
        to: IpAddr,
        mark: Mark,
        error: &icmp::IcmpError<'_>,
    ) {
        let icmp::IcmpError { quoted, kind, code, mtu, .. } = *error;
        let meaning = icmp::meaning(error.family, kind, code);
        let refuses = match error.family {
            4 => kind == 3 && code != 4,
            _ => kind == 1,
        };
        let report = |about| IcmpReport { mark, from, about, kind, code, meaning, mtu, refuses };
        let found = if let Some((source, destination)) = quoted.tcp_ports() {
            let a = Endpoint { addr: quoted.src, port: source };
            let b = Endpoint { addr: quoted.dst, port: destination };
            self.table.between(quoted.src, quoted.dst).find_map(|id| {
                let c = &self.open.get(id)?.conversation;
                let k = c
                    .control
                    .iter()
                    .find(|k| (k.client, k.server) == (a, b) || (k.client, k.server) == (b, a))?;
                Some((id, None, if k.client == a { Dir::ToServer } else { Dir::ToClient }))
            })
        } else if let Some(call_id) = quoted.gre_call_id() {
            self.table
                .by_call(quoted.dst, quoted.src, call_id)
                .map(|r| (r.conversation, Some(r.call), r.dir))
        } else {
            None
        };
        let Some((conversation, call, about)) = found else { return };
        let Some(open) = self.open.get_mut(conversation) else { return };
        let c = &mut open.conversation;
        c.touch(mark);
        let dir = if to == c.client.endpoint.addr { Dir::ToClient } else { Dir::ToServer };
        let what = if call.is_some() { "GRE" } else { "TCP" };
        let event = Event::new(mark, dir, call, Kind::Icmp, "ICMP error");
        let words = format!("{meaning} (type {kind} code {code}) from {from} about {what}");
        note(c, event, words.into(), &mut self.events);
        if let Some(k) = call.and_then(|i| c.calls.get_mut(usize::from(i)))
            && let Some(mtu) = mtu.filter(|m| *m >= SMALLEST_MTU)
        {
            let known = &mut k.gre[about.index()].path_mtu;
            *known = Some(known.map_or(mtu, |k| k.min(mtu)));
        }
        let list = match call.and_then(|i| c.calls.get_mut(usize::from(i))) {
            Some(k) => &mut k.icmp,
            None => &mut c.icmp,
        };
        if list.len() < ICMP_KEPT {
            list.push(report(about));
        }
    }
}

/// ICMP errors kept of one conversation or call.
const ICMP_KEPT: usize = 16;
/// RFC 791: every link carries this much. A smaller number is no MTU.
const SMALLEST_MTU: u32 = 68;
