#!/usr/bin/env bash
# A small stack in a real AWS account, through its whole life: planned, applied, read back, changed, bent by hand and mended, refused half-way and taken
# back, interrupted, recovered, destroyed. What it says is kept in a folder; the stack is destroyed however this script ends.
# Needs `infra` and bash, and credentials that may do what `infra iam-policy` prints. With the AWS CLI it also bends a tag and looks for what is left.
set -uo pipefail

usage() {
  cat <<'END'
Usage: real-account.sh --account ID --max-usd N --yes [--region REGION] [--stack NAME] [--layer FILE] [--folder FOLDER]

  --account ID     the account it is meant for; with credentials of another one nothing happens
  --max-usd N      what it may cost at most, in dollars: before each part it is looked whether there is enough left
  --yes            that it may be made; without it this only says what it would cost
  --region REGION  where (us-east-1)
  --stack NAME     what it is called (real-check)
  --layer FILE     a layer over its spec, where the account needs one: other zones, other types
  --folder FOLDER  where the report, logs and journals are kept (./NAME-TIME)

Set INFRA to the program, where it isn't `infra` in the PATH.
END
}

refuse() { printf 'real-account: %s\n' "$*" >&2; exit 1; }

account='' max_usd='' yes='' region=us-east-1 stack=real-check layer='' folder=''
while [ $# -gt 0 ]; do
  case $1 in
    --yes) yes=1; shift; continue ;;
    --help | -h) usage; exit 0 ;;
    --account | --folder | --layer | --max-usd | --region | --stack) [ $# -ge 2 ] || refuse "$1 needs a value" ;;
    *) usage >&2; refuse "unknown: $1" ;;
  esac
  case $1 in
    --account) account=$2 ;;
    --folder) folder=$2 ;;
    --layer) layer=$2 ;;
    --max-usd) max_usd=$2 ;;
    --region) region=$2 ;;
    --stack) stack=$2 ;;
  esac
  shift 2
done

# What it costs, in thousandths of a dollar an hour: on-demand prices of us-east-1 as last known here, rounded up. Other regions cost up to twice as much.
# It is for a budget; what is charged, AWS alone says.
costs='  23  load balancer
  45  NAT gateway
  20  public addresses: the balancer in three zones, the NAT gateway
  39  two databases db.t4g.micro with 20 GiB each (the second is a replica)
  16  cache.t4g.micro
  39  three instances t3.micro with 20 GiB each, while one takes over from another
   1  secret'
hourly=$(printf '%s\n' "$costs" | { sum=0; while read -r price _; do sum=$((sum + price)); done; echo "$sum"; })
[ "$region" = us-east-1 ] || hourly=$((hourly * 2))

