#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Slurm sample, run by a Slurm: a controller, a node and a munged of our own on loopback, in a
# folder of our own, without systemd. Four tasks run a hunt of four boots, which are merged and
# compared with the same hunt run as one. TAP; skipped with the reason where it cannot be.
set -u
sample=$PFNHUNT_DOCS/ci-samples/slurm-array.sh
kernel=${PFNHUNT_TEST_KERNEL:-debian}
PATH=$PATH:/usr/sbin:/sbin

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

for tool in slurmctld slurmd sbatch squeue munged; do
	command -v $tool >/dev/null || skip "no $tool here (slurm-wlm)"
done
[ "$(id -u)" = 0 ] || skip "slurmd starts tasks as root only"

root=$(mktemp -d /tmp/pfnhunt-slurm-XXXXXX) || exit 3
pids=
stop_all() {
	[ -z "$pids" ] || kill $pids 2>/dev/null
	for pid in $pids; do
		for try in $(seq 50); do
			kill -0 "$pid" 2>/dev/null || break
			[ "$try" = 50 ] && kill -KILL "$pid"
			sleep 0.1
		done
		wait "$pid" 2>/dev/null
	done
	rm -rf "$root"
}
trap stop_all EXIT
trap 'exit 3' INT TERM

scenario=$root/short.ini
sed 's/^duration.*/duration = 3s/' "$PFNHUNT_SCENARIOS/null.ini" >"$scenario"
"$PFNHUNT_EXE" run "$scenario" --kernel "$kernel" --dry-run >/dev/null 2>&1 ||
	skip "no kernel to boot"

# Two ports of the dynamic range that nobody listens on now.
port=$((20000 + $$ % 10000 * 2))
host=$(hostname -s)
export SLURM_CONF=$root/slurm.conf
mkdir "$root/state" "$root/spool" "$root/run"
chmod 755 "$root" "$root/run"
cat >"$SLURM_CONF" <<END
ClusterName=pfnhunt
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$root/run/munge.socket
CredType=cred/munge
StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool
SlurmctldPidFile=$root/run/slurmctld.pid
SlurmdPidFile=$root/run/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmctldDebug=info
SlurmdDebug=info
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=2048
PartitionName=all Nodes=ALL Default=YES MaxTime=20 State=UP
END
(umask 077 && head -c 1024 /dev/urandom >"$root/munge.key")

munged --foreground --force --key-file="$root/munge.key" --socket="$root/run/munge.socket" \
	--pid-file="$root/run/munged.pid" --log-file="$root/munged.log" \
	--seed-file="$root/munge.seed" >"$root/munged.out" 2>&1 &
pids="$!"
slurmctld -D -i -f "$SLURM_CONF" -L "$root/slurmctld.log" >"$root/slurmctld.out" 2>&1 &
pids="$! $pids"
slurmd -D -f "$SLURM_CONF" -N "$host" -L "$root/slurmd.log" >"$root/slurmd.out" 2>&1 &
pids="$! $pids"

say_logs() {
	for log in munged slurmctld slurmd; do
		tail -n 15 "$root/$log.out" "$root/$log.log" 2>/dev/null | sed 's/^/# /'
	done
}

up=
for try in $(seq 100); do
	state=$(sinfo -h -o %T 2>/dev/null)
	case $state in idle | mixed | allocated) up=1 && break ;; esac
	sleep 0.2
done
[ -n "$up" ] || {
	say_logs
	skip "Slurm does not come up here (sinfo says '${state-}')"
}

echo 1..4
number=0 failed=0
# check NAME COMMAND...
check() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then echo "ok $number $name"; else
		failed=1
		echo "not ok $number $name"
	fi
}

# essence RESULTS: index, seed and verdict of each boot that counts of its only hunt.
essence() {
	"$PFNHUNT_EXE" results -o "$1" show last --json |
		python3 -c '
import json, sys
for line in sys.stdin:
    o = json.loads(line)
    if o["type"] == "boot" and not o.get("retried"):
        print(o["number"], o["seed"], o["verdict"])'
}

arguments=("$scenario" --kernel "$kernel" --boots 4 --seed 7)
cd "$root" || exit 3
export PFNHUNT=$PFNHUNT_EXE PFNHUNT_OUT=$root/shards
sbatch --wait --array=1-4 --cpus-per-task=1 --mem=0 --output="$root/task-%a.out" "$sample" \
	"${arguments[@]}" >"$root/sbatch.out" 2>&1
tasks=$?
[ $tasks = 0 ] || { sed 's/^/# /' "$root"/sbatch.out "$root"/task-*.out; say_logs; }
check "four tasks end well" [ $tasks = 0 ]
"$PFNHUNT_EXE" results merge -o "$root/merged" "$root"/shards/shard-* >"$root/merge.out"
check "four shards are one hunt" [ "$(ls -d "$root"/merged/*/ | wc -l)" = 1 ]
"$PFNHUNT_EXE" run "${arguments[@]}" -o "$root/whole" >/dev/null 2>&1
check "the hunt in one piece ends well" [ $? = 0 ]
essence "$root/merged" >"$root/merged.txt"
essence "$root/whole" >"$root/whole.txt"
diff "$root/whole.txt" "$root/merged.txt" | sed 's/^/# /'
check "the same boots" cmp -s "$root/whole.txt" "$root/merged.txt"
exit $failed
