//! `sekisho ledger witness`: be a witness for the ledgers of others, and ask witnesses about one's own (LG chapter 10).

use super::ask;
use super::write::{make_secret, read_secret};
use crate::clock::Clock;
use crate::error::{Hinted, Usage};
use crate::http::{Answer, Limits, Request, Response, TEXT, serve as serve_http};
use anyhow::Context as _;
use clap::Subcommand;
use ledger::{Witness, WitnessKey};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of the files of a witness that are read.
const FILE_BYTES_MAX: usize = 256 << 10;

/// `sekisho ledger witness`.
#[derive(Debug, Subcommand)]
pub(crate) enum WitnessCommand {
    /// Make a witness on this computer; prints its public key
    Init {
        /// Folder of the witness; must not exist yet
        folder: PathBuf,
        /// Name of the witness, e.g. witness.example.jp/w1
        #[arg(long)]
        name: String,
    },
    /// Let the witness follow a ledger
    Enrol {
        /// Folder of the witness
        folder: PathBuf,
        /// Log key of the ledger (`origin+id+base64`), from a source you trust
        log_key: String,
        /// Size of a head known from elsewhere, when the witness lost its state
        #[arg(long, requires = "root")]
        size: Option<u64>,
        /// Root of that head, 64 hexadecimal digits
        #[arg(long, requires = "size")]
        root: Option<String>,
    },
    /// Follow the log key of a ledger that was rotated; the history has to grow from the head cosigned last
    #[command(after_long_help = "Examples:
  beside the ledger:   sekisho ledger keys history LEDGER --since SIZE > history.json     (SIZE: `witness status` there)
  at the witness:      sekisho ledger witness rekey /var/lib/sekisho/witness history.json

`witness serve` is stopped for it, and started again under the key that is printed.")]
    Rekey {
        /// Folder of the witness
        folder: PathBuf,
        /// The history, or `-`
        history: PathBuf,
    },
    /// Answer `add-checkpoint` requests (C2SP tlog-witness); prints its address
    Serve {
        /// Folder of the witness
        folder: PathBuf,
        /// Address and port
        #[arg(long, default_value = "127.0.0.1:8641")]
        listen: SocketAddr,
    },
    /// Print the ledgers it follows: origin, size, root
    Status {
        /// Folder of the witness
        folder: PathBuf,
    },
    /// List the refused requests that a ledger had signed: forks, rollbacks, wrong proofs
    Evidence {
        /// Folder of the witness
        folder: PathBuf,
    },
    /// Cosign one request from a file and print the answer: for a witness without network
    Answer {
        /// Folder of the witness
        folder: PathBuf,
        /// File with the request that `request` printed, or `-`
        request: PathBuf,
    },
    /// Ask the witnesses of a policy about the newest head, and keep their cosignatures
    Ask {
        /// Folder of the ledger
        ledger: PathBuf,
        /// Policy with the witnesses and their addresses (C2SP tlog-policy)
        #[arg(long, value_name = "FILE")]
        policy: PathBuf,
    },
    /// Put a policy beside the ledger: its witnesses are asked by themselves after every `append` and `checkpoint`
    #[command(after_long_help = "Examples:
  sekisho ledger witness policy /var/lib/sekisho/ledger policy
  sekisho ledger witness policy LEDGER policy --alarm 90000      (a witness that is connected once a day)

A quorum that is missing for longer than --alarm seconds is an alarm: an entry, and exit code 1 of `sekisho ledger status`.
Verifiers keep a policy of their own, outside the ledger.")]
    Policy {
        /// Folder of the ledger
        ledger: PathBuf,
        /// Policy with the witnesses and their addresses (C2SP tlog-policy)
        policy: PathBuf,
        /// Seconds without quorum that are an alarm [default: 600]
        #[arg(long, value_name = "SECONDS")]
        alarm: Option<u32>,
    },
    /// An alarm of a witness was looked at: `ledger status` does not show it any more; its entry stays
    Clear {
        /// Folder of the ledger
        ledger: PathBuf,
        /// Name of the witness in the policy
        witness: String,
    },
    /// Print a request for a witness without network
    Request {
        /// Folder of the ledger
        ledger: PathBuf,
        /// Size that the witness cosigned last; `status` there tells
        #[arg(long, default_value_t = 0)]
        old: u64,
    },
    /// Keep the answer of a witness without network
    Import {
        /// Folder of the ledger
        ledger: PathBuf,
        /// File with the answer, or `-`
        answer: PathBuf,
        /// Policy that names the witness
        #[arg(long, value_name = "FILE")]
        policy: PathBuf,
    },
}

