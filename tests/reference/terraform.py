"""Makes terraform.json, Terraform's own names: each resource type that infra speaks of, with its attributes and nested blocks.

    npm pack @cdktf/provider-aws@21.22.1 @cdktf/provider-cloudflare@13.9.1 @cdktf/provider-kubernetes@12.1.1     # unpack each; hashicorp/aws 6.25, cloudflare/cloudflare 5, hashicorp/kubernetes 2.38
    python3 terraform.py AWS_FOLDER CLOUDFLARE_FOLDER KUBERNETES_FOLDER TYPE... > terraform.json

What is younger is from the same package's successor, `@cdktn/provider-aws@25.7.0`: aws_cloudwatch_alarm_mute_rule.

An attribute is `string`, `number`, `bool`, `list`, `map` or `any`, with `!` where it is required. What is nested is a map of one: `list`, `object` or
`map`, and what its entries hold.
"""
import glob
import json
import re
import sys

ROOTS = dict(zip(("aws", "cloudflare", "kubernetes"), sys.argv[1:4]))
SCALARS = {"String": "string", "Number": "number", "Boolean": "bool", "List": "list", "NumberList": "list"}
SCALARS |= {"StringMap": "map", "NumberMap": "map", "BooleanMap": "map", "AnyMap": "any"}


def find(kind):
    """The package's file about a resource type."""
    for file in sorted(glob.glob(f"{ROOTS[kind.split('_')[0]]}/lib/*/index.js")):
        if "/data-" not in file and f'tfResourceType = "{kind}"' in open(file).read():
            return file
    raise SystemExit(f"no {kind}")


def required(declarations):
    """The attributes without a question mark, by interface."""
    out = {}
    for m in re.finditer(r"export interface (\w+)(?: extends [\w.]+)? \{\n(.*?)^\}", declarations, re.S | re.M):
        fields = re.finditer(r"#(\w+) \w+#\w+\}[^/]*?\*/\s*readonly \w+(\??):", m[2])
        out[m[1].removesuffix("Config")] = {f[1] for f in fields if not f[2]}
    return out


def whole(file, ending):
    """A type's file, with those of its structs where it has so many that they stand apart."""
    folder = file.removesuffix("index.js")
    return "".join(open(part).read() for part in sorted(glob.glob(f"{folder}**/*{ending}", recursive=True)))


def body(name, classes, needed, provider):
    """What a class of the package can say."""
    text, out = classes[name][1], {}
    for m in re.finditer(r"this\.get(\w+?)Attribute\('(\w+)'\)", text):
        if m[1] in SCALARS:
            out[m[2]] = SCALARS[m[1]]
    for m in re.finditer(r"this\.interpolationForAttribute\('(\w+)'\)", text):
        out.setdefault(m[1], "any")
    for m in re.finditer(r"new (?:\w+\.)?(\w+)\(this, \"(\w+)\"", text):
        inner = re.sub(r"(List|Map)$", "OutputReference", m[1])
        if m[2] == "timeouts" or inner not in classes:
            continue
        # A block that may stand once is a list of one in the AWS and Kubernetes providers, an object in Cloudflare's.
        one = "object" if provider == "cloudflare" else "list"
        shape = "list" if m[1].endswith("List") else "map" if m[1].endswith("Map") else one
        out[m[2]] = {shape: body(inner, classes, needed, provider)}
    for attribute in needed.get(name.removesuffix("OutputReference"), ()):
        if isinstance(out.get(attribute), str):
            out[attribute] += "!"
    return dict(sorted(out.items()))


result = {}
for kind in sorted(sys.argv[4:]):
    file = find(kind)
    code = whole(file, ".js")
    found = re.finditer(r"^class (\w+) extends (cdkt[fn]\.\w+) \{\n(.*?)^\}", code, re.S | re.M)
    classes = {m[1]: (m[2], m[3]) for m in found}
    main = next(n for n, (base, _) in classes.items() if base in ("cdktf.TerraformResource", "cdktn.TerraformResource"))
    needed = required(whole(file, ".d.ts"))
    result[kind] = body(main, classes, needed, kind.split("_")[0])
lines = [f"{json.dumps(kind)}: {json.dumps(names, separators=(',', ':'))}" for kind, names in result.items()]
print("{\n" + ",\n".join(lines) + "\n}")
