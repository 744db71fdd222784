"""What RDS, S3, SNS, CloudWatch, Auto Scaling, EventBridge and Elastic Load Balancing do otherwise than the emulator. What it refuses: each rule with the error that RDS was seen to answer with, or that its reference names.
And parameters: a value that is the family's own isn't the user's, whoever wrote it."""
import ipaddress
import json
import re
from datetime import datetime, timezone

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend, make_int
from moto.autoscaling.responses import AutoScalingResponse
from moto.awslambda.models import lambda_backends
from moto.cloudwatch.exceptions import DashboardInvalidInputError, InvalidParameterCombination as AlarmCombination, InvalidParameterValue as AlarmValue
from moto.cloudwatch.exceptions import ResourceNotFound
from moto.cloudwatch.models import CloudWatchBackend, Statistics
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend
from moto.events.exceptions import ValidationException as EventsValidation
from moto.events.models import EventsBackend
from moto.iam.access_control import IAMPolicy
from moto.logs.models import logs_backends
from moto.rds.exceptions import DBParameterGroupNotFoundError
from moto.rds.exceptions import InvalidParameterCombination, InvalidParameterValue, RDSClientError
from moto.rds.models import RDSBackend
from moto.rds.responses import RDSResponse
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, sns_backends
from moto.sns.responses import SNSResponse

PROVISIONED = ("io1", "io2")


def striped(kind, size):
    """Whether the speed of this storage is set rather than fixed (postgres, mysql and mariadb)."""
    return kind in PROVISIONED or (kind == "gp3" and size >= 400)


def number(version):
    return [int(part) for part in version.split(".")]


def speed(kind, size, wanted):
    if not striped(kind, size) and (wanted.get("iops") or wanted.get("storage_throughput")):
        raise InvalidParameterCombination(f"You can't specify IOPS or storage throughput for storage type {kind} and a storage size of {size}")
    if kind in PROVISIONED and not wanted.get("iops"):
        raise InvalidParameterCombination(f"You must specify the iops for storage type {kind}")


def create(self, wanted):
    speed(wanted.get("storage_type"), wanted.get("allocated_storage") or 0, wanted)
    return CREATE(self, wanted)


def replicate(self, wanted):
    source = self.find_db_from_id(wanted["source_db_instance_identifier"])
    if source.manage_master_user_password:
        engine = source.engine
        raise InvalidParameterValue(
            f"Creating read replicas for source instance with engine {engine} where ManageMasterUserPassword is enabled is not supported"
        )
    if not int(source.backup_retention_period):
        raise InvalidParameterCombination("Automated backups are not enabled for this database instance.")
    speed(wanted.get("storage_type") or source.storage_type, source.allocated_storage, wanted)
    return REPLICATE(self, wanted)


def modify(self, identifier, wanted):
    now = self.describe_db_instances(identifier)[0]
    replicas = [self.databases[name] for name in ([] if now.is_replica else now.replicas) if name in self.databases]
    if wanted.get("manage_master_user_password") and (replicas or wanted.get("master_user_password")):
        raise InvalidParameterCombination("You can't manage the master user password of this instance with Secrets Manager")
    if wanted.get("manage_master_user_password") is False and not wanted.get("master_user_password"):
        raise InvalidParameterCombination("You must specify MasterUserPassword")
    if now.manage_master_user_password and wanted.get("manage_master_user_password") is None and wanted.get("master_user_password"):
        raise InvalidParameterCombination("You can't specify MasterUserPassword for an instance with ManageMasterUserPassword")
    if replicas and wanted.get("backup_retention_period") == 0:
        raise InvalidParameterCombination("Automated backups can't be turned off for the source of read replicas")
    version = wanted.get("engine_version")
    if version:
        real, parts = number(now.engine_version), number(version)
        if parts < real[: len(parts)]:
            raise InvalidParameterCombination(f"Cannot upgrade {now.engine} from {now.engine_version} to {version}")
        if now.engine in ("mysql", "mariadb") and any(number(r.engine_version)[: len(parts)] < parts for r in replicas):
            raise InvalidParameterCombination("One or more of the read replicas must be upgraded before their source")
    size = wanted.get("allocated_storage") or now.allocated_storage
    kind = wanted.get("storage_type") or now.storage_type
    moves = any(wanted.get(key) is not None for key in ("allocated_storage", "iops", "storage_type", "storage_throughput"))
    if moves:
        speed(kind, size, wanted)
    if striped(kind, size) and bool(wanted.get("allocated_storage")) != bool(wanted.get("iops")):
        raise InvalidParameterCombination(
            "You must specify both the storage size and iops when modifying the storage size or iops on a DB instance that has iops."
        )
    return MODIFY(self, identifier, wanted)


CREATE, REPLICATE, MODIFY = RDSBackend.create_db_instance, RDSBackend.create_db_instance_read_replica, RDSBackend.modify_db_instance
DESCRIBE = RDSBackend.describe_db_instances


