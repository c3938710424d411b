internal import COnnxRuntime
private import Foundation

/// The ONNX Runtime library, opened at run time.
package final class OnnxRuntime: @unchecked Sendable {
    // Safe: set in `init`; ONNX Runtime's environment may be used from any thread.
    let library: OpaquePointer
    package let path: String
    /// e.g. `1.32.0`.
    package let version: String

    /// Opens the library at `path`, or else the first that is found in the usual places.
    ///
    /// - Throws: `ModelError` that lists what was tried.
    package init(path: String? = nil) throws(ModelError) {
        let candidates = path.map { [$0] } ?? Self.candidates()
        var failures: [String] = []
        for candidate in candidates {
            var error: UnsafeMutablePointer<CChar>?
            if let library = onnx_open(candidate, &error) {
                self.library = library
                self.path = candidate
                version = String(cString: onnx_version(library))
                return
            }
            failures.append("\(candidate) (\(takeText(error) ?? "no reason given"))")
        }
        throw ModelError(
            "ONNX Runtime",
            "not found; `make setup` fetches it, or set detection.onnxruntime. Tried: "
                + failures.joined(separator: ", "))
    }

    deinit {
        onnx_close(library)
    }

    private static func candidates() -> [String] {
        let environment = ProcessInfo.processInfo.environment["SPECTRAX_ONNXRUNTIME"].map { [$0] } ?? []
        // Not the first argument, which is a bare name where the shell found the program.
        let executable = URL(filePath: Bundle.main.executablePath ?? "").resolvingSymlinksInPath()
            .deletingLastPathComponent()
        let folders = [
            ".deps/onnxruntime/lib", executable.appending(path: "../lib/spectrax").path,
            executable.appending(path: "../../.deps/onnxruntime/lib").path,
            executable.appending(path: "../../../.deps/onnxruntime/lib").path,
        ]
        let found = folders.flatMap { folder in
            ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
                .filter { $0.hasPrefix("libonnxruntime.") && !$0.hasSuffix(".sha256") }.sorted(by: >)
                .map { "\(folder)/\($0)" }
        }
        #if os(macOS)
            let system = ["/opt/homebrew/lib/libonnxruntime.dylib", "/usr/local/lib/libonnxruntime.dylib"]
        #else
            let system = ["libonnxruntime.so.1", "libonnxruntime.so"]
        #endif
        return environment + found + system
    }
}

/// Takes over an error text of the C side; nil for none.
func takeText(_ error: UnsafeMutablePointer<CChar>?) -> String? {
    guard let error else { return nil }
    defer { onnx_free_error(error) }
    return String(cString: error)
}
