private import Foundation

/// Why credentials or certificates cannot be had.
package struct AccessError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file that it is about.
    package let subject: String
    package let reason: String

    init(subject: String, reason: String) {
        self.subject = subject
        self.reason = reason
    }

    init(subject: String, number: Int32) {
        self.init(subject: subject, reason: String(cString: strerror(number)))
    }

    package var description: String { "\(subject): \(reason)" }
}