def instances(self, *said, **named):
    """A group that isn't there is made for a log that is exported, and keeps what is logged for ever."""
    found, logs = DESCRIBE(self, *said, **named), logs_backends[self.account_id][self.region_name]
    for instance in found:
        for log in [] if instance.is_replica else instance.enabled_cloudwatch_logs_exports:
            name = f"/aws/rds/instance/{instance.db_instance_identifier}/{log}"
            if name not in logs.groups:
                logs.create_log_group(name, {})
    return found


# Some parameters that every family has here: the family's own value, and when a change is in force.
FAMILY = {"autovacuum": ("1", "dynamic"), "log_min_duration_statement": (None, "dynamic"), "max_connections": ("100", "static")}


def parameters(self):
    name, source = self.params.get("DBParameterGroupName"), self.params.get("Source")
    groups = self.backend.describe_db_parameter_groups({"db_parameter_group_name": name})
    if not groups:
        raise DBParameterGroupNotFoundError(name)
    shown = []
    for key in sorted({*FAMILY, *groups[0].parameters}):
        own, (default, when) = groups[0].parameters.get(key, {}), FAMILY.get(key, (None, "dynamic"))
        value = own.get("ParameterValue", default)
        user = bool(own) and value != default
        if source in (None, "user" if user else "engine-default"):
            one = {"ParameterName": key, "Source": "user" if user else "engine-default", "ApplyType": when}
            shown.append(one if value is None else {**one, "ParameterValue": value})
    return ActionResult({"Parameters": shown})


# What S3 refuses of a bucket's lifecycle and of its rules for other origins, as its answers say it.
INFREQUENT = ("ONEZONE_IA", "STANDARD_IA")


def lifecycle(self, rules):
    for rule in rules:
        days = {}
        for action, key, least in (
            ("Expiration", "Days", 1),
            ("NoncurrentVersionExpiration", "NoncurrentDays", 1),
            ("AbortIncompleteMultipartUpload", "DaysAfterInitiation", 1),
        ):
            said = (rule.get(action) or {}).get(key)
            if said is not None:
                days[action] = int(said)
                if days[action] < least:
                    raise S3ClientError("InvalidArgument", f"'{key}' for {action} action must be a positive integer")
        moved = rule.get("Transition") or []
        for one in moved if isinstance(moved, list) else [moved]:
            after, kind = int(one.get("Days", 0)), one.get("StorageClass")
            if kind in INFREQUENT and after < 30:
                raise S3ClientError(
                    "InvalidArgument", f"'Days' in Transition action must be greater than or equal to 30 for storageClass '{kind}'"
                )
            if days.get("Expiration", after + 1) <= after:
                raise S3ClientError("InvalidArgument", "'Days' in the Expiration action must be greater than 'Days' in the Transition action")
    return LIFECYCLE(self, rules)


def listed(said):
    return said if isinstance(said, list) else [said] if said else []


def cors(self, rules):
    for rule in rules:
        for key in ("AllowedOrigin", "AllowedHeader"):
            for one in listed(rule.get(key)):
                if one.count("*") > 1:
                    raise S3ClientError("InvalidRequest", f'{key} "{one}" can not have more than one wildcard.')
        for one in listed(rule.get("ExposeHeader")):
            if "*" in one:
                raise S3ClientError(
                    "InvalidRequest", f'ExposeHeader "{one}" contains wildcard. We currently do not support wildcard for ExposeHeader.'
                )
    return CORS(self, rules)


def versioning(self):
    """The emulator calls the answer otherwise than S3 does."""
    status, headers, body = VERSIONING(self)
    return status, headers, body.replace("GetBucketVersioningResponse", "VersioningConfiguration")


def notifications(self):
    """The emulator calls an empty answer otherwise than S3 does."""
    status, headers, body = NOTIFICATIONS(self)
    text = body.decode() if isinstance(body, bytes) else body
    return status, headers, text.replace("GetBucketNotificationResponse", "NotificationConfiguration")


NOTIFICATIONS = S3Response.get_bucket_notification


def permission(self, action, resource):
    """Requests of tests stand for such over TLS; and a statement whose condition isn't met says nothing, where the emulator takes it for a denial."""
    if self.policy is None:
        return PERMISSION(self, action, resource)
    policy = json.loads(self.policy)
    policy["Statement"] = [s for s in listed(policy["Statement"]) if "aws:SecureTransport" not in s.get("Condition", {}).get("Bool", {})]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


LIFECYCLE, CORS, VERSIONING, PERMISSION = FakeBucket.set_lifecycle, FakeBucket.set_cors, S3Response.get_bucket_versioning, FakeBucket.get_permission


def turn(self, arn, *args, **kwargs):
    """Another first certificate of a listener leaves those beside it."""
    more = self.describe_listeners(load_balancer_arn=None, listener_arns=[arn])[0].certificates[1:]
    listener = TURN(self, arn, *args, **kwargs)
    listener.certificates = listener.certificates[:1] + more if listener.protocol == "HTTPS" else []
    return listener


