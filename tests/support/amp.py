"""What Managed Prometheus does otherwise than the emulator: everything takes a moment and nothing else is taken meanwhile, a workspace has a configuration and
an alert manager, aliases are asked for by their beginning, a creation that is sent again answers as the first, and what is refused of a rules file and of a
definition: at once, or only after it was taken."""
import base64
import json
import re
import time

import yaml
from moto.amp import urls
from moto.amp.exceptions import AmpException, ResourceNotFoundException
from moto.amp.models import Workspace, amp_backends
from moto.amp.responses import PrometheusServiceResponse as Responses

# How long a change is under way.
TAKES = 0.03
DAYS, DEFAULT, LARGEST, RULES = range(1, 1096), 150, 1024 * 1024, 2000
GROUP = {"name", "interval", "query_offset", "limit", "rules", "labels"}
RULE = {"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"}
DURATION = re.compile(r"0|(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?")


class Invalid(AmpException):
    code = 400

    def __init__(self, message):
        super().__init__("ValidationException", message)


class Conflict(AmpException):
    code = 409

    def __init__(self, message):
        super().__init__("ConflictException", message)


class Missing(ResourceNotFoundException):
    code = 404


class Part:
    """Something that is carried out after it was asked for."""

    def __init__(self, data, made="CREATING", why=None):
        self.created = time.time()
        self.say(data, made, why)

    def say(self, data, doing, why=None):
        self.data, self.doing, self.why, self.settles = data, doing, why, time.monotonic() + TAKES
        self.modified = time.time()

    def status(self):
        if time.monotonic() < self.settles:
            return {"statusCode": self.doing}
        if self.why:
            return {"statusCode": {"CREATING": "CREATION_FAILED", "UPDATING": "UPDATE_FAILED"}[self.doing], "statusReason": self.why}
        return {"statusCode": "ACTIVE"}

    def gone(self):
        return self.doing == "DELETING" and time.monotonic() >= self.settles

    def free(self):
        if self.status()["statusCode"] in ("CREATING", "UPDATING", "DELETING"):
            raise Conflict("The resource is being changed")

    def told(self):
        return {"status": self.status(), "data": self.data, "createdAt": self.created, "modifiedAt": self.modified}


def init(self, *args, **named):
    INIT(self, *args, **named)
    self.life, self.configuration, self.routes = Part(None), Part(DEFAULT, "UPDATING"), None
    self.configuration.settles = 0


def shown(self):
    return {**SHOWN(self), "status": self.life.status()}


def of(responses, serving=False):
    """The workspace of a request; a request that changes something finds it at rest."""
    id = responses.path.split("/")[2]
    workspace = responses.amp_backend.workspaces.get(id)
    if workspace is None or workspace.life.gone():
        responses.amp_backend.workspaces.pop(id, None)
        raise Missing("Workspace not found", id, "AWS::APS::Workspace")
    if serving:
        workspace.life.free()
    return workspace


def create_workspace(self):
    said = json.loads(self.body)
    alias, token = said.get("alias"), said.get("clientToken")
    if alias is not None and not 1 <= len(alias) <= 100:
        raise Invalid("Invalid alias: Member must have length less than or equal to 100")
    tokens = self.amp_backend.__dict__.setdefault("tokens", {})
    known = self.amp_backend.workspaces.get(tokens.get(token))
    if known is None:
        known = self.amp_backend.create_workspace(alias=alias, tags=said.get("tags") or {})
        tokens[token] = known.workspace_id
    return json.dumps(known.to_dict())


def describe_workspace(self):
    return json.dumps({"workspace": of(self).to_dict()})


def list_workspaces(self):
    alias, all = self._get_param("alias") or "", self.amp_backend.workspaces
    for id in [id for id, workspace in all.items() if workspace.life.gone()]:
        del all[id]
    found = [w for w in all.values() if (w.alias or "").startswith(alias)]
    size, first = int(self._get_param("maxResults") or 100), int(self._get_param("nextToken") or 0)
    answer = {"workspaces": [w.to_dict() for w in found[first:first + size]]}
    return json.dumps({**answer, "nextToken": str(first + size)} if len(found) > first + size else answer)


def delete_workspace(self):
    of(self, serving=True).life.say(None, "DELETING")
    return json.dumps({})


def update_workspace_configuration(self):
    workspace, said = of(self, serving=True), json.loads(self.body)
    workspace.configuration.free()
    days = said.get("retentionPeriodInDays")
    if days is None and said.get("limitsPerLabelSet") is None:
        raise Invalid("At least one of limitsPerLabelSet, retentionPeriodInDays is required")
    if days not in DAYS:
        raise Invalid("Invalid retentionPeriodInDays: must be between 1 and 1095")
    workspace.configuration.say(days, "UPDATING")
    return json.dumps({"status": workspace.configuration.status()})


