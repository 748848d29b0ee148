//! Why nothing can be heard. Each message is one line and says what to do.

/// Why an interface cannot be listened on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// libpcap was not there when the program was built.
    #[error("{NOT_BUILT}")]
    NotBuilt,
    /// There is none of that name or number.
    #[error("{name}: no such interface{}; there are: {}", hint(nearest.as_ref()), known.join(", "))]
    NoSuchInterface {
        /// As asked for.
        name: String,
        /// Those that exist.
        known: Vec<String>,
        /// What is meant most likely.
        nearest: Option<String>,
    },
    /// The system does not let this user listen.
    #[error("{interface}: no permission to listen: {}", rights(program))]
    NoPermission {
        /// Its name.
        interface: String,
        /// Path of this program.
        program: String,
    },
    /// The interface was removed and made anew, and the rights to open it again were given up.
    #[error(
        "{interface}: was removed and made anew, and the rights to open it again were given up at the \
         start: start again, or listen on `any`, which stays when interfaces come and go"
    )]
    NotReopened {
        /// Its name.
        interface: String,
    },
    /// The interface is there but switched off.
    #[error("{interface}: the interface is down: switch it on (`ip link set {interface} up`)")]
    InterfaceDown {
        /// Its name.
        interface: String,
    },
    /// The user's filter is none.
    #[error("filter \"{text}\": {reason} (the language is that of tcpdump: man pcap-filter)")]
    FilterSyntax {
        /// As given.
        text: String,
        /// What libpcap says.
        reason: String,
    },
    /// Anything else.
    #[error("{interface}: {reason}")]
    Other {
        /// Its name.
        interface: String,
        /// What libpcap or the system says.
        reason: String,
    },
}

fn hint(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |name| format!(", did you mean {name}?"))
}

fn rights(program: &str) -> String {
    if cfg!(target_os = "linux") {
        format!("run it with sudo, or once: sudo setcap cap_net_raw+ep {program}")
    } else {
        "run it with sudo".to_owned()
    }
}

const NOT_BUILT: &str = if cfg!(unix) {
    "this program was built without libpcap, which live capture needs: install libpcap-dev (Debian, Ubuntu) or \
     libpcap-devel (Fedora), then `cargo clean -p pptp-diag` and build again; or record with tcpdump and \
     analyse the file"
} else {
    "there is no live capture on this system: record with Wireshark and analyse the file"
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_a_line_that_says_what_to_do() {
        let interface = || "eth0".to_owned();
        for (error, words) in [
            (LiveError::NotBuilt, "libpcap-dev"),
            (
                LiveError::NoSuchInterface {
                    name: "eht0".to_owned(),
                    known: vec!["lo".to_owned(), interface()],
                    nearest: Some(interface()),
                },
                "eht0: no such interface, did you mean eth0?; there are: lo, eth0",
            ),
            (
                LiveError::NoPermission { interface: interface(), program: "/x/y".to_owned() },
                "sudo",
            ),
            (LiveError::NotReopened { interface: interface() }, "start again"),
            (LiveError::InterfaceDown { interface: interface() }, "`ip link set eth0 up`"),
            (
                LiveError::FilterSyntax { text: "prot 47".to_owned(), reason: "no".to_owned() },
                "filter \"prot 47\": no (",
            ),
            (LiveError::Other { interface: interface(), reason: "x".to_owned() }, "eth0: x"),
        ] {
            let text = error.to_string();
            assert!(text.contains(words) && !text.contains('\n'), "{text}");
        }
    }
}
