//! `sekisho ledger`: make, write on, read and verify a ledger, prove one record.

mod ask;
mod asking;
mod auditing;
mod content;
mod copies;
mod destroying;
mod extract;
mod extract_check;
mod follow;
mod freeze;
mod governing;
mod grant;
mod handing;
mod keys;
mod living;
mod log_keys;
mod prove;
mod replica;
mod replicate;
mod serve;
mod showing;
mod stamping;
mod standing;
mod status;
mod stores;
mod succession;
mod talk;
mod timestamp;
mod verify;
mod view;
mod witness;
mod write;

pub(crate) use handing::{Handed, Handing};
pub(crate) use keys::{identities, recipients};
pub(crate) use living::bring_up;
pub(crate) use standing::Standing;
pub(crate) use write::{make_secret, open, read_secret};

use crate::clock::Clock;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// `sekisho ledger`.
#[derive(Debug, Args)]
pub(crate) struct LedgerArgs {
    /// File with settings and credentials of a store, which only its owner may read (docs/stores.md)
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Print JSON also on a terminal
    #[arg(long, global = true)]
    json: bool,
    /// Language of what is shown [default: from the environment, else ja]
    #[arg(long, global = true, value_enum)]
    lang: Option<crate::cli::LangArg>,
    #[command(subcommand)]
    command: LedgerCommand,
}

/// Commands on a ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Make a new ledger
    #[command(after_long_help = "Examples:
  sekisho ledger init /var/lib/sekisho/ledger --secret /root/sekisho.secret --origin ledger.example.jp/main
  sekisho ledger init LEDGER --secret SECRET --root-key /media/safe/root.key      (and take the medium away)
  sekisho ledger init LEDGER --secret SECRET --root BASE64                         (from `sekisho ledger keys root`)
  sekisho ledger init NEW --secret NEXT --origin ledger.example.jp/main-2 --succeeds LEDGER --head checkpoint.from-a-bundle
  sekisho ledger init LEDGER --secret SECRET --store s3://evidence/main --settings /etc/sekisho/store.toml
  sekisho ledger init LEDGER --secret SECRET --store s3://evidence/main --recover --settings /etc/sekisho/store.toml

--store: the ledger lives in the store, and the folder is what its writer works with: nothing is acknowledged before the store has it.
Every command takes the folder, or the address of the store itself. A folder that was lost comes back with --recover, up to everything
that was acknowledged. One writer at a time: who opens the ledger elsewhere takes over, and the first stops (LE-LOCKED).

The file with the secret is made when it is not there. Keep it on another computer: whoever has it can write in your name.

--succeeds: for a ledger that lost acknowledged entries (LE-ROLLBACK) or is damaged, and that no copy completes. The new one begins with
an entry that names what was signed of the old one and what is left of it; the old one stays as it is and is written on no more.")]
    Init {
        /// Folder of the ledger; must not exist yet
        ledger: PathBuf,
        /// File with the secret of the ledger (64 hexadecimal digits)
        #[arg(long, value_name = "FILE")]
        secret: PathBuf,
        /// Name of the ledger, e.g. ledger.example.jp/main [default: local/ and eight random bytes]
        #[arg(long)]
        origin: Option<String>,
        /// Root key, which can replace a log key that was lost or stolen: made when the file is not there, to be kept off line
        #[arg(long, value_name = "FILE", conflicts_with = "root")]
        root_key: Option<PathBuf>,
        /// Public part of a root key that was made on another computer (`ledger keys root`)
        #[arg(long, value_name = "KEY", value_parser = log_keys::public)]
        root: Option<[u8; 32]>,
        /// Let the ledger live in a store: store:FOLDER, s3://BUCKET/PREFIX or postgresql://ROLE@HOST/DATABASE
        #[arg(long, value_name = "STORE")]
        store: Option<String>,
        /// The store holds the ledger already: bring its folder back, and go on
        #[arg(long, requires = "store", conflicts_with_all = ["origin", "root_key", "root", "succeeds"])]
        recover: bool,
        #[command(flatten)]
        succession: succession::SuccessionArgs,
    },
    /// Append entries: one JSON value a line, or the lines of logs as they grow
    #[command(after_long_help = "Examples:
  echo '{\"decision\":\"isolate web1\",\"by\":\"sato\"}' | sekisho ledger append LEDGER --secret SECRET --stream decisions
  sekisho ledger append LEDGER --secret SECRET --stream audit --kind record notes.jsonl
  sekisho ledger append LEDGER --secret SECRET --follow /var/log/auth.log /var/log/nginx/access.log
  sekisho ledger append LEDGER --secret SECRET --follow /var/log/auth.log --once     (from a timer)

