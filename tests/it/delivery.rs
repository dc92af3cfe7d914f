//! What `dist/` makes of a built program: an archive and a Debian package that hold what they should, where it is looked for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::command::Lugger;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a program that must not fail, and gives what it prints.
fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// The program under test, packed. It is not compressed as in a release, and has no symbols: both take longer than the rest.
struct Packed(TempDir);

impl Packed {
    fn new() -> Self {
        let packed = Self(tempfile::tempdir().unwrap());
        let stripped = packed.path("lugger");
        run(Command::new("strip")
            .args(["-o"])
            .arg(&stripped)
            .arg(env!("CARGO_BIN_EXE_lugger")));
        packed.again("out", "022");
        packed
    }

    /// Packs it once more, as somebody with other habits.
    fn again(&self, out: &str, umask: &str) {
        let script = format!("umask {umask} && exec \"$@\"");
        let mut pack = Command::new("bash");
        pack.args(["-c", &script, "bash"]).arg(project().join("dist/pack.sh"));
        pack.arg(self.path("lugger")).arg(self.path(out)).current_dir(self.0.path());
        pack.env("SOURCE_DATE_EPOCH", "1700000000")
            .env("DPKG_DEB_COMPRESSOR_TYPE", "none");
        pack.env("TZ", out);
        run(&mut pack);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn archive(&self) -> PathBuf {
        self.path(&format!("out/lugger-{VERSION}-x86_64-linux.tar.gz"))
    }

    fn package(&self) -> PathBuf {
        self.path(&format!("out/lugger_{VERSION}_amd64.deb"))
    }

    /// What `dpkg -i` would put on the disk.
    fn installed(&self) -> PathBuf {
        let root = self.path("root");
        run(Command::new("dpkg-deb").arg("-x").arg(self.package()).arg(&root));
        root
    }
}

/// The files below a folder, by their paths in it.
fn files(root: &Path) -> BTreeSet<String> {
    let listed = run(Command::new("find")
        .args([".", "-type", "f", "-printf", "%P\\n"])
        .current_dir(root));
    listed.lines().map(str::to_string).collect()
}

fn pages(lugger: &Lugger) -> Vec<String> {
    lugger.args(["man", "--to", "man"]).ok();
    files(&lugger.home().join("man")).into_iter().collect()
}

/// To pack takes seconds, so one packing is looked at from all sides.
#[test]
fn what_is_packed_is_whole_runs_is_found_where_it_is_looked_for_and_is_the_same_each_time() {
    let packed = Packed::new();
    let root = packed.installed();
    holds_the_program_and_all_that_belongs_to_it(&packed, &root);
    runs_and_is_found_by_man_and_the_shells(&root);
    is_known_to_debian(&packed, &root);
    is_the_same_each_time(&packed);
}

fn holds_the_program_and_all_that_belongs_to_it(packed: &Packed, root: &Path) {
    let lugger = Lugger::new();
    let pages = pages(&lugger);

    let fixed = "usr/bin/lugger usr/share/bash-completion/completions/lugger usr/share/zsh/vendor-completions/_lugger \
                 usr/share/fish/vendor_completions.d/lugger.fish usr/share/lintian/overrides/lugger";
    let documents = "copyright changelog.gz CHANGELOG.md.gz README.md.gz THIRD-PARTY.txt.gz";
    let mut expected: BTreeSet<String> = fixed.split(' ').map(str::to_string).collect();
    expected.extend(documents.split(' ').map(|name| format!("usr/share/doc/lugger/{name}")));
    expected.extend(pages.iter().map(|page| format!("usr/share/man/man1/{page}.gz")));
    assert_eq!(files(root), expected);

    let top = format!("lugger-{VERSION}-x86_64-linux");
    let fixed = "lugger README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT THIRD-PARTY.txt completions/lugger.bash \
                 completions/_lugger completions/lugger.fish completions/_lugger.ps1 completions/lugger.elv";
    let mut expected: BTreeSet<String> = fixed.split(' ').map(str::to_string).collect();
    expected.extend(pages.iter().map(|page| format!("man/man1/{page}")));
    run(Command::new("tar")
        .arg("-xzf")
        .arg(packed.archive())
        .arg("-C")
        .arg(packed.path("")));
    assert_eq!(files(&packed.path(&top)), expected);

    run(Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(packed.path("out")));
}

fn runs_and_is_found_by_man_and_the_shells(root: &Path) {
    let program = root.join("usr/bin/lugger");
    let lugger = Lugger::of(program.to_str().unwrap());
    assert_eq!(lugger.args(["--version"]).ok().stdout, format!("lugger {VERSION}\n"));
    assert_eq!(lugger.args(["images", "--format", "json"]).ok().stdout, "[]\n");

    let manual = root.join("usr/share/man");
    for page in pages(&lugger) {
        let name = page.strip_suffix(".1").unwrap();
        let found = run(Command::new("man").arg("-M").arg(&manual).args(["-w", "1", name]));
        assert_eq!(Path::new(found.trim()), manual.join(format!("man1/{page}.gz")));
    }
    let shown = run(Command::new("man")
        .arg("-M")
        .arg(&manual)
        .arg("lugger-pull")
        .env("MANWIDTH", "80"));
    assert!(shown.contains("SYNOPSIS"), "{shown}");

    let scripts = [
        ("bash", "bash-completion/completions/lugger"),
        ("zsh", "zsh/vendor-completions/_lugger"),
        ("fish", "fish/vendor_completions.d/lugger.fish"),
    ];
    for (shell, place) in scripts {
        let kept = fs::read_to_string(root.join("usr/share").join(place)).unwrap();
        assert_eq!(kept, lugger.args(["completion", shell]).ok().stdout, "{shell}");
    }
}

fn is_the_same_each_time(packed: &Packed) {
    packed.again("again", "077");
    let names = files(&packed.path("out"));
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(files(&packed.path("again")), names);
    for name in names {
        let [first, second] = ["out", "again"].map(|folder| fs::read(packed.path(folder).join(&name)).unwrap());
        assert!(first == second, "{name} differs");
    }
}

fn is_known_to_debian(packed: &Packed, root: &Path) {
    let fields = ["Package", "Version", "Architecture"];
    let told = run(Command::new("dpkg-deb").arg("-f").arg(packed.package()).args(fields));
    assert_eq!(told, format!("Package: lugger\nVersion: {VERSION}\nArchitecture: amd64\n"));
    let owners = run(Command::new("dpkg-deb").arg("-c").arg(packed.package()));
    let odd = owners.lines().find(|line| !line.contains(" root/root "));
    assert_eq!(odd, None);
    let sums = run(Command::new("dpkg-deb").args(["--info"]).arg(packed.package()).arg("md5sums"));
    fs::write(root.join("sums"), sums).unwrap();
    run(Command::new("md5sum").args(["--check", "--strict", "sums"]).current_dir(root));
    let log = run(Command::new("zcat").arg(root.join("usr/share/doc/lugger/changelog.gz")));
    assert!(log.ends_with("Tue, 14 Nov 2023 22:13:20 +0000\n"), "{log}");
}

/// The crates of the program for this target, as cargo says it without being asked by the recipe.
fn linked() -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args("tree --locked --offline --target x86_64-unknown-linux-musl --edges normal".split(' '));
    let listed = run(tree.args(["--prefix", "none", "--format", "{p} {l}"]).current_dir(project()));
    let crates = listed.lines().filter(|line| !line.is_empty() && !line.starts_with("lugger "));
    crates
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ").replacen(" v", " ", 1))
        .collect()
}

