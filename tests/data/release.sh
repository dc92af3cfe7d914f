#!/bin/sh
# A release as a pipeline runs it: no terminal, and every decision by an exit status or by what is on stdout.
# Wants REGISTRY, REPO, VERSION, COMMIT and USERNAME in its environment, and the password on stdin.
set -eu
image=$REGISTRY/$REPO

lugger login "$REGISTRY" --username "$USERNAME" --password-stdin >/dev/null

# A tag that is there is left alone.
status=0
lugger exists "$image:$VERSION" || status=$?
case $status in
0) echo "$VERSION is released already"; exit 0 ;;
3) ;;
*) exit "$status" ;;
esac

bytes=$(lugger push --dry-run --format json "$image:$VERSION" | jq '.[0].toMove.bytes')
pushed=$(lugger push -q "$image:$VERSION" --semver --also-tag "$COMMIT" --also-tag edge --digest-file digest.txt)
lugger wait "$pushed" --timeout 30s
for tag in "$VERSION" "$COMMIT" edge latest; do
    test "$(lugger inspect --format json "$image:$tag" | jq -r .digest)" = "$(cat digest.txt)"
done
test "$pushed" = "$image@$(cat digest.txt)"
echo "released $pushed, $bytes bytes"
