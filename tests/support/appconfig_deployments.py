"""How versions of AppConfig come to those who ask: strategies, which are the account's; deployments, one at a time, which take their strategy's time and are taken
back when an alarm fires that the environment looks at; and the alarms. What is refused is what the API's model, its reference or the user guide names; what
isn't from there says so.

A deployment whose strategy takes no time is complete a moment after it has begun. A minute is one until `POST /fake/appconfig`, which isn't signed, says how
many seconds it has: `{"minute": 0.05}`.
"""
import json
import math
import time
from datetime import datetime, timezone

from moto.cloudwatch.models import cloudwatch_backends
from moto.iam.models import iam_backends

ACCOUNT, REGION = "123456789012", "us-east-1"
# How long a deployment takes that takes no time, and one that is taken back.
TAKES = 0.03
RUNNING = ("DEPLOYING", "BAKING", "VALIDATING", "ROLLING_BACK")
ENVIRONMENT = {"BAKING": "DEPLOYING", "VALIDATING": "DEPLOYING", "COMPLETE": "READY_FOR_DEPLOYMENT"}
LONGEST, MONITORS, STRATEGIES, REVERTIBLE = 24 * 60, 5, 20, 72 * 3600
SEEN = ("ApplicationId", "EnvironmentId", "DeploymentStrategyId", "EventLog")


class Refused(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


def invalid(message):
    return Refused(400, "BadRequestException", message)


def conflict(message):
    return Refused(409, "ConflictException", message)


def missing(what):
    return Refused(404, "ResourceNotFoundException", f"{what} could not be found")


def page(items, query, most):
    first = int((query.get("next_token") or ["0"])[0])
    size = min(int((query.get("max_results") or ["50"])[0]), most)
    answer = {"Items": items[first:first + size]}
    return {**answer, "NextToken": str(first + size)} if len(items) > first + size else answer


def named(said, most=64):
    if not 1 <= len(said.get("Name") or "") <= most:
        raise invalid(f"Name is 1 to {most} characters")
    if len(said.get("Description") or "") > 1024:
        raise invalid("Description is at most 1024 characters")
    return said["Name"]


def moment():
    return datetime.now(timezone.utc).isoformat()


def within(said, name, least, most, kinds=(int,)):
    value = said.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most):
        raise invalid(f"{name} is from {least} to {most}")
    return value


def paced(said):
    """What a strategy says, as it is asked to be."""
    out = {name: within(said, name, 0, LONGEST) for name in ("DeploymentDurationInMinutes", "FinalBakeTimeInMinutes")}
    out["GrowthFactor"], out["GrowthType"] = within(said, "GrowthFactor", 1, 100, (int, float)), said.get("GrowthType")
    if out["GrowthType"] not in (None, "LINEAR", "EXPONENTIAL"):
        raise invalid("GrowthType is LINEAR or EXPONENTIAL")
    return {name: value for name, value in out.items() if value is not None}


def shares(strategy):
    """One after the other: n times the factor, or the factor times 2 to the power of n, until all have it."""
    factor, all = strategy["GrowthFactor"], []
    while not all or all[-1] < 100:
        n = len(all)
        all.append(min(100.0, factor * 2 ** n if strategy["GrowthType"] == "EXPONENTIAL" else factor * (n + 1)))
    return all