fn licenses(folder: &Path) -> Command {
    let mut licenses = Command::new("python3");
    licenses.arg(project().join("dist/licenses.py")).current_dir(folder);
    licenses
}

#[test]
fn the_licence_of_everything_that_is_linked_in_is_there_with_its_text() {
    let told = run(&mut licenses(project()));
    let (list, texts) = told.split_once("\n====").unwrap();
    let listed: BTreeSet<String> = list
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_once(": "))
        .map(|(name, _)| name.to_string())
        .filter(|name| !matches!(name.as_str(), "musl" | "Rust's standard library"))
        .collect();
    assert_eq!(listed, linked());
    let heads: BTreeSet<&str> = texts
        .split(&"=".repeat(100))
        .flat_map(|head| head.trim().split(", "))
        .collect();
    for name in listed.iter().map(String::as_str).chain(["musl", "Rust's standard library"]) {
        assert!(heads.contains(name), "no text of {name}");
    }
    // Those of the C code in crates, and of what no crate names.
    for words in [
        "Mozilla",
        "Copyright (c) Meta Platforms",
        "OpenSSL",
        "Rich Felker",
        "The Rust Project Developers",
    ] {
        assert!(texts.contains(words), "nothing says `{words}`");
    }
}

#[test]
fn a_dependency_without_the_text_of_its_licence_stops_the_recipe() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let manifest =
        |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\n{rest}");
    write("Cargo.toml", &manifest("app", "[dependencies]\nbare = \"1\"\n[workspace]\n"));
    write("src/lib.rs", "");
    write("crates/bare/Cargo.toml", &manifest("bare", "license = \"MIT\"\n"));
    write("crates/bare/src/lib.rs", "");
    write("crates/bare/.cargo-checksum.json", "{\"files\":{}}");
    write(
        ".cargo/config.toml",
        "[source.crates-io]\nreplace-with = \"here\"\n[source.here]\ndirectory = \"crates\"\n",
    );
    run(Command::new(env!("CARGO"))
        .args(["generate-lockfile", "--offline"])
        .current_dir(folder.path()));
    let output = licenses(folder.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && stderr.contains("no licence text in bare 1.0.0"),
        "{stderr}"
    );

    write("crates/bare/LICENSE", "Do as you like.");
    assert!(run(&mut licenses(folder.path())).contains("Do as you like."));
}
