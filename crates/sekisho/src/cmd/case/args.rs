//! Arguments of `sekisho case`.

use crate::cli::LangArg;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use vocab::Timestamp;

/// `sekisho case`.
#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    /// Begin a case file for one incident / 事案ファイルを作る
    #[command(
        after_long_help = "The case file lists every fact that a document may ask for. Fill in what you know; a fact is entered once and
goes into all documents. / 書類に必要な事実の一覧ができる。分かるところから記入する。

Examples:
  sekisho case new report --incident I-0abf37389842 --out case.toml
  sekisho case new report --out case.toml        when the report holds one incident"
    )]
    New(NewArgs),
    /// Say what is still missing in each document, and who could know it / 足りない事実を示す
    #[command(after_long_help = "Examples:
  sekisho case check case.toml
  sekisho case check case.toml --form police.damage --json | jq .[].missing

Exit code 0: every document has what its recipient needs. 1: a required fact is missing.")]
    Check(CheckArgs),
    /// Write the documents: PDF/A, workbook and text / 書類を作る
    #[command(after_long_help = "Examples:
  sekisho case write case.toml --out documents
  sekisho case write case.toml --form police.damage --form ipa.access --out documents
  sekisho bundle create report --incident I-0abf37389842 --document documents/police.damage.pdf ...")]
    Write(WriteArgs),
    /// Approve a written document for handing in, and keep what went out / 書類の提出を承認し、記録する
    #[command(
        after_long_help = "The files must be those that `case write` wrote and a person looked at: their hashes are checked. The record stands in
releases.json of the folder; from then on `case write` does not overwrite the document.

Examples:
  sekisho case release documents --form police.damage --by '髙橋 花子' --consent '本人の同意（11月13日）'
  sekisho case release documents --form ppc.leak.prompt --by '髙橋 花子' --consent '個人情報保護法第26条' --incomplete
  sekisho case receipt documents --form police.damage --number '第12号'"
    )]
    Release(ReleaseArgs),
    /// Note the recipient's receipt / 受理番号を記録する
    #[command(after_long_help = "Examples:
  sekisho case receipt documents --form police.damage --number '第12号'")]
    Receipt(ReceiptArgs),
    /// Fill an official Excel form of the recipient / 提出先の公式Excel様式に記入する
    #[command(
        after_long_help = "The workbook is the recipient's, as you downloaded it; the cell map says where each fact goes. Nothing but these cells
changes. A workbook with another hash or other labels than the map expects is refused: its layout has changed.

Examples:
  sekisho case cells yoshiki2.xlsx > nco.ransom.cells.toml      begin a cell map
  sekisho case fill case.toml --workbook yoshiki2.xlsx --map nco.ransom.cells.toml --out filled.xlsx"
    )]
    Fill(FillArgs),
    /// Begin a cell map for a workbook: its hash and every text in it / セル対応表のひな型を作る
    #[command(after_long_help = "Examples:
  sekisho case cells yoshiki2.xlsx > nco.ransom.cells.toml")]
    Cells {
        /// The workbook
        workbook: PathBuf,
    },
    /// Say what has to be told to whom by when, and how far it is / 届出の期限と状態
    #[command(
        after_long_help = "What was done, exempted, extended or does not apply stands in the case file:
  [[obligation]]
  clock = \"CLK-3\"
  done = \"2026-11-24 10:00\"
  receipt = \"受付 12-345\"

Examples:
  sekisho case clocks case.toml
  sekisho case clocks case.toml --at 2026-12-01T09:00:00+09:00 --json

Exit code 1: an obligation is overdue."
    )]
    Clocks(ClocksArgs),
    /// Take back blocks of this computer at once, without the service / 遮断を取り消す
    #[command(
        after_long_help = "Works while the service is down, too: it speaks to the kernel. A service that runs notices and blocks
again what it still counts as blocked; take it back on its page as well.

