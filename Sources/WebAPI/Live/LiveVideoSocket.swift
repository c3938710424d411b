import Domain
import NIOCore

/// `/api/live/ws`: live video for one viewer. Used on the connection's event loop only.
final class LiveVideoSocket: WebSocketUser {
    /// More waits for the network than this, and pictures are left out up to the next key frame.
    static let mostWaiting = 2 << 20
    /// With less than this waiting, they go on.
    private static let fewWaiting = 512 << 10

    private let path: StreamPath?
    private let text: String
    private let withSound: Bool
    private let video: any LiveVideo
    private let counters: WebCounters
    private unowned let connection: WebSocketConnection
    private var watch: LiveVideoWatch?
    private var isSkipping = false
    /// The GOP that it began with is still on its way, and waits beside what else may wait.
    private var isOpening = false
    /// Of what waits, what is in the counters.
    private var countedBytes = 0

    /// - Parameters:
    ///   - path: nil for a camera that there is not.
    ///   - text: what was asked for.
    init(
        path: StreamPath?, text: String, withSound: Bool, video: any LiveVideo, counters: WebCounters,
        connection: WebSocketConnection
    ) {
        self.path = path
        self.text = text
        self.withSound = withSound
        self.video = video
        self.counters = counters
        self.connection = connection
    }

    func opened() {
        // Scripts cannot read the status of a refused handshake, but they can read this.
        guard let path else {
            return connection.close(
                WebSocketClosure(code: 4404, reason: "no camera has the path \"\(printable(text))\""))
        }
        guard let eventLoop = connection.eventLoop else { return }
        let own = NIOLoopBound(self, eventLoop: eventLoop)
        do throws(PictureUnavailable) {
            let watch = try video.watch(path, withSound: withSound) { piece in
                eventLoop.execute { own.value.take(piece) }
            }
            self.watch = watch
            counters.viewerCame(path)
            counters.add(\.viewers)
            let opening = watch.pieces.reduce(0) { $0 + $1.size }
            letWait(Self.mostWaiting + opening)
            for piece in watch.pieces { take(piece) }
            isOpening = opening > 0
        } catch {
            connection.close(.notConnected(error.reason))
        }
    }

    func becameWritable() {}

    func closed() {
        guard let watch else { return }
        self.watch = nil
        watch.leave()
        if let path { counters.viewerLeft(path) }
        count(0)
        counters.add(\.viewers, -1)
    }

    private func count(_ waitingBytes: Int) {
        guard waitingBytes != countedBytes else { return }
        counters.add(\.waitingBytes, waitingBytes - countedBytes)
        countedBytes = waitingBytes
    }

    private func letWait(_ bytes: Int) {
        connection.setWaterMark(ChannelOptions.Types.WriteBufferWaterMark(low: Self.fewWaiting, high: bytes))
    }

    private func take(_ piece: LiveVideoPiece) {
        // Some are under way when the viewer leaves, and then there may be no connection any more.
        guard watch != nil else { return }
        // By its end the connection may have closed.
        defer { if watch != nil { count(connection.waitingBytes) } }
        if isOpening, connection.waitingBytes <= Self.fewWaiting {
            isOpening = false
            letWait(Self.mostWaiting)
        }
        switch piece {
        case .header(let codecs, let width, let height, let generation, let bytes):
            isSkipping = false
            connection.send(Self.beginning(codecs, width, height, generation))
            connection.send(.binary, bytes)
        case .fragment(let isKeyFrame, let buffer, let media, let wall, let bytes):
            guard connection.isWritable, !isSkipping || isKeyFrame else {
                isSkipping = true
                counters.add(\.skippedFragments)
                return
            }
            isSkipping = false
            if isKeyFrame { connection.send(Self.time(buffer: buffer, media: media, wall: wall)) }
            connection.send(.binary, bytes)
        case .ended(let reason): connection.close(.notConnected(reason))
        case .unplayable(let codec):
            // By what comes first pages decide how to show a camera.
            connection.send(Self.beginning(codec, 0, 0, 0))
            connection.close(WebSocketClosure(code: 4415, reason: "browsers do not play \(codec)"))
        }
        connection.flush()
    }

    private static func beginning(_ codecs: String, _ width: Int, _ height: Int, _ generation: Int) -> ByteBuffer {
        var json = JSONText(capacity: 160)
        json.object { json in
            json.field("type", "init")
            json.field("codecs", codecs)
            json.field("mime", "video/mp4")
            json.field("width", width)
            json.field("height", height)
            json.field("generation", generation)
        }
        return WebSocketBytes.frame(.text, json.buffer)
    }

    private static func time(buffer: Double, media: Double, wall: Int64) -> ByteBuffer {
        var json = JSONText(capacity: 160)
        json.object { json in
            json.field("type", "time")
            json.field("media_time", (media * 1e6).rounded() / 1e6)
            json.field("wall_time", WallTime.zonedText(wall))
            json.field("buffer_time", (buffer * 1e6).rounded() / 1e6)
        }
        return WebSocketBytes.frame(.text, json.buffer)
    }
}

extension WebSocketClosure {
    static func notConnected(_ reason: String) -> WebSocketClosure { WebSocketClosure(code: 4503, reason: reason) }
}

extension LiveRoutes {
    func videoRoute(_ video: any LiveVideo) -> WebSocketRoute {
        WebSocketRoute(path: "/api/live/ws") { request in
            let paths = catalogue.paths
            let query = try QueryParameters(request.query, accepted: ["path", "sound"])
            let withSound = try query.flag("sound") ?? false
            let text = try query.text("path", accepts: "the path of a camera") ?? paths.first?.rawValue ?? ""
            let path = paths.first { $0.rawValue == text }
            return { connection in
                LiveVideoSocket(
                    path: path, text: text, withSound: withSound, video: video, counters: counters,
                    connection: connection)
            }
        }
    }
}