def describe_workspace_configuration(self):
    workspace = of(self)
    told = {"status": workspace.configuration.status(), "retentionPeriodInDays": workspace.configuration.data}
    return json.dumps({"workspaceConfiguration": told})


def text(said):
    data = base64.b64decode(said["data"])
    if len(data) > LARGEST:
        raise Invalid("The file is larger than 1 MiB")
    try:
        return yaml.safe_load(data)
    except yaml.YAMLError as e:
        raise Invalid(f"error unmarshalling YAML: {e}") from None


def unknown(fields, known, of):
    for field in fields:
        if field not in known:
            raise Invalid(f"field {field} not found in type rulefmt.{of}")


def rules(said):
    """A rules file that the service takes: what is wrong is said at once."""
    file = text(said)
    if not isinstance(file, dict):
        raise Invalid("error unmarshalling YAML")
    unknown(file, {"groups"}, "RuleGroups")
    names, many = set(), 0
    for group in file.get("groups") or []:
        unknown(group, GROUP, "RuleGroup")
        if not group.get("name"):
            raise Invalid("Groupname must not be empty")
        if group["name"] in names:
            raise Invalid(f"groupname: \"{group['name']}\" is repeated in the same file")
        names.add(group["name"])
        for rule in group.get("rules") or []:
            many += 1
            unknown(rule, RULE, "RuleNode")
            if bool(rule.get("record")) == bool(rule.get("alert")):
                raise Invalid("only one of 'record' and 'alert' must be set" if rule.get("record") else "one of 'record' or 'alert' must be set")
            if not rule.get("expr"):
                raise Invalid("field 'expr' must be set in rule")
            bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", rule["expr"])
            if any(bare.count(a) != bare.count(b) for a, b in ("()", "[]", "{}")):
                raise Invalid(f"could not parse expression: {rule['expr']}")
        for duration in [group.get("interval"), *(rule.get("for") for rule in group.get("rules") or [])]:
            if duration is not None and not DURATION.fullmatch(str(duration)):
                raise Invalid(f"not a valid duration string: \"{duration}\"")
    if many > RULES:
        raise Invalid("rules per workspace limit exceeded")


def routes(self, said):
    """What the service refuses of a definition at once; answers why it comes to nothing later."""
    file = text(said)
    if not isinstance(file, dict) or not file.get("alertmanager_config"):
        raise Invalid("Empty Alertmanager definition.")
    config = yaml.safe_load(file["alertmanager_config"])
    receivers, account = config.get("receivers") or [], self.current_account
    for receiver in receivers:
        for kind in receiver:
            if kind.endswith("_configs") and kind != "sns_configs":
                raise Invalid(f"Invalid Alertmanager receiver type: [{kind}]")
        for sns in receiver.get("sns_configs") or []:
            if sns["topic_arn"].split(":")[4] != account:
                raise Invalid(f"Invalid SNS receiver topic account ID: {sns['topic_arn'].split(':')[4]}")
    before, names = "error validating Alertmanager config: ", [receiver.get("name") for receiver in receivers]
    if "route" not in config:
        return before + "no routes provided"
    if not config["route"].get("receiver"):
        return before + "root route must specify a default receiver"
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        return before + f"notification config name \"{twice[0]}\" is not unique"
    ways = [config["route"], *(config["route"].get("routes") or [])]
    lost = [way["receiver"] for way in ways if "receiver" in way and way["receiver"] not in names]
    return before + f"undefined receiver \"{lost[0]}\" used in route" if lost else None


def namespaces(workspace):
    for name in [name for name, part in workspace.rule_group_namespaces.items() if part.gone()]:
        del workspace.rule_group_namespaces[name]
    return workspace.rule_group_namespaces


def namespace(self, workspace):
    name = self.path.split("/")[-1]
    if name not in namespaces(workspace):
        raise Missing("RuleGroupNamespace not found", name, "AWS::APS::RuleGroupNamespace")
    return workspace.rule_group_namespaces[name]


def arn(workspace, name):
    return f"{workspace.arn.replace(':workspace/', ':rulegroupsnamespace/')}/{name}"


def named(self, workspace, name):
    part = workspace.rule_group_namespaces[name]
    return {**part.told(), "name": name, "arn": arn(workspace, name), "tags": self.amp_backend.list_tags_for_resource(arn(workspace, name))}


def create_rule_groups_namespace(self):
    workspace, said = of(self, serving=True), json.loads(self.body)
    rules(said)
    if said["name"] in namespaces(workspace):
        raise Conflict(f"Rule groups namespace {said['name']} exists already")
    workspace.rule_group_namespaces[said["name"]] = Part(said["data"])
    self.amp_backend.tag_resource(arn(workspace, said["name"]), said.get("tags") or {})
    return json.dumps(named(self, workspace, said["name"]))