Examples:
  sekisho case unban 203.0.113.7
  sekisho case unban 2001:db8:1::/64
  sekisho case unban all"
    )]
    Unban(UnbanArgs),
    /// Say what each desk would do with the case as it is: take it, ask for more, advise, refuse / 受理の見込み
    #[command(after_long_help = "Examples:
  sekisho case desks case.toml
  sekisho case desks case.toml --json | jq '.[] | {desk, outcome}'")]
    Desks(DesksArgs),
    /// Say what the Act says of the case: facts, verdict, and who confirmed it / 事実の認定と判定
    #[command(after_long_help = "What people state and confirm stands in the case file:
  [[statement]]
  fact = \"F9\"
  value = \"refuted\"
  by = \"関所 太郎\"
  at = \"2026-11-24 10:00\"
  reason = \"利用権者本人から、ログインも承諾もしていない旨の申述を得た\"
  evidence = [\"申述書 第1号\"]
  [[verdict]]
  do = \"confirm\"
  class = \"UA1\"
  by = \"関守 花子\"
  at = \"2026-11-24 15:00\"
  reason = \"4要件がすべて記録と申述により認められる\"
Nothing is called 不正アクセス行為 before a person confirmed it, and none of the facts it rests on may be unknown.

Examples:
  sekisho case verdict case.toml
  sekisho case verdict case.toml --json | jq .proposal.legal_class")]
    Verdict(DesksArgs),
    /// Say where the application for assistance stands, and what became of the advice / 援助の申出の経過
    #[command(after_long_help = "Steps and advice stand in the case file:
  [[step]]
  event = \"file\"
  time = \"2026-11-24 10:00\"
  number = \"第12号\"
  [[advice]]
  measure = \"公開鍵認証へ移行する\"
  answer = \"accepted\"

Examples:
  sekisho case assistance case.toml")]
    Assistance(DesksArgs),
    /// Write the case for exchange, without the victim: STIX 2.1 and MISP JSON / 匿名化して共有する
    #[command(
        after_long_help = "The victim, its people, computers and accounts are left out, times are days; the attacker's addresses stay. Look
at the files before you pass them on: approval is yours. / 提供の前に内容を確かめること。

Examples:
  sekisho case share case.toml --out shared --tlp green"
    )]
    Share(ShareArgs),
    /// List the forms, with recipient, basis, and what is not verified of each / 様式の一覧
    Forms(FormsArgs),
    /// List the fonts that documents are set in, with their licences / 書体と許諾条件
    Fonts {
        /// Print the texts of the licences
        #[arg(long)]
        licences: bool,
    },
}

/// `sekisho case new`.
#[derive(Args, Debug)]
pub(crate) struct NewArgs {
    /// Folder that `investigate --out` wrote, or its incidents.json
    pub(super) report: PathBuf,
    /// The incident
    #[arg(long, value_name = "ID")]
    pub(super) incident: Option<String>,
    /// New case file
    #[arg(long, value_name = "CASE.toml")]
    pub(super) out: PathBuf,
    /// Language of the explanations [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(super) lang: Option<LangArg>,
}

/// A case file, and which documents.
#[derive(Args, Debug)]
pub(crate) struct Chosen {
    /// The case file
    pub(super) case: PathBuf,
    /// Only this form; may be given several times (see `sekisho case forms`)
    #[arg(long, value_name = "ID")]
    pub(super) form: Vec<String>,
    /// Folder with form files of your own; one with the id of a known form goes before it; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(super) forms: Vec<PathBuf>,
    /// Language [default: from the environment, else ja]; documents for desks are in Japanese unless it is given
    #[arg(long, value_enum)]
    pub(super) lang: Option<LangArg>,
    /// Time of release (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", value_parser = crate::cli::fixed_time)]
    pub(super) at: Option<Timestamp>,
}

/// `sekisho case check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(super) chosen: Chosen,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// `sekisho case write`.
#[derive(Args, Debug)]
pub(crate) struct WriteArgs {
    #[command(flatten)]
    pub(super) chosen: Chosen,
    /// Folder for the documents
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// documents.json of the report before: what changed since is marked (続報)
    #[arg(long, value_name = "FILE")]
    pub(super) previous: Option<PathBuf>,
    /// Folder with the fonts, when they are not inside this program; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(super) fonts: Vec<PathBuf>,
}