impl WitnessCommand {
    /// The ledger that the command works on, where it works on one.
    pub(super) const fn folder_mut(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Ask { ledger, .. }
            | Self::Policy { ledger, .. }
            | Self::Clear { ledger, .. }
            | Self::Request { ledger, .. }
            | Self::Import { ledger, .. } => Some(ledger),
            _ => None,
        }
    }
}

/// Runs the command.
pub(super) fn run(command: WitnessCommand) -> anyhow::Result<u8> {
    match command {
        WitnessCommand::Init { folder, name } => init(&folder, &name),
        WitnessCommand::Enrol { folder, log_key, size, root } => enrol(&folder, &log_key, size.zip(root)),
        WitnessCommand::Rekey { folder, history } => rekey(&folder, &history),
        WitnessCommand::Serve { folder, listen } => serve(&folder, listen),
        WitnessCommand::Status { folder } => {
            let witness = open(&folder)?;
            let lines =
                witness.logs().map(|(origin, size, root)| format!("{origin} {size} {}", hex::encode(root)));
            print(lines.collect())
        }
        WitnessCommand::Evidence { folder } => evidence(&folder),
        WitnessCommand::Answer { folder, request } => answer(&folder, &request),
        WitnessCommand::Policy { ledger, policy, alarm } => {
            super::asking::set_policy(&ledger, &policy, alarm)
        }
        WitnessCommand::Clear { ledger, witness } => {
            let known = super::asking::update(&ledger, |watch| watch.clear(&witness))?;
            if known {
                Ok(0)
            } else {
                Err(Usage::error("no alarm of that witness", "`sekisho ledger status` lists them"))
            }
        }
        WitnessCommand::Ask { ledger, policy } => ask::ask(&ledger, &policy),
        WitnessCommand::Request { ledger, old } => ask::request(&ledger, old),
        WitnessCommand::Import { ledger, answer, policy } => ask::import(&ledger, &answer, &policy),
    }
}

