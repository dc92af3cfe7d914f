//! Looking through a whole layout: every blob is hashed, every name followed; and dropping what is damaged, so that the
//! next pull fetches it.
//!
//! What a repair needs is told by hashes alone, so that it never drops what is good. Names are kept: nobody could give
//! them back. The files are read by several threads, each with one small buffer.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::below::{Below, Found, Kind};
use crate::layout::Shared;
use crate::layout::blobs;
use crate::layout::folder::{Folder, failed};
use crate::layout::index::Names;
use crate::oci::image_layout::{INDEX_FILE, LAYOUT_FILE};
use crate::oci::{Descriptor, Digest};
use crate::store::{Error, ErrorKind, Result};

/// How many files are read side by side at most.
const READERS: usize = 8;

/// What [`Layout::check`](crate::layout::Layout::check) found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many blobs were read.
    pub blobs: usize,
    /// Their size, in bytes.
    pub bytes: u64,
    /// How many images there are.
    pub images: usize,
    /// How many unfinished blobs wait to be gone on with. They are hashed when they are.
    pub unfinished: usize,
    /// What is damaged, in the order of the files' names.
    pub damages: Vec<Damage>,
    /// Was nothing dropped because somebody else uses the layout now?
    pub kept_in_use: bool,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file, below the root.
    pub file: PathBuf,
    /// What is wrong.
    pub fault: Fault,
    /// The images that need it, by their names.
    pub images: BTreeSet<String>,
    /// Nothing is in the way of the next pull any more: it is dropped, or it was missing.
    pub repaired: bool,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Other bytes than the name says.
    #[error("has the content of {0}")]
    Content(Digest),
    /// A right digest, and another size than an image says.
    #[error("has {actual} bytes, and an image says {expected}")]
    Size {
        /// What the image says.
        expected: u64,
        /// What the file has.
        actual: u64,
    },
    /// An image needs it, and it is not there.
    #[error("is missing")]
    Missing,
    /// A link, a pipe or the like. It is not opened.
    #[error("is {0}, not a file")]
    NoFile(&'static str),
    /// The disk does not give its bytes, or not to this user.
    #[error("cannot be read: {error}")]
    Unreadable {
        /// Why.
        error: String,
        /// Is it only a matter of rights?
        denied: bool,
    },
    /// A manifest with the right bytes that says nothing that can be understood.
    #[error("is no manifest: {0}")]
    NoManifest(String),
    /// The file that marks a layout.
    #[error("does not mark an image layout: {0}")]
    Mark(String),
    /// The file with the names, or one of its entries.
    #[error("does not tell its images: {0}")]
    Names(String),
}

impl Fault {
    /// Is it bytes that are not those they should be?
    #[must_use]
    pub fn is_mismatch(&self) -> bool {
        matches!(self, Self::Content(_) | Self::Size { .. })
    }

    /// Is it worth nothing to anybody?
    fn is_worthless(&self) -> bool {
        match self {
            Self::Content(_) | Self::NoFile(_) => true,
            Self::Unreadable { denied, .. } => !denied,
            Self::Size { .. } | Self::Missing | Self::NoManifest(_) | Self::Mark(_) | Self::Names(_) => false,
        }
    }
}

/// How far a check is, told from several threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// These blobs will be read; with the sizes of their files in bytes.
    Found(Vec<(Digest, u64)>),
    /// One is begun.
    Began(Digest),
    /// So many more bytes of it are read.
    Read(Digest, u64),
    /// It is read.
    Ended(Digest),
}

/// Who is told of steps.
pub(super) type Watch<'a> = &'a (dyn Fn(Step) + Sync);

/// Looks through the layout, and with `repair` drops what is damaged.
pub(super) fn check(shared: &Shared, repair: bool, watch: Watch<'_>) -> Result<Checked> {
    let folder = &shared.folder;
    let mark = folder.flaw_of_mark()?;
    if mark.is_none() && !folder.is_layout()? {
        return Ok(Checked::default());
    }
    folder.keep_deleters_off()?;
    let mut found = Findings::default();
    if let Some(flaw) = mark {
        found.add(LAYOUT_FILE.into(), Fault::Mark(flaw), None);
    }
    // Names first: what they need was there before them, and nobody deletes it now.
    let images = images(folder, &mut found);
    let blobs = listed_blobs(folder, &mut found)?;
    watch(Step::Found(blobs.clone()));
    for (digest, fault) in faults(folder, &blobs, watch)? {
        found.add(folder.blob(&digest).way().to_owned(), fault, None);
    }
    for (name, root) in &images {
        follow(folder, name, root, &mut found)?;
    }
    let mut checked = Checked {
        blobs: blobs.len(),
        bytes: blobs.iter().map(|(_, size)| size).sum(),
        images: images.len(),
        unfinished: unfinished(folder, &mut found)?,
        ..Checked::default()
    };
    checked.damages = found.damages.into_values().collect();
    if repair && !checked.damages.is_empty() {
        mend(folder, &mut checked)?;
    }
    Ok(checked)
}

