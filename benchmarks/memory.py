"""Memory of the running server over an hour: a file camera that is analysed, an RTSP camera, and viewers that come and go."""
import argparse
import time

import bench
import server

# Growth from the median of the second quarter to that of the last: what an allocator needs to settle is over by then.
BAR = 5.0


def median(values):
    return sorted(values)[len(values) // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    options = parser.parse_args()
    table = bench.Table("memory")
    video, model = bench.vtest(), bench.model()
    if video is None or model is None:
        return bench.skip("memory", "needs vtest and a model (scripts/setup.sh)")
    server.make_footage()
    resident = []
    with server.rtsp_peer() as url:
        cameras = [server.file_camera(video), server.rtsp_camera(url, 0)]
        with server.Server(cameras, model) as running:
            running.wait("all cameras", lambda: running.all_run(len(cameras)))
            end = time.monotonic() + 60 * options.minutes
            while time.monotonic() < end:
                # Half of the time somebody watches.
                with server.Viewers(running.port, "video/rtsp-0", 3):
                    time.sleep(10)
                time.sleep(10)
                resident.append(running.resident())
    quarter = len(resident) // 4
    early, late = median(resident[quarter:2 * quarter]), median(resident[-quarter:])
    growth = 100 * (late - early) / early
    table.add(f"Memory over {options.minutes:.0f} minutes, two cameras, viewers coming and going",
              f"{early:.0f} MB in the second quarter, {late:.0f} MB in the last ({growth:+.1f} %)", f"<= +{BAR:.0f} %",
              growth <= BAR)


if __name__ == "__main__":
    main()
