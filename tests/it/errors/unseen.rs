//! The messages that no test sees, each with the reason.

/// The longest fixed part of a message, and why no test sees it.
pub(super) const UNSEEN: &[(&str, &str)] = &[
    (
        "cannot keep the config",
        "a fault of the system at that very call: writing a config into the store",
    ),
    (
        "cannot keep the layer",
        "a fault of the system at that very call: writing a layer into the store",
    ),
    (
        "was changed while it was read",
        "a file that is changed between two reads of it",
    ),
    (
        "the file was made shorter while it was read",
        "an archive that is cut while it is read",
    ),
    ("a layer was lost", "a guard: the same loop has just put it there"),
    (
        "cannot make a file in",
        "a fault of the system at that very call: making a temporary file",
    ),
    (
        "cannot write the archive",
        "a fault of the system at that very call: writing behind the first bytes of an archive",
    ),
    (
        "an archive has no way back to the beginning of a blob",
        "a guard: the engine sends a blob to an archive once",
    ),
    ("has no name of its own", "a guard: every file has a name"),
    (
        "nothing can be copied to `",
        "a guard: every other place has been taken for one to copy to before",
    ),
    ("the image was not fetched", "a guard: the fetch before it fails first"),
    ("at path \"", "the words of a library, which are left out"),
    (
        "cannot log out",
        "a fault of the system at that very call: writing the file of logins when a login is taken out",
    ),
    (
        "cannot read the password",
        "a fault of the system at that very call: the terminal goes away while a password is typed",
    ),
    (
        "cannot read the password from stdin",
        "a fault of the system at that very call: the terminal goes away while a password is typed",
    ),
    (
        "Another lugger is using the store; `lugger prune` deletes the unused blobs when it is done",
        "two processes at one store at one moment",
    ),
    (
        "cannot save the archive",
        "a fault of the system at that very call: the rename at the end of an archive",
    ),
    (
        "a thread that compresses has ended",
        "a guard: those threads end when their queue does",
    ),
    ("there are no such sockets on this system", "Unix has them; for Windows"),
    (
        "Docker Engine takes no more",
        "the other end of the Engine's socket closes while it is written to",
    ),
    (
        "the archive was not written to its end",
        "a guard: the writer ends it or tells its own failure",
    ),
    ("cannot set up HTTP", "a guard: the library builds such a client anywhere"),
    ("bytes, and those from", "a guard: nobody goes on behind the end of a blob"),
    ("a reader has failed", "a guard: a thread of ours would have to panic"),
    (
        "bytes of the blob are there, and those from",
        "a partial file that somebody makes shorter between two looks at it",
    ),
    ("the partial file is gone", "somebody deletes it while it is being written"),
    (
        "nobody waits for the blob any more",
        "a guard: whoever waited is gone, and with them who would be told",
    ),
    (
        "another process is using the store, and blobs stay until it is done",
        "two processes at one store at one moment",
    ),
    (
        "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.artifact.manifest.v1+json;q=0.5, application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.1, application/vnd.docker.distribution.manifest.v1+json;q=0.1",
        "a header that is sent, and no message",
    ),
    ("to an HTTPS server", "the words of another program, by which it is known"),
    ("to HTTPS port", "the words of another program, by which it is known"),
    (
        "asked for bytes",
        "the engine says nothing of it and fetches the blob from its beginning",
    ),
    ("` is no URL", "a guard: names are checked before a URL is made of them"),
    (
        "(no reason given)",
        "a status that no standard names and that came without a body",
    ),
    (
        "cannot set up HTTPS",
        "a guard: a machine without certificates gets the built-in ones",
    ),
    ("tunnel error:", "the words of a library, which are left out"),
    (
        "proxy authorization required",
        "the words of a library, which others take the place of",
    ),
    (
        "no address is known for it",
        "a proxy whose own name has no address, which depends on the machine's resolver",
    ),
    ("o route to host", "the words of the system, by which it is known"),
    ("invalid HTTP status-code", "the words of a library, by which it is known"),
    (
        ", the list of referrers",
        "eight tries in vain, with waits between them that are too long for a test",
    ),
    (
        "the upload's session is gone",
        "a guard: what goes on is told to go on by the session itself",
    ),
    (
        "the layer ends in the middle of a file",
        "a guard: the reader of the tar says before that it was cut short",
    ),
    ("no device header", "a guard: the caller has looked at the kind before"),
    (
        "cannot write `",
        "a fault of the system at that very call: writing a file of a root filesystem",
    ),
    (
        "cannot set the attribute `",
        "a fault of the system at that very call: setting an extended attribute as root",
    ),
    (
        "the layer was not read",
        "a guard: it is taken from a list that the loop before has filled",
    ),
    (
        "cannot look at",
        "a fault of the system at that very call: looking at the folder that a root filesystem shall be in",
    ),
    (
        "the root of this machine is no place for an image",
        "a guard: that folder is never empty, which is told before",
    ),
    (
        "cannot move the folder to",
        "a fault of the system at that very call: the rename at the end of a root filesystem",
    ),
    (
        "its name has a zero in it",
        "a guard: the reader of the tar has refused it before",
    ),
    ("the body takes too long", "waiting as long as the server does"),
    (
        "cannot write an upload",
        "a fault of the system at that very call: writing a blob while it is uploaded to the server",
    ),
    ("nothing has come for too long", "waiting as long as the server does"),
    ("the body broke off", "nobody is left to read it: who was to be told has gone"),
    (
        "cannot take a connection:",
        "a fault of the system at that very call: accepting a connection",
    ),
    ("this server failed", "a guard: a task of ours would have to panic"),
    (
        "the store of this server failed",
        "a fault of the system at that very call: reading the store while it is served",
    ),
    (
        "too many large manifests are under way",
        "as many large bodies at once as the server has room for",
    ),
    ("GET, HEAD", "a header that is sent, and no message"),
    ("GET, HEAD, PUT, DELETE", "a header that is sent, and no message"),
    ("GET, HEAD, DELETE", "a header that is sent, and no message"),
    ("GET, HEAD, PATCH, PUT, DELETE", "a header that is sent, and no message"),
    (
        "the certificate and the key cannot be used",
        "whatever else the library may find wrong with them",
    ),
    ("too many uploads are under way", "as many open uploads as the server takes"),
    (
        "another request is writing to this upload",
        "two requests to one upload at once",
    ),
    ("a mode is out of range", "a guard: the mask before it leaves twelve bits"),
    (
        "a sparse file is too large",
        "a guard: numbers of headers have 63 bits, and the map may not go back",
    ),
    (
        "`lugger COMMAND --help` tells more about a command, `lugger --help` has examples.",
        "help, and no message: `--help` shows it",
    ),
    (
        "lugger tag registry.example/team/app:1.4.2 registry.example/team/app:stable",
        "help, and no message: `--help` shows it",
    ),
    (
        "the image is not there",
        "an answer that the exit status alone gives: nothing is said",
    ),
    ("Files and servers", "a heading of the help"),
    ("Shells and scripts", "a heading of the help"),
    ("{usage-heading} {usage}", "a template of the library that lays out the help"),
    ("EXIT STATUS", "a heading of the manual"),
    ("SEE ALSO", "a heading of the manual"),
    (
        "read as it stands, with partial/ for unfinished blobs, uploads/ for begun uploads, and facts/ for what lists of tags",
        "a row of the manual",
    ),
    (
        "SSL_CERT_FILE   the certificate authorities to trust instead of the system's; SSL_CERT_DIR for a folder of them",
        "a row of the manual",
    ),
    (
        "the image has become another one while it was pushed; its further tags were not set",
        "somebody changes the image between two looks at it",
    ),
];
