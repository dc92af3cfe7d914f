//! What shall be different in the config of an image, and making it so. Everything else in it stays as it is.

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::oci::Digest;

/// Changes to the settings that containers of the image start with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Labels, which replace those of the same name.
    pub labels: Vec<(String, String)>,
    /// Variables, which replace those of the same name.
    pub env: Vec<(String, String)>,
    /// The program. With another one, the arguments of the one before are gone.
    pub entrypoint: Option<Vec<String>>,
    /// Its arguments, or the program.
    pub cmd: Option<Vec<String>>,
    /// Where it starts.
    pub workdir: Option<String>,
    /// As whom.
    pub user: Option<String>,
    /// Ports, as `80/tcp`.
    pub expose: Vec<String>,
    /// Folders whose content outlives a container.
    pub volumes: Vec<String>,
    /// When the image was made; when its base was, if this says nothing.
    pub created: Option<Timestamp>,
}

/// What made the image, as its history has it.
const MAKER: &str = "lugger append";

impl Changes {
    /// Would only the layers be others?
    fn leave_settings(&self) -> bool {
        let made = Self {
            created: self.created,
            ..Self::default()
        };
        *self == made
    }

    /// The config with these changes and further layers.
    ///
    /// # Errors
    /// The config is none of an image with `layers` layers.
    pub(super) fn apply(&self, config: &[u8], layers: usize, diff_ids: &[Digest]) -> anyhow::Result<Vec<u8>> {
        let mut config: Map<String, Value> = serde_json::from_slice(config)?;
        let listed = list(object(&mut config, "rootfs", "config")?, "diff_ids", "config")?;
        if listed.len() != layers {
            let count = listed.len();
            return Err(anyhow!("the config speaks of {count} layers, and the manifest has {layers}"));
        }
        listed.extend(diff_ids.iter().map(|id| json!(id)));
        if let Some(created) = self.created {
            config.insert("created".to_owned(), json!(created));
        }
        self.write_history(&mut config, diff_ids.len())?;
        self.write_settings(object(&mut config, "config", "config")?)?;
        Ok(serde_json::to_vec(&config)?)
    }

    /// One line for each layer, or one that says that only settings are others.
    fn write_history(&self, config: &mut Map<String, Value>, layers: usize) -> anyhow::Result<()> {
        let mut line = Map::from_iter([("created_by".to_owned(), json!(MAKER))]);
        if let Some(created) = config.get("created").filter(|created| created.is_string()) {
            line.insert("created".to_owned(), created.clone());
        }
        let history = list(config, "history", "config")?;
        history.extend(std::iter::repeat_n(Value::Object(line.clone()), layers));
        if !self.leave_settings() && layers == 0 {
            line.insert("empty_layer".to_owned(), json!(true));
            history.push(Value::Object(line));
        }
        Ok(())
    }

    fn write_settings(&self, settings: &mut Map<String, Value>) -> anyhow::Result<()> {
        if !self.labels.is_empty() {
            let labels = object(settings, "Labels", "config")?;
            labels.extend(self.labels.iter().map(|(name, value)| (name.clone(), json!(value))));
        }
        if !self.env.is_empty() {
            let env = list(settings, "Env", "config")?;
            for (name, value) in &self.env {
                env.retain(|line| line.as_str().is_none_or(|line| name_of(line) != name));
                env.push(json!(format!("{name}={value}")));
            }
        }
        if let Some(entrypoint) = &self.entrypoint {
            settings.insert("Entrypoint".to_owned(), json!(entrypoint));
            // The base's arguments are those of another program.
            settings.shift_remove("Cmd");
        }
        let single = [("WorkingDir", &self.workdir), ("User", &self.user)];
        for (name, value) in single.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            settings.insert(name.to_owned(), json!(value));
        }
        if let Some(cmd) = &self.cmd {
            settings.insert("Cmd".to_owned(), json!(cmd));
        }
        for (name, keys) in [("ExposedPorts", &self.expose), ("Volumes", &self.volumes)] {
            if !keys.is_empty() {
                let known = object(settings, name, "config")?;
                known.extend(keys.iter().map(|key| (key.clone(), json!({}))));
            }
        }
        Ok(())
    }
}

