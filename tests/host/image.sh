#!/usr/bin/env bash
# Lays out the disk of a machine that runs Hermes: image.sh DIR strict|loose [DAY]
# Needs no root. As root the home gets an account of its own (uid 990); otherwise the account that runs this
# plays the service user. DAY is what the records of today say.
set -euo pipefail

root=$1 variant=$2 day=${3:-$(date -u +%F)}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
hardened=$here/../../fixtures/deployments/native-hardened
uid=$(id -u) gid=$(id -g)
if [ "$uid" = 0 ]; then uid=990 gid=990; fi

umask 022
mkdir -p "$root"/{etc/{sudoers.d,logrotate.d,rsyslog.d,cron.d,credstore,prometheus/rules.d},srv/hermes,root,tmp,proc/net}
mkdir -p "$root"/etc/systemd/system/{multi-user,timers}.target.wants "$root"/var/log/hermes
units=$root/etc/systemd/system
home=$root/srv/hermes/home
enable() { ln -s "/usr/lib/systemd/system/$1" "$units/multi-user.target.wants/$1"; }

cat > "$root/etc/passwd" <<PASSWD
root:x:0:0:root:/root:/bin/bash
hermes:x:$uid:$gid::/srv/hermes:/usr/sbin/nologin
PASSWD
printf 'root ALL=(ALL:ALL) ALL\n%%sudo ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n' > "$root/etc/sudoers"
chmod 440 "$root/etc/sudoers"
sl='  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'

case $variant in
strict)
    printf 'root:x:0:\nsudo:x:27:\ndocker:x:999:\nhermes:x:%s:\n' "$gid" > "$root/etc/group"
    cp -R "$hardened/home" "$home"
    cp "$hardened"/deploy/*.service "$hardened"/deploy/*.timer "$units/"
    ln -s ../hermes-gateway.service "$units/multi-user.target.wants/"
    ln -s ../hermes-update.timer "$units/timers.target.wants/"
    cp "$hardened/deploy/rsyslog.d/30-hermes.conf" "$root/etc/rsyslog.d/"
    enable rsyslog.service
    cp "$hardened/deploy/alerts/hermes.rules.yaml" "$root/etc/prometheus/rules.d/"
    enable prometheus.service
    printf '/var/log/hermes/*.log {\n    weekly\n    rotate 13\n    compress\n}\n' > "$root/etc/logrotate.d/hermes"
    printf 'OP_ACCOUNT=acme\n' > "$root/etc/credstore/hermes-gateway.env"
    chmod 600 "$root/etc/credstore/hermes-gateway.env"
    mkdir "$home/logs"
    printf '%s 08:00:00 INFO gateway: ready\n' "$day" | tee "$home/logs/agent.log" > "$home/logs/gateway.log"
    printf '{"timestamp":"%sT08:00:00Z","agent":"hermes","action":"terminal","result":"denied","prev_hash":"00"}\n' "$day" > "$root/var/log/hermes/audit.jsonl"
    mkdir "$root/var/log/hermes-audit"
    printf '{"prev":"sha256:00","seq":0,"ts":"%sT08:00:00.000000Z","v":1,"hash":"sha256:01"}\n' "$day" > "$root/var/log/hermes-audit/audit-000001.jsonl"
    printf '{"at":"%sT09:00:00Z","logs":["/var/log/hermes-audit/2031-01-01.jsonl"],"events":1}\n' "$day" > "$root/var/log/hermes-audit/audit-review.jsonl"
    chmod 750 "$root/var/log/hermes-audit"
    chmod 640 "$root"/var/log/hermes-audit/*
    find "$home" -type d -exec chmod 700 {} +
    find "$home" -type f -exec chmod 600 {} +
    printf '%s\n   0: 0100007F:21C4 00000000:0000 0A 00000000:00000000 00:00000000 00000000 %5d 0 1\n' "$sl" "$uid" > "$root/proc/net/tcp"
    ;;
loose)
    printf 'root:x:0:\nsudo:x:27:hermes\ndocker:x:999:hermes\nhermes:x:%s:\n' "$gid" > "$root/etc/group"
    printf 'hermes ALL=(ALL) NOPASSWD: ALL\n' > "$root/etc/sudoers.d/hermes"
    mkdir -p "$home/logs"
    printf 'approvals: {mode: "off"}\nmodel: {provider: openrouter}\n' > "$home/config.yaml"
    printf 'OPENROUTER_API_KEY=sk-abc123\nTELEGRAM_BOT_TOKEN=abc123\n' > "$home/.env"
    printf '%s 08:00:00 INFO gateway: ready\n' "$day" > "$home/logs/agent.log"
    printf '[Service]\nUser=hermes\nExecStart=/opt/hermes/venv/bin/hermes gateway run\nEnvironment=HERMES_HOME=/srv/hermes/home\n' > "$units/hermes-gateway.service"
    printf '/srv/hermes/home/logs/*.log {\n    daily\n    rotate 7\n    copytruncate\n}\n' > "$root/etc/logrotate.d/hermes"
    printf '#*.* action(type="omfwd" target="logs.example.com") # hermes\n' > "$root/etc/rsyslog.d/30-hermes.conf"
    printf 'PK' > "$root/tmp/hermes-backup-2026.zip"
    printf '{"timestamp":"2020-01-01T00:00:00Z","action":"terminal"}\n' > "$root/var/log/hermes/audit.jsonl"
    chmod -R u=rwX,go=rX "$home"
    printf '%s\n   0: 00000000:239F 00000000:0000 0A 00000000:00000000 00:00000000 00000000 %5d 0 1\n' "$sl" "$uid" > "$root/proc/net/tcp"
    ;;
*)
    echo "usage: image.sh DIR strict|loose [DAY]" >&2
    exit 2
    ;;
esac
if [ "$(id -u)" = 0 ]; then chown -R "$uid:$gid" "$root/srv/hermes"; fi
