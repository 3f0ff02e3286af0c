#!/bin/sh
# Install what Voltaro needs into the checkout: .venv (Python) and node_modules (npm).
#
#   ./bootstrap.sh runtime    what `make up` needs
#   ./bootstrap.sh dev        what `make test` needs on top
#
# Nothing happens when the lock files have not changed since the last time.
# Progress goes to standard error; a missing tool is named in one line.
set -eu
cd "$(dirname "$0")"
kind=${1:-runtime}

say() { printf 'voltaro: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] ||
    fail "the embedded stack needs Linux on x86-64, this is $(uname -s) on $(uname -m)"

missing=
python=
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    missing="$missing python3.11+"
elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    missing="$missing python3-venv"
fi
if ! command -v node >/dev/null 2>&1; then
    missing="$missing nodejs20+"
elif [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
    missing="$missing nodejs20+(found:$(node --version))"
fi
command -v npm >/dev/null 2>&1 || missing="$missing npm"
[ -z "$missing" ] || fail "missing on this machine:$missing (install these and run make again)"

# One installation at a time: a second `make` waits here for the first.
exec 9>.bootstrap.lock
flock 9

fingerprint() { cat "$@" | sha256sum | cut -d' ' -f1; }
is_done() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

runtime=$(fingerprint requirements.txt)
dev=$(fingerprint requirements.txt requirements-dev.txt)
if [ "$kind" = dev ]; then python_want=$dev; else python_want=$runtime; fi
python_stamp=.venv/.installed-$kind
# A virtual environment does not survive being moved, its Python being removed, or a Ctrl-C while
# it was made: .made is written last.
is_whole() {
    { [ -f .venv/.made ] || [ -f .venv/.installed-runtime ]; } &&
        .venv/bin/python -c 'import pathlib, sys, pip
sys.exit(pathlib.Path(sys.prefix).resolve() != pathlib.Path(".venv").resolve())' 2>/dev/null
}
if [ -e .venv ] && ! is_whole; then
    say "the virtual environment .venv is broken or was moved: making it again"
    rm -f .venv/.made .venv/.installed-*
    rm -rf .venv
fi
if ! is_done "$python_stamp" "$python_want"; then
    say "installing Python packages into .venv ($kind) ..."
    [ -e .venv ] || "$python" -m venv .venv || {
        rm -rf .venv
        fail "could not make the virtual environment .venv (see above)"
    }
    touch .venv/.made
    # A half-finished change is not what any stamp says.
    rm -f .venv/.installed-*
    if [ "$kind" = dev ]; then list=requirements-dev.txt; else list=requirements.txt; fi
    .venv/bin/python -m pip install --disable-pip-version-check --no-input \
        --progress-bar off --require-hashes --only-binary :all: -r "$list" >&2 ||
        fail "pip could not install $list (see above): check the network and run make again"
    printf '%s\n' "$runtime" >.venv/.installed-runtime
    if [ "$kind" = dev ]; then printf '%s\n' "$dev" >.venv/.installed-dev; fi
fi

npm_want=$(fingerprint package.json package-lock.json)
if [ "$kind" = dev ]; then omit=; else omit=--omit=dev; fi
if ! is_done "node_modules/.installed-$kind" "$npm_want"; then
    say "installing npm packages into node_modules ($kind) ..."
    rm -f node_modules/.installed-*
    # shellcheck disable=SC2086 # no argument at all when nothing is left out
    npm ci --no-fund --no-audit --loglevel=error $omit >&2 ||
        fail "npm ci failed (see above): check the network and run make again"
    mkdir -p node_modules
    printf '%s\n' "$npm_want" >node_modules/.installed-runtime
    if [ "$kind" = dev ]; then printf '%s\n' "$npm_want" >node_modules/.installed-dev; fi
fi

# HAProxy, which the tests put before several bridges: Debian's package, unpacked without rights.
if [ "$kind" = dev ] && ! command -v haproxy >/dev/null 2>&1 && [ ! -e .venv/debian/.done ] &&
    command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1; then
    say "unpacking haproxy into .venv/debian ..."
    # A shell of its own, for `set -e` is off to the left of ||.
    # shellcheck disable=SC2016 # expanded in there
    sh -eu -c '
        rm -rf .venv/debian
        mkdir -p .venv/debian/lists/partial .venv/debian/cache/archives/partial
        cd .venv/debian
        here=$(pwd)
        apt() {
            program=$1
            shift
            "$program" -qq -o Dir::State::lists="$here/lists" -o Dir::Cache="$here/cache" \
                -o APT::Sandbox::User= "$@"
        }
        apt apt-get update
        # What it needs beyond what every Debian has.
        libraries=$(apt apt-cache depends --recurse --no-recommends --no-suggests \
            --no-conflicts --no-breaks --no-replaces --no-enhances haproxy |
            grep -E "^lib(lua|opentracing)")
        apt apt-get download haproxy $libraries
        for package in *.deb; do dpkg -x "$package" .; done
        rm -rf lists cache ./*.deb
        touch .done
    ' >&2 || say "haproxy could not be had (see above): tests with several bridges will say so"
fi

# veraPDF, which the tests ask whether a PDF is PDF/A-3: from Maven's repository, where there is
# Maven and Java.
if [ "$kind" = dev ] && command -v mvn >/dev/null 2>&1 && command -v java >/dev/null 2>&1; then
    verapdf_want=$(fingerprint tests/verapdf/pom.xml)
    if ! is_done .venv/verapdf/.done "$verapdf_want"; then
        say "copying veraPDF into .venv/verapdf ..."
        rm -rf .venv/verapdf
        if mvn -f tests/verapdf/pom.xml -q -B \
            dependency:copy-dependencies "-DoutputDirectory=$(pwd)/.venv/verapdf" >&2; then
            printf '%s\n' "$verapdf_want" >.venv/verapdf/.done
        else
            say "veraPDF could not be had (see above): tests of PDFs will say so"
        fi
    fi
fi