Prints the index of each entry. All entries are durable when the command ends. With --follow, each line is taken exactly once,
also when the log is turned (renamed, or copied and cut), when this program is killed, and when it starts again later; a JSON
line on standard output tells that the lines before are durable. It ends in good order at SIGINT and SIGTERM.")]
    Append(write::AppendArgs),
    /// Publish a signed tree head
    Checkpoint {
        /// Folder of the ledger
        ledger: PathBuf,
        /// File with the secret of the ledger
        #[arg(long, value_name = "FILE")]
        secret: PathBuf,
    },
    /// The log key and the root key: make, list, certify, revoke; statements that are signed off line
    #[command(
        subcommand,
        after_long_help = "Examples:
  on a computer without network:
    sekisho ledger keys root root.key                                    (prints the public part, for `init --root`)
    sekisho ledger keys sign statement.json --key root.key
  beside the ledger:
    sekisho ledger keys next LEDGER --new-secret next.secret --out statement.json      (then `rotate`)
    sekisho ledger keys revoke LEDGER --reason stolen --from last-good-head --since 2026-11-20T08:00 --out revoked.json
    sekisho ledger verify LEDGER --revocation revoked.json
  for a witness, or whoever knows an earlier key:
    sekisho ledger keys history LEDGER --since 4711 > history.json
    sekisho ledger keys follow history.json --key ledger.example.jp/main+a1b2c3d4+AAAA... --head checkpoint.4711

Two people whom the policy lists can sign in place of the root key."
    )]
    Keys(log_keys::KeysCommand),
    /// Go over to the next log key: as planned, or after the one in force was lost or stolen
    #[command(after_long_help = "Examples:
  sekisho ledger rotate LEDGER --secret SECRET --new-secret next.secret --statement statement.json
  sekisho ledger rotate LEDGER --secret SECRET --new-secret next.secret --root-key /media/safe/root.key
  sekisho ledger rotate LEDGER --new-secret next.secret --after-loss revoked.json --statement statement.json

As planned: the first head is signed by both keys; hand `changeover_head` to witnesses and auditors. After a loss: what came since the
moment stated in the revocation stays, and every verification names it as unproven. The online copy of the data keys is destroyed
then; older payloads need a role holder. From here on the ledger opens with the next secret only.")]
    Rotate(log_keys::RotateArgs),
    /// Check every byte of a ledger: what is wrong, where, and since when
    #[command(after_long_help = "Examples:
  sekisho ledger verify report/ledger
  sekisho ledger verify report/ledger --key local/3f9c...+a1b2c3d4+AAAA... --head older/checkpoint
  sekisho ledger verify /var/lib/sekisho/ledger --since yesterday/checkpoint     (what came after that signed head)
  sekisho ledger verify /var/lib/sekisho/ledger --since 2026-11-20
  sekisho ledger verify /var/lib/sekisho/ledger --sample 300 --seed audit-2026-11

