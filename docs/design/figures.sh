#!/bin/bash
# Measures bin/mscp beside scp and rsync against a real sshd on loopback, files in memory, all tools in turn.
# Prints one Markdown table row per case: the medians of RUNS runs, wall seconds and client CPU seconds, and the ratio to the
# first peer. Needs openssh-server, openssh-client, rsync, and 7 GiB in DIR.
#   RUNS=5 SIZE=2G DIR=/dev/shm docs/design/figures.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${RUNS:-5} size=${SIZE:-2G} port=${PORT:-2299}
mscp=$PWD/bin/mscp
work=$(mktemp -d "${DIR:-/dev/shm}/mscp-figures.XXXXXX")
trap 'kill $(cat "$work/pid") 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir -p /run/sshd 2>/dev/null || true

ssh-keygen -q -t ed25519 -N '' -f "$work/host"
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
printf '%s\n' "Port $port" 'ListenAddress 127.0.0.1' "HostKey $work/host" "AuthorizedKeysFile $work/key.pub" 'StrictModes no' \
	"PidFile $work/pid" 'Subsystem sftp /usr/lib/openssh/sftp-server' 'MaxStartups 100:30:200' >"$work/sshd_config"
/usr/sbin/sshd -f "$work/sshd_config" -E "$work/log"
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$work/host.pub")" >"$work/known"
printf '%s\n' 'Host node' 'HostName 127.0.0.1' "Port $port" "IdentityFile $work/key" "UserKnownHostsFile $work/known" \
	'Ciphers aes128-gcm@openssh.com' >"$work/config"

head -c "$size" /dev/urandom >"$work/big"
mkdir "$work/small"
for i in $(seq 2000); do head -c 4096 "$work/big" >"$work/small/$i"; done
printf x >"$work/one"

# timed NAME COMMAND...: appends "wall cpu" to $work/t.NAME
timed() {
	local name=$1
	shift
	rm -rf "$work/dst"
	/usr/bin/env bash -c 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null' - "$@" 2>"$work/time" || { cat "$work/time"; exit 1; }
	tail -n 1 "$work/time" | awk '{print $1, $2 + $3}' >>"$work/t.$name"
}
median() { cut -d' ' -f"$2" "$work/t.$1" | sort -n | awk '{a[NR] = $1} END {printf "%.2f", a[int((NR + 1) / 2)]}'; }

# row TITLE NAME...: a row of the table; the first name is ours
row() {
	local title=$1 ours=$2 line
	shift
	line="| $title"
	for n in "$@"; do line="$line | $(median "$n" 1) s ($(median "$n" 2))"; done
	for n in "${@:2}"; do line="$line | $(awk "BEGIN {printf \"%.2f\", $(median "$n" 1) / $(median "$ours" 1)}")"; done
	echo "$line |"
}

ours=("$mscp" -q -F "$work/config")
for _ in $(seq "$runs"); do
	timed up "${ours[@]}" -n 2 "$work/big" "node:$work/dst"
	timed up.scp scp -q -F "$work/config" "$work/big" "node:$work/dst"
	timed down "${ours[@]}" -n 2 "node:$work/big" "$work/dst"
	timed down.scp scp -q -F "$work/config" "node:$work/big" "$work/dst"
done
for _ in $(seq "$runs"); do
	timed small "${ours[@]}" "$work/small" "node:$work/dst"
	timed small.rsync rsync -a -e "ssh -F $work/config" "$work/small/" "node:$work/dst"
	timed small.scp scp -q -r -F "$work/config" "$work/small" "node:$work/dst"
	timed get "${ours[@]}" "node:$work/small" "$work/dst"
	timed get.rsync rsync -a -e "ssh -F $work/config" "node:$work/small/" "$work/dst"
	timed get.scp scp -q -r -F "$work/config" "node:$work/small" "$work/dst"
	timed one "${ours[@]}" "$work/one" "node:$work/dst"
	timed one.rsync rsync -e "ssh -F $work/config" "$work/one" "node:$work/dst"
	timed one.scp scp -q -F "$work/config" "$work/one" "node:$work/dst"
done
echo "| wall (client CPU) | mscp | scp | scp / mscp |"
echo "| --- | --- | --- | --- |"
row "one file of $size up, -n 2" up up.scp
row "one file of $size down, -n 2" down down.scp
echo
echo "| wall (client CPU) | mscp | rsync -a | scp -r | rsync / mscp | scp / mscp |"
echo "| --- | --- | --- | --- | --- | --- |"
row "2000 files of 4 KiB up" small small.rsync small.scp
row "2000 files of 4 KiB down" get get.rsync get.scp
row "one byte up" one one.rsync one.scp
