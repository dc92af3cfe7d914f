//! What the page of the program says beyond its help. It is written as the help is: a heading, and rows of a word and what it
//! stands for.

/// The files that are read and written.
pub(super) const FILES: &str = "\
Files:
  ~/.local/share/lugger   images, unless LUGGER_STORE or --store says where: an OCI image layout that other tools
      read as it stands, with partial/ for unfinished blobs, uploads/ for begun uploads, and facts/ for what lists of tags
      have learned
  ~/.docker/config.json   logins, which docker shares, and the credential helpers it names
  $XDG_RUNTIME_DIR/containers/auth.json   logins of podman, also in ~/.config/containers/auth.json
  ~/.dockercfg   logins of docker, from long ago
  ~/.config/lugger/certs.d   a folder with a hosts.toml for each registry: mirrors, certificates, headers; else those
      in /etc/containerd/certs.d and /etc/docker/certs.d
  ~/.config/lugger/realms   the token server to which logins of each registry have gone so far
  ~/.cache/lugger/completion   what completion has learned, for a minute";

/// The variables that are obeyed.
pub(super) const ENVIRONMENT: &str = "\
Environment:
  LUGGER_STORE   the folder of images
  DOCKER_CONFIG   the folder of docker's config.json
  DOCKER_AUTH_CONFIG   logins, as the JSON text itself; they come first
  REGISTRY_AUTH_FILE   a file of logins, instead of podman's own two
  XDG_RUNTIME_DIR   where podman keeps logins of the session
  XDG_CONFIG_HOME   where settings lie, instead of ~/.config
  XDG_CACHE_HOME   where that lies which can be found out again, instead of ~/.cache
  XDG_DATA_HOME   where the folder of images lies, instead of ~/.local/share
  DOCKER_HOST   where Docker Engine listens, as unix:///path
  SOURCE_DATE_EPOCH   the time that files in what is made shall not be younger than, in seconds since 1970
  PATH   where credential helpers are, in folders that are absolute
  HTTPS_PROXY   the proxy to use; HTTP_PROXY, ALL_PROXY and NO_PROXY, and in small letters
  SSL_CERT_FILE   the certificate authorities to trust instead of the system's; SSL_CERT_DIR for a folder of them
  NO_COLOR   no colours";
