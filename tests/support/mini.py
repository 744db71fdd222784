"""The emulator that runs functions: on a free port of the loopback interface, which is its first line; it ends when its input does."""
import os
import socket
import sys
import tempfile
import threading

with socket.create_server(("127.0.0.1", 0)) as listener:
    port = listener.getsockname()[1]
os.environ.update(
    BIND_HOST="127.0.0.1",
    GATEWAY_PORT=str(port),
    LAMBDA_EXECUTOR="local",
    LOG_LEVEL="ERROR",
    MINISTACK_ACCOUNT_ID="123456789012",
    TMPDIR=tempfile.mkdtemp(),
)
print(port, flush=True)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()

from ministack.app import main
from ministack.services import cloudwatch, lambda_svc, rds

refuse = cloudwatch._error


def error(code, message, *rest, **how):
    """It knows no silences, and below no subscriptions to events: there are none."""
    if message == "Unknown action: ListAlarmMuteRules":
        return cloudwatch._cbor_ok({"AlarmMuteRuleSummaries": []})
    return refuse(code, message, *rest, **how)


cloudwatch._error = error
NO_EVENTS = "<DescribeEventSubscriptionsResult><EventSubscriptionsList/></DescribeEventSubscriptionsResult>"
rds._ACTION_MAP["DescribeEventSubscriptions"] = lambda _: rds._xml(200, "DescribeEventSubscriptionsResponse", NO_EVENTS)

make_alias, move_alias, provide = lambda_svc._create_alias, lambda_svc._update_alias, lambda_svc._put_provisioned_concurrency


def wrong(message):
    return lambda_svc.error_response_json("InvalidParameterValueException", message, 400)


def weights(of):
    return (of.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}


def weighed(name, main, more):
    """An alias leads to two versions at most, both of them published, in one role."""
    if not more:
        return None
    if "$LATEST" in (main, *more):
        return wrong("Alias with weights can not be created with function version $LATEST")
    versions = lambda_svc._functions[name]["versions"]
    if len(more) > 1 or main in more or not {main, *more} <= versions.keys() or any(not 0 <= weight <= 1 for weight in more.values()):
        return wrong(f"Invalid routing config: {main} and {more}")
    if len({versions[version]["config"]["Role"] for version in (main, *more)}) > 1:
        return wrong("Both versions must have the same execution role")


def create_alias(name, data):
    return weighed(name, data.get("FunctionVersion"), weights(data)) or make_alias(name, data)


def update_alias(name, alias, data):
    now = lambda_svc._functions.get(name, {}).get("aliases", {}).get(alias, {})
    after = {**now, **data}
    return weighed(name, after.get("FunctionVersion"), weights(after)) or move_alias(name, alias, data)


def put_provisioned(name, qualifier, data):
    if weights(lambda_svc._functions.get(name, {}).get("aliases", {}).get(qualifier, {})):
        return wrong("Alias with weights can not be used with Provisioned Concurrency")
    return provide(name, qualifier, data)


lambda_svc._create_alias, lambda_svc._update_alias, lambda_svc._put_provisioned_concurrency = create_alias, update_alias, put_provisioned

main()
