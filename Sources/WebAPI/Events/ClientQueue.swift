/// What waits for one client. A client that reads slowly loses the messages of frames, the oldest first, and is told so; one
/// that lets the others pile up is given up.
struct ClientQueue {
    struct Limit: Sendable {
        /// Messages of frames that wait.
        var frames = 64
        /// Other messages that wait.
        var messages = 1000
        /// Bytes of those others.
        var bytes = 1 << 20
    }

    let limit: Limit
    /// Missed while it was away: there is no hurry, and the messages are shared.
    private var backlog: ArraySlice<LiveMessage>
    private var waiting: [LiveMessage] = []
    /// Those before it have been taken.
    private var start = 0
    private var frames = 0
    private var bytes = 0
    /// Messages that were left out and not told of.
    private var untold: Int
    private var isBacklogIncomplete: Bool
    /// Messages that were left out since `takeLostCount`.
    private(set) var lostCount = 0

    init(limit: Limit, backlog: ArraySlice<LiveMessage> = [], isComplete: Bool = true) {
        self.limit = limit
        self.backlog = backlog
        isBacklogIncomplete = !isComplete
        untold = 0
    }

    var count: Int { backlog.count + waiting.count - start }
    var isEmpty: Bool { count == 0 && !isBacklogIncomplete && untold == 0 }

    /// - Returns: false when too much waits: the client is to be given up.
    mutating func append(_ message: LiveMessage) -> Bool {
        if message.kind == .frame {
            if frames == limit.frames { dropOldestFrame() }
            frames += 1
        } else {
            bytes += message.size
            guard bytes <= limit.bytes, waiting.count - start - frames < limit.messages else { return false }
        }
        waiting.append(message)
        return true
    }

    /// The next message to send.
    ///
    /// - Parameter latest: number of the latest message of all.
    mutating func next(latest: Int64, nowMicroseconds: @autoclosure () -> Int64) -> LiveMessage? {
        let following = (backlog.first ?? (start < waiting.count ? waiting[start] : nil))?.sequence ?? latest + 1
        if isBacklogIncomplete {
            isBacklogIncomplete = false
            return .lost(nil, before: following, nowMicroseconds: nowMicroseconds())
        }
        if let message = backlog.popFirst() { return message }
        if untold > 0 {
            defer { untold = 0 }
            return .lost(untold, before: following, nowMicroseconds: nowMicroseconds())
        }
        guard start < waiting.count else { return nil }
        let message = waiting[start]
        start += 1
        if message.kind == .frame { frames -= 1 } else { bytes -= message.size }
        if start == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            start = 0
        } else if start > 256 {
            waiting.removeFirst(start)
            start = 0
        }
        return message
    }

    /// Messages were lost before they came here.
    mutating func missed(_ count: Int) {
        untold += count
        lostCount += count
    }

    mutating func takeLostCount() -> Int {
        defer { lostCount = 0 }
        return lostCount
    }

    private mutating func dropOldestFrame() {
        guard let index = waiting[start...].firstIndex(where: { $0.kind == .frame }) else { return }
        waiting.remove(at: index)
        frames -= 1
        missed(1)
    }
}
