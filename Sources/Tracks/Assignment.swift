/// Minimum-cost assignment of rows to columns where a pair may stay apart.
///
/// Finds the matching that minimises the sum of `cost - limit` over its pairs; a pair that costs `limit` or more is
/// never made. Shortest augmenting paths with potentials (Jonker and Volgenant, "A shortest augmenting path algorithm
/// for dense and sparse linear assignment problems", Computing 38, 1987): O(min(rows, columns)² · max(rows, columns)).
/// All buffers are kept between calls.
package struct Assignment: Sendable {
    /// What a pair without a finite cost below it counts as.
    package private(set) var limit: Float = 0
    package private(set) var rowCount = 0
    package private(set) var columnCount = 0
    /// The column of each row, -1 for none. Valid after `solve()`.
    package private(set) var columnOfRow: [Int] = []

    // The path search runs over the shorter side ("short") against the longer one ("long").
    private var costs: [Float] = []
    private var shortPotential: [Float] = []
    private var longPotential: [Float] = []
    private var shortOfLong: [Int] = []
    private var previousLong: [Int] = []
    private var distance: [Float] = []
    private var isVisited: [Bool] = []
    private var isTransposed = false

    package init() {}

    var bufferCapacities: [Int] {
        [
            columnOfRow.capacity, costs.capacity, shortPotential.capacity, longPotential.capacity,
            shortOfLong.capacity, previousLong.capacity, distance.capacity, isVisited.capacity,
        ]
    }

    /// Starts a problem in which no pair is admissible yet.
    package mutating func begin(rows: Int, columns: Int, limit: Float) {
        rowCount = max(0, rows)
        columnCount = max(0, columns)
        self.limit = limit
        isTransposed = rowCount > columnCount
        costs.refill(with: limit, count: rowCount * columnCount)
        columnOfRow.refill(with: -1, count: rowCount)
    }

    /// Sets the cost of a pair; a cost of `limit` or more, or no number, forbids it.
    package mutating func setCost(_ cost: Float, row: Int, column: Int) {
        let bounded = cost < limit ? cost : limit
        let index = isTransposed ? column * rowCount + row : row * columnCount + column
        costs[index] = bounded
    }

    /// Fills `columnOfRow`.
    package mutating func solve() {
        let shortCount = min(rowCount, columnCount)
        let longCount = max(rowCount, columnCount)
        guard shortCount > 0 else { return }
        // Index `longCount` of the long side is the root of each search.
        shortPotential.refill(with: 0, count: shortCount)
        longPotential.refill(with: 0, count: longCount + 1)
        shortOfLong.refill(with: -1, count: longCount + 1)
        previousLong.refill(with: longCount, count: longCount + 1)
        for short in 0..<shortCount where hasAdmissiblePair(short: short, longCount: longCount) {
            augment(from: short, longCount: longCount)
        }
        for long in 0..<longCount {
            let short = shortOfLong[long]
            guard short >= 0, costs[short * longCount + long] < limit else { continue }
            if isTransposed {
                columnOfRow[long] = short
            } else {
                columnOfRow[short] = long
            }
        }
    }

    private func hasAdmissiblePair(short: Int, longCount: Int) -> Bool {
        for long in 0..<longCount where costs[short * longCount + long] < limit { return true }
        return false
    }

    /// One search of the shortest path from `short` to a free member of the long side.
    private mutating func augment(from short: Int, longCount: Int) {
        distance.refill(with: .infinity, count: longCount + 1)
        isVisited.refill(with: false, count: longCount + 1)
        shortOfLong[longCount] = short
        var current = longCount
        repeat {
            isVisited[current] = true
            let owner = shortOfLong[current]
            let base = owner * longCount
            let ownPotential = shortPotential[owner]
            var step = Float.infinity
            var next = -1
            for long in 0..<longCount where !isVisited[long] {
                let reduced = costs[base + long] - ownPotential - longPotential[long]
                if reduced < distance[long] {
                    distance[long] = reduced
                    previousLong[long] = current
                }
                if distance[long] < step {
                    step = distance[long]
                    next = long
                }
            }
            guard next >= 0 else { return }
            for long in 0...longCount {
                if isVisited[long] {
                    shortPotential[shortOfLong[long]] += step
                    longPotential[long] -= step
                } else {
                    distance[long] -= step
                }
            }
            current = next
        } while shortOfLong[current] >= 0
        while current != longCount {
            let before = previousLong[current]
            shortOfLong[current] = shortOfLong[before]
            current = before
        }
    }
}

extension Array {
    /// Replaces the content without giving up the buffer.
    mutating func refill(with element: Element, count: Int) {
        removeAll(keepingCapacity: true)
        append(contentsOf: repeatElement(element, count: count))
    }
}
