import Foundation
import Testing

@testable import WebAPI

private struct Queues: MetricsSource {
    let queues: [QueueStatus]
    func write(to metrics: inout MetricsText) {}
}

@Suite(.timeLimit(.minutes(5))) struct QueueTests {
    private let source = Queues(queues: [
        QueueStatus(.decoder, camera: "video/a", depth: 3, capacity: 600, dropped: 7),
        QueueStatus(.gop, camera: "video/a", depth: 12, capacity: 1500),
        QueueStatus(.readers, depth: 0, capacity: 0, dropped: 4),
    ])

    @Test func theAPIAndTheMetricsSayTheSame() async throws {
        var answers = (json: "", metrics: "")
        try await withServer(FakeCameras(), metrics: source) { port, _ in
            answers.json = bodyOf(try await exchange(port, "GET", "/api/queues"))
            answers.metrics = bodyOf(try await exchange(port, "GET", "/metrics"))
        }
        let queues = try JSONValue(answers.json)["queues"]?.elements ?? []
        #expect(queues.compactMap { $0["name"]?.string } == ["decoder", "gop", "readers", "messages", "video"])
        #expect(queues.first?["camera"]?.string == "video/a" && queues.last?["camera"] == .null)
        for (field, metric) in [("depth", "depth"), ("capacity", "capacity"), ("dropped", "dropped_total")] {
            let prefix = "spectrax_queue_\(metric){"
            let lines = answers.metrics.split(separator: "\n").filter { $0.hasPrefix(prefix) }.map(String.init)
            #expect(lines == queues.compactMap { line(prefix, field, $0) }, "\(field)")
        }
        #expect(
            answers.metrics.contains(
                "spectrax_queue_depth{camera=\"video/a\",queue=\"decoder\",unit=\"packets\"} 3\n"))
    }

    /// How a queue of the API stands in the metrics; nil where it has no value.
    private func line(_ prefix: String, _ field: String, _ queue: JSONValue) -> String? {
        guard let value = queue[field]?.number else { return nil }
        func text(_ key: String) -> String { queue[key]?.string ?? "" }
        return "\(prefix)camera=\"\(text("camera"))\",queue=\"\(text("name"))\",unit=\"\(text("unit"))\"} \(Int(value))"
    }
}
