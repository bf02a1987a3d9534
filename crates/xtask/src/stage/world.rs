//! The staged computer: private mounts, a network without a way out, accounts, daemons.
//!
//! Everything here runs behind `unshare` with mount, network, host-name and process namespaces of its own. The root
//! file system is read-only, the folders that programs write to are in memory, and the only network interface is the
//! loopback. When the first process of the namespace ends, the kernel ends the rest and forgets the mounts.

use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use super::clock::Clock;
use super::plan::{Account, Plan};
use super::{prereq, run, web};

/// Address of the attacked server.
pub(super) const SERVER: &str = "203.0.113.10";
/// The same server by IPv6.
pub(super) const SERVER_V6: &str = "2001:db8:ffff::10";

/// Where the folder for the result is seen from inside.
pub(super) const RESULT: &str = "/mnt";

/// Folders that the staged programs write to; each becomes an empty one in memory.
const IN_MEMORY: [&str; 11] = [
    "/tmp",
    "/var/log",
    "/run",
    "/home",
    "/root",
    "/srv",
    "/var/spool",
    "/var/lib/nginx",
    "/var/lib/logrotate",
    "/var/lib/sudo",
    "/var/mail",
];

/// Device files that the staged programs need.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

const RSYSLOG: &str = r#"module(load="imuxsock" SysSock.UseSysTimeStamp="off" SysSock.UsePIDFromSystem="off")
$ActionFileDefaultTemplate TEMPLATE
$RepeatedMsgReduction REDUCTION
$FileOwner root
$FileGroup adm
$FileCreateMode 0640
auth,authpriv.*	/var/log/auth.log
cron.*	/var/log/cron.log
*.*;auth,authpriv.none	-/var/log/syslog
"#;

const SSHD: &str = "Port 22
UsePAM yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin yes
MaxStartups 100:30:200
MaxAuthTries 6
LoginGraceTime 60
UseDNS no
X11Forwarding no
PrintMotd no
PrintLastLog no
";

const LOGROTATE: &str =
    "/var/log/auth.log /var/log/wtmp /var/log/btmp /var/log/nginx/access.log /var/log/nginx/error.log {
  rotate 12
  compress
  delaycompress
  missingok
  create
  su root root
  sharedscripts
  NAMING
  postrotate
    kill -HUP $(cat /run/rsyslogd.pid)
    kill -USR1 $(cat /run/nginx.pid)
  endscript
}
";

/// vsftpd gives its first process no file handles, so that libfaketime cannot read the clock there: rsyslogd stamps the lines.
const VSFTPD: &str = "listen=YES
anonymous_enable=NO
ftp_username=nobody
local_enable=YES
write_enable=YES
xferlog_enable=YES
syslog_enable=YES
pam_service_name=vsftpd
secure_chroot_dir=/run/vsftpd/empty
seccomp_sandbox=NO
";

const LOGWTMP: &str = include_str!("logwtmp.c");

/// The running world.
pub(super) struct World {
    /// Its clock.
    pub(super) clock: Clock,
    daemons: Vec<Child>,
    site: web::Site,
    runs_ftp: bool,
}

impl World {
    /// Builds the world of a plan and starts its daemons.
    pub(super) fn build(plan: &Plan, out: &Path) -> Result<Self> {
        mounts(out)?;
        network()?;
        base_files(plan)?;
        // The accounts have been there for a while when the first log line is written.
        let mut clock = Clock::start(plan.start - plan.accounts_age_days * 86_400)?;
        let shim = logwtmp_library()?;
        let library = prereq::faketime_library().ok_or_else(|| anyhow!("libfaketime is not installed"))?;
        run::put("/etc/ld.so.preload", format!("{library}\n{shim}\n"), 0o644)?;
        accounts(&plan.accounts)?;
        for argv in &plan.before {
            run::must(argv)?;
        }
        web::prepare(plan.web)?;
        clock.advance_to(plan.start)?;
        let mut world = Self { clock, daemons: Vec::new(), site: plan.web, runs_ftp: plan.runs_ftp };
        world.start_daemons()?;
        Ok(world)
    }

