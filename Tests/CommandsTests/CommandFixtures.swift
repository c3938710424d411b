import Foundation
import TestSupport
import Testing

/// The program that was built along with the tests.
let binary: URL = {
    let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "spectrax")
    return FileManager.default.isExecutableFile(atPath: beside.path)
        ? beside : checkout.appending(path: ".build/debug/spectrax")
}()

let models = checkout.appending(path: ".deps/models").path
let vtest = checkout.appending(path: ".deps/footage/vtest.mp4").path

/// Runs `spectrax` as a user would.
func spectrax(_ arguments: String..., in folder: URL? = nil, environment: [String: String] = [:]) async throws
    -> Program.Outcome
{
    try await onThread {
        try Program.outcome(of: [binary.path] + arguments, in: folder, environment: environment)
    }
}

/// Two seconds of the demo footage: 20 frames of 768 × 576, ten a second.
func street(in folder: URL) throws -> URL {
    try Footage.make(
        "street.mp4", in: folder, ["-i", vtest, "-frames:v", "20", "-c:v", "libx264", "-preset", "ultrafast"])
}
