//! The demo service: HTTP/1.1 with keep-alive, answers JSON that says which version it is.

use std::io;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::{LocalSet, spawn_local};

/// The longest line of a head.
const LINE_BYTES_MAX: u64 = 16 * 1024;

/// One version of the service.
#[derive(Debug, Clone, Copy)]
pub struct Version {
    pub name: &'static str,
    /// It takes between this and three times as long, in µs.
    pub effort_micros: u64,
}

/// The two versions: the new one does more, and takes longer for it.
pub const VERSIONS: [Version; 2] =
    [Version { name: "v1", effort_micros: 1_000 }, Version { name: "v2", effort_micros: 3_000 }];

/// Runs a version on a thread of its own for as long as the process lives.
///
/// # Errors
/// When the system gives no thread or takes the socket back.
pub fn start(version: Version, listener: TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let serve = move || -> io::Result<()> {
        let served = async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            loop {
                let (stream, _) = listener.accept().await?;
                // a client that goes away is no fault of the service
                spawn_local(async move { connection(version, stream).await.unwrap_or_default() });
            }
        };
        runtime.block_on(LocalSet::new().run_until(served))
    };
    thread::Builder::new().name(format!("demo-{}", version.name)).spawn(serve)?;
    Ok(())
}

async fn connection(version: Version, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream).await? {
        tokio::time::sleep(effort(version)).await;
        stream.write_all(&answer(version, &request)).await?;
        if request.last {
            break;
        }
    }
    Ok(())
}

/// What the service wants to know of a request.
#[derive(Debug, Default)]
struct Request {
    method: String,
    path: String,
    last: bool,
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let Some(first) = read_line(stream).await? else { return Ok(None) };
    let mut words = first.split(' ').map(str::to_owned);
    let mut request = Request {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        last: false,
    };
    let mut length = 0;
    while let Some(line) = read_line(stream).await?.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            // its end is not looked for: the connection ends with the answer
            "transfer-encoding" => request.last = true,
            "connection" => request.last |= value.trim().eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    tokio::io::copy(&mut stream.take(length), &mut tokio::io::sink()).await?;
    Ok(Some(request))
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    stream.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
    let whole = line.last() == Some(&b'\n');
    Ok(whole.then(|| String::from_utf8_lossy(line.trim_ascii_end()).into_owned()))
}

fn answer(version: Version, request: &Request) -> Vec<u8> {
    let body = serde_json::json!({"service": "hello", "version": version.name, "path": request.path});
    let body = format!("{body}\n");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-version: {}\r\ncontent-length: {}\r\n{}\r\n",
        version.name,
        body.len(),
        if request.last { "connection: close\r\n" } else { "" },
    );
    let body = if request.method == "HEAD" { "" } else { &body };
    [head.as_bytes(), body.as_bytes()].concat()
}

fn effort(version: Version) -> Duration {
    Duration::from_micros(fastrand::u64(version.effort_micros..3 * version.effort_micros))
}
