"""What Lambda does otherwise than the emulator: how it logs is kept, changes take a moment and nothing else is taken meanwhile, a role isn't known at once,
a digest guards a version, versions are never numbered twice, and network interfaces stay a while after their function, as long as its role is there. An alias
has a policy of its own."""
import copy
import json
import threading
import time
import uuid
from urllib.parse import unquote

from moto.awslambda import urls
from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.policy import Policy
from moto.awslambda.responses import LambdaResponse
from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend, ec2_backends
from moto.iam.models import IAMBackend, iam_backends
from moto.s3.models import s3_backends

# How long a change is under way, a role is unknown, and an interface outlives its function.
TAKES, SPREADS, LINGERS = 0.03, 0.15, 0.2
ENI, TASKS = "AWS Lambda VPC ENI", "awslambda-us-east-1-tasks"


class Missing(LambdaClientError):
    code = 404


class Conflict(LambdaClientError):
    code = 409

    def __init__(self, message):
        super().__init__("ResourceConflictException", message)


def under_way(fn):
    return time.monotonic() < getattr(fn, "settles", 0)


def begin(fn):
    if under_way(fn):
        what = f"The operation cannot be performed at this time. An update is in progress for resource: {fn.function_arn}"
        raise Conflict(what)


def start(fn):
    fn.settles = time.monotonic() + TAKES


