//! `lugger export`: the root filesystem of an image, as an archive or a folder.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal as _};
use std::path::{self, Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use lugger::files;
use lugger::layout::{self, Layout};
use lugger::oci::{Descriptor, Manifest, Platform, Selection};
use lugger::reference::Reference;
use lugger::rootfs::{self, Layer, Lost, Rootfs, Stop, Wanted};
use lugger::store::{Body, Chosen, ErrorKind, Held, Named, Result, Sink};
use lugger::transfer::{copy, resolve};

use crate::cli::args::Export;
use crate::cli::context::{Context, Transfer};
use crate::cli::ends::Origin;
use crate::cli::failure::{Cannot, Usage};
use crate::cli::output::Stream;
use crate::cli::packed::Unpacking;
use crate::cli::place::Place;
use crate::cli::progress::Direction;

pub(crate) async fn run(context: &Context, arguments: &Export) -> anyhow::Result<()> {
    let target = Target::of(arguments)?;
    let transfer = context.transfer(Direction::Pull, false);
    let lost = export(&transfer, arguments, target)
        .await
        .with_context(|| cannot(&arguments.place))?;
    warn(&transfer, lost);
    transfer.finish();
    Ok(())
}

fn cannot(place: &Place) -> Cannot {
    match place {
        Place::Registry(reference) => Cannot::with("export", reference),
        other => Cannot::plainly(format!("cannot export `{other}`")),
    }
}

async fn export(transfer: &Transfer<'_>, arguments: &Export, target: Target) -> anyhow::Result<Lost> {
    let (layout, image) = find(transfer, arguments).await?;
    let layers = image.layers().to_vec();
    let compressed = layers.iter().fold(0_u64, |sum, layer| sum.saturating_add(layer.size));
    let limit = arguments.max_size.unwrap_or_else(|| rootfs::usual_limit(compressed));
    let devices = arguments.devices;
    let (watch, watched) = Watch::new(&target);
    let work = move || {
        // All of it goes with the work, not only what is used here.
        let watched = watched;
        unpack(&layout, &layers, limit, &watched.stop, &target, Wanted { devices })
    };
    let outcome = tokio::task::spawn_blocking(work).await?;
    drop(watch);
    outcome
}

/// Kept by whoever waits for the work. An interrupt drops it, and then nothing half done may be left behind.
struct Watch {
    stop: Arc<Stop>,
    /// Ends with the work, where it is waited for.
    done: Option<Receiver<()>>,
}

/// Kept by the work itself.
struct Watched {
    stop: Arc<Stop>,
    _done: Sender<()>,
}

impl Watch {
    /// A pipe whose reader stands still would be waited for without end, and has nothing that could be cleared away.
    fn new(target: &Target) -> (Self, Watched) {
        let stop = Arc::new(Stop::default());
        let (sender, done) = channel();
        let done = matches!(target, Target::File(_) | Target::Folder(_)).then_some(done);
        let watched = Watched {
            stop: Arc::clone(&stop),
            _done: sender,
        };
        (Self { stop, done }, watched)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(done) = &self.done {
            // Nothing is ever sent: this ends when the other side is gone.
            let _ = done.recv();
        }
    }
}

/// Where the root filesystem shall be.
enum Target {
    Stdout,
    /// Something that is there and no regular file, such as a named pipe: it is written to as it is.
    Through(PathBuf),
    File(PathBuf),
    Folder(PathBuf),
}

impl Target {
    /// Refuses early what could not be written.
    fn of(arguments: &Export) -> anyhow::Result<Self> {
        if let Some(folder) = &arguments.to {
            rootfs::check_place(folder).with_context(|| cannot(&arguments.place))?;
            return Ok(Self::Folder(folder.clone()));
        }
        let Some(file) = arguments.output.as_ref().filter(|file| file.as_os_str() != "-") else {
            if io::stdout().is_terminal() {
                let way_out = "an archive is not written to a terminal; use `-o FILE`, `--to DIR` or a pipe";
                return Err(Usage(way_out.to_owned()).into());
            }
            return Ok(Self::Stdout);
        };
        match fs::metadata(file) {
            Ok(found) if found.is_dir() => Err(Usage(format!("{} is a folder; `--to` writes one", file.display())).into()),
            Ok(found) if !found.is_file() => Ok(Self::Through(file.clone())),
            _ => Ok(Self::File(path::absolute(file)?)),
        }
    }
}

/// The archive or folder that could not be made; why is told by the cause.
#[derive(Debug, thiserror::Error)]
#[error("cannot make {}", .0.display())]
pub(crate) struct Unmade(PathBuf);

/// Everything that blocks: nothing is written before all layers are verified and read.
fn unpack(
    layout: &Layout,
    layers: &[Descriptor],
    limit: u64,
    stop: &Stop,
    target: &Target,
    wanted: Wanted,
) -> anyhow::Result<Lost> {
    let open = |layer: &Descriptor| {
        Ok(Layer {
            digest: layer.digest.clone(),
            file: layout.verified_blob(layer)?,
        })
    };
    let layers = layers.iter().map(open).collect::<Result<_>>()?;
    let rootfs = Rootfs::read(layers, limit, stop)?;
    match target {
        Target::Stdout => {
            let stream = Stream::open()?;
            let written = rootfs.to_archive(stream.clone());
            // A failure of stdout goes before whatever was made of it.
            match stream.unwritten() {
                Some(unwritten) => Err(unwritten.into()),
                None => written.map(|_| Lost::default()),
            }
        }
        Target::Through(path) => {
            let written = OpenOptions::new().write(true).open(path).map_err(anyhow::Error::from);
            let written = written.and_then(|file| rootfs.to_archive(file));
            written.map(|_| Lost::default()).context(Unmade(path.clone()))
        }
        Target::File(path) => {
            let written = to_file(&rootfs, path);
            written.map(|()| Lost::default()).context(Unmade(path.clone()))
        }
        Target::Folder(path) => rootfs.to_folder(path, wanted).context(Unmade(path.clone())),
    }
}

/// The file appears when it is whole.
fn to_file(rootfs: &Rootfs, path: &Path) -> anyhow::Result<()> {
    let aside = files::Aside::of(path)?;
    let length = rootfs.to_archive(aside.output()?)?.metadata()?.len();
    Ok(aside.keep(length)?)
}

/// The image for one platform, and the layout that has its layers.
async fn find(transfer: &Transfer<'_>, arguments: &Export) -> anyhow::Result<(Layout, Manifest)> {
    let store = &transfer.context.store;
    let platform = arguments.platform.as_ref();
    let (layout, image) = match &arguments.place {
        Place::Directory { path, name } => {
            let layout = Layout::at(path.clone());
            let image = resolve(&layout.image(name.clone()), &selection(platform)).await?.root;
            (layout, image)
        }
        Place::Store(reference) => {
            let source = store.image(Some(transfer.context.name_in_store(reference)?));
            (store.clone(), resolve(&source, &selection(platform)).await?.root)
        }
        Place::Registry(reference) => match in_store(transfer.context, reference, platform).await? {
            Some(image) => (store.clone(), image),
            None => (store.clone(), fetch(transfer, arguments).await?),
        },
        Place::Archive { .. } | Place::Daemon(_) => (store.clone(), fetch(transfer, arguments).await?),
    };
    anyhow::ensure!(!image.is_index(), "it is an index in an index, and no image");
    warn_of_other_platform(transfer, &layout, &image, platform)?;
    Ok((layout, image))
}

fn selection(platform: Option<&Platform>) -> Selection {
    Selection::Platforms(vec![platform.cloned().unwrap_or_else(Platform::host)])
}

/// The image as the store has it; `None` if it lacks it, a part of it, or this platform.
async fn in_store(context: &Context, reference: &Reference, platform: Option<&Platform>) -> Result<Option<Manifest>> {
    let name = match context.name_in_store(reference) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        name => name?,
    };
    let source = context.store.image(Some(name));
    if source.current().await?.is_none() {
        return Ok(None);
    }
    let image = match resolve(&source, &selection(platform)).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        resolved => resolved?.root,
    };
    let is_other = is_other(&context.store, &image, platform)?;
    Ok(is_other.is_none().then_some(image))
}

