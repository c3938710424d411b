import Domain
import Foundation
import NIOCore
import Store
import TestSupport
import Testing

@testable import WebAPI

/// `docs/asyncapi.json` against the messages of a running server.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct AsyncDocumentTests {
    private let document: JSONValue
    private let openAPI: JSONValue

    init() throws {
        document = try JSONValue(
            String(contentsOf: checkout.appending(path: "docs/asyncapi.json"), encoding: .utf8))
        openAPI = try JSONValue(
            String(
                contentsOf: checkout.appending(path: "Sources/WebAPI/Resources/openapi.json"), encoding: .utf8))
    }

    @Test func everyKindOfMessageIsAsTheDocumentSays() async throws {
        let events = LiveEvents()
        let camera = LiveCamera(
            streamID: "fd778237-c3e5-49e8-be03-e588801943be", path: try StreamPath("video/front-door"))
        let event = LiveEvent(
            id: "42-1", className: "person", trackID: 42, confidence: 0.5, startMicroseconds: 1_760_295_930_123_456)
        var ended = event
        ended.endMicroseconds = 1_760_295_931_000_000
        ended.trackID = nil
        let objects = [42, nil].map { id in
            LiveObject(
                trackID: id, className: "person", confidence: 0.95, box: PixelBox(x1: 1, y1: 2, x2: 11, y2: 22.5))
        }
        let frame = LiveFrame(
            mediaSeconds: 1.5, wallMicroseconds: 1_760_295_930_123_456, width: 640, height: 360, objects: objects)
        try await withRecordings(2) { port, store, _ in
            let recording = try #require(try store.recording(1))
            let contents: [LiveContent] = [
                .frame(frame), .event(.started, event), .event(.updated, event), .event(.ended, ended),
                .recordingCreated(recording), .recordingDeleted(recording), .camera(.running, reason: nil),
                .camera(.waiting, reason: "it is \"away\"\n"), .system(.running, version: "1"),
            ]
            for content in contents { events.publish(content, camera: camera) }
            events.publish(.system(.stopping, version: "1"), camera: nil)
        }
        var kinds: Set<String> = []
        try await withServer(FakeCameras(), events: events) { port, _ in
            let texts = try await onThread {
                let client = try SocketClient(port: port, "/api/events/ws?last_event_id=1")
                events.publish(.frame(frame), camera: camera)
                return (0..<11).compactMap { _ in client.receive()?.text }
            }
            #expect(texts.count == 11)
            for text in texts {
                let message = try JSONValue(text)
                let kind = try #require(message["kind"]?.string)
                kinds.insert(kind)
                let payload = try #require(document["components"]?["messages"]?[kind]?["payload"], "\(kind)")
                #expect(SchemaCheck(document: document).faults(of: message, payload) == [], "\(text)")
            }
        }
        #expect(kinds == Set(LiveMessage.Kind.allCases.map(\.rawValue)))
        #expect(kinds == Set((document["components"]?["messages"]?.fields ?? [:]).keys))
    }

    @Test func bothDocumentsSayTheSame() throws {
        let schemas = document["components"]?["schemas"]?.fields ?? [:]
        let common = Set(schemas.keys).intersection((openAPI["components"]?["schemas"]?.fields ?? [:]).keys)
        #expect(common.contains("Recording"))
        for name in common { #expect(schemas[name] == openAPI["components"]?["schemas"]?[name], "\(name)") }
        let query = document["channels"]?["webSocket"]?["bindings"]?["ws"]?["query"]?["properties"]?.fields ?? [:]
        let parameters = (openAPI["components"]?["parameters"]?.fields ?? [:]).values.filter {
            $0["in"]?.string == "query" && query[$0["name"]?.string ?? ""] != nil
                && $0["description"] == query[$0["name"]?.string ?? ""]?["description"]
        }
        #expect(parameters.count == query.count && query.count == 4)
        for channel in (document["channels"]?.fields ?? [:]).values {
            #expect(openAPI["paths"]?[channel["address"]?.string ?? ""] != nil)
            #expect(channel["messages"]?.fields.count == 6)
        }
    }
}
