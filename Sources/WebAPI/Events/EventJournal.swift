/// The latest messages that clients may have missed, within bounds. No I/O, no clock.
struct EventJournal {
    struct Limit: Sendable {
        var messages = 10_000
        var bytes = 4 << 20
    }

    let limit: Limit
    private var messages: [LiveMessage] = []
    /// Those before it have been let go.
    private var start = 0
    private var bytes = 0
    /// Numbers up to this one are not complete: those of former runs, and those let go.
    private var incompleteThrough: Int64

    /// - Parameter firstSequence: of this run.
    init(limit: Limit, firstSequence: Int64) {
        self.limit = limit
        incompleteThrough = firstSequence - 1
    }

    var count: Int { messages.count - start }
    var byteCount: Int { bytes }

    mutating func append(_ message: LiveMessage) {
        messages.append(message)
        bytes += message.size
        while count > 0, count > limit.messages || bytes > limit.bytes {
            bytes -= messages[start].size
            incompleteThrough = messages[start].sequence
            start += 1
        }
        if start > 1024, start > messages.count / 2 {
            messages.removeFirst(start)
            start = 0
        }
    }

    /// What a client has missed since a message.
    ///
    /// - Parameters:
    ///   - sequence: of the message that it had last.
    ///   - latest: number of the latest message of all.
    /// - Returns: the messages, and whether there were more: the number is too old, of a run before, or unknown.
    func after(_ sequence: Int64, latest: Int64) -> (messages: ArraySlice<LiveMessage>, isComplete: Bool) {
        guard sequence >= incompleteThrough, sequence <= latest else { return (messages[start...], false) }
        var (low, high) = (start, messages.count)
        while low < high {
            let middle = low + (high - low) / 2
            if messages[middle].sequence > sequence { high = middle } else { low = middle + 1 }
        }
        return (messages[low...], true)
    }
}