/// `sekisho case release`.
#[derive(Args, Debug)]
pub(crate) struct ReleaseArgs {
    /// Folder that `case write` wrote
    pub(super) folder: PathBuf,
    /// The form
    #[arg(long, value_name = "ID")]
    pub(super) form: String,
    /// Who approves it
    #[arg(long, value_name = "NAME")]
    pub(super) by: String,
    /// Whose consent, or which duty, allows to hand its personal data over
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) consent: String,
    /// Required facts are missing, and it goes all the same
    #[arg(long)]
    pub(super) incomplete: bool,
    /// What is withheld; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub(super) withheld: Vec<String>,
    /// Evidence bundle that goes with it
    #[arg(long, value_name = "FILE.skb")]
    pub(super) bundle: Option<PathBuf>,
    /// Time of release (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", value_parser = crate::cli::fixed_time)]
    pub(super) at: Option<Timestamp>,
    /// Language of the messages [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(super) lang: Option<LangArg>,
}

/// `sekisho case receipt`.
#[derive(Args, Debug)]
pub(crate) struct ReceiptArgs {
    /// Folder of the released document
    pub(super) folder: PathBuf,
    /// The form
    #[arg(long, value_name = "ID")]
    pub(super) form: String,
    /// Number of the receipt, or who took it
    #[arg(long, value_name = "NUMBER")]
    pub(super) number: String,
    /// Time of the receipt (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", value_parser = crate::cli::fixed_time)]
    pub(super) at: Option<Timestamp>,
}

/// `sekisho case fill`.
#[derive(Args, Debug)]
pub(crate) struct FillArgs {
    /// The case file
    pub(super) case: PathBuf,
    /// The official workbook, unchanged
    #[arg(long, value_name = "FILE.xlsx")]
    pub(super) workbook: PathBuf,
    /// The cell map (docs/formats/case.md)
    #[arg(long, value_name = "FILE.toml")]
    pub(super) map: PathBuf,
    /// New workbook
    #[arg(long, value_name = "FILE.xlsx")]
    pub(super) out: PathBuf,
    /// Language of the messages [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(super) lang: Option<LangArg>,
}

/// `sekisho case forms`.
#[derive(Args, Debug)]
pub(crate) struct FormsArgs {
    /// Language [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(super) lang: Option<LangArg>,
}

/// `sekisho case clocks`.
#[derive(Args, Debug)]
pub(crate) struct ClocksArgs {
    /// The case file
    pub(super) case: PathBuf,
    /// The moment that is asked about (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", value_parser = crate::cli::fixed_time)]
    pub(super) at: Option<Timestamp>,
    /// Print JSON, with the reminders
    #[arg(long)]
    pub(super) json: bool,
    /// Language [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(super) lang: Option<LangArg>,
}

/// `sekisho case desks`.
#[derive(Args, Debug)]
pub(crate) struct DesksArgs {
    /// The case file
    pub(super) case: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Language [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(super) lang: Option<LangArg>,
}

/// How far it may go (TLP 2.0).
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum TlpArg {
    /// Anybody
    Clear,
    /// The community
    Green,
    /// The recipient's organisation and its clients
    Amber,
    /// The recipient's organisation alone
    #[value(name = "amber+strict")]
    AmberStrict,
    /// Those present
    Red,
}

/// `sekisho case share`.
#[derive(Args, Debug)]
pub(crate) struct ShareArgs {
    /// The case file
    pub(super) case: PathBuf,
    /// Folder for stix.json and misp.json
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// How far it may go
    #[arg(long, value_enum, default_value = "amber+strict")]
    pub(super) tlp: TlpArg,
    /// Time of making (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", value_parser = crate::cli::fixed_time)]
    pub(super) at: Option<Timestamp>,
}

/// `case unban`.
#[derive(Args, Debug)]
pub(crate) struct UnbanArgs {
    /// Address, prefix, or `all`
    #[arg(value_name = "ADDRESS|all")]
    pub(crate) what: String,
    /// Where the program nft is
    #[arg(long, value_name = "FILE", default_value = "/usr/sbin/nft")]
    pub(crate) nft: PathBuf,
}
