private import Foundation
private import GRDB

/// The database, or a file that its rows stand for, could not do what it was asked.
package struct StoreError: Error, CustomStringConvertible {
    /// What stood in the way, for those who act on it: a recorder waits out `full` and `readOnly`.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        package static let full = Code(description: "full")
        package static let readOnly = Code(description: "read-only")
        /// Another program holds the database for longer than the busy time-out.
        package static let busy = Code(description: "busy")
        /// Not a database, or a damaged one.
        package static let damaged = Code(description: "damaged")
        /// Written by a later version of this program.
        package static let newer = Code(description: "newer")
        /// The folder, or the database in it, is not where it was.
        package static let gone = Code(description: "gone")
        /// The caller's values cannot be stored.
        package static let invalid = Code(description: "invalid")
        package static let other = Code(description: "other")
    }

    package let code: Code
    package let path: String
    package let doing: String
    package let reason: String

    package init(code: Code, path: String, doing: String, reason: String) {
        self.code = code
        self.path = path
        self.doing = doing
        self.reason = reason
    }

    /// Wraps what SQLite or the file system threw; a `StoreError` stays as it is.
    init(_ error: any Error, path: String, doing: String) {
        if let error = error as? StoreError {
            self = error
            return
        }
        if let error = error as? CocoaError {
            // Its own description is one for programmers.
            let reason = (error.underlying as? POSIXError).map { String(cString: strerror($0.code.rawValue)) }
            self.init(code: .other, path: path, doing: doing, reason: reason ?? error.localizedDescription)
            return
        }
        let (code, hint) = Self.meaning(of: error)
        self.init(code: code, path: path, doing: doing, reason: hint.map { "\($0) (\(error))" } ?? "\(error)")
    }

    package var description: String { "\(path): could not \(doing): \(reason)" }

    private static func meaning(of error: any Error) -> (Code, String?) {
        guard let error = error as? DatabaseError else { return (.other, nil) }
        switch error.resultCode {
        case .SQLITE_FULL: return (.full, "the disk is full")
        case .SQLITE_READONLY: return (.readOnly, "the file or its file system is read-only")
        case .SQLITE_BUSY, .SQLITE_LOCKED: return (.busy, "another program holds it")
        case .SQLITE_NOTADB: return (.damaged, "it is no SQLite database; it was left as it is")
        case .SQLITE_CORRUPT: return (.damaged, "it is damaged; it was left as it is")
        case .SQLITE_CANTOPEN: return (.gone, "it cannot be opened or created")
        default: return (.other, nil)
        }
    }
}
