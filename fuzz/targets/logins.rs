//! Docker's `config.json`. What is put in is found again after the file was written and read; what is taken out is gone;
//! no key that is handed to a helper can be two lines.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lugger::credentials::Credential;
use lugger::credentials::fuzzing::File;
use lugger::reference::RegistryName;
use lugger::secret::Secret;

const REGISTRIES: [&str; 3] = ["docker.io", "registry.example:5000", "gcr.io"];

fn again(file: &File) -> File {
    File::parse(&file.print().unwrap()).unwrap_or_else(|error| panic!("{error}"))
}

fuzz_target!(|bytes: &[u8]| {
    for name in REGISTRIES {
        let Ok(mut file) = File::parse(bytes) else { return };
        let registry: RegistryName = name.parse().unwrap();
        let found = file.login(&registry).ok();
        assert_eq!(again(&file).login(&registry).ok(), found);
        let _ = file.repository_login(&registry, "team/app");
        for server in file.servers(&registry).unwrap_or_default() {
            assert!(!server.contains(char::is_control), "{server:?}");
        }
        // A login that was read can be written, under another key. NULs at the end are no part of a password: docker fills
        // up with them.
        let readable = |credential: &Credential| match credential {
            Credential::Password { password, .. } => !password.expose().ends_with('\0'),
            _ => true,
        };
        let found = found.flatten().map(|(_, credential)| credential).filter(readable);
        let credential = found.unwrap_or(Credential::Password {
            username: "ann".to_owned(),
            password: Secret::new("hunter2"),
        });
        if file.put(&registry, &credential).is_ok() {
            let (key, stored) = again(&file).login(&registry).unwrap().unwrap();
            assert_eq!((key.as_str(), &stored), (registry.credential_key(), &credential));
            assert!(file.remove(&registry).unwrap());
            assert_eq!(again(&file).login(&registry).unwrap(), None);
        }
    }
});
