import Domain
import Hummingbird
import HummingbirdCore
import Logging
import Plumbing

/// The latest lines of the log.
struct LogRoutes: Sendable {
    let log: RecentLog

    var routes: [Route] {
        [Route("/api/log", [.get: lines])]
    }

    private func lines(_ request: RoutedRequest) throws -> Response {
        let query = try request.query("limit", "level", "after")
        let limit = try query.integer("limit", in: 1...500, default: 100)
        let least = try query.choice("level", default: LeastLevel.trace).level
        let after = try query.integer("after", in: 0...Int.max, default: 0)
        let lines = log.lines.filter { $0.level >= least && $0.sequence > after }
        var json = JSONText()
        json.object { json in
            json.field("total", lines.count)
            json.field("limit", limit)
            json.field("capacity", log.capacity)
            json.key("lines")
            json.array(lines.prefix(limit)) { json, line in json.line(line) }
        }
        return response(json)
    }
}

/// Lines of a lower level are left out.
private enum LeastLevel: String, CaseIterable {
    case trace, debug, info, notice, warning, error, critical

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .trace }
}

extension JSONText {
    fileprivate mutating func line(_ line: RecentLog.Line) {
        object { json in
            json.field("seq", line.sequence)
            json.field("time", WallTime.zonedText(line.wallMicroseconds))
            json.field("level", line.level.rawValue)
            json.field("source", line.source)
            json.field("message", line.message)
            json.key("metadata")
            json.object { json in
                for (name, value) in line.metadata {
                    json.key(name)
                    json.string(value)
                }
            }
        }
    }
}
