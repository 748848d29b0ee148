//! Authentication attempts: every Challenge, Response and verdict, with what they have in common.

use std::fmt;

use super::proof::Proof;
use crate::base::addr::Dir;
use crate::base::frame::Mark;

/// Authentication method, as the report names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Method {
    None,
    Pap,
    ChapMd5,
    MsChapV1,
    MsChapV2,
    /// EAP with a type not yet seen.
    Eap,
    EapMd5,
    EapTls,
    EapMsChapV2,
    /// CHAP with another algorithm, SPAP …
    Other,
}

impl Method {
    /// All.
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::Pap,
        Self::ChapMd5,
        Self::MsChapV1,
        Self::MsChapV2,
        Self::Eap,
        Self::EapMd5,
        Self::EapTls,
        Self::EapMsChapV2,
        Self::Other,
    ];

    /// The name fixed by the report's schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pap => "PAP",
            Self::ChapMd5 => "CHAP-MD5",
            Self::MsChapV1 => "MS-CHAPv1",
            Self::MsChapV2 => "MS-CHAPv2",
            Self::Eap => "EAP",
            Self::EapMd5 => "EAP-MD5",
            Self::EapTls => "EAP-TLS",
            Self::EapMsChapV2 => "EAP-MSCHAPv2",
            Self::Other => "other",
        }
    }

    /// Whether it is EAP of any type.
    #[must_use]
    pub const fn is_eap(self) -> bool {
        matches!(self, Self::Eap | Self::EapMd5 | Self::EapTls | Self::EapMsChapV2)
    }

    /// Whether MPPE keys come out of it (RFC 3079 §1).
    #[must_use]
    pub const fn gives_keys(self) -> bool {
        matches!(self, Self::MsChapV1 | Self::MsChapV2 | Self::EapTls | Self::EapMsChapV2)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a Challenge is not what its method asks for (RFC 1994 §4.1, RFC 2433 §5, RFC 2759 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeFault {
    /// Value-Size is another number than the method's.
    Size(u8),
    /// Value-Size reaches beyond the packet.
    Overrun(u8),
    /// All octets of the value are zero.
    Zero,
}

/// A Challenge.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Challenge {
    pub mark: Mark,
    pub seq: Option<u32>,
    pub id: u8,
    pub value: Box<[u8]>,
    pub name: Box<str>,
    /// Index of an earlier Challenge with the same identifier and value.
    pub repeats: Option<usize>,
    /// A Response was under way: no verdict between it and this Challenge.
    pub while_answered: bool,
    /// LCP was not yet open at the client when it came.
    pub before_open: bool,
    pub fault: Option<ChallengeFault>,
}

/// What a Response carries, by method.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Credential {
    MsChapV2 {
        peer_challenge: [u8; 16],
        nt: [u8; 24],
        flags: u8,
    },
    MsChapV1 {
        lm_present: bool,
        nt: [u8; 24],
    },
    Md5([u8; 16]),
    /// PAP: only the length of the password is kept.
    Password {
        length: usize,
    },
    /// EAP of a type whose content is not read.
    Opaque,
    /// Not the form that the method asks for.
    Malformed,
}

/// A Response, or a PAP Authenticate-Request.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Response {
    pub mark: Mark,
    pub seq: Option<u32>,
    pub id: u8,
    /// The name as sent.
    pub name: Box<[u8]>,
    pub credential: Credential,
    /// Index of an earlier Response that is the same, octet for octet.
    pub repeats: Option<usize>,
}

/// How a Success text of MS-CHAPv2 deviates from RFC 2759 §5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// No `S=`.
    NoProof,
    /// `S=` without 40 hexadecimal digits.
    Digits,
    /// Lower-case digits.
    LowerCase,
    /// `M=` glued to the digits.
    Glued,
    /// Something after the digits that is no message.
    Trailing,
    /// Something before `S=`.
    Prefixed,
}

/// Success or Failure, Ack or Nak.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Verdict {
    pub mark: Mark,
    /// GRE sequence number and acknowledgment of the packet.
    pub seq: Option<u32>,
    pub ack: Option<u32>,
    pub id: u8,
    pub success: bool,
    pub text: Box<str>,
    /// `S=` of an MS-CHAPv2 Success.
    pub authenticator_response: Option<[u8; 20]>,
    pub text_fault: Option<TextFault>,
    /// One stray octet before `S=` or `E=`.
    pub stray: Option<u8>,
    /// `E=` of a Failure.
    pub error: Option<u32>,
    /// `R=` of a Failure.
    pub retry: Option<bool>,
    /// `M=` of a Failure or Success.
    pub message: Option<Box<str>>,
    /// Index of an earlier verdict that is the same.
    pub repeats: Option<usize>,
}

