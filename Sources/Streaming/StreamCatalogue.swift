package import Cameras
package import Domain

/// The cameras whose streams are handed on and taken, by path.
package struct StreamCatalogue: Sendable {
    private let cameras: [StreamPath: Camera]

    package init(_ cameras: [Camera]) {
        self.cameras = Swift.Dictionary(cameras.map { ($0.path, $0) }) { first, _ in first }
    }

    package subscript(path: StreamPath) -> Camera? { cameras[path] }

    /// The camera whose path is the longest at the front of an address, and what stands behind it.
    func find(_ address: RTSPAddress) -> (path: StreamPath, rest: String)? {
        var path = Substring(address.path)
        while !path.isEmpty {
            if let known = try? StreamPath(String(path)), cameras[known] != nil {
                return (known, address.suffix(behind: known.rawValue) ?? "")
            }
            guard let slash = path.lastIndex(of: "/") else { return nil }
            path = path[..<slash]
        }
        return nil
    }
}
