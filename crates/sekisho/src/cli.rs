//! The command line (contract of DESIGN).

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use vocab::{Level, Timestamp};

/// Sekisho (関所): was there an unauthorized access, what does the Act call it, and what has to be done now?
#[derive(Debug, Parser)]
#[command(name = "sekisho", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Language of the output.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LangArg {
    /// 日本語
    Ja,
    /// English
    En,
}

impl From<LangArg> for web::Lang {
    fn from(lang: LangArg) -> Self {
        match lang {
            LangArg::Ja => Self::Ja,
            LangArg::En => Self::En,
        }
    }
}

/// `sekisho serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Settings file / 設定ファイル
    #[arg(long, value_name = "FILE", default_value = "sekisho.toml")]
    pub(crate) config: PathBuf,
    /// Language of the console, until somebody chooses another
    #[arg(long, value_enum)]
    pub(crate) lang: Option<LangArg>,
}

/// `sekisho agent`.
#[derive(Debug, Args)]
pub(crate) struct Agent {
    /// Settings file / 設定ファイル
    #[arg(long, value_name = "FILE", default_value = "agent.toml")]
    pub(crate) config: PathBuf,
}

/// `sekisho config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read the file and say what it means; every mistake is named with its line
    Check {
        /// Settings file
        config: PathBuf,
    },
}

/// `sekisho notice`.
#[derive(Debug, Subcommand)]
pub(crate) enum NoticeCommand {
    /// Have the service that runs send a test to the crisis manager, who has to acknowledge it / 通知の試験を送る
    Test {
        /// Settings file of the service
        #[arg(long, value_name = "FILE", default_value = "sekisho.toml")]
        config: PathBuf,
    },
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read logs and write one report: what happened, to whom, from where, and what the Act calls it
    #[command(after_long_help = "Examples:
  sekisho investigate /mnt/copy/var/log --out report
  sekisho investigate auth.log.gz access.log --out r --lang en --timezone Asia/Tokyo
  sekisho investigate logs/ --accounts leavers.csv --out r --fail-on high
  journalctl -o json | sekisho investigate - --out r

Exit codes: 0 done, 1 failure, 2 wrong use, 3 findings at or above --fail-on.")]
    Investigate(Investigate),
    /// Watch logs as they are written, with a console / ログを監視し、画面を出す
    #[command(after_long_help = "Examples:
  sekisho config check sekisho.toml
  sekisho serve --config sekisho.toml

The first start shows a one-time code with which the first administrator is registered at /setup.
最初の起動で一度だけのコードが表示されます。/setup で最初の管理者を登録してください。
All settings: docs/serve.md")]
    Serve(Serve),
    /// Copy what the service keeps, check the copy, put it back / 写しを作り、確かめ、戻す
    #[command(subcommand)]
    Backup(crate::cmd::BackupCommand),
    /// Follow the logs of this computer and send them to a server / このコンピュータのログをサーバへ送る
    #[command(after_long_help = "Examples:
  sekisho agent --config agent.toml

`sekisho agents add NAME` on the server makes the folder with agent.toml and certificates. docs/agent.md
サーバで `sekisho agents add 名前` を実行すると、agent.toml と証明書の入ったフォルダができます。")]
    Agent(Agent),
    /// Agents that may send to this server / このサーバへ送信できるエージェント
    #[command(subcommand)]
    Agents(crate::cmd::agents::AgentsCommand),
    /// Tokens of programs that send lines or read / プログラム用のトークン
    #[command(subcommand)]
    Token(crate::cmd::token::TokenCommand),
    /// Check a settings file / 設定ファイルを確かめる
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Notices to people / 通知
    #[command(
        subcommand,
        after_long_help = "Examples:
  sekisho notice test --config sekisho.toml

What became of it stands on the page Notices of the console.
結果は画面の「通知」に表示されます。"
    )]
    Notice(NoticeCommand),
    /// Attack harmlessly through every source, and prove that it is seen and acknowledged / 演習
    #[command(after_long_help = "Examples:
  sekisho exercise --config sekisho.toml
  sekisho exercise --agents --wait 300 --acknowledged 1800
  sekisho exercise --acknowledged 0 --json

