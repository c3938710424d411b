extension Array {
    /// Heapsort: unlike the standard library's sort it needs no second buffer. `precedes` must be a strict total order.
    mutating func sortInPlace(by precedes: (Element, Element) -> Bool) {
        guard count > 1 else { return }
        for root in stride(from: count / 2 - 1, through: 0, by: -1) {
            siftDown(from: root, end: count, by: precedes)
        }
        for end in stride(from: count - 1, to: 0, by: -1) {
            swapAt(0, end)
            siftDown(from: 0, end: end, by: precedes)
        }
    }

    private mutating func siftDown(from start: Int, end: Int, by precedes: (Element, Element) -> Bool) {
        var root = start
        while 2 * root + 1 < end {
            var child = 2 * root + 1
            if child + 1 < end, precedes(self[child], self[child + 1]) { child += 1 }
            guard precedes(self[root], self[child]) else { return }
            swapAt(root, child)
            root = child
        }
    }
}
