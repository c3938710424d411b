/// One thing that is wrong, or merely worth knowing, about a settings file.
package struct SettingsIssue: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    package let position: SourcePosition
    /// e.g. `cameras[0].path`; empty for the file as a whole.
    package let keyPath: String
    package let message: String

    package init(file: String, position: SourcePosition, keyPath: String, message: String) {
        self.file = file
        self.position = position
        self.keyPath = keyPath
        self.message = message
    }

    /// `surveillance.yml:9:15: detection.confidence: 1.5 is not between 0 and 1`
    package var description: String {
        "\(file):\(position.line):\(position.column): \(keyPath.isEmpty ? "" : keyPath + ": ")\(message)"
    }
}

/// Everything that keeps a settings file from being used, in the order of the file.
package struct SettingsError: Error, Equatable, CustomStringConvertible {
    package let issues: [SettingsIssue]

    package init(issues: [SettingsIssue]) {
        self.issues = issues
    }

    package var description: String { issues.map(\.description).joined(separator: "\n") }
}
