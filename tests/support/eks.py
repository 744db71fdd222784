"""EKS, of which the emulator has too little: clusters in Auto Mode with states, updates with ids, one at a time, client tokens, protection against deletion,
versions that rise by one; who may do what in them, and which roles their pods are given. Requests signed for `eks` come here, all others go on. What is refused is what the API's model, its reference or the user guide
names; what isn't from there says so.

`POST /fake/eks`, which isn't signed, says where clusters' API servers are: `{"endpoint": …, "certificateAuthority": …}`.
"""
import base64
import json
import threading
import time
import uuid
from urllib.parse import parse_qs, unquote

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend, ec2_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends

ACCOUNT, REGION = "123456789012", "us-east-1"
# How long a cluster comes up or goes, and an update is under way.
TAKES = 0.05
# What is offered; the one in the middle is chosen where none is asked for.
VERSIONS = ["1.32", "1.33", "1.34", "1.35", "1.36"]
CHOSEN = "1.34"
LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
POOLS = ["general-purpose", "system"]
# Addons and their versions, the default last but one: an older one may be asked for, and a newer one.
ADDONS = {
    "metrics-server": ["v0.7.2-eksbuild.4", "v0.8.0-eksbuild.1", "v0.8.0-eksbuild.2"],
    "coredns": ["v1.11.4-eksbuild.2", "v1.12.1-eksbuild.2", "v1.12.2-eksbuild.4"],
}
CONTROL = ["BlockStorage", "Cluster", "Compute", "LoadBalancing", "Networking"]
# A list's page, whatever is asked for.
PAGE = 2
# Seven days, scaled.
BACK = 60