def may_call(backend, target, source):
    """Whether a function's policy, of the version or alias that is named, has a statement for the object."""
    name, _, alias = target.partition(":function:")[2].partition(":")
    functions = lambda_backends[backend.account_id][backend.region_name]
    stands = functions.get_function(name).__dict__.get("policies", {}).get(alias or None)
    sources = [s.get("Condition", {}).get("ArnLike", {}).get("AWS:SourceArn") for s in (stands.statements if stands else [])]
    return source in sources


def key_filter(part):
    rules = ((part.get("Filter") or {}).get("S3Key") or {}).get("FilterRule") or []
    said = {rule["Name"].lower(): rule["Value"] for rule in rules}
    return said.get("prefix", ""), said.get("suffix", "")


def events_meet(a, b):
    return a == b or a[-1] == "*" and b.startswith(a[:-1]) or b[-1] == "*" and a.startswith(b[:-1])


def notify(self, config):
    """S3 looks whether it may call the functions, and tells one of them of each object."""
    parts = (config or {}).get("CloudFunctionConfiguration") or []
    for at, part in enumerate(parts):
        if not may_call(self, part["CloudFunction"], f"arn:aws:s3:::{self.name}"):
            raise S3ClientError("InvalidArgument", "Unable to validate the following destination configurations")
        (prefix, suffix) = key_filter(part)
        for other in parts[:at]:
            (begins, ends) = key_filter(other)
            keys = (prefix.startswith(begins) or begins.startswith(prefix)) and (suffix.endswith(ends) or ends.endswith(suffix))
            if keys and any(events_meet(a, b) for a in part["Event"] for b in other["Event"]):
                raise S3ClientError(
                    "InvalidArgument",
                    "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
                )
    return NOTIFY(self, config)


def register(self, arn, targets):
    """A group of a function has one target, and that must let the balancer call it on behalf of the group."""
    group = self.target_groups.get(arn)
    if group and group.target_type == "lambda":
        known = {*group.targets, *(t["Id"] for t in targets)}
        if len(known) > 1:
            raise ELBClientError("TooManyTargets", f"A target group of type lambda has one target at most, and not {len(known)}")
        for target in targets:
            if not may_call(self, target["Id"], arn):
                raise ELBClientError(
                    "InvalidTarget",
                    f"elasticloadbalancing principal does not have permission to invoke {target['Id']} from target group {arn}",
                )
    REGISTER(self, arn, targets)


def health(self, arn, targets):
    """Nobody asks a function how it is unless that is turned on; before a listener leads to its group, nothing is told of it."""
    found, group = HEALTH(self, arn, targets), self.target_groups[arn]
    if group.target_type == "lambda" and not group.health_check_enabled:
        for one in found:
            one.target_health["State"], one.target_health["Reason"] = (
                ("unavailable", "Target.HealthCheckDisabled") if group.load_balancer_arns else ("unused", "Target.NotInUse")
            )
    return found


# What EventBridge takes as the schedule of a rule.
UNITS = ("minute", "hour", "day")
MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"


def numbers(least, most, words=""):
    return "(?:" + "|".join([*map(str, range(most, least - 1, -1)), *filter(None, [words])]) + ")"


def crons(least, most, words="", more="", steps=True):
    one = numbers(least, most, words)
    item = rf"(?:(?:\*|{one}(?:-{one})?)" + (r"(?:/[1-9]\d*)?)" if steps else ")")
    item = f"(?:{item}{more.format(one=one)})"
    return rf"{item}(?:,{item})*"


CRON = [
    crons(0, 59),
    crons(0, 23),
    r"\?|" + crons(1, 31, more="|L|LW|{one}W"),
    crons(1, 12, MONTHS),
    r"\?|" + crons(1, 7, DAYS, more="|L|{one}L|{one}#[1-5]", steps=False),
    crons(1970, 2199),
]


def is_schedule(text):
    rate = re.fullmatch(r"rate\(([1-9]\d*) ([a-z]+)\)", text)
    if rate:
        return rate[2] in [unit if rate[1] == "1" else unit + "s" for unit in UNITS]
    cron = re.fullmatch(r"cron\((.*)\)", text)
    fields = cron[1].split(" ") if cron else []
    return len(fields) == 6 and [fields[2], fields[4]].count("?") == 1 and all(map(re.fullmatch, CRON, fields))


def rule(self, name, **said):
    """Tags of a rule that is there already are passed over."""
    if said.get("scheduled_expression") and not is_schedule(said["scheduled_expression"]):
        raise EventsValidation("Parameter ScheduleExpression is not valid.")
    if name in self._get_event_bus("default").rules:
        said["tags"] = None
    return RULE(self, name, **said)


RULE = EventsBackend.put_rule
NOTIFY = FakeBucket.set_notification_configuration
TURN, REGISTER, HEALTH = ELBv2Backend.modify_listener, ELBv2Backend.register_targets, ELBv2Backend.describe_target_health