/// A step of EAP that is neither challenge, response nor verdict.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct EapStep {
    pub mark: Mark,
    pub dir: Dir,
    /// EAP type, 0 where there is none.
    pub kind: u8,
    pub request: bool,
    /// Types that a Nak asks for.
    pub wants: Box<[u8]>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AuthResult {
    Success,
    Failure,
    /// Begun, no verdict.
    Incomplete,
    /// Nothing of it in the capture.
    NotSeen,
}

/// One authentication of one side by the other: from the first Challenge (or request) to the verdict.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Method by LCP, or by the shape of the packets where LCP was not captured.
    pub method: Method,
    /// The way Challenges go: to the client, except where a client authenticates the server.
    pub toward: Dir,
    /// Challenges, the first of them.
    pub challenges: Vec<Challenge>,
    /// Responses or PAP requests.
    pub responses: Vec<Response>,
    /// Verdicts.
    pub verdicts: Vec<Verdict>,
    /// Other EAP steps.
    pub eap: Vec<EapStep>,
    /// MS-CHAPv2 inside EAP said Success (its own op-code), not yet EAP Success.
    pub inner_success: Option<Mark>,
    /// A password-change packet from the peer.
    pub password_change: Option<Mark>,
    /// Whether it began in an open session: a re-authentication.
    pub in_session: bool,
    /// First packet of the client that belongs to a network phase (CCP, NCP, data) after the Success.
    pub client_went_on: Option<Mark>,
    /// What cryptography says.
    pub proof: Proof,
}

impl Attempt {
    pub(crate) fn new(method: Method, toward: Dir, in_session: bool) -> Self {
        Self {
            method,
            toward,
            challenges: Vec::new(),
            responses: Vec::new(),
            verdicts: Vec::new(),
            eap: Vec::new(),
            inner_success: None,
            password_change: None,
            in_session,
            client_went_on: None,
            proof: Proof::default(),
        }
    }

    /// The first Success.
    #[must_use]
    pub fn success(&self) -> Option<&Verdict> {
        self.verdicts.iter().find(|v| v.success)
    }

    /// The newest Failure, unless a Success followed.
    #[must_use]
    pub fn failure(&self) -> Option<&Verdict> {
        if self.success().is_some() {
            None
        } else {
            self.verdicts.iter().rev().find(|v| !v.success)
        }
    }

    /// How it ended.
    #[must_use]
    pub fn result(&self) -> AuthResult {
        match (self.success(), self.failure()) {
            (Some(_), _) => AuthResult::Success,
            (_, Some(_)) => AuthResult::Failure,
            _ if self.challenges.is_empty() && self.responses.is_empty() && self.eap.is_empty() => {
                AuthResult::NotSeen
            }
            _ => AuthResult::Incomplete,
        }
    }

    /// The user name of the newest Response, as sent.
    #[must_use]
    pub fn user(&self) -> Option<&[u8]> {
        self.responses.iter().rev().map(|r| &*r.name).find(|n| !n.is_empty())
    }

    /// First packet of the attempt.
    #[must_use]
    pub fn began(&self) -> Option<Mark> {
        let challenge = self.challenges.first().map(|c| c.mark);
        let response = self.responses.first().map(|r| r.mark);
        let eap = self.eap.first().map(|e| e.mark);
        [challenge, response, eap].into_iter().flatten().min_by_key(|m| m.frame)
    }

    /// Newest packet of the attempt.
    #[must_use]
    pub fn last(&self) -> Option<Mark> {
        let challenge = self.challenges.last().map(|c| c.mark);
        let response = self.responses.last().map(|r| r.mark);
        let verdict = self.verdicts.last().map(|v| v.mark);
        let eap = self.eap.last().map(|e| e.mark);
        [challenge, response, verdict, eap].into_iter().flatten().max_by_key(|m| m.frame)
    }

    /// Responses that differ from all before them.
    pub fn distinct_responses(&self) -> impl Iterator<Item = (usize, &Response)> {
        self.responses.iter().enumerate().filter(|(_, r)| r.repeats.is_none())
    }
}