Writes one marked line into each followed log and to each syslog receiver: a failed log-in, or a request, of the account or path
sekisho-exercise-... from 192.0.2.66, an address that nobody has. It becomes a case like any other, which can be closed as a false
alarm. Exit code 0: all was proved; 1: something was not seen, not told of or not acknowledged.
監視中の各ログと syslog の受け口に、印の付いた無害な一行を書き、検知、通知、確認までを確かめます。事案は「誤検知」で閉じてください。")]
    Exercise(crate::cmd::exercise::Exercise),
    /// Print normalised events, one OCSF-shaped JSON object a line
    #[command(after_long_help = "Examples:
  sekisho events /var/log/auth.log
  zcat auth.log.1.gz | sekisho events - | jq 'select(.status_id == 2)'")]
    Events(Events),
    /// Print raw rule matches as JSON lines
    #[command(after_long_help = "Examples:
  sekisho detect --rules my-rules/ /var/log/nginx/
  sekisho detect access.log.1.gz")]
    Detect(Detect),
    /// Search records by words, fields and expressions / 記録を語・項目・正規表現で検索する
    #[command(
        after_long_help = "Terms (several: all must fit with --and, none with --not; case does not count) / 検索語:
  word           anywhere in the record / 記録のどこかに含まれる語
  field=value    the whole value, with * and ?; of an address also 10.0.0.0/8 / 項目の値(* ? 使用可)
  field~regex    the value fits the expression / 項目の値が正規表現に合う
  /regex/        the record fits the expression / 記録が正規表現に合う
Fields: time file record parser class activity outcome reason host user actor target_user group source src_host dst_ip
  device session service method logon_type process pid parent cmdline path url_path http_status user_agent message ...,
  and every field by the name that the log gives it (EventID, TargetUserName, ...) / ログ自身の項目名も使える

Examples:
  sekisho search mimikatz logs/
  sekisho search EventID=4625 logs/ --and 'TargetUserName=admin*' --from 2026-11-20 --to 2026-11-21
  sekisho search 'source=203.0.113.0/24' /var/log --format jsonl | jq .message
  sekisho search 'cmdline~-enc(odedcommand)?\\s' Security.evtx --count"
    )]
    Search(Search),
    /// Print all events in order of time, as CSV or JSON lines / 全ての記録を時刻順に並べる
    #[command(
        after_long_help = "Sorts on disk what does not fit into memory; the temporary files have no name and vanish with the program.
Records without a time come last. / メモリに収まらない分はディスク上で整列する。時刻のない記録は末尾に置く。

Examples:
  sekisho timeline logs/ --out timeline.csv
  sekisho timeline Security.evtx auth.log --format jsonl --from '2026-11-20 08:00' --timezone Asia/Tokyo
  sekisho timeline image.zip --temp /var/tmp --memory-mib 64 --out t.csv"
    )]
    Timeline(Timeline),
    /// Ask the Act: classify facts, count units
    #[command(subcommand)]
    Act(crate::cmd::act::ActCommand),
    /// Make, read and verify a ledger
    Ledger(crate::cmd::ledger::LedgerArgs),
    /// Signed evidence bundles: make, check, open, redact, acknowledge
    #[command(subcommand)]
    Bundle(crate::cmd::bundle::BundleCommand),
    /// One incident, what people know of it, and the documents to hand in / 事案と届出・申出の書類
    #[command(subcommand)]
    Case(crate::cmd::case::CaseCommand),
    /// Who held which item of evidence when
    #[command(subcommand)]
    Custody(crate::cmd::custody::CustodyCommand),
    /// Look at detection rules
    #[command(subcommand)]
    Rules(Rules),
}