    fn start_daemons(&mut self) -> Result<()> {
        let rsyslog = run::command(&["/usr/sbin/rsyslogd", "-n", "-i", "/run/rsyslogd.pid"])
            .stderr(run::talk("rsyslogd")?)
            .spawn()
            .context("cannot start rsyslogd")?;
        self.daemons.push(rsyslog);
        wait_for(Path::new("/dev/log"))?;
        // The sandbox of sshd lets no process tidy up shared memory. It is handed that of rsyslogd instead.
        let shared = shared_memory()?;
        let sshd = run::command(&["/usr/sbin/sshd", "-r", "-D", "-f", "/etc/ssh/sshd_config"])
            .env("FAKETIME_SHARED", shared)
            .stderr(run::talk("sshd")?)
            .spawn()
            .context("cannot start sshd")?;
        self.daemons.push(sshd);
        wait_for(Path::new("/run/sshd.pid"))?;
        self.daemons.extend(web::start(self.site)?);
        if self.runs_ftp {
            run::put("/etc/vsftpd-staged.conf", VSFTPD, 0o644)?;
            std::fs::create_dir_all("/run/vsftpd/empty").context("cannot create a folder for vsftpd")?;
            let vsftpd = run::command(&["/usr/sbin/vsftpd", "/etc/vsftpd-staged.conf"])
                .stderr(run::talk("vsftpd")?)
                .spawn()
                .context("cannot start vsftpd")?;
            self.daemons.push(vsftpd);
            sleep(Duration::from_millis(600));
        }
        Ok(())
    }

    /// Ends the daemons in an order in which nothing that was said is lost.
    pub(super) fn stop(mut self) -> Result<()> {
        sleep(Duration::from_millis(500));
        for daemon in self.daemons.iter_mut().rev() {
            run::must(&["/bin/kill", "-TERM", &daemon.id().to_string()])?;
            daemon.wait().context("cannot wait for a daemon")?;
        }
        Ok(())
    }

    /// Lets the process numbers grow as they would have in the time that is skipped.
    pub(super) fn age_process_ids(seconds: i64) -> Result<()> {
        let path = "/proc/sys/kernel/ns_last_pid";
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
        let last: i64 = text.trim().parse().with_context(|| format!("no number in {path}"))?;
        let next = last + (seconds / 40).clamp(0, 400);
        let next = if next > 30_000 { 600 } else { next };
        tell_kernel(path, &next.to_string())
    }
}

/// Writes a setting of the kernel that belongs to these namespaces alone.
fn tell_kernel(path: &str, text: &str) -> Result<()> {
    let mut file =
        std::fs::File::options().write(true).open(path).with_context(|| format!("cannot open {path}"))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {path}"))
}

fn mounts(out: &Path) -> Result<()> {
    run::must(&["mount", "--make-rprivate", "/"])?;
    run::must(&["mount", "--bind", &out.to_string_lossy(), RESULT])?;
    let old = "/media";
    run::must(&["mount", "-t", "tmpfs", "staged", old])?;
    run::must(&["cp", "-a", "/etc", &format!("{old}/etc")])?;
    let dev = format!("{old}/dev");
    std::fs::create_dir_all(format!("{dev}/pts")).context("cannot create dev")?;
    std::fs::create_dir_all(format!("{dev}/shm")).context("cannot create dev")?;
    for device in DEVICES {
        run::put(format!("{dev}/{device}"), "", 0o666)?;
        run::must(&["mount", "--bind", &format!("/dev/{device}"), &format!("{dev}/{device}")])?;
    }
    run::must(&[
        "mount",
        "-t",
        "devpts",
        "-o",
        "newinstance,ptmxmode=0666,mode=620,gid=5",
        "devpts",
        &format!("{dev}/pts"),
    ])?;
    run::must(&["mount", "-t", "tmpfs", "shm", &format!("{dev}/shm")])?;
    run::must(&["ln", "-s", "pts/ptmx", &format!("{dev}/ptmx")])?;
    run::must(&["ln", "-s", "/proc/self/fd", &format!("{dev}/fd")])?;
    run::must(&["mount", "--rbind", &format!("{old}/etc"), "/etc"])?;
    run::must(&["mount", "--rbind", &dev, "/dev"])?;
    for folder in IN_MEMORY {
        run::must(&["mount", "-t", "tmpfs", "-o", "mode=755", "staged", folder])?;
    }
    run::must(&["chmod", "1777", "/tmp"])?;
    run::must(&["mount", "-o", "remount,bind,ro", "/"])?;
    Ok(())
}

fn network() -> Result<()> {
    run::must(&["ip", "link", "set", "lo", "up"])?;
    run::must(&["ip", "address", "add", &format!("{SERVER}/32"), "dev", "lo"])?;
    run::must(&["ip", "-6", "address", "add", &format!("{SERVER_V6}/128"), "dev", "lo"])?;
    for net in ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15"] {
        run::must(&["ip", "route", "add", "local", net, "dev", "lo"])?;
    }
    tell_kernel("/proc/sys/net/ipv6/ip_nonlocal_bind", "1")?;
    run::must(&["ip", "-6", "route", "add", "local", "2001:db8::/32", "dev", "lo"])?;
    Ok(())
}

