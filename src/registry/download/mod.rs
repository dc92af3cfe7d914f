//! One blob over several connections.
//!
//! [`ParallelDownload`] keeps the order of bytes: it fetches parts and hands them on one behind the other.
//! [`Parallelism`] decides how many connections there are and how long a part is, for all downloads from one host.
//! Neither knows how the other does it. A [`Prefetch`] is a part that is fetched before its turn, [`DownloadSlots`] are
//! the connections and the memory that the downloads of a repository share, and `range_request` is one request for a part.

mod download_slots;
mod flow;
mod parallel_download;
mod parallelism;
mod prefetch;
mod range_request;
mod rate;

pub(super) use download_slots::DownloadSlots;
pub(super) use parallelism::Parallelism;
#[cfg(feature = "fuzzing")]
pub(super) use range_request::content_range;