Exit code 0: everything is as it was written. 1: it is not; each failure names file, byte and entry.")]
    Verify(verify::VerifyArgs),
    /// Print a proof that one record stands in a ledger, as JSON
    #[command(after_long_help = "Examples:
  sekisho ledger prove report/ledger 12 --record 340 > proof.json
  sekisho ledger prove report/ledger 12 --tlog > proof.tlog-proof
  sekisho ledger prove report/ledger --consistency 100 250
  sekisho ledger check proof.json --key local/3f9c...+a1b2c3d4+AAAA...")]
    Prove {
        /// Folder of the ledger
        ledger: PathBuf,
        /// Index of the entry
        #[arg(required_unless_present = "consistency")]
        index: Option<u64>,
        /// Number of the record inside a bulk entry
        #[arg(long, default_value_t = 0)]
        record: u32,
        /// Print the proof of the entry as C2SP tlog-proof text, for tools of others
        #[arg(long, conflicts_with = "record")]
        tlog: bool,
        /// Instead: proof that the ledger only grew from one size to another
        #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["index", "record", "tlog"])]
        consistency: Vec<u64>,
    },
    /// Witnesses: computers that cosign heads after they have checked that the ledger only grew
    #[command(
        subcommand,
        after_long_help = "Examples:
  on another computer:
    sekisho ledger witness init /var/lib/sekisho/witness --name witness.example.jp/w1
    sekisho ledger witness enrol /var/lib/sekisho/witness ledger.example.jp/main+a1b2c3d4+AAAA...
    sekisho ledger witness serve /var/lib/sekisho/witness --listen 192.0.2.20:8641
  beside the ledger, with a policy of three lines (log, witness with its address, quorum):
    sekisho ledger witness ask /var/lib/sekisho/ledger --policy policy
    sekisho ledger verify /var/lib/sekisho/ledger --policy policy"
    )]
    Witness(witness::WitnessCommand),
    /// Time stamps of others over signed heads (RFC 3161): a head existed before a moment
    #[command(
        subcommand,
        after_long_help = "Examples:
  sekisho ledger timestamp fetch LEDGER --secret SECRET --url https://tsa.example.jp/tsr --authority tsa.pem
  sekisho ledger timestamp daily LEDGER --url https://tsa.example.jp/tsr --authority tsa.pem
without a way to the network:
  sekisho ledger timestamp request LEDGER --out head.tsq        (prints the size of the head)
  curl -H 'Content-Type: application/timestamp-query' --data-binary @head.tsq http://tsa.example.jp/ > head.tsr
  sekisho ledger timestamp add LEDGER head.tsr --size 4711 --secret SECRET --authority tsa.pem
  sekisho ledger verify LEDGER --authority tsa.pem

A token says nothing about completeness. The reply is kept as it came; checking it needs no network."
    )]
    Timestamp(timestamp::TimestampCommand),
    /// Make the tiles for public reading again from the ledger itself
    #[command(after_long_help = "Examples:
  sekisho ledger rebuild /var/lib/sekisho/ledger

Tiles are derived: a wrong or missing one is written again, a file that is none is removed, the ledger itself is only read.")]
    Rebuild {
        /// Folder of the ledger
        ledger: PathBuf,
    },
    /// Let others read heads, tiles and entries over HTTP; never what was recorded
    #[command(after_long_help = "Examples:
  sekisho ledger serve /var/lib/sekisho/ledger
  sekisho ledger serve /var/lib/sekisho/ledger --listen 192.0.2.10:8640

Prints its address. Serves `checkpoint`, `tile/L/N` and `tile/entries/N` (C2SP tlog-tiles); any such client can audit it.")]
    Serve {
        /// Folder of the ledger
        ledger: PathBuf,
        /// Address and port
        #[arg(long, default_value = "127.0.0.1:8640")]
        listen: std::net::SocketAddr,
    },
    /// Copy a ledger to another folder or store, or bring it back from there; a copy only grows
    #[command(after_long_help = "Examples:
  sekisho ledger replicate /var/lib/sekisho/ledger /mnt/backup/ledger
  sekisho ledger replicate /var/lib/sekisho/ledger store:/mnt/nas/ledger
  sekisho ledger replicate /var/lib/sekisho/ledger s3://copies/main --settings /etc/sekisho/store.toml
  sekisho ledger replicate /var/lib/sekisho/ledger https://backup.example.jp --settings /etc/sekisho/store.toml
  sekisho ledger replicate s3://copies/main /var/lib/sekisho/ledger --settings /etc/sekisho/store.toml
  sekisho ledger replicate /mnt/backup/ledger /var/lib/sekisho/ledger     (after a loss; then append as before)

