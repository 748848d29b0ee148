//! What is inside a tunnel: encrypted, compressed or split PPP frames of one direction of one call → the
//! plain PPP frames that the sender had.
//!
//! Nothing here knows captures or conversations. The caller gives the payloads of one direction in the
//! order of their GRE numbers, with what CCP, IPCP or LCP agreed on; each opener keeps the state that its
//! protocol needs and says with a typed reason why a frame stays closed.
//!
//! | PPP protocol | opener |
//! |---|---|
//! | 00FD, CCP option 18 with a key length | [`mppe`] (RFC 3078) |
//! | 00FD, CCP option 18 for compression alone, and inside MPPE | [`mppc`] (RFC 2118) |
//! | 00FD, CCP option 26 or 24 | [`deflate`] (RFC 1979) |
//! | 00FD, CCP option 21 | [`bsd`] (RFC 1977) |
//! | 002D, 002F | [`vj`] (RFC 1144) |
//! | 003D | [`multilink`] (RFC 1990) |
#![warn(clippy::indexing_slicing)]

mod bits;
pub mod bsd;
pub mod deflate;
pub mod mppc;
pub mod mppe;
pub mod multilink;
pub mod numbered;
pub mod trial;
pub mod vj;
