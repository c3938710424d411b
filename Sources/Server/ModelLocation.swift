package import Detections
private import Foundation
package import Settings

/// Finds the file of the model that the settings name.
package enum ModelLocation {
    /// What `detection.model: auto` takes, the first that is there.
    package static let preferred = ["yolox_nano", "yolov3-tiny"]

    /// - Throws: `ModelError` that says where was looked, and what to do.
    package static func find(_ detection: Settings.Detection) throws(ModelError) -> String {
        let name = detection.model
        // Absolute: a relative one depends on where the program was started.
        let folder = URL(filePath: expanded(detection.modelsDirectory)).standardizedFileURL.path
        if name == "auto" {
            for candidate in preferred {
                let file = "\(folder)/\(candidate).onnx"
                if FileManager.default.fileExists(atPath: file) { return file }
            }
            throw ModelError(
                folder,
                "there is no model (\(preferred.joined(separator: ", "))); `make setup` or `spectrax models pull` fetches one"
            )
        }
        if name.hasSuffix(".onnx") {
            let file = expanded(name)
            if FileManager.default.fileExists(atPath: file) { return file }
            let beside = "\(folder)/\(name)"
            if !name.contains("/"), FileManager.default.fileExists(atPath: beside) { return beside }
            throw ModelError(file, "there is no such model file")
        }
        if name.hasSuffix(".pt") || name.hasSuffix(".pth") {
            throw ModelError(
                name, "it is a PyTorch file; export it to ONNX first: yolo export model=\(name) format=onnx")
        }
        if name.contains("/") { throw ModelError(name, "a model is an .onnx file, or a name without a slash") }
        let file = "\(folder)/\(name).onnx"
        guard FileManager.default.fileExists(atPath: file) else {
            let installed = installed(in: folder).map(\.name)
            throw ModelError(
                file,
                "there is no such model file; installed: \(installed.isEmpty ? "none" : installed.joined(separator: ", "))"
            )
        }
        return file
    }

    /// The models in a folder, by name.
    package static func installed(in folder: String) -> [(name: String, file: String)] {
        ((try? FileManager.default.contentsOfDirectory(atPath: expanded(folder))) ?? []).sorted()
            .filter { $0.hasSuffix(".onnx") }
            .map { (String($0.dropLast(5)), "\(expanded(folder))/\($0)") }
    }

    /// A path with `~` in front written out.
    package static func expanded(_ path: String) -> String {
        (path as NSString).expandingTildeInPath
    }

    /// The settings' class names as indexes into a model's list.
    ///
    /// - Parameter prefix: the key path of the list, e.g. `detection.filters.classes`.
    /// - Throws: `SettingsError` that names the unknown class and lists the valid ones.
    package static func classIndexes(
        of names: [String], in classes: [String], settings: Settings, keyPath prefix: String
    ) throws(SettingsError) -> Set<Int>? {
        guard !names.isEmpty else { return nil }
        var indexes: Set<Int> = []
        var issues: [SettingsIssue] = []
        for (position, name) in names.enumerated() {
            if let index = classes.firstIndex(where: { $0.lowercased() == name.lowercased() }) {
                indexes.insert(index)
            } else {
                issues.append(
                    settings.issue(
                        at: "\(prefix)[\(position)]",
                        "the model knows no class \"\(name)\"; valid are: \(classes.joined(separator: ", "))"))
            }
        }
        if !issues.isEmpty { throw SettingsError(issues: issues) }
        return indexes
    }
}
