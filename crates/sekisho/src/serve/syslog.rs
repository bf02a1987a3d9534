//! Receiving syslog (RFC 3164, RFC 5424) over UDP, TCP and TLS (RFC 5425), with octet counting and with line ends (RFC
//! 6587). A full queue makes senders over streams wait; datagrams that find it full are counted.

use super::{Delivery, config, tls};
use crate::live::{Arrival, Way};
use anyhow::Context as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// Longest message that is kept, bytes.
const MESSAGE_BYTES_MAX: usize = 64 << 10;
/// Senders over TCP at once, and as many over TLS.
const SENDERS_MAX: usize = 1_024;

/// Listens on the addresses; messages go to `lines`, and datagrams given up for lack of room are counted.
pub(super) async fn listen(
    settings: &config::Syslog,
    lines: SyncSender<Delivery>,
    dropped: Arc<AtomicU64>,
) -> anyhow::Result<()> {
    if let Some(address) = settings.udp {
        let socket = UdpSocket::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        tokio::spawn(datagrams(socket, lines.clone(), dropped));
    }
    if let Some(address) = settings.tcp {
        tokio::spawn(streams(bind(address).await?, lines.clone(), None));
    }
    if let Some(settings) = &settings.tls {
        let acceptor = TlsAcceptor::from(tls::server(settings)?);
        tokio::spawn(streams(bind(settings.listen).await?, lines, Some(acceptor)));
    }
    Ok(())
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

fn arrival(peer: IpAddr, bytes: &[u8]) -> Option<Arrival> {
    let end = bytes.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r' | 0))?;
    let bytes = bytes.get(..=end)?;
    // A line end inside of a message would make two of one.
    let bytes = bytes.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect();
    Some(Arrival {
        way: Way::Syslog,
        source: format!("syslog/{peer}").into(),
        offset: None,
        line: None,
        bytes,
    })
}

async fn datagrams(socket: UdpSocket, lines: SyncSender<Delivery>, dropped: Arc<AtomicU64>) {
    let mut buffer = vec![0; MESSAGE_BYTES_MAX];
    loop {
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else { continue };
        if let Some(one) = arrival(peer.ip(), buffer.get(..length).unwrap_or_default())
            && lines.try_send(Delivery::of(one)).is_err()
        {
            dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn streams(listener: TcpListener, lines: SyncSender<Delivery>, acceptor: Option<TlsAcceptor>) {
    let places = Arc::new(Semaphore::new(SENDERS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, peer)) = listener.accept().await else {
            // Without a file descriptor left, asking again at once would only burn time.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (lines, acceptor) = (lines.clone(), acceptor.clone());
        tokio::spawn(async move {
            // A sender that breaks the framing or goes away ends its own connection.
            let _ = match acceptor {
                None => messages(stream, peer.ip(), lines).await,
                Some(acceptor) => match tls::accept(&acceptor, stream, peer).await {
                    Some(stream) => messages(stream, peer.ip(), lines).await,
                    None => Ok(()),
                },
            };
            drop(place);
        });
    }
}

async fn messages(
    stream: impl AsyncRead + Unpin,
    peer: IpAddr,
    lines: SyncSender<Delivery>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let first = reader.fill_buf().await?.first().copied();
        let message = match first {
            None => return Ok(()),
            Some(b'1'..=b'9') => counted(&mut reader).await?,
            Some(_) => line(&mut reader).await?,
        };
        let Some(one) = arrival(peer, &message) else { continue };
        let to = lines.clone();
        // Waits while the queue is full: the sender then waits too.
        let sent = tokio::task::spawn_blocking(move || to.send(Delivery::of(one))).await;
        if !matches!(sent, Ok(Ok(()))) {
            return Ok(());
        }
    }
}

/// `17 <38>...`: the length, a blank, the message.
async fn counted(reader: &mut BufReader<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut length = 0_usize;
    loop {
        match reader.read_u8().await? {
            b' ' => break,
            digit @ b'0'..=b'9' if length <= MESSAGE_BYTES_MAX => {
                length = length * 10 + usize::from(digit - b'0');
            }
            _ => return Err(std::io::ErrorKind::InvalidData.into()),
        }
    }
    if length > MESSAGE_BYTES_MAX {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length];
    reader.read_exact(&mut message).await?;
    Ok(message)
}

/// Up to a line end; what is longer than a message may be is given in pieces.
async fn line(reader: &mut BufReader<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let part = reader.fill_buf().await?;
        if part.is_empty() {
            return Ok(message);
        }
        let room = MESSAGE_BYTES_MAX - message.len();
        let end = part.iter().take(room).position(|byte| *byte == b'\n');
        let taken = end.map_or(part.len().min(room), |at| at + 1);
        message.extend_from_slice(part.get(..taken).unwrap_or_default());
        reader.consume(taken);
        if end.is_some() || message.len() >= MESSAGE_BYTES_MAX {
            return Ok(message);
        }
    }
}
