#!/usr/bin/env bash
# Publishes a release to Muster from a CI pipeline: upload, draft, SBOM, signature, publish. Needs bash, curl and sha256sum
# (or shasum). Run it again after a failure: it goes on where it stopped.
#
#   MUSTER_URL=https://muster.example MUSTER_API_KEY=… \
#   publish-release.sh --file build/gateway-2.1.0.raucb --name gateway --version 2.1.0 --models gw-1,gw-2 \
#     --min-version 1.4.0 --hardware B,C --support-until 2029-12-31 --rollback-index 7 \
#     --notes CHANGELOG.md --sbom build/sbom.cdx.json
#
# --until draft|signed|published says how far to go (default: published); --pass-through makes it a stop that devices
# below it do not skip.
set -euo pipefail

fail() {
  echo "publish-release: $*" >&2
  exit 1
}

file='' name='' version='' models='' min_version='' hardware='' support_until='' notes_file='' sbom=''
rollback_index=0 pass_through=false until=published
while [ $# -gt 0 ]; do
  option=$1
  shift
  case $option in
    --pass-through) pass_through=true && continue ;;
    --file | --name | --version | --models | --min-version | --hardware | --support-until | --rollback-index | --notes | --sbom | --until) ;;
    *) fail "unknown option $option" ;;
  esac
  [ $# -gt 0 ] || fail "$option needs a value"
  case $option in
    --file) file=$1 ;;
    --name) name=$1 ;;
    --version) version=$1 ;;
    --models) models=$1 ;;
    --min-version) min_version=$1 ;;
    --hardware) hardware=$1 ;;
    --support-until) support_until=$1 ;;
    --rollback-index) rollback_index=$1 ;;
    --notes) notes_file=$1 ;;
    --sbom) sbom=$1 ;;
    --until) until=$1 ;;
  esac
  shift
done
: "${MUSTER_URL:?the address of Muster, such as https://muster.example}"
: "${MUSTER_API_KEY:?an API key with release:read, release:write, release:sign and release:publish}"
[ -n "$file" ] && [ -n "$name" ] && [ -n "$version" ] && [ -n "$models" ] ||
  fail '--file, --name, --version and --models are needed'
[ -s "$file" ] || fail "$file is missing or empty"
[ -z "$sbom" ] || [ -s "$sbom" ] || fail "$sbom is missing or empty"
[ -z "$notes_file" ] || [ -r "$notes_file" ] || fail "$notes_file cannot be read"
case $until in draft | signed | published) ;; *) fail '--until is draft, signed or published' ;; esac

base="${MUSTER_URL%/}/api/v1"
chunk=${MUSTER_CHUNK_BYTES:-8388608}
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# In a file, because arguments of a process are seen by everybody on the machine.
printf 'authorization: Bearer %s\n' "$MUSTER_API_KEY" >"$work/key"

# ask METHOD PATH [curl arguments]: the answer goes to $work/body and $work/headers. Returns 1 when it was refused.
ask() {
  local method=$1 path=$2 status
  shift 2
  status=$(curl --silent --show-error --max-time 900 --request "$method" --header @"$work/key" \
    --dump-header "$work/headers" --output "$work/body" --write-out '%{http_code}' "$@" "$base$path") || return 1
  [ "$status" -lt 400 ] && return 0
  echo "publish-release: $method $path was refused ($status): $(cat "$work/body")" >&2
  return 1
}
# The first field of this name in the last answer; answers are JSON on one line.
field() {
  grep -o "\"$1\":\(\"[^\"]*\"\|[0-9]*\)" "$work/body" | head -n 1 | cut -d: -f2- | tr -d '"'
}
etag() {
  tr -d '\r' <"$work/headers" | sed -n 's/^[Ee][Tt][Aa][Gg]: *//p' | tail -n 1
}
# A JSON string of standard input.
quoted() {
  printf '"'
  tr -d '\000-\010\013-\037' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e $'s/\t/\\\\t/g' | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }'
  printf '"'
}
text() {
  printf '%s' "$1" | quoted
}
# A JSON list of words that stand between commas.
list() {
  local word out=''
  while IFS= read -r word; do
    [ -z "$word" ] || out="$out,$(text "$word")"
  done <<<"${1//,/$'\n'}"
  printf '[%s]' "${out#,}"
}

sha256=$( (sha256sum "$file" 2>/dev/null || shasum -a 256 "$file") | cut -d' ' -f1)
size=$(wc -c <"$file" | tr -d ' ')
[ "${#sha256}" -eq 64 ] || fail 'neither sha256sum nor shasum works here'

# The Idempotency-Key makes a repeated run find the artifact and the release of the run before.
ask POST /artifacts --header 'content-type: application/json' --header "idempotency-key: artifact-$sha256" \
  --data-binary "{\"name\":$(text "$(basename "$file")"),\"size\":$size,\"sha256\":\"$sha256\"}" || exit 1
artifact=$(field id)
ask GET "/artifacts/$artifact" || exit 1
received=$(field received)
stumbles=0
while [ "$(field state)" != complete ]; do
  (set +o pipefail && tail -c "+$((received + 1))" "$file" | head -c "$chunk") >"$work/piece"
  to=$((received + $(wc -c <"$work/piece") - 1))
  echo "publish-release: uploading bytes $received to $to of $size"
  if ask PUT "/artifacts/$artifact/content" --header 'content-type: application/octet-stream' \
    --header "content-range: bytes $received-$to/$size" --data-binary @"$work/piece"; then
    stumbles=0
  else
    stumbles=$((stumbles + 1))
    [ "$stumbles" -lt 5 ] || fail 'the upload failed five times in a row'
    sleep "$stumbles"
    ask GET "/artifacts/$artifact" || continue
  fi
  received=$(field received)
done

body="{\"name\":$(text "$name"),\"version\":$(text "$version"),\"models\":$(list "$models"),\"artifactId\":\"$artifact\""
body="$body,\"hardwareRevisions\":$(list "$hardware"),\"passThrough\":$pass_through,\"rollbackIndex\":$rollback_index"
[ -z "$min_version" ] || body="$body,\"minVersion\":$(text "$min_version")"
[ -z "$support_until" ] || body="$body,\"supportUntil\":\"${support_until}T00:00:00.000Z\""
[ -z "$notes_file" ] || body="$body,\"notes\":$(quoted <"$notes_file")"
printf '%s}' "$body" >"$work/release"
ask POST /releases --header 'content-type: application/json' --data-binary @"$work/release" \
  --header "idempotency-key: release-$( (sha256sum "$work/release" 2>/dev/null || shasum -a 256 "$work/release") | cut -d' ' -f1)" || exit 1
release=$(field id)
echo "publish-release: drafted $name $version as $release"

ask GET "/releases/$release" || exit 1
state=$(field state)
if [ -n "$sbom" ] && [ "$state" = draft ]; then
  ask PUT "/releases/$release/sbom" --header 'content-type: application/json' --data-binary @"$sbom" || exit 1
  echo "publish-release: attached $(basename "$sbom")"
fi
# step VERB FROM TO
step() {
  [ "$state" = "$2" ] || return 0
  ask GET "/releases/$release" || exit 1
  ask POST "/releases/$release/$1" --header 'content-type: application/json' --header "if-match: $(etag)" \
    --data-binary '{}' || exit 1
  state=$3
  echo "publish-release: $state $name $version"
}
[ "$until" = draft ] || step sign draft signed
[ "$until" != published ] || step publish signed published
[ "$state" = "$until" ] || [ "$state" = published ] || fail "the release is $state"
echo "publish-release: $release is $state"
