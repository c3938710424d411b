private import Detections
private import FFmpeg
private import Foundation

#if canImport(FoundationNetworking)
    private import FoundationNetworking
#endif

/// The models that can be fetched by name, each pinned by its SHA-256.
package enum ModelCatalogue {
    package struct Entry: Sendable {
        package let name: String
        package let summary: String
        /// nil for a model that `make setup` makes.
        package let url: String?
        package let sha256: String
        package let sizeBytes: Int
        /// What is written beside the model.
        let manifest: String
    }

    package static let entries = [
        Entry(
            name: "yolox_nano", summary: "YOLOX-nano, 80 classes of COCO, 416 px, Apache-2.0",
            url: "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx",
            sha256: "c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d", sizeBytes: 3_659_407,
            manifest: """
                {
                    "name": "yolox_nano",
                    "source": "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx",
                    "sha256": "c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d",
                    "licence": "Apache-2.0",
                    "input": {"layout": "bgr", "range": "0-255", "letterbox": "top-left", "pad": 114, "size": [416, 416]},
                    "head": "yolox",
                    "classes": "coco-80"
                }

                """),
        Entry(
            name: "yolov3-tiny",
            summary: "YOLOv3-tiny, 80 classes of COCO, 416 px, public domain; made by `make setup`",
            url: nil, sha256: "0b2c42e18f280eba53181566c47d464c03421991fc21ae328bc5e4844b85fdd7", sizeBytes: 35_400_000,
            manifest: ""),
    ]

    /// Fetches a model into `folder` and checks it; what is there and intact is left alone.
    ///
    /// - Parameter onFetching: called with the address once the download begins.
    /// - Returns: a line that says what was done.
    /// - Throws: `ModelError` that names the model, what failed and why. A file that does not match its SHA-256 is not kept.
    package static func pull(
        _ name: String, into folder: String, onFetching: (String) -> Void = { _ in }
    ) async throws -> String {
        guard let entry = entries.first(where: { $0.name == name }) else {
            throw ModelError(name, "unknown; known are \(entries.map(\.name).joined(separator: ", "))")
        }
        let file = "\(folder)/\(name).onnx"
        if FileManager.default.fileExists(atPath: file), try MessageDigest.sha256(ofFile: file) == entry.sha256 {
            return "\(file) is there already"
        }
        guard let text = entry.url, let url = URL(string: text) else {
            throw ModelError(name, "it is not downloaded as it is: `make setup` fetches its weights and converts them")
        }
        onFetching(text)
        let fetched: URL
        do {
            var request = URLRequest(url: url)
            request.timeoutInterval = 30
            let (location, response) = try await URLSession.shared.download(for: request)
            guard (response as? HTTPURLResponse)?.statusCode == 200 else {
                throw ModelError(text, "the server answered \((response as? HTTPURLResponse)?.statusCode ?? 0)")
            }
            fetched = location
        } catch let error as ModelError {
            throw error
        } catch {
            throw ModelError(
                name,
                "could not be fetched: \(error.localizedDescription). Put it at \(file) by other means, or use another model"
            )
        }
        defer { try? FileManager.default.removeItem(at: fetched) }
        guard try MessageDigest.sha256(ofFile: fetched.path) == entry.sha256 else {
            throw ModelError(text, "what came is not the pinned file (SHA-256 differs); it was not kept")
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if FileManager.default.fileExists(atPath: file) { try FileManager.default.removeItem(atPath: file) }
        try FileManager.default.copyItem(atPath: fetched.path, toPath: file)
        try Data(entry.manifest.utf8).write(to: URL(filePath: "\(folder)/\(name).json"), options: .atomic)
        return "\(file) fetched and checked"
    }
}
