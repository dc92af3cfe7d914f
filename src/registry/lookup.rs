//! Looking up what lies behind tags, by as few requests as will do: a HEAD for each tag, and for each digest that is not
//! known yet its manifest and config.
//!
//! What a digest stands for never changes, so it is learned once, also over several runs. What a tag stands for is asked
//! every time. One image that cannot be read does not spoil the list: it is a row without what could not be found out, and
//! nothing of it is learned.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{OnceCell, Semaphore};

use crate::facts::{Facts, Sheet};
use crate::oci::{Config, Descriptor, Digest, Manifest, MediaType, Platform};
use crate::reference::{Tag, TagOrDigest};
use crate::registry::Repository;
use crate::registry::listing::ListedImage;
use crate::registry::unread::{Unread, Warnings, is_of_one_image};
use crate::store::{Error, ErrorKind};

/// How many questions are asked side by side. Over 20 ms, 16 wait for the way and 32 for the registry, so that 64 gain
/// nothing; one that finds it too many says so, and is asked fewer.
pub(super) const LOOKUPS: usize = 32;

/// How far a lookup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// So many tags are looked up, of so many.
    Tags(usize, usize),
    /// So many images are looked at, of so many that were not known.
    Images(usize, usize),
}

/// What a digest stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fact {
    timestamp: Option<Timestamp>,
    size: u64,
    media_type: MediaType,
    platforms: Vec<Platform>,
}

/// What is found at a digest.
#[derive(Clone)]
enum Found {
    Image(Fact),
    /// Its entries are not kept here: one is looked at once.
    Index,
    /// Something that cannot be read, and what is known of it all the same.
    Unread(Fact, Unread),
    Nothing,
}

/// What is told of a digest, and why that is not all.
type Told = (Fact, Option<Unread>);

/// The manifest of an index, as far as it is of interest.
struct Entries {
    media_type: MediaType,
    images: Vec<Descriptor>,
}

struct Lookup<'a> {
    repository: &'a Repository,
    sheet: Mutex<Sheet>,
    /// The images that are looked at now, or were: several indexes may have one in common, and it may have a tag too.
    found: Mutex<HashMap<Digest, Arc<OnceCell<Found>>>>,
    /// Who looks at a manifest holds one, so that only so many are in memory.
    lookers: Semaphore,
}

impl Repository {
    /// What lies behind each of these tags; those of one digest together, sorted. A tag that vanished meanwhile is left
    /// out. `facts` has what former runs learned of digests, and is told what is learned now. What cannot be read is
    /// there without an age, and warned of.
    ///
    /// # Errors
    /// A registry that is not there, denies the login or has no time. That nothing of what it has can be read.
    pub async fn describe(&self, tags: Vec<Tag>, facts: &Facts, watch: impl Fn(Looked)) -> Result<Vec<ListedImage>, Error> {
        let lookup = Lookup {
            repository: self,
            sheet: Mutex::new(facts.open(&format!("images of {}", self.name))),
            found: Mutex::default(),
            lookers: Semaphore::new(LOOKUPS),
        };
        let mut warnings = Warnings::default();
        let tagged = lookup.digests_of(tags, &mut warnings, &watch).await?;
        let images = lookup.images_of(tagged, &mut warnings, &watch).await?;
        warnings.give(self);
        Ok(images)
    }

    /// The digest of a tag, if it is there; also why it cannot be told.
    async fn digest_of(&self, tag: Tag) -> Result<Option<(Tag, Result<Digest, Error>)>, Error> {
        match self.digest(&TagOrDigest::Tag(tag.clone())).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if !is_of_one_image(&error) => Err(error),
            outcome => Ok(Some((tag, outcome))),
        }
    }

    /// The config of an image; empty for an artifact, whose config is another thing.
    async fn config_of(&self, image: &Manifest) -> Result<Config, Error> {
        match image.config() {
            Some(config) => Config::of(&self.small_blob(config).await?, &config.media_type).map_err(Error::other),
            None => Ok(Config::default()),
        }
    }
}

