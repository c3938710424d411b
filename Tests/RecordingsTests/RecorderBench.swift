import Cameras
import Domain
import Events
import FFmpeg
import Foundation
import Frames
import TestSupport
import Testing

@testable import Recordings

/// A recorder whose thread is the test's: time is that of the packets.
final class RecorderBench {
    let clips: ClipBench
    let camera: Camera
    let recorder: Recorder
    let recording: Recording
    let subscription: PacketSubscription
    let finisher: ClipFinisher
    private let frame: Frame
    /// Seconds that an analysis takes.
    var lag = 0.3
    /// Who is seen when: number, from, to.
    var visits: [(id: TrackID, from: Double, to: Double)] = []
    var confidence: (Double) -> Float = { _ in 0.9 }
    /// How often the recorder gets to run, in media time.
    var roundSeconds = 0.25
    /// Whether the recorder's own thread runs instead.
    var usesThread = false
    private var analysed = -1.0
    private var lastRound = -1.0
    private(set) var published: [CameraPacket] = []

    init(
        _ folder: URL, packets: [CameraPacket], queue: PacketSubscription.Limit = .init(),
        change: (inout Recorder.Configuration) -> Void = { _ in }
    ) throws {
        clips = try ClipBench(folder)
        camera = Camera(path: clips.camera.path, source: nil)
        finisher = ClipFinisher(folder: clips.folder, sink: clips.listed, style: .test, logger: .quiet)
        var rules = EventRules()
        rules.preBufferSeconds = 2
        rules.postBufferSeconds = 1
        rules.rest.startUpSeconds = 0
        var configuration = Recorder.Configuration(camera: clips.camera, rules: rules)
        change(&configuration)
        recorder = Recorder(camera: camera, configuration: configuration, finisher: finisher, logger: .quiet)
        recorder.use(classes: ClassList(["person", "car"]))
        recording = Recording(of: recorder)
        subscription = camera.hub.subscribe(limit: queue, includesAudio: true)
        let first = try #require(packets.first)
        var decoder = try Decoder(first.stream.parameters, subject: "bench")
        var frames = try decoder.decode(first.packet)
        if frames.isEmpty { frames = try decoder.finish() }
        frame = try #require(frames.first)
        finisher.start()
    }

    /// Publishes packets, analyses pictures five times a second, and lets the recorder run.
    func play(_ packets: some Sequence<CameraPacket>) {
        for packet in packets {
            camera.hub.publish(packet)
            published.append(packet)
            let now = packet.decodeTime.seconds
            while analysed + 0.2 <= now - lag {
                analysed += 0.2
                analyse(at: analysed)
            }
            if now - lastRound >= roundSeconds, !usesThread {
                lastRound = now
                recording.round(subscription)
            }
        }
        if !usesThread { recording.round(subscription) }
    }

    /// The recorder ends, and all clips are brought to their end.
    func end() {
        if usesThread {
            recorder.stop()
            #expect(recorder.join(seconds: 30))
        } else {
            recording.round(subscription)
            recording.end()
        }
        finisher.stop()
        #expect(finisher.join(seconds: 60))
    }

    private func analyse(at seconds: Double) {
        let tracks = visits.filter { $0.from <= seconds + 1e-9 && seconds <= $0.to + 1e-9 }.map { visit in
            let x = 10 + Float((seconds - visit.from) * 30).truncatingRemainder(dividingBy: 200)
            return Track(
                id: visit.id, classIndex: 0, confidence: confidence(seconds),
                box: PixelBox(x1: x, y1: 50, x2: x + 60, y2: 200))
        }
        recorder.observe(
            tracks,
            of: CameraFrame(
                frame: frame, time: MediaTime(seconds: seconds), wallSeconds: 1_800_000_000 + seconds))
    }

    /// The listed clips in the order of their starts.
    var listed: [FinishedRecording] {
        clips.listed.all.sorted { $0.startMicroseconds < $1.startMicroseconds }
    }

    /// Where a clip starts on the camera's timeline, in this bench.
    func start(of clip: FinishedRecording) -> Double {
        Double(clip.startMicroseconds) / 1_000_000 - 1_800_000_000
    }

    /// Payloads of a clip's pictures.
    func pictures(of clip: FinishedRecording) throws -> [[[UInt8]]] {
        var demuxer = try Remux.open(clips.folder.file(clip.fileName))
        var pictures: [[[UInt8]]] = []
        while let packet = try demuxer.next() {
            let stream = demuxer.streams[packet.streamIndex]
            guard stream.kind == .video else { continue }
            pictures.append(packet.payload(codec: stream.codec, extradata: stream.parameters.extradata))
        }
        return pictures
    }
}
