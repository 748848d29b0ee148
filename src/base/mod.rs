//! What every layer shares and nothing else: time, frame references, endpoints, direction, text made
//! visible, and every limit of the program. Uses no other module of the crate.

pub mod addr;
pub mod frame;
pub mod limits;
pub mod map;
pub mod spelling;
pub mod text;
pub mod time;
