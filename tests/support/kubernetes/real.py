"""A real API server on loopback: Kubernetes 1.20.2 with etcd and its own controllers, and what stands in for the nodes.

Prints two addresses, a line each: of the server as clients of today know it, and of the server as it is. 1.20 has budgets, autoscalers and cron jobs under
the names of their last betas, and containers that sleep by a command alone; the first address has them as later versions do. Whoever shows a presigned identity, as EKS takes it, may
do everything. The line `nodes` makes pods run. Everything ends when the input does, and when this process does.
"""
import ctypes
import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import build

LATER = {
    "poddisruptionbudgets": ("policy/v1beta1", "policy/v1"),
    "horizontalpodautoscalers": ("autoscaling/v2beta2", "autoscaling/v2"),
    "cronjobs": ("batch/v1beta1", "batch/v1"),
}
# Token, user, id, groups.
USERS = ['adm,admin,1,"system:masters"', 'test-token,admin,1,"system:masters"', 'ro,reader,2,"readers"']
# Those whose doings the transcript shows, and what carries jobs out.
CONTROLLERS = "deployment,replicaset,garbagecollector,namespace,disruption,job"
# What becomes of a pod, by the tag of its image; else it becomes ready. Of one nothing is heard.
SILENT = "slow"
FATES = {
    "away": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"},
    "crashes": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"},
    "root": {"reason": "CreateContainerConfigError", "message": "image will run as root"},
}
PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Servers:
    def __init__(self, programs, folder):
        self.programs, self.folder, self.running = programs, folder, []

    def run(self):
        folder = self.folder
        self.port, store, peers = free(), free(), free()
        here = "http://127.0.0.1"
        store = f"{here}:{store}"
        self.start("etcd", data_dir=f"{folder}/etcd", listen_client_urls=store, advertise_client_urls=store, listen_peer_urls=f"{here}:{peers}")
        self.write("tokens.csv", "\n".join(USERS) + "\n")
        certs = f"{folder}/certs"
        key = f"{certs}/apiserver.key"
        self.start(
            "kube-apiserver", etcd_servers=store, bind_address="127.0.0.1", advertise_address="127.0.0.1", secure_port=self.port, cert_dir=certs,
            token_auth_file=f"{folder}/tokens.csv", authorization_mode="RBAC", service_cluster_ip_range="10.0.0.0/24",
            service_account_issuer="https://kubernetes.default.svc", service_account_key_file=key, service_account_signing_key_file=key,
            # Pods would wait for a controller of tokens.
            disable_admission_plugins="ServiceAccount", endpoint_reconciler_type="none")
        authority = f"{certs}/apiserver.crt"
        self.until(lambda: os.path.exists(authority))
        self.tls = ssl.create_default_context(cafile=authority)
        self.until(lambda: self.ask("GET", "/readyz")[0] == 200)
        cluster = {"name": "c", "cluster": {"server": f"https://127.0.0.1:{self.port}", "certificate-authority": authority}}
        context = {"name": "c", "context": {"cluster": "c", "user": "c"}}
        user = {"name": "c", "user": {"token": "adm"}}
        known = {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context], "users": [user], "current-context": "c"}
        self.write("kubeconfig", json.dumps(known))
        self.start("kube-controller-manager", kubeconfig=f"{folder}/kubeconfig", controllers=CONTROLLERS, leader_elect="false", port=0, secure_port=0)

    def write(self, name, text):
        with open(f"{self.folder}/{name}", "w") as file:
            file.write(text)

    def start(self, program, **options):
        command = [f"{self.programs}/{program}", *(f"--{name.replace('_', '-')}={value}" for name, value in options.items())]
        log = open(f"{self.folder}/{program}.log", "w")
        die_too = lambda: LIBC.prctl(PDEATHSIG, signal.SIGKILL)
        self.running.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_too, cwd=self.folder))

    def until(self, done):
        for _ in range(1200):
            for process in self.running:
                if process.poll() is not None:
                    log = open(f"{self.folder}/{os.path.basename(process.args[0])}.log").read()
                    sys.exit(f"{process.args} has ended:\n{log[-3000:]}")
            try:
                if done():
                    return
            except OSError:
                pass
            time.sleep(0.1)
        sys.exit("the API server does not start")

    def connect(self):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls, timeout=60)

    def ask(self, method, path, body=None, kind="application/json", connection=None):
        connection = connection or self.connect()
        headers = {"Authorization": "Bearer adm", "User-Agent": "kubelet", "Content-Type": kind}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def stop(self):
        for process in reversed(self.running):
            process.kill()
            process.wait()


def renamed(value, names):
    """A body whose versions have other names."""
    if isinstance(value, list):
        return [renamed(v, names) for v in value]
    if isinstance(value, dict):
        return {k: names.get(v, v) if k == "apiVersion" and isinstance(v, str) else renamed(v, names) for k, v in value.items()}
    return value


