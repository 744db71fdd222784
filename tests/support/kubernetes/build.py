"""Makes a real API server out of Debian's source package: kube-apiserver, kube-controller-manager and etcd, in the folder that is named.

Nothing is installed, and nobody needs to be root: apt-get keeps lists of its own there, which it gets from where the machine's own come from. It takes minutes, once.
"""
import fcntl
import glob
import os
import re
import shutil
import subprocess
import sys
import tarfile

VERSION = "1.20.2"
MODULE = "k8s.io/kubernetes"
GENERATED, DESCRIPTIONS = f"{MODULE}/pkg/generated/openapi", "zz_generated.openapi"


def sources(into):
    """The machine's package sources once more, each with its source packages."""
    os.makedirs(into)
    for file in ["/etc/apt/sources.list", *glob.glob("/etc/apt/sources.list.d/*")]:
        name, kind = os.path.splitext(os.path.basename(file))
        if kind not in (".list", ".sources") or not os.path.exists(file):
            continue
        text = open(file).read()
        if kind == ".sources":
            text = re.sub(r"(?mi)^Types:.*\bdeb\b.*$", "Types: deb deb-src", text)
        else:
            text = re.sub(r"(?m)^deb\s+(.*)$", r"deb \1\ndeb-src \1", re.sub(r"(?m)^deb-src\s.*$", "", text))
        with open(f"{into}/{name}{kind}", "w") as out:
            out.write(text)


def packages(home):
    """Downloads the sources, a compiler for them, what they need newer, and etcd."""
    apt = f"{home}/apt"
    sources(f"{apt}/sources.d")
    for folder in ["lists/partial", "cache/archives/partial"]:
        os.makedirs(f"{apt}/{folder}")
    places = {"Dir::Etc::SourceList": "none", "Dir::Etc::SourceParts": "sources.d", "Dir::State::Lists": "lists", "Dir::Cache": "cache"}
    options = ["-o", "APT::Sandbox::User=", "-o", "Acquire::Languages=none"]
    for name, place in places.items():
        options += ["-o", f"{name}={apt}/{place}"]
    tool = lambda program, *rest: subprocess.run([program, "-qq", *options, *rest], cwd=home, stdout=subprocess.PIPE, text=True)
    # A source that is away, or has no source packages, is none of ours: what is missing is told by the downloads.
    tool("apt-get", "update")
    compiler = re.search(r"Depends: (golang-[\d.]+)-go", tool("apt-cache", "depends", "golang-go").stdout)
    if not compiler:
        sys.exit("no package golang-go in the machine's package sources")
    wanted = [f"{compiler[1]}-go", f"{compiler[1]}-src", "golang-github-modern-go-reflect2-dev", "etcd-server"]
    # The first is downloaded and not unpacked: that would take more of Debian's tools.
    for verb in (["source", "--download-only", "kubernetes"], ["download", *wanted]):
        if tool("apt-get", *verb).returncode:
            sys.exit(f"apt-get {' '.join(verb)} failed")
    shutil.rmtree(apt)


def unpack(home, place):
    """Unpacks the downloads, and brings the sources to where Go looks for them."""
    for file in glob.glob(f"{home}/*.deb"):
        subprocess.run(["dpkg", "-x", file, f"{home}/debian"], check=True)
    (archive,) = glob.glob(f"{home}/kubernetes_*.orig.tar.gz")
    if VERSION not in archive:
        sys.exit(f"Debian's source package here is not of Kubernetes {VERSION}, whose answers the transcript holds: {archive}")
    with tarfile.open(archive) as tar:
        top = os.path.commonpath([member.name for member in tar])
        tar.extractall(f"{home}/unpacked", filter="tar") if hasattr(tarfile, "tar_filter") else tar.extractall(f"{home}/unpacked")
    os.makedirs(os.path.dirname(place))
    os.rename(os.path.join(f"{home}/unpacked", top), place)
    # The vendored one is of a time when Go's maps were others: custom resources crash it.
    newer, vendored = "github.com/modern-go/reflect2", f"{place}/vendor/github.com/modern-go/reflect2"
    shutil.rmtree(vendored)
    shutil.copytree(f"{home}/debian/usr/share/gocode/src/{newer}", vendored)


def described(place):
    """Every package whose types the API describes, as the Makefile finds them."""
    found = set()
    for top in ["cmd", "pkg", "plugin", "staging/src/k8s.io"]:
        for here, _, files in os.walk(f"{place}/{top}"):
            here_is = os.path.relpath(here, place).replace("staging/src", "vendor")
            if re.search(r"/(code-generator|sample-[a-z-]+)(/|$)|testdata", here_is):
                continue
            texts = (open(f"{here}/{file}", encoding="utf-8").read() for file in files if file.endswith(".go"))
            if any("+k8s:openapi-gen=" in text for text in texts):
                found.add(f"{MODULE}/{here_is}")
    return sorted(found)


def build(home, place):
    """One package at a time, when nobody else has something to do."""
    (root,) = glob.glob(f"{home}/debian/usr/lib/go-*")
    plain = {"GO111MODULE": "off", "CGO_ENABLED": "0", "GOENV": "off", "GOFLAGS": "", "GOPROXY": "off"}
    own = {"GOROOT": root, "GOPATH": f"{home}/go", "GOCACHE": f"{home}/objects", "PATH": f"{root}/bin:{os.environ['PATH']}"}
    run = lambda *command: subprocess.run(["nice", "-n", "19", *command], cwd=place, env=os.environ | plain | own, check=True)
    # Without the clouds' own controllers, which are a third of it.
    compile_it = lambda package: run("go", "build", "-p", "1", "-tags", "providerless", "-ldflags", "-s -w", "-o", f"{home}/bin/", package)
    os.makedirs(f"{home}/bin", exist_ok=True)
    if not os.path.exists(f"{home}/go/src/{GENERATED}/{DESCRIPTIONS}.go"):
        compile_it("./vendor/k8s.io/kube-openapi/cmd/openapi-gen")
        boilerplate = "vendor/k8s.io/code-generator/hack/boilerplate.go.txt"
        inputs = ",".join(described(place))
        run(f"{home}/bin/openapi-gen", "-i", inputs, "-p", GENERATED, "-O", DESCRIPTIONS, "-h", boilerplate, "-r", "/dev/null")
    compile_it("./cmd/kube-controller-manager")
    compile_it("./cmd/kube-apiserver")
    shutil.copy(f"{home}/debian/usr/bin/etcd", f"{home}/bin/etcd")


def ready(home):
    """The folder with the programs; whoever comes while they are made waits."""
    os.makedirs(home, exist_ok=True)
    with open(f"{home}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place = f"{home}/go/src/{MODULE}"
        # What is cut short goes on where it was.
        if not os.path.exists(f"{home}/ready") and not os.path.exists(f"{home}/sources"):
            shutil.rmtree(home)
            os.makedirs(home)
            packages(home)
            unpack(home, place)
            open(f"{home}/sources", "w").close()
        if not os.path.exists(f"{home}/ready"):
            build(home, place)
            for entry in os.listdir(home):
                if entry != "bin":
                    path = f"{home}/{entry}"
                    shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
            open(f"{home}/ready", "w").close()
    return f"{home}/bin"


if __name__ == "__main__":
    print(ready(os.path.abspath(sys.argv[1])))
