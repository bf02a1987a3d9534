#!/bin/sh
# The interface by curl alone / curl だけで使う例:  SOURCE=... READER=... sh docs/api/example.sh [http://127.0.0.1:8470]
#   SOURCE: sekisho token add shop --role source     READER: sekisho token add dashboard --role auditor
set -eu
at=${1:-http://127.0.0.1:8470}

# Lines; the answer comes when they are durable in the ledger. With 429 and 503 the same lines are sent again.
printf '%s\n' 'Nov 28 09:00:00 shop sshd[7]: Failed password for root from 192.0.2.7 port 22 ssh2' |
  curl --silent --show-error --fail --retry 5 --header "Authorization: Bearer $SOURCE" \
    --header 'Content-Type: application/x-ndjson' --data-binary @- "$at/v1/lines"
echo

for what in sources 'findings?level=2' cases ledger; do
  curl --silent --show-error --fail --header "Authorization: Bearer $READER" "$at/api/v1/$what"
  echo
done
