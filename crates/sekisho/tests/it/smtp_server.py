"""A real SMTP server (aiosmtpd) that keeps what it takes: PORT FOLDER [CERTIFICATE KEY USER PASSWORD].

Addresses of the receiver steer it: refused@ is answered 550, later@ is answered 451 the first time.
"""
import json, ssl, sys, time
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

port, folder, *secure = sys.argv[1:]
turned_away = set()


class Keep:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later@") and address not in turned_away:
            turned_away.add(address)
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        kept = {
            "at": time.time(),
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "user": getattr(session, "auth_data", None),
            "data": envelope.content.decode("utf-8", "replace"),
        }
        with open(folder + "/mail.jsonl", "a") as out:
            out.write(json.dumps(kept) + "\n")
        return "250 kept"


more = {}
if secure:
    certificate, key, user, password = secure
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def check(server, session, envelope, mechanism, data):
        fits = (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=fits, auth_data=user if fits else None)

    more = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": check}

controller = Controller(Keep(), hostname="127.0.0.1", port=int(port), **more)
controller.start()
print("ready", flush=True)
sys.stdin.read()
