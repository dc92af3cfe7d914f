//! A Docker Engine that is none: it listens on a socket, gives one archive away, takes any, and does whatever a test
//! wants instead. One connection serves one request.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// Longer than anybody who is tested waits; the thread ends with the test run.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) trait Duplex: Read + Write + Send {}
impl<T: Read + Write + Send> Duplex for T {}

/// It ends with the test run.
pub(crate) struct FakeEngine {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

/// One request that wants an answer.
pub(crate) struct Exchange {
    /// Method and target.
    pub(crate) asked: String,
    chunked: bool,
    stream: BufReader<Box<dyn Duplex>>,
}

impl FakeEngine {
    pub(crate) fn start(answer: impl Fn(&mut Exchange) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sock");
        let listener = UnixListener::bind(&path).unwrap();
        let next = move || Ok(Box::new(listener.accept()?.0) as Box<dyn Duplex>);
        Self::serving(format!("unix://{}", path.display()), folder, next, answer)
    }

    pub(crate) fn over_tcp(answer: impl Fn(&mut Exchange) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("tcp://{}", listener.local_addr().unwrap());
        let next = move || Ok(Box::new(listener.accept()?.0) as Box<dyn Duplex>);
        Self::serving(address, tempfile::tempdir().unwrap(), next, answer)
    }

    fn serving(
        address: String,
        folder: TempDir,
        next: impl Fn() -> io::Result<Box<dyn Duplex>> + Send + 'static,
        answer: impl Fn(&mut Exchange) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&heads), Arc::new(answer));
        thread::spawn(move || {
            while let Ok(stream) = next() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || {
                    let mut exchange = Exchange::read(stream, &seen)?;
                    answer(&mut exchange)
                });
            }
        });
        Self {
            address,
            heads,
            _folder: folder,
        }
    }

    /// For `DOCKER_HOST`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The heads of all requests so far, each beginning with its method and target.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Exchange {
    fn read(stream: Box<dyn Duplex>, seen: &Mutex<Vec<String>>) -> io::Result<Self> {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while stream.read_line(&mut head)? > 2 {}
        let asked = head
            .lines()
            .next()
            .unwrap_or_default()
            .trim_end_matches(" HTTP/1.1")
            .to_string();
        let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
        seen.lock().unwrap().push(head);
        Ok(Self { asked, chunked, stream })
    }

    pub(crate) fn asks(&self, part: &str) -> bool {
        self.asked.contains(part)
    }

    /// The body; none if it broke off.
    pub(crate) fn body(&mut self) -> Option<Vec<u8>> {
        assert!(self.chunked, "nobody knows how long it will be");
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).ok()?;
            let length = usize::from_str_radix(line.trim(), 16).ok()?;
            let start = body.len();
            body.resize(start + length, 0);
            self.stream.read_exact(&mut body[start..]).ok()?;
            self.stream.read_exact(&mut [0; 2]).ok()?;
            if length == 0 {
                return Some(body);
            }
        }
    }

    /// Says nothing and takes nothing, for longer than anybody waits.
    pub(crate) fn rest(&mut self) -> io::Result<()> {
        self.stream.get_mut().flush()?;
        thread::sleep(PATIENCE);
        Ok(())
    }

    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())?;
        self.stream.get_mut().flush()
    }

    pub(crate) fn answer(&mut self, status: &str, body: impl AsRef<[u8]>) -> io::Result<()> {
        let body = body.as_ref();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        self.write(head)?;
        self.write(body)
    }

    /// The beginning of an answer of a length that nobody knows yet, with so much of its body.
    pub(crate) fn begin(&mut self, part: &[u8]) -> io::Result<()> {
        self.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")?;
        self.write(format!("{:x}\r\n", part.len()))?;
        self.write(part)?;
        self.write("\r\n")
    }

    /// As an Engine that has the image of this archive under every name.
    pub(crate) fn usual(&mut self, archive: &[u8]) -> io::Result<()> {
        if self.asks("/get") {
            self.begin(archive)?;
            return self.write("0\r\n\r\n");
        }
        if self.asks("POST /images/load") {
            self.body();
            return self.answer("200 OK", "{\"stream\":\"Loaded image\\n\"}\r\n");
        }
        self.answer("200 OK", r#"{"Id":"sha256:0"}"#)
    }
}
