"""What CloudWatch Logs does otherwise than the emulator: a metric filter that is put again is overwritten, a group counts its filters, events of several
streams are interleaved, and what the API reference names is refused."""
from moto.logs.exceptions import InvalidParameterException, LimitExceededException, ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend, logs_backends

FILTERS = 100
KEPT = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def of(backend, group):
    return [f for f in backend.filters.metric_filters if f["logGroupName"] == group]


def put(self, name, pattern, group, transformations):
    if group not in self.groups:
        raise ResourceNotFoundException()
    others = [f for f in of(self, group) if f["filterName"] != name]
    if len(others) >= FILTERS:
        raise LimitExceededException()
    elsewhere = [f for f in self.filters.metric_filters if f["logGroupName"] != group]
    self.filters.metric_filters = elsewhere + others
    self.filters.add_filter(name, pattern, group, transformations)


def remove(self, name=None, group=None):
    if not any(f["filterName"] == name for f in of(self, group)):
        raise ResourceNotFoundException()
    self.filters.delete_filter(name, group)


def listed(self, prefix=None, group=None, metric=None, namespace=None):
    if group is not None and group not in self.groups:
        raise ResourceNotFoundException()
    return sorted(LISTED(self, prefix, group, metric, namespace), key=lambda f: f["filterName"])


def described(self):
    return {**DESCRIBED(self), "metricFilterCount": len(of(logs_backends[self.account_id][self.region], self.name))}


def deleted(self, name):
    DELETED(self, name)
    self.filters.metric_filters = [f for f in self.filters.metric_filters if f["logGroupName"] != name]


def kept(self, name, days):
    if int(days) not in KEPT:
        raise InvalidParameterException(constraint="Member must satisfy enum value set", parameter="retentionInDays", value=days)
    return RETAIN(self, name, days)


def found(self, *args):
    """`interleaved` counts as true, whatever is said (API reference)."""
    return FOUND(self, *args[:-1], True)


LISTED, DELETED, RETAIN = LogsBackend.describe_metric_filters, LogsBackend.delete_log_group, LogsBackend.put_retention_policy
DESCRIBED, FOUND = LogGroup.to_describe_dict, LogGroup.filter_log_events


def install():
    LogsBackend.put_metric_filter = put
    LogsBackend.delete_metric_filter = remove
    LogsBackend.describe_metric_filters = listed
    LogsBackend.delete_log_group = deleted
    LogsBackend.put_retention_policy = kept
    LogGroup.to_describe_dict = described
    LogGroup.filter_log_events = found
