import Cameras
import Domain
import Events
import FFmpeg
import Foundation
import Frames
import Logging
import Plumbing
import Recordings
import ServiceLifecycle

/// The pipeline of one camera without a detector.
struct ProbeRecording {
    let source: String
    let folder: String
    let options: Options

    func run() async throws {
        let path = try StreamPath("video/probe")
        let camera = Camera(path: path, source: Source(try CameraURL(source), loops: true))
        let recorder = try options.value("recorder", 1) > 0 ? makeRecorder(camera) : nil
        recorder?.recorder.start()
        let stop = StopSignal()
        let options = options
        let driver = WorkerThread(name: "driver") {
            Driver(recorder: recorder?.recorder, options: options).run(camera.hub.subscribe(), until: stop)
        }
        let supervisor = ServiceGroup(
            configuration: .init(
                services: [CameraSupervisor([camera], logger: .quiet)],
                logger: .quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await supervisor.run() }
            try await Task.sleep(for: .seconds(options.value("seconds", 1e9)))
            await supervisor.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        recorder?.recorder.stop()
        _ = recorder?.recorder.join(seconds: 10)
        recorder?.finisher.stop()
        _ = recorder?.finisher.join(seconds: 30)
        stop.raise()
        _ = driver.join(seconds: 5)
        tell(recorder?.recorder.status)
    }

    private func makeRecorder(_ camera: Camera) throws -> (recorder: Recorder, finisher: ClipFinisher) {
        let folder = try RecordingFolder(path: folder)
        let sink = RowFiles(folder: folder.path)
        _ = try Recovery(folder: folder, sink: sink, style: .probe, logger: .quiet).run()
        let finisher = ClipFinisher(folder: folder, sink: sink, style: .probe, logger: .quiet)
        finisher.start()
        var rules = EventRules()
        rules.preBufferSeconds = options.value("pre", 2)
        rules.postBufferSeconds = options.value("post", 0.5)
        rules.rest.startUpSeconds = 0
        guard let id = CameraID("00000000-0000-4000-8000-000000000001") else { throw CocoaError(.coderInvalidValue) }
        var configuration = Recorder.Configuration(
            camera: ClipCamera(id: id, path: camera.path, name: "Probe"), rules: rules)
        configuration.maximumClipSeconds = options.value("longest", 300)
        let recorder = Recorder(camera: camera, configuration: configuration, finisher: finisher, logger: .quiet)
        recorder.use(classes: ClassList(["person"]))
        return (recorder, finisher)
    }

    private func tell(_ status: Recorder.Status?) {
        var usage = rusage()
        // 0 is RUSAGE_SELF, which has another type on each system.
        getrusage(0, &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        let cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime)
        print(
            "{\"cpu_seconds\": \(cpu), \"max_rss_kib\": \(usage.ru_maxrss), \"clips\": \(status?.clips ?? 0), "
                + "\"pre_roll_bytes\": \(status?.preRollBytes ?? 0), \"pre_roll_seconds\": \(status?.preRollSeconds ?? 0), "
                + "\"dropped\": \(status?.droppedPackets ?? 0), \"failures\": \(status?.failures ?? 0)}")
    }
}

/// Says what is seen, five times a second of media time, and what was published.
struct Driver {
    let recorder: Recorder?
    let options: Options

    func run(_ subscription: PacketSubscription, until stop: StopSignal) {
        var frame: Frame?
        var decoder: Decoder?
        var latest = -1.0
        while !stop.isRaised {
            guard let packet = subscription.next(waitingAtMostSeconds: 0.5) else { continue }
            let seconds = packet.decodeTime.seconds
            // Unbuffered: what was said is known even when this process is killed.
            let line = Array("P \(seconds)\n".utf8)
            _ = line.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            if frame == nil {
                if decoder == nil { decoder = try? Decoder(packet.stream.parameters, subject: "probe") }
                frame = (try? decoder?.decode(packet.packet))?.first
            }
            guard let frame, seconds - latest >= 0.2 else { continue }
            latest = seconds
            recorder?.observe(
                tracks(at: seconds),
                of: CameraFrame(frame: frame, time: packet.decodeTime, wallSeconds: packet.wallSeconds))
        }
    }

    private func tracks(at seconds: Double) -> [Track] {
        let period = options.value("period", 5)
        let (visit, elapsed) = (Int(seconds / period), seconds.truncatingRemainder(dividingBy: period))
        guard elapsed < options.value("present", 3) else { return [] }
        let x = Float(10 + (elapsed * 40).truncatingRemainder(dividingBy: 200))
        return [
            Track(
                id: TrackID(visit + 1), classIndex: 0, confidence: 0.9,
                box: PixelBox(x1: x, y1: 60, x2: x + 40, y2: 160))
        ]
    }
}