fn init(folder: &Path, name: &str) -> anyhow::Result<u8> {
    if folder.exists() {
        return Err(Usage::error(format!("{} exists already", folder.display()), "name a new folder"));
    }
    std::fs::create_dir(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let key = WitnessKey::new(name, &make_secret(&folder.join("secret"), Clock::System)?);
    let key = key
        .ok_or_else(|| Usage::error(format!("{name:?} is no name of a witness"), "no blank, no plus sign"))?;
    crate::output::atomic::write(&folder.join("name"), name.as_bytes())?;
    crate::output::atomic::write(&folder.join("logs"), b"")?;
    print(vec![key.verifier_key()])
}

fn enrol(folder: &Path, log_key: &str, head: Option<(u64, String)>) -> anyhow::Result<u8> {
    let head = head.map(|(size, root)| {
        let root = hex::decode(&root).ok().and_then(|root| root.try_into().ok());
        root.map(|root| (size, root))
            .ok_or_else(|| Usage::error("the root is no hash", "give 64 hexadecimal digits"))
    });
    let mut logs = crate::inputs::read_text(&folder.join("logs"), FILE_BYTES_MAX)?;
    Witness::enrol(folder, log_key, head.transpose()?).context("cannot enrol the ledger")?;
    if !logs.lines().any(|line| line == log_key) {
        logs.push_str(log_key);
        logs.push('\n');
        crate::output::atomic::write(&folder.join("logs"), logs.as_bytes())?;
    }
    Ok(0)
}

fn rekey(folder: &Path, history: &Path) -> anyhow::Result<u8> {
    let history = super::log_keys::load_history(history)?;
    let logs = crate::inputs::read_text(&folder.join("logs"), FILE_BYTES_MAX)?;
    let origin = history.excerpt.origin();
    let known = logs.lines().find(|line| line.split_once('+').is_some_and(|(name, _)| name == origin));
    let Some(known) = known else {
        return Err(Hinted::error(
            format!("this witness does not follow {}", crate::output::terminal::safe(origin, 300)),
            "`sekisho ledger witness enrol`",
        ));
    };
    let next = Witness::next_log_key(folder, known, &history).context("the log key is not followed")?;
    let changed: String = logs
        .lines()
        .map(|line| if line == known { &next } else { line })
        .fold(String::new(), |text, line| text + line + "\n");
    crate::output::atomic::write(&folder.join("logs"), changed.as_bytes())?;
    print(vec![next])
}

fn open(folder: &Path) -> anyhow::Result<Witness> {
    let name = crate::inputs::read_text(&folder.join("name"), FILE_BYTES_MAX)?;
    let key = WitnessKey::new(&name, &read_secret(&folder.join("secret"))?);
    let key = key.ok_or_else(|| anyhow::anyhow!("{} holds no name of a witness", folder.display()))?;
    let logs = crate::inputs::read_text(&folder.join("logs"), FILE_BYTES_MAX)?;
    let logs: Vec<String> = logs.lines().map(str::to_owned).collect();
    Witness::open(folder, key, &logs)
        .with_context(|| format!("cannot open the witness in {}", folder.display()))
}

fn serve(folder: &Path, listen: SocketAddr) -> anyhow::Result<u8> {
    let witness = Serving(Mutex::new(open(folder)?));
    serve_http(listen, Limits::default(), Arc::new(witness))?;
    Ok(0)
}

struct Serving(Mutex<Witness>);

impl Answer for Serving {
    fn answer(&self, request: &Request) -> Response {
        if request.path != "/add-checkpoint" {
            return Response::text(404, "a witness knows `add-checkpoint` only");
        }
        if request.method != "POST" {
            return Response::text(405, "`add-checkpoint` is posted");
        }
        let mut witness = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match witness.add_checkpoint(&request.body, Clock::System.now()) {
            Ok(verdict) => {
                if let Some(kind) = verdict.evidence {
                    crate::output::say(&format!(
                        "alarm: {kind}: a signed request was refused; see `evidence`"
                    ));
                }
                let kind = if verdict.status == 409 { "text/x.tlog.size" } else { TEXT };
                Response {
                    status: verdict.status,
                    kind,
                    cache: "no-store",
                    body: verdict.body.into_bytes(),
                    headers: Vec::new(),
                    file: None,
                }
            }
            Err(error) => {
                crate::output::say(&format!("error: {error}"));
                Response::text(503, "nothing was cosigned")
            }
        }
    }
}

fn evidence(folder: &Path) -> anyhow::Result<u8> {
    let folder = folder.join("evidence");
    let mut names = Vec::new();
    if folder.exists() {
        let items =
            std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for item in items {
            names.push(item?.path().display().to_string());
        }
    }
    names.sort();
    print(names)
}

fn answer(folder: &Path, request: &Path) -> anyhow::Result<u8> {
    let body = crate::inputs::read_text(request, 64 << 10)?;
    let verdict = open(folder)?.add_checkpoint(body.as_bytes(), Clock::System.now())?;
    if verdict.status != 200 {
        return Err(Hinted::error(
            format!("refused ({}): {}", verdict.status, verdict.body.trim_end()),
            "for 409 the number is the size known here: `sekisho ledger witness request LEDGER --old NUMBER`",
        ));
    }
    print(vec![verdict.body.trim_end().to_owned()])
}

fn print(lines: Vec<String>) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}").context("cannot write to standard output")?;
    }
    Ok(0)
}
