/// What a camera is called for life, across restarts and changes of anything but its path: a UUID in lower case.
package struct CameraID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// nil when `text` is not of the form `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
    package init?(_ text: String) {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12],
            text.unicodeScalars.allSatisfy({
                $0 == "-" || ("0"..."9").contains($0) || ("a"..."f").contains($0) || ("A"..."F").contains($0)
            })
        else { return nil }
        description = text.lowercased()
    }
}