# What Auto Scaling refuses of what changes a group's size, and how a scheduled action is updated.


def scheduled(self, name, desired_capacity, max_size, min_size, scheduled_action_name, start_time, end_time, recurrence, timezone):
    sizes = [make_int(min_size), make_int(max_size), make_int(desired_capacity)]
    group = self.autoscaling_groups.get(name)
    if group is None:
        raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    before = self.scheduled_actions.get(scheduled_action_name)
    if before is not None and before.auto_scaling_group_name == name:
        # What isn't said stays as it was.
        sizes = [now if now is not None else old for now, old in zip(sizes, (before.min_size, before.max_size, before.desired_capacity))]
        recurrence, timezone = recurrence or before.recurrence, timezone or before.time_zone
    if all(size is None for size in sizes):
        raise ValidationError("At least one of the following should be specified: min size, max size or desired capacity")
    if recurrence is None or len(recurrence.split()) != 5:
        raise ValidationError("Given recurrence string: " + str(recurrence) + " is invalid")
    for other in self.scheduled_actions.values():
        if other.auto_scaling_group_name == name and other.scheduled_action_name != scheduled_action_name:
            if (other.recurrence, other.time_zone) == (recurrence, timezone):
                raise AlreadyExists("Scheduled action with the same start time already exists")
    least, most, desired = sizes
    return SCHEDULED(self, name, desired, most, least, scheduled_action_name, start_time, end_time, recurrence, timezone)


class AlreadyExists(AutoscalingClientError):
    def __init__(self, message):
        super().__init__("AlreadyExists", message)


def policy(self, *args, **kwargs):
    tracking = kwargs.get("target_tracking_config") or {}
    metric = tracking.get("PredefinedMetricSpecification") or {}
    if metric.get("PredefinedMetricType") == "ALBRequestCountPerTarget":
        group = self.autoscaling_groups[kwargs["as_name"]]
        label = metric.get("ResourceLabel")
        if not label:
            raise ValidationError("ResourceLabel must be specified for ALBRequestCountPerTarget")
        if not any(label.endswith("/" + arn.rsplit(":", 1)[1]) for arn in group.target_group_arns):
            raise ValidationError("Target group not attached to the Auto Scaling group")
        if not label.startswith("app/"):
            raise ValidationError("Malformed resource label: " + label)
    return POLICY(self, *args, **kwargs)


SCHEDULED, POLICY = AutoScalingBackend.put_scheduled_update_group_action, AutoScalingBackend.put_scaling_policy


# What Elastic Load Balancing takes in the conditions of a rule (`RuleCondition` and the configurations of its fields; its quotas).
WORDS = {
    "host-header": r"[A-Za-z0-9.*?-]*\.[A-Za-z]+",
    "http-request-method": r"[A-Z_-]+",
    "path-pattern": r"[A-Za-z0-9_.$/~\"'@:+&*?-]+",
}


def conditions(self, all):
    CONDITIONS(self, all)
    count = wild = 0
    for one in all:
        field = one.get("Field")
        config = next((said for key, said in one.items() if key.endswith("Config")), {})
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}", config.get("HttpHeaderName", "any")):
            raise ELBClientError("ValidationError", f"The header name '{config['HttpHeaderName']}' is not valid")
        for value in config.get("Values") or one.get("Values") or []:
            text = value["Value"] if isinstance(value, dict) else value
            if not 0 < len(text) <= (40 if field == "http-request-method" else 128) or not re.fullmatch(WORDS.get(field, r"[^\x00-\x1f]+"), text):
                raise ELBClientError("ValidationError", f"Condition value '{text}' of {field} is not valid")
            if field == "source-ip":
                try:
                    ipaddress.ip_network(text, strict=False)
                except ValueError:
                    raise ELBClientError("ValidationError", f"'{text}' is not a valid CIDR")
            elif field != "http-request-method":
                wild += text.count("*") + text.count("?")
            count += 1
    if count > 5:
        raise ELBClientError("ValidationError", "A rule can only have '5' condition values")
    if wild > 5:
        raise ELBClientError("ValidationError", "A rule can only have '5' condition wildcards")


CONDITIONS = ELBv2Backend._validate_conditions


def measure(self):
    """What a group sends of itself already, it goes on to send."""
    group = self.autoscaling_backend.describe_auto_scaling_groups([self._get_param("AutoScalingGroupName")])[0]
    if self._get_param("Granularity") != "1Minute":
        raise ValidationError("The Granularity parameter must be 1Minute")
    group.metrics = sorted({*(group.metrics or []), *self._get_param("Metrics")})
    return EmptyResult()


def unmeasure(self):
    group = self.autoscaling_backend.describe_auto_scaling_groups([self._get_param("AutoScalingGroupName")])[0]
    group.metrics = sorted({*(group.metrics or [])} - {*self._get_param("Metrics")})
    return EmptyResult()


