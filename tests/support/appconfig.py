"""AppConfig, of which the emulator has too little: environments, versions that are guarded by numbers, flags after their schema, protection against deletion;
strategies and deployments are in the other half. Requests signed for `appconfig` come here, all others go on. What is refused is what the API's model, its
reference or the user guide names; what isn't from there says so.
"""
import json
import random
import re
import threading
import time
from urllib.parse import parse_qs, unquote

from appconfig_deployments import RUNNING, Deployments, Refused, conflict, invalid, looked_at, missing, named
from appconfig_deployments import page as pages

# A list's page, whatever is asked for (ours).
PAGE = 2
FLAGS, KEY, NAME, TEXT = "AWS.AppConfig.FeatureFlags", re.compile(r"[a-z][a-zA-Z\d_-]{0,63}"), re.compile(r"[^\n]{1,64}"), re.compile(r"[^\n]{1,1024}")
LARGEST = 2 * 1024 * 1024
QUOTA = 100


def page(items, query):
    return pages(items, query, PAGE)


def flags(content, content_type):
    """A document after the schema of "Understanding the type reference for AWS.AppConfig.FeatureFlags", with the times that AppConfig adds."""
    if content_type != "application/json":
        raise invalid("flags are application/json")
    try:
        document = json.loads(content)
    except ValueError:
        raise invalid("Error in the configuration: it is no JSON") from None
    if not isinstance(document, dict) or set(document) - {"version", "flags", "values"} or document.get("version") != "1":
        raise invalid("a document has version 1, flags and values, and nothing else")
    known, values, now = document.get("flags", {}), document.get("values", {}), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for key, flag in known.items():
        if not KEY.fullmatch(key) or set(flag) - {"name", "description", "_createdAt", "_updatedAt", "_deprecation", "attributes"}:
            raise invalid(f"{key} is no flag")
        if "name" in flag and not NAME.fullmatch(flag["name"]) or "description" in flag and not TEXT.fullmatch(flag["description"]):
            raise invalid(f"the name or the description of {key} is none")
    for key, value in values.items():
        if key not in known:
            raise invalid(f"there is a value for {key}, and no flag")
        if not isinstance(value.get("enabled"), bool):
            raise invalid(f"{key} doesn't say whether it is enabled")
        for name in set(value) - {"enabled", "_createdAt", "_updatedAt"}:
            if name not in known[key].get("attributes", {}):
                raise invalid(f"{key} has no attribute {name}")
    for one in [*known.values(), *values.values()]:
        one.setdefault("_createdAt", now)
        one["_updatedAt"] = now
    return json.dumps(document)


