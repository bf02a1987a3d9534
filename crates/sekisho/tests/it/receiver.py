"""Receives webhooks over HTTPS and lines of syslog over TLS: FOLDER CERTIFICATE KEY HTTPS_PORT SYSLOG_PORT."""
import http.server, json, socket, ssl, sys, threading

folder, certificate, key, https, syslog = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        kept = {"path": self.path, "signature": self.headers["sekisho-signature"], "body": body}
        with open(folder + "/hooks.jsonl", "a", encoding="utf-8") as out:
            out.write(json.dumps(kept, ensure_ascii=False) + "\n")
        self.send_response(302 if self.path == "/moved" else 204)
        self.send_header("location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


def lines():
    with socket.create_server(("127.0.0.1", int(syslog))) as server:
        while True:
            plain, _ = server.accept()
            try:
                with context.wrap_socket(plain, server_side=True) as stream, open(folder + "/syslog", "ab") as out:
                    while data := stream.recv(65536):
                        out.write(data)
            except OSError:
                pass


threading.Thread(target=lines, daemon=True).start()
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(https)), Hook)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("ready", flush=True)
server.serve_forever()
