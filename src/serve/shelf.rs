//! The images of the store by their repositories, sorted anew only when names have come or gone: a request for one of
//! thousands of images would otherwise read the names of all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::layout::{Entry, Layout, RefName};
use crate::oci::Descriptor;
use crate::reference::{Reference, RepositoryName};
use crate::store::Result;

/// One image that has a full name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) reference: Reference,
    pub(super) descriptor: Descriptor,
    pub(super) name: RefName,
}

/// All images with full names.
#[derive(Debug, Default)]
pub(super) struct Images(HashMap<RepositoryName, Vec<Named>>);

impl Images {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut images = Self::default();
        for named in entries.iter().filter_map(Named::of) {
            let repository = named.reference.repository().clone();
            images.0.entry(repository).or_default().push(named);
        }
        images
    }

    /// Those of one repository, in the order of the store.
    pub(super) fn within(&self, repository: &RepositoryName) -> &[Named] {
        self.0.get(repository).map_or(&[], Vec::as_slice)
    }

    /// Every repository that has any.
    pub(super) fn repositories(&self) -> impl Iterator<Item = &RepositoryName> {
        self.0.keys()
    }
}

impl Named {
    fn of(entry: &Entry) -> Option<Self> {
        let name = entry.name.clone()?;
        Some(Self {
            reference: name.full()?,
            descriptor: entry.descriptor.clone(),
            name,
        })
    }
}

/// The images of a store as they were last sorted.
#[derive(Default)]
pub(super) struct Shelf(Mutex<Option<Sorted>>);

#[derive(Clone)]
struct Sorted {
    entries: Arc<[Entry]>,
    images: Arc<Images>,
}

impl Shelf {
    /// The images that there are now.
    pub(super) fn images(&self, store: &Layout) -> Result<Arc<Images>> {
        let entries = store.same_images()?;
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(last) = last.filter(|last| Arc::ptr_eq(&last.entries, &entries)) {
            return Ok(last.images);
        }
        let images = Arc::new(Images::of(&entries));
        let sorted = Sorted {
            entries,
            images: Arc::clone(&images),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sorted);
        Ok(images)
    }
}
