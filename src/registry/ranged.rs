//! One blob as one body, whatever number of connections it comes over.
//!
//! It begins with a small part over one connection. If that is what holds the reader up, the stretches behind it are
//! fetched side by side, each over its own connection, and handed on in their order: proxies and storage limit connections
//! one by one. If not, the rest comes as a plain download. Every range is asked of the registry anew, so that each redirect
//! has a fresh signature, and ends where the next begins, so that nothing is sent in vain.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use crate::oci::Descriptor;
use crate::registry::Repository;
use crate::registry::ahead::Ahead;
use crate::registry::lanes::Permit;
use crate::registry::width::Width;
use crate::store::{Body, Error};

/// How often it is looked whether another connection is to be had, while bytes are waited for.
const LOOK: Duration = Duration::from_millis(50);

/// A download under way.
pub(super) struct Ranged {
    repository: Repository,
    blob: Descriptor,
    /// How many bytes were handed on.
    at: u64,
    reading: Option<Reading>,
    /// What comes after that, in order, perhaps with gaps.
    ahead: VecDeque<Ahead>,
    width: Width,
    /// The length of the next part in bytes, while it is not known how many connections are worth it.
    part: u64,
}

/// Where the next bytes come from.
enum Reading {
    /// A request that is read as it comes, up to the byte before `end`.
    Direct { body: Body, end: u64, _connection: Permit },
    /// A range that was fetched ahead.
    Fetched(Ahead),
}

