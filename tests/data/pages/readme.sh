# What has to be there before the commands of README.md are typed, by heading.

## Everyday
distribution 5000
image localhost:5000/team/app:1.4.2 3000000
lugger tag --remote localhost:5000/team/app:1.4.2 localhost:5000/team/app:latest


## Scripts and CI
others "${HOSTS[@]}"
TOKEN='canary of ann'
lugger tag localhost:5000/team/app:1.4.2 ghcr.io/acme/app:1.4.2

## Files
engine
lugger save localhost:5000/team/app:1.4.2 | docker load >/dev/null
docker tag localhost:5000/team/app:1.4.2 app:1 >/dev/null
lugger tag localhost:5000/team/app:1.4.2 web:2

## Images without a build
mkdir certs
cp "$SSL_CERT_FILE" certs/harbour.crt
echo "$TOKEN" | lugger login registry.example -u ann --password-stdin >/dev/null 2>&1
image registry.example/library/debian:12 2000

## A registry of one's own
ends "$registry"

## Large images, bad networks
ends $!
distribution 5000
python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(7).randbytes(5000000))' >more
SOURCE_DATE_EPOCH=1795255200 lugger append store:localhost:5000/team/app:1.4.2 --layer ./more:/srv/more \
    -t localhost:5000/other/app:2 -q --progress none >/dev/null

## Deleting
image localhost:5000/team/app:1.4.1 1000
lugger tag --remote localhost:5000/team/app:1.4.1 localhost:5000/team/app:stable

## Exit status
image localhost:5000/team/base:12 2000 --platform linux/amd64 --platform linux/arm64/v8

## Progress for programs
image localhost:5000/team/app:1.4.1 1000