class Refused(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


def invalid(message):
    return Refused(400, "InvalidParameterException", message)


def in_use(message):
    return Refused(409, "ResourceInUseException", message)


def missing(message):
    return Refused(404, "ResourceNotFoundException", message)


def role(arn, service, policies):
    """A role that is known to EKS by now, trusts the service, and may do what it must."""
    iam = iam_backends[ACCOUNT]["aws"]
    found = next((r for r in iam.get_roles() if r.arn == arn), None)
    if found is None or time.monotonic() < getattr(found, "known", 0):
        raise invalid(f"Role with arn: {arn}, could not be assumed because it does not exist or the trusted entity is not correct")
    trusted = json.loads(found.assume_role_policy_document)["Statement"][0]
    actions = trusted["Action"] if isinstance(trusted["Action"], list) else [trusted["Action"]]
    needed = {"sts:AssumeRole", "sts:TagSession"} if service == "eks.amazonaws.com" else {"sts:AssumeRole"}
    if trusted["Principal"].get("Service") != service or not needed <= set(actions):
        raise invalid(f"Role with arn: {arn}, could not be assumed because it does not exist or the trusted entity is not correct")
    attached = {policy.rsplit("/", 1)[1] for policy in found.managed_policies}
    # Not from a source: a role without its policies may be found out later only.
    if not set(policies) <= attached:
        raise invalid(f"The role {arn} lacks {set(policies) - attached}")


def pods_role(arn):
    """A role that is known to EKS by now and that pods may be given, in EKS's own words (terraform-provider-aws 34717 and 41483)."""
    found = next((r for r in iam_backends[ACCOUNT]["aws"].get_roles() if r.arn == arn), None)
    if found is None or time.monotonic() < getattr(found, "known", 0):
        raise invalid("Role provided in the request does not exist.")
    trusted = json.loads(found.assume_role_policy_document)["Statement"][0]
    actions = trusted["Action"] if isinstance(trusted["Action"], list) else [trusted["Action"]]
    if trusted["Principal"].get("Service") != "pods.eks.amazonaws.com" or not {"sts:AssumeRole", "sts:TagSession"} <= set(actions):
        raise invalid("Trust policy of the role provided is invalid. Follow the official documentation to resolve the issue.")


class Association:
    """Which role the pods of an account are given."""

    def __init__(self, cluster, said):
        self.cluster, self.said, self.role, self.tags = cluster, said, said["roleArn"], said.get("tags", {})
        self.id = "a-" + uuid.uuid4().hex[:17]
        self.arn = f"arn:aws:eks:{REGION}:{ACCOUNT}:podidentityassociation/{cluster.name}/{self.id}"

    def summary(self):
        told = {"clusterName": self.cluster.name, "namespace": self.said["namespace"], "serviceAccount": self.said["serviceAccount"]}
        return {**told, "associationArn": self.arn, "associationId": self.id}

    def shown(self):
        times = {"createdAt": 1700000000.0, "modifiedAt": 1700000000.0}
        return {**self.summary(), **times, "roleArn": self.role, "tags": self.tags, "disableSessionTags": False}


class Entry:
    """Who may do what in a cluster."""

    def __init__(self, cluster, principal, tags):
        self.cluster, self.principal, self.tags, self.policies = cluster, principal, tags, {}
        kind, name = principal.split(":", 5)[5].split("/", 1)
        self.arn = f"arn:aws:eks:{REGION}:{ACCOUNT}:access-entry/{cluster.name}/{kind}/{ACCOUNT}/{name}/{uuid.uuid4()}"

    def shown(self):
        told = {"clusterName": self.cluster.name, "principalArn": self.principal, "kubernetesGroups": [], "type": "STANDARD"}
        return {**told, "accessEntryArn": self.arn, "tags": self.tags, "username": self.principal, "createdAt": 1700000000.0, "modifiedAt": 1700000000.0}


class Addon:
    """What EKS installs: it comes up, has too few pods until there is a node for them, and runs. What `/fake/eks` says of its name comes to nothing."""

    def __init__(self, cluster, name, version, tags, fate):
        self.cluster, self.name, self.version, self.tags, self.fate = cluster, name, version, tags, fate
        self.arn = f"arn:aws:eks:{REGION}:{ACCOUNT}:addon/{cluster.name}/{name}/{uuid.uuid4()}"
        self.since, self.going = time.monotonic(), None

    def status(self):
        age = time.monotonic() - self.since
        if self.going is not None:
            return "DELETING"
        if any(u["status"] == "InProgress" and u["addon"] == self.name for u in self.cluster.updates.values()):
            return "UPDATING"
        if age < TAKES:
            return "CREATING"
        if self.fate:
            return "CREATE_FAILED"
        return "DEGRADED" if age < 2 * TAKES else "ACTIVE"

    def shown(self):
        status, issues = self.status(), []
        if status == "DEGRADED":
            issues = [{"code": "InsufficientNumberOfReplicas", "message": "The add-on is unhealthy because it doesn't have the desired number of replicas."}]
        if status == "CREATE_FAILED":
            issues = [{"code": "ConfigurationConflict", "message": self.fate}]
        told = {"addonName": self.name, "clusterName": self.cluster.name, "status": status, "addonVersion": self.version, "health": {"issues": issues}}
        return {**told, "addonArn": self.arn, "createdAt": 1700000000.0, "modifiedAt": 1700000000.0, "tags": self.tags, "owner": "aws", "publisher": "eks"}


class Cluster:
    def __init__(self, said, api):
        self.said, self.api = said, api
        self.name = said["name"]
        self.arn = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{self.name}"
        self.version = said.get("version", CHOSEN)
        self.settles, self.going = time.monotonic() + TAKES, False
        self.updates, self.upgraded, self.addons = {}, None, {}
        # Who made it may administer it, and Auto Mode lets its own nodes in.
        self.entries = {f"arn:aws:iam::{ACCOUNT}:role/creator": Entry(self, f"arn:aws:iam::{ACCOUNT}:role/creator", {})}
        self.associations = {}
        network = said["resourcesVpcConfig"]
        self.subnets = network["subnetIds"]
        self.public = network.get("endpointPublicAccess", True)
        self.private = network.get("endpointPrivateAccess", False)
        self.cidrs = network.get("publicAccessCidrs") or ["0.0.0.0/0"]
        self.logs = set()
        self.log(said.get("logging", {}))
        self.protected = said.get("deletionProtection", False)
        self.support = said.get("upgradePolicy", {}).get("supportType", "EXTENDED")
        self.auto = said.get("computeConfig", {})
        self.tags = said.get("tags", {})
        ec2 = ec2_backends[ACCOUNT][REGION]
        self.vpc = ec2.get_subnet(self.subnets[0]).vpc_id
        group = ec2.create_security_group(f"eks-cluster-sg-{self.name}-{uuid.uuid4().int % 10**9}", "EKS created security group", self.vpc)
        self.group = group.id

    def log(self, said):
        for setup in said.get("clusterLogging", []):
            types = set(setup["types"])
            self.logs = self.logs | types if setup["enabled"] else self.logs - types

    def open(self):
        """The update of the cluster itself that is under way."""
        return next((u for u in self.updates.values() if u["status"] == "InProgress" and u["addon"] is None), None)

    def status(self):
        if self.going:
            return "DELETING"
        if time.monotonic() < self.settles:
            return "CREATING"
        return "UPDATING" if self.open() else "ACTIVE"

    def settle(self):
        """What has happened meanwhile."""
        now = time.monotonic()
        for update in self.updates.values():
            if update["status"] == "InProgress" and now >= update["until"]:
                update["then"]()
                update["status"] = "Successful"
        self.addons = {name: addon for name, addon in self.addons.items() if addon.going is None or now < addon.going}
        if self.status() in ("ACTIVE", "UPDATING") and self.logs:
            # A group that isn't there is made, and keeps what is logged for ever.
            logs, name = logs_backends[ACCOUNT][REGION], f"/aws/eks/{self.name}/cluster"
            if name not in logs.groups:
                logs.create_log_group(name, {})

    def shown(self):
        enabled, off = sorted(self.logs), [log for log in LOGS if log not in self.logs]
        network = {
            "subnetIds": self.subnets,
            "securityGroupIds": [],
            "clusterSecurityGroupId": self.group,
            "vpcId": self.vpc,
            "endpointPublicAccess": self.public,
            "endpointPrivateAccess": self.private,
            "publicAccessCidrs": self.cidrs if self.public else [],
        }
        setups = [{"types": enabled, "enabled": True}, {"types": off, "enabled": False}]
        on = self.auto.get("enabled", False)
        told = {
            "name": self.name,
            "arn": self.arn,
            "createdAt": 1700000000.0,
            "version": self.version,
            "roleArn": self.said["roleArn"],
            "resourcesVpcConfig": network,
            "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4", "elasticLoadBalancing": {"enabled": on}},
            "logging": {"clusterLogging": [setup for setup in setups if setup["types"]]},
            "status": self.status(),
            "platformVersion": "eks.1",
            "tags": self.tags,
            "health": {"issues": []},
            "accessConfig": {"authenticationMode": self.said["accessConfig"]["authenticationMode"]},
            "upgradePolicy": {"supportType": self.support},
            "computeConfig": self.auto or {"enabled": False},
            "storageConfig": {"blockStorage": {"enabled": on}},
            "deletionProtection": self.protected,
        }
        if told["status"] != "CREATING":
            told["endpoint"] = self.api["endpoint"] or f"https://{uuid.uuid5(uuid.NAMESPACE_DNS, self.name).hex.upper()}.gr7.{REGION}.eks.amazonaws.com"
            told["certificateAuthority"] = {"data": self.api["certificateAuthority"]}
        return told

    def update(self, kind, then, takes=TAKES, addon=None):
        if self.status() != "ACTIVE":
            raise in_use(f"Cannot {kind} because cluster {self.name} currently has an update in progress")
        if addon and self.addons[addon].status() in ("CREATING", "UPDATING", "DELETING"):
            raise in_use(f"Cannot {kind} because addon {addon} is {self.addons[addon].status()}")
        update = {"id": str(uuid.uuid4()), "status": "InProgress", "type": kind, "params": [], "createdAt": 1700000000.0, "errors": []}
        update.update(until=time.monotonic() + takes, then=then, addon=addon)
        self.updates[update["id"]] = update
        return update


