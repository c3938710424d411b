internal import Cameras
internal import Detections
internal import Domain
private import Foundation
internal import Frames
private import Plumbing
internal import Recordings
internal import Store
internal import Streaming
internal import WebAPI

/// What `/metrics` tells of everything but the web server itself. The list in `docs/metrics.md` is held against it.
struct ServerMetrics: MetricsSource {
    let system: System
    let streaming: StreamingCounts
    /// What retention keeps free; nil: nothing.
    let leastFreeBytes: Int64?

    func write(to metrics: inout MetricsText) {
        metrics.metric("spectrax_build_info", .gauge, "1, with the version as label.")
        metrics.sample(1, ["version": SpectraxServer.version])
        writeProcess(&metrics)
        writeCameras(&metrics)
        writeDetector(&metrics)
        writeRecorders(&metrics)
        writeStore(&metrics)
        writeStreaming(&metrics)
    }

    var entries: [(path: String, entry: System.Entry)] {
        system.paths.compactMap { path in system.entries[path].map { (path.rawValue, $0) } }
    }

    private func each(
        _ metrics: inout MetricsText, _ name: String, _ kind: MetricsText.Kind, _ help: String,
        _ value: (System.Entry) -> Double?
    ) {
        metrics.metric(name, kind, help)
        for (path, entry) in entries {
            if let value = value(entry) { metrics.sample(value, ["camera": path]) }
        }
    }

    private func writeCameras(_ metrics: inout MetricsText) {
        each(&metrics, "spectrax_camera_up", .gauge, "1 while packets arrive, 0 otherwise.") { entry in
            if case .running = entry.pipeline.camera.status.state { 1 } else { 0 }
        }
        each(&metrics, "spectrax_camera_frames_per_second", .gauge, "Pictures that arrive, over some seconds.") {
            $0.pipeline.camera.status.framesPerSecond
        }
        each(&metrics, "spectrax_camera_received_packets_total", .counter, "Compressed packets from the camera.") {
            Double($0.pipeline.camera.status.receivedPackets)
        }
        each(&metrics, "spectrax_camera_received_bytes_total", .counter, "Payload of these packets.") {
            Double($0.pipeline.camera.status.receivedBytes)
        }
        each(&metrics, "spectrax_camera_connections_total", .counter, "Connections made to the camera, or by it.") {
            Double($0.pipeline.camera.status.connections)
        }
        each(
            &metrics, "spectrax_camera_consumers", .gauge,
            "Queues of the packet hub: recorder, decoder, readers, viewers."
        ) { Double($0.pipeline.camera.hub.subscriberCount) }
        each(
            &metrics, "spectrax_camera_dropped_packets_total", .counter,
            "Packets that consumers lost because they lagged."
        ) { Double($0.pipeline.camera.hub.droppedPackets) }
        each(&metrics, "spectrax_camera_decoded_frames_total", .counter, "Pictures decoded.") {
            Double($0.pipeline.tap.decodedFrames)
        }
        each(&metrics, "spectrax_camera_damaged_packets_total", .counter, "Packets that could not be decoded.") {
            Double($0.pipeline.tap.damagedPackets)
        }
        each(&metrics, "spectrax_camera_analysed_frames_total", .counter, "Pictures that went through the detector.") {
            Double($0.pipeline.findings.analysedFrames)
        }
        metrics.metric("spectrax_camera_tracks_total", .counter, "Confirmed tracks, by class.")
        for (path, entry) in entries {
            for (name, count) in entry.pipeline.findings.objects.sorted(by: { $0.key < $1.key }) {
                metrics.sample(count, ["camera": path, "class": name])
            }
        }
    }

    private func writeDetector(_ metrics: inout MetricsText) {
        let scheduler = system.scheduler
        let counters = scheduler?.counters ?? DetectionScheduler.Counters()
        var isReady = false
        if case .ready? = scheduler?.state { isReady = true }
        metrics.single(
            "spectrax_detector_enabled", .gauge, scheduler == nil ? 0 : 1, "1 when the settings want pictures analysed."
        )
        metrics.single("spectrax_detector_up", .gauge, isReady ? 1 : 0, "1 while the detector can analyse pictures.")
        metrics.metric("spectrax_detector_inference_seconds", .histogram, "Time of an analysis, from picture to boxes.")
        metrics.sample(counters.durations)
        metrics.single("spectrax_detector_failures_total", .counter, counters.failed, "Analyses that failed.")
        metrics.single(
            "spectrax_detector_replaced_frames_total", .counter, counters.replaced,
            "Pictures not analysed because a newer one of the camera came.")
        metrics.single(
            "spectrax_detector_expired_frames_total", .counter, counters.expired,
            "Pictures not analysed because they had waited too long.")
    }