Every frame, signature and root is checked before the copy takes it. A copy that is ahead (LE-ROLLBACK) or that differs
(LV-FORK) is an alarm: nothing is written, exit code 1. `lag` counts entries that no signed head covers yet.
A copy needs no key; what is encrypted stays encrypted. Only one writes to a store at a time: a second one takes over, and the
first stops (LE-LOCKED). docs/stores.md shows how to set up S3 with Object Lock and PostgreSQL.")]
    Replicate(replicate::ReplicateArgs),
    /// Keep the copy of a ledger on this computer, for another one that sends it
    #[command(
        subcommand,
        after_long_help = "Examples:
  on the computer that keeps the copy:
    sekisho ledger replica init /var/lib/sekisho/replica --name backup.example.jp/r1 --key ledger.example.jp/main+a1b2c3d4+AAAA...
    sekisho ledger replica serve /var/lib/sekisho/replica --listen 127.0.0.1:8642      (behind a TLS proxy)
  beside the ledger, with the printed key and the token in the settings (docs/stores.md):
    sekisho ledger replicate /var/lib/sekisho/ledger https://backup.example.jp --settings /etc/sekisho/store.toml

It adds and gives back; there is no request to delete. Every frame, signature and root is checked before it is taken."
    )]
    Replica(replica::ReplicaCommand),
    /// Print the state of a ledger: head, log key, witnesses, next review; exit code 1 on an alarm
    #[command(after_long_help = "Examples:
  sekisho ledger status /var/lib/sekisho/ledger
  sekisho ledger status LEDGER | jq .alarms

Alarms: a quorum of witnesses that is missing for too long, a witness that refused a head, that names a smaller size than it
cosigned before (its state was lost or put back), or that knows more than the ledger holds; a log key that is revoked.")]
    Status {
        /// Folder of the ledger
        ledger: PathBuf,
    },
    /// Print how far each copy is, and which destructions have not reached it
    #[command(after_long_help = "Examples:
  sekisho ledger copies /var/lib/sekisho/ledger

`lag` counts entries that the copy did not have when it was last written, and that came since. `incomplete` names destructions
that a copy has not confirmed, with their age in seconds; `replicate` tries again each time.")]
    Copies {
        /// Folder of the ledger
        ledger: PathBuf,
    },
    /// Write a ledger, or what came after a size, as plain files for media that are written once
    #[command(after_long_help = "Examples:
  sekisho ledger export LEDGER /media/disc1/part1 --secret SECRET --purpose operations --case yearly-2026
  sekisho ledger export LEDGER /media/disc2/part2 --since 4711
  sekisho ledger import /media/disc1/part1 copy && sekisho ledger import /media/disc2/part2 copy

With --secret the copy is entered first, so that a later request for destruction can name it. For chosen entries with proofs:
`sekisho ledger extract`.")]
    Export(replicate::ExportArgs),
    /// Continue a copy with what `export` wrote; the same checks as `replicate`
    Import(replicate::ImportArgs),
    /// Check a proof that `prove` printed, or an extract, without the ledger
    #[command(after_long_help = "Examples:
  sekisho ledger check proof.json --key ledger.example.jp/main+a1b2c3d4+AAAA...
  sekisho ledger check extract --key ledger.example.jp/main+a1b2c3d4+AAAA...     (a folder that `extract` wrote)")]
    Check {
        /// File with the proof, folder of an extract, or `-` for standard input
        proof: PathBuf,
        /// Log key from a source you trust, e.g. the printed report; without it only the parts are compared
        #[arg(long)]
        key: Option<String>,
    },
    #[command(flatten)]
    Content(content::ContentCommand),
}

