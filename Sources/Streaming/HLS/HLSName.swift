/// What playlists call their files, e.g. `a1b2c3d4-part-17-2.m4s`.
enum HLSName: Hashable, Sendable {
    case header(Int)
    case segment(Int)
    case part(segment: Int, index: Int)

    /// - Parameter session: tells the files of one run from those of others, which browsers may still keep.
    func text(session: String) -> String {
        switch self {
        case .header(let number): "\(session)-init-\(number).mp4"
        case .segment(let number): "\(session)-segment-\(number).m4s"
        case .part(let segment, let index): "\(session)-part-\(segment)-\(index).m4s"
        }
    }

    /// - Returns: nil for what is no name of this session.
    init?(_ text: String, session: String) {
        guard text.utf8.count <= 64 else { return nil }
        let pieces = text.split(separator: "-", omittingEmptySubsequences: false)
        guard pieces.count >= 3, pieces[0] == session else { return nil }
        let numbers = pieces.dropFirst(2).map { Int($0.prefix { $0 != "." }) ?? -1 }
        switch (pieces[1], numbers.count) {
        case ("init", 1): self = .header(numbers[0])
        case ("segment", 1): self = .segment(numbers[0])
        case ("part", 2): self = .part(segment: numbers[0], index: numbers[1])
        default: return nil
        }
        // One thing has one name: no other endings, signs or leading zeros.
        guard self.text(session: session) == text else { return nil }
    }
}
