private import Detections
private import Domain
package import Settings

/// Checks of the settings that need more than the file.
package enum SettingsCheck {
    /// Loads the model and looks up every class name in its list.
    ///
    /// - Returns: a line about the model.
    /// - Throws: `ModelError`, or `SettingsError` for unknown class names.
    package static func model(of settings: Settings) throws -> String {
        let detector = try DetectorFactory.make(settings.detection)
        _ = try System.admittedClasses(settings, classes: detector.classes)
        return
            "\(detector.name)  \(detector.head.rawValue)  \(detector.inputWidth)x\(detector.inputHeight)  \(detector.classes.count) classes"
    }
}