fn base_files(plan: &Plan) -> Result<()> {
    run::must(&["hostname", plan.host])?;
    for name in
        ["shadow", "gshadow", "passwd-", "group-", "shadow-", "gshadow-", "subuid", "subgid", "ld.so.preload"]
    {
        run::must(&["rm", "-f", &format!("/etc/{name}")])?;
    }
    for folder in ["/etc/sudoers.d", "/etc/cron.d", "/etc/rsyslog.d", "/etc/ssh", "/etc/nginx/sites-enabled"]
    {
        run::must(&["rm", "-rf", folder])?;
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {folder}"))?;
    }
    run::must(&["cp", "/usr/share/base-passwd/passwd.master", "/etc/passwd"])?;
    run::must(&["cp", "/usr/share/base-passwd/group.master", "/etc/group"])?;
    run::must(&["pwconv"])?;
    run::must(&["grpconv"])?;
    run::must(&["ln", "-sf", "/usr/share/zoneinfo/Asia/Tokyo", "/etc/localtime"])?;
    run::put("/etc/timezone", "Asia/Tokyo\n", 0o644)?;
    let host = plan.host;
    run::put("/etc/hostname", format!("{host}\n"), 0o644)?;
    run::put(
        "/etc/hosts",
        format!("127.0.0.1 localhost\n{SERVER} {host}.example.jp {host} www.example.jp\n"),
        0o644,
    )?;
    let logging = plan.logging;
    let template = if logging.short_stamps { "RSYSLOG_TraditionalFileFormat" } else { "RSYSLOG_FileFormat" };
    let reduction = if logging.draws_together { "on" } else { "off" };
    let naming = if logging.dated_rotation { "dateext" } else { "nodateext" };
    let rsyslog = RSYSLOG.replace("TEMPLATE", template).replace("REDUCTION", reduction);
    run::put("/etc/rsyslog.conf", rsyslog, 0o644)?;
    run::put("/etc/ssh/sshd_config", SSHD, 0o600)?;
    run::put("/etc/logrotate-staged.conf", LOGROTATE.replace("NAMING", naming), 0o644)?;
    run::put("/etc/sudoers", "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n", 0o440)?;
    run::put("/etc/sudo.conf", "Set disable_coredump false\n", 0o644)?;
    run::must(&["sed", "-i", "s/pam_unix.so nullok$/pam_unix.so nullok nodelay/", "/etc/pam.d/common-auth"])?;
    run::put("/var/log/btmp", "", 0o600)?;
    for name in ["/var/log/wtmp", "/var/log/lastlog", "/run/utmp"] {
        run::put(name, "", 0o664)?;
    }
    for folder in
        ["/run/sshd", "/var/spool/cron/crontabs", "/var/spool/rsyslog", "/run/sudo", "/var/log/nginx"]
    {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {folder}"))?;
    }
    run::must(&["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/ssh_host_ed25519_key"])?;
    Ok(())
}

/// Builds the small library that mends what libfaketime does not reach.
fn logwtmp_library() -> Result<&'static str> {
    let (source, library) = ("/etc/staged/logwtmp.c", "/etc/staged/logwtmp.so");
    run::put(source, LOGWTMP, 0o644)?;
    run::must(&["cc", "-shared", "-fPIC", "-O1", "-o", library, source])?;
    Ok(library)
}

fn accounts(list: &[Account]) -> Result<()> {
    // pwconv gave these the day of the real clock, which lies in the staged future.
    for name in ["root", "www-data"] {
        run::must(&["chage", "-d", "2026-01-15", name])?;
    }
    run::must(&["useradd", "-r", "-d", "/run/sshd", "-s", "/usr/sbin/nologin", "sshd"])?;
    for account in list {
        let hash = run::must(&["openssl", "passwd", "-6", &account.password])?;
        let mut argv = vec!["useradd", "-m", "-s", "/bin/bash", "-p", hash.trim()];
        if account.admin {
            argv.extend(["-G", "sudo"]);
        }
        argv.push(&account.name);
        run::must(&argv)?;
    }
    Ok(())
}

fn wait_for(path: &Path) -> Result<()> {
    for _ in 0..100 {
        if path.exists() {
            return Ok(());
        }
        sleep(Duration::from_millis(50));
    }
    Err(anyhow!("{} did not appear within 5 seconds", path.display()))
}

/// Names of the shared memory and semaphore of the first process that libfaketime entered and that still runs.
fn shared_memory() -> Result<String> {
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir("/dev/shm").context("cannot read /dev/shm")? {
        let name = entry.context("cannot read /dev/shm")?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_prefix("faketime_shm_").map(str::to_owned));
    }
    names.sort();
    let id = names.first().ok_or_else(|| anyhow!("libfaketime did not enter rsyslogd"))?;
    Ok(format!("/faketime_sem_{id} /faketime_shm_{id}"))
}