def told(update):
    return {"update": {key: value for key, value in update.items() if key not in ("until", "then", "addon")}}


def network(config, whole):
    if whole or "subnetIds" in config:
        ec2 = ec2_backends[ACCOUNT][REGION]
        subnets = [ec2.get_subnet(subnet) for subnet in config["subnetIds"]]
        if len({subnet.availability_zone for subnet in subnets}) < 2:
            raise invalid("Subnets specified must be in at least two different AZs")
        if len({subnet.vpc_id for subnet in subnets}) > 1:
            raise invalid("Subnets provided must all belong to the same VPC")
    if whole or "endpointPublicAccess" in config or "endpointPrivateAccess" in config:
        public, private = config.get("endpointPublicAccess", True), config.get("endpointPrivateAccess", False)
        if not public and not private:
            raise invalid("Private and public endpoint access cannot be false")
        if not public and config.get("publicAccessCidrs"):
            raise invalid("publicAccessCidrs can only be set when public access is on")
    for block in config.get("publicAccessCidrs", []):
        if block.startswith(("10.", "192.168.", "127.", "169.254.", "172.16.")):
            raise invalid(f"The following CIDRs are not allowed in publicAccessCidrs: {block}")


def mode(said):
    """Compute, storage and load balancing go together."""
    parts = [
        said.get("computeConfig", {}).get("enabled"),
        said.get("storageConfig", {}).get("blockStorage", {}).get("enabled"),
        said.get("kubernetesNetworkConfig", {}).get("elasticLoadBalancing", {}).get("enabled"),
    ]
    if len(set(parts)) > 1:
        raise invalid("For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.")
    compute = said.get("computeConfig", {})
    # Not from a source.
    if bool(compute.get("nodePools")) and not compute.get("nodeRoleArn"):
        raise invalid("nodeRoleArn is needed where there are nodePools")
    if set(compute.get("nodePools", [])) - set(POOLS):
        raise invalid(f"Unknown node pools, known are {POOLS}")
    if compute.get("nodeRoleArn"):
        role(compute["nodeRoleArn"], "ec2.amazonaws.com", ["AmazonEKSWorkerNodeMinimalPolicy"])


