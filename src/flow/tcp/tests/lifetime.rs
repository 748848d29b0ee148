//! Connections that are let go of: when, and what comes of what follows.

use super::*;

const FIN: u8 = 1;
const RST: u8 = 4;

fn client(n: u32) -> Endpoint {
    Endpoint { addr: Ipv4Addr::from_bits(0x0A00_0000 + n).into(), port: 1024 }
}

impl Run {
    fn flags(&mut self, from: Endpoint, to: Endpoint, seq: u32, ack: Option<u32>, flags: u8) {
        let segment = tcp(from, to, seq, ack, flags, &[]);
        self.send(from, to, &segment, segment.len());
    }

    fn pause(&mut self, seconds: i64) {
        self.late.0 += Span::from_secs(seconds).0;
        // A new connection lets those that are over be looked at.
        let isn = u32::try_from(self.frame).unwrap();
        self.flags(client(1), SERVER, isn, None, SYN);
    }

    fn state(&self) -> &Connections {
        self.connections.as_ref().unwrap()
    }

    fn follows(&self, end: Endpoint) -> bool {
        self.state().open.contains_key(&pair(end))
    }

    /// From the SYN to the last acknowledgment, with one message.
    fn whole(&mut self, isn: u32) {
        self.flags(CLIENT, SERVER, isn, None, SYN);
        self.flags(SERVER, CLIENT, 7000, Some(isn + 1), SYN);
        self.data(isn + 1, &echo(1));
        self.flags(SERVER, CLIENT, 7001, Some(isn + 17), FIN);
        self.flags(CLIENT, SERVER, isn + 17, Some(7002), FIN);
        self.flags(SERVER, CLIENT, 7002, Some(isn + 18), 0);
    }

    /// Connections of [`CLIENT`], by serial.
    fn serials(&self) -> Vec<u32> {
        self.ids.iter().filter(|i| i.client == CLIENT).map(|i| i.serial).collect()
    }
}

fn pair(end: Endpoint) -> Pair {
    if end <= SERVER { (end, SERVER) } else { (SERVER, end) }
}

#[test]
fn a_closed_connection_is_let_go_of_and_late_segments_are_its_own() {
    let mut run = Run::default();
    run.whole(100);
    run.pause(5);
    assert!(run.follows(CLIENT));
    run.pause(10);
    assert!(!run.follows(CLIENT));
    run.repeated = 0;
    run.data(101, &echo(1));
    run.flags(CLIENT, SERVER, 117, Some(7002), FIN);
    run.flags(CLIENT, SERVER, 100, None, SYN);
    assert_eq!((run.serials(), run.echoes.as_slice()), (vec![0], &[1][..]));
    assert_eq!(run.repeated, 3);
    run.pause(11);
    run.pause(11);
    assert!(!run.follows(CLIENT));
}

#[test]
fn the_same_ports_used_again_are_another_connection() {
    let mut run = Run::default();
    for n in 0..3 {
        run.whole(100 + 1000 * n);
        run.pause(11);
        assert!(!run.follows(CLIENT));
    }
    assert_eq!((run.serials(), run.echoes.as_slice()), (vec![0, 1, 2], &[1, 1, 1][..]));
}

#[test]
fn a_reset_closes_and_one_fin_does_not() {
    let mut run = Run::default();
    run.data(1, &echo(1));
    run.flags(CLIENT, SERVER, 17, Some(1), FIN);
    run.ack(18);
    run.pause(11);
    assert!(run.follows(CLIENT));
    run.flags(SERVER, CLIENT, 1, Some(18), RST);
    run.pause(11);
    assert!(!run.follows(CLIENT));
    // A reset that nobody believed.
    run.data(17, &echo(2));
    assert_eq!((run.serials(), run.echoes.as_slice()), (vec![0], &[1, 2][..]));
}

#[test]
fn the_client_of_a_connection_that_was_let_go_of_stays_the_client() {
    // Neither port tells.
    let (a, b) = (Endpoint { port: 2000, ..SERVER }, Endpoint { port: 9000, ..CLIENT });
    for (from, to) in [(a, b), (b, a)] {
        let mut run = Run::default();
        run.flags(from, to, 100, None, SYN);
        run.flags(to, from, 7000, Some(101), RST);
        run.pause(11);
        run.flags(to, from, 7000, Some(101), RST);
        assert_eq!(run.ids.iter().filter(|i| i.client != client(1)).count(), 1);
    }
}

#[test]
fn what_is_remembered_of_the_past_is_bounded() {
    let mut run = Run::default();
    // Without time that passes.
    for n in 0..u32::try_from(limits::TCP_CONNECTIONS + limits::TCP_PAST + 1000).unwrap() {
        run.flags(client(n), SERVER, 1, None, SYN);
        run.flags(SERVER, client(n), 1, Some(2), RST);
    }
    let state = run.state();
    assert!(state.open.len() <= limits::TCP_CONNECTIONS);
    assert!(state.closed.len() <= limits::TCP_CONNECTIONS + 1);
    assert!(state.past.len() <= limits::TCP_PAST, "{}", state.past.len());
    for n in 0..u32::try_from(limits::TCP_CONNECTIONS + 1000).unwrap() {
        run.flags(CLIENT, SERVER, n, None, SYN);
        run.flags(SERVER, CLIENT, 1, Some(n + 1), RST);
    }
    assert!(run.state().closed.len() <= limits::TCP_CONNECTIONS + 1);
    run.late = Span::from_secs(1000);
    run.whole(100);
    run.pause(11);
    run.pause(11);
    assert!(run.state().past.len() <= 2, "{}", run.state().past.len());
}

#[test]
fn a_hundred_thousand_open_connections_keep_their_place() {
    let mut run = Run::default();
    let (first, second) = (echo(7)[..9].to_vec(), echo(7)[9..].to_vec());
    for (seq, part) in [(1, first), (10, second)] {
        for n in 0..100_000 {
            let segment = tcp(client(n), SERVER, seq, Some(1), 0, &part);
            run.send(client(n), SERVER, &segment, segment.len());
        }
    }
    assert_eq!((run.echoes.len(), run.foreign, run.ids.len()), (100_000, 0, 100_000));
    assert!(run.state().open.values().all(|c| c.streams.iter().all(|s| !s.waits())));
}

#[test]
fn a_connection_that_was_dropped_goes_on_as_itself() {
    let both = [echo(1), echo(2)].concat();
    for cut in [echo(1).len(), echo(1).len() + 3] {
        let mut run = Run::default();
        let (first, second) = both.split_at(cut);
        run.data(1, first);
        run.connections.as_mut().unwrap().shed();
        assert!(!run.follows(CLIENT));
        let next = 1 + u32::try_from(cut).unwrap();
        run.data(next, second);
        run.data(next, second);
        run.data(next + u32::try_from(second.len()).unwrap(), &echo(3));
        let echoes: &[u32] = if cut == echo(1).len() { &[1, 2, 3] } else { &[1, 3] };
        // The rest of the message whose beginning was let go of is not taken for something foreign.
        assert_eq!((run.serials(), run.echoes.as_slice(), run.foreign), (vec![0], echoes, 0));
    }
}

#[test]
fn an_open_connection_is_small() {
    assert!(size_of::<(Pair, Connection)>() <= 160, "{}", size_of::<(Pair, Connection)>());
}
