package import Detections
package import Domain
package import FFmpeg
private import Foundation
private import Frames
internal import Tracks

/// Analyses a file or picture from its first frame to its last, as fast as it can.
package struct FileAnalysis {
    package struct Options: Sendable {
        /// Analyse every N-th frame, beginning with the first; at least 1.
        package var every = 1
        /// 0...1.
        package var confidence: Float = 0.4
        package var isTracking = true

        package init() {}
    }

    /// One object of one analysed frame.
    package struct Object: Sendable {
        package let className: String
        package let classIndex: Int
        package let confidence: Float
        package let box: PixelBox
        package let trackID: TrackID?
    }

    /// What was found in one frame.
    package struct Result: Sendable {
        /// Counts all frames of the file from 1.
        package let frame: Int
        /// Seconds from the start of the file.
        package let time: Double
        /// Detections of at least the asked confidence, with their tracks.
        package let objects: [Object]
        /// Confirmed tracks seen in this frame, as the tracker has them.
        package let tracks: [Track]
    }

    private let file: String
    private let detector: any Detector
    private let options: Options

    package init(file: String, detector: any Detector, options: Options) {
        self.file = file
        self.detector = detector
        self.options = options
    }

    /// Frames that the file announces; nil when it does not say.
    package static func frameCount(of demuxer: borrowing Demuxer) -> Int? {
        guard let seconds = demuxer.durationSeconds, let rate = demuxer.bestVideoStream?.frameRate else { return nil }
        let count = (seconds * rate).rounded()
        return count.isFinite && count >= 1 && count < 1e9 ? Int(count) : nil
    }

    /// Runs the analysis.
    ///
    /// - Parameters:
    ///   - onFrame: called for every frame, analysed or not, with its result if it was.
    ///   - frameCount: the frames that the file announces, nil when it does not.
    /// - Throws: `FFmpegError` for a file that cannot be read, `ModelError` for a model that fails.
    package func run(
        onFrame: (_ frame: Frame, _ number: Int, _ result: Result?, _ frameCount: Int?) throws -> Void
    ) throws {
        var demuxer = try Demuxer(url: file, subject: file, interrupt: Interrupt())
        guard let video = demuxer.bestVideoStream else {
            throw FFmpegError(
                .invalidData, call: "av_find_best_stream", subject: file, reason: "there is no video in it")
        }
        let count = Self.frameCount(of: demuxer)
        var decoder = try Decoder(video.parameters, subject: file)
        var state = State(options: options, frameSeconds: 1 / (video.frameRate ?? 25))
        while let packet = try demuxer.next() {
            guard packet.streamIndex == video.index else { continue }
            // A damaged packet costs its own pictures only.
            for frame in (try? decoder.decode(packet)) ?? [] {
                let (number, result) = try state.take(frame, detector: detector, options: options)
                try onFrame(frame, number, result, count)
            }
        }
        for frame in try decoder.finish() {
            let (number, result) = try state.take(frame, detector: detector, options: options)
            try onFrame(frame, number, result, count)
        }
        if state.frames == 0 {
            throw FFmpegError(
                .invalidData, call: "avcodec_receive_frame", subject: file, reason: "no picture could be decoded")
        }
    }

    private struct State {
        var frames = 0
        private var tracker: Tracker
        private var nextID: TrackID = 1
        private var start: Double?
        private let scaler = FrameInput.SharedScaler()
        private let frameSeconds: Double

        init(options: Options, frameSeconds: Double) {
            tracker = Tracker(parameters: .following(minimumConfidence: options.confidence))
            self.frameSeconds = frameSeconds
        }

        mutating func take(_ frame: Frame, detector: any Detector, options: Options) throws -> (Int, Result?) {
            frames += 1
            let stamp = frame.presentationTime?.seconds ?? Double(frames - 1) * frameSeconds
            if start == nil { start = stamp }
            let time = stamp - (start ?? stamp)
            guard (frames - 1) % max(1, options.every) == 0 else { return (frames, nil) }
            let found = try detector.detect(
                FrameInput(frame, scaler: scaler),
                minimumConfidence: options.isTracking ? min(0.1, options.confidence) : options.confidence)
            if options.isTracking {
                tracker.update(found, at: time) {
                    defer { nextID += 1 }
                    return nextID
                }
            }
            let objects = found.enumerated().compactMap { index, detection -> Object? in
                guard detection.confidence >= options.confidence else { return nil }
                return Object(
                    className: detector.classes.name(of: detection.classIndex), classIndex: detection.classIndex,
                    confidence: detection.confidence, box: detection.box,
                    trackID: options.isTracking ? tracker.trackID(forDetection: index) : nil)
            }
            return (
                frames,
                Result(frame: frames, time: time, objects: objects, tracks: options.isTracking ? tracker.tracks : [])
            )
        }
    }
}
