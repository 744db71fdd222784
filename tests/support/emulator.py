"""The AWS emulator of a whole test run: imported and warmed once, forked for each test that asks for one.

A start takes seconds, a fork milliseconds. Every fork is a world of its own, on a port of its own, in the same account, and has an interpreter
(and so a core) to itself. Each line of the input is `start`, answered with `PORT PID`, or `stop PID`. When the input ends, this process and all
its forks end, however the other end died.
"""
import functools
import gc
import os
import random
import signal
import socket
import sys
import threading

from moto import backends
from moto.core import responses
from moto.core.base_backend import BackendDict
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.test import Client

sys.dont_write_bytecode = True
import amp
import appconfig
import cbor
import eks
import functions
import logs
import strict

# A request for each service, by its name in a signature: it makes the service's backend and loads its model.
WARM = {
    "acm": "CertificateManager.ListCertificates",
    "aps": "/workspaces",
    "autoscaling": "Action=DescribeAutoScalingGroups&Version=2011-01-01",
    "cloudtrail": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.DescribeTrails",
    "ec2": "Action=DescribeVpcs&Version=2016-11-15",
    "elasticloadbalancing": "Action=DescribeLoadBalancers&Version=2015-12-01",
    "iam": "Action=ListRoles&Version=2010-05-08",
    "monitoring": "GraniteServiceVersion20100801.DescribeAlarms",
    "logs": "Logs_20140328.DescribeLogGroups",
    "rds": "Action=DescribeDBInstances&Version=2014-10-31",
    "s3": "/",
    "secretsmanager": "secretsmanager.ListSecrets",
    "sns": "Action=ListTopics&Version=2010-03-31",
    "ssm": "AmazonSSM.DescribeParameters",
    "sts": "Action=GetCallerIdentity&Version=2011-06-15",
    "tagging": "ResourceGroupsTaggingAPI_20170126.GetResources",
}


class Handler(MotoRequestHandler):
    """Says nothing about requests, and sends the head of an answer with its body."""

    wbufsize = -1

    def log_request(self, *_):
        pass


def known():
    """What the emulator finds out anew at every request is found out once: its folder, the methods of a class, whether a backend is among all."""
    modules = frozenset(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    responses.method_names_from_class = functools.lru_cache(None)(responses.method_names_from_class)
    make = BackendDict.__getitem__

    def standing(self, account):
        found = dict.get(self, account)
        return make(self, account) if found is None else found

    BackendDict.__getitem__ = standing


def warm(app):
    client = Client(app)
    for service, what in WARM.items():
        scope = f"AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        headers = {"Authorization": scope}
        if what.startswith("/"):
            answer = client.get(what, headers=headers)
        elif what.startswith("Action="):
            answer = client.post("/", data=what, content_type="application/x-www-form-urlencoded", headers=headers)
        else:
            headers["X-Amz-Target"] = what
            answer = client.post("/", data="{}", content_type="application/x-amz-json-1.1", headers=headers)
        assert answer.status_code == 200, (service, answer.data)


def serve(app, listener, life):
    # What the parent drew would be drawn again in every fork.
    random.seed()
    mock_random.seed()
    threading.Thread(target=lambda: (os.read(life, 1), os._exit(0)), daemon=True).start()
    host, port = listener.getsockname()
    make_server(host, port, app, threaded=True, request_handler=Handler, fd=listener.fileno()).serve_forever()


def main():
    known()
    amp.install()
    functions.install()
    eks.install()
    logs.install()
    strict.install()
    app = appconfig.Flags(eks.Clusters(cbor.Translated(DomainDispatcherApplication(create_backend_app))))
    warm(app)
    gc.collect()
    gc.freeze()
    # A fork lives for a test: what it lets go in circles may stay.
    gc.disable()
    # Only this process holds the other end: forks read its end as the end of their life.
    life, held = os.pipe()
    for line in sys.stdin:
        verb, *pid = line.split()
        if verb == "stop":
            os.kill(int(pid[0]), signal.SIGKILL)
            os.waitpid(int(pid[0]), 0)
            continue
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
            child = os.fork()
            if child == 0:
                os.close(held)
                sys.stdin.close()
                serve(app, listener, life)
            print(listener.getsockname()[1], child, flush=True)


main()
