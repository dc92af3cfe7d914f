//! One request and its answer. Both bodies flow at once, since a registry may answer before it has heard everything;
//! every request has a connection of its own to the registry, so that what happens to one leaves the next alone.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{sleep, timeout};

use super::flow::{Damage, Passed, pass};
use super::message::{Body, Framing, Head};
use super::plan::{Asked, Fault, Kind, Spoil};
use super::tally::Tally;

/// How long a silence lasts if nobody ends it: longer than a run may take, so that it is never what saves one.
const LONGEST_SILENCE: Duration = Duration::from_mins(5);
/// How long is waited for what is left when one side has ended.
const LINGER: Duration = Duration::from_secs(2);
/// What was sent before a reset is to arrive: a reset overtakes it otherwise.
const BEFORE_RESET: Duration = Duration::from_millis(20);

/// What becomes of the client's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Open,
    Closed,
    Reset,
}

/// The client's side of a connection.
pub(super) struct Client<'a> {
    pub(super) reader: BufReader<ReadHalf<'a>>,
    pub(super) writer: WriteHalf<'a>,
}

/// One exchange under way.
struct Exchange<'a> {
    head: Head,
    asked: Asked,
    fault: Option<Fault>,
    tally: &'a Tally,
}

/// Serves one request, the next of a connection.
pub(super) async fn exchange(client: &mut Client<'_>, upstream: &str, tally: &Tally) -> io::Result<After> {
    let Some(head) = Head::read(&mut client.reader).await? else {
        return Ok(After::Closed);
    };
    let (asked, fault) = tally.decide(&head);
    let exchange = Exchange {
        head,
        asked,
        fault,
        tally,
    };
    match fault {
        Some(Fault::Refuse(code, wait)) => exchange.refuse(client, code, wait).await,
        _ => exchange.relay(client, upstream).await,
    }
}