def looked_at(monitors):
    """`Monitors`, with a role that AppConfig may be and that lets it look."""
    if len(monitors) > MONITORS:
        raise invalid(f"an environment has at most {MONITORS} monitors")
    for monitor in monitors:
        if not str(monitor.get("AlarmArn")).startswith(f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:"):
            raise invalid("AlarmArn is the ARN of an alarm of the account")
        # Ours: the reference says neither when a role is looked at, nor that there is one.
        roles = {role.arn: role for role in iam_backends[ACCOUNT]["aws"].roles.values()}
        role = roles.get(monitor.get("AlarmRoleArn"))
        if role is None or "appconfig.amazonaws.com" not in json.dumps(role.assume_role_policy_document):
            raise invalid("AppConfig can't be the role of a monitor")
        if "cloudwatch:DescribeAlarms" not in json.dumps(role.policies):
            raise invalid("the role of a monitor may not look at alarms")
    return monitors


def fires(monitors):
    """The ARN of the first alarm that fires, or of which nothing is known ("go into the ALARM or INSUFFICIENT_DATA state"); of a composite, whose children
    tell, with them."""
    backend = cloudwatch_backends[ACCOUNT][REGION]
    for monitor in monitors:
        name = monitor["AlarmArn"].split(":", 6)[6]
        rules = getattr(backend, "composites", {}).get(name, {}).get("AlarmRule", f'ALARM("{name}")')
        told = [backend.alarms.get(one) for one in rules.split('"')[1::2]]
        if any(alarm is None or alarm.state_value != "OK" for alarm in told):
            return monitor["AlarmArn"]
    return None


class Deployments:
    """Strategies and deployments. What else there is of AppConfig is the other half's."""

    minute = 60.0

    # Strategies.

    def create_strategy(self, labels, query, header, body):
        said = json.loads(body)
        one = {"Id": self.id(), "Name": named(said), "FinalBakeTimeInMinutes": 0, "GrowthType": "LINEAR", "ReplicateTo": said.get("ReplicateTo", "NONE")}
        if len(self.strategies) >= STRATEGIES:
            raise Refused(402, "ServiceQuotaExceededException", f"Deployment strategies: {STRATEGIES} max")
        if "DeploymentDurationInMinutes" not in said or "GrowthFactor" not in said:
            raise invalid("a strategy has a duration and a growth factor")
        one.update(paced(said))
        self.tagged(self.arn("deploymentstrategy", one["Id"]), said)
        self.strategies[one["Id"]] = one
        return 201, [], one

    def list_strategies(self, labels, query, header, body):
        return 200, [], page(list(self.strategies.values()), query, self.PAGE)

    def idle(self, labels):
        """A strategy that nothing under way goes by (ours: the reference names no error of its own)."""
        if labels[1] not in self.strategies:
            raise missing(f"strategy {labels[1]}")
        everywhere = [d for a in self.applications.values() for e in a["environments"].values() for d in e["deployments"]]
        if any(d["DeploymentStrategyId"] == labels[1] and d["State"] in RUNNING for d in everywhere):
            raise invalid("a deployment under way goes by the strategy")
        return self.strategies[labels[1]]

    def update_strategy(self, labels, query, header, body):
        one = self.idle(labels)
        one.update(paced(json.loads(body)))
        return 200, [], one

    def delete_strategy(self, labels, query, header, body):
        self.idle(labels)
        del self.strategies[labels[1]]
        return 204, [], None

    # Monitors.

    def update_environment(self, labels, query, header, body):
        said, one = json.loads(body), self.part(labels, "environments")
        if any(d["State"] in RUNNING for d in one["deployments"]):
            # Ours.
            raise invalid("a deployment is under way in the environment")
        if "Name" in said:
            one["Name"] = named(said)
        if "Monitors" in said:
            one["Monitors"] = looked_at(said["Monitors"])
        return 200, [], self.shown(one)

    # Deployments.

    @staticmethod
    def tell(one, event, by, what):
        """The most recent events are displayed first."""
        one["EventLog"].insert(0, {"EventType": event, "TriggeredBy": by, "Description": what, "OccurredAt": moment()})

    def start(self, labels, query, header, body):
        said, environment = json.loads(body), self.part(labels, "environments")
        profile, strategy = self.of(labels)["profiles"].get(said["ConfigurationProfileId"]), self.strategies.get(said["DeploymentStrategyId"])
        if profile is None or strategy is None or said["ConfigurationVersion"] not in map(str, profile["versions"]):
            raise missing("the profile, its version or the strategy")
        before, latest = environment["deployments"], said.get("LatestDeploymentNumber")
        if any(deployment["State"] in RUNNING for deployment in before):
            raise conflict("another deployment is under way in the environment")
        if latest is not None and latest != len(before):
            raise conflict("the latest deployment is another one")
        one = {"ApplicationId": labels[1], "EnvironmentId": labels[3], "DeploymentStrategyId": strategy["Id"], "ConfigurationProfileId": profile["Id"]}
        one.update(DeploymentNumber=len(before) + 1, ConfigurationName=profile["Name"], ConfigurationVersion=said["ConfigurationVersion"])
        one.update({key: strategy[key] for key in ("DeploymentDurationInMinutes", "GrowthType", "GrowthFactor", "FinalBakeTimeInMinutes")})
        one.update(State="DEPLOYING", PercentageComplete=1.0, StartedAt=moment(), EventLog=[], begun=time.monotonic(), after=None)
        self.tell(one, "DEPLOYMENT_STARTED", "USER", "Deployment started")
        before.append(one)
        return 201, [], self.shown(one)

    def settle(self):
        for application in self.applications.values():
            for environment in application["environments"].values():
                for deployment in environment["deployments"]:
                    self.go_on(environment, deployment)
                newest = environment["deployments"][-1]["State"] if environment["deployments"] else "COMPLETE"
                environment["State"] = ENVIRONMENT.get(newest, newest)

    def go_on(self, environment, one):
        """What time has made of a deployment."""
        passed = time.monotonic() - one["begun"]
        if one["State"] == "ROLLING_BACK" and passed >= TAKES:
            one.update(State=one["after"])
            self.tell(one, "REVERT_COMPLETED" if one["after"] == "REVERTED" else "ROLLBACK_COMPLETED", "APPCONFIG", "Rollback completed")
        if one["State"] == "DEPLOYING":
            all, whole = shares(one), one["DeploymentDurationInMinutes"] * self.minute or TAKES
            # "A linear deployment that uses a growth factor of 20 initially makes the configuration available to 20 percent of the targets."
            share = all[min(math.floor(passed / whole * len(all)), len(all) - 1)]
            if share != one["PercentageComplete"]:
                one["PercentageComplete"] = share
                self.tell(one, "PERCENTAGE_UPDATED", "APPCONFIG", f"Configuration available to {share:.2f}% of clients")
            if passed >= whole:
                one.update(State="BAKING", begun=one["begun"] + whole)
                passed -= whole
                self.tell(one, "BAKE_TIME_STARTED", "APPCONFIG", "Deployment bake time started")
        if one["State"] == "BAKING" and passed >= one["FinalBakeTimeInMinutes"] * self.minute:
            one.update(State="COMPLETE", CompletedAt=moment(), completed=time.monotonic())
            self.tell(one, "DEPLOYMENT_COMPLETED", "APPCONFIG", "Deployment completed")
        if one["State"] in ("DEPLOYING", "BAKING") and (alarm := fires(environment["Monitors"])):
            self.back(one, "ROLLED_BACK")
            self.tell(one, "ROLLBACK_STARTED", "CLOUDWATCH_ALARM", f"Rollback initiated by CloudWatch alarm {alarm}")

    @staticmethod
    def back(one, after):
        one.update(State="ROLLING_BACK", after=after, begun=time.monotonic())

    def deployment(self, labels):
        all = self.part(labels, "environments")["deployments"]
        if not 1 <= int(labels[5]) <= len(all):
            raise missing(f"deployment {labels[5]}")
        return all[int(labels[5]) - 1]

    def get_deployment(self, labels, query, header, body):
        return 200, [], self.shown(self.deployment(labels))

    def list_deployments(self, labels, query, header, body):
        shown = [self.shown(one, *SEEN) for one in self.part(labels, "environments")["deployments"]]
        return 200, [], page(shown[::-1], query, self.PAGE)

    def stop(self, labels, query, header, body):
        """ "This API action works only on deployments that have a status of DEPLOYING, unless an AllowRevert parameter is supplied." """
        one, revert = self.deployment(labels), header["Allow-Revert"] == "true"
        if one["State"] == "DEPLOYING" or (revert and one["State"] in ("BAKING", "VALIDATING")):
            self.back(one, "ROLLED_BACK")
        elif revert and one["State"] == "COMPLETE" and time.monotonic() - one["completed"] < REVERTIBLE:
            # Ours: the reference doesn't say what becomes of one before the latest.
            if one is not self.part(labels, "environments")["deployments"][-1]:
                raise invalid("it isn't the latest deployment")
            self.back(one, "REVERTED")
        else:
            raise invalid(f"a deployment that is {one['State']} can't be stopped")
        self.tell(one, "ROLLBACK_STARTED", "USER", f"Rollback initiated by {ACCOUNT}")
        return 202, [], self.shown(one)

    def told(self, body):
        """What `/fake/appconfig` says."""
        said = json.loads(body)
        self.minute = said.get("minute", self.minute)
        return 200, [], {}
