//! How long to wait before trying again.
//!
//! Full jitter over a doubling bound, so that many clients do not come back together
//! ([why](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)).

use std::time::Duration;

const FIRST_BOUND: Duration = Duration::from_millis(500);
const LAST_BOUND: Duration = Duration::from_secs(30);

/// The wait after `failures` failures in a row.
#[must_use]
pub fn after(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(10);
    let bound = FIRST_BOUND.saturating_mul(1 << doublings).min(LAST_BOUND);
    bound.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound() {
        for failures in [0, 1, 2, 5, 40, u32::MAX] {
            assert!(after(failures) <= LAST_BOUND);
        }
        assert!(after(1) <= FIRST_BOUND);
    }
}
