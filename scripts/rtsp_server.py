#!/usr/bin/python3
"""Serves an H.264 or H.265 MP4 file, looped and not re-encoded, over RTSP or RTSPS: a peer for tests.

Prints {"url": …} as one JSON line when it listens. Ends on SIGTERM, or when standard input closes.
Needs the system's Python with python3-gi, gir1.2-gst-rtsp-server-1.0 and the GStreamer plugins base, good and bad.
"""
import argparse
import json
import pathlib
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

TRANSPORTS = {"udp": GstRtsp.RTSPLowerTrans.UDP, "tcp": GstRtsp.RTSPLowerTrans.TCP}
METHODS = {"basic": GstRtsp.RTSPAuthMethod.BASIC, "digest": GstRtsp.RTSPAuthMethod.DIGEST}


class Footage:
    """The access units of the file, pushed again from the start with times that go on."""

    def __init__(self, path, codec):
        pipeline = Gst.parse_launch(
            f"filesrc name=file ! qtdemux ! {codec}parse config-interval=-1 ! "
            f"video/x-{codec},stream-format=byte-stream,alignment=au ! appsink name=sink sync=false")
        self.codec = codec
        pipeline.get_by_name("file").set_property("location", str(path))
        sink = pipeline.get_by_name("sink")
        pipeline.set_state(Gst.State.PLAYING)
        self.units, self.caps = [], None
        while sample := sink.emit("pull-sample"):
            buffer = sample.get_buffer()
            self.caps = self.caps or sample.get_caps()
            self.units.append((buffer.extract_dup(0, buffer.get_size()), buffer.pts, buffer.dts, buffer.duration))
        pipeline.set_state(Gst.State.NULL)
        if not self.units:
            sys.exit(f"rtsp_server: {path}: no {codec} video")
        self.length = sum(unit[3] for unit in self.units)


class Factory(GstRtspServer.RTSPMediaFactory):
    def __init__(self, footage):
        super().__init__()
        self.footage = footage
        self.set_shared(True)

    def do_create_element(self, url):
        codec = self.footage.codec
        return Gst.parse_launch("( appsrc name=source is-live=true format=time block=false max-bytes=2000000 ! "
                                f"{codec}parse ! rtp{codec}pay name=pay0 pt=96 )")

    def do_configure(self, media):
        source = media.get_element().get_by_name("source")
        source.set_property("caps", self.footage.caps)
        position = {"index": 0}

        def push(source, _):
            loop, index = divmod(position["index"], len(self.footage.units))
            data, pts, dts, duration = self.footage.units[index]
            buffer = Gst.Buffer.new_wrapped(data)
            offset, none = loop * self.footage.length, Gst.CLOCK_TIME_NONE
            buffer.pts = none if pts == none else pts + offset
            buffer.dts = none if dts == none else dts + offset
            buffer.duration = duration
            position["index"] += 1
            source.emit("push-buffer", buffer)

        source.connect("need-data", push)


def protect(auth, factory, method, user, password):
    auth.set_supported_methods(METHODS[method])
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "reader")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    auth.add_digest(user, password, token)
    factory.add_role_from_structure(
        Gst.Structure.from_string("reader, media.factory.access=true, media.factory.construct=true")[0])


def admit_all(auth, factory):
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "anybody")
    auth.set_default_token(token)
    factory.add_role_from_structure(
        Gst.Structure.from_string("anybody, media.factory.access=true, media.factory.construct=true")[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--path", default="camera")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--auth", choices=sorted(METHODS), default="digest", help="with --user (default: digest)")
    parser.add_argument("--transport", choices=sorted(TRANSPORTS), help="accept this one only")
    parser.add_argument("--codec", choices=["h264", "h265"], default="h264", help="of the file (default: h264)")
    parser.add_argument("--certificate", type=pathlib.Path, help="PEM of certificate and key: serves rtsps")
    options = parser.parse_args()
    if (options.user is None) != (options.password is None):
        parser.error("--user and --password go together")
    Gst.init(None)
    factory = Factory(Footage(options.file, options.codec))
    if options.transport:
        factory.set_protocols(TRANSPORTS[options.transport])
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(options.port))
    path = options.path.strip("/")
    scheme = "rtsp"
    if options.user is not None or options.certificate:
        auth = GstRtspServer.RTSPAuth()
        if options.certificate:
            scheme = "rtsps"
            auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(str(options.certificate)))
        if options.user is not None:
            protect(auth, factory, options.auth, options.user, options.password)
        else:
            admit_all(auth, factory)
        server.set_auth(auth)
    server.get_mount_points().add_factory("/" + path, factory)
    loop = GLib.MainLoop()
    if server.attach(None) == 0:
        sys.exit(f"rtsp_server: port {options.port} cannot be bound")
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, loop.quit)

    def standard_input(_, __):
        if not sys.stdin.buffer.read1(4096):
            loop.quit()
            return False
        return True

    GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, standard_input)
    print(json.dumps({"url": f"{scheme}://127.0.0.1:{server.get_bound_port()}/{path}"}), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
