# What has to be there before the commands of README.md are typed, by heading.

## Everyday
distribution 5000
image localhost:5000/team/app:1.4.2 3000000
lugger tag --remote localhost:5000/team/app:1.4.2 localhost:5000/team/app:latest

## Files
engine
lugger save localhost:5000/team/app:1.4.2 | docker load >/dev/null
docker tag localhost:5000/team/app:1.4.2 app:1 >/dev/null
lugger tag localhost:5000/team/app:1.4.2 web:2

## Images without a build
others "${HOSTS[@]}"
mkdir certs
cp "$SSL_CERT_FILE" certs/harbour.crt
for host in ghcr.io registry.example; do
    echo 'canary of ann' | lugger login "$host" -u ann --password-stdin >/dev/null 2>&1
done
image registry.example/library/debian:12 2000

## A registry of one's own
ends "$registry"

## Deleting
ends $!
distribution 5000
image localhost:5000/team/app:1.4.1 1000
lugger tag --remote localhost:5000/team/app:1.4.1 localhost:5000/team/app:stable

## Logins
TOKEN='canary of ann'

## Exit status
image localhost:5000/team/base:12 2000 --platform linux/amd64 --platform linux/arm64/v8
