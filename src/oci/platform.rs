//! Platforms: `os/arch[/variant]`, their many spellings, and which image of an index fits one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An operating system and a processor, as an index or a config names them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Platform {
    /// `linux`, `windows`, …
    pub os: String,
    /// `amd64`, `arm64`, … in Go's words.
    pub architecture: String,
    /// `v8`, `v7`, … or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub variant: String,
    /// The Windows build.
    #[serde(default, rename = "os.version", skip_serializing_if = "String::is_empty")]
    pub os_version: String,
}

impl Platform {
    /// The platform whose images run here: `linux` with this processor, on every host, since containers on macOS and
    /// Windows run Linux images too.
    #[must_use]
    pub fn host() -> Self {
        Self::new("linux", std::env::consts::ARCH, "").normalized()
    }

    fn new(os: &str, architecture: &str, variant: &str) -> Self {
        Self {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.to_owned(),
            os_version: String::new(),
        }
    }

    /// The one spelling of a platform that has several, as
    /// [containerd](https://github.com/containerd/platforms/blob/main/database.go) settles it.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let os = match self.os.to_ascii_lowercase().as_str() {
            "macos" => "darwin".to_owned(),
            os => os.to_owned(),
        };
        let architecture = self.architecture.to_ascii_lowercase();
        let variant = self.variant.to_ascii_lowercase();
        let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
            ("x86_64" | "x86-64" | "amd64", "" | "v1") => ("amd64", ""),
            ("x86_64" | "x86-64", variant) => ("amd64", variant),
            ("i386" | "i486" | "i586" | "i686" | "x86", _) => ("386", ""),
            ("aarch64" | "arm64", "" | "8" | "v8") => ("arm64", ""),
            ("aarch64", variant) => ("arm64", variant),
            ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
            ("armel", _) | ("arm", "6") => ("arm", "v6"),
            ("arm", "5") => ("arm", "v5"),
            ("arm", "8") => ("arm", "v8"),
            (architecture, variant) => (architecture, variant),
        };
        Self {
            os,
            architecture: architecture.to_owned(),
            variant: variant.to_owned(),
            os_version: self.os_version.clone(),
        }
    }

    /// How well an image for `offered` serves this platform: 0 is best, `None` not at all. A processor runs code for
    /// its own and for lower variants; another architecture is never chosen unasked.
    #[must_use]
    pub fn fit(&self, offered: &Self) -> Option<u32> {
        let (wanted, offered) = (self.normalized(), offered.normalized());
        if wanted.os != offered.os || wanted.architecture != offered.architecture {
            return None;
        }
        wanted.level()?.checked_sub(offered.level()?)
    }

    /// The variant as a number, the smallest where there is none; `None` for a variant without an order.
    fn level(&self) -> Option<u32> {
        let smallest = match self.architecture.as_str() {
            "arm64" => 8,
            _ => 1,
        };
        match self.variant.as_str() {
            "" => Some(smallest),
            variant => variant.strip_prefix('v')?.parse().ok(),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() {
            return Ok(());
        }
        write!(f, "/{}", self.variant)
    }
}

/// A text that is not `OS/ARCH` or `OS/ARCH/VARIANT`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no platform: write OS/ARCH or OS/ARCH/VARIANT, as in linux/arm64/v8")]
pub struct PlatformError(String);

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.split('/').collect();
        let sound = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
        match parts.as_slice() {
            [os, architecture] if parts.iter().all(sound) => Ok(Self::new(os, architecture, "")),
            [os, architecture, variant] if parts.iter().all(sound) => Ok(Self::new(os, architecture, variant)),
            _ => Err(PlatformError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn the_spellings_of_one_platform_are_one() {
        let cases = [
            ("linux/x86_64", "linux/amd64"),
            ("linux/x86-64", "linux/amd64"),
            ("linux/amd64/v1", "linux/amd64"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/i386", "linux/386"),
            ("linux/armhf", "linux/arm/v7"),
            ("linux/armel", "linux/arm/v6"),
            ("linux/arm", "linux/arm/v7"),
            ("macos/arm64", "darwin/arm64"),
            ("Linux/AMD64", "linux/amd64"),
        ];
        for (written, meant) in cases {
            assert_eq!(platform(written).normalized().to_string(), meant, "{written}");
        }
    }

    #[test]
    fn a_processor_runs_its_own_and_lower_variants_only() {
        let cases = [
            ("linux/amd64", "linux/amd64", Some(0)),
            ("linux/arm64", "linux/arm64/v8", Some(0)),
            ("linux/arm/v7", "linux/arm/v7", Some(0)),
            ("linux/arm/v7", "linux/arm/v6", Some(1)),
            ("linux/arm/v6", "linux/arm/v7", None),
            ("linux/amd64/v3", "linux/amd64", Some(2)),
            ("linux/amd64", "linux/amd64/v3", None),
            ("linux/amd64", "linux/386", None),
            ("linux/arm64", "linux/arm/v7", None),
            ("linux/amd64", "windows/amd64", None),
        ];
        for (wanted, offered, fit) in cases {
            assert_eq!(platform(wanted).fit(&platform(offered)), fit, "{wanted} on {offered}");
        }
    }

    #[test]
    fn what_is_no_platform_is_refused() {
        for text in ["", "linux", "linux/", "/amd64", "a/b/c/d", "linux/am d64"] {
            assert!(text.parse::<Platform>().is_err(), "{text:?}");
        }
    }
}