impl Repository {
    /// A blob's bytes from `offset` on.
    pub(super) async fn ranged(&self, blob: &Descriptor, offset: u64) -> Result<Body, Error> {
        let kept = self.lanes.recall(&blob.digest);
        let mut ranged = Ranged {
            width: Width::new(self.lanes.count(), Instant::now(), self.lanes.arrived()),
            repository: self.clone(),
            blob: blob.clone(),
            at: offset,
            part: self.lanes.range(),
            reading: None,
            // Who begins anew wants none of the old bytes.
            ahead: kept
                .into_iter()
                .filter(|ahead| offset > 0 && ahead.start() >= offset)
                .collect(),
        };
        ranged.go_on().await?;
        Ok(stream::unfold(Some(ranged), |state| async {
            let mut ranged = state?;
            match ranged.next().await.transpose()? {
                Ok(piece) => Some((Ok(piece), Some(ranged))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed())
    }
}

impl Ranged {
    /// The next bytes; none at the end, or where the registry ended early without a word.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        // A plain download is read to its own end, so that bytes too many are seen.
        while self.at < self.blob.size || matches!(self.reading, Some(Reading::Direct { .. })) {
            self.go_on().await?;
            self.widen();
            let begun = Instant::now();
            let outcome = tokio::time::timeout(LOOK, self.read()).await;
            self.width.waited(begun.elapsed());
            let lanes = &self.repository.lanes;
            self.width.judge(Instant::now(), lanes.arrived(), lanes.in_use());
            let Ok(piece) = outcome else { continue };
            match piece? {
                Some(piece) => return Ok(Some(piece)),
                // A range that broke off is asked for again; a whole download that did is for the reader to judge.
                None if matches!(self.reading, Some(Reading::Fetched(_))) => self.reading = None,
                None => return Ok(None),
            }
        }
        self.reading = None;
        Ok(None)
    }

    /// Makes sure that there is something to read at this place.
    async fn go_on(&mut self) -> Result<(), Error> {
        let is_over = match &self.reading {
            Some(Reading::Direct { end, .. }) => self.at >= *end && self.at < self.blob.size,
            Some(Reading::Fetched(ahead)) => self.at >= ahead.end(),
            None => true,
        };
        if is_over {
            self.reading = None;
        }
        if let Some(next) = self.ahead.pop_front_if(|next| next.start() <= self.at) {
            // Where the download itself goes on, it need not wait for a range that has not begun.
            if is_over || next.has_begun() {
                self.reading = Some(Reading::Fetched(next));
            }
        }
        if self.reading.is_none() {
            // Ranges that came to nothing are no reason to stop before them.
            self.ahead.retain(|ahead| ahead.has_begun() || ahead.is_under_way());
            let range = self.at..self.next_part();
            let connection = self.repository.lanes.connection().await?;
            let (body, end) = self.repository.download(&self.blob, &range).await?;
            self.reading = Some(Reading::Direct {
                body,
                end,
                _connection: connection,
            });
        }
        Ok(())
    }

    /// To where the next request goes. A rest that is not worth two requests is not divided.
    fn next_part(&mut self) -> u64 {
        let end = self.stretch();
        let lanes = &self.repository.lanes;
        let part = self.part.max(lanes.range());
        if self.width.is_settled() || !lanes.may_divide() || end - self.at < part + lanes.range() {
            return end;
        }
        self.part = part * 2;
        self.at + part
    }

    /// Reads no further than to where the next range begins.
    async fn read(&mut self) -> Result<Option<Bytes>, Error> {
        let limit = self.stretch();
        let piece = match &mut self.reading {
            Some(Reading::Direct { body, .. }) => {
                let Some(mut piece) = body.next().await.transpose()? else {
                    return Ok(None);
                };
                // The rest of this request is not wanted if it comes over another connection. A body that is too long is
                // handed on, so that whoever keeps it sees it.
                if limit < self.blob.size {
                    piece.truncate(usize::try_from(limit - self.at).unwrap_or(usize::MAX));
                }
                self.repository.lanes.count_arrived(piece.len());
                Some(piece)
            }
            Some(Reading::Fetched(ahead)) => ahead.next().await,
            None => None,
        };
        self.at += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Ok(piece)
    }

    /// Where the bytes end that are not fetched ahead.
    fn stretch(&self) -> u64 {
        self.ahead.front().map_or(self.blob.size, Ahead::start)
    }

    /// How many connections this download uses.
    fn in_use(&self) -> usize {
        let reading = match &self.reading {
            Some(Reading::Direct { .. }) => true,
            Some(Reading::Fetched(ahead)) => ahead.is_under_way(),
            None => false,
        };
        usize::from(reading) + self.ahead.iter().filter(|ahead| ahead.is_under_way()).count()
    }

    /// Fetches further ranges, as many as are worth it and as nobody else needs the connections for.
    fn widen(&mut self) {
        let lanes = &self.repository.lanes;
        while lanes.may_divide() && self.in_use() < self.width.now() {
            let Some(range) = self.next_range() else { return };
            let Some((connection, memory)) = lanes.spare() else { return };
            let ahead = Ahead::fetch(&self.repository, &self.blob, range, connection, memory);
            self.ahead.push_back(ahead);
        }
    }

    /// The first range that nobody fetches; towards the end they get smaller, so that all are done at one time.
    fn next_range(&self) -> Option<Range<u64>> {
        let range = self.repository.lanes.range();
        let start = match (self.ahead.back(), &self.reading) {
            (Some(last), _) => last.end(),
            (None, Some(Reading::Direct { end, .. })) if *end < self.blob.size => *end,
            (None, Some(Reading::Direct { .. })) => self.at + range,
            (None, Some(Reading::Fetched(ahead))) => ahead.end(),
            (None, None) => return None,
        };
        let left = self.blob.size.checked_sub(start).filter(|left| *left > 0)?;
        let length = (left / self.width.now() as u64).clamp(range / 4, range).min(left);
        Some(start..start + length)
    }
}

impl Drop for Ranged {
    /// What came ahead is right as far as it goes; who tries again can have it.
    fn drop(&mut self) {
        let reading = match self.reading.take() {
            Some(Reading::Fetched(ahead)) => Some(ahead),
            _ => None,
        };
        let kept: Vec<Ahead> = reading.into_iter().chain(self.ahead.drain(..)).collect();
        if !kept.is_empty() {
            self.repository.lanes.keep(&self.blob.digest, kept);
        }
    }
}
