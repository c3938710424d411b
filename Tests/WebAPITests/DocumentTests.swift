import Foundation
import HTTPTypes
import Logging
import Store
import TestSupport
import Testing

@testable import WebAPI

/// The OpenAPI document against the routes and the answers of a running server.
@Suite(.serialized, .timeLimit(.minutes(5))) struct DocumentTests {
    private let document: JSONValue
    private let check: SchemaCheck

    init() throws {
        let file = checkout.appending(path: "Sources/WebAPI/Resources/openapi.json")
        document = try JSONValue(String(contentsOf: file, encoding: .utf8))
        check = SchemaCheck(document: document)
    }

    private static let methods: Set = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    /// All operations, e.g. `GET /status`.
    private var operations: [String: JSONValue] {
        Dictionary(
            uniqueKeysWithValues: (document["paths"]?.fields ?? [:]).flatMap { path, item in
                item.fields.filter { Self.methods.contains($0.key) }.map {
                    ("\($0.key.uppercased()) \(path)", $0.value)
                }
            })
    }

    private func parameters(_ path: String, _ operation: JSONValue) -> [JSONValue] {
        ((document["paths"]?[path]?["parameters"]?.elements ?? []) + (operation["parameters"]?.elements ?? []))
            .map(check.resolved)
    }

    @Test func everyRouteIsInTheDocumentAndNothingElse() async throws {
        try await withTemporaryDirectory { folder in
            let cameras = try FakeCameras()
            let server = WebServer(
                configuration: WebConfiguration(address: "127.0.0.1", port: 0), catalogue: cameras, pictures: cameras,
                store: try Store(path: folder.appending(path: "recordings.db").path), logger: Logger(label: "test"))
            let routes = server.routes.table.routes.filter { !$0.isPage }
            let served = routes.flatMap { route in route.handlers.keys.map { "\($0.rawValue) \(route.template)" } }
            // HEAD goes without saying where there is GET; on files it is described.
            let heads = Set(operations.keys.filter { $0.hasPrefix("HEAD ") })
            #expect(Set(operations.keys).subtracting(heads) == Set(served))
            #expect(heads == ["HEAD /recordings/{filename}", "HEAD /api/recordings/file/{filename}"])
            for route in routes {
                let names = route.template.matches(of: /\{(.+?)\}/).map { String($0.1) }
                for method in route.handlers.keys {
                    let operation = try #require(operations["\(method.rawValue) \(route.template)"])
                    let described = parameters(route.template, operation).filter { $0["in"]?.string == "path" }
                    #expect(described.compactMap { $0["name"]?.string } == names, "\(route.template)")
                }
            }
        }
    }

    @Test func theExamplesAreAsTheirSchemasSay() throws {
        for (name, operation) in operations {
            for (status, answer) in operation["responses"]?.fields ?? [:] {
                for content in (check.resolved(answer)["content"]?.fields ?? [:]).values {
                    guard let example = content["example"], let schema = content["schema"] else { continue }
                    #expect(check.faults(of: example, schema) == [], "\(name) \(status)")
                }
            }
        }
        for (name, schema) in document["components"]?["schemas"]?.fields ?? [:] {
            for example in schema["examples"]?.elements ?? [] {
                #expect(check.faults(of: example, schema) == [], "\(name)")
            }
        }
        #expect(document["components"]?["schemas"]?["Recording"]?["examples"]?.elements.count == 1)
    }

    @Test func noObjectOfTheDocumentAdmitsUnknownFields() throws {
        func open(_ schema: JSONValue, _ place: String) -> [String] {
            let isOpen = schema["type"] == .string("object") && schema["additionalProperties"] == nil
            return (isOpen ? [place] : []) + schema.fields.flatMap { open($0.value, "\(place).\($0.key)") }
                + schema.elements.flatMap { open($0, "\(place)[]") }
        }
        #expect(open(try #require(document["components"]?["schemas"]), "schemas") == [])
    }

    /// A request, the status that it gets, and the template that it belongs to.
    struct Exchange: CustomTestStringConvertible {
        let method: String
        let target: String
        let status: Int
        let template: String
        var fields = ""

        init(
            _ target: String, _ status: Int = 200, _ template: String? = nil, by method: String = "GET",
            _ fields: String = ""
        ) {
            self.method = method
            self.target = target
            self.status = status
            self.template = template ?? String(target.prefix { $0 != "?" })
            self.fields = fields
        }

        var testDescription: String { "\(method) \(target) \(status)" }
    }

    private static let clip = "front-door_2025-10-12_19-05-30.mp4"

    static let exchanges: [Exchange] = [
        Exchange("/"), Exchange("/status"), Exchange("/paths"), Exchange("/healthz"), Exchange("/metrics"),
        Exchange("/metrics?a=1", 400), Exchange("/feeds"), Exchange("/api/log"), Exchange("/api/log?level=loud", 400),
        Exchange("/api/queues"), Exchange("/api/queues?a=1", 400), Exchange("/api/publish"),
        Exchange("/api/publish?path=..", 400), Exchange("/api/publish?path=video/none"),
        Exchange("/api/streams"), Exchange("/video/snapshot"), Exchange("/video/snapshot?path=video/backyard", 503),
        Exchange("/video/snapshot?path=none", 404), Exchange("/video/stream?path=", 400),
        Exchange("/video/jpeg/none", 404, "/video/jpeg/{id}"), Exchange("/video/jpeg/x?a", 400, "/video/jpeg/{id}"),
        Exchange("/api/recordings"), Exchange("/api/recordings?limit=0", 400),
        Exchange("/api/recordings?object_type=person&min_confidence=0.1"),
        Exchange("/api/recordings/1", 200, "/api/recordings/{id}"),
        Exchange("/api/recordings/99", 404, "/api/recordings/{id}"),
        Exchange("/api/recordings/x", 400, "/api/recordings/{id}"),
        Exchange("/api/recordings/1", 405, "/api/recordings/{id}", by: "PUT"),
        Exchange("/api/recordings/1", 400, "/api/recordings/{id}", by: "PATCH"),
        Exchange(
            "/api/recordings/1", 200, "/api/recordings/{id}", by: "PATCH",
            "Content-Length: 19\r\n\r\n{\"protected\": true}"),
        Exchange("/api/recordings/stats"), Exchange("/api/recordings/stats", 405, by: "DELETE"),
        Exchange("/api/alerts"),
        Exchange("/api/events?kind=lost", 400), Exchange("/api/events?camera=none", 404),
        Exchange("/api/events?camera=..", 400), Exchange("/api/events?last_event_id=-1", 400),
        Exchange("/api/events", 405, by: "POST"), Exchange("/api/events/ws", 426), Exchange("/api/live/ws", 426),
        Exchange("/api/events/ws", 426, by: "GET", "Connection: Upgrade\r\nUpgrade: h2c\r\n"),
        Exchange("/hls/video/front-door/index.m3u8", 503, "/hls/{path}/index.m3u8"),
        Exchange("/hls/none/media.m3u8", 404, "/hls/{path}/media.m3u8"),
        Exchange("/hls/video/front-door/media.m3u8?_HLS_msn=x", 400, "/hls/{path}/media.m3u8"),
        Exchange("/hls/video/front-door/a.m4s?b", 400, "/hls/{path}/{file}"),
        Exchange("/api/events/ws?camera=none", 404), Exchange("/api/events/ws?kind=", 400),
        Exchange("/api/alerts?object_type=car"), Exchange("/api/alerts?sort_by=confidence", 400),
        Exchange("/api/stats/objects"), Exchange("/api/stats/objects?end_date=x", 400),
        Exchange("/api/stats/times?days=3650"), Exchange("/api/stats/times?days=0", 400), Exchange("/openapi.json"),
        Exchange("/docs"), Exchange("/docs?a=1", 400), Exchange("/nothing", 404), Exchange("/status", 405, by: "POST"),
        Exchange("/recordings/\(clip)", 200, "/recordings/{filename}"),
        Exchange("/recordings/\(clip)", 206, "/recordings/{filename}", "Range: bytes=0-9\r\n"),
        Exchange("/recordings/\(clip)", 416, "/recordings/{filename}", "Range: bytes=1000-\r\n"),
        Exchange("/recordings/\(clip)", 412, "/recordings/{filename}", "If-Match: \"x\"\r\n"),
        Exchange("/recordings/\(clip)", 304, "/recordings/{filename}", "If-None-Match: *\r\n"),
        Exchange("/recordings/\(clip)?download", 200, "/recordings/{filename}", by: "HEAD"),
        Exchange("/recordings/none.mp4", 404, "/recordings/{filename}"),
        Exchange("/api/recordings/file/\(clip)", 200, "/api/recordings/file/{filename}"),
        Exchange("/api/recordings/file/\(clip)?download=x", 400, "/api/recordings/file/{filename}"),
        Exchange("/api/recordings/2", 200, "/api/recordings/{id}", by: "DELETE"),
        Exchange("/api/recordings/99", 404, "/api/recordings/{id}", by: "DELETE"),
    ]

    @Test func everyAnswerIsAsTheDocumentSays() async throws {
        try await withRecordings(3) { port, _, _ in
            for request in Self.exchanges {
                let response = try await exchange(port, request.method, request.target, request.fields)
                #expect(response.hasPrefix("HTTP/1.1 \(request.status) "), "\(request.testDescription)")
                let faults = try faults(of: response, to: request)
                #expect(faults == [], "\(request.testDescription)")
            }
        }
        let seen = Set(Self.exchanges.filter { $0.status < 300 }.map { "\($0.method) \($0.template)" })
        let unseen = Set(operations.keys).subtracting(seen)
        // Endless answers, what the fake camera does not give, and a repetition of the other HEAD.
        #expect(
            unseen == [
                "GET /video/stream", "GET /api/events", "GET /api/events/ws", "GET /api/live/ws",
                "GET /video/jpeg/{id}", "GET /hls/{path}/index.m3u8", "GET /hls/{path}/media.m3u8",
                "GET /hls/{path}/{file}",
                "HEAD /api/recordings/file/{filename}",
            ])
    }

    private func faults(of response: String, to request: Exchange) throws -> [String] {
        let responses = operations["\(request.method) \(request.template)"]?["responses"]
        let listed = responses?["\(request.status)"] ?? responses?["default"]
        guard let answer = listed.map(check.resolved) ?? document["components"]?["responses"]?["Error"] else {
            return ["\(request.status) is not in the document"]
        }
        guard let content = answer["content"] else { return bodyOf(response).isEmpty ? [] : ["there is a body"] }
        let type = response.firstMatch(of: /Content-Type: ([^;\r]+)/).map { String($0.1) } ?? ""
        guard let schema = content[type]?["schema"] else { return ["\(type) is not in the document"] }
        return type == "application/json" ? try check.faults(of: JSONValue(bodyOf(response)), schema) : []
    }

    @Test func aFieldThatIsNotInTheDocumentIsAFault() throws {
        let schema = try JSONValue(##"{"$ref": "#/components/schemas/Deletion"}"##)
        func faults(_ text: String) throws -> [String] { try check.faults(of: JSONValue(text), schema) }
        #expect(try faults(#"{"status":"success","success":true,"message":"m","id":1}"#) == [])
        #expect(
            try faults(#"{"status":"success","success":true,"message":"m","id":1,"x":1}"#) == [
                "$: x is not in the document"
            ])
        #expect(try faults(#"{"status":"success","success":true,"id":1}"#) == ["$: message is missing"])
        #expect(try faults(#"{"status":"success","success":1,"message":"m","id":1}"#).count == 1)
        #expect(try faults(#"{"status":"success","success":true,"message":"m","id":-1}"#).count == 1)
        #expect(try faults(#"{"status":"success","success":true,"message":"m","id":1.5}"#).count == 1)
        #expect(check.faults(of: .null, try JSONValue(#"{"type":["string","null"],"format":"date-time"}"#)) == [])
        #expect(check.faults(of: .string("2025-10-12"), try JSONValue(#"{"format":"date-time"}"#)).count == 1)
        #expect(check.faults(of: .null, try JSONValue(#"{"multipleOf":2}"#)) == ["$: unknown keyword multipleOf"])
    }

    /// Names, ranges, choices and examples of query parameters are those that the server holds to.
    @Test func everyQueryParameterIsAsTheDocumentSays() async throws {
        try await withRecordings(1) { port, _, _ in
            for (name, operation) in operations where name.hasPrefix("GET ") {
                let path = String(name.dropFirst(4))
                let parameters = parameters(path, operation).filter { $0["in"]?.string == "query" }
                // The first camera when there is no path, for ever; and addresses that take nothing and say nothing about it.
                if path == "/video/stream" || parameters.isEmpty { continue }
                // What the fake camera has not got is refused only after its parameters.
                let isEndless = path.hasPrefix("/api/events") || path.hasPrefix("/api/live") || path.hasPrefix("/hls")
                let target = path.replacingOccurrences(of: "{filename}", with: Self.clip)
                    .replacingOccurrences(of: "{path}", with: "video/front-door")
                func status(_ query: String) async throws -> String {
                    String(try await exchange(port, "GET", "\(target)?\(query)").dropFirst(9).prefix(3))
                }
                let refusal = try await object(exchange(port, "GET", "\(target)?nonesuch=1"))["message"] as? String
                let accepted = refusal?.components(separatedBy: "accepted are ").last?.components(separatedBy: ", ")
                #expect(Set(accepted ?? []) == Set(parameters.compactMap { $0["name"]?.string }), "\(name)")
                for parameter in parameters {
                    let key = try #require(parameter["name"]?.string)
                    let values = try values(of: parameter)
                    for value in values.good where !isEndless {
                        #expect(try await status("\(key)=\(value)") == "200", "\(name) \(key)=\(value)")
                    }
                    for value in values.bad {
                        #expect(try await status("\(key)=\(value)") == "400", "\(name) \(key)=\(value)")
                    }
                }
            }
        }
    }

    /// What a parameter must accept and refuse, as they stand in an address.
    private func values(of parameter: JSONValue) throws -> (good: [String], bad: [String]) {
        func text(_ value: JSONValue) -> String {
            switch value {
            case .number(let number): number.rounded() == number ? String(Int(number)) : String(number)
            case .array(let elements): elements.map(text).joined(separator: ",")
            case .bool(let flag): "\(flag)"
            default: value.string ?? ""
            }
        }
        let schema = try #require(parameter["schema"])
        var good = [schema["default"], parameter["example"]].compactMap { $0.map(text) }
        good += parameter["examples"]?.fields.values.compactMap { $0["value"].map(text) } ?? []
        good += schema["enum"]?.elements.map(text) ?? []
        var bad = parameter["allowEmptyValue"] == .bool(true) ? [] : [""]
        if schema["enum"] != nil || schema["type"] != .string("string") && schema["type"] != .string("array") {
            bad.append("nonesuch")
        }
        for (limit, step) in [("minimum", -1.0), ("maximum", 1.0)] {
            guard let bound = schema[limit]?.number else { continue }
            good.append(text(.number(bound)))
            bad.append(text(.number(bound + step)))
        }
        if let most = schema["maxItems"]?.number.map({ Int($0) }) {
            good.append(Array(repeating: "a", count: most).joined(separator: ","))
            bad.append(Array(repeating: "a", count: most + 1).joined(separator: ","))
        }
        // A path that the fake camera does not know is another matter.
        return (good.filter { $0 != "nonesuch" }, bad)
    }

    @Test func theDocumentIsServedAndKnowsItsVersion() async throws {
        try await withServer(FakeCameras()) { port, _ in
            let answer = try await exchange(port, "GET", "/openapi.json")
            #expect(try JSONValue(bodyOf(answer)) == document)
            let tag = try #require(answer.firstMatch(of: /ETag: (.+)\r\n/)?.1)
            let again = try await exchange(port, "GET", "/openapi.json", "If-None-Match: \(tag)\r\n")
            #expect(again.hasPrefix("HTTP/1.1 304 ") && bodyOf(again).isEmpty)
            let other = try await exchange(port, "GET", "/docs", "If-None-Match: \(tag)\r\n")
            #expect(other.hasPrefix("HTTP/1.1 200 "), "the page is not the document")
            #expect(try await exchange(port, "GET", "/").contains("href=\"/docs\""))
        }
    }

    @Test func thePageShowsEverythingWithoutScripts() async throws {
        try await withServer(FakeCameras()) { port, _ in
            let page = try await exchange(port, "GET", "/docs")
            #expect(page.contains("Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline';"))
            #expect(!page.contains("<script") && !page.contains("$ref"))
            for (name, operation) in operations {
                let id = try #require(operation["operationId"]?.string)
                #expect(page.contains("<article id=\"\(id)\">") && page.contains("href=\"#\(id)\""), "\(name)")
                for sample in operation["x-codeSamples"]?.elements ?? [] {
                    #expect(page.contains(htmlEscaped(sample["source"]?.string ?? "?")), "\(name)")
                }
            }
            for name in (document["components"]?["schemas"]?.fields ?? [:]).keys {
                #expect(page.contains("<article id=\"shape-\(name)\">"), "\(name)")
            }
            for target in page.matches(of: /href="#([^"]+)"/).map(\.1) {
                #expect(page.contains("id=\"\(target)\""), "a link to \(target), which is not there")
            }
            let opened = page.matches(of: /<(article|table|pre|h[1-4]|p|tr|td|code|a)[ >]/).count
            #expect(opened == page.matches(of: /<\/(article|table|pre|h[1-4]|p|tr|td|code|a)>/).count)
        }
    }
}