/// The damages, by their files.
#[derive(Default)]
struct Findings {
    damages: BTreeMap<PathBuf, Damage>,
}

impl Findings {
    /// The first fault of a file is told: whoever looks at it again sees a consequence.
    fn add(&mut self, file: PathBuf, fault: Fault, image: Option<&str>) {
        let damage = self.damages.entry(file.clone()).or_insert_with(|| Damage {
            file,
            fault,
            images: BTreeSet::new(),
            repaired: false,
        });
        damage.images.extend(image.map(str::to_owned));
    }
}

/// The images by name and root, as far as `index.json` tells them.
fn images(folder: &Folder, found: &mut Findings) -> Vec<(String, Descriptor)> {
    let mut tell = |flaw: String, name: Option<&str>| found.add(INDEX_FILE.into(), Fault::Names(flaw), name);
    match blobs::look(&folder.index()) {
        Ok(Some(file)) if file.is_file() => {}
        Ok(Some(file)) => {
            tell(format!("it is {}", kind(file.kind)), None);
            return Vec::new();
        }
        Ok(None) => {
            tell("it is missing".to_owned(), None);
            return Vec::new();
        }
        Err(error) => {
            tell(format!("{:#}", error.cause()), None);
            return Vec::new();
        }
    }
    let names = match Names::read(folder) {
        Ok(names) => names,
        Err(error) => {
            tell(error.cause().root_cause().to_string(), None);
            return Vec::new();
        }
    };
    for (name, error) in names.strange() {
        tell(error.to_string(), name);
    }
    let entries = names.entries().map(|entry| {
        let name = entry.name.map(|name| name.to_string());
        (name.unwrap_or_else(|| entry.descriptor.digest.to_string()), entry.descriptor)
    });
    entries.collect()
}

/// The regular files under the names of blobs, with their sizes; anything else there is a damage.
fn listed_blobs(folder: &Folder, found: &mut Findings) -> Result<Vec<(Digest, u64)>> {
    let mut listed = Vec::new();
    for algorithm in ["sha256", "sha384", "sha512"] {
        for (path, file) in entries(&folder.blobs().join(algorithm))? {
            let name = path.way().file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Ok(digest) = format!("{algorithm}:{name}").parse() else {
                continue;
            };
            if file.is_file() {
                listed.push((digest, file.size));
            } else {
                found.add(path.way().to_owned(), Fault::NoFile(kind(file.kind)), None);
            }
        }
    }
    Ok(listed)
}

/// How many unfinished blobs there are. What is no file there is in the way of whoever wants to write one.
fn unfinished(folder: &Folder, found: &mut Findings) -> Result<usize> {
    let mut count = 0;
    for (path, file) in entries(&folder.partials())? {
        if file.is_file() {
            count += 1;
        } else {
            found.add(path.way().to_owned(), Fault::NoFile(kind(file.kind)), None);
        }
    }
    Ok(count)
}

/// What is in a folder, links not followed, in the order of the names; nothing if there is no folder.
fn entries(folder: &Below) -> Result<Vec<(Below, Found)>> {
    if blobs::look(folder)?.is_none() {
        return Ok(Vec::new());
    }
    folder.list().map_err(failed("read", folder.path()))
}

/// Reads all blobs, several side by side, and tells those that are not what their names say.
fn faults(folder: &Folder, blobs: &[(Digest, u64)], watch: Watch<'_>) -> Result<Vec<(Digest, Fault)>> {
    let next = AtomicUsize::new(0);
    let read = || {
        let mut faults = Vec::new();
        while let Some((digest, _)) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            watch(Step::Began(digest.clone()));
            faults.extend(fault(folder, digest, watch).map(|fault| (digest.clone(), fault)));
            watch(Step::Ended(digest.clone()));
        }
        faults
    };
    let readers = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(READERS);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..readers).map(|_| scope.spawn(read)).collect();
        let mut faults = Vec::new();
        for reader in readers {
            faults.extend(
                reader
                    .join()
                    .map_err(|_| Error::other(anyhow::anyhow!("a reader has failed")))?,
            );
        }
        Ok(faults)
    })
}