/// What every command that reads logs takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct Reading {
    /// Files, folders (walked; symbolic links are not followed) or `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Zone of stamps that carry none, e.g. Asia/Tokyo [default: zone files beside the logs, else this machine's]
    #[arg(long, value_name = "TZ")]
    pub(crate) timezone: Option<String>,
    /// Year of the newest line without a year [default: resolved from files and clock]
    #[arg(long, value_name = "YYYY", value_parser = clap::value_parser!(i16).range(1970..=9999))]
    pub(crate) year: Option<i16>,
    /// Folder with more rules (Sigma YAML); may be given several times
    #[arg(long = "rules", value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// CSV of accounts: account,kind,state,owner,left_on,valid_until,last_login
    #[arg(long, value_name = "CSV")]
    pub(crate) accounts: Option<PathBuf>,
    /// CSV of hosts: host,address,role,internet_facing,function_id
    #[arg(long, value_name = "CSV")]
    pub(crate) assets: Option<PathBuf>,
    /// CSV of networks: prefix,label
    #[arg(long, value_name = "CSV")]
    pub(crate) networks: Option<PathBuf>,
    /// CSV of log-ins that their holders say were not theirs: account,from,until,address,stated_on
    #[arg(long, value_name = "CSV")]
    pub(crate) repudiated: Option<PathBuf>,
    /// Database of places: MaxMind DB (.mmdb) or CSV prefix,latitude,longitude,accuracy_km,country,asn,relay; repeatable
    #[arg(long = "places", value_name = "FILE")]
    pub(crate) places: Vec<PathBuf>,
    /// Fix the clock at this moment (RFC 3339) and use no randomness: two runs give identical files
    #[arg(long, value_name = "TIME", value_parser = fixed_time)]
    pub(crate) deterministic: Option<Timestamp>,
    /// Threads that decode and match; the results do not depend on it [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) threads: Option<u8>,
}

impl Reading {
    /// Threads that decode and match.
    pub(crate) fn threads(&self) -> usize {
        self.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
    }
}

/// `sekisho investigate`.
#[derive(Args, Debug)]
pub(crate) struct Investigate {
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Folder for the report; must be empty or hold an earlier report
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Seal the records in the ledger to this role holder: [ROLE=]age1..., e.g. auditor=age1...; may be given several
    /// times. Without it whoever has the report folder can read them
    #[arg(long, value_name = "RECIPIENT", conflicts_with = "deterministic")]
    pub(crate) seal_to: Vec<String>,
    /// Language of report and summary [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(crate) lang: Option<LangArg>,
    /// Exit with 3 when a finding is at or above this level
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) fail_on: Option<Level>,
    /// No progress on standard error
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// `sekisho events`.
#[derive(Args, Debug)]
pub(crate) struct Events {
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// `sekisho detect`.
#[derive(Args, Debug)]
pub(crate) struct Detect {
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Only the rules of --rules, without the built-in pack
    #[arg(long)]
    pub(crate) only: bool,
    /// Exit with 3 when a match is at or above this level
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) fail_on: Option<Level>,
}

/// A span of time.
#[derive(Args, Clone, Debug)]
pub(crate) struct SpanArgs {
    /// Only records from this moment on: 2026-11-20, '2026-11-20 08:00' or RFC 3339 / この時刻以後
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only records until this moment; a day alone counts whole / この時刻以前
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
}

impl SpanArgs {
    /// The span, with times without an offset in `zone`.
    pub(crate) fn read(&self, zone: &jiff::tz::TimeZone) -> anyhow::Result<crate::record::Span> {
        let read = |name: &str, text: &Option<String>, is_end: bool| {
            let Some(text) = text else { return Ok(None) };
            crate::record::moment(text, zone, is_end).map(Some).ok_or_else(|| {
                crate::error::Usage::error(
                    format!("--{name}: {text:?} is no moment"),
                    "give a day (2026-11-20), day and time ('2026-11-20 08:00') or RFC 3339 (2026-11-20T08:00:00+09:00)",
                )
            })
        };
        Ok(crate::record::Span { from: read("from", &self.from, false)?, to: read("to", &self.to, true)? })
    }
}

/// Form of what `search` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SearchFormat {
    /// A short table
    Table,
    /// Normalised events, one OCSF-shaped JSON object a line
    Jsonl,
}