def put_rule_groups_namespace(self):
    workspace, said = of(self, serving=True), json.loads(self.body)
    part = namespace(self, workspace)
    rules(said)
    part.free()
    part.say(said["data"], "UPDATING")
    return json.dumps(named(self, workspace, self.path.split("/")[-1]))


def describe_rule_groups_namespace(self):
    workspace = of(self)
    namespace(self, workspace)
    return json.dumps({"ruleGroupsNamespace": named(self, workspace, self.path.split("/")[-1])})


def delete_rule_groups_namespace(self):
    part = namespace(self, of(self, serving=True))
    part.free()
    part.say(part.data, "DELETING")
    return json.dumps({})


def definition(workspace):
    if workspace.routes is not None and workspace.routes.gone():
        workspace.routes = None
    if workspace.routes is None:
        raise Missing("Alert manager definition not found", workspace.workspace_id, "AWS::APS::AlertManagerDefinition")
    return workspace.routes


def create_alert_manager_definition(self):
    workspace, said = of(self, serving=True), json.loads(self.body)
    why = routes(self, said)
    if workspace.routes is not None and not workspace.routes.gone():
        raise Conflict("The workspace has an alert manager definition already")
    workspace.routes = Part(said["data"], why=why)
    return json.dumps({"status": workspace.routes.status()})


def put_alert_manager_definition(self):
    workspace, said = of(self, serving=True), json.loads(self.body)
    part = definition(workspace)
    why = routes(self, said)
    part.free()
    part.say(said["data"], "UPDATING", why)
    return json.dumps({"status": part.status()})


def describe_alert_manager_definition(self):
    return json.dumps({"alertManagerDefinition": definition(of(self)).told()})


def delete_alert_manager_definition(self):
    part = definition(of(self, serving=True))
    part.free()
    part.say(part.data, "DELETING")
    return json.dumps({})


def workspace_of(url, region="us-east-1", account="123456789012"):
    """The workspace of a request of Prometheus's own API, which answers where it is active."""
    id = url.split("/workspaces/")[1].split("/")[0]
    found = amp_backends[account][region].workspaces.get(id)
    return found if found and found.life.status()["statusCode"] == "ACTIVE" else None


def answered(data):
    return 200, {"Content-Type": "application/json"}, json.dumps({"status": "success", "data": data})


def list_rules(request, url, headers):
    """Every rule of every namespace (`file`): none fires, and all were looked at a moment ago."""
    workspace = workspace_of(url)
    if workspace is None:
        return 404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, json.dumps({"message": "workspace not found"})
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000000001Z", time.gmtime())

    def told(rule):
        own = {"name": rule.get("alert"), "query": rule["expr"], "labels": rule.get("labels") or {}, "annotations": rule.get("annotations") or {}}
        return {**own, "type": "alerting", "state": "inactive", "alerts": [], "health": "ok", "lastError": "", "lastEvaluation": at, "evaluationTime": 0.001}

    groups = [
        {"name": group["name"], "file": name, "rules": [told(rule) for rule in group.get("rules") or []], "interval": 60, "lastEvaluation": at}
        for name, part in namespaces(workspace).items()
        for group in yaml.safe_load(base64.b64decode(part.data)).get("groups") or []
    ]
    return answered({"groups": groups})


def query_metrics(request, url, headers):
    """One number, whatever is asked for."""
    return answered({"resultType": "vector", "result": [{"metric": {}, "value": [time.time(), "12.25"]}]})


INIT, SHOWN = Workspace.__init__, Workspace.to_dict
WAYS = [
    create_workspace, describe_workspace, list_workspaces, delete_workspace, update_workspace_configuration, describe_workspace_configuration,
    create_rule_groups_namespace, put_rule_groups_namespace, describe_rule_groups_namespace, delete_rule_groups_namespace,
    create_alert_manager_definition, put_alert_manager_definition, describe_alert_manager_definition, delete_alert_manager_definition,
]


def install():
    Workspace.__init__, Workspace.to_dict = init, shown
    for way in WAYS:
        setattr(Responses, way.__name__, way)
    for path in ("configuration", "alertmanager/definition"):
        urls.url_paths[f"{{0}}/workspaces/(?P<workspace_id>[^/]+)/{path}$"] = Responses.dispatch
    for path, way in (("rules", list_rules), ("query", query_metrics)):
        urls.url_paths[f"{{0}}/workspaces/(?P<workspace_id>[^/]+)/api/v1/{path}$"] = way