/// The platform of an image that is none of what was asked for.
fn is_other(layout: &Layout, image: &Manifest, wanted: Option<&Platform>) -> Result<Option<Platform>> {
    let offered = layout.config(image)?.and_then(|config| config.platform());
    Ok(offered.filter(|offered| wanted.is_some_and(|wanted| wanted.fit(offered).is_none())))
}

/// A name without an index has one image, whatever platform is asked for; it is taken, but not silently.
fn warn_of_other_platform(transfer: &Transfer<'_>, layout: &Layout, image: &Manifest, wanted: Option<&Platform>) -> Result<()> {
    if let Some(platform) = is_other(layout, image, wanted)? {
        transfer.warn(&format!("the image is for {platform}; there is no other"));
    }
    Ok(())
}

/// Fetches an image into the store, where it gets no name: the next `prune` drops it.
async fn fetch(transfer: &Transfer<'_>, arguments: &Export) -> anyhow::Result<Manifest> {
    let source = Origin::at(transfer.context, &arguments.place, Unpacking::usual()).await?;
    let sink = Unnamed {
        image: transfer.context.store.image(None),
        root: Mutex::default(),
    };
    let options = transfer.options(source.selection(selection(arguments.platform.as_ref())), &arguments.pace);
    copy(&source, &sink, &options).await?;
    let root = sink.root.into_inner().unwrap_or_else(PoisonError::into_inner);
    root.context("the image was not fetched")
}

/// The store for an image that gets no name there.
struct Unnamed {
    image: layout::Image,
    root: Mutex<Option<Manifest>>,
}

impl Sink for Unnamed {
    async fn current(&self) -> Result<Option<Named>> {
        Ok(None)
    }

    async fn expect(&self, blobs: &[Descriptor]) -> Result<()> {
        self.image.expect(blobs).await
    }

    async fn held(&self, blob: &Descriptor) -> Result<Held> {
        self.image.held(blob).await
    }

    async fn look(&self, blob: &Descriptor) -> Result<Held> {
        self.image.look(blob).await
    }

    async fn put_blob(&self, blob: &Descriptor, offset: u64, body: Body) -> Result<()> {
        self.image.put_blob(blob, offset, body).await
    }

    async fn put_manifest(&self, manifest: &Manifest) -> Result<()> {
        self.image.put_manifest(manifest).await
    }

    async fn publish(&self, root: &Manifest, _: Option<&Chosen>) -> Result<()> {
        self.image.put_manifest(root).await?;
        *self.root.lock().unwrap_or_else(PoisonError::into_inner) = Some(root.clone());
        Ok(())
    }
}

/// What the folder has not of the image, a line for each kind.
fn warn(transfer: &Transfer<'_>, lost: Lost) {
    let kinds = [
        (lost.devices, "device nodes were left out; root gets them with `--devices`"),
        (
            lost.owners,
            "files have another owner in the image; only root can give them away",
        ),
        (lost.set_ids, "programs no longer run as somebody else; only root keeps that"),
        (
            lost.xattrs,
            "extended attributes were left out; the disk or your rights do not take them",
        ),
    ];
    for (count, what) in kinds.into_iter().filter(|(count, _)| *count > 0) {
        transfer.warn(&format!("{count} {what}"));
    }
}
