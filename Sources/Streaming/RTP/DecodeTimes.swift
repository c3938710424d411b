/// Decode times of pictures of which only presentation times are known, as RTP has it.
///
/// With a reordering of at most `depth` pictures, the decode time of the n-th picture sent is the (n − depth)-th smallest
/// presentation time. The depth grows when pictures show that it is too small.
struct DecodeTimes: Sendable {
    private static let maximumDepth = 16

    private var depth: Int
    /// Presentation times not yet given out as decode times, ascending.
    private var pending: [Int64] = []
    private var last: Int64?
    private var interval: Int64
    private var latest: Int64?

    /// - Parameters:
    ///   - depth: how many pictures may be shown before one that was sent earlier.
    ///   - interval: ticks between pictures until two have come.
    init(depth: Int, interval: Int64) {
        self.depth = min(max(depth, 0), Self.maximumDepth)
        self.interval = interval
    }

    /// The decode time of the next picture sent; rises, and is not after `presentation` unless the depth was too small.
    mutating func next(presentation: Int64) -> Int64 {
        if let latest, presentation != latest {
            interval = min(interval, max(1, abs(presentation &- latest)))
            // A leap: what came before has nothing to do with it.
            if abs(presentation &- latest) > 900_000 { restart() }
        }
        latest = presentation
        if depth > 0, pending.isEmpty, last == nil {
            // The first pictures are decoded before the first is shown.
            pending = (1...depth).reversed().map { presentation &- Int64($0) &* interval }
        }
        if let last, presentation <= last, depth < Self.maximumDepth {
            depth += 1
            let time = last &+ 1
            self.last = time
            pending.insert(presentation, at: pending.firstIndex { $0 > presentation } ?? pending.endIndex)
            return time
        }
        pending.insert(presentation, at: pending.firstIndex { $0 > presentation } ?? pending.endIndex)
        let due = pending.removeFirst()
        let time = last.map { max(due, $0 &+ 1) } ?? due
        last = time
        return time
    }

    private mutating func restart() {
        pending = []
        last = nil
    }
}
