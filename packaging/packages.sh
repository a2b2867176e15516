#!/usr/bin/env bash
# Install those of the named Debian packages that are missing. Needs root or sudo only if something is missing.
#   packaging/packages.sh build        what the build needs
#   packaging/packages.sh test         what tests/run.sh needs besides
#   packaging/packages.sh NAME...      any packages
set -euo pipefail

build=(gcc libc6-dev meson ninja-build pkg-config libuv1-dev libcurl4-openssl-dev libssl-dev libjansson-dev libinih-dev
       zlib1g-dev libsystemd-dev libmsgpack-dev libcmocka-dev python3)
tests=(clang llvm libclang-rt-14-dev procps shellcheck)

case "${1:-}" in
    build) want=("${build[@]}") ;;
    test) want=("${build[@]}" "${tests[@]}") ;;
    "" | -*) echo "packages.sh: name a group (build, test) or packages" >&2; exit 2 ;;
    *) want=("$@") ;;
esac

missing=()
for package in "${want[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "packages.sh: apt-get is not here; install the equivalents of: ${missing[*]}" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "packages.sh: run as root or with sudo, to install: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "installing: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}
{ "${as_root[@]}" apt-get update && install; } >"$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; }
