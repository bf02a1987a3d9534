//! Bodies that do not fit into memory: files that come in with a form, and files that go out.

use super::{Response, Take};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use multer::{Constraints, Multipart, SizeLimit};
use std::io::Read as _;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, channel};

/// The body of an answer.
pub(super) type Body = BoxBody<Bytes, std::io::Error>;

/// Largest field that is no file, bytes.
const FIELD_BYTES_MAX: u64 = 64 * 1024;
/// Most fields of a form.
const FIELDS_MAX: usize = 64;
/// What a form may have beside its file, bytes.
const BESIDE_BYTES_MAX: u64 = 1 << 20;
/// Pieces that wait for the disk.
const QUEUE: usize = 16;
/// Bytes that are read from a file at once.
const PIECE_BYTES: usize = 64 * 1024;

enum Piece {
    Field(String, String),
    File(String),
    Data(Bytes),
}

/// Reads a form and has its pieces taken on a thread of their own, so that a slow disk makes the client wait and nobody else.
pub(super) async fn form(
    body: Incoming,
    content_type: Option<&str>,
    mut take: Box<dyn Take>,
    patience: Duration,
) -> Response {
    let Some(boundary) = content_type.and_then(|kind| multer::parse_boundary(kind).ok()) else {
        return Response::text(400, "a form of the type multipart/form-data is expected");
    };
    let most = take.bytes_max();
    let whole = most.saturating_add(BESIDE_BYTES_MAX);
    if hyper::body::Body::size_hint(&body).lower() > whole {
        drain(body, whole, patience).await;
        return Response::text(413, "the file is larger than the limit");
    }
    let limit = SizeLimit::new().whole_stream(whole).per_field(FIELD_BYTES_MAX).for_field("file", most);
    let constraints = Constraints::new().size_limit(limit);
    let form = Multipart::with_constraints(body.into_data_stream(), boundary, constraints);
    let (pieces, mut taken) = channel(QUEUE);
    let taking = tokio::task::spawn_blocking(move || {
        while let Some(piece) = taken.blocking_recv() {
            match piece {
                Piece::Field(name, value) => take.field(&name, value),
                Piece::File(name) => take.file(&name)?,
                Piece::Data(bytes) => take.data(&bytes)?,
            }
        }
        Ok(take)
    });
    let read = read(form, pieces, patience).await;
    match (taking.await, read) {
        (Ok(Err(refused)), _) | (Ok(Ok(_)), Err(refused)) => refused,
        (Ok(Ok(take)), Ok(())) => {
            let done = tokio::task::spawn_blocking(move || take.done()).await;
            done.unwrap_or_else(|_| Response::text(500, "internal failure"))
        }
        (Err(_), _) => Response::text(500, "internal failure"),
    }
}

/// Reads on for a while without keeping anything: a browser shows no answer before it has sent its form.
async fn drain(mut body: Incoming, most: u64, patience: Duration) {
    let mut read = 0_u64;
    while read <= most.saturating_mul(2) {
        match tokio::time::timeout(patience, body.frame()).await {
            Ok(Some(Ok(frame))) => read += frame.data_ref().map_or(0, |data| data.len() as u64),
            _ => return,
        }
    }
}

/// Hands the pieces on until the form ends, nobody takes them any more, or something is wrong.
async fn read(mut form: Multipart<'_>, pieces: Sender<Piece>, patience: Duration) -> Result<(), Response> {
    let slow = |_| Response::text(408, "the body came too slowly");
    for _ in 0..FIELDS_MAX {
        let next = tokio::time::timeout(patience, form.next_field()).await.map_err(slow)?;
        let Some(mut field) = next.map_err(refusal)? else { return Ok(()) };
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            let value = tokio::time::timeout(patience, field.text()).await.map_err(slow)?.map_err(refusal)?;
            if pieces.send(Piece::Field(name, value)).await.is_err() {
                return Ok(());
            }
            continue;
        }
        let file = field.file_name().unwrap_or_default().to_owned();
        if pieces.send(Piece::File(file)).await.is_err() {
            return Ok(());
        }
        while let Some(bytes) =
            tokio::time::timeout(patience, field.chunk()).await.map_err(slow)?.map_err(refusal)?
        {
            if pieces.send(Piece::Data(bytes)).await.is_err() {
                return Ok(());
            }
        }
    }
    Err(Response::text(400, "the form has too many fields"))
}

fn refusal(error: multer::Error) -> Response {
    match error {
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
            Response::text(413, "the body is larger than the limit")
        }
        _ => Response::text(400, "the form cannot be read"),
    }
}

/// A file as the body of an answer, read piece by piece. When it cannot be read to its end the connection breaks, so that
/// nobody takes a part for the whole.
pub(super) fn file(path: PathBuf) -> Body {
    let (pieces, mut taken) = channel(QUEUE);
    tokio::task::spawn_blocking(move || {
        let send = |piece| pieces.blocking_send(piece).is_ok();
        let mut file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) => {
                let _ = send(Err(error));
                return;
            }
        };
        loop {
            let mut piece = vec![0; PIECE_BYTES];
            match file.read(&mut piece) {
                Ok(0) => return,
                Ok(read) => {
                    piece.truncate(read);
                    if !send(Ok(Frame::data(Bytes::from(piece)))) {
                        return;
                    }
                }
                Err(error) => {
                    let _ = send(Err(error));
                    return;
                }
            }
        }
    });
    StreamBody::new(futures_util::stream::poll_fn(move |context| taken.poll_recv(context))).boxed()
}
