private import Detections
private import Domain
private import Foundation
package import Settings

/// Checks of the settings that need more than the file.
package enum SettingsCheck {
    /// Loads the model and looks up every class name in its list.
    ///
    /// - Returns: a line about the model.
    /// - Throws: `SettingsError` for a model that cannot be used, and for all unknown class names together.
    package static func model(of settings: Settings) throws(SettingsError) -> String {
        let detector: ObjectDetector
        do throws(ModelError) {
            detector = try DetectorFactory.make(settings.detection)
        } catch {
            let keys = ["detection.model", "detection.models_dir", "detection.onnxruntime"]
            let key = keys.first { settings.position(of: $0) != nil } ?? keys[0]
            throw SettingsError(issues: [settings.issue(at: key, error.description)])
        }
        try checkClassNames(settings, classes: detector.classes.names)
        return
            "\(detector.name)  \(detector.head.rawValue)  \(detector.inputWidth)x\(detector.inputHeight)  \(detector.classes.count) classes"
    }

    private static func checkClassNames(_ settings: Settings, classes: [String]) throws(SettingsError) {
        let (filter, events) = ("detection.filters.classes", "recording.record_objects")
        var lists = [(filter, settings.detection.filters.classes), (events, settings.recording.rules.objects)]
        for (index, camera) in settings.cameras.enumerated() {
            let own = [(filter, camera.detection.filters.classes), (events, camera.recording.rules.objects)]
            for (list, names) in own where settings.position(of: "cameras[\(index)].\(list)") != nil {
                lists.append(("cameras[\(index)].\(list)", names))
            }
        }
        var issues: [SettingsIssue] = []
        for (keyPath, names) in lists {
            do throws(SettingsError) {
                _ = try ModelLocation.classIndexes(of: names, in: classes, settings: settings, keyPath: keyPath)
            } catch {
                issues += error.issues
            }
        }
        guard issues.isEmpty else { throw SettingsError(issues: issues.sorted { $0.position < $1.position }) }
    }

    /// The user's own certificate and key, where streams are offered over TLS.
    ///
    /// - Throws: `SettingsError` for each of them that is not there.
    package static func certificateFiles(of settings: Settings) throws(SettingsError) {
        let security = settings.security
        guard settings.streaming.enabled, security.useTLS else { return }
        let files = [("security.tls_cert", security.tlsCertificate), ("security.tls_key", security.tlsKey)]
        let issues = files.compactMap { key, file -> SettingsIssue? in
            let path = ModelLocation.expanded(file)
            guard !file.isEmpty, !FileManager.default.fileExists(atPath: path) else { return nil }
            return settings.issue(at: key, "there is no file \(path)")
        }
        guard issues.isEmpty else { throw SettingsError(issues: issues) }
    }

    /// Files of cameras that are not there now; they may come.
    package static func missingFiles(of settings: Settings) -> [SettingsIssue] {
        settings.cameras.enumerated().compactMap { index, camera in
            guard let file = camera.sourceFile, !FileManager.default.fileExists(atPath: file) else { return nil }
            return settings.issue(at: "cameras[\(index)].source", "there is no file \(file)")
        }
    }
}
