//! What `--help` tells besides the options.

/// Behind the short help: `-h`.
pub(super) const SHORT: &str = "\
Examples:
  pptp-diag capture.pcap                          the verdict
  pptp-diag -f html -o report.html capture.pcap   a report to send to somebody

All options, how to read a report and how to capture: pptp-diag --help";

/// Behind the long help: `--help`.
pub(super) const LONG: &str = "\
How to read a report:
  For each conversation: whether it came about, the step at which it stopped, the rule that names the
  cause, the frames that prove it, what the user sees, and the fix with the machine on which it is made.
  The numbers are those that Wireshark shows, and a display filter to paste stands beside them.
    certain   the packets admit no other reading, or cryptography proves it
    likely    one mechanism fits, and its nearest look-alikes are ruled out
    possible  it fits, but this capture cannot rule out a look-alike; the report says what is missing

How to capture:
  On the client or the server itself, all interfaces, from before the user dials until after the error:
    Linux     tcpdump -i any -s 0 -w vpn.pcap 'tcp port 1723 or proto 47 or icmp'
    Windows   pktmon start --capture --pkt-size 0, then pktmon stop, pktmon etl2pcap PktMon.etl
    RouterOS  /tool sniffer set file-name=vpn.pcap, then /tool sniffer start, /tool sniffer stop
  Both ends at the same time tell most: pptp-diag client.pcap server.pcap

Examples:
  pptp-diag capture.pcap                                            the verdict
  pptp-diag -f html -o report.html capture.pcap                     a report to send to somebody
  pptp-diag -v --secrets secrets.txt monday.pcapng                  everything, passwords checked
  pptp-diag --user alice --redact -f md big.pcap                    one user's, for a ticket
  pptp-diag --secrets secrets.txt --decrypt inside.pcapng vpn.pcap  what is inside the tunnel
  ssh router tcpdump -U -w - 'tcp port 1723 or proto 47' | pptp-diag -
  pptp-diag explain 721                                             what an error number may mean
  pptp-diag extract --anonymize -o small.pcapng big.pcap            a capture fit to be shown

Exit status: 0 analysed and nothing at or above --fail-on, 1 such a finding, 2 could not analyse.
A file that is named like a command: ./rules";

/// Behind the help of `live`.
pub(super) const LIVE: &str = "\
Examples:
  sudo pptp-diag live                                all interfaces
  sudo pptp-diag live -i eth0 --plain                a line for each event
  sudo pptp-diag live -i eth0 -f ndjson | tee log    an object for each event
  sudo pptp-diag live -i eth0 -f html -o shift.html --duration 8h

It needs the right to listen, and no other: sudo, or once setcap cap_net_raw+ep on the program.
Ctrl-C ends it with the report; a second one leaves at once.";

/// Behind the help of `completions`.
pub(super) const COMPLETIONS: &str = "\
bash:       pptp-diag completions bash > ~/.local/share/bash-completion/completions/pptp-diag
zsh:        pptp-diag completions zsh > \"${fpath[1]}/_pptp-diag\"
fish:       pptp-diag completions fish > ~/.config/fish/completions/pptp-diag.fish
PowerShell: pptp-diag completions powershell | Out-String | Invoke-Expression
";
