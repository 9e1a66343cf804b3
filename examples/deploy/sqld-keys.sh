#!/bin/sh
# Makes the keys of an sqld in a new folder: sqld-keys.sh /etc/sqld
#
#   jwt.key, jwt.pem   Ed25519: signs tokens, verifies them (--auth-jwt-key-file)
#   token              TURSO_AUTH_TOKEN: reads and writes
#   token.read         reads only, for reports on a replica
#   ca.*               signs the two certificates; keep ca.key elsewhere
#   primary.*          the primary's certificate for replicas; sqld asks for the name "sqld" in it
#   replica.*          the replica's certificate for the primary
set -eu
umask 077
mkdir "$1"
cd "$1"

openssl genpkey -algorithm ed25519 -out jwt.key
openssl pkey -in jwt.key -pubout -out jwt.pem

base64url() { basenc --base64url -w0 | tr -d =; }
token() {
  signed="$(printf '{"alg":"EdDSA","typ":"JWT"}' | base64url).$(printf '%s' "$1" | base64url)"
  printf '%s' "$signed" > signed
  printf '%s.%s\n' "$signed" "$(openssl pkeyutl -sign -rawin -inkey jwt.key -in signed | base64url)"
  rm signed
}
token '{"a":"rw"}' > token
token '{"a":"ro"}' > token.read

openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj "/CN=Annyeong sqld CA" \
  -keyout ca.key -out ca.pem 2>/dev/null
for name in primary replica; do
  openssl req -newkey rsa:3072 -nodes -subj "/CN=$name" -keyout "$name.key" -out "$name.csr" 2>/dev/null
  echo "subjectAltName=DNS:sqld" > "$name.ext"
  openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 \
    -extfile "$name.ext" -out "$name.pem" 2>/dev/null
  rm "$name.csr" "$name.ext"
done
echo "keys are in $1"