fn name_of(line: &str) -> &str {
    line.split_once('=').map_or(line, |(name, _)| name)
}

/// A field of a document that is an object, made if it is not there or empty.
pub(super) fn object<'a>(
    within: &'a mut Map<String, Value>,
    name: &str,
    document: &str,
) -> anyhow::Result<&'a mut Map<String, Value>> {
    let field = within.entry(name).or_insert(Value::Null);
    if field.is_null() {
        *field = json!({});
    }
    field
        .as_object_mut()
        .with_context(|| format!("`{name}` in the {document} is no object"))
}

/// A field of a document that is a list, made if it is not there or empty.
pub(super) fn list<'a>(within: &'a mut Map<String, Value>, name: &str, document: &str) -> anyhow::Result<&'a mut Vec<Value>> {
    let field = within.entry(name).or_insert(Value::Null);
    if field.is_null() {
        *field = json!([]);
    }
    field
        .as_array_mut()
        .with_context(|| format!("`{name}` in the {document} is no list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = r#"{"architecture":"arm64","os":"linux","odd":{"kept":1},"created":"2026-01-02T03:04:05Z",
        "config":{"Cmd":["bash"],"Env":["PATH=/bin","A=1"],"Labels":{"a":"1"},"OnBuild":null},
        "rootfs":{"type":"layers","diff_ids":["sha256:aa"]},"history":[{"created_by":"x"}]}"#;

    fn applied(changes: &Changes, diff_ids: &[Digest]) -> Value {
        serde_json::from_slice(&changes.apply(BASE.as_bytes(), 1, diff_ids).unwrap()).unwrap()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_layer_is_added_and_the_rest_stays() {
        let (layer, changes) = (Digest::of(b"layer"), Changes::default());
        let after = applied(&changes, std::slice::from_ref(&layer));
        assert_eq!(after["rootfs"]["diff_ids"], json!(["sha256:aa", layer]));
        let line = json!({"created_by": MAKER, "created": "2026-01-02T03:04:05Z"});
        assert_eq!(after["history"], json!([{"created_by": "x"}, line]));
        let before: Value = serde_json::from_str(BASE).unwrap();
        for kept in ["architecture", "os", "odd", "created", "config"] {
            assert_eq!(after[kept], before[kept], "{kept}");
        }
    }

    #[test]
    fn settings_replace_those_of_the_same_name() {
        let changes = Changes {
            labels: vec![pair("a", "2"), pair("b", "")],
            env: vec![pair("A", "2=3"), pair("B", "")],
            entrypoint: Some(vec!["/app".to_owned()]),
            workdir: Some("/srv".to_owned()),
            user: Some("1000:1000".to_owned()),
            expose: vec!["80/tcp".to_owned()],
            volumes: vec!["/data".to_owned()],
            created: Some(Timestamp::UNIX_EPOCH),
            cmd: None,
        };
        let after = applied(&changes, &[]);
        let expected = json!({
            "Env": ["PATH=/bin", "A=2=3", "B="], "Labels": {"a": "2", "b": ""}, "OnBuild": null, "Entrypoint": ["/app"],
            "WorkingDir": "/srv", "User": "1000:1000", "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/data": {}},
        });
        assert_eq!(after["config"], expected);
        assert_eq!(after["created"], "1970-01-01T00:00:00Z");
        assert_eq!(after["history"][1]["empty_layer"], true);
    }

    #[test]
    fn a_config_that_does_not_fit_its_manifest_is_refused() {
        let changes = Changes::default();
        for (config, layers) in [(BASE, 2), (r#"{"rootfs":[]}"#, 0), (r#"{"config":3}"#, 0), ("[]", 0), ("", 0)] {
            assert!(changes.apply(config.as_bytes(), layers, &[]).is_err(), "{config}");
        }
    }
}
