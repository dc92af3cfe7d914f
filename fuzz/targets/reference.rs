//! Names as people write them: references, repositories, registries, tags, platforms, names in a layout. What can be
//! read is printed so that it is read as the same again.

#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use lugger::layout::RefName;
use lugger::oci::Platform;
use lugger::reference::{MAX_PATH, Reference, RegistryName, RepositoryName, Tag};

fn read<T: FromStr<Err: Debug> + Display + Debug + PartialEq>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    assert_eq!(value.to_string().parse::<T>().unwrap(), value, "{text:?}");
    Some(value)
}

fuzz_target!(|text: &str| {
    if let Ok(reference) = text.parse::<Reference>() {
        let full: Reference = reference.to_string().parse().unwrap();
        assert_eq!(full.at(), reference.at());
        assert_eq!(
            (full.repository(), full.tag(), full.digest()),
            (reference.repository(), reference.tag(), reference.digest())
        );
        let familiar: Reference = reference.familiar().parse().unwrap();
        assert_eq!(familiar.to_string(), reference.to_string());
        assert_eq!(RefName::from(&reference).to_string(), reference.to_string());
        assert!(reference.to_string().is_ascii());
        assert!(reference.repository().path().len() <= MAX_PATH);
    }
    if let Some(repository) = read::<RepositoryName>(text) {
        // Of 64 hex digits, it needs a tag to be no image ID.
        let familiar = format!("{}:latest", repository.familiar());
        assert_eq!(*familiar.parse::<Reference>().unwrap().repository(), repository);
    }
    if let Some(registry) = read::<RegistryName>(text) {
        assert_eq!(RegistryName::from_login(registry.credential_key()).unwrap(), registry);
        assert!(registry.host().len() <= text.len());
    }
    if let Ok(registry) = RegistryName::from_login(text) {
        assert_eq!(RegistryName::from_login(registry.as_str()).unwrap(), registry);
    }
    read::<Tag>(text);
    read::<RefName>(text);
    if let Some(platform) = read::<Platform>(text) {
        assert_eq!(platform.normalized().normalized(), platform.normalized());
        assert_eq!(platform.fit(&platform), platform.fit(&platform.normalized()));
    }
});
