package import Foundation

/// A folder that is there for the length of `body`.
package func withTemporaryDirectory<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "spectrax-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}

/// The top of the checkout.
package let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Waits until `condition` holds, looking at it often.
///
/// On a machine that is too busy to look often, it waits for longer: it looks at least twenty times for each second.
///
/// - Returns: whether it came to hold within `seconds`.
package func eventually(within seconds: Double = 10, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    var looks = 0
    while ContinuousClock.now < end || Double(looks) < 20 * seconds {
        if try await condition() { return true }
        looks += 1
        try? await Task.sleep(for: .milliseconds(10))
    }
    return try await condition()
}

/// Runs what blocks, such as FFmpeg's programs, on a thread of its own: the tests share a pool of as many threads as there
/// are cores.
package func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Swift.Result(catching: body)) }
        thread.stackSize = 4 << 20
        thread.start()
    }
}

/// A temporary folder for the length of `body`, which may block.
package func withTemporaryDirectoryBlocking<Result: Sendable>(_ body: @escaping @Sendable (URL) throws -> Result)
    async throws -> Result
{
    try await withTemporaryDirectory { folder in
        try await onThread { try body(folder) }
    }
}
