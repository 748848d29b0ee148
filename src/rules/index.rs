//! From what a user or a log says to the rules that may be behind it: RAS error numbers, articles of the
//! Microsoft Knowledge Base, lines of log files. Candidates only, in catalogue order: the packets decide.
//!
//! The tables name rules of the whole catalogue, also such as this version does not recognise.

/// An error number that Windows shows for a dial-up or VPN connection (raserror.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RasError {
    /// The number; 5 is the system's own.
    pub number: u32,
    /// Its name in the Windows headers.
    pub symbol: &'static str,
    /// What it says, in short.
    pub gist: &'static str,
    /// What else should be known.
    pub note: Option<&'static str>,
    /// Whether number and meaning are confirmed.
    pub verified: bool,
    rules: &'static str,
}

/// An article of the Microsoft Knowledge Base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Article {
    /// The number as it was written then: `Q222060`; later `KB222060`.
    pub id: &'static str,
    rules: &'static str,
}

/// A line that a program writes into its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Its fixed parts, `…` for what varies; several lines that mean the same.
    pub texts: &'static [&'static str],
    /// Who writes it.
    pub who: &'static str,
    /// What else should be known.
    pub note: Option<&'static str>,
    rules: &'static str,
}

impl RasError {
    /// Ids of the rules that may be behind it.
    pub fn candidates(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.rules.split_whitespace()
    }

    const fn note(mut self, text: &'static str) -> Self {
        self.note = Some(text);
        self
    }

    const fn unverified(mut self) -> Self {
        self.verified = false;
        self
    }
}

impl Article {
    /// Ids of the rules that it is about.
    pub fn candidates(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.rules.split_whitespace()
    }
}

impl LogLine {
    /// Ids of the rules that may be behind it.
    pub fn candidates(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.rules.split_whitespace()
    }

    const fn note(mut self, text: &'static str) -> Self {
        self.note = Some(text);
        self
    }
}

/// A RAS error by its number.
#[must_use]
pub fn find_ras(number: u32) -> Option<&'static RasError> {
    RAS.iter().find(|e| e.number == number)
}

/// A RAS error by its name in the Windows headers (`ERROR_PPP_NO_RESPONSE`).
#[must_use]
pub fn find_symbol(word: &str) -> Option<&'static RasError> {
    RAS.iter().find(|e| e.symbol.eq_ignore_ascii_case(word.trim()))
}

/// An article by its number as people write it: `Q222060`, `KB222060`, `KB 222060`, `222060`.
#[must_use]
pub fn find_kb(word: &str) -> Option<&'static Article> {
    let word = word.trim().to_ascii_lowercase();
    let bare = word.strip_prefix("kb").or(word.strip_prefix('q')).unwrap_or(&word).trim_start();
    ARTICLES.iter().find(|a| a.id.strip_prefix('Q') == Some(bare))
}

/// Log lines that a text belongs to: a whole line as it stands in a log, or a telling part of one.
#[must_use]
pub fn find_lines(text: &str) -> Vec<&'static LogLine> {
    let text = squeezed(text);
    LINES.iter().filter(|l| l.texts.iter().any(|known| belongs(&text, known))).collect()
}

/// `text` is squeezed already.
fn belongs(text: &str, known: &str) -> bool {
    let known = squeezed(known);
    let mut rest = text;
    let holds = known.split('…').map(str::trim).all(|piece| match rest.split_once(piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    });
    let part = text.len() >= TELLING && text.contains(' ') && known.contains(text);
    holds || part
}

/// Lower case, single blanks, no stop at the end.
fn squeezed(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ").trim_end_matches(['.', '!']).to_owned()
}

const fn ras(
    number: u32,
    symbol: &'static str,
    gist: &'static str,
    rules: &'static str,
) -> RasError {
    RasError { number, symbol, gist, note: None, verified: true, rules }
}

const fn kb(id: &'static str, rules: &'static str) -> Article {
    Article { id, rules }
}

const fn line(texts: &'static [&'static str], who: &'static str, rules: &'static str) -> LogLine {
    LogLine { texts, who, note: None, rules }
}

/// Shorter parts of a line tell nothing.
const TELLING: usize = 8;

