# The world of one session: a network with nothing but a loopback, a home, and the registries that the pages speak of.
# Everything that is started here ends with the session, and no mount is seen outside of it.
#
# world.sh WORLD DATA HOST...
set -eu
export WORLD=$1 DATA=$2
shift 2

ip link set lo up
{
    echo 127.0.0.1 localhost
    printf '127.0.0.1 %s\n' "$@"
} >"$WORLD/hosts"
mount --bind "$WORLD/hosts" /etc/hosts
mount -t tmpfs tmpfs /run
mkdir -p "$WORLD/home/ann/work"
mount --bind "$WORLD/home" /home

export HOME=/home/ann USER=ann TZ=UTC
export PATH="$WORLD/bin:$DATA/bin:$PATH"
export SSL_CERT_FILE="$WORLD/authority.pem"
cd "$HOME/work"

# Waits until something listens on a port of the loopback.
listens() {
    for _ in $(seq 600); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
        sleep 0.1
    done
    echo "nothing listens on $1" >&2
    tail -n 5 "$WORLD"/*.log >&2
    exit 1
}

# Waits until more than so many bytes were printed.
speaks() {
    for _ in $(seq 600); do
        if [ "$(stat -c %s "$WORLD/printed")" -gt "$1" ]; then return; fi
        sleep 0.1
    done
    return 1
}

# A registry of the reference implementation: distribution PORT [FURTHER LINES OF ITS CONFIGURATION]
distribution() {
    {
        printf 'version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n'
        printf 'storage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}\n' "$WORLD/registry-$1"
        printf 'http: {addr: "127.0.0.1:%s", secret: harbour}\n%s\n' "$1" "${2-}"
    } >"$WORLD/registry-$1.yml"
    docker-registry serve "$WORLD/registry-$1.yml" >"$WORLD/registry-$1.log" 2>&1 &
    registry=$!
    listens "$1"
}

# All registries of other names, as one server; its users are told apart by password only.
others() {
    : >"$WORLD/users"
    for user in ann oauth2accesstoken _json_key NCPACCESSKEY 00000000-0000-0000-0000-000000000000 AWS; do
        htpasswd -nbB -C 4 "$user" "canary of $user" >>"$WORLD/users"
    done
    local names=()
    for host in "$@"; do
        [[ $host = *docker.io ]] || names+=(--name "$host")
    done
    LUGGER_STORE="$WORLD/others" lugger serve --addr 127.0.0.1:443 "${names[@]}" \
        --cert "$WORLD/hosts.pem" --key "$WORLD/hosts.key" --htpasswd "$WORLD/users" >"$WORLD/others.log" 2>&1 &
    listens 443
}

# Makes an image with so many bytes that cannot be compressed, and puts it there: image REF BYTES [OPTION...]
image() (
    export LUGGER_STORE="$WORLD/making" SOURCE_DATE_EPOCH=1795168800
    mkdir -p "$WORLD/layer"
    python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(sys.argv[1]).randbytes(int(sys.argv[1])))' \
        "$2" >"$WORLD/layer/cargo"
    lugger append scratch --layer "$WORLD/layer:/srv" --cmd /srv/cargo -t "$1" --push -q "${@:3}" >/dev/null
)

# Ends what was started in the background and waits for it: ends PID
ends() {
    kill "$1"
    wait "$1"
} 2>/dev/null

# Runs the workflow of a heading, with these values for what its system sets.
workflow() {
    /usr/bin/python3 "$DATA/workflow.py" "$BLOCKS".*.yaml "${VALUES[@]}"
}

# A Docker Engine at the usual place.
engine() {
    dockerd --iptables=false --ip-forward=false --ip-masq=false --bridge=none --data-root "$WORLD/docker" \
        >"$WORLD/dockerd.log" 2>&1 &
    for _ in $(seq 600); do
        if docker version >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    cat "$WORLD/dockerd.log" >&2
    exit 1
}

HOSTS=("$@")
set +eu
. "$WORLD/session.sh"
exit 0