class Flags(Deployments):
    """In front of the emulator."""

    PAGE = PAGE

    def __init__(self, app):
        self.app, self.applications, self.strategies, self.tags, self.lock = app, {}, {}, {}, threading.RLock()

    def __call__(self, environ, start_response):
        fake = environ["PATH_INFO"] == "/fake/appconfig"
        if not fake and "/appconfig/aws4_request" not in environ.get("HTTP_AUTHORIZATION", ""):
            return self.app(environ, start_response)
        sent = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
        labels = [unquote(part) for part in sent.split("?")[0].split("/") if part]
        query = parse_qs(environ.get("QUERY_STRING", ""))
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        header = {key: environ.get(f"HTTP_{key.upper().replace('-', '_')}") for key in self.HEADERS}
        header["Content-Type"] = environ.get("CONTENT_TYPE")
        with self.lock:
            self.settle()
            try:
                way = next((way for method, path, way in self.WAYS if method == environ["REQUEST_METHOD"] and self.fits(path, labels)), None)
                if way is None and not fake:
                    raise missing("the operation")
                status, headers, out = self.told(body) if fake else way(self, labels, query, header, body)
            except Refused as e:
                status, headers, out = e.status, [("x-amzn-errortype", e.code)], {"Message": str(e)}
        out = out.encode() if isinstance(out, str) else json.dumps(out).encode() if out is not None else b""
        start_response(f"{status} Fake", [("Content-Length", str(len(out))), *([] if any(h[0] == "Content-Type" for h in headers) else [("Content-Type", "application/json")]), *headers])
        return [out]

    HEADERS = ["Allow-Revert", "Description", "Latest-Version-Number", "VersionLabel", "X-Amzn-Deletion-Protection-Check"]

    @staticmethod
    def fits(path, labels):
        steps = path.split("/")
        return len(steps) == len(labels) and all(step in ("*", label) for step, label in zip(steps, labels))

    @staticmethod
    def id():
        return "".join(random.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(7))

    def arn(self, *path):
        return f"arn:aws:appconfig:us-east-1:123456789012:{'/'.join(path)}"

    def tagged(self, arn, said):
        tags = said.get("Tags") or {}
        if len(tags) > 50 or any(key.startswith("aws:") for key in tags):
            raise invalid("an object has at most 50 tags, and none of AWS's")
        self.tags[arn] = dict(tags)

    def of(self, labels):
        application = self.applications.get(labels[1])
        if application is None:
            raise missing(f"Application {labels[1]}")
        return application

    def part(self, labels, kind):
        found = self.of(labels)[kind].get(labels[3])
        if found is None:
            raise missing(f"{labels[3]} of {kind}")
        return found

    def shown(self, one, *hidden):
        return {key: value for key, value in one.items() if key not in ("after", "begun", "completed", "deployments", "environments", "profiles", "versions", *hidden)}

    # Applications.

    def create_application(self, labels, query, header, body):
        said = json.loads(body)
        name = named(said)
        if len(self.applications) >= QUOTA:
            raise Refused(402, "ServiceQuotaExceededException", "Applications: 100 max")
        one = {"Id": self.id(), "Name": name, "Description": said.get("Description"), "environments": {}, "profiles": {}}
        self.tagged(self.arn("application", one["Id"]), said)
        self.applications[one["Id"]] = one
        return 201, [], self.shown(one)

    def list_applications(self, labels, query, header, body):
        return 200, [], page([self.shown(one) for one in self.applications.values()], query)

    def delete_application(self, labels, query, header, body):
        one = self.of(labels)
        # Ours: the reference doesn't say what becomes of what it holds.
        if one["environments"] or one["profiles"]:
            raise invalid("the application still holds environments or configuration profiles")
        del self.applications[labels[1]]
        return 204, [], None

    # Environments and profiles.

    def create_environment(self, labels, query, header, body):
        said = json.loads(body)
        one = {"ApplicationId": labels[1], "Id": self.id(), "Name": named(said), "State": "READY_FOR_DEPLOYMENT", "Monitors": looked_at(said.get("Monitors") or []), "deployments": []}
        self.of(labels)["environments"][one["Id"]] = one
        self.tagged(self.arn("application", labels[1], "environment", one["Id"]), said)
        return 201, [], self.shown(one)

    def list_environments(self, labels, query, header, body):
        return 200, [], page([self.shown(one) for one in self.of(labels)["environments"].values()], query)

    def delete_environment(self, labels, query, header, body):
        one = self.part(labels, "environments")
        self.unprotected(header)
        if any(deployment["State"] in RUNNING for deployment in one["deployments"]):
            raise conflict("a deployment is under way")
        del self.of(labels)["environments"][labels[3]]
        return 204, [], None

    @staticmethod
    def unprotected(header):
        """Somebody asks for every configuration here."""
        if header["X-Amzn-Deletion-Protection-Check"] != "BYPASS":
            raise conflict("it was asked for within the protection interval")

    def create_profile(self, labels, query, header, body):
        said = json.loads(body)
        if said.get("Type") != FLAGS or said.get("LocationUri") != "hosted":
            raise invalid("here are feature flags alone, which are hosted")
        one = {"ApplicationId": labels[1], "Id": self.id(), "Name": named(said, 128), "LocationUri": "hosted", "Type": FLAGS, "versions": {}, "newest": 0}
        self.of(labels)["profiles"][one["Id"]] = one
        self.tagged(self.arn("application", labels[1], "configurationprofile", one["Id"]), said)
        return 201, [], self.shown(one, "newest")

    def list_profiles(self, labels, query, header, body):
        return 200, [], page([self.shown(one, "newest") for one in self.of(labels)["profiles"].values()], query)

    def delete_profile(self, labels, query, header, body):
        one = self.part(labels, "profiles")
        self.unprotected(header)
        if one["versions"]:
            raise conflict("the configuration profile still has hosted configuration versions")
        del self.of(labels)["profiles"][labels[3]]
        return 204, [], None

    # Versions.

    def headers(self, labels, number, version):
        return [
            ("Application-Id", labels[1]), ("Configuration-Profile-Id", labels[3]), ("Version-Number", str(number)),
            ("Content-Type", version["type"]), *([("Description", version["description"])] if version["description"] else []),
        ]

    def create_version(self, labels, query, header, body):
        profile, latest = self.part(labels, "profiles"), header["Latest-Version-Number"]
        if len(body) > LARGEST:
            raise Refused(413, "PayloadTooLargeException", "the configuration is larger than 2 MiB")
        if latest is not None and int(latest) != max(profile["versions"], default=0):
            raise conflict("the latest version is another one")
        content = flags(body, header["Content-Type"])
        profile["newest"] += 1
        version = {"content": content, "description": header["Description"], "type": header["Content-Type"]}
        profile["versions"][profile["newest"]] = version
        return 201, self.headers(labels, profile["newest"], version), content

    def list_versions(self, labels, query, header, body):
        def shown(number, version):
            whose = {"ApplicationId": labels[1], "ConfigurationProfileId": labels[3], "VersionNumber": number}
            return {**whose, "ContentType": version["type"], "Description": version["description"]}

        return 200, [], page([shown(*one) for one in self.part(labels, "profiles")["versions"].items()], query)

    def version(self, labels):
        found = self.part(labels, "profiles")["versions"].get(int(labels[5]))
        if found is None:
            raise missing(f"version {labels[5]}")
        return found

    def get_version(self, labels, query, header, body):
        version = self.version(labels)
        return 200, self.headers(labels, labels[5], version), version["content"]

    def delete_version(self, labels, query, header, body):
        self.version(labels)
        everywhere = [d for e in self.of(labels)["environments"].values() for d in e["deployments"]]
        # Ours: the reference names no error, and what is served can't go.
        if any(d["ConfigurationProfileId"] == labels[3] and d["ConfigurationVersion"] == labels[5] and d["State"] in RUNNING for d in everywhere):
            raise conflict("the version is being deployed")
        del self.part(labels, "profiles")["versions"][int(labels[5])]
        return 204, [], None

    # Tags.

    def whose(self, labels):
        """An ARN is one label of the path, with slashes in it."""
        arn = "/".join(labels[1:])
        if arn not in self.tags:
            raise missing(arn)
        return self.tags[arn]

    def tag(self, labels, query, header, body):
        self.whose(labels).update(json.loads(body)["Tags"])
        return 204, [], None

    def untag(self, labels, query, header, body):
        for key in query["tagKeys"]:
            self.whose(labels).pop(key, None)
        return 204, [], None

    def list_tags(self, labels, query, header, body):
        return 200, [], {"Tags": self.whose(labels)}

    ONE, VERSIONS = "applications/*", "applications/*/configurationprofiles/*/hostedconfigurationversions"
    DEPLOYMENTS = "applications/*/environments/*/deployments"
    WAYS = [
        ("POST", "applications", create_application),
        ("GET", "applications", list_applications),
        ("DELETE", ONE, delete_application),
        ("POST", f"{ONE}/environments", create_environment),
        ("GET", f"{ONE}/environments", list_environments),
        ("PATCH", f"{ONE}/environments/*", Deployments.update_environment),
        ("DELETE", f"{ONE}/environments/*", delete_environment),
        ("POST", f"{ONE}/configurationprofiles", create_profile),
        ("GET", f"{ONE}/configurationprofiles", list_profiles),
        ("DELETE", f"{ONE}/configurationprofiles/*", delete_profile),
        ("POST", VERSIONS, create_version),
        ("GET", VERSIONS, list_versions),
        ("GET", f"{VERSIONS}/*", get_version),
        ("DELETE", f"{VERSIONS}/*", delete_version),
        ("POST", "deploymentstrategies", Deployments.create_strategy),
        ("GET", "deploymentstrategies", Deployments.list_strategies),
        ("PATCH", "deploymentstrategies/*", Deployments.update_strategy),
        # The API's own spelling.
        ("DELETE", "deployementstrategies/*", Deployments.delete_strategy),
        ("POST", DEPLOYMENTS, Deployments.start),
        ("GET", DEPLOYMENTS, Deployments.list_deployments),
        ("GET", f"{DEPLOYMENTS}/*", Deployments.get_deployment),
        ("DELETE", f"{DEPLOYMENTS}/*", Deployments.stop),
        *(
            (method, f"tags/{path}", way)
            for method, way in (("POST", tag), ("DELETE", untag), ("GET", list_tags))
            for path in ("*", "*/*", "*/*/*", "*/*/*/*")
        ),
    ]
