//! Messages → conversations: a typed timeline and facts, owned and bounded.
//!
//! Lifetimes end here: what a conversation keeps, it owns. Every state machine can start in the middle,
//! because captures do.

pub mod auth;
pub mod build;
pub mod call;
pub mod census;
mod chap;
pub mod control;
pub mod conversation;
mod episode;
pub mod event;
pub mod fingerprint;
mod gre;
mod gre_order;
pub mod inside;
pub mod logon;
pub mod negotiation;
pub mod neighbours;
pub mod point;
mod ppp;
pub mod progress;
pub mod proof;
pub mod series;
mod table;
pub mod traffic;
pub mod trips;
pub mod views;

use crate::base::time::Span;

/// A capture puts neighbouring packets in the wrong order by no more than this.
const SWAPPED: Span = Span::from_secs(1);
