# packages - the Debian packages that Sealane needs, and how to get them.
#
# Holds:      the one list; `demo` and `check` (and by it .ci/run) read it.
# Trusts:     a POSIX shell and dpkg, which every Debian has.
# Leaves out: building; see docs/HACKING.md.

# Configuring and building; CMake asks for cmocka and python3 in any build.
# gcc only recommends libc6-dev, so it is named here.
packages_build="gcc libc6-dev cmake ninja-build pkg-config python3
    libssl-dev libevent-dev libprotobuf-c-dev protobuf-c-compiler
    libidn2-dev libyajl-dev libyaml-dev libseccomp-dev libsqlite3-dev
    libcmocka-dev"

# The demonstration makes certificates with the openssl command.
packages_demo="$packages_build openssl"

# All tests, the second compiler, the layout, the fuzzers' runtime, what reads
# the OASIS schemas where STIX_SCHEMAS names them.
packages_check="$packages_demo clang libclang-rt-dev clang-format git systemd
    python3-jsonschema"

# How much of the core the tests reach.
packages_coverage="$packages_build gcovr"

# What is asked about the sources beside the compilers' own warnings.
packages_lint="$packages_build clang clang-tidy"

# Print those of the packages $1 that are not installed, one a line.
packages_missing() {
    for package in $1; do
        status=$(dpkg-query -W -f='${db:Status-Status}' "$package" \
            2>/dev/null) || status=none
        [ "$status" = installed ] || echo "$package"
    done
}

# Tell whether this is Debian, or made from it.
packages_debian() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null &&
        grep -qE '^ID(_LIKE)?=.*debian' /etc/os-release
}

# Run a command as root; exit 2 with the command to type where we cannot.
packages_as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "No root and no sudo here. As root, run:" >&2
        echo "  $*" >&2
        exit 2
    fi
}

# Ask on the terminal unless $1 is "yes"; exit 2 on anything but a yes.
packages_ask() {
    [ "$1" = yes ] && return
    if [ ! -t 0 ]; then
        echo "No terminal to ask on; --yes installs them." >&2
        exit 2
    fi
    printf 'Install them now? [y/N] '
    read -r answer || answer=
    case $answer in
    y | Y | yes | Yes) ;;
    *)
        echo "Nothing was installed." >&2
        exit 2
        ;;
    esac
}

# Have all packages $1 installed. $2: "yes" installs without a question, and
# so does CI=true. Ends the script with 2 where they cannot be had.
packages_need() {
    if ! packages_debian; then
        echo "This is not Debian. Sealane needs what Debian calls:" >&2
        echo $1 >&2
        exit 2
    fi
    missing=$(packages_missing "$1" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    echo "Missing Debian packages: $missing"
    [ "${CI:-}" = true ] && set -- "$1" yes
    packages_ask "$2"
    packages_as_root apt-get update -q || exit 2
    # The list of names is split on purpose.
    packages_as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends \
        -o DPkg::Lock::Timeout=120 $missing || exit 2
}