/// All numbers, in order.
#[rustfmt::skip]
pub static RAS: &[RasError] = &[
    ras(5, "ERROR_ACCESS_DENIED", "access denied (system error, not a RAS code)", "PD0001 PD0002 PD0003 PD0004 PD0005 PD0006 PD0007 PD0008 PD0010 PD3008").note("Error 5 is the system's number; read the one in the Terminate-Request of a Windows client where there is one."),
    ras(619, "ERROR_PORT_DISCONNECTED", "port disconnected / connection could not be established", "PD0008 PD0009 PD1003 PD1004 PD1005 PD1006 PD1007 PD1008 PD1009 PD2001 PD2002 PD2003 PD2004 PD2005 PD2006 PD2007 PD2008 PD2009 PD3001 PD3005 PD3006 PD3007 PD4012 PD5005 PD6006 PD6007 PD9001 PD9005"),
    ras(628, "ERROR_DISCONNECTION", "terminated by the remote computer before completion", "PD0009 PD1008 PD3006"),
    ras(629, "ERROR_REMOTE_DISCONNECTION", "closed by the remote computer", "PD0008 PD1008 PD1009 PD2009 PD3006 PD3007 PD4006 PD4007 PD4011 PD4012 PD5001 PD5002 PD5004 PD5005 PD5006 PD5007 PD6006 PD6007 PD7008 PD9005"),
    ras(633, "ERROR_PORT_NOT_AVAILABLE", "device/port in use, modem-type errors", "").note("It arises in the client alone: nothing of it is on the wire."),
    ras(645, "ERROR_AUTH_INTERNAL", "internal authentication error", "PD0008").note("It has no packets of its own."),
    ras(646, "ERROR_RESTRICTED_LOGON_HOURS", "outside permitted logon hours", "PD4002"),
    ras(647, "ERROR_ACCT_DISABLED", "account disabled", "PD4002"),
    ras(648, "ERROR_PASSWD_EXPIRED", "password expired", "PD4003"),
    ras(649, "ERROR_NO_DIALIN_PERMISSION", "no dial-in permission", "PD4004 PD4009 PD4010"),
    ras(650, "ERROR_SERVER_NOT_RESPONDING", "remote access server not responding", "PD1001 PD1003 PD1005 PD1006 PD1007 PD2001 PD2004 PD2005 PD9001"),
    ras(651, "ERROR_FROM_DEVICE", "device/port in use, modem-type errors", "").note("It arises in the client alone: nothing of it is on the wire."),
    ras(676, "ERROR_LINE_BUSY", "line busy", "PD1006"),
    ras(678, "ERROR_NO_ANSWER", "no answer", "PD1001 PD1002 PD1003 PD1004 PD1006 PD1007"),
    ras(691, "ERROR_AUTHENTICATION_FAILURE", "user name/password/method not accepted", "PD0004 PD0005 PD0007 PD0010 PD4001 PD4007 PD4009 PD4010 PD4012"),
    ras(692, "ERROR_PORT_OR_DEVICE", "device/port in use, modem-type errors", "").note("It arises in the client alone: nothing of it is on the wire."),
    ras(708, "ERROR_ACCT_EXPIRED", "account expired", "PD4002"),
    ras(709, "ERROR_CHANGING_PASSWORD", "error changing password", "PD4005"),
    ras(718, "ERROR_PPP_TIMEOUT", "PPP time-out", "PD0003 PD0009 PD2001 PD2003 PD2006 PD2008 PD3001 PD3002 PD3003 PD3005 PD3008 PD4009 PD4011 PD5008 PD6002 PD6009 PD7005 PD9004"),
    ras(719, "ERROR_PPP_REMOTE_TERMINATED", "PPP terminated by remote (retired on Vista+)", "PD3006 PD6006"),
    ras(720, "ERROR_PPP_NO_PROTOCOLS_CONFIGURED", "no PPP control protocols configured", "PD3003 PD5002 PD6001 PD6002 PD6004 PD6009"),
    ras(721, "ERROR_PPP_NO_RESPONSE", "remote PPP peer not responding", "PD0009 PD2001 PD2002 PD2003 PD2004 PD2005 PD2006 PD2008 PD3001 PD4011"),
    ras(722, "ERROR_PPP_INVALID_PACKET", "invalid PPP packet", "PD0003 PD9004"),
    ras(731, "ERROR_PROTOCOL_NOT_CONFIGURED", "protocol not configured", "PD6001 PD6002"),
    ras(732, "ERROR_PPP_NOT_CONVERGING", "PPP negotiation not converging", "PD3003 PD5003 PD5008"),
    ras(733, "ERROR_PPP_CP_REJECTED", "PPP control protocol not available on server", "PD6002 PD6003"),
    ras(734, "ERROR_PPP_LCP_TERMINATED", "PPP link control protocol terminated", "PD3003 PD3006 PD4006 PD4008"),
    ras(735, "ERROR_PPP_REQUIRED_ADDRESS_REJECTED", "requested address rejected by server", "PD6004"),
    ras(736, "ERROR_PPP_NCP_TERMINATED", "remote computer terminated the control protocol", "PD6003 PD6005 PD6006"),
    ras(737, "ERROR_PPP_LOOPBACK_DETECTED", "loopback detected", "PD3004"),
    ras(738, "ERROR_PPP_NO_ADDRESS_ASSIGNED", "server did not assign an address", "PD6004"),
    ras(741, "ERROR_NO_LOCAL_ENCRYPTION", "local computer does not support the required encryption", "PD5001 PD5002 PD5003 PD5004"),
    ras(742, "ERROR_NO_REMOTE_ENCRYPTION", "remote computer does not support the required encryption", "PD5001 PD5002 PD5003 PD5004 PD5007 PD5008"),
    ras(743, "ERROR_REMOTE_REQUIRES_ENCRYPTION", "remote requires encryption", "PD5001 PD5002"),
    ras(778, "ERROR_UNABLE_TO_AUTHENTICATE_SERVER", "identity of the server could not be verified", "PD0002 PD0004 PD0006 PD0007 PD0008"),
    ras(800, "ERROR_AUTOMATIC_VPN_FAILED", "VPN connection could not be established", "PD1001 PD1002 PD1003 PD1004"),
    ras(806, "ERROR_VPN_GRE_BLOCKED", "VPN started but could not finish: usually GRE (47) not passing (Vista+)", "PD2001 PD2002 PD2003 PD2004 PD2008"),
    ras(807, "ERROR_VPN_DISCONNECT", "VPN connection interrupted (Vista+)", "PD1007 PD1008 PD1009 PD2009 PD7005"),
    ras(808, "ERROR_VPN_REFUSED", "refused by the remote computer (Vista+)", "PD1004 PD1005"),
    ras(809, "ERROR_VPN_TIMEOUT", "VPN server not responding (Vista+)", "PD1001"),
    ras(812, "ERROR_SERVER_POLICY", "policy or authentication method mismatch (Vista+)", "PD4006 PD4007"),
    ras(825, "ERROR_INVALID_VPNSTRATEGY", "PPTP over IPv6 not supported", "").note("There are no PPTP packets to read: see whether the name of the server gives an IPv6 address (PD1001 then at most)."),
    ras(828, "ERROR_IDLE_TIMEOUT", "idle time-out (Vista+)", "PD7008"),
    ras(829, "ERROR_LINK_FAILURE", "link failure (Vista+)", "PD1008 PD1009 PD2009 PD7005 PD7008"),
    ras(850, "ERROR_EAP_METHOD_NOT_INSTALLED", "required EAP method not installed", "PD4007"),
    ras(868, "ERROR_DNSNAME_NOT_RESOLVABLE", "server name not resolved", "").note("A DNS query without an answer; there are no PPTP packets to read.").unverified(),
    ras(919, "ERROR_PEER_REFUSED_AUTH", "authentication protocol refused", "PD4006").unverified(),
];

