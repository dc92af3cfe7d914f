//! A whole pull, from the first question to the name in the store, from a registry that answers what the fuzzer writes.
//! A first line `all` asks for all platforms and for what refers to the image.
//!
//! Whatever comes: the pull ends, an error can be shown, and no file in the store is anything but what its name says.
//! Waits cost nothing: the clock goes on by itself whenever nothing else does.

#![no_main]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use lugger::credentials::Credentials;
use lugger::hosts::Hosts;
use lugger::journal::Journal;
use lugger::layout::Layout;
use lugger::oci::image_layout::blob_path;
use lugger::oci::{Digest, Selection};
use lugger::reference::Reference;
use lugger::registry::{Network, Notice, Notices, Pace, Trust};
use lugger::settings::LoginFiles;
use lugger::transfer::{self, Copied, Options, Progress};
use lugger_fuzz::answers::{self, HOST};
use lugger_fuzz::server::Server;
use lugger_fuzz::{assert_shown, assert_told, temporary};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::LocalSet;
use tokio::time::Instant;

/// How long a pull may take by its own clock.
const LONGEST: Duration = Duration::from_hours(24);
/// How often all tasks are looked after without a request before nothing is said to go on.
const IDLE: usize = 60;

/// What all pulls have in common.
struct Ground {
    listener: std::net::TcpListener,
    /// Logins and hosts, which nobody writes to.
    folder: TempDir,
}

impl Ground {
    fn new() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let proxy = format!("http://{}", listener.local_addr().expect("a port"));
        let folder = temporary();
        let proxies = [
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
        ]
        .map(|name| (name, proxy.as_str()));
        // The system's certificates would be read for every pull, and take most of its time.
        let certificates = [("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/nonexistent")];
        // SAFETY: no other thread has been started yet.
        unsafe {
            proxies
                .into_iter()
                .chain(certificates)
                .for_each(|(name, value)| std::env::set_var(name, value));
            ["no_proxy", "NO_PROXY", "REQUEST_METHOD"]
                .into_iter()
                .for_each(|name| std::env::remove_var(name));
        }
        let hosts = folder.path().join("hosts").join(HOST);
        fs::create_dir_all(&hosts).expect("a folder");
        fs::write(hosts.join("hosts.toml"), format!("server = \"http://{HOST}\"\n")).expect("a file");
        let login = format!(r#"{{"auths":{{"{HOST}":{{"auth":"YW5uOmh1bnRlcjI="}}}}}}"#);
        fs::write(folder.path().join("config.json"), login).expect("a file");
        Self { listener, folder }
    }

    fn network(&self, store: &Layout) -> Network {
        let logins = LoginFiles::docker(self.folder.path());
        Network::new(
            Arc::new(Credentials::new(logins, None, Vec::new())),
            Hosts::new(vec![self.folder.path().join("hosts")], PathBuf::from("/nonexistent")),
            Trust::default(),
            Notices::to(|notice| match notice {
                Notice::Remark(text) => assert_shown(text),
                Notice::Wait(wait) => assert_shown(&wait.reason),
            }),
            Pace {
                connections: 2,
                ..Pace::USUAL
            },
            Journal::at(store.uploads()),
        )
    }
}

async fn pull(ground: &Ground, store: &Layout, all: bool) -> Result<Copied, lugger::store::Error> {
    let reference: Reference = format!("{HOST}/team/app:1").parse().expect("a reference");
    let source = ground
        .network(store)
        .repository(reference.repository())?
        .image(reference.at());
    let selection = if all {
        Selection::All
    } else {
        Selection::Platforms(vec!["linux/amd64".parse().expect("a platform")])
    };
    let options = Options {
        selection,
        referrers: all,
        jobs: 2,
        limit: None,
        progress: Progress::silent(),
    };
    transfer::copy(&source, &store.image(Some((&reference).into())), &options).await
}

/// Lets time go on whenever no request comes, the faster the longer nothing happens.
async fn pass_time(server: Rc<Server>) {
    let begun = Instant::now();
    let (mut seen, mut idle, mut step) = (0, 0, Duration::from_millis(100));
    loop {
        tokio::task::yield_now().await;
        std::thread::yield_now();
        idle += 1;
        if server.requests() != seen {
            (seen, idle, step) = (server.requests(), 0, Duration::from_millis(100));
        } else if idle > IDLE {
            tokio::time::advance(step).await;
            (idle, step) = (0, (step * 2).min(Duration::from_secs(60)));
        }
        assert!(begun.elapsed() < LONGEST, "the pull does not end: {:#?}", server.last());
    }
}

/// Every file among the blobs is what its name says.
fn verified(root: &Path) -> BTreeSet<Digest> {
    let mut there = BTreeSet::new();
    for algorithm in ["sha256", "sha384", "sha512"] {
        for entry in fs::read_dir(root.join("blobs").join(algorithm))
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = format!("{algorithm}:{}", entry.file_name().to_string_lossy());
            let digest: Digest = name.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
            let content = fs::read(root.join(blob_path(&digest))).expect("a blob");
            assert_eq!(Digest::with(digest.algorithm(), &content), digest);
            there.insert(digest);
        }
    }
    there
}

fn run(input: &[u8]) {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    let ground = GROUND.get_or_init(Ground::new);
    let (all, input) = match input.strip_prefix(b"all\n") {
        Some(rest) => (true, rest),
        None => (false, input),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let folder = temporary();
    let store = Layout::at(folder.path().join("store"));
    let server = Server::new(answers::read(input));
    // While a blocking task is there, the runtime leaves the clock to us.
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let outcome = LocalSet::new().block_on(&runtime, async {
        tokio::task::spawn_blocking(move || wait.recv());
        let listener = ground.listener.try_clone().and_then(TcpListener::from_std).expect("a socket");
        tokio::task::spawn_local(Rc::clone(&server).serve(listener));
        tokio::select! {
            outcome = pull(ground, &store, all) => outcome,
            () = pass_time(Rc::clone(&server)) => unreachable!(),
        }
    });
    drop(done);
    drop(runtime);
    let there = verified(store.root());
    match outcome {
        Err(error) => assert_told(&error),
        Ok(copied) => {
            assert!(there.contains(&copied.root));
            let images = store.images().expect("names");
            assert_eq!(images.len(), 1);
            assert_eq!(images[0].descriptor.digest, copied.root);
            let root = store.manifest(&images[0].descriptor).expect("a manifest");
            for blob in root.blobs().filter(|blob| !blob.media_type.is_foreign_layer()) {
                assert!(there.contains(&blob.digest), "{} is missing", blob.digest);
            }
        }
    }
    assert_eq!(
        fs::read_dir(folder.path()).expect("a folder").count(),
        usize::from(store.root().exists())
    );
}

fuzz_target!(|input: &[u8]| run(input));
