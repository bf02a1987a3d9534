//! The staged web site: nginx in front of a small application written for it.

use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::run;

/// The application: search, a log-in form that answers as WordPress does, and one script with a hole.
const APPLICATION: &str = include_str!("site.py");

/// A page that stores any file under any name.
const UPLOAD: &str = include_str!("upload.php");

const PHP_FPM: &str = "[global]
error_log = /var/log/php8.2-fpm.log
daemonize = no
[www]
user = www-data
group = www-data
listen = 127.0.0.1:9000
pm = static
pm.max_children = 2
";

/// How the web server is set up.
#[derive(Clone, Copy, Default)]
pub(super) struct Site {
    /// Anybody may replace or delete a page.
    pub(super) takes_put: bool,
    /// There are pages in PHP, one of which takes any file.
    pub(super) runs_php: bool,
}

fn config(site: Site) -> String {
    let put = if site.takes_put { "dav_methods PUT DELETE;" } else { "" };
    let php = if site.runs_php {
        "location ~ ^/photo/.*\\.php$ { include fastcgi_params; fastcgi_pass 127.0.0.1:9000;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name; }"
    } else {
        ""
    };
    format!(
        "user www-data;
worker_processes 1;
pid /run/nginx.pid;
events {{ worker_connections 256; }}
http {{
  include /etc/nginx/mime.types;
  access_log /var/log/nginx/access.log combined;
  error_log /var/log/nginx/error.log;
  client_body_temp_path /run/nginx-body;
  server {{
    listen 80;
    listen [::]:80;
    server_name www.example.jp;
    root /srv/www;
    index index.html;
    location / {{ try_files $uri $uri/ =404; {put} }}
    {php}
    location ~ /\\. {{ return 403; }}
    location /members/ {{ auth_basic \"members\"; auth_basic_user_file /etc/nginx/members; }}
    location /search {{ proxy_pass http://127.0.0.1:8000; proxy_set_header X-Real-IP $remote_addr; }}
    location = /item {{ proxy_pass http://127.0.0.1:8000; proxy_set_header X-Real-IP $remote_addr; }}
    location = /contact {{ proxy_pass http://127.0.0.1:8000; proxy_set_header X-Real-IP $remote_addr; }}
    location = /download.php {{ proxy_pass http://127.0.0.1:8000; proxy_set_header X-Real-IP $remote_addr; }}
    location /wp-admin/ {{ proxy_pass http://127.0.0.1:8000; proxy_set_header X-Real-IP $remote_addr; }}
    location = /wp-login.php {{ proxy_pass http://127.0.0.1:8000; proxy_set_header X-Real-IP $remote_addr; }}
  }}
}}
"
    )
}

/// Lays out the site.
pub(super) fn prepare(site: Site) -> Result<()> {
    run::put("/etc/nginx/nginx.conf", config(site), 0o644)?;
    run::put("/srv/app.py", APPLICATION, 0o644)?;
    let body = "<p>株式会社サンプル商事は、地域の皆様とともに歩みます。</p>\n".repeat(60);
    for (name, title) in [
        ("index.html", "ようこそ"),
        ("company.html", "会社案内"),
        ("recruit.html", "採用情報"),
        ("products/index.html", "製品"),
    ] {
        let page = format!(
            "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><title>{title}</title>\n{body}</html>\n"
        );
        run::put(format!("/srv/www/{name}"), page, 0o644)?;
    }
    run::put("/srv/www/style.css", "body{font-family:sans-serif;margin:2rem}\n".repeat(20), 0o644)?;
    run::put("/srv/www/logo.png", [0x89, b'P', b'N', b'G'].repeat(700), 0o644)?;
    run::put("/srv/www/robots.txt", "User-agent: *\nDisallow: /wp-admin/\n", 0o644)?;
    run::put("/srv/www/members/index.html", "<p>会員のページ</p>\n".repeat(40), 0o644)?;
    run::put("/srv/files/catalog.pdf", "%PDF-1.4 catalogue\n".repeat(2_000), 0o644)?;
    run::put("/srv/files/pricelist 2026 (rev2).pdf", "%PDF-1.4 prices\n".repeat(900), 0o644)?;
    run::put("/srv/www/photo/index.html", "<p>写真を送る</p>\n".repeat(50), 0o644)?;
    run::put("/srv/www/photo/upload.php", UPLOAD, 0o644)?;
    run::put("/srv/www/photo/files/index.html", "<p>写真</p>\n".repeat(30), 0o644)?;
    run::put("/etc/php-fpm-staged.conf", PHP_FPM, 0o644)?;
    run::must(&["htpasswd", "-cb", "/etc/nginx/members", "kaiin", "Hanami-2026"])?;
    run::must(&["chown", "-R", "www-data:www-data", "/srv/www"])?;
    Ok(())
}

/// Starts nginx and the application and waits until both answer. Their trial requests are not kept.
pub(super) fn start(site: Site) -> Result<Vec<Child>> {
    let mut started = Vec::new();
    if site.runs_php {
        let php = run::command(&["/usr/sbin/php-fpm8.2", "-n", "-F", "-y", "/etc/php-fpm-staged.conf"])
            .stderr(run::talk("php")?)
            .spawn()
            .context("cannot start php-fpm")?;
        started.push(php);
    }
    let app = run::command(&["/usr/bin/python3", "/srv/app.py"])
        .stderr(run::talk("app")?)
        .spawn()
        .context("cannot start the application")?;
    let nginx = run::command(&["/usr/sbin/nginx", "-g", "daemon off;"])
        .stderr(run::talk("nginx")?)
        .spawn()
        .context("cannot start nginx")?;
    for _ in 0..60 {
        let probe =
            run::output(&["curl", "-s", "-o", "/dev/null", "-f", "http://127.0.0.1:8000/search?q=ready"])?;
        if probe.status.success() && std::path::Path::new("/run/nginx.pid").exists() {
            started.extend([app, nginx]);
            return Ok(started);
        }
        sleep(Duration::from_millis(100));
    }
    let said = run::output(&["tail", "-n", "5", "/tmp/app.talk", "/tmp/nginx.talk"])?;
    bail!("the web site did not start within 6 seconds: {}", String::from_utf8_lossy(&said.stdout))
}
