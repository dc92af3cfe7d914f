# What has to be there before the commands of the recipes are typed, by heading.

## GitHub Actions
others "${HOSTS[@]}"
mkdir -p out
printf 'app:\n' >Makefile
echo 'the program' >out/app
VALUES=(
    github.repository=acme/app github.ref_name=v1.4.2 github.actor=ann github.sha=0123abcd
    secrets.GITHUB_TOKEN='canary of ann' GITHUB_OUTPUT=github.out
)

## GitLab CI
login() {
    echo "canary of $2" | lugger login "$1" -u "$2" --password-stdin >/dev/null 2>&1
}
for host in ghcr.io registry.example old.example new.example; do
    login "$host" ann
done
image registry.example/library/debian:12 2000
image old.example/team/app:1.0 1000
image old.example/team/app:2.0 2000
for repository in registry.example/team/app new.example/other/app; do
    lugger copy -q --progress none old.example/team/app:2.0 "$repository:2.0" >/dev/null
done
lugger logout registry.example >/dev/null
VALUES=(
    CI_REGISTRY=registry.example CI_REGISTRY_IMAGE=registry.example/acme/app CI_COMMIT_SHORT_SHA=0123abcd
    CI_COMMIT_REF_SLUG=main CI_REGISTRY_USER=ann CI_REGISTRY_PASSWORD='canary of ann'
)

## Log in to the clouds
echo 'canary of _json_key' >key.json
NCP_ACCESS_KEY=NCPACCESSKEY
NCP_SECRET_KEY='canary of NCPACCESSKEY'
login 123456789012.dkr.ecr.eu-west-1.amazonaws.com AWS
image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:2.0 1000

## A mirror
mkdir -p ~/.config/lugger/certs.d/registry.example
cp "$BLOCKS".*.toml ~/.config/lugger/certs.d/registry.example/hosts.toml
distribution 5001
lugger copy -q --progress none old.example/team/app:2.0 localhost:5001/team/app:2.0 >/dev/null

## Peers in a cluster: Spegel
mkdir -p ~/.config/lugger/certs.d/registry.example
cp "$BLOCKS".*.toml ~/.config/lugger/certs.d/registry.example/hosts.toml
distribution 5000
lugger copy -q --progress none old.example/team/app:2.0 localhost:5000/team/app:2.0 >/dev/null

## Peers in a cluster: Dragonfly
mkdir -p ~/.config/lugger/certs.d/registry.example
cp "$BLOCKS".*.toml ~/.config/lugger/certs.d/registry.example/hosts.toml
distribution 4001
lugger copy -q --progress none old.example/team/app:2.0 localhost:4001/team/app:2.0 >/dev/null

## An image with lugger in it
cp "$(command -v lugger)" lugger
