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
from ministack.services import cloudwatch, rds

refuse = cloudwatch._error


def error(code, message, *rest, **how):
    """It knows no silences, and below no subscriptions to events: there are none."""
    if message == "Unknown action: ListAlarmMuteRules":
        return cloudwatch._cbor_ok({"AlarmMuteRuleSummaries": []})
    return refuse(code, message, *rest, **how)


cloudwatch._error = error
NO_EVENTS = "<DescribeEventSubscriptionsResult><EventSubscriptionsList/></DescribeEventSubscriptionsResult>"
rds._ACTION_MAP["DescribeEventSubscriptions"] = lambda _: rds._xml(200, "DescribeEventSubscriptionsResponse", NO_EVENTS)

main()