    private func writeRecorders(_ metrics: inout MetricsText) {
        let names = ["idle", "recording", "failing"]
        metrics.metric("spectrax_recorder_state", .gauge, "1 for the state that the camera's recorder is in.")
        for (path, entry) in entries {
            guard let state = entry.recorder?.status.state else { continue }
            let now =
                switch state {
                case .idle: names[0]
                case .recording: names[1]
                case .failing: names[2]
                }
            for name in names { metrics.sample(name == now ? 1 : 0, ["camera": path, "state": name]) }
        }
        let counters: [(String, MetricsText.Kind, String, (Recorder.Status) -> Double)] = [
            ("spectrax_recorder_clips_total", .counter, "Clips begun.", { Double($0.clips) }),
            ("spectrax_recorder_failures_total", .counter, "How often writing failed.", { Double($0.failures) }),
            (
                "spectrax_recorder_dropped_packets_total", .counter,
                "Packets lost because the disk was slower than the camera.", { Double($0.droppedPackets) }
            ),
            (
                "spectrax_recorder_refused_packets_total", .counter, "Packets that MP4 would not take.",
                { Double($0.refusedPackets) }
            ),
            (
                "spectrax_recorder_dropped_actions_total", .counter, "Event actions lost because the disk stood still.",
                { Double($0.droppedActions) }
            ),
            ("spectrax_recorder_preroll_seconds", .gauge, "What the pre-roll holds.", { $0.preRollSeconds }),
            ("spectrax_recorder_preroll_bytes", .gauge, "Memory that the pre-roll takes.", { Double($0.preRollBytes) }),
            (
                "spectrax_recorder_preroll_shortenings_total", .counter,
                "How often the pre-roll was cut short by its bound in bytes.", { Double($0.preRollShortenings) }
            ),
        ]
        for (name, kind, help, value) in counters {
            each(&metrics, name, kind, help) { $0.recorder.map { value($0.status) } }
        }
        let finisher = system.recording?.counters ?? ClipFinisher.Counters()
        metrics.single("spectrax_clips_finished_total", .counter, finisher.finished, "Clips completed and listed.")
        metrics.single(
            "spectrax_clips_empty_total", .counter, finisher.empty, "Clips removed as nothing in them plays.")
        metrics.single(
            "spectrax_clips_failed_attempts_total", .counter, finisher.failedAttempts,
            "Attempts to complete a clip that failed.")
        metrics.single(
            "spectrax_clips_postponed_total", .counter, finisher.postponed, "Clips left for the next start.")
        metrics.single("spectrax_clips_waiting", .gauge, finisher.waiting, "Clips that wait to be completed.")
    }

    private func writeStore(_ metrics: inout MetricsText) {
        // A database that cannot be read has no samples: alerts watch for that.
        let usage = try? system.store.retentionUsage()
        metrics.metric("spectrax_recordings", .gauge, "Recordings with files, by camera.")
        let cameras = (usage?.cameras ?? [:]).sorted { $0.key < $1.key }
        for (path, amount) in cameras { metrics.sample(amount.recordings, ["camera": path]) }
        metrics.metric("spectrax_recordings_bytes", .gauge, "Bytes of their clips, by camera.")
        for (path, amount) in cameras { metrics.sample(amount.bytes, ["camera": path]) }
        metrics.metric("spectrax_storage_free_bytes", .gauge, "What the volume of the recordings has free.")
        if let free = usage?.freeBytes { metrics.sample(free) }
        metrics.metric("spectrax_storage_least_free_bytes", .gauge, "What retention keeps free there.")
        if let leastFreeBytes { metrics.sample(leastFreeBytes) }
        metrics.single("spectrax_storage_up", .gauge, usage == nil ? 0 : 1, "1 when the database answers.")
    }

    private func writeStreaming(_ metrics: inout MetricsText) {
        let counts = streaming.snapshot
        metrics.single("spectrax_rtsp_connections", .gauge, counts.connections, "RTSP connections that are open.")
        metrics.single("spectrax_rtsp_publishers", .gauge, counts.publishers, "Streams that are published.")
        metrics.single("spectrax_rtsp_readers", .gauge, counts.readers, "Streams that are read.")
        metrics.single("spectrax_rtsp_sent_bytes_total", .counter, counts.sentBytes, "Bytes sent to readers.")
        metrics.single(
            "spectrax_rtsp_received_bytes_total", .counter, counts.receivedBytes, "Bytes received from publishers.")
        metrics.single(
            "spectrax_rtsp_reader_skips_total", .counter, counts.skips,
            "Times that a reader lagged and went on at a key frame.")
        metrics.single(
            "spectrax_rtsp_readers_dropped_total", .counter, counts.droppedReaders,
            "Readers dropped because they took in nothing.")
        metrics.single(
            "spectrax_rtsp_refusals_total", .counter, counts.refusals, "Requests without the right credentials.")
        metrics.single(
            "spectrax_rtsp_refused_connections_total", .counter, counts.refusedConnections,
            "Connections refused because there were too many.")
        metrics.single(
            "spectrax_rtsp_lost_packets_total", .counter, counts.lostPackets,
            "Packets of publishers that were lost on the way.")
    }

    private func writeProcess(_ metrics: inout MetricsText) {
        let now = Date().timeIntervalSince1970
        let up = (ContinuousClock.now - system.startedAt).components
        metrics.metric("process_start_time_seconds", .gauge, "When the process began, seconds since 1970.")
        metrics.sample((now - Double(up.seconds) - Double(up.attoseconds) / 1e18).rounded())
        metrics.metric("process_cpu_seconds_total", .counter, "User and system time.")
        // POSIX: a million to the second, whatever the clock counts in.
        metrics.sample(Double(clock()) / 1_000_000)
        metrics.metric("process_resident_memory_bytes", .gauge, "Resident memory.")
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
            .dropFirst()
        if let pages = pages?.first.flatMap({ Double($0) }) { metrics.sample(pages * Double(getpagesize())) }
        metrics.metric("process_open_fds", .gauge, "Open file descriptors.")
        if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            metrics.sample(open.count)
        }
    }
}