/// What is wrong with a blob's file, if something is; one that is gone is not.
fn fault(folder: &Folder, digest: &Digest, watch: Watch<'_>) -> Option<Fault> {
    let path = folder.blob(digest);
    let told = |bytes| watch(Step::Read(digest.clone(), bytes));
    match blobs::look(&path) {
        Ok(None) => return None,
        Ok(Some(file)) if !file.is_file() => return Some(Fault::NoFile(kind(file.kind))),
        _ => {}
    }
    let file = match blobs::open_file(&path) {
        Ok(Some(file)) => file,
        Ok(None) => return None,
        Err(error) => {
            let cause = error.cause().root_cause();
            let denied = cause.downcast_ref::<io::Error>();
            return Some(Fault::Unreadable {
                error: cause.to_string(),
                denied: denied.is_none_or(|error| error.kind() == io::ErrorKind::PermissionDenied),
            });
        }
    };
    match blobs::digest_of(&file, digest.algorithm(), told) {
        Ok(actual) if actual == *digest => None,
        Ok(actual) => Some(Fault::Content(actual)),
        Err(error) => Some(Fault::Unreadable {
            error: error.to_string(),
            denied: false,
        }),
    }
}

/// Follows an image to all that it needs.
fn follow(folder: &Folder, image: &str, root: &Descriptor, found: &mut Findings) -> Result<()> {
    let mut next = vec![root.clone()];
    let mut seen = BTreeSet::new();
    while let Some(at) = next.pop() {
        if !seen.insert(at.digest.clone()) {
            continue;
        }
        let file = folder.blob(&at.digest).way().to_owned();
        if let Some(damage) = found.damages.get_mut(&file) {
            damage.images.insert(image.to_owned());
            continue;
        }
        match blobs::size(folder, &at.digest)? {
            None if at.media_type.is_foreign_layer() => {}
            None => found.add(file, Fault::Missing, Some(image)),
            Some(actual) if actual != at.size => {
                let expected = at.size;
                found.add(file, Fault::Size { expected, actual }, Some(image));
            }
            Some(_) if at.media_type.is_manifest() => match blobs::manifest(folder, &at) {
                Ok(manifest) => next.extend(manifest.blobs().chain(manifest.children()).cloned()),
                // Deleted or spoilt just now; the next check tells.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Mismatch) => {}
                Err(error) => found.add(file, Fault::NoManifest(error.cause().root_cause().to_string()), Some(image)),
            },
            Some(_) => {}
        }
    }
    Ok(())
}

/// Drops what is worthless, while nobody else uses the layout. What is damaged may have been replaced meanwhile, so it is
/// looked at again.
fn mend(folder: &Folder, checked: &mut Checked) -> Result<()> {
    let _lock = folder.lock_index()?;
    let Some(_alone) = folder.alone()? else {
        checked.kept_in_use = true;
        return Ok(());
    };
    let names_told = !checked.damages.iter().any(|damage| matches!(damage.fault, Fault::Names(_)));
    for damage in &mut checked.damages {
        let path = folder.below(&damage.file);
        damage.repaired = match &damage.fault {
            Fault::Missing => true,
            // Without names nobody could tell a layout from something else.
            Fault::Mark(_) if names_told => folder.mark().map(|()| true)?,
            fault if fault.is_worthless() => still_worthless(folder, &path) && drop_file(&path)?,
            _ => false,
        };
    }
    Ok(())
}

/// Is a file still damaged, now that nobody else can replace it?
fn still_worthless(folder: &Folder, path: &Below) -> bool {
    if !path.way().starts_with(folder.blobs().way()) {
        return true;
    }
    let algorithm = path.folder();
    let algorithm = algorithm.way().file_name().unwrap_or_default().to_string_lossy();
    let hex = path.way().file_name().unwrap_or_default().to_string_lossy();
    let digest: Option<Digest> = format!("{algorithm}:{hex}").parse().ok();
    digest.is_none_or(|digest| fault(folder, &digest, &|_| ()).is_some_and(|fault| fault.is_worthless()))
}

/// Removes a file, a link or an empty folder. `false` for a folder with something in it: that is not ours.
fn drop_file(path: &Below) -> Result<bool> {
    let is_folder = blobs::look(path)?.is_some_and(|found| found.kind == Kind::Folder);
    let removed = if is_folder { path.remove_folder() } else { path.remove() };
    match removed {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
        Err(error) => Err(failed("delete", path.path())(error)),
    }
}

fn kind(found: Kind) -> &'static str {
    match found {
        Kind::File => "a file",
        Kind::Folder => "a folder",
        Kind::Link => "a symbolic link",
        Kind::Pipe => "a pipe",
        Kind::Socket => "a socket",
        Kind::Device => "a device",
    }
}
