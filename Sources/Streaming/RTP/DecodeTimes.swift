/// Decode times of pictures of which only presentation times are known, as RTP has it.
///
/// With a reordering of at most `depth` pictures, the decode time of the n-th picture sent is the (n − depth)-th smallest
/// presentation time. The depth grows when pictures show that it is too small.
struct DecodeTimes: Sendable {
    private static let maximumDepth = 16

    private let clockRate: Int64
    private var depth: Int
    /// Presentation times not yet given out as decode times, ascending.
    private var pending: [Int64] = []
    private var last: Int64?
    private var interval: Int64
    private var latest: Int64?

    /// - Parameters:
    ///   - depth: how many pictures may be shown before one that was sent earlier.
    ///   - clockRate: ticks a second.
    init(depth: Int, clockRate: Int32) {
        self.depth = min(max(depth, 0), Self.maximumDepth)
        self.clockRate = Int64(max(1, clockRate))
        interval = max(1, self.clockRate / 25)
    }

    /// The decode time of the next picture sent: not after `presentation`, never falling until the sender's clock leaps, and
    /// rising wherever presentation times do.
    ///
    /// - Returns: nil for a picture that should have been decoded already: the reordering is deeper than was known, and this
    ///   one has to be left out.
    mutating func next(presentation: Int64) -> Int64? {
        if let latest, presentation != latest {
            let step = abs(presentation &- latest)
            interval = min(interval, max(1, step))
            // What came before has nothing to do with it.
            if step > 10 &* clockRate { restart() }
        }
        latest = presentation
        if let last, presentation < last {
            // Pictures are not that far out of order: the sender's clock went back.
            if last &- presentation > clockRate || depth == Self.maximumDepth {
                restart()
            } else {
                depth += 1
                insert(presentation)
                return nil
            }
        }
        if last == nil {
            // The first pictures are decoded before the first is shown.
            pending = (0..<depth).reversed().map { presentation &- Int64($0 + 1) &* interval }
        }
        insert(presentation)
        let due = pending.removeFirst()
        let time = last.map { min(presentation, max(due, $0 &+ 1)) } ?? due
        last = time
        return time
    }

    private mutating func insert(_ presentation: Int64) {
        pending.insert(presentation, at: pending.firstIndex { $0 > presentation } ?? pending.endIndex)
    }

    private mutating func restart() {
        pending = []
        last = nil
    }
}