def init(self, account_id, spec, region, version=1):
    INIT(self, account_id, spec, region, version)
    self.logging_config = spec.get("LoggingConfig") or {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"}
    self.numbered, self.first = 0, True
    start(self)


def configuration(self, on_create=False):
    config = {**CONFIGURATION(self, on_create), "LoggingConfig": self.logging_config}
    if under_way(self):
        if self.first:
            config["State"] = "Pending"
        else:
            config["LastUpdateStatus"] = "InProgress"
    return config


def make_role(self, *args, **named):
    role = MAKE_ROLE(self, *args, **named)
    role.known = time.monotonic() + SPREADS
    return role


def check_role(account, partition, arn):
    if time.monotonic() < getattr(iam_backends[account][partition].get_role_by_arn(arn), "known", 0):
        raise InvalidParameterValueException("The role defined for the function cannot be assumed by Lambda.")


def pairs(fn):
    """The interfaces that a version needs: Hyperplane's, one for each subnet with all groups."""
    config = fn._vpc_config or {}
    return {(subnet, *sorted(config["SecurityGroupIds"])) for subnet in config.get("SubnetIds") or []}


def interfaces(backend, fn):
    """They are made with the first version that needs them. Those that none needs any more go later, by way of the role, which must be there then."""
    stored = backend._lambdas._functions.get(fn.function_name)
    needed = set() if stored is None else set().union(*(pairs(f) for f in [stored["latest"], *stored["versions"]]))
    ec2 = ec2_backends[fn.account_id][fn.region]
    for subnet, *groups in needed - fn.enis.keys():
        made = ec2.create_network_interface(ec2.get_subnet(subnet), None, group_ids=groups, description=f"{ENI}-{fn.function_name}")
        fn.enis[(subnet, *groups)] = made.id
    gone = [fn.enis.pop(key) for key in fn.enis.keys() - needed]
    role, iam = fn.role, iam_backends[fn.account_id][fn.partition]

    def let_go():
        if any(r.arn == role for r in iam.get_roles()):
            for eni in gone:
                ec2.delete_network_interface(eni)

    threading.Timer(LINGERS, let_go).start()


def held(ec2, by):
    if any(by(eni) for eni in ec2.enis.values() if (eni.description or "").startswith(ENI)):
        raise DependencyViolationError("resource has a dependent object")


def delete_group(self, vpc_id, group_id):
    held(self, lambda eni: group_id in [group.id for group in eni.group_set])
    return DELETE_GROUP(self, vpc_id, group_id)


def delete_subnet(self, subnet_id):
    held(self, lambda eni: eni.subnet.id == subnet_id)
    return DELETE_SUBNET(self, subnet_id)


def create(self, spec):
    if spec["FunctionName"] in self._lambdas._functions:
        raise Conflict(f"Function already exist: {spec['FunctionName']}")
    config = spec.get("VpcConfig") or {}
    if bool(config.get("SubnetIds")) != bool(config.get("SecurityGroupIds")):
        raise InvalidParameterValueException("SubnetIds and SecurityIds must coexist or be both empty list.")
    check_role(self.account_id, self._lambdas.partition, spec["Role"])
    fn = CREATE(self, spec)
    fn.enis = {}
    interfaces(self, fn)
    return fn


def configure(self, name, qualifier, body):
    fn = self.get_function(name, qualifier)
    begin(fn)
    if "Role" in body and body["Role"] != fn.role:
        check_role(self.account_id, self._lambdas.partition, body["Role"])
    if "LoggingConfig" in body:
        fn.logging_config = {**fn.logging_config, **body["LoggingConfig"]}
    fn.update_configuration(body)
    interfaces(self, fn)
    fn.first = False
    start(fn)
    return fn.get_configuration()


def load(self, name, qualifier, body):
    fn = self.get_function(name, qualifier)
    begin(fn)
    # Versions keep what they were made of.
    fn.code = dict(fn.code)
    if "Architectures" in body:
        fn.architectures = body["Architectures"]
    fn.update_function_code(body)
    fn.first = False
    start(fn)
    return fn.get_configuration()


def publish(self):
    name, guard = self.path.split("/")[-2], self._get_param("CodeSha256")
    fn = self.backend.get_function(name)
    begin(fn)
    if guard and guard != fn.code_sha_256:
        raise InvalidParameterValueException(
            f"CodeSHA256 ({guard}) is different from current CodeSHA256 in $LATEST ({fn.code_sha_256}). Please try again with the CodeSHA256 in $LATEST."
        )
    versions = self.backend._lambdas._functions[name]["versions"]
    if versions and not fn.code_or_config_updated:
        return 201, {"status": 201}, json.dumps(versions[-1].get_configuration())
    fn.code_or_config_updated = False
    fn.numbered += 1
    made = copy.copy(fn)
    made.set_version(fn.numbered)
    made.description, made.first = self._get_param("Description") or fn.description, True
    start(made)
    versions.append(made)
    if made.package_type != "Image":
        keep(made)
    self.backend._lambdas._arns[made.function_arn] = made
    return 201, {"status": 201}, json.dumps(made.get_configuration())


def keep(fn):
    """A version's archive can be fetched for a while, from a bucket of Lambda's."""
    s3 = s3_backends[fn.account_id][fn.partition]
    if TASKS not in s3.buckets:
        s3.create_bucket(TASKS, fn.region)
    s3.put_object(TASKS, f"{fn.function_name}-{fn.version}", fn.code_bytes)


def show_function(self):
    told = json.loads(SHOW_FUNCTION(self))
    version = told["Configuration"]["Version"]
    if version != "$LATEST" and "Location" in told.get("Code", {}):
        port = self.normalized_request.environ["SERVER_PORT"]
        told["Code"]["Location"] = f"http://127.0.0.1:{port}/{TASKS}/{told['Configuration']['FunctionName']}-{version}?Signature=0"
    return json.dumps(told)


def delete(self, name, qualifier=None):
    fn = self.get_function(name, qualifier)
    if qualifier:
        users = [alias.name for alias in self.list_aliases(name) if str(alias.function_version) == qualifier or qualifier in weights(alias.routing_config)]
        if users:
            raise Conflict(f"Unable to delete version because the following aliases reference it: [{', '.join(users)}]")
        DELETE(self, name, qualifier)
        return interfaces(self, self.get_function(name))
    begin(fn)
    DELETE(self, name, qualifier)
    interfaces(self, fn)


def weights(routing):
    return (routing or {}).get("AdditionalVersionWeights") or {}


def weighed(self, name, main, routing):
    """An alias leads to two versions at most, both of them published, in one role."""
    more = weights(routing)
    if not more:
        return
    if "$LATEST" in (main, *more):
        raise InvalidParameterValueException("Alias with weights can not be created with function version $LATEST")
    if len(more) > 1 or main in more or any(not 0 <= weight <= 1 for weight in more.values()):
        raise InvalidParameterValueException(f"Invalid routing config: {main} and {more}")
    if len({self.get_function(name, version).role for version in (main, *more)}) > 1:
        raise InvalidParameterValueException("Both versions must have the same execution role")


def make_alias(self, name, function_name, function_version, description, routing_config):
    weighed(self, function_name, function_version, routing_config)
    return MAKE_ALIAS(self, name, function_name, function_version, description, routing_config)


def move_alias(self, name, function_name, function_version, description, routing_config):
    now = self.get_alias(name, function_name)
    weighed(self, function_name, str(function_version or now.function_version), now.routing_config if routing_config is None else routing_config)
    return MOVE_ALIAS(self, name, function_name, function_version, description, routing_config)


def policy(backend, name, qualifier):
    fn = backend.get_function(name)
    if qualifier:
        backend.get_alias(qualifier, name)
    return fn.__dict__.setdefault("policies", {}).setdefault(qualifier, Policy(fn))


def permit(self, name, qualifier, raw):
    all, said = policy(self, name, qualifier), json.loads(raw)
    if any(s["Sid"] == said["StatementId"] for s in all.statements):
        raise Conflict(f"The statement id ({said['StatementId']}) provided already exists.")
    statement, _ = all.add_statement(raw, qualifier)
    return statement


def forbid(self):
    name, (sid, _, _) = unquote(self.path.split("/")[-3]), self.path.split("/")[-1].partition("?")
    policy(self.backend, name, self.querystring.get("Qualifier", [None])[0]).del_statement(sid)
    return 204, {"status": 204}, ""


def permitted(self, raw, qualifier=None):
    """Conditions that go with a URL."""
    said = json.loads(raw)
    auth, by_url = said.pop("FunctionUrlAuthType", None), said.pop("InvokedViaFunctionUrl", None)
    statement, revision = STATEMENT(self, json.dumps(said), qualifier)
    if auth:
        statement["Condition"] = {"StringEquals": {"lambda:FunctionUrlAuthType": auth}}
    if by_url is not None:
        statement["Condition"] = {"Bool": {"lambda:InvokedViaFunctionUrl": str(by_url).lower()}}
    return statement, revision


def url(self):
    """The URL of an alias."""
    fn, asked = self.backend.get_function(unquote(self.path.split("/")[-2])), self.method
    alias = self._get_param("Qualifier")
    self.backend.get_alias(alias, fn.function_name)
    urls = fn.__dict__.setdefault("urls", {})
    if asked == "POST":
        if alias in urls:
            raise Conflict("Failed to create function url config for the alias: it has one")
        address = f"https://{uuid.uuid4().hex}.lambda-url.{fn.region}.on.aws/"
        urls[alias] = {"FunctionUrl": address, "FunctionArn": f"{fn.function_arn}:{alias}", "InvokeMode": "BUFFERED", "CreationTime": "2026-01-01T00:00:00Z"}
    elif alias not in urls:
        raise Missing("ResourceNotFoundException", "The resource you requested does not exist.")
    if asked == "DELETE":
        del urls[alias]
        return 204, {"status": 204}, ""
    if asked != "GET":
        said = self.json_body
        origins = said.get("Cors", {}).get("AllowOrigins", [])
        if any("*" in origin and origin != "*" for origin in origins):
            raise InvalidParameterValueException(f"Invalid origin: {origins}")
        urls[alias].update({key: said[key] for key in ("AuthType", "Cors") if key in said}, LastModifiedTime="2026-01-01T00:00:00Z")
    status = 201 if asked == "POST" else 200
    return status, {"status": status}, json.dumps(urls[alias])


def provisioned(self):
    """Instances of an alias that are there beforehand: never more than are reserved, and not at once."""
    fn, asked = self.backend.get_function(unquote(self.path.split("/")[-2])), self.method
    alias = self._get_param("Qualifier")
    self.backend.get_alias(alias, fn.function_name)
    all = fn.__dict__.setdefault("provisioned", {})
    if asked == "PUT":
        count, kept = self.json_body["ProvisionedConcurrentExecutions"], fn.reserved_concurrency
        if weights(self.backend.get_alias(alias, fn.function_name).routing_config):
            raise InvalidParameterValueException("Alias with weights can not be used with Provisioned Concurrency")
        if kept is not None and count > int(kept):
            raise InvalidParameterValueException(f"Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function")
        all[alias] = (count, time.monotonic() + TAKES)
    elif alias not in all:
        raise Missing("ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function")
    if asked == "DELETE":
        del all[alias]
        return 204, {"status": 204}, ""
    count, ready = all[alias]
    done = time.monotonic() >= ready
    told = {"RequestedProvisionedConcurrentExecutions": count, "AllocatedProvisionedConcurrentExecutions": count if done else 0, "Status": "READY" if done else "IN_PROGRESS"}
    status = 202 if asked == "PUT" else 200
    return status, {"status": status}, json.dumps(told)


def reserve(self):
    """No fewer calls are taken than there are instances."""
    fn = self.backend.get_function(unquote(self.path.split("/")[-2]))
    count = self._get_param("ReservedConcurrentExecutions")
    if count is not None and int(count) < sum(n for n, _ in fn.__dict__.get("provisioned", {}).values()):
        raise InvalidParameterValueException("ReservedConcurrentExecutions should not be lower than function's total provisioned concurrency")
    return RESERVE(self)


def show(self, name, qualifier=None):
    return policy(self, name, qualifier).wire_format()


SHOW_FUNCTION = LambdaResponse.get_function
MAKE_ALIAS, MOVE_ALIAS = LambdaBackend.create_alias, LambdaBackend.update_alias
RESERVE, STATEMENT = LambdaResponse.put_function_concurrency, Policy.add_statement
INIT, CONFIGURATION, CREATE, DELETE, DELETE_GROUP, DELETE_SUBNET, MAKE_ROLE = (
    LambdaFunction.__init__,
    LambdaFunction.get_configuration,
    LambdaBackend.create_function,
    LambdaBackend.delete_function,
    EC2Backend._delete_security_group,
    EC2Backend.delete_subnet,
    IAMBackend.create_role,
)


def install():
    LambdaFunction.__init__ = init
    LambdaFunction.get_configuration = configuration
    LambdaBackend.create_function = create
    LambdaBackend.update_function_configuration = configure
    LambdaBackend.update_function_code = load
    LambdaBackend.delete_function = delete
    LambdaBackend.create_alias = make_alias
    LambdaBackend.update_alias = move_alias
    LambdaBackend.add_permission = permit
    LambdaBackend.get_policy = show
    LambdaResponse.get_function = show_function
    LambdaResponse.remove_permission = forbid
    LambdaResponse.put_function_concurrency = reserve
    for verb in ("create", "delete", "get", "update"):
        setattr(LambdaResponse, f"{verb}_function_url_config", url)
    for verb in ("put", "delete", "get"):
        setattr(LambdaResponse, f"{verb}_provisioned_concurrency_config", provisioned)
    urls.url_paths[r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/provisioned-concurrency$"] = LambdaResponse.dispatch
    Policy.add_statement = permitted
    LambdaResponse.publish_version = publish
    EC2Backend._delete_security_group = delete_group
    EC2Backend.delete_subnet = delete_subnet
    IAMBackend.create_role = make_role
