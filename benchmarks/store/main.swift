import Domain
import Foundation
import Store

// usage: store-bench build FOLDER COUNT      makes a database of COUNT recordings
//        store-bench measure FOLDER          prints one line of JSON for each figure

func build(_ folder: String, count: Int) throws {
    var options = Store.Options()
    options.cacheKilobytes = 400_000
    let store = try Store(path: "\(folder)/recordings.db", options: options)
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

func measure(_ folder: String) throws {
    var opening = Measured()
    var opened: Store?
    for _ in 0..<5 {
        opened = nil
        opened = try opening.run { try Store(path: "\(folder)/recordings.db") }
    }
    guard let store = opened else { return }
    try report("start", opening)

    let all = try queries(store)
    try measure("lists", all, store)
    var deep: [RecordingQuery] = []
    for query in all {
        let total = try store.recordings(query).total
        for offset in [total / 2, total * 9 / 10] where total > 10_000 {
            var query = query
            query.offset = offset
            deep.append(query)
        }
    }
    try measure("deep pages", deep, store)
    var several: [RecordingQuery] = []
    for query in all where query.classes.isEmpty {
        for classes in [["person", "car"], ["car", "truck", "bus"], ["dog", "cat"], ["horse", "motorcycle"]] {
            var query = query
            query.classes = classes
            several.append(query)
        }
    }
    try measure("several classes", several, store)

    var statistics = Measured()
    for _ in 0..<50 { _ = try statistics.run { try store.statistics() } }
    try report("statistics", statistics)
    var plain = Measured()
    for _ in 0..<300 { _ = try plain.run { try store.recordings(RecordingQuery()) } }
    try report("newest hundred", plain)
    var filtered = Measured()
    var query = RecordingQuery()
    (query.classes, query.minimumConfidence, query.sort) = (["person"], 0.8, .confidence)
    for _ in 0..<300 { _ = try filtered.run { try store.recordings(query) } }
    try report("persons from 0.8 by confidence", filtered)
}

/// Each once to warm the caches, then three times.
func measure(_ what: String, _ queries: [RecordingQuery], _ store: Store) throws {
    var measured = Measured()
    var slowest = (cpu: 0.0, query: RecordingQuery())
    for query in queries {
        _ = try store.recordings(query)
        for _ in 0..<3 { _ = try measured.run { try store.recordings(query) } }
        let cpu = measured.cpuMilliseconds.suffix(3).min() ?? 0
        if cpu > slowest.cpu { slowest = (cpu, query) }
    }
    try report(what, measured)
    FileHandle.standardError.write(Data("slowest of \(what): \(slowest)\n".utf8))
}

func report(_ what: String, _ measured: Measured) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let rounded = measured.figures.mapValues { ($0 * 1000).rounded() / 1000 }
    print(
        "{\"what\":\"\(what)\",\"calls\":\(measured.milliseconds.count),"
            + "\"figures\":\(String(decoding: try encoder.encode(rounded), as: UTF8.self))}")
}

let arguments = CommandLine.arguments.dropFirst()
do {
    switch (arguments.first, arguments.count) {
    case ("build", 3): try build(arguments[2], count: Int(arguments[3]) ?? 0)
    case ("measure", 2): try measure(arguments[2])
    default:
        FileHandle.standardError.write(Data("usage: store-bench build FOLDER COUNT | measure FOLDER\n".utf8))
        exit(2)
    }
} catch {
    FileHandle.standardError.write(Data("store-bench: \(error)\n".utf8))
    exit(1)
}
