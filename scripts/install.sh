#!/usr/bin/env bash
# Installs runner and the pipelines, so that the README's commands work from any folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dependencies.sh
source scripts/dependencies.sh

usage() {
    cat <<'USAGE'
Usage: scripts/install.sh [PREFIX] [--no-install]

Builds runner in release mode and puts it into PREFIX/bin, and the pipelines into PREFIX/share/sluice, where
runner looks for files that are not in the current folder.
PREFIX is /usr/local for root and ~/.local otherwise. --no-install: say which packages are missing instead of
installing them.
USAGE
}

prefix=""
install=yes
for argument in "$@"; do
    case $argument in
    -h | --help)
        usage
        exit 0
        ;;
    --no-install) install=no ;;
    -*)
        usage >&2
        die "unknown option $argument"
        ;;
    *) prefix=$argument ;;
    esac
done
if [[ -z $prefix ]]; then
    if ((EUID == 0)); then prefix=/usr/local; else prefix=$HOME/.local; fi
fi

ensure_packages "$install" "${build_packages[@]}"
[[ -n $(build_traits) ]] || say "Without libmicrohttpd-dev runner has no probes and metrics (http.listen)"
runner=$(build_runner)
install -d "$prefix/bin" "$prefix/share/sluice/pipelines"
install -m 755 "$runner" "$prefix/bin/runner"
install -m 644 pipelines/*.json "$prefix/share/sluice/pipelines/"
say "Installed $prefix/bin/runner and $prefix/share/sluice/pipelines"
case ":$PATH:" in
*":$prefix/bin:"*) say "Try: runner --help" ;;
*) say "Add it to your PATH: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