NOTICES = {f"autoscaling:EC2_INSTANCE_{event}" for event in ("LAUNCH", "LAUNCH_ERROR", "TERMINATE", "TERMINATE_ERROR")} | {"autoscaling:TEST_NOTIFICATION"}


def told(self):
    """The notifications of a group that is there, by topic."""
    name = self._get_param("AutoScalingGroupName")
    if name not in self.autoscaling_backend.autoscaling_groups:
        raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return beside(self.autoscaling_backend, "notices").setdefault(name, {})


def put_notices(self):
    """What a topic was told of before, it is told no more. At most 10 topics of a group, and they are there."""
    topic, types, all = self._get_param("TopicARN"), self._get_param("NotificationTypes") or [], told(self)
    if not types or not {*types} <= NOTICES:
        raise ValidationError(f"'{types}' is not a valid Notification type")
    if topic not in sns_backends[self.current_account][self.region].topics:
        raise ValidationError("Unable to publish test message to notification target")
    if len({*all, topic}) > 10:
        raise AutoscalingClientError("LimitExceeded", "Limit of 10 topics of a group exceeded")
    all[topic] = sorted({*types})
    return EmptyResult()


def drop_notices(self):
    all, topic = told(self), self._get_param("TopicARN")
    if topic not in all:
        raise ValidationError("Notification Configuration doesn't exist")
    del all[topic]
    return EmptyResult()


def show_notices(self):
    names, known = self._get_param("AutoScalingGroupNames"), beside(self.autoscaling_backend, "notices")
    found = [
        {"AutoScalingGroupName": name, "TopicARN": topic, "NotificationType": of}
        for name in sorted(self.autoscaling_backend.autoscaling_groups)
        if not names or name in names
        for topic, types in sorted(known.get(name, {}).items())
        for of in types
    ]
    return page(self, found, "NotificationConfigurations")


STATISTIC = Statistics.get_statistics_for_type


def statistic(self, stat):
    """A percentile: the value that so many of a hundred don't exceed."""
    if not stat.startswith("p"):
        return STATISTIC(self, stat)
    values = sorted(self.metric_single_values_list)
    return values[min(len(values) - 1, int(len(values) * float(stat[1:]) / 100))]


ALARMS = CloudWatchResponse.describe_alarms


def beside(backend, what):
    """What the emulator's backend doesn't keep by itself: composites, mute rules."""
    return backend.__dict__.setdefault(what, {})


def page(self, found, key):
    at, size = int(self._get_param("NextToken") or 0), int(self._get_param("MaxRecords") or 50)
    more = {"NextToken": str(at + size)} if at + size < len(found) else {}
    return ActionResult({key: found[at:at + size], **more})


def stood(backend, composite):
    """A composite with its state: it is in alarm while one of its children is, from when the first of them is."""
    names = re.findall(r'ALARM\("([^"]+)"\)', composite["AlarmRule"])
    firing = [backend.alarms[name] for name in names if name in backend.alarms and backend.alarms[name].state_value == "ALARM"]
    since = min((alarm.state_updated_timestamp for alarm in firing), default=composite["Made"])
    why = f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{firing[0].name} transitioned to ALARM" if firing else "no child is in alarm"
    told = {field: value for field, value in composite.items() if field != "Made"}
    times = {"StateUpdatedTimestamp": since, "StateTransitionedTimestamp": since}
    return {**told, "StateValue": "ALARM" if firing else "OK", "StateReason": why, **times}


def alarms(self):
    """A page has as many as are asked for, or 50; alarms come by name. Composites come where they are asked for."""
    if self._get_param("AlarmTypes") == ["CompositeAlarm"]:
        prefix = self._get_param("AlarmNamePrefix") or ""
        found = [stood(self.cloudwatch_backend, one) for name, one in sorted(beside(self.cloudwatch_backend, "composites").items()) if name.startswith(prefix)]
        return page(self, found, "CompositeAlarms")
    answer = ALARMS(self)
    found = sorted(answer._result["MetricAlarms"], key=lambda alarm: alarm.name)
    at, size = int(self._get_param("NextToken") or 0), int(self._get_param("MaxRecords") or 50)
    answer._result["MetricAlarms"] = found[at:at + size]
    if at + size < len(found):
        answer._result["NextToken"] = str(at + size)
    return answer


PUT_ALARM = CloudWatchBackend.put_metric_alarm


