//! Running a program of the system: fixed arguments, no shell, no environment, a limit on time and on what it says.

use anyhow::{Context as _, bail};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Longest run.
const TIME_MAX: Duration = Duration::from_secs(10);
/// Pause between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);
/// Bytes of output that are taken.
const BYTES_MAX: u64 = 16 << 20;
/// Bytes of a complaint that are shown.
const COMPLAINT_BYTES_MAX: usize = 500;

/// What came of a run.
pub(super) struct Ran {
    /// It ended with success.
    pub(super) success: bool,
    /// Standard output.
    pub(super) output: Vec<u8>,
    /// The beginning of what it complained of, on one line.
    pub(super) complaint: String,
}

/// Runs a program with `input` on its standard input.
///
/// # Errors
/// When it cannot be started, does not end in time, or says too much.
pub(super) fn run(program: &Path, arguments: &[&str], input: &[u8]) -> anyhow::Result<Ran> {
    let name = program.display();
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {name}"))?;
    let mut stdin = child.stdin.take().context("a pipe")?;
    let input = input.to_vec();
    // A program that ends before it has read everything says why on its own.
    let giving = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let (said, complained) = (reading(child.stdout.take()), reading(child.stderr.take()));
    let status = wait(&mut child).with_context(|| format!("{name} did not end"))?;
    let _ = giving.join();
    let (output, complaint) = (said.join().unwrap_or_default(), complained.join().unwrap_or_default());
    if output.len() as u64 > BYTES_MAX {
        bail!("{name} said more than {BYTES_MAX} bytes");
    }
    let complaint = String::from_utf8_lossy(complaint.get(..COMPLAINT_BYTES_MAX).unwrap_or(&complaint));
    let complaint = complaint.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Ok(Ran { success: status, output, complaint })
}

fn reading(pipe: Option<impl std::io::Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            #[expect(clippy::disallowed_methods, reason = "`take` is the cap")]
            let _ = pipe.take(BYTES_MAX + 1).read_to_end(&mut bytes);
        }
        bytes
    })
}

fn wait(child: &mut Child) -> anyhow::Result<bool> {
    for _ in 0..TIME_MAX.as_millis() / PAUSE.as_millis() {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        std::thread::sleep(PAUSE);
    }
    drop(child.kill());
    drop(child.wait());
    bail!("after {} s", TIME_MAX.as_secs())
}