dollars() { printf '%d.%02d' "$(($1 / 1000))" "$((($1 % 1000 + 5) / 10))"; }
thousandths() {
  local whole=${1%%.*} part=000
  [ "$1" = "$whole" ] || part=${1#*.}000
  echo $((10#${whole:-0} * 1000 + 10#${part:0:3}))
}

printf 'It costs about %s USD an hour in %s and takes an hour or two:\n%s\n' "$(dollars "$hourly")" "$region" "$costs"
[ -n "$account" ] || refuse "say which account it is meant for: --account 123456789012"
[[ $account =~ ^[0-9]{12}$ ]] || refuse "an account has twelve digits: --account $account"
[[ $max_usd =~ ^[0-9]+(\.[0-9]+)?$ ]] || refuse "say what it may cost at most, in dollars: --max-usd 2"
most=$(thousandths "$max_usd")
# An hour to build and change, and one to take all away, however slow the day.
[ "$most" -ge $((hourly * 3)) ] || refuse "that is too little: --max-usd must be $(dollars $((hourly * 3))) at least, three hours"
[ -n "$yes" ] || refuse "nothing was made: say --yes"
[ -z "$layer" ] || [ -r "$layer" ] || refuse "$layer can't be read"
infra=${INFRA:-infra}
command -v "$infra" > /dev/null || refuse "there is no $infra: put it into the PATH, or set INFRA"
command -v aws > /dev/null && aws=1 || aws=''

folder=${folder:-$stack-$(date -u +%Y%m%dT%H%M%SZ)}
mkdir -p "$folder" || refuse "$folder can't be made"
folder=$(cd "$folder" && pwd)
report=$folder/report.txt
[ ! -e "$report" ] || refuse "$report is there already: give another --folder"

export INFRA_CLOUD=aws INFRA_JOURNAL=$folder/runs AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_PAGER=''
unset INFRA_ABANDON INFRA_DESTROY INFRA_EXCLUDE INFRA_FORMAT INFRA_FORWARD INFRA_JSON INFRA_OUT INFRA_RECOVER INFRA_TARGET

# --- the specs -------------------------------------------------------------------------------------------------------------------------------------

cat > "$folder/base.yaml" <<END
stack: $stack
region: $region
account: "$account"
tags: { purpose: real-account-check }
accept:
  no_deletion_protection: it is taken away again
  no_standby: it holds nothing
  single_instance: it serves nobody
  single_nat: it lives for an hour
  single_node: it holds nothing
vpc:
  cidr: 10.99.0.0/16
  nat: single
  flow_log_retention: 1d
  security_groups:
    bastion:
      ingress: [{ port: 22, from: [192.0.2.0/24], description: nobody }]
load_balancer:
  allow_from: [192.0.2.0/24]     # addresses that nobody has: no stranger's request ends up in the bucket of logs
  deletion_protection: false
  listeners:
    http: { port: 80, forward: app }
compute:
  app:
    image: public.ecr.aws/nginx/nginx:1.29
    port: 80
    instance_type: t3.micro
    instances: { min: 1, max: 2 }
    env: { CACHE_URL: "\${cache.main.url}", DATABASE_HOST: "\${database.main.endpoint}" }
cache:
  main:
    engine: valkey
    node_type: cache.t4g.micro
    replicas: 0
    automatic_failover: false
    snapshot_retention: 0d
    parameters: { maxmemory-policy: allkeys-lru }
    allow_from: [app]
database:
  main:
    engine: postgres
    instance_class: db.t4g.micro
    multi_az: false
    replicas: 1
    backups: { retention: 1d }
    deletion_protection: false
    parameters: { log_min_duration_statement: "1000" }
    allow_from: [app]
outputs:
  url: "\${load_balancer.url}"
  database: "\${database.main.endpoint}"
END

# Changed in place: tags, a rule, a limit, a parameter, a retention. Replaced: the template, to which the group rolls over.
cat > "$folder/change.yaml" <<'END'
tags: { purpose: real-account-check, changed: "yes" }
vpc:
  security_groups:
    bastion: { ingress: [{ port: 22, from: [198.51.100.0/24], description: nobody either }] }
load_balancer: { idle_timeout: 2m }
compute:
  app: { image: "public.ecr.aws/nginx/nginx:1.28", instances: { max: 3 } }
cache:
  main: { parameters: { maxmemory-policy: allkeys-lfu } }
database:
  main: { parameters: { log_min_duration_statement: "2000" }, backups: { retention: 2d } }
END

# A second group of instances, whose image AWS doesn't have: it takes the template, and refuses the group.
cat > "$folder/refused.yaml" <<'END'
compute:
  second: { ami: ami-0123456789abcdef0, instance_type: t3.micro, instances: { min: 1, max: 1 } }
END

# The same with an image that there is; this one is interrupted.
cat > "$folder/second.yaml" <<'END'
compute:
  second: { image: "public.ecr.aws/nginx/nginx:1.29", instance_type: t3.micro, instances: { min: 1, max: 1 } }
END

base=(-f "$folder/base.yaml")
[ -z "$layer" ] || base+=(-f "$layer")
changed=("${base[@]}" -f "$folder/change.yaml")
data=bucket.access_logs,bucket.uploads,db_instance.main,db_replica.main-1,load_balancer.main,log_group.flow_logs,replication_group.main

# --- what is done, and how it is told --------------------------------------------------------------------------------------------------------------

passed=0 failed=0 skipped=0 count=0 running='' standing='' began=$SECONDS log=''

say() { printf '%s\n' "$*" >> "$report"; printf '%s\n' "$*" 2> /dev/null || true; }
spent() { [ -z "$standing" ] && echo 0 || echo $((hourly * (SECONDS - standing) / 3600)); }

# result WORD NAME SECONDS [MORE]
result() {
  case $1 in pass) passed=$((passed + 1)) ;; FAIL) failed=$((failed + 1)) ;; skip) skipped=$((skipped + 1)) ;; esac
  say "$(printf '%s  %5ds  %s' "$1" "$3" "$2")${4:+: $4}"
}

# A log of its own for each command; its number and name are in the report only when it fails.
open_log() { count=$((count + 1)); log=$folder/$(printf '%02d' "$count")-$1.log; }

# run NAME ARGUMENT…: runs infra to its end; its exit code is ours.
run() {
  open_log "$1"
  shift
  printf '$ infra %s\n' "$*" > "$log"
  "$infra" "$@" < /dev/null >> "$log" 2>&1
  local code=$?
  printf 'exit %s\n' "$code" >> "$log"
  return "$code"
}

