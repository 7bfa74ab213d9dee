#!/bin/sh

# Polls the gateway until a task is finished, with curl alone:
#
#     poll.sh URL TASK_ID [DEADLINE [GRACE]]
#
# URL is the gateway's location, without a query.  DEADLINE: seconds until it
# gives up (1200); GRACE: seconds for which a task may be unknown (30).
#
# Exits with 0 where the task succeeded and 3 where it failed, the answer on
# standard output; 2 where the request is refused, 4 where there is no such
# task, 5 at the deadline.  Standard error tells of each step.

url=$1 task=$2 deadline=${3:-1200} grace=${4:-30}

case $url in
    http://?* | https://?*) ;;
    *) task= ;;
esac

if [ -z "$task" ]; then
    echo 'usage: poll.sh URL TASK_ID [DEADLINE [GRACE]]' >&2
    exit 2
fi

dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM


# One request: $status, 000 where no answer came; $dir/head and $dir/body.
# A gateway may hold the request for up to 25 s, see docs/polling.md.

ask() {
    limit=$((end - $(date +%s)))
    [ "$limit" -lt 45 ] || limit=45
    [ "$limit" -gt 0 ] || limit=1

    : > "$dir/head"
    : > "$dir/body"
    status=$(curl -s --get --data-urlencode "taskId=$task" \
        -H 'Accept: application/json' -H 'Prefer: wait=25' \
        --max-time "$limit" -D "$dir/head" -o "$dir/body" \
        -w '%{http_code}' "$url") || status=000
}


# A header field of the answer, its name in small letters.

field() {
    tr -d '\r' < "$dir/head" | awk -v "name=$1:" '
        index(tolower($0), name) == 1 { value = substr($0, length(name) + 1) }
        END { gsub(/^ +| +$/, "", value); print value }'
}


# The string of that key, where it is first; jq would do it too.

string() {
    tr -d '\n' < "$dir/body" | awk -v "key=\"$1\" *: *\"" '
        match($0, key "[^\"]*") {
            value = substr($0, RSTART, RLENGTH)
            sub(key, "", value)
            print value
        }'
}


# What the answer asks for, else 1, 2, 4 ... 30 s, and some of it at random.

pause() {
    seconds=$(field retry-after)

    case $seconds in
        '' | *[!0-9]* | ??????*) ;;
        *) return ;;
    esac

    if [ "$status" = 200 ]; then
        seconds=5
        [ -z "$(field preference-applied)" ] || seconds=0
        return
    fi

    failures=$((failures + 1))
    seconds=30
    [ "$failures" -gt 5 ] || seconds=$((1 << (failures - 1)))
    random=$(od -An -N2 -tu2 /dev/urandom)
    seconds=$((seconds - random % (seconds / 2 + 1)))
}


# Not before a second after the last request, whatever was said.

again() {
    now=$(date +%s)
    [ $((asked + 1)) -le $((now + seconds)) ] || seconds=1
    echo "poll: $1, again in $seconds s" >&2

    if [ $((now + seconds)) -ge "$end" ]; then
        echo "poll: not finished after $deadline s" >&2
        exit 5
    fi

    sleep "$seconds"
}


stop() {
    echo "poll: $status, $(string message)" >&2
    exit "$1"
}


poll() {
    end=$(($(date +%s) + deadline))
    failures=0
    unknown=

    while :; do
        asked=$(date +%s)
        ask
        pause

        case $status in
            200)
                state=$(string workflowStatus)
                unknown=
                failures=0

                case $state in
                    SUCCESS) cat "$dir/body"; exit 0 ;;
                    FAILED) cat "$dir/body"; exit 3 ;;
                esac

                # CREATED, PROCESSING, and what may come to be one day
                again "${state:-no state}"
                ;;
            404)
                # it may not be there yet, just after the upload
                : "${unknown:=$asked}"
                [ $((asked - unknown)) -lt "$grace" ] || stop 4
                again 'no such task yet'
                ;;
            000 | 429 | 5??)
                again "$status"
                ;;
            *)
                stop 2
                ;;
        esac
    done
}


poll
