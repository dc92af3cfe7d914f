//! A proxy on this machine behind which every host is the registry that gives a fuzzer's answers; so nothing that a
//! fuzzer writes leads anywhere else.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::answers::Answer;

/// More requests than any image of a few answers is worth.
const MAX_REQUESTS: usize = 2_000;
/// The longest request that is read.
const MAX_REQUEST: usize = 64 << 10;

/// The registry.
pub struct Server {
    answers: Vec<Answer>,
    next: Cell<usize>,
    requests: Cell<usize>,
    /// What was asked, for the message of a run that does not end.
    log: RefCell<Vec<String>>,
}

impl Server {
    /// One with these answers: each to the request for its digest, else to the next request that comes.
    pub fn new(answers: Vec<Answer>) -> Rc<Self> {
        Rc::new(Self {
            answers,
            next: Cell::default(),
            requests: Cell::default(),
            log: RefCell::default(),
        })
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.requests.get()
    }

    /// The last of them, each as its first line.
    pub fn last(&self) -> Vec<String> {
        let log = self.log.borrow();
        log[log.len().saturating_sub(20)..].to_vec()
    }

    /// Serves whoever connects, until it is dropped. To be called in a `LocalSet`.
    pub async fn serve(self: Rc<Self>, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let server = Rc::clone(&self);
            tokio::task::spawn_local(async move { server.converse(stream).await });
        }
    }

    async fn converse(&self, mut stream: TcpStream) -> Option<()> {
        let mut unread = Vec::new();
        loop {
            let request = request(&mut stream, &mut unread).await?;
            self.note(&request);
            let mut words = request.split(' ');
            let (method, target) = (words.next()?, words.next()?);
            if method == "CONNECT" {
                return stream.write_all(b"HTTP/1.1 502 No\r\n\r\n").await.ok();
            }
            let Some(answer) = self.choose(target) else {
                stream.write_all(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n").await.ok()?;
                continue;
            };
            let mut wire = answer.head.clone();
            if !answer.framed {
                wire.extend(format!("content-length: {}\r\n", answer.body.len()).bytes());
            }
            wire.extend(b"\r\n");
            if method != "HEAD" {
                wire.extend(&answer.body);
            }
            stream.write_all(&wire).await.ok()?;
            if answer.framed {
                return stream.shutdown().await.ok();
            }
        }
    }

    fn note(&self, request: &str) {
        self.requests.set(self.requests.get() + 1);
        let line = request.lines().next().unwrap_or_default();
        self.log.borrow_mut().push(line.to_owned());
        assert!(self.requests() <= MAX_REQUESTS, "no end of requests: {:#?}", self.last());
    }

    fn choose(&self, target: &str) -> Option<&Answer> {
        let named = self.answers.iter().find(|answer| target.contains(answer.digest.hex()));
        // What refers to a manifest is another document than the manifest.
        let named = named.filter(|_| !target.contains("/referrers/"));
        named.or_else(|| {
            let next = self.next.get();
            self.next.set(next + 1);
            self.answers.get(next)
        })
    }
}

/// The head of the next request; a body that follows is read and dropped.
async fn request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&unread[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            let whole = end + 4 + length.unwrap_or(0);
            while unread.len() < whole {
                more(stream, unread).await?;
            }
            unread.drain(..whole);
            return Some(head);
        }
        more(stream, unread).await?;
    }
}

async fn more(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<()> {
    let read = stream.read_buf(unread).await.ok()?;
    (read > 0 && unread.len() <= MAX_REQUEST).then_some(())
}
