import Domain
import Foundation
import NIOCore
import Store

/// A live message as clients get it: numbered, and encoded once for all of them.
final class LiveMessage: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case frame, event, recording, camera, system, lost

        /// Whether it is kept for clients that come back, and is not left out for slow ones.
        var isKept: Bool { self != .frame }

        /// What a client may ask for; of losses everybody is told.
        static let selectable = allCases.filter { $0 != .lost }
    }

    let sequence: Int64
    let kind: Kind
    let camera: StreamPath?
    /// Classes of the objects that it is about.
    let classes: Set<String>
    /// A text frame.
    let webSocketBytes: ByteBuffer
    /// An event of a `text/event-stream`.
    let eventStreamBytes: ByteBuffer

    /// - Parameter body: all fields of the JSON object after `seq`, with the brace that ends it.
    init(sequence: Int64, kind: Kind, camera: StreamPath?, classes: Set<String>, body: ByteBuffer) {
        self.sequence = sequence
        self.kind = kind
        self.camera = camera
        self.classes = classes
        var json = ByteBufferAllocator().buffer(capacity: body.readableBytes + 32)
        json.writeString("{\"seq\":\(sequence),")
        json.writeImmutableBuffer(body)
        webSocketBytes = WebSocketBytes.frame(.text, json)
        var event = ByteBufferAllocator().buffer(capacity: json.readableBytes + 40)
        // Whoever comes back after a loss was told of it; the number before stays good.
        if kind != .lost { event.writeString("id: \(sequence)\n") }
        event.writeString("data: ")
        event.writeImmutableBuffer(json)
        event.writeString("\n\n")
        eventStreamBytes = event
    }

    /// Bytes that it takes in memory, about.
    var size: Int { webSocketBytes.readableBytes + eventStreamBytes.readableBytes + 128 }

    /// Tells a client that it has missed messages before the one with the following number.
    ///
    /// - Parameter count: nil when it cannot be known.
    static func lost(_ count: Int?, before sequence: Int64, nowMicroseconds: Int64) -> LiveMessage {
        var json = JSONText(capacity: 128)
        json.fields { json in
            json.head(.lost, nil, nowMicroseconds)
            json.key("count")
            if let count { json.integer(count) } else { json.null() }
        }
        return LiveMessage(sequence: sequence - 1, kind: .lost, camera: nil, classes: [], body: json.buffer)
    }
}

extension LiveContent {
    var kind: LiveMessage.Kind {
        switch self {
        case .frame: .frame
        case .event: .event
        case .recordingCreated, .recordingDeleted: .recording
        case .camera: .camera
        case .system: .system
        }
    }

    var classes: Set<String> {
        switch self {
        case .frame(let frame): Set(frame.objects.map(\.className))
        case .event(_, let event): [event.className]
        case .recordingCreated(let recording), .recordingDeleted(let recording): recording.classes
        case .camera, .system: []
        }
    }

    /// The fields after `seq`.
    func body(_ camera: LiveCamera?, nowMicroseconds: Int64) -> ByteBuffer {
        var json = JSONText(capacity: 512)
        json.fields { json in
            json.head(kind, camera, nowMicroseconds)
            switch self {
            case .frame(let frame): json.frame(frame)
            case .event(let action, let event):
                json.field("action", action.rawValue)
                json.key("event")
                json.event(event)
            case .recordingCreated(let recording):
                json.field("action", "created")
                json.key("recording")
                json.recording(recording)
            case .recordingDeleted(let recording):
                json.field("action", "deleted")
                json.key("recording")
                json.recording(recording)
            case .camera(let state, let reason):
                json.field("state", state.rawValue)
                json.field("reason", reason)
            case .system(let state, let version):
                json.field("state", state.rawValue)
                json.field("version", version)
            }
        }
        return json.buffer
    }
}

extension JSONText {
    fileprivate mutating func head(_ kind: LiveMessage.Kind, _ camera: LiveCamera?, _ nowMicroseconds: Int64) {
        field("kind", kind.rawValue)
        field("time", WallTime.zonedText(nowMicroseconds))
        key("camera")
        guard let camera else { return null() }
        object { json in
            json.field("stream_id", camera.streamID)
            json.field("path", camera.path.rawValue)
        }
    }

    fileprivate mutating func frame(_ frame: LiveFrame) {
        field("media_time", (frame.mediaSeconds * 1e6).rounded() / 1e6)
        field("wall_time", WallTime.zonedText(frame.wallMicroseconds))
        field("width", frame.width)
        field("height", frame.height)
        key("objects")
        array(frame.objects) { json, object in
            json.object { json in
                json.key("track_id")
                if let id = object.trackID { json.integer(id) } else { json.null() }
                json.field("class", object.className)
                json.field("confidence", (object.confidence * 1e4).rounded() / 1e4)
                json.key("box")
                let box = object.box
                json.array([box.x1, box.y1, box.width, box.height]) { json, value in
                    json.number((Double(value) * 10).rounded() / 10)
                }
            }
        }
    }

    fileprivate mutating func event(_ event: LiveEvent) {
        object { json in
            json.field("id", event.id)
            json.key("classes")
            json.array([event.className]) { $0.string($1) }
            json.key("track_id")
            if let id = event.trackID { json.integer(id) } else { json.null() }
            json.field("confidence", (event.confidence * 1e4).rounded() / 1e4)
            json.field("started_at", WallTime.zonedText(event.startMicroseconds))
            json.field("ended_at", event.endMicroseconds.map(WallTime.zonedText))
        }
    }
}

extension Recording {
    /// Classes of its objects.
    fileprivate var classes: Set<String> {
        struct Object: Decodable {
            let `class`: String
        }
        let objects = try? JSONDecoder().decode([Object].self, from: Data(objectsJSON.utf8))
        return Set((objects ?? []).map(\.class))
    }
}
