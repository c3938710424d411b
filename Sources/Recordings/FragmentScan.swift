private import Foundation

/// Finds how much of a fragmented MP4 is whole, by its top-level boxes (ISO/IEC 14496-12, 4.2): what follows the last
/// complete fragment was cut off by a crash.
struct FragmentScan: Hashable, Sendable {
    /// Up to the end of the last whole fragment.
    var wholeBytes: Int64 = 0
    /// A `moof` and its `mdat` each.
    var fragments = 0

    /// - Throws: `RecordingError` when the file cannot be read. What is in it may be anything.
    init(path: String) throws(RecordingError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DiskFile.failure("cannot be opened", path) }
        defer { close(descriptor) }
        let size = try DiskFile.size(path)
        var offset: Int64 = 0
        var isBegun = false
        var hasIndex = false
        while let box = Self.box(at: offset, in: descriptor, size: size) {
            offset += box.size
            switch box.type {
            case "moov": hasIndex = true
            case "moof": isBegun = true
            case "mdat":
                guard hasIndex, isBegun else { return }
                isBegun = false
                fragments += 1
                wholeBytes = offset
            default: break
            }
        }
    }

    /// - Returns: nil where there is no box that ends within the file.
    private static func box(at offset: Int64, in descriptor: Int32, size: Int64) -> (type: String, size: Int64)? {
        var header = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &header, header.count, off_t(offset))
        guard count >= 8 else { return nil }
        let type = String(decoding: header[4..<8], as: UTF8.self)
        var length = Int64(Self.number(header[0..<4]))
        if length == 1 {
            guard count == 16, let long = Int64(exactly: Self.number(header[8..<16])) else { return nil }
            length = long
        }
        guard length >= 8, length <= size - offset else { return nil }
        return (type, length)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