def alarm(self, **said):
    """What `PutMetricAlarm` refuses. Tags are taken with a new alarm alone."""
    queries, one = said["metric_data_queries"], said["metric_name"]
    if bool(queries) == bool(one):
        raise AlarmCombination("The parameters Metrics and MetricName are mutually exclusive, and one must be given")
    if queries and sum(1 for query in queries if query.metric_stat) > 10:
        raise AlarmValue("A metric math expression can have at most 10 metrics")
    if queries and sum(1 for query in queries if query.return_data) != 1:
        raise AlarmValue("Exactly one element of the metrics list should return data")
    if one and bool(said["statistic"]) == bool(said["extended_statistic"]):
        raise AlarmCombination("Exactly one of Statistic and ExtendedStatistic must be given")
    period = said["period"] or next(query.metric_stat.period for query in queries if query.metric_stat)
    if period % 60 and period not in (10, 20, 30):
        raise AlarmValue("The period must be 10, 20, 30, or a multiple of 60")
    if period * said["evaluation_periods"] > (86400 if period < 3600 else 7 * 86400):
        raise AlarmCombination("Metrics cannot be checked across more than a day")
    if said["datapoints_to_alarm"] > said["evaluation_periods"]:
        raise AlarmCombination("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    if said["treat_missing_data"] not in ("breaching", "notBreaching", "ignore", "missing"):
        raise AlarmValue("TreatMissingData")
    there = said["name"] in self.alarms
    return PUT_ALARM(self, **{**said, "tags": [] if there else said["tags"]})


def unalarm(self, alarm_names):
    composites = beside(self, "composites")
    if not any(name in self.alarms or name in composites for name in alarm_names):
        raise ResourceNotFound("Alarms do not exist")
    if sum(1 for name in alarm_names if name in composites) > 1:
        raise AlarmValue("Only one composite alarm can be deleted with a single operation")
    for name in alarm_names:
        self.alarms.pop(name, None)
        composites.pop(name, None)


def composite(self):
    """What `PutCompositeAlarm` refuses of a rule of `ALARM("…")` with `OR` between: more than 100 children, one that isn't there."""
    name, rule = self._get_param("AlarmName"), self._get_param("AlarmRule")
    names = re.findall(r'ALARM\("([^"]+)"\)', rule)
    composites, known = beside(self.cloudwatch_backend, "composites"), self.cloudwatch_backend.alarms
    if not re.fullmatch(r'ALARM\("[^"]+"\)( OR ALARM\("[^"]+"\))*', rule) or len(rule) > 10240:
        raise AlarmValue("Failed to parse the alarm rule")
    if len(names) > 100:
        raise AlarmValue("The AlarmRule can specify as many as 100 children alarms")
    gone = [one for one in names if one not in known and one not in composites]
    if gone or name in names or name in known:
        raise AlarmValue(f"Could not save the composite alarm as alarms {gone} in the alarm rule do not exist")
    waits = ("ActionsSuppressorExtensionPeriod", "ActionsSuppressorWaitPeriod")
    if any((self._get_param(wait) is None) == bool(self._get_param("ActionsSuppressor")) for wait in waits):
        raise AlarmCombination("ActionsSuppressor, its wait period and its extension period are given together")
    fields = ("ActionsEnabled", "AlarmActions", "AlarmDescription", "AlarmName", "AlarmRule", "OKActions", "ActionsSuppressor", *waits)
    composites[name] = {**{field: self._get_param(field) for field in fields if self._get_param(field) is not None}, "Made": utcnow()}
    return EmptyResult()


def lasts(text):
    """The minutes of an ISO duration."""
    said = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", text)
    return sum(int(number or 0) * size for number, size in zip(said.groups(), (1440, 60, 1))) if said else 0


def mute(self):
    """What `PutAlarmMuteRule` refuses of a schedule, and targets that aren't there. A duration is answered in its longest units."""
    name, schedule = self._get_param("Name"), self._get_param("Rule")["Schedule"]
    targets = (self._get_param("MuteTargets") or {}).get("AlarmNames") or []
    if not re.fullmatch(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d\)|cron\([^)]+\)", schedule["Expression"]):
        raise AlarmValue("The expression is invalid")
    minutes = lasts(schedule["Duration"])
    if not 1 <= minutes <= 15 * 1440:
        raise AlarmValue("The duration must be between PT1M and P15D")
    known = {*self.cloudwatch_backend.alarms, *beside(self.cloudwatch_backend, "composites")}
    if len(targets) > 100 or not {*targets} <= known:
        raise AlarmValue("The alarm names must match existing alarms")
    (days, rest), schedule = divmod(minutes, 1440), dict(schedule)
    schedule["Duration"] = f"P{days}D" * bool(days) if not rest else f"P{f'{days}D' if days else ''}T{rest // 60}H{rest % 60}M"
    arn = f"arn:aws:cloudwatch:{self.region}:{self.current_account}:alarm-mute-rule:{name}"
    says = {"Name": name, "AlarmMuteRuleArn": arn, "Description": self._get_param("Description"), "Rule": {"Schedule": schedule}}
    # A rule is given anew as a whole: what isn't said of its days is none.
    days = {day: self._get_param(day) for day in ("StartDate", "ExpireDate") if self._get_param(day) is not None}
    says |= {day: at if isinstance(at, datetime) else datetime.fromtimestamp(float(at), timezone.utc) for day, at in days.items()}
    beside(self.cloudwatch_backend, "mutes")[name] = {**says, "MuteTargets": {"AlarmNames": targets}, "Status": "SCHEDULED", "MuteType": "ONE_TIME"}
    return EmptyResult()