# check NAME CODE ARGUMENT…: passes when infra ends with this code.
check() {
  local name=$1 wanted=$2 start=$SECONDS code
  shift 2
  run "${name// /-}" "$@"
  code=$?
  ended "$name" $((SECONDS - start)) "$code" "$wanted"
}

# ended NAME SECONDS CODE WANTED: a command's end as a line; where it isn't the wanted one, with the end of its log.
ended() {
  if [ "$3" = "$4" ]; then
    result pass "$1" "$2"
  elif [ "$3" = 130 ]; then
    # The signal was for all of us; infra has heard it first.
    say "Interrupted."
    exit 130
  else
    result FAIL "$1" "$2" "exit $3 instead of $4, see $log"
    say "$(tail -n 16 "$log" | sed 's/^/               | /')"
    return 1
  fi
}

# empty NAME FILES…: passes when there is nothing to do. AWS may show the past for a moment, hence three looks.
empty() {
  local name=$1 start=$SECONDS looks=0
  shift
  while [ "$looks" -lt 3 ]; do
    looks=$((looks + 1))
    if run "${name// /-}" plan "$@" --detailed-exitcode; then
      result pass "$name" $((SECONDS - start)) "$([ "$looks" = 1 ] || echo "only at look $looks")"
      return 0
    fi
    [ "$looks" = 3 ] || sleep "${REAL_ACCOUNT_PAUSE:-20}"
  done
  result FAIL "$name" $((SECONDS - start)) "see $log"
  return 1
}

# afford NAME: whether there is money for another part, with an hour left to take all away.
afford() {
  [ $(($(spent) + hourly)) -le "$most" ] && return 0
  result skip "$1" 0 "about $(dollars "$(spent)") USD are spent: what is left is for destroying"
  return 1
}

# interrupted NAME SIGNALS: applies the second group, and sends so many signals once something of it is made. Passes when the run ends with 130.
interrupted() {
  local name=$1 signals=$2 start=$SECONDS code
  open_log "${name// /-}"
  "$infra" apply "${changed[@]}" -f "$folder/second.yaml" --auto-approve < /dev/null > "$log" 2>&1 &
  running=$!
  while kill -0 "$running" 2> /dev/null && ! grep -q '  + [a-z_]*[.]second created$' "$log"; do sleep 0.1; done
  while [ "$signals" -gt 0 ]; do
    kill -INT "$running" 2> /dev/null
    signals=$((signals - 1))
    [ "$signals" = 0 ] || sleep 0.5
  done
  wait "$running"
  code=$?
  running=''
  printf 'exit %s\n' "$code" >> "$log"
  ended "$name" $((SECONDS - start)) "$code" 130
}

# Deletes all of it, an unfinished run taken back before; three tries.
# shellcheck disable=SC2329  # the trap calls it
destroy() {
  local start=$SECONDS tries=0
  while [ "$tries" -lt 3 ]; do
    tries=$((tries + 1))
    if run destroy destroy "${base[@]}" --auto-approve --recover --lock-timeout 10m --ignore-expiry --allow-data-loss "$data"; then
      result pass destroy $((SECONDS - start)) "$([ "$tries" = 1 ] || echo "only at try $tries")"
      return 0
    fi
    [ "$tries" = 3 ] || sleep "${REAL_ACCOUNT_PAUSE:-20}"
  done
  result FAIL destroy $((SECONDS - start)) "see $log"
  return 1
}

