//! curl, for images of one layer: what one plain transfer of it costs, checked by `sha256sum` where it is pulled. The
//! manifest and the config are left out, so that this is less than a tool for images has to do.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::Tool;
use crate::ground::Ground;
use crate::images::Layer;
use crate::settings::Way;

const PULL: &str = r#"
curl -sSf -o "$1" "$2"
sha256sum "$1"
"#;

const PUSH: &str = r#"
location=$(curl -sSf -X POST -D - -o /dev/null "$2" | tr -d '\r' | sed -n 's/^Location: //p')
curl -sSf -T "$1" -H 'Content-Type: application/octet-stream' "$location&digest=$3"
"#;

pub(crate) struct Curl {
    files: TempDir,
}

impl Curl {
    pub(crate) fn new() -> Self {
        Self {
            files: tempfile::tempdir().unwrap(),
        }
    }

    fn pulled(&self) -> PathBuf {
        self.files.path().join("layer")
    }
}

impl Tool for Curl {
    fn name(&self) -> &'static str {
        "curl"
    }

    fn prepare(&mut self, _: &Ground, _: Way, _: &str) {
        self.clear();
    }

    fn command(&self, ground: &Ground, way: Way, repository: &str) -> Command {
        let Layer { digest, .. } = &ground.image().layers[0];
        let blobs = format!("http://{}/v2/{repository}/blobs", ground.host());
        let (script, file, url) = match way {
            Way::Pull => (PULL, self.pulled(), format!("{blobs}/{digest}")),
            Way::Push => (PUSH, ground.image().blob(digest), format!("{blobs}/uploads/")),
        };
        let mut command = Command::new("sh");
        command.args(["-e", "-c", script, "sh"]).arg(file).args([&url, digest]);
        command
    }

    fn check(&self, ground: &Ground, way: Way, repository: &str) {
        match way {
            Way::Pull => ground.check_pulled(self.files.path()),
            Way::Push => ground.check_blobs(repository),
        }
    }

    fn clear(&mut self) {
        self.files = tempfile::tempdir().unwrap();
    }
}