def muted(self):
    found = beside(self.cloudwatch_backend, "mutes").get(self._get_param("AlarmMuteRuleName"))
    if not found:
        raise ResourceNotFound("The alarm mute rule does not exist")
    return ActionResult(found)


def mutes(self):
    """A list says neither what is muted nor why, and knows no prefix."""
    found = sorted(beside(self.cloudwatch_backend, "mutes").items())
    return page(self, [{key: one[key] for key in ("AlarmMuteRuleArn", "Status", "MuteType")} for _, one in found], "AlarmMuteRuleSummaries")


def unmute(self):
    beside(self.cloudwatch_backend, "mutes").pop(self._get_param("AlarmMuteRuleName"), None)
    return EmptyResult()


SUBSCRIBE_EVENTS = RDSBackend.create_event_subscription
# "Amazon RDS event categories and event messages", instances.
EVENTS = {"availability", "backtrack", "backup", "configuration change", "creation", "deletion", "failover", "failure", "low storage", "maintenance", "notification",
          "read replica", "recovery", "restoration", "security", "security patching"}


def events(self, kwargs):
    """Names are kept in small letters; sources are there, and categories are those of the sources' type."""
    for source in kwargs.get("source_ids", []):
        known(self, source)
    categories(kwargs)
    return SUBSCRIBE_EVENTS(self, {"enabled": True, **kwargs, "subscription_name": kwargs["subscription_name"].lower()})


def known(backend, source):
    if source not in backend.databases:
        raise RDSClientError("SourceNotFound", f"DB Instance {source} not found")


def categories(said):
    if said.get("source_type") != "db-instance" and (said.get("source_ids") or said.get("event_categories")):
        raise InvalidParameterCombination("The source type must be given with source IDs and categories")
    wrong = {*said.get("event_categories", [])} - EVENTS
    if wrong:
        raise RDSClientError("SubscriptionCategoryNotFound", f"The supplied category does not exist: {wrong}")


def subscription(self):
    found = self.backend.event_subscriptions.get(self.params.get("SubscriptionName"))
    if not found:
        raise RDSClientError("SubscriptionNotFound", "The subscription was not found.")
    return found


def change_events(self):
    found, said = subscription(self), self.params
    categories({"source_type": said.get("SourceType"), "event_categories": said.get("EventCategories") or []})
    for field, key in (("sns_topic_arn", "SnsTopicArn"), ("source_type", "SourceType"), ("event_categories", "EventCategories"), ("enabled", "Enabled")):
        if said.get(key) is not None:
            setattr(found, field, said.get(key))
    return ActionResult({"EventSubscription": found})


def add_source(self):
    found, source = subscription(self), self.params.get("SourceIdentifier")
    known(self.backend, source)
    found.source_ids = sorted({*found.source_ids, source})
    return ActionResult({"EventSubscription": found})


def drop_source(self):
    """Without a source it would tell of all."""
    found, source = subscription(self), self.params.get("SourceIdentifier")
    if source not in found.source_ids:
        raise RDSClientError("SourceNotFound", f"{source} not found")
    if found.source_ids == [source]:
        raise InvalidParameterCombination("The last source can't be removed")
    found.source_ids = [one for one in found.source_ids if one != source]
    return ActionResult({"EventSubscription": found})


PUT_DASHBOARD = CloudWatchBackend.put_dashboard


