"""The web application of the staged site. It has two holes on purpose (download.php and item).

Its log-in form answers as WordPress does and tells syslog what the usual plugin for that tells.
"""
import os
import sqlite3
import syslog
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote_to_bytes, urlsplit

USERS = {"tanaka@example.jp": "Sakura-2026-tanaka", "admin": "Kanri-9471-kanri"}
USERS.update({f"kaiin{n:03}@example.jp": f"Natsu{n:03}matsuri" for n in range(1, 61)})
PAGE = "<!doctype html><meta charset=utf-8><title>{}</title>".format("サンプル商事") + "<p>本文</p>" * 90


class Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, text, headers=()):
        body = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass

    def do_GET(self):
        parts = urlsplit(self.path)
        if parts.path == "/search":
            word = unquote_to_bytes(parts.query[2:].replace("+", " ")) if parts.query.startswith("q=") else b""
            self.answer(200, PAGE + "<p>%d hits</p>" % (len(word) % 7))
        elif parts.path == "/item":
            self.item(parse_qs(parts.query).get("id", [""])[0])
        elif parts.path == "/wp-login.php":
            self.answer(200, PAGE + "<form method=post><input name=log><input name=pwd type=password></form>")
        elif parts.path.startswith("/wp-admin/"):
            if "staged_session=" in self.headers.get("Cookie", ""):
                self.answer(200, PAGE + "<p>dashboard</p>" * 200)
            else:
                self.answer(302, "", [("Location", "/wp-login.php?redirect_to=%2Fwp-admin%2F")])
        elif parts.path == "/download.php":
            # The hole: the name is joined without a check, so that ../ leaves the folder.
            name = parse_qs(parts.query).get("file", [""])[0]
            try:
                with open(os.path.join("/srv/files", name), "rb") as file:
                    self.answer(200, file.read(1_000_000))
            except OSError:
                self.answer(404, PAGE)
        else:
            self.answer(404, PAGE)

    def item(self, number):
        # The hole: what the visitor says becomes a part of the statement.
        shop = sqlite3.connect(SHOP)
        try:
            rows = shop.execute("SELECT name, price, note FROM items WHERE id = " + number).fetchall()
        except (sqlite3.Error, sqlite3.Warning):
            self.answer(500, PAGE + "<p>エラー</p>")
            return
        finally:
            shop.close()
        lines = "".join("<tr><td>%s<td>%s<td>%s" % row for row in rows[:500])
        self.answer(200 if rows else 404, PAGE + "<table>" + lines + "</table>")

    do_HEAD = do_GET

    def do_POST(self):
        length = min(int(self.headers.get("Content-Length") or 0), 65_536)
        form = parse_qs(self.rfile.read(length).decode("utf-8", "replace"))
        if urlsplit(self.path).path != "/wp-login.php":
            self.answer(200, PAGE)
            return
        user, word = form.get("log", [""])[0], form.get("pwd", [""])[0]
        good = USERS.get(user) == word
        ip = self.headers.get("X-Real-IP", "")
        if good:
            said = "Accepted password for %s from %s"
        elif user in USERS:
            said = "Authentication failure for %s from %s"
        else:
            said = "Authentication attempt for unknown user %s from %s"
        syslog.syslog(syslog.LOG_INFO if good else syslog.LOG_NOTICE, said % (user, ip))
        if good:
            self.answer(302, "", [("Location", "/wp-admin/"), ("Set-Cookie", "staged_session=1; HttpOnly")])
        else:
            self.answer(200, PAGE + "<div id=login_error>ユーザー名またはパスワードが違います。</div>")


def fill():
    shop = sqlite3.connect(SHOP)
    shop.execute("CREATE TABLE items (id INTEGER, name TEXT, price INTEGER, note TEXT)")
    shop.execute("CREATE TABLE members (email TEXT, password TEXT, phone TEXT)")
    for number in range(1, 13):
        shop.execute("INSERT INTO items VALUES (?, ?, ?, ?)", (number, "商品%d" % number, number * 480, "在庫あり"))
    for number, (email, word) in enumerate(USERS.items()):
        shop.execute("INSERT INTO members VALUES (?, ?, ?)", (email, word, "03-0000-%04d" % number))
    shop.commit()
    shop.close()


SHOP = "/srv/shop.db"
fill()
syslog.openlog("wordpress(www.example.jp)", syslog.LOG_PID, syslog.LOG_AUTH)
WWW_DATA = 33
os.setgroups([])
os.setgid(WWW_DATA)
os.setuid(WWW_DATA)
ThreadingHTTPServer(("127.0.0.1", 8000), Site).serve_forever()
