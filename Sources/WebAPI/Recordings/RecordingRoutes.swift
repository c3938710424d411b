import Domain
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOPosix
import Store

/// The recordings: lists, details, files, and what can be done with them.
struct RecordingRoutes: Sendable {
    let store: Store

    /// Bytes of a request's body.
    private static let maximumBodyBytes = 16 << 10

    var routes: [Route] {
        [
            Route("/api/recordings", [.get: list]),
            Route("/api/recordings/{id}", [.get: recording, .delete: delete, .patch: change]),
            Route("/recordings/{filename}", [.get: file]),
            Route("/api/recordings/file/{filename}", [.get: file]),
        ]
    }

    // MARK: Reading

    private func list(_ request: RoutedRequest) async throws -> Response {
        let query = try RecordingQuery(request)
        let page = try await onDisk { try store.recordings(query) }
        var json = JSONText(capacity: 256 + 1000 * page.recordings.count)
        json.object { json in
            json.field("total", page.total)
            json.field("limit", query.limit)
            json.field("offset", query.offset)
            json.key("recordings")
            json.array(page.recordings) { $0.recording($1) }
        }
        return response(json)
    }

    private func recording(_ request: RoutedRequest) async throws -> Response {
        _ = try request.query()
        let id = try id(request)
        guard
            let (recording, objects) = try await onDisk({
                try store.recording(id).map { ($0, try store.objects(of: id)) }
            })
        else { throw Self.unknown(id) }
        var json = JSONText()
        json.recording(recording, objects: objects)
        return response(json)
    }

    // MARK: Changing

    private func delete(_ request: RoutedRequest) async throws -> Response {
        let id = try id(request)
        guard try await onDisk({ try store.delete(id) }) else { throw Self.unknown(id) }
        var json = JSONText()
        json.object { json in
            json.field("status", "success")
            json.field("success", true)
            json.field("message", "recording \(id) is deleted")
            json.field("id", id)
        }
        return response(json)
    }

    private func change(_ request: RoutedRequest) async throws -> Response {
        let id = try id(request)
        let change = try await RecordingChange(request.request.body.collect(upTo: Self.maximumBodyBytes))
        guard let recording = try await onDisk({ try store.setProtected(id, change.isProtected) }) else {
            throw Self.unknown(id)
        }
        return document(recording)
    }

    // MARK: Files

    private func file(_ request: RoutedRequest) async throws -> Response {
        let query = try request.query("download")
        let isDownload = try query.isBare("download") || query.flag("download") == true
        let name = request.parameters[0]
        let headers = request.request.headers
        // What was asked for a moment ago and is in memory is answered without a change of thread.
        if let file = store.recentlyOpenedFile(name),
            let response = try FileResponse(file: file, name: name, isDownload: isDownload)
                .response(to: headers, mayWait: false)
        {
            return response
        }
        // Else one trip to the disk for a part or a thumbnail. The name must be a recording's: nothing else in the folder
        // is anybody's business, the database least of all.
        return try await onDisk {
            guard let file = try store.openFile(name),
                let response = try FileResponse(file: file, name: name, isDownload: isDownload)
                    .response(to: headers, mayWait: true)
            else {
                throw WebFailure(status: .notFound, message: "there is no recording file \"\(printable(name))\"")
            }
            return response
        }
    }

    // MARK: Parts

    private func id(_ request: RoutedRequest) throws -> RecordingID {
        let text = request.parameters[0]
        guard let id = RecordingID(text), id >= 0, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) else {
            throw WebFailure(
                status: .badRequest, message: "id takes the whole number of a recording, not \"\(printable(text))\"")
        }
        return id
    }

    private static func unknown(_ id: RecordingID) -> WebFailure {
        WebFailure(status: .notFound, message: "there is no recording \(id)")
    }

    private func document(_ recording: Recording) -> Response {
        var json = JSONText()
        json.recording(recording)
        return response(json)
    }
}

/// The body of `PATCH /api/recordings/{id}`.
private struct RecordingChange {
    let isProtected: Bool

    /// - Throws: `WebFailure` (400) that names the field and what it accepts.
    init(_ body: ByteBuffer) throws {
        func refusal(_ reason: String) -> WebFailure {
            WebFailure(
                status: .badRequest,
                message: #"\#(reason); the body takes {"protected": true} or {"protected": false}"#)
        }
        let data = Data(body.readableBytesView)
        guard let fields = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw refusal("the body is no JSON object")
        }
        if let unknown = fields.keys.sorted().first(where: { $0 != "protected" }) {
            throw refusal("there is no field \"\(printable(unknown))\"")
        }
        struct Document: Decodable { let protected: Bool }
        guard let document = try? JSONDecoder().decode(Document.self, from: data) else {
            throw refusal("protected is neither true nor false")
        }
        isProtected = document.protected
    }
}

extension RecordingQuery {
    /// The parameters of `GET /api/recordings`.
    ///
    /// - Throws: `WebFailure` (400) that names the parameter and what it accepts.
    init(_ request: RoutedRequest) throws {
        let query = try request.query(
            "limit", "offset", "stream_id", "start_date", "end_date", "object_type", "min_confidence", "sort_by",
            "sort_order", "include_removed")
        self.init()
        try take(query)
    }

    /// Takes over what is given.
    mutating func take(_ query: QueryParameters) throws {
        limit = try query.integer("limit", in: Self.limits, default: limit)
        offset = try query.integer("offset", in: 0...Int.max, default: offset)
        cameraID = try query.text("stream_id", accepts: "the stream_id of a camera")
        fromMicroseconds = try query.date("start_date", .start)
        toMicroseconds = try query.date("end_date", .end)
        classes = try query.list("object_type", accepts: "one or more classes, e.g. person or person,car")
        minimumConfidence = try query.number("min_confidence", in: 0...1)
        sort = try query.choice("sort_by", default: sort)
        order = try query.choice("sort_order", default: order)
        includesRemoved = try query.flag("include_removed") ?? false
    }
}
