# Sourced by the scripts that start a driver with children of its own: it is told to end when the script is.
# shellcheck shell=bash

driver_process=

# run_driver PROGRAM ARGUMENT… runs it to its end and returns its exit code. In the background, because a shell that waits
# for a command in the foreground hears a signal only after it.
run_driver() {
    local status=0
    "$@" &
    driver_process=$!
    wait "$driver_process" || status=$?
    driver_process=
    return "$status"
}

# stop_driver ends it, for the trap at the script's end. The driver kills its own children when it is told to end.
stop_driver() {
    trap - INT TERM
    if [[ -n $driver_process ]]; then
        kill "$driver_process" 2>/dev/null || true
        wait "$driver_process" 2>/dev/null || true
    fi
}

# end_on_signals FUNCTION has the function called at the script's end, also where a signal ends it.
end_on_signals() {
    # shellcheck disable=SC2064
    trap "$1" EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}
