/// A model, or the runtime that runs it, that cannot be used.
package struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file it is about.
    package let subject: String
    package let reason: String

    package init(_ subject: String, _ reason: String) {
        self.subject = subject
        self.reason = reason
    }

    package var description: String { "\(subject): \(reason)" }
}
