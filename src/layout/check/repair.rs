//! Dropping what is damaged, so that the next pull fetches it.
//!
//! What is worthless is told by hashes alone, so nothing good is ever dropped. Names are kept: nobody could give them back.

use std::io;

use crate::below::{Below, Kind};
use crate::layout::blobs;
use crate::layout::check::damage::{Checked, Fault};
use crate::layout::check::reading::fault;
use crate::layout::folder::{Folder, failed};
use crate::oci::Digest;
use crate::store::Result;

/// Drops what is worthless, while nobody else uses the layout. What is damaged may have been replaced meanwhile, so it is
/// looked at again.
pub(super) fn mend(folder: &Folder, checked: &mut Checked) -> Result<()> {
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
