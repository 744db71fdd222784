"""A server over TLS on loopback whose certificate an authority of its own has signed; it tells how many requests have come to it.

Prints its port, the authority's certificate and that of another authority (PEM in Base64), a line each. It ends when its input does.
"""
import base64
import datetime
import http.server
import ipaddress
import json
import os
import ssl
import sys
import tempfile
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.timezone.utc)


def certificate(subject, key, issuer, signer, more):
    """A certificate of a day."""
    name = lambda text: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
    made = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(NOW - datetime.timedelta(hours=1))
    made = made.not_valid_after(NOW + datetime.timedelta(days=1))
    for extension in more:
        made = made.add_extension(extension, critical=False)
    return made.sign(signer, hashes.SHA256())


def pem(made):
    return made.public_bytes(serialization.Encoding.PEM)


def authority(name):
    key = ec.generate_private_key(ec.SECP256R1())
    return key, certificate(name, key, name, key, [x509.BasicConstraints(ca=True, path_length=None)])


class Handler(http.server.BaseHTTPRequestHandler):
    seen = 0

    def do_GET(self):
        Handler.seen += 1
        body = json.dumps({"kind": "Namespace", "seen": Handler.seen}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


signer, root = authority("cluster")
_, other = authority("cluster")
key = ec.generate_private_key(ec.SECP256R1())
names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
leaf = certificate("server", key, "cluster", signer, [names, x509.BasicConstraints(ca=False, path_length=None)])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
with tempfile.NamedTemporaryFile(suffix=".pem") as file:
    private = serialization.PrivateFormat.PKCS8
    file.write(key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()) + pem(leaf))
    file.flush()
    context.load_cert_chain(file.name)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, base64.b64encode(pem(root)).decode(), base64.b64encode(pem(other)).decode(), sep="\n", flush=True)
sys.stdin.read()
os._exit(0)