/// All articles, in order.
pub static ARTICLES: &[Article] = &[
    kb("Q115929", "PD0008"),
    kb("Q123298", "PD6001"),
    kb("Q138877", "PD4009"),
    kb("Q149396", "PD4003"),
    kb("Q152605", "PD6001"),
    kb("Q152847", "PD6003"),
    kb("Q158387", "PD6002"),
    kb("Q161368", "PD3003"),
    kb("Q161426", "PD0008"),
    kb("Q162230", "PD7001 PD7002 PD7006"),
    kb("Q162657", "PD4009"),
    kb("Q162847", "PD1001 PD1002 PD2001 PD2002 PD2003 PD2004 PD4004"),
    kb("Q163111", "PD0001"),
    kb("Q163129", "PD6009"),
    kb("Q167040", "PD8003"),
    kb("Q169831", "PD2005"),
    kb("Q169890", "PD1001 PD2001"),
    kb("Q169895", "PD5002"),
    kb("Q171860", "PD6005 PD6006"),
    kb("Q172215", "PD5002"),
    kb("Q172613", "PD4003"),
    kb("Q172956", "PD6002"),
    kb("Q174474", "PD5002 PD6001"),
    kb("Q176321", "PD6007"),
    kb("Q176502", "PD3007"),
    kb("Q176512", "PD6006"),
    kb("Q177648", "PD6002 PD6003"),
    kb("Q177670", "PD8005"),
    kb("Q178274", "PD4009"),
    kb("Q178697", "PD6002"),
    kb("Q179107", "PD9001"),
    kb("Q180065", "PD4005"),
    kb("Q183229", "PD7001"),
    kb("Q185590", "PD0009"),
    kb("Q186371", "PD4010 PD8002"),
    kb("Q189594", "PD0001"),
    kb("Q189595", "PD0001 PD7006 PD8003 PD8006"),
    kb("Q191192", "PD5002"),
    kb("Q191854", "PD4010"),
    kb("Q193596", "PD3002"),
    kb("Q193841", "PD1009"),
    kb("Q194465", "PD1006"),
    kb("Q195685", "PD4005"),
    kb("Q198796", "PD4010"),
    kb("Q203597", "PD2005"),
    kb("Q214555", "PD4009"),
    kb("Q217079", "PD2005"),
    kb("Q219283", "PD4006"),
    kb("Q219353", "PD3002"),
    kb("Q220954", "PD4006"),
    kb("Q222060", "PD0001"),
    kb("Q225127", "PD4004"),
    kb("Q225503", "PD0003"),
    kb("Q226487", "PD0004 PD0009"),
    kb("Q230177", "PD9002"),
    kb("Q231965", "PD7006"),
    kb("Q233048", "PD6006"),
    kb("Q233196", "PD6006"),
    kb("Q233387", "PD7007"),
    kb("Q234000", "PD4004"),
    kb("Q234163", "PD2001"),
    kb("Q235284", "PD5005"),
    kb("Q236584", "PD5005 PD7007"),
    kb("Q238734", "PD4006"),
    kb("Q239715", "PD0004"),
    kb("Q240870", "PD0003"),
    kb("Q242349", "PD0004"),
    kb("Q244530", "PD6009"),
    kb("Q244974", "PD0001"),
    kb("Q248652", "PD5002"),
    kb("Q251382", "PD5005 PD7007"),
    kb("Q256509", "PD0005 PD0010"),
    kb("Q257286", "PD4005"),
    kb("Q262466", "PD5005"),
    kb("Q282799", "PD5004"),
    kb("Q283001", "PD9003"),
    kb("Q289688", "PD6008"),
    kb("Q314284", "PD7002"),
    kb("Q317212", "PD3002 PD3003"),
    kb("Q319116", "PD4009"),
    kb("Q322121", "PD7002"),
];

