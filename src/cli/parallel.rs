//! The same work on many things, on several processors.

use std::panic;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;

/// Threads that are worth starting on this machine.
pub(super) fn processors() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// What `work` makes of each item, in their order, whatever the order in which `threads` threads do it.
pub(super) fn each<T: Send, R: Send>(
    items: impl IntoIterator<Item = T, IntoIter: Send>,
    threads: usize,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let items = items.into_iter();
    if threads < 2 {
        return items.map(work).collect();
    }
    let queue = Mutex::new(items.enumerate());
    let lane = || {
        let mut done = Vec::new();
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((n, item)) = next else { return done };
            done.push((n, work(item)));
        }
    };
    let mut results = thread::scope(|scope| {
        // One lane is this thread's own. Where the system has no more threads to give, there are fewer.
        let others: Vec<_> = (1..threads)
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, lane).ok())
            .collect();
        let mut results = lane();
        for other in others {
            match other.join() {
                Ok(more) => results.extend(more),
                Err(cause) => panic::resume_unwind(cause),
            }
        }
        results
    });
    results.sort_by_key(|(n, _)| *n);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        for threads in [0, 1, 2, 7] {
            let squares = each(0..100_u32, threads, |n| {
                thread::yield_now();
                n * n
            });
            assert!(squares.into_iter().eq((0..100).map(|n| n * n)));
        }
    }
}
