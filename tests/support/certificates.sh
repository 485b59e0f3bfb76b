#!/usr/bin/env bash
# Certificates for tests, made anew at each run, so that none committed can expire.
set -euo pipefail

usage() {
    cat <<'END'
usage: certificates.sh DIR

Makes in DIR, as NAME.pem with its key NAME.key:

  ca, other-ca     two authorities; all below is the first one's unless said otherwise
  server           for localhost, 127.0.0.1 and ::1
  name-only        for localhost, and no address
  wrong-name       for elsewhere.example
  wrong-ip         for 192.0.2.1
  expired, not-yet-valid, revoked
  self-signed      by nobody but itself
  stranger         for localhost and 127.0.0.1, by other-ca
  client           of taskwire-client; client-encrypted.key is its key, passphrase "let me in"
  client-expired, client-stranger

and crl.pem, the revocation list of ca.
END
}

dir=''

ca_conf() { # ca_conf NAME: what `openssl ca` wants to know of an authority
    cat <<END
[ca]
default_ca = here
[here]
database = $dir/$1.index
new_certs_dir = $dir
certificate = $dir/$1.pem
private_key = $dir/$1.key
rand_serial = yes
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
END
}

make_key() { # make_key NAME
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$dir/$1.key"
}

make_ca() { # make_ca NAME
    make_key "$1"
    openssl req -x509 -new -key "$dir/$1.key" -subj "/CN=taskwire test $1" -days 30 \
        -out "$dir/$1.pem"
    ca_conf "$1" >"$dir/$1.conf"
    : >"$dir/$1.index"
}

day() { # day OFFSET: as a certificate writes it
    date -u -d "$1 days" +%y%m%d%H%M%SZ
}

request() { # request NAME COMMON-NAME SAN USAGE
    local -a san=()
    [[ ! $3 ]] || san=(-addext "subjectAltName=$3")
    make_key "$1"
    openssl req -new -key "$dir/$1.key" -subj "/CN=$2" "${san[@]}" \
        -addext "extendedKeyUsage=$4" -out "$dir/$1.csr"
}

sign() { # sign NAME CA FROM-DAY TO-DAY
    openssl ca -batch -notext -config "$dir/$2.conf" -startdate "$(day "$3")" \
        -enddate "$(day "$4")" -in "$dir/$1.csr" -out "$dir/$1.pem"
}

server() { # server NAME SAN [CA FROM-DAY TO-DAY]
    request "$1" "taskwire test $1" "$2" serverAuth
    sign "$1" "${3:-ca}" "${4:--1}" "${5:-30}"
}

client() { # client NAME [CA FROM-DAY TO-DAY]
    request "$1" taskwire-client '' clientAuth
    sign "$1" "${2:-ca}" "${3:--1}" "${4:-30}"
}

make_all() {
    local here=DNS:localhost,IP:127.0.0.1,IP:::1
    make_ca ca
    make_ca other-ca
    server server "$here"
    server name-only DNS:localhost
    server wrong-name DNS:elsewhere.example
    server wrong-ip IP:192.0.2.1
    server expired "$here" ca -10 -2
    server not-yet-valid "$here" ca +2 +10
    server revoked "$here"
    server stranger "$here" other-ca
    make_key self-signed
    openssl req -x509 -new -key "$dir/self-signed.key" -subj "/CN=taskwire test self-signed" \
        -addext "subjectAltName=$here" -days 30 -out "$dir/self-signed.pem"
    client client
    client client-expired ca -10 -2
    client client-stranger other-ca
    openssl pkcs8 -topk8 -in "$dir/client.key" -passout "pass:let me in" \
        -out "$dir/client-encrypted.key"
    openssl ca -config "$dir/ca.conf" -revoke "$dir/revoked.pem"
    openssl ca -config "$dir/ca.conf" -gencrl -out "$dir/crl.pem"
}

main() {
    [[ ${1:-} && $1 != -* ]] || { usage && exit 64; }
    mkdir -p "$1"
    dir=$(cd "$1" && pwd)
    # What was made before goes first: a certificate of an old authority is a riddle.
    find "$dir" -maxdepth 1 -type f \( -name '*.pem' -o -name '*.key' -o -name '*.csr' \
        -o -name '*.conf' -o -name '*.index*' \) -delete
    make_all >"$dir/log" 2>&1 || { cat "$dir/log" >&2 && exit 1; }
}

main "$@"