def slept(value, back):
    """A body whose containers sleep before they stop as later versions have it, by a command here; `back`: the other way round."""
    if isinstance(value, list):
        return [slept(v, back) for v in value]
    if not isinstance(value, dict):
        return value
    value = {k: slept(v, back) for k, v in value.items()}
    match value:
        case {"preStop": {"sleep": {"seconds": seconds}}} if not back:
            return value | {"preStop": {"exec": {"command": ["sleep", str(seconds)]}}}
        case {"preStop": {"exec": {"command": ["sleep", seconds]}}} if back:
            return value | {"preStop": {"sleep": {"seconds": int(seconds)}}}
        case {"f:preStop": {"f:exec": fields, **rest}} if back:
            names = {"f:seconds" if k == "f:command" else k: v for k, v in fields.items()}
            return value | {"f:preStop": rest | {"f:sleep": names}}
    return value


def proxy(servers, later):
    """The server over plain HTTP; `later`: with the names of later versions."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        upstream = None

        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path
            headers = {name: self.headers[name] for name in ["Accept", "Content-Type", "User-Agent", "Authorization"] if self.headers[name]}
            if headers.get("Authorization", "").startswith("Bearer k8s-aws-v1."):
                headers["Authorization"] = "Bearer adm"
            known = (names for plural, names in LATER.items() if path.startswith(f"/apis/{names[1]}/") and f"/{plural}" in path)
            names = next(known, None) if later else None
            if names:
                old, new = names
                path = path.replace(new, old, 1)
                body = json.dumps(renamed(json.loads(body), {new: old})).encode() if body else body
            if later and b"preStop" in (body if isinstance(body, bytes) else body.encode()):
                body = json.dumps(slept(json.loads(body), False)).encode()
            self.upstream = self.upstream or servers.connect()
            self.upstream.request(self.command, path, body or None, headers)
            answer = self.upstream.getresponse()
            said = answer.read()
            if names:
                said = json.dumps(renamed(json.loads(said), {old: new})).encode()
            if later and b"preStop" in said:
                said = json.dumps(slept(json.loads(said), True)).encode()
            head = {name: answer.headers[name] for name in ["Content-Type", "Audit-Id", "Retry-After"] if answer.headers[name]}
            head["Content-Length"] = len(said)
            lines = [f"HTTP/1.1 {answer.status} {answer.reason}", *(f"{k}: {v}" for k, v in head.items()), "", ""]
            self.wfile.write("\r\n".join(lines).encode() + said)

        do_GET = do_PATCH = do_DELETE = do_POST = do_PUT = pass_on

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def over(pod, now):
    """What a kubelet tells of a job's pod, which is done at once."""
    ended = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}}
    statuses = [{"name": c["name"], "image": c["image"], "imageID": c["image"], "ready": False, "started": False, "restartCount": 0, "state": ended}
                for c in pod["spec"]["containers"]]
    return {"phase": "Succeeded", "containerStatuses": statuses}


def told(pod):
    """What a kubelet tells of a pod's containers."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if any(owner["kind"] == "Job" for owner in pod["metadata"].get("ownerReferences", [])):
        return over(pod, now)
    statuses = []
    for container in pod["spec"]["containers"]:
        waits = FATES.get(container["image"].rsplit(":", 1)[-1])
        state = {"waiting": waits} if waits else {"running": {"startedAt": now}}
        statuses.append({"name": container["name"], "image": container["image"], "imageID": container["image"], "ready": not waits,
                         "started": not waits, "restartCount": 0, "state": state})
    ready = all(s["ready"] for s in statuses)
    conditions = [{"type": t, "status": str(ready), "lastTransitionTime": now} for t in ["Ready", "ContainersReady"]]
    return {"phase": "Running" if ready else "Pending", "conditions": conditions, "containerStatuses": statuses}


def nodes(servers):
    """Tells of every pod once that its containers run, or why they don't."""
    connection = servers.connect()
    while True:
        status, body = servers.ask("GET", "/api/v1/pods", connection=connection)
        for pod in json.loads(body)["items"] if status == 200 else []:
            silent = any(container["image"].endswith(f":{SILENT}") for container in pod["spec"]["containers"])
            if not (silent or pod["status"].get("containerStatuses") or pod["metadata"].get("deletionTimestamp")):
                name, namespace = (urllib.parse.quote(pod["metadata"][k]) for k in ["name", "namespace"])
                path = f"/api/v1/namespaces/{namespace}/pods/{name}/status"
                servers.ask("PATCH", path, {"status": told(pod)}, "application/strategic-merge-patch+json", connection)
        time.sleep(0.1)


def main(home):
    programs = build.ready(home)
    folder = tempfile.mkdtemp(dir=home)
    servers = Servers(programs, folder)
    try:
        servers.run()
        print(proxy(servers, True), proxy(servers, False), sep="\n", flush=True)
        for line in sys.stdin:
            if line.strip() == "nodes":
                threading.Thread(target=nodes, args=(servers,), daemon=True).start()
    finally:
        servers.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
