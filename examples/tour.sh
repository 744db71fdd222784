#!/bin/sh
# The reference environment on the embedded sandbox: planned, applied, changed by a saved plan, looked at and destroyed; then, under the same name in
# the DNS, services behind one balancer; a Kubernetes cluster with services in it; and a new version that goes back by itself, and a good one that takes
# over. Needs Rust, no cloud account.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
export INFRA_CLOUD="sandbox:$folder/cloud.jsonl" INFRA_JOURNAL="$folder/runs"
infra() { printf '\n$ infra %s\n' "$*"; cargo run --quiet --locked -- "$@"; }

infra validate --file examples/production.yaml
infra apply --file examples/production.yaml --auto-approve
infra plan --file examples/production.yaml
infra status --file examples/production.yaml

printf 'compute:\n  app: { image: "ghcr.io/example/shop:1.5.0", instances: { max: 12 } }\n' > "$folder/next.yaml"
infra plan --file examples/production.yaml --file "$folder/next.yaml" --out "$folder/p.infraplan"
infra apply "$folder/p.infraplan"
infra drift --file examples/production.yaml --file "$folder/next.yaml"

infra destroy --file examples/production.yaml --auto-approve \
  --allow-data-loss bucket.access_logs,bucket.uploads,db_instance.main,db_replica.main-1,load_balancer.main,log_group.cache.main,log_group.compute.app,log_group.flow_logs,log_group.function.thumbnails,replication_group.main

infra apply --file examples/services.yaml --auto-approve
infra destroy --file examples/services.yaml --auto-approve --allow-data-loss bucket.access_logs,bucket.uploads,load_balancer.main,log_group.flow_logs,log_group.function.thumbnails,log_group.function.uploads

infra plan --file examples/kubernetes.yaml --out "$folder/k.infraplan"
infra show "$folder/k.infraplan" --format kubernetes | head -n 40
infra apply "$folder/k.infraplan"
infra destroy --file examples/kubernetes.yaml --auto-approve \
  --allow-data-loss bucket.access_logs,bucket.uploads,db_instance.main,db_replica.main-1,eks_cluster.main,load_balancer.main,log_group.cache.main,log_group.flow_logs,log_group.function.thumbnails,log_group.function.uploads,metrics_workspace.main,replication_group.main

infra apply --file examples/canary.yaml --auto-approve
printf 'compute: { app: { image: "ghcr.io/example/shop:1.5.0" } }\n' > "$folder/version.yaml"
infra apply --file examples/canary.yaml --file "$folder/version.yaml" --auto-approve --sandbox-bend compute.app.errors=8% || test $? -eq 3
infra apply --file examples/canary.yaml --file "$folder/version.yaml" --auto-approve
infra destroy --file examples/canary.yaml --auto-approve --allow-data-loss bucket.access_logs,load_balancer.main,log_group.flow_logs
