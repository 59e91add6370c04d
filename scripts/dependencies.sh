# Sourced by the other scripts: what the project needs of the system, and how to get it.
# shellcheck shell=bash

# Read by whoever sources this file.
# shellcheck disable=SC2034
build_packages=(librdkafka-dev libsqlite3-dev libsimdjson-dev)
# shellcheck disable=SC2034
test_packages=(kcat shellcheck curl xz-utils libmicrohttpd-dev prometheus)

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

# missing_packages PACKAGE… prints those that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || printf '%s\n' "$package"
    done
}

# ensure_packages INSTALL PACKAGE… installs what is missing, or says so if INSTALL is "no".
ensure_packages() {
    local install=$1
    shift
    local missing=() sudo=()
    command -v dpkg-query >/dev/null || {
        say "This is no Debian: make sure that these are installed: $*"
        return
    }
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} > 0)) || return 0
    if [[ $install == no ]]; then
        die "missing packages. Install them with: sudo apt-get install ${missing[*]}"
    fi
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "not root and no sudo. As root: apt-get install ${missing[*]}"
        sudo=(sudo)
    fi
    say "Installing ${missing[*]}"
    "${sudo[@]}" apt-get update -qq >&2 || say "apt-get update failed; trying with the lists there are"
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
        die "could not install ${missing[*]}"
}

ensure_swift() {
    command -v swift >/dev/null ||
        die "no Swift toolchain on PATH. Install Swift 6.3 or later from https://www.swift.org/install/linux/"
}

# build_traits prints the options that turn on what the packages that are there allow, one a line: every build of a checkout
# must have the same ones, or SwiftPM begins anew.
build_traits() {
    if pkg-config --exists libmicrohttpd 2>/dev/null; then printf '%s\n' --traits Probes; fi
}

# build_product PRODUCT builds a product for release. SwiftPM's progress goes to stderr.
build_product() {
    local traits
    mapfile -t traits < <(build_traits)
    swift build -c release "${traits[@]}" --product "$1" >&2
}

# build_runner builds the release binary and prints its path. SwiftPM's progress goes to stderr.
build_runner() {
    ensure_swift
    say "Building runner (release; a few minutes the first time)"
    build_product runner || die "the build failed"
    printf '%s/runner\n' "$(swift build -c release --show-bin-path)"
}