def dashboard(self, name, body):
    """What `PutDashboard` refuses of a name, and of a body after "Dashboard body structure and syntax"."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
        raise DashboardInvalidInputError("The field DashboardName must only contain alphanumeric characters, dash and underscore")
    widgets = json.loads(body).get("widgets")
    if not isinstance(widgets, list) or len(widgets) > 500:
        raise DashboardInvalidInputError("The field widgets must be an array of 500 at most")
    read = 0
    for at, widget in enumerate(widgets):
        says, kind = widget.get("properties", {}), widget.get("type")
        needs = {"metric": ["metrics", "region"], "alarm": ["alarms"], "text": ["markdown"]}.get(kind)
        if needs is None or any(not says.get(field) for field in needs):
            raise DashboardInvalidInputError(f"/widgets/{at}/properties Should have required property of type {kind}")
        if not (0 <= widget["x"] and 1 <= widget["width"] and widget["x"] + widget["width"] <= 24 and widget["y"] >= 0 and 1 <= widget["height"] <= 1000):
            raise DashboardInvalidInputError(f"/widgets/{at} stands outside of the grid")
        if len(says.get("alarms", [])) > 100 or any(":alarm:" not in arn for arn in says.get("alarms", [])):
            raise DashboardInvalidInputError(f"/widgets/{at}/properties/alarms Should be ARNs of 100 alarms at most")
        rows = says.get("metrics", [])
        ids = [row[-1]["id"] for row in rows if isinstance(row[-1], dict) and "id" in row[-1]]
        if len(ids) != len(set(ids)) or any(not re.fullmatch(r"[a-z][A-Za-z0-9_]*", one) for one in ids):
            raise DashboardInvalidInputError(f"/widgets/{at}/properties/metrics ids must be unique")
        for row in rows:
            named = row[:-1] if isinstance(row[-1], dict) else row
            if "expression" not in (row[-1] if isinstance(row[-1], dict) else {}) and (len(named) < 2 or len(named) % 2):
                raise DashboardInvalidInputError(f"/widgets/{at}/properties/metrics Should match exactly one schema")
        read += len(rows)
        if len(rows) > 500 or read > 2500:
            raise DashboardInvalidInputError("Too many metrics")
    return PUT_DASHBOARD(self, name, body)


TOPIC = SNSBackend.create_topic


def topic(self, name, attributes=None, tags=None):
    """The same topic again is the same topic, if it is asked for with the same tags and attributes."""
    for there in self.topics.values():
        if there.name == name and (there._tags != (tags or {}) or any(getattr(there, word) != attributes[key] for word, key in
                                                                       (("display_name", "DisplayName"), ("kms_master_key_id", "KmsMasterKeyId")) if key in (attributes or {}))):
            raise SNSInvalidParameter("Invalid parameter: Tags Reason: Topic already exists with different tags")
    return TOPIC(self, name, attributes, tags)


SUBSCRIBE = SNSResponse.subscribe
SUBSCRIBED = SNSBackend.list_subscriptions_by_topic
ENDPOINTS = {"email": "@", "https": "https://"}


def subscribe(self):
    """A mail address has not confirmed, and nobody ever follows the link; an endpoint that answers over https has."""
    protocol, endpoint = self._get_param("Protocol"), self._get_param("Endpoint")
    if ENDPOINTS.get(protocol, "") not in (endpoint or ""):
        raise SNSInvalidParameter("Invalid parameter: Endpoint")
    answer = SUBSCRIBE(self)
    return ActionResult({"SubscriptionArn": "pending confirmation"}) if protocol == "email" else answer


class Pending:
    def __init__(self, of):
        self.subscription_arn = self.arn = "PendingConfirmation"
        self.owner, self.protocol, self.endpoint, self.topic_arn = of.owner, of.protocol, of.endpoint, of.topic_arn


def subscribed(self, topic_arn, next_token=None):
    found, token = SUBSCRIBED(self, topic_arn, next_token)
    return [Pending(one) if one.protocol == "email" else one for one in found], token


def described(rule):
    """A rule between groups has a description, too."""
    return (rule.source_group or rule.ip_range).get("Description")


def install():
    SecurityGroupRule.description = property(described)
    RDSBackend.create_event_subscription = events
    RDSResponse.modify_event_subscription = change_events
    RDSResponse.add_source_identifier_to_subscription = add_source
    RDSResponse.remove_source_identifier_from_subscription = drop_source
    CloudWatchBackend.put_dashboard = dashboard
    CloudWatchBackend.put_metric_alarm = alarm
    CloudWatchBackend.delete_alarms = unalarm
    CloudWatchResponse.describe_alarms = alarms
    CloudWatchResponse.put_composite_alarm = composite
    CloudWatchResponse.put_alarm_mute_rule = mute
    CloudWatchResponse.get_alarm_mute_rule = muted
    CloudWatchResponse.list_alarm_mute_rules = mutes
    CloudWatchResponse.delete_alarm_mute_rule = unmute
    Statistics.get_statistics_for_type = statistic
    SNSBackend.create_topic = topic
    SNSBackend.list_subscriptions_by_topic = subscribed
    SNSResponse.subscribe = subscribe
    ELBv2Backend._validate_conditions = conditions
    AutoScalingBackend.put_scheduled_update_group_action = scheduled
    AutoScalingBackend.put_scaling_policy = policy
    EventsBackend.put_rule = rule
    AutoScalingResponse.put_notification_configuration = put_notices
    AutoScalingResponse.delete_notification_configuration = drop_notices
    AutoScalingResponse.describe_notification_configurations = show_notices
    AutoScalingResponse.enable_metrics_collection = measure
    AutoScalingResponse.disable_metrics_collection = unmeasure
    FakeBucket.set_lifecycle = lifecycle
    FakeBucket.set_cors = cors
    FakeBucket.set_notification_configuration = notify
    FakeBucket.get_permission = permission
    S3Response.get_bucket_versioning = versioning
    S3Response.get_bucket_notification = notifications
    ELBv2Backend.modify_listener = turn
    ELBv2Backend.register_targets = register
    ELBv2Backend.describe_target_health = health
    RDSResponse.describe_db_parameters = parameters
    RDSBackend.create_db_instance = create
    RDSBackend.create_db_instance_read_replica = replicate
    RDSBackend.modify_db_instance = modify
    RDSBackend.describe_db_instances = instances
