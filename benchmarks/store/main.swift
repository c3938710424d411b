import Domain
import Foundation
import Store

// usage: store-bench build FOLDER COUNT      makes a database of COUNT recordings
//        store-bench measure FOLDER          prints one line of JSON for each figure

func build(_ folder: String, count: Int) throws {
    let store = try Store(path: "\(folder)/recordings.db")
    var footage = try Footage(store)
    for first in stride(from: 0, to: count, by: 10_000) {
        _ = try store.insert((first..<min(first + 10_000, count)).map { footage.recording($0, of: count) })
    }
}

/// Every way to combine the documented filters and sorts.
func queries(_ store: Store) throws -> [RecordingQuery] {
    let cameras = [nil] + (try [Footage.paths[0], Footage.paths[3]].map { try store.cameraID(of: StreamPath($0)) })
    let months = Footage.start + 100 * WallTime.microsecondsADay + 1
    let ranges: [(Int64?, Int64?)] = [
        (nil, nil), (months, months + WallTime.microsecondsADay), (months, months + 45 * WallTime.microsecondsADay),
        (nil, months + 400 * WallTime.microsecondsADay), (months, nil),
    ]
    var queries: [RecordingQuery] = []
    for camera in cameras {
        for classes in [[], ["person"], ["horse"]] {
            for confidence in [nil, 0.5, 0.8, 0.957, 0.9799] {
                for range in ranges {
                    for sort in RecordingQuery.Sort.allCases {
                        for order in RecordingQuery.Order.allCases {
                            var query = RecordingQuery()
                            query.cameraID = camera?.description
                            query.classes = classes
                            query.minimumConfidence = confidence
                            (query.fromMicroseconds, query.toMicroseconds) = range
                            (query.sort, query.order) = (sort, order)
                            queries.append(query)
                        }
                    }
                }
            }
        }
    }
    return queries
}

func report(_ what: String, _ figures: [String: Double]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let rounded = figures.mapValues { ($0 * 1000).rounded() / 1000 }
    print("{\"what\":\"\(what)\",\"figures\":\(String(decoding: try encoder.encode(rounded), as: UTF8.self))}")
}

func measure(_ folder: String) throws {
    var opening = Measured()
    var opened: Store?
    for _ in 0..<3 { opened = try opening.run { try Store(path: "\(folder)/recordings.db") } }
    guard let store = opened else { return }
    try report("start", ["median": opening.median, "max": opening.percentile(100)])

    let all = try queries(store)
    var first = Measured()
    var slowest = (median: 0.0, query: RecordingQuery())
    for query in all {
        _ = try store.recordings(query)
        var one = Measured()
        for _ in 0..<5 {
            _ = try one.run { try store.recordings(query) }
        }
        for _ in 0..<1 { _ = try first.run { try store.recordings(query) } }
        if one.median > slowest.median { slowest = (one.median, query) }
    }
    try report(
        "lists",
        [
            "queries": Double(all.count), "median": first.median, "p99": first.percentile(99),
            "max": first.percentile(100),
            "slowest": slowest.median,
        ])
    FileHandle.standardError.write(Data("slowest list: \(slowest)\n".utf8))

    var deep = Measured()
    for var query in all {
        let total = try store.recordings(query).total
        query.offset = min(900_000, total * 9 / 10)
        if total > 10_000 { _ = try deep.run { try store.recordings(query) } }
        query.offset = total / 2
        if total > 10_000 { _ = try deep.run { try store.recordings(query) } }
    }
    try report("deep", ["median": deep.median, "p99": deep.percentile(99), "max": deep.percentile(100)])

    var statistics = Measured()
    for _ in 0..<20 { _ = try statistics.run { try store.statistics() } }
    try report("statistics", ["median": statistics.median, "max": statistics.percentile(100)])

    var several = Measured()
    for classes in [["person", "car"], ["car", "truck", "bus"], ["dog", "cat"], Footage.classes] {
        var query = RecordingQuery()
        query.classes = classes
        for _ in 0..<5 { _ = try several.run { try store.recordings(query) } }
    }
    try report("several classes", ["median": several.median, "max": several.percentile(100)])

    var plain = Measured()
    for _ in 0..<300 { _ = try plain.run { try store.recordings(RecordingQuery()) } }
    try report("plain", ["median": plain.median, "cpu": plain.cpuEach])
    var filtered = Measured()
    var query = RecordingQuery()
    (query.classes, query.minimumConfidence, query.sort) = (["person"], 0.8, .confidence)
    for _ in 0..<300 { _ = try filtered.run { try store.recordings(query) } }
    try report("person 0.8 by confidence", ["median": filtered.median, "cpu": filtered.cpuEach])

    var one = Measured()
    for id in 1...1000 { _ = try one.run { try store.recording(RecordingID(id)) } }
    try report("one", ["median": one.median, "cpu": one.cpuEach])
}

let arguments = CommandLine.arguments.dropFirst()
switch (arguments.first, arguments.count) {
case ("build", 3): try build(arguments[2], count: Int(arguments[3]) ?? 0)
case ("measure", 2): try measure(arguments[2])
case ("plain", 2):
    let store = try Store(path: "\(arguments[2])/recordings.db")
    for _ in 0..<200 { _ = try store.recordings(RecordingQuery()) }
default:
    FileHandle.standardError.write(Data("usage: store-bench build FOLDER COUNT | measure FOLDER\n".utf8))
    exit(2)
}
