//! `sekisho ledger serve` and `rebuild`: the log as static files that any tlog-tiles client reads (LG-TIL-03, -05).

use crate::http::{Answer, Limits, Request, Response, TEXT, serve as serve_http};
use crate::progress::Progress;
use anyhow::Context as _;
use ledger::{Reader, TileId, read_tile, rebuild_tiles, update_tiles};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A head may be kept this long by caches between.
const HEAD_CACHE: &str = "public, max-age=2";
/// A tile never changes.
const TILE_CACHE: &str = "public, max-age=31536000, immutable";

/// Makes the tiles again from the segments.
pub(super) fn rebuild(folder: &Path) -> anyhow::Result<u8> {
    let progress = Progress::on_terminal(false);
    let mut before = 0;
    let stats = rebuild_tiles(folder, &mut |done, total| {
        if before == 0 {
            progress.total(Some(total));
        }
        progress.add(done - before);
        before = done;
    });
    progress.clear();
    let stats = stats.with_context(|| format!("cannot make the tiles of {}", folder.display()))?;
    writeln!(
        std::io::stdout().lock(),
        "size {}, written {}, kept {}, removed {}",
        stats.size,
        stats.written,
        stats.kept,
        stats.removed
    )
    .context("cannot write to standard output")?;
    Ok(0)
}

/// Serves checkpoint, tiles and entry bundles. Payloads are not below any path (LG-TIL-05).
pub(super) fn serve(folder: &Path, listen: SocketAddr) -> anyhow::Result<u8> {
    let name = || format!("cannot serve {}", folder.display());
    let reader = Reader::open(folder).with_context(name)?;
    reader.checkpoint().with_context(name)?;
    if !listen.ip().is_loopback() {
        crate::output::say(
            "warning: others can read this port: kinds, times and counts of all entries, never their content",
        );
    }
    let tiles = Tiles { folder: folder.to_owned(), covered: Mutex::new(String::new()) };
    serve_http(listen, Limits { body_bytes_max: 1024, ..Limits::default() }, Arc::new(tiles))?;
    Ok(0)
}

/// The files of a ledger that anybody may see.
struct Tiles {
    folder: PathBuf,
    /// The note whose tiles are all there.
    covered: Mutex<String>,
}

impl Tiles {
    /// The newest note, once its tiles are there: whoever sees a head finds what it covers.
    fn checkpoint(&self) -> anyhow::Result<String> {
        let mut covered = self.covered.lock().unwrap_or_else(PoisonError::into_inner);
        let note = crate::inputs::read_text(&self.folder.join("checkpoint"), 64 << 10)?;
        if *covered != note {
            // A head that is replaced meanwhile only makes the tiles wider; narrower ones are cut from them.
            update_tiles(&self.folder).context("cannot make the tiles")?;
            covered.clone_from(&note);
        }
        Ok(note)
    }

    fn tile(&self, tile: TileId) -> anyhow::Result<Option<Vec<u8>>> {
        self.checkpoint()?;
        Ok(read_tile(&self.folder, tile)?)
    }
}

impl Answer for Tiles {
    fn answer(&self, request: &Request) -> Response {
        if request.method != "GET" {
            return Response::text(405, "this ledger is read-only");
        }
        let path = request.path.trim_start_matches('/');
        let found = if path == "checkpoint" {
            self.checkpoint().map(|note| {
                Some(Response {
                    status: 200,
                    kind: TEXT,
                    cache: HEAD_CACHE,
                    body: note.into_bytes(),
                    headers: Vec::new(),
                    file: None,
                })
            })
        } else {
            match TileId::parse(path) {
                None => Ok(None),
                Some(tile) => self.tile(tile).map(|bytes| {
                    let kind = "application/octet-stream";
                    bytes.map(|body| Response {
                        status: 200,
                        kind,
                        cache: TILE_CACHE,
                        body,
                        headers: Vec::new(),
                        file: None,
                    })
                }),
            }
        };
        match found {
            Ok(Some(response)) => response,
            Ok(None) => Response::text(404, "no such tile: `checkpoint`, `tile/L/N`, `tile/entries/N`"),
            Err(error) => {
                crate::output::say(&format!("error: {error:#}"));
                Response::text(503, "the ledger cannot be read just now")
            }
        }
    }
}