class Clusters:
    """The emulator's application with an EKS in front of it."""

    def __init__(self, app):
        self.app, self.clusters, self.tokens = app, {}, {}
        self.api = {"endpoint": None, "addons": {}, "certificateAuthority": base64.b64encode(b"a certificate of the fake").decode()}
        self.lock = threading.RLock()
        ALL.append(self)

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path == "/fake/eks":
            self.api.update(json.loads(self.body(environ)))
            return self.answer(start_response, 200, {})
        if "/eks/aws4_request" not in environ.get("HTTP_AUTHORIZATION", ""):
            return self.app(environ, start_response)
        # What is escaped in a label of the path stays one label: the path as it was sent, where the server tells it.
        sent = environ.get("RAW_URI") or environ.get("REQUEST_URI") or path
        labels = [unquote(part) for part in sent.split("?")[0].split("/") if part]
        query = parse_qs(environ.get("QUERY_STRING", ""))
        said = json.loads(self.body(environ) or b"{}")
        with self.lock:
            self.settle()
            try:
                return self.answer(start_response, 200, self.once(environ["REQUEST_METHOD"], labels, query, said))
            except Refused as e:
                return self.answer(start_response, e.status, {"__type": e.code, "message": str(e)}, e.code)

    @staticmethod
    def body(environ):
        return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))

    @staticmethod
    def answer(start_response, status, said, code=None):
        out = json.dumps(said).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(out)))]
        start_response(f"{status} Fake", headers + ([("x-amzn-errortype", code)] if code else []))
        return [out]

    def settle(self):
        for cluster in list(self.clusters.values()):
            cluster.settle()
            if cluster.going and time.monotonic() >= cluster.settles:
                ec2_backends[ACCOUNT][REGION].delete_security_group(group_id=cluster.group)
                del self.clusters[cluster.name]

    def once(self, method, labels, query, said):
        """A request with a client token is answered as it was the first time."""
        token = said.pop("clientRequestToken", None)
        if token is None:
            return self.serve(method, labels, query, said)
        key, asked = (token, method, "/".join(labels)), json.dumps(said, sort_keys=True)
        if key in self.tokens:
            before, answer = self.tokens[key]
            if before != asked:
                raise invalid("The client request token was used with other parameters")
            return answer
        answer = self.serve(method, labels, query, said)
        self.tokens[key] = (asked, answer)
        return answer

    def get(self, name):
        if name not in self.clusters:
            raise missing(f"No cluster found for name: {name}.")
        return self.clusters[name]

    def serve(self, method, labels, query, said):
        match (method, *labels):
            case ("GET", "clusters"):
                names = sorted(self.clusters)
                at = int(query.get("nextToken", ["0"])[0])
                page = names[at : at + PAGE]
                return {"clusters": page, **({"nextToken": str(at + PAGE)} if at + PAGE < len(names) else {})}
            case ("POST", "clusters"):
                return self.create(said)
            case ("GET", "clusters", name):
                return {"cluster": self.get(name).shown()}
            case ("DELETE", "clusters", name):
                return self.delete(self.get(name))
            case ("POST", "clusters", name, "update-config"):
                return told(self.configure(self.get(name), said))
            case ("POST", "clusters", name, "updates"):
                return told(self.upgrade(self.get(name), said))
            case ("POST", "clusters", name, "insights"):
                return self.insights(self.get(name), said)
            case ("GET", "clusters", name, "insights", insight):
                found = next((i for i in self.api.get("insights", []) if i["id"] == insight), None)
                if found is None:
                    raise missing(f"Insight with id: {insight} not found")
                return {"insight": found}
            case ("GET", "clusters", name, "updates", update):
                found = self.get(name).updates.get(update)
                if found is None or found["addon"] != query.get("addonName", [None])[0]:
                    raise missing(f"No update found for id: {update}")
                return told(found)
            case (_, "clusters", name, "access-entries", *rest):
                return self.access(self.get(name), method, rest, query, said)
            case (_, "clusters", name, "addons", *rest):
                return self.addon(self.get(name), method, rest, query, said)
            case (_, "clusters", name, "pod-identity-associations", *rest):
                return self.identity(self.get(name), method, rest, query, said)
            case ("POST", "tags", arn):
                self.tagged(arn).update(said["tags"])
                return {}
            case ("DELETE", "tags", arn):
                for key in query["tagKeys"]:
                    self.tagged(arn).pop(key, None)
                return {}
        raise Refused(400, "ClientException", f"the fake doesn't know {method} {labels}")

    def tagged(self, arn):
        entries = [entry for cluster in self.clusters.values() for entry in cluster.entries.values()]
        addons = [addon for cluster in self.clusters.values() for addon in cluster.addons.values()]
        associations = [a for cluster in self.clusters.values() for a in cluster.associations.values()]
        found = next((c for c in [*self.clusters.values(), *entries, *addons, *associations] if c.arn == arn), None)
        if found is None:
            raise Refused(404, "NotFoundException", f"{arn} is not there")
        return found.tags

    def addon(self, cluster, method, rest, query, said):
        if (method, rest) == ("GET", []):
            names = sorted(cluster.addons)
            at = int(query.get("nextToken", ["0"])[0])
            return {"addons": names[at : at + PAGE], **({"nextToken": str(at + PAGE)} if at + PAGE < len(names) else {})}
        if (method, rest) == ("POST", []):
            name = said["addonName"]
            if cluster.status() != "ACTIVE":
                raise in_use(f"Cannot create addon because cluster {cluster.name} currently has an update in progress")
            if name in cluster.addons:
                raise in_use("Addon already exists.")
            self.offered(name, said.get("addonVersion"))
            version = said.get("addonVersion", ADDONS[name][-2])
            cluster.addons[name] = Addon(cluster, name, version, said.get("tags", {}), self.api["addons"].get(name))
            return {"addon": cluster.addons[name].shown()}
        found = cluster.addons.get(rest[0])
        if found is None:
            raise missing(f"No addon: {rest[0]} found in cluster: {cluster.name}")
        match (method, *rest[1:]):
            case ("GET",):
                return {"addon": found.shown()}
            case ("DELETE",):
                if found.status() in ("CREATING", "UPDATING"):
                    raise in_use(f"Cannot delete addon because it is {found.status()}")
                found.going = found.going or time.monotonic() + TAKES
                return {"addon": found.shown()}
            case ("POST", "update"):
                wanted = said.get("addonVersion")
                self.offered(rest[0], wanted)
                if wanted in (None, found.version):
                    raise invalid("Addon is already at the requested configuration")
                return told(cluster.update("AddonUpdate", lambda: setattr(found, "version", wanted), addon=rest[0]))
        raise Refused(400, "ClientException", f"the fake doesn't know {method} {rest}")

    @staticmethod
    def offered(name, version):
        if name not in ADDONS:
            raise invalid(f"Addon {name} specified is not supported")
        if version is not None and version not in ADDONS[name]:
            raise invalid(f"Addon version specified is not supported: {version}")

    def access(self, cluster, method, rest, query, said):
        match (method, *rest):
            case ("GET",):
                names = sorted(cluster.entries)
                at = int(query.get("nextToken", ["0"])[0])
                return {"accessEntries": names[at : at + PAGE], **({"nextToken": str(at + PAGE)} if at + PAGE < len(names) else {})}
            case ("POST",):
                principal = said["principalArn"]
                if not principal.startswith("arn:aws:iam::") or not any(kind in principal for kind in (":role/", ":user/")):
                    raise invalid("The specified principalArn is invalid: invalid principal.")
                if principal in cluster.entries:
                    raise in_use("The specified access entry resource is already in use on this cluster.")
                cluster.entries[principal] = Entry(cluster, principal, said.get("tags", {}))
                return {"accessEntry": cluster.entries[principal].shown()}
        entry = cluster.entries.get(rest[0])
        if entry is None:
            raise missing(f"The specified principalArn could not be found: {rest[0]}")
        match (method, *rest[1:]):
            case ("GET",):
                return {"accessEntry": entry.shown()}
            case ("DELETE",):
                del cluster.entries[rest[0]]
                return {}
            case ("GET", "access-policies"):
                policies = [{"policyArn": arn, "accessScope": scope} for arn, scope in sorted(entry.policies.items())]
                return {"clusterName": cluster.name, "principalArn": rest[0], "associatedAccessPolicies": policies}
            case ("POST", "access-policies"):
                if ":eks::aws:cluster-access-policy/" not in said["policyArn"]:
                    raise invalid("The policyArn parameter format is not valid")
                entry.policies[said["policyArn"]] = said["accessScope"]
                return {"clusterName": cluster.name, "principalArn": rest[0], "associatedAccessPolicy": {"policyArn": said["policyArn"], "accessScope": said["accessScope"]}}
            case ("DELETE", "access-policies", policy):
                if entry.policies.pop(policy, None) is None:
                    raise missing(f"The policy {policy} is not associated")
                return {}
        raise Refused(400, "ClientException", f"the fake doesn't know {method} {rest}")

    def identity(self, cluster, method, rest, query, said):
        match (method, *rest):
            case ("GET",):
                wanted = {key: query[key][0] for key in ("namespace", "serviceAccount") if key in query}
                # An account is named within its namespace.
                if "serviceAccount" in wanted and "namespace" not in wanted:
                    raise invalid("namespace is needed where there is a serviceAccount")
                found = [a.summary() for _, a in sorted(cluster.associations.items())]
                found = [a for a in found if all(a[key] == value for key, value in wanted.items())]
                at = int(query.get("nextToken", ["0"])[0])
                return {"associations": found[at : at + PAGE], **({"nextToken": str(at + PAGE)} if at + PAGE < len(found) else {})}
            case ("POST",):
                pods_role(said["roleArn"])
                account = (said["namespace"], said["serviceAccount"])
                for other in cluster.associations.values():
                    if (other.said["namespace"], other.said["serviceAccount"]) == account:
                        raise in_use(f"Association already exists: {other.id}")
                # "EKS Pod Identity associations per cluster" ("View and manage Amazon EKS service quotas").
                if len(cluster.associations) >= 5000:
                    raise Refused(400, "ResourceLimitExceededException", "The maximum number of associations is reached")
                made = Association(cluster, said)
                cluster.associations[made.id] = made
                return {"association": made.shown()}
        association = cluster.associations.get(rest[0])
        if association is None:
            raise missing(f"Association not found: {rest[0]}")
        match (method, *rest[1:]):
            case ("GET",):
                return {"association": association.shown()}
            case ("POST",):
                if "roleArn" in said:
                    pods_role(said["roleArn"])
                    association.role = said["roleArn"]
                return {"association": association.shown()}
            case ("DELETE",):
                del cluster.associations[rest[0]]
                return {"association": association.shown()}
        raise Refused(400, "ClientException", f"the fake doesn't know {method} {rest}")

    def create(self, said):
        name = said["name"]
        if name in self.clusters:
            raise in_use(f"Cluster already exists with name: {name}")
        network(said["resourcesVpcConfig"], True)
        role(said["roleArn"], "eks.amazonaws.com", [f"AmazonEKS{policy}Policy" for policy in CONTROL])
        mode(said)
        if said.get("computeConfig", {}).get("enabled") and said.get("bootstrapSelfManagedAddons", True):
            raise invalid("When Auto Mode is enabled at cluster creation, bootstrapSelfManagedAddons must be false")
        if said.get("version", CHOSEN) not in VERSIONS:
            raise invalid("unsupported Kubernetes version")
        self.clusters[name] = Cluster(said, self.api)
        return {"cluster": self.clusters[name].shown()}

    def delete(self, cluster):
        if cluster.status() != "ACTIVE":
            raise in_use(f"Cannot delete because cluster {cluster.name} currently has an update in progress")
        if cluster.protected:
            raise Refused(400, "InvalidRequestException", f"Cluster {cluster.name} is protected against deletion")
        cluster.going, cluster.settles = True, time.monotonic() + TAKES
        return {"cluster": cluster.shown()}

    def configure(self, cluster, said):
        kinds = {"computeConfig", "storageConfig", "kubernetesNetworkConfig"}
        parts = [key for key in said if key not in kinds] + (["auto"] if kinds & said.keys() else [])
        config = said.get("resourcesVpcConfig", {})
        if len(parts) != 1 or {"subnetIds", "securityGroupIds"} & config.keys() and {"endpointPublicAccess", "endpointPrivateAccess"} & config.keys():
            raise invalid("Only one type of update can be allowed.")
        now = f"Cluster is already at the desired configuration with {parts[0]}"

        def changed(differs):
            if not differs:
                raise invalid(now)

        if "logging" in said:
            after = Cluster.__new__(Cluster)
            after.logs = set(cluster.logs)
            after.log(said["logging"])
            changed(after.logs != cluster.logs)
            return cluster.update("LoggingUpdate", lambda: setattr(cluster, "logs", after.logs))
        if "subnetIds" in config:
            network(config, False)
            if {ec2_backends[ACCOUNT][REGION].get_subnet(s).vpc_id for s in config["subnetIds"]} != {cluster.vpc}:
                raise invalid("Subnets provided must belong to the VPC of the cluster")
            changed(sorted(config["subnetIds"]) != sorted(cluster.subnets))
            return cluster.update("VpcConfigUpdate", lambda: setattr(cluster, "subnets", config["subnetIds"]))
        if config:
            network(config, False)
            after = (config.get("endpointPublicAccess", cluster.public), config.get("endpointPrivateAccess", cluster.private), config.get("publicAccessCidrs") or cluster.cidrs)
            changed(after != (cluster.public, cluster.private, cluster.cidrs))

            def reach():
                cluster.public, cluster.private, cluster.cidrs = after

            return cluster.update("EndpointAccessUpdate", reach)
        if "upgradePolicy" in said:
            changed(said["upgradePolicy"]["supportType"] != cluster.support)
            return cluster.update("UpgradePolicyUpdate", lambda: setattr(cluster, "support", said["upgradePolicy"]["supportType"]))
        if "deletionProtection" in said:
            changed(said["deletionProtection"] != cluster.protected)
            return cluster.update("DeletionProtectionUpdate", lambda: setattr(cluster, "protected", said["deletionProtection"]))
        if parts == ["auto"]:
            mode(said)
            after = said["computeConfig"]
            before = cluster.auto.get("nodeRoleArn")
            if cluster.auto.get("enabled") and after.get("enabled") and before and after.get("nodeRoleArn") != before:
                raise invalid("nodeRoleArn can't be changed while Auto Mode is enabled")
            changed(after != cluster.auto)
            return cluster.update("AutoModeUpdate", lambda: setattr(cluster, "auto", after if after["enabled"] else {}))
        raise invalid(f"the fake doesn't know the update of {parts}")

    def insights(self, cluster, said):
        """A page holds one."""
        asked = said.get("filter", {})
        wanted = [("categories", lambda i: i["category"]), ("kubernetesVersions", lambda i: i["kubernetesVersion"]), ("statuses", lambda i: i["insightStatus"]["status"])]
        found = [i for i in self.api.get("insights", []) if all(of(i) in (asked.get(key) or [of(i)]) for key, of in wanted)]
        at = int(said.get("nextToken", "0"))
        summary = [{key: i[key] for key in ("id", "name", "category", "kubernetesVersion", "insightStatus")} for i in found[at : at + 1]]
        return {"insights": summary, **({"nextToken": str(at + 1)} if at + 1 < len(found) else {})}

    def upgrade(self, cluster, said):
        wanted = said["version"]
        if wanted not in VERSIONS:
            raise invalid("unsupported Kubernetes version")
        step = VERSIONS.index(wanted) - VERSIONS.index(cluster.version)
        if step == 0:
            raise invalid(f"Cluster is already at Kubernetes version {wanted}")
        if step == 1 and not said.get("force") and self.insights(cluster, {"filter": {"kubernetesVersions": [wanted], "statuses": ["ERROR"]}})["insights"]:
            raise Refused(400, "InvalidStateException", "Amazon EKS detected upgrade readiness issues. Call the ListInsights API to view detected upgrade blocking issues. Pass the force flag when updating to override upgrade readiness errors.")
        if step > 1 or step < -1:
            raise invalid(f"Unsupported Kubernetes minor version update from {cluster.version} to {wanted}")
        if step == -1 and (cluster.upgraded is None or time.monotonic() > cluster.upgraded + BACK):
            raise invalid(f"Cluster {cluster.name} was not upgraded within the last 7 days and can't be rolled back")

        def arrive():
            cluster.version, cluster.upgraded = wanted, time.monotonic() if step == 1 else None

        return cluster.update("VersionUpdate" if step == 1 else "VersionRollback", arrive)


ALL = []


def delete_subnet(self, subnet_id):
    for eks in ALL:
        with eks.lock:
            eks.settle()
            if any(subnet_id in cluster.subnets for cluster in eks.clusters.values()):
                raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    return DELETE_SUBNET(self, subnet_id)


def install():
    global DELETE_SUBNET
    DELETE_SUBNET = EC2Backend.delete_subnet
    EC2Backend.delete_subnet = delete_subnet