# What still bears the stack's tag. AWS shows gateways, instances and automatic snapshots for a while after they are gone, a deleted secret for days.
# shellcheck disable=SC2329  # the trap calls it
leftovers() {
  local start=$SECONDS left='' gone='' looks=0 arn
  [ -n "$aws" ] || { result skip 'nothing bears its tag' 0 'there is no aws'; return; }
  while [ "$looks" -lt 10 ]; do
    looks=$((looks + 1)) left='' gone=''
    open_log tagged
    aws resourcegroupstaggingapi get-resources --tag-filters "Key=infra:stack,Values=$stack" \
      --query 'ResourceTagMappingList[].ResourceARN' --output text > "$log" 2>&1 || { result FAIL 'nothing bears its tag' $((SECONDS - start)) "see $log"; return; }
    while read -r arn; do
      case $arn in
        '' | None) ;;
        *:natgateway/* | *:instance/* | *:secret:* | *:snapshot:rds:* | *:volume/*) gone="$gone $arn" ;;
        *) left="$left $arn" ;;
      esac
    done < <(tr '\t' '\n' < "$log")
    [ -n "$left" ] || break
    sleep "${REAL_ACCOUNT_PAUSE:-20}"
  done
  if [ -n "$left" ]; then result FAIL 'nothing bears its tag' $((SECONDS - start)) "$left"; else result pass 'nothing bears its tag' $((SECONDS - start)) "${gone:+shown for a while:$gone}"; fi
}

# However it ends: what stands is destroyed, and the report is closed.
# shellcheck disable=SC2329  # the trap calls it
finish() {
  trap 'say "It is being destroyed; wait."' INT TERM HUP
  if [ -n "$running" ]; then
    kill -INT "$running" 2> /dev/null
    wait "$running"
  fi
  if [ -n "$standing" ]; then
    local cost
    if destroy && empty 'nothing of it stands' "${base[@]}" --destroy; then
      leftovers
    else
      say "IT STILL STANDS AND COSTS MONEY. Look into $log, then: $infra destroy ${base[*]} --recover --allow-data-loss $data"
    fi
    cost=$(spent)
    say "It cost about $(dollars "$cost") USD."
  fi
  say "$passed passed, $failed failed, $skipped skipped in $((SECONDS - began)) s. Kept in $folder"
  [ "$failed" = 0 ] || exit 1
}

# --- its life --------------------------------------------------------------------------------------------------------------------------------------

say "A real account's check of $("$infra" version), $(date -u +%Y-%m-%dT%H:%M:%SZ)"
say "with bash $BASH_VERSION on $(uname -sm), $([ -n "$aws" ] && aws --version 2>&1 | head -n 1 || echo 'without aws')"
say "Account $account, region $region, stack $stack; about $(dollars "$hourly") USD an hour, at most $(dollars "$most") USD"
trap finish EXIT
trap 'say "Interrupted."; exit 130' INT TERM HUP

for layers in change refused second; do
  check "validate $layers" 0 validate "${base[@]}" -f "$folder/$layers.yaml" || exit 1
done
# Asks for the account, too: the spec is for no other.
if ! check 'nothing of that name stands' 0 plan "${base[@]}" --destroy --detailed-exitcode; then
  say "Nothing was made: another account, or a stack $stack that stands in $region already (--stack gives this one another name)."
  exit 1
fi
check 'plan' 2 plan "${base[@]}" --detailed-exitcode || exit 1
say "kinds: $(sed -n 's/^ *+ \([a-z_]*\)\..*/\1/p' "$log" | sort | uniq -c | while read -r n kind; do printf '%s %s, ' "$kind" "$n"; done)"

standing=$SECONDS
check 'apply' 0 apply "${base[@]}" --auto-approve || exit 1
empty 'plan is empty' "${base[@]}"
check 'no drift' 0 drift "${base[@]}"
check 'status' 0 status "${base[@]}"
check 'output' 0 output url "${base[@]}"

if afford 'a change'; then
  check 'a change is planned' 2 plan "${changed[@]}" --detailed-exitcode --out "$folder/change.infraplan"
  check 'a change is applied' 0 apply "$folder/change.infraplan" --auto-approve || exit 1
  empty 'plan is empty after the change' "${changed[@]}"
fi

if [ -z "$aws" ]; then
  result skip 'a tag bent by hand' 0 'there is no aws'
elif afford 'a tag bent by hand'; then
  open_log bend
  vpc=$(aws ec2 describe-vpcs --filters "Name=tag:infra:stack,Values=$stack" --query 'Vpcs[0].VpcId' --output text 2> "$log")
  if aws ec2 create-tags --resources "$vpc" --tags Key=purpose,Value=bent >> "$log" 2>&1; then
    check 'a bent tag is drift' 2 drift "${changed[@]}"
    check 'a bent tag is mended' 0 apply "${changed[@]}" --auto-approve
    empty 'plan is empty after the mending' "${changed[@]}"
  else
    result FAIL 'a tag bent by hand' 0 "see $log"
  fi
fi

if afford 'a refusal'; then
  check 'what AWS refuses is taken back' 3 apply "${changed[@]}" -f "$folder/refused.yaml" --auto-approve ||
    run back apply "${changed[@]}" --recover --auto-approve
  empty 'plan is empty after the refusal' "${changed[@]}"
fi

if afford 'an interruption'; then
  interrupted 'a signal takes the run back' 1
  empty 'plan is empty after the signal' "${changed[@]}"
fi

if afford 'a recovery'; then
  if interrupted 'two signals stop the run' 2; then
    check 'status tells of the stopped run' 0 status "${changed[@]}"
    check 'recover' 0 recover "${changed[@]}" --auto-approve
  fi
  empty 'plan is empty after the recovery' "${changed[@]}"
fi
exit 0