/// `sekisho search`.
#[derive(Args, Debug)]
pub(crate) struct Search {
    /// What to search for / 検索語
    pub(crate) term: String,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// This must fit too; may be given several times / 併せて合うこと
    #[arg(long, value_name = "TERM")]
    pub(crate) and: Vec<String>,
    /// This must not fit; may be given several times / 合わないこと
    #[arg(long, value_name = "TERM")]
    pub(crate) not: Vec<String>,
    #[command(flatten)]
    pub(crate) span: SpanArgs,
    /// Form of the output / 出力形式
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: SearchFormat,
    /// Print only how many records fit / 件数だけを出力する
    #[arg(long)]
    pub(crate) count: bool,
    /// Print at most this many records / 出力する記録の最大数
    #[arg(long, value_name = "N")]
    pub(crate) max: Option<u64>,
    /// Language of headings and messages [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(crate) lang: Option<LangArg>,
    /// No progress on standard error
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Form of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimelineFormat {
    /// A table for a spreadsheet
    Csv,
    /// One JSON object a line
    Jsonl,
}

/// `sekisho timeline`.
#[derive(Args, Debug)]
pub(crate) struct Timeline {
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) span: SpanArgs,
    /// Form of the output / 出力形式
    #[arg(long, value_enum, default_value = "csv")]
    pub(crate) format: TimelineFormat,
    /// File to write; complete or not there at all [default: standard output] / 出力先
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Folder for what does not fit into memory [default: the system's] / 一時ファイルの置き場
    #[arg(long, value_name = "DIR")]
    pub(crate) temp: Option<PathBuf>,
    /// Rows held in memory, MiB / メモリに保持する量
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) memory_mib: u16,
    /// Language of messages [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(crate) lang: Option<LangArg>,
    /// No progress on standard error
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// `sekisho rules`.
#[derive(Debug, Subcommand)]
pub(crate) enum Rules {
    /// Load rules and say which load, which are refused, and why
    Check {
        /// Folders with rules; the built-in pack is always checked
        dirs: Vec<PathBuf>,
        /// Exit with 1 when a rule is refused
        #[arg(long)]
        strict: bool,
    },
    /// List the rules: id, level, kind, title, author, licence
    List {
        /// Folders with more rules
        dirs: Vec<PathBuf>,
    },
    /// Why did or didn't a rule match a record? / 規則がその記録に当たった、または当たらなかった理由
    #[command(
        after_long_help = "Every part of the rule with the values of the record. On a terminal as text, else as JSON lines.
各条件とその記録の値を示す。端末では文章、それ以外では JSON を一行ずつ出力する。

Examples:
  sekisho rules explain 'Suspicious Encoded PowerShell' --record 4711 Security.evtx --rules sigma/
  sekisho rules explain web_sql_injection --record 12 access.log
  sekisho rules explain f0d1feba-4344-4ca9-8121-a6c97bd6df52 --record 3 logs/ --rules sigma/ | jq .explanation.selections"
    )]
    Explain(RulesExplain),
    /// Copy a public rule set into a rules folder of yours, with its licence / 公開された規則を利用条件とともに取り込む
    #[command(
        after_long_help = "Rules are copied as they are, with their authors, and licence files beside them. Rules that Sekisho cannot evaluate
are listed with the reason and left out; --keep-refused copies them too.
規則は作成者の表示を含めそのまま複写し、利用条件のファイルも複写する。評価できない規則は理由を示して除く。

Examples:
  sekisho rules import ~/sigma/rules --to /etc/sekisho/rules/sigma
  sekisho rules import sigma-main/ --to rules/ --dry-run"
    )]
    Import(RulesImport),
}

/// `sekisho rules explain`.
#[derive(Args, Debug)]
pub(crate) struct RulesExplain {
    /// Id, name or title of the rule / 規則の ID、名前又は題名
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Number of the record: line number, or record id of a Windows log / 記録の番号
    #[arg(long, value_name = "NUMBER")]
    pub(crate) record: u64,
    /// Language of the text [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(crate) lang: Option<LangArg>,
}

/// `sekisho rules import`.
#[derive(Args, Debug)]
pub(crate) struct RulesImport {
    /// Folder with a rule set (Sigma YAML)
    #[arg(value_name = "DIR")]
    pub(crate) from: PathBuf,
    /// Rules folder to copy into; it is made where it is missing
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// Copy rules too that Sekisho cannot evaluate
    #[arg(long)]
    pub(crate) keep_refused: bool,
    /// Say what would be done and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Language of the text [default: from the environment, else ja]
    #[arg(long, value_enum)]
    pub(crate) lang: Option<LangArg>,
}

fn level(text: &str) -> Result<Level, String> {
    Level::parse(text).ok_or_else(|| "expected informational, low, medium, high or critical".to_owned())
}

pub(crate) fn fixed_time(text: &str) -> Result<Timestamp, String> {
    text.parse::<jiff::Timestamp>()
        .map(|time| Timestamp(time.as_microsecond()))
        .map_err(|_| "expected a time such as 2026-11-22T12:00:00+09:00".to_owned())
}
