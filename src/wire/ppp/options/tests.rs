//! Options, recorded and made.

use super::*;
use hex_literal::hex;
use proptest::prelude::*;

// From a recording of pptpd and pptp-linux: MRU, ACCM, magic number, PFC, ACFC.
const OPTIONS: [u8; 20] = hex!("01040578 020600000000 050689884d25 0702 0802");

fn walk(data: &[u8]) -> Vec<Result<(u8, &[u8]), Fault>> {
    Options::new(data).map(|o| o.map(|o| (o.kind, o.value)).map_err(|e| e.fault)).collect()
}

#[test]
fn a_recorded_request() {
    let kinds: Vec<u8> = walk(&OPTIONS).into_iter().map(|o| o.unwrap().0).collect();
    assert_eq!(kinds, [1, 2, 5, 7, 8]);
    assert_eq!(walk(&OPTIONS)[2], Ok((5, hex!("89884d25").as_slice())));
    assert_eq!(walk(&[]), []);
}

#[test]
fn one_error_ends_the_walk() {
    assert_eq!(walk(&hex!("0702 01040578 0103 05 07")).len(), 4);
    assert_eq!(walk(&hex!("0702 0105 05")), [Ok((7, [].as_slice())), Err(Fault::Truncated)]);
    assert_eq!(walk(&hex!("0702 01")), [Ok((7, [].as_slice())), Err(Fault::Truncated)]);
    assert_eq!(walk(&hex!("0101 0702")), [Err(Fault::BadLength)]);
    assert_eq!(walk(&hex!("0100 0702")), [Err(Fault::BadLength)]);
}

proptest! {
    #[test]
    fn what_is_emitted_is_read_back(
        options in proptest::collection::vec(any::<(u8, Vec<u8>)>(), 0..5),
    ) {
        let mut out = Vec::new();
        for (kind, value) in &options {
            emit(*kind, value, &mut out);
        }
        let read: Vec<_> = walk(&out).into_iter().map(Result::unwrap).collect();
        let given: Vec<_> =
            options.iter().map(|(kind, v)| (*kind, &v[..v.len().min(253)])).collect();
        prop_assert_eq!(read, given);
    }

    #[test]
    fn arbitrary_octets_do_not_panic(octets: Vec<u8>) {
        walk(&octets);
    }
}
