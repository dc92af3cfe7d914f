//! `lugger push`: from the store to the registry that the name says, under that name and further tags.

mod further;
mod versions;

use anyhow::Context as _;
use lugger::oci::{Digest, Selection};
use lugger::reference::{Reference, TagOrDigest};
use lugger::registry::Repository;
use lugger::store::Source as _;
use lugger::transfer::{Copied, copy, foresee, resolve};

use crate::cli::args::{Pace, Push};
use crate::cli::context::{Context, Transfer};
use crate::cli::digest_file::DigestFile;
use crate::cli::ends::Origin;
use crate::cli::failure::{Cannot, Usage};
use crate::cli::forecast::{Forecast, Journey, refuse_packed};
use crate::cli::output;
use crate::cli::packed::Unpacking;
use crate::cli::place::Place;
use crate::cli::progress::Direction;
use crate::cli::push::further::{Tagging, refuse_two_for_one, same};

pub(crate) use further::Further;

pub(crate) async fn run(context: &Context, arguments: &Push) -> anyhow::Result<()> {
    if arguments.from.is_some() && arguments.references.len() > 1 {
        return Err(Usage("`--from` is for one image".to_owned()).into());
    }
    refuse_two_for_one(arguments)?;
    let unpacking = arguments.packed.unpacking()?;
    let mut sendings = Vec::new();
    for reference in &arguments.references {
        for image in meant(context, arguments, reference)? {
            let from = match &arguments.from {
                Some(place) => place.named_after(&image),
                None => Place::Store(image.clone()),
            };
            let further = Further::of(arguments, &image)?;
            sendings.push(Sending {
                from,
                reference: image,
                further,
                pace: &arguments.pace,
                unpacking,
                quiet: arguments.quiet,
            });
        }
    }
    if arguments.outcome.dry_run {
        return foretell(context, arguments, &sendings).await;
    }
    let mut digests = DigestFile::at(arguments.outcome.digest_file.as_deref())?;
    for sending in &sendings {
        digests.add(&sending.send(context).await?);
    }
    digests.keep()
}

/// The image itself, or all tags that the store has of its repository.
fn meant(context: &Context, arguments: &Push, reference: &Reference) -> anyhow::Result<Vec<Reference>> {
    if !arguments.all_tags {
        return Ok(vec![reference.clone()]);
    }
    if !reference.is_defaulted() {
        return Err(Usage("a tag or digest cannot be used with --all-tags".to_owned()).into());
    }
    let images = context.store.images().with_context(|| Cannot::with("push", reference))?;
    let names = images
        .iter()
        .filter_map(|image| image.name.as_ref()?.as_str().parse::<Reference>().ok());
    let tagged: Vec<Reference> = names
        .filter(|name| name.repository() == reference.repository() && name.digest().is_none())
        .collect();
    if tagged.is_empty() {
        // The same words as for one image, and the same exit code.
        context
            .name_in_store(reference)
            .with_context(|| Cannot::with("push", reference))?;
    }
    Ok(tagged)
}

async fn foretell(context: &Context, arguments: &Push, sendings: &[Sending<'_>]) -> anyhow::Result<()> {
    let mut forecast = Forecast::default();
    for sending in sendings {
        let cannot = || Cannot::with("push", &sending.reference);
        sending.foretell(context, &mut forecast).await.with_context(cannot)?;
    }
    forecast.finish(arguments.outcome.format)
}

/// One image on its way up.
pub(crate) struct Sending<'a> {
    pub(crate) from: Place,
    pub(crate) reference: Reference,
    pub(crate) further: Further,
    pub(crate) pace: &'a Pace,
    pub(crate) unpacking: Unpacking,
    pub(crate) quiet: bool,
}

impl Sending<'_> {
    /// Sends it, sets its further tags, and says what it came to.
    pub(crate) async fn send(&self, context: &Context) -> anyhow::Result<Digest> {
        let reference = &self.reference;
        let transfer = context.transfer(Direction::Push, self.quiet);
        if reference.is_defaulted() {
            transfer.say("Using default tag: latest");
        }
        transfer.say(&format!("The push refers to repository [{}]", reference.repository()));
        transfer.between(&self.from, reference);
        let cannot = || Cannot::with("push", reference);
        let repository = context.network.repository(reference.repository()).with_context(cannot)?;
        let source = Origin::at(context, &self.from, self.unpacking).await.with_context(cannot)?;
        let sent = self.carry(&transfer, &source, &repository).await.with_context(cannot)?;
        transfer.finish();
        self.say(&reference.at(), &sent)?;
        self.tag(context, &source, &repository, &sent).await?;
        if self.quiet {
            output::line(&format!("{}@{}", reference.repository(), sent.digest))?;
        }
        Ok(sent.digest)
    }

    /// Says what sending it would move.
    async fn foretell(&self, context: &Context, forecast: &mut Forecast) -> anyhow::Result<()> {
        refuse_packed(&self.from)?;
        let (reference, transfer) = (&self.reference, context.transfer(Direction::Push, true));
        let repository = context.network.repository(reference.repository())?;
        let source = Origin::at(context, &self.from, self.unpacking).await?;
        let options = transfer.options(source.selection(Selection::All), self.pace);
        let foreseen = foresee(&source, &repository.image(reference.at()), &options).await?;
        transfer.finish();
        let tags = self.further.tags(context, &repository).await?;
        let journey = Journey {
            source: self.from.to_string(),
            target: reference.to_string(),
            shelf: reference.repository().to_string(),
            cannot: Cannot::with("push", reference),
        };
        let digest = foreseen.root.clone();
        forecast.add(journey, &tags, &digest, foreseen);
        Ok(())
    }

    async fn carry(&self, transfer: &Transfer<'_>, source: &Origin, repository: &Repository) -> anyhow::Result<Sent> {
        let sink = repository.image(self.reference.at());
        let options = transfer.options(source.selection(Selection::All), self.pace);
        let Copied { root: digest, size, .. } = copy(source, &sink, &options).await?;
        let size = match size {
            Some(size) => size,
            None => source.root().await?.size(),
        };
        Ok(Sent { digest, size })
    }

    async fn tag(&self, context: &Context, source: &Origin, repository: &Repository, sent: &Sent) -> anyhow::Result<()> {
        let left = self.further.tags(context, repository).await?;
        if left.is_empty() {
            return Ok(());
        }
        let pushed = resolve(source, &source.selection(Selection::All)).await?;
        let manifest = same(pushed.root, &sent.digest)?;
        let mut tagging = Tagging {
            repository,
            set: vec![self.reference.at()],
            left,
        };
        while let Some(at) = tagging.next(&manifest).await? {
            self.say(&at, sent)?;
        }
        Ok(())
    }

    /// A line for each name that the image has now.
    fn say(&self, at: &TagOrDigest, sent: &Sent) -> anyhow::Result<()> {
        if self.quiet {
            return Ok(());
        }
        let Sent { digest, size } = sent;
        Ok(output::line(&format!("{at}: digest: {digest} size: {size}"))?)
    }
}

/// What was sent.
struct Sent {
    digest: Digest,
    size: u64,
}
