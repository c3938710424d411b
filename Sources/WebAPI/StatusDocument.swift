import Domain
import Foundation

/// The JSON of `GET /status`. Optional values are written as null, never left out.
struct StatusDocument: Encodable {
    let status: SystemStatus
    let viewers: [StreamPath: Int]
    let slowViewersDropped: Int

    private enum Key: String, CodingKey {
        case status, cameras, model, detector, recording, version
        case uptimeSeconds = "uptime_seconds"
        case trackingEnabled = "tracking_enabled"
        case slowViewersDropped = "slow_viewers_dropped"
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode("running", forKey: .status)
        let cameras = status.cameras.map { path, camera in
            (path.rawValue, CameraDocument(camera: camera, viewers: viewers[path] ?? 0))
        }
        try fields.encode(Dictionary(cameras) { first, _ in first }, forKey: .cameras)
        try fields.encode(status.uptime.components.seconds, forKey: .uptimeSeconds)
        try fields.encode(status.model, forKey: .model)
        try fields.encode(status.trackingEnabled, forKey: .trackingEnabled)
        try fields.encode(DetectorDocument(detector: status.detector), forKey: .detector)
        try fields.encode(RecordingDocument(recording: status.recording), forKey: .recording)
        try fields.encode(status.version, forKey: .version)
        try fields.encode(slowViewersDropped, forKey: .slowViewersDropped)
    }
}

private struct CameraDocument: Encodable {
    let camera: CameraStatus
    let viewers: Int

    private enum Key: String, CodingKey {
        case fps, detections, objects, state, reason, name, width, height, viewers, dropped, recording
        case lastDetection = "last_detection"
        case streamID = "stream_id"
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(oneDecimal(camera.fps), forKey: .fps)
        try fields.encode(camera.detections, forKey: .detections)
        try fields.encode(camera.lastDetection.map { $0.ISO8601Format() }, forKey: .lastDetection)
        try fields.encode(camera.objects, forKey: .objects)
        try fields.encode(camera.state.rawValue, forKey: .state)
        try fields.encode(camera.reason, forKey: .reason)
        try fields.encode(camera.name, forKey: .name)
        try fields.encode(camera.streamID.uuidString.lowercased(), forKey: .streamID)
        try fields.encode(camera.width, forKey: .width)
        try fields.encode(camera.height, forKey: .height)
        try fields.encode(viewers, forKey: .viewers)
        try fields.encode(camera.dropped, forKey: .dropped)
        try fields.encode(RecordingDocument(recording: camera.recording), forKey: .recording)
    }
}

private struct RecordingDocument: Encodable {
    let recording: RecordingStatus

    private enum Key: String, CodingKey {
        case state, reason, file
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(recording.state.rawValue, forKey: .state)
        try fields.encode(recording.reason, forKey: .reason)
        try fields.encode(recording.file, forKey: .file)
    }
}

private struct DetectorDocument: Encodable {
    let detector: DetectorStatus

    private enum Key: String, CodingKey {
        case state, reason
        case inferenceMilliseconds = "inference_ms"
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(detector.state.rawValue, forKey: .state)
        try fields.encode(detector.reason, forKey: .reason)
        try fields.encode(detector.inferenceMilliseconds.map(oneDecimal), forKey: .inferenceMilliseconds)
    }
}

/// JSON has no NaN or infinity: such a value becomes 0.
private func oneDecimal(_ value: Double) -> Double {
    value.isFinite ? (value * 10).rounded() / 10 : 0
}