/// All log lines.
#[rustfmt::skip]
pub static LINES: &[LogLine] = &[
    line(&["LCP: timeout sending Config-Requests"], "pppd", "PD2001 PD2002 PD2003 PD2004 PD2006 PD2008 PD3001 PD3002").note("After about 30 seconds."),
    line(&["GRE: read(fd=…from PTY failed"], "pptpd", "PD2003 PD3001 PD4001 PD5001").note("Its pppd ended: look for the earlier reason."),
    line(&["CTRL: EOF or bad error reading ctrl packet length"], "pptpd", "PD1008").note("An ordinary close by the client says the same."),
    line(&["CTRL: PTY read or GRE write failed"], "pptpd", "PD2004 PD3001"),
    line(&["MGR: No free connection slots or IPs"], "pptpd", "PD1003 PD1006"),
    line(&["MGR: initial packet bad magic", "dropped slow initial connection"], "pptpd", "PD9001 PD9006"),
    line(&["CTRL: Bad magic cookie - lost sync"], "pptpd", "PD9001"),
    line(&["GRE: Bad checksum from pppd", "CTRL: Ignored a SET LINK INFO packet with real ACCMs"], "pptpd", "").note("Harmless."),
    line(&["discarding duplicate or old packet"], "pptp-linux", "PD7004").note("Or the capture holds each packet twice."),
    line(&["PPTP_OUT_CALL_RPLY received for non-existant call"], "pptp-linux", "PD1007 PD2008"),
    line(&["MS-CHAPv2 mutual authentication failed"], "pppd as client", "PD0002 PD0006").note("PD0001 is the same race on Windows."),
    line(&["MS-CHAPv2 Success packet is badly formed"], "pppd as client", "PD0007 PD0004"),
    line(&["MS-CHAP authentication failed: E=691"], "pppd as client", "PD4001 PD4009 PD4010 PD0001").note("PD0001 where the Response answers a Challenge that was replaced."),
    line(&["LCP terminated by peer (…<M-Mt^@^@"], "pppd, of a Windows peer", "").note("The last four octets are the RAS number: ^BM-3 is 02B3 hexadecimal, 691; ^BM-f is 02E6, 742. Explain that number."),
    line(&["peer refused to authenticate"], "pppd", "PD4006 PD4008"),
    line(&["couldn't negotiate eap"], "pppd", "PD4007"),
    line(&["MPPE required but peer refused", "MPPE required but peer negotiation failed", "MPPE required but not available"], "pppd", "PD5001 PD5002 PD5003 PD5004"),
    line(&["Refusing MPPE stateful mode offered by peer"], "pppd", "PD5003"),
    line(&["MPPE required, but MS-CHAP[v2] nor EAP-TLS auth are performed", "MPPE required, but keys are not available"], "pppd", "PD5004"),
    line(&["Protocol-Reject for unsupported protocol", "Unsupported protocol … received"], "pppd", "PD5005").note("PD5005 where the numbers vary, after CCP opened; one number of a known protocol is harmless."),
    line(&["MPPE disabled"], "pppd, in Terminate-Requests", "").note("How pppd with MPPE ends every session, whatever the reason: look at what came before."),
    line(&["mppe_compress: osize too small", "compressor dropped pkt"], "Linux kernel and pppd", "PD7003"),
    line(&["No response to … echo-requests", "Serial link appears to be disconnected"], "pppd", "PD2009 PD1008"),
    line(&["No network protocols running"], "pppd", "PD6001 PD6002"),
    line(&["Unauthorized remote IP address", "Refused our IP address", "Refused his IP address", "Could not determine local IP address"], "pppd", "PD6004"),
    line(&["Loopback detected"], "pppd", "PD3004"),
    line(&["Discarded non-LCP packet when LCP not open"], "pppd", "PD3008"),
    line(&["id mismatch"], "accel-ppp, of CHAP", "PD0001 PD0009"),
    line(&["%ASA-3-305006…protocol 47"], "Cisco ASA", "PD2001").note("Add `inspect pptp`."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found() {
        for e in RAS {
            assert_eq!(find_ras(e.number), Some(e));
            assert_eq!(find_symbol(&e.symbol.to_lowercase()), Some(e), "{}", e.symbol);
        }
        for a in ARTICLES {
            let digits = a.id.strip_prefix('Q').unwrap();
            for form in ["Q", "q", "KB", "kb ", ""] {
                assert_eq!(find_kb(&format!("{form}{digits}")), Some(a));
            }
        }
        for l in LINES {
            for text in l.texts {
                assert!(find_lines(&text.replace('…', " 17 ")).contains(&l), "{text}");
            }
        }
    }

    #[test]
    fn the_tables_are_in_order_and_name_rules() {
        assert!(RAS.windows(2).all(|w| w[0].number < w[1].number));
        assert!(ARTICLES.windows(2).all(|w| w[0].id < w[1].id));
        let ids = RAS
            .iter()
            .flat_map(RasError::candidates)
            .chain(ARTICLES.iter().flat_map(Article::candidates))
            .chain(LINES.iter().flat_map(LogLine::candidates));
        for id in ids {
            let digits = id.strip_prefix("PD").unwrap_or_default();
            assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()), "{id}");
        }
        for e in RAS {
            let ids: Vec<_> = e.candidates().collect();
            assert!(ids.is_sorted(), "{}", e.number);
            assert!(!ids.is_empty() || e.note.is_some(), "{}", e.number);
        }
    }

    #[test]
    fn lines_as_they_stand_in_a_log() {
        let line = "Nov 22 10:47:11 vpn pptpd[441]: GRE: read(fd=6,buffer=558b,len=8196) from PTY failed: status = -1";
        assert_eq!(find_lines(line)[0].who, "pptpd");
        let line = "LCP terminated by peer (MPPE required but peer refused)";
        assert!(find_lines(line)[0].candidates().any(|id| id == "PD5001"));
        assert!(find_lines("mutual authentication")[0].candidates().any(|id| id == "PD0002"));
        for nothing in ["", "mppe", "a", "peer", "gre-no-return", "no such thing as this"] {
            assert!(find_lines(nothing).is_empty(), "{nothing}");
        }
        assert_eq!(find_kb("Q+222060"), None);
        assert_eq!(find_kb("Q"), None);
    }
}