/// After a command has published a head: the time stamp of the day, and the witnesses. Entries are durable whatever comes of it.
pub(crate) fn after_head(folder: &Path, secret: &Path, clock: Clock) {
    stamping::after_head(folder, secret, clock);
    asking::after_head(folder, clock);
}

impl LedgerCommand {
    /// The ledger that the command works on, where it has to be in a folder.
    const fn folder_mut(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Append(args) => Some(&mut args.ledger),
            Self::Rotate(args) => Some(&mut args.ledger),
            Self::Export(args) => Some(&mut args.ledger),
            Self::Checkpoint { ledger, .. }
            | Self::Prove { ledger, .. }
            | Self::Rebuild { ledger }
            | Self::Serve { ledger, .. }
            | Self::Status { ledger }
            | Self::Copies { ledger } => Some(ledger),
            Self::Keys(command) => command.folder_mut(),
            Self::Witness(command) => command.folder_mut(),
            Self::Timestamp(command) => command.folder_mut(),
            Self::Content(command) => command.folder_mut(),
            Self::Init { .. }
            | Self::Verify(_)
            | Self::Replicate(_)
            | Self::Replica(_)
            | Self::Import(_)
            | Self::Check { .. } => None,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: LedgerArgs) -> anyhow::Result<u8> {
    let LedgerArgs { settings, json, lang, mut command } = args;
    view::choose(json, lang.map(web::Lang::from));
    let settings = settings.as_deref();
    if let Some(ledger) = command.folder_mut() {
        *ledger = living::arrive(ledger, settings)?;
    }
    match command {
        LedgerCommand::Init { ledger, secret, origin, root_key, root, store, recover, succession } => {
            let (ledger, living) = living::place(ledger, store.as_deref(), settings)?;
            match living {
                Some(living) if recover => living.recover(&ledger, &secret),
                living => write::init(
                    &ledger,
                    &secret,
                    origin,
                    (root_key.as_deref(), root),
                    living.as_ref(),
                    &succession,
                ),
            }
        }
        LedgerCommand::Keys(command) => log_keys::run(command),
        LedgerCommand::Rotate(args) => log_keys::rotate(&args),
        LedgerCommand::Append(args) => write::append(&args),
        LedgerCommand::Checkpoint { ledger, secret } => write::checkpoint(&ledger, &secret),
        LedgerCommand::Verify(args) => verify::run(args, settings),
        LedgerCommand::Replicate(args) => replicate::run(&args, settings),
        LedgerCommand::Replica(command) => replica::run(command),
        LedgerCommand::Status { ledger } => status::run(&ledger),
        LedgerCommand::Copies { ledger } => copies::print(&ledger),
        LedgerCommand::Export(args) => replicate::export(&args),
        LedgerCommand::Import(args) => replicate::import(&args),
        LedgerCommand::Prove { ledger, consistency, .. } if !consistency.is_empty() => {
            prove::consistency(&ledger, &consistency)
        }
        LedgerCommand::Prove { ledger, index, record, tlog, .. } => {
            prove::prove(&ledger, index.unwrap_or(0), record, tlog)
        }
        LedgerCommand::Witness(command) => witness::run(command),
        LedgerCommand::Timestamp(command) => timestamp::run(command),
        LedgerCommand::Rebuild { ledger } => serve::rebuild(&ledger),
        LedgerCommand::Serve { ledger, listen } => serve::serve(&ledger, listen),
        LedgerCommand::Check { proof, key } => prove::check(&proof, key.as_deref()),
        LedgerCommand::Content(command) => content::run(command),
    }
}
