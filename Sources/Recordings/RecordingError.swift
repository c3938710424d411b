/// Recording did not work: what was attempted, on what, and why.
package struct RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of trouble, for code that reacts to it; the set may grow.
    package struct Code: Hashable, Sendable {
        fileprivate enum Kind { case folder, file, video, damaged }
        fileprivate let kind: Kind

        /// The recordings folder is not there, or not the one that it was.
        package static let folder = Code(kind: .folder)
        /// A file could not be written or read.
        package static let file = Code(kind: .file)
        /// The video cannot be recorded.
        package static let video = Code(kind: .video)
        /// A file does not hold what it should.
        package static let damaged = Code(kind: .damaged)
    }

    package let code: Code
    package let subject: String
    package let reason: String

    package init(_ code: Code, subject: String, reason: String) {
        self.code = code
        self.subject = subject
        self.reason = reason
    }

    package var description: String { "\(subject): \(reason)" }
}