impl Lookup<'_> {
    async fn digests_of(
        &self,
        tags: Vec<Tag>,
        warnings: &mut Warnings,
        watch: impl Fn(Looked),
    ) -> Result<BTreeMap<Digest, Vec<Tag>>, Error> {
        let all = tags.len();
        let mut answers = stream::iter(tags)
            .map(|tag| self.repository.digest_of(tag))
            .buffer_unordered(LOOKUPS);
        let mut tagged: BTreeMap<Digest, Vec<Tag>> = BTreeMap::new();
        let mut done = 0;
        let mut failed = None;
        while let Some(found) = answers.try_next().await? {
            done += 1;
            watch(Looked::Tags(done, all));
            match found {
                Some((tag, Ok(digest))) => tagged.entry(digest).or_default().push(tag),
                Some((tag, Err(error))) => {
                    warnings.left_out(tag, &error);
                    failed = Some(error);
                }
                None => {}
            }
        }
        // Who answers nothing that makes sense is no registry.
        match failed {
            Some(error) if tagged.is_empty() => Err(error),
            _ => Ok(tagged),
        }
    }

    async fn images_of(
        &self,
        tagged: BTreeMap<Digest, Vec<Tag>>,
        warnings: &mut Warnings,
        watch: impl Fn(Looked),
    ) -> Result<Vec<ListedImage>, Error> {
        let mut images = Vec::new();
        let mut unknown = Vec::new();
        for (digest, mut tags) in tagged {
            tags.sort();
            match self.known(&digest) {
                Some(fact) => images.push(fact.of(digest, tags)),
                None => unknown.push((digest, tags)),
            }
        }
        let all = unknown.len();
        let mut answers = stream::iter(unknown)
            .map(|(digest, tags)| async move {
                let told = self.look_at(&digest).await?;
                Ok::<_, Error>(told.map(|(fact, unread)| (fact.of(digest, tags), unread)))
            })
            .buffer_unordered(LOOKUPS);
        let mut done = 0;
        while let Some(told) = answers.try_next().await? {
            done += 1;
            watch(Looked::Images(done, all));
            let Some((image, unread)) = told else { continue };
            if let Some(unread) = unread {
                warnings.incomplete(&image.tags, unread);
            }
            images.push(image);
        }
        Ok(images)
    }

    /// What a digest stands for; nothing if it went away.
    async fn look_at(&self, digest: &Digest) -> Result<Option<Told>, Error> {
        let mut entries = None;
        match self.find(digest, &mut entries).await? {
            Found::Image(fact) => return Ok(Some((fact, None))),
            Found::Unread(fact, unread) => return Ok(Some((fact, Some(unread)))),
            Found::Nothing => return Ok(None),
            Found::Index => {}
        }
        if entries.is_none() {
            // Another index has it for an image, and was faster.
            self.found().remove(digest);
            self.find(digest, &mut entries).await?;
        }
        match entries {
            Some(entries) => self.look_into(digest, entries).await.map(Some),
            None => Ok(None),
        }
    }

    /// An index stands for its images. One that is not there does not spoil a list, but may come yet, and then there is
    /// more to be known of the index. With one that cannot be read, nobody knows how old or how large the index is.
    async fn look_into(&self, digest: &Digest, entries: Entries) -> Result<Told, Error> {
        let mut fact = Fact {
            timestamp: None,
            size: 0,
            media_type: entries.media_type,
            platforms: entries.images.iter().filter_map(|entry| entry.platform.clone()).collect(),
        };
        let mut complete = true;
        let mut unread: Option<Unread> = None;
        let mut images = stream::iter(entries.images)
            .map(|entry| self.look_at_entry(entry))
            .buffer_unordered(LOOKUPS);
        while let Some(found) = images.try_next().await? {
            match found {
                Found::Image(image) => {
                    fact.timestamp = fact.timestamp.max(image.timestamp);
                    fact.size = fact.size.saturating_add(image.size);
                }
                Found::Unread(_, why) => unread = Some(unread.map_or(why.clone(), |other| other.min(why))),
                Found::Index => {}
                Found::Nothing => complete = false,
            }
        }
        if unread.is_some() {
            (fact.timestamp, fact.size) = (None, 0);
        } else if complete {
            self.learn(digest, &fact);
        }
        Ok((fact, unread))
    }

    /// What an index has for an image.
    async fn look_at_entry(&self, entry: Descriptor) -> Result<Found, Error> {
        match self.known(&entry.digest) {
            Some(fact) if fact.media_type.is_index() => Ok(Found::Index),
            Some(fact) => Ok(Found::Image(fact)),
            None => self.find(&entry.digest, &mut None).await,
        }
    }

    /// What is at a digest, asked once. Only who asks gets the entries of an index.
    async fn find(&self, digest: &Digest, entries: &mut Option<Entries>) -> Result<Found, Error> {
        let cell = Arc::clone(self.found().entry(digest.clone()).or_default());
        let found = cell.get_or_try_init(|| self.fetch(digest, entries)).await?;
        Ok(found.clone())
    }

    async fn fetch(&self, digest: &Digest, entries: &mut Option<Entries>) -> Result<Found, Error> {
        let _looker = self.lookers.acquire().await.map_err(Error::other)?;
        let at = TagOrDigest::Digest(digest.clone());
        let manifest = match self.repository.manifest(&at).await {
            Ok(manifest) => manifest,
            // What has gone away meanwhile is no failure.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Unread::manifest(error).map(|unread| Found::Unread(Fact::unknown(), unread)),
        };
        if manifest.is_index() {
            let images = manifest.children().iter().filter(|entry| entry.is_image_entry());
            *entries = Some(Entries {
                media_type: manifest.media_type().clone(),
                images: images.cloned().collect(),
            });
            return Ok(Found::Index);
        }
        let mut fact = Fact {
            size: manifest.content_size(),
            media_type: manifest.media_type().clone(),
            ..Fact::unknown()
        };
        let config = match self.repository.config_of(&manifest).await {
            Ok(config) => config,
            Err(error) => return Unread::config(digest, error).map(|unread| Found::Unread(fact, unread)),
        };
        fact.timestamp = config.created;
        fact.platforms = config.platform().into_iter().collect();
        self.learn(digest, &fact);
        Ok(Found::Image(fact))
    }

    /// What former runs learned of a digest. What is no fact was never learned.
    fn known(&self, digest: &Digest) -> Option<Fact> {
        let mut sheet = self.sheet.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::from_str(sheet.get(&digest.to_string())?).ok()
    }

    fn learn(&self, digest: &Digest, fact: &Fact) {
        if let Ok(text) = serde_json::to_string(fact) {
            let mut sheet = self.sheet.lock().unwrap_or_else(PoisonError::into_inner);
            sheet.put(&digest.to_string(), &text);
        }
    }

    fn found(&self) -> MutexGuard<'_, HashMap<Digest, Arc<OnceCell<Found>>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fact {
    /// Nothing is known.
    fn unknown() -> Self {
        Self {
            timestamp: None,
            size: 0,
            media_type: MediaType::from_header(""),
            platforms: Vec::new(),
        }
    }

    fn of(self, digest: Digest, tags: Vec<Tag>) -> ListedImage {
        ListedImage {
            digest,
            tags,
            timestamp: self.timestamp,
            size: self.size,
            media_type: self.media_type,
            platforms: self.platforms,
        }
    }
}