impl Exchange<'_> {
    /// Hears the request out and refuses it; one that waits to be heard is refused at once.
    async fn refuse(&self, client: &mut Client<'_>, code: u16, wait: Option<u32>) -> io::Result<After> {
        let waits = self.head.field("expect").is_some();
        let mut body = Body::of(if waits {
            Framing::Nothing
        } else {
            self.head.request_framing()
        });
        while let Some(piece) = body.next(&mut client.reader).await? {
            self.sent(piece.len());
        }
        self.came_about();
        let open = self.head.keeps_open() && !waits;
        let connection = if open { "keep-alive" } else { "close" };
        let wait = wait.map(|seconds| format!("Retry-After: {seconds}\r\n")).unwrap_or_default();
        let text = format!("HTTP/1.1 {code} Refused\r\nContent-Length: 0\r\nConnection: {connection}\r\n{wait}\r\n");
        client.writer.write_all(text.as_bytes()).await?;
        Ok(if open { After::Open } else { After::Closed })
    }

    async fn relay(&self, client: &mut Client<'_>, upstream: &str) -> io::Result<After> {
        let mut upstream = TcpStream::connect(upstream).await?;
        upstream.set_nodelay(true)?;
        let (reader, mut writer) = upstream.split();
        let mut reader = BufReader::new(reader);
        writer.write_all(&self.head.bytes()).await?;
        let sides = (&mut client.reader, &mut client.writer);
        let passed = {
            let mut sending = std::pin::pin!(self.send(sides.0, &mut writer));
            let mut answering = std::pin::pin!(self.answer(&mut reader, sides.1));
            tokio::select! {
                biased;
                sent = &mut sending => match sent {
                    Ok(Passed::Whole) => answering.await?,
                    Ok(Passed::Stopped(spoil)) => Answered::Stopped(spoil),
                    // A registry that hears no more may have said why.
                    Err(_) => timeout(LINGER, answering).await??.without_the_rest(),
                },
                answered = &mut answering => answered?.without_the_rest(),
            }
        };
        self.settle(passed, client).await
    }

    async fn send(&self, from: &mut BufReader<ReadHalf<'_>>, to: &mut WriteHalf<'_>) -> io::Result<Passed> {
        let framing = self.head.request_framing();
        let damage = match self.fault {
            Some(Fault::Up(spoil, at)) => Damage::of(spoil, at, framing),
            _ => None,
        };
        let (seen, hit) = (|bytes| self.sent(bytes), || self.came_about());
        pass((from, to), (framing, framing), damage, seen, hit).await
    }

    async fn answer(&self, from: &mut BufReader<ReadHalf<'_>>, to: &mut WriteHalf<'_>) -> io::Result<Answered> {
        let head = loop {
            let head = Head::read(from).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if head.status() >= 200 {
                break head;
            }
            to.write_all(&head.bytes()).await?;
        };
        let framing = head.response_framing(&self.asked.method);
        if self.fault == Some(Fault::LoseAnswer) {
            let mut body = Body::of(framing);
            while body.next(from).await?.is_some() {}
            self.came_about();
            return Ok(Answered::Stopped(Spoil::Rst));
        }
        let damage = match self.fault {
            Some(Fault::Down(spoil, at)) => Damage::of(spoil, at, framing),
            _ => None,
        };
        let shortened = damage.is_some() && matches!(self.fault, Some(Fault::Down(Spoil::End, _)));
        let open = self.head.keeps_open() && head.keeps_open() && framing != Framing::ToTheEnd;
        let moves = self.asked.is("GET", Kind::Blob) && (200..300).contains(&head.status());
        let (head, out) = if shortened {
            (head.chunked(), Framing::Chunked)
        } else {
            (head, framing)
        };
        to.write_all(&head.bytes()).await?;
        let seen = |bytes| {
            if moves {
                self.tally.went_down(bytes);
            }
        };
        match pass((from, to), (framing, out), damage, seen, || self.came_about()).await? {
            Passed::Stopped(Spoil::End) | Passed::Whole if open => Ok(Answered::Whole),
            Passed::Stopped(Spoil::End) | Passed::Whole => Ok(Answered::Last),
            Passed::Stopped(spoil) => Ok(Answered::Stopped(spoil)),
        }
    }

    async fn settle(&self, answered: Answered, client: &mut Client<'_>) -> io::Result<After> {
        match answered {
            Answered::Whole => Ok(After::Open),
            Answered::Stopped(Spoil::Rst) => {
                sleep(BEFORE_RESET).await;
                Ok(After::Reset)
            }
            Answered::Stopped(Spoil::Stall) => {
                silence(client).await;
                Ok(After::Closed)
            }
            Answered::Last | Answered::Stopped(_) => {
                // Closing with something unread would be a reset.
                client.writer.shutdown().await?;
                let mut rest = tokio::io::sink();
                timeout(LINGER, tokio::io::copy_buf(&mut client.reader, &mut rest)).await.ok();
                Ok(After::Closed)
            }
        }
    }

    fn sent(&self, bytes: usize) {
        if self.asked.moves_blob() {
            self.tally.went_up(bytes);
        }
    }

    fn came_about(&self) {
        if let Some(fault) = self.fault {
            self.tally.came_about(&self.asked, fault);
        }
    }
}

/// How an exchange ended.
enum Answered {
    /// Another may follow.
    Whole,
    /// No other may follow.
    Last,
    Stopped(Spoil),
}

impl Answered {
    /// An answer that came before the request was through leaves a connection that nobody can go on with.
    fn without_the_rest(self) -> Self {
        match self {
            Self::Whole => Self::Last,
            ended => ended,
        }
    }
}

/// Reads nothing, says nothing, and waits for the client to go.
async fn silence(client: &mut Client<'_>) {
    let gone = async {
        while client
            .writer
            .ready(tokio::io::Interest::READABLE)
            .await
            .is_ok_and(|ready| !ready.is_read_closed())
        {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONGEST_SILENCE, gone).await.ok();
}

/// Answers whoever does not speak HTTP as Go's servers do, and with it TLS.
pub(super) async fn speaks_http(client: &mut Client<'_>) -> io::Result<bool> {
    use tokio::io::AsyncBufReadExt as _;
    let first = client.reader.fill_buf().await?.first().copied();
    if first.is_none_or(|byte| byte.is_ascii_uppercase()) {
        return Ok(true);
    }
    let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    client.writer.write_all(answer).await?;
    let mut rest = Vec::new();
    timeout(LINGER, client.reader.read_to_end(&mut rest)).await.ok();
    Ok(false)
}
