//! What must be there before anything is staged.

use std::path::Path;

use anyhow::{Result, bail};

use super::run;

/// Programs that are started, with the Debian package that brings each.
const PROGRAMS: [(&str, &str); 19] = [
    ("/usr/sbin/sshd", "openssh-server"),
    ("/usr/bin/ssh", "openssh-client"),
    ("/usr/sbin/nginx", "nginx"),
    ("/usr/sbin/rsyslogd", "rsyslog"),
    ("/usr/bin/sudo", "sudo"),
    ("/usr/sbin/cron", "cron"),
    ("/usr/sbin/logrotate", "logrotate"),
    ("/usr/bin/hydra", "hydra"),
    ("/usr/bin/sshpass", "sshpass"),
    ("/usr/bin/curl", "curl"),
    ("/usr/bin/htpasswd", "apache2-utils"),
    ("/usr/bin/openssl", "openssl"),
    ("/usr/bin/python3", "python3"),
    ("/usr/bin/unshare", "util-linux"),
    ("/usr/sbin/ip", "iproute2"),
    ("/usr/sbin/useradd", "passwd"),
    ("/usr/bin/cc", "gcc"),
    ("/usr/sbin/vsftpd", "vsftpd"),
    ("/usr/sbin/php-fpm8.2", "php-fpm"),
];

/// Packages whose versions the samples name.
const PACKAGES: [&str; 10] = [
    "openssh-server",
    "nginx",
    "rsyslog",
    "libpam-modules",
    "sudo",
    "cron",
    "hydra",
    "curl",
    "php8.2-fpm",
    "libfaketime",
];

/// The library that moves the staged clock.
pub(super) fn faketime_library() -> Option<&'static str> {
    [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
        "/usr/lib/faketime/libfaketime.so.1",
    ]
    .into_iter()
    .find(|path| Path::new(path).exists())
}

/// Names everything that is missing at once, so that one installation mends it.
pub(super) fn check() -> Result<()> {
    let mut missing: Vec<&str> =
        PROGRAMS.iter().filter(|(path, _)| !Path::new(path).exists()).map(|(_, package)| *package).collect();
    if faketime_library().is_none() {
        missing.push("libfaketime");
    }
    if !Path::new("/usr/lib/python3/dist-packages/paramiko").exists() {
        missing.push("python3-paramiko");
    }
    if !missing.is_empty() {
        bail!(
            "staging needs Debian packages that are not installed; hint: apt-get install {}",
            missing.join(" ")
        );
    }
    if run::must(&["/usr/bin/id", "-u"])?.trim() != "0" {
        bail!(
            "staging needs root: it makes namespaces and starts sshd; hint: run it as root in a throw-away machine"
        );
    }
    let probe = ["/usr/bin/unshare", "--mount", "--net", "--uts", "--pid", "--fork", "/bin/true"];
    if !run::output(&probe)?.status.success() {
        bail!("this machine refuses new namespaces (unshare --mount --net --uts --pid)");
    }
    Ok(())
}

/// `name version` of each package that takes part.
pub(super) fn versions() -> Result<Vec<String>> {
    let mut argv = vec!["/usr/bin/dpkg-query", "-W", "-f", "${Package} ${Version}\n"];
    argv.extend(PACKAGES);
    Ok(run::must(&argv)?.lines().map(str::to_owned).collect())
}
