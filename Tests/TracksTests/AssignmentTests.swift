import Testing

@testable import Tracks

@Suite struct AssignmentTests {
    /// The least sum of `cost - limit` over all matchings, by trying every one.
    private func bruteForce(_ costs: [[Float]], limit: Float, row: Int = 0, taken: Set<Int> = []) -> Float {
        guard row < costs.count else { return 0 }
        var best = bruteForce(costs, limit: limit, row: row + 1, taken: taken)
        for column in costs[row].indices where !taken.contains(column) && costs[row][column] < limit {
            let rest = bruteForce(costs, limit: limit, row: row + 1, taken: taken.union([column]))
            best = min(best, costs[row][column] - limit + rest)
        }
        return best
    }

    @Test func findsTheOptimumOfRandomMatrices() {
        var random = SeededGenerator(seed: 7)
        var assignment = Assignment()
        for _ in 0..<400 {
            let rows = Int.random(in: 1...6, using: &random)
            let columns = Int.random(in: 1...6, using: &random)
            let costs = (0..<rows).map { _ in
                (0..<columns).map { _ in Float(Int.random(in: 0...12, using: &random)) / 10 }
            }
            assignment.begin(rows: rows, columns: columns, limit: 0.8)
            for row in 0..<rows {
                for column in 0..<columns { assignment.setCost(costs[row][column], row: row, column: column) }
            }
            assignment.solve()
            let pairs = (0..<rows).map { ($0, assignment.columnOfRow[$0]) }.filter { $0.1 >= 0 }
            #expect(Set(pairs.map(\.1)).count == pairs.count, "a column was given twice")
            #expect(pairs.allSatisfy { costs[$0.0][$0.1] < 0.8 })
            let sum = pairs.reduce(Float(0)) { $0 + costs[$1.0][$1.1] - 0.8 }
            #expect(abs(sum - bruteForce(costs, limit: 0.8)) < 1e-4, "\(costs)")
        }
    }

    @Test func prefersTwoFairPairsToOnePerfect() {
        var assignment = Assignment()
        assignment.begin(rows: 2, columns: 2, limit: 1)
        assignment.setCost(0, row: 0, column: 0)
        assignment.setCost(0.3, row: 0, column: 1)
        assignment.setCost(0.2, row: 1, column: 0)
        assignment.solve()
        #expect(assignment.columnOfRow == [1, 0])
    }

    @Test func toleratesEmptySidesAndNumbersThatAreNone() {
        var assignment = Assignment()
        assignment.begin(rows: 0, columns: 5, limit: 1)
        assignment.solve()
        #expect(assignment.columnOfRow.isEmpty)
        assignment.begin(rows: 3, columns: 0, limit: 1)
        assignment.solve()
        #expect(assignment.columnOfRow == [-1, -1, -1])
        assignment.begin(rows: 1, columns: 2, limit: 1)
        assignment.setCost(.nan, row: 0, column: 0)
        assignment.setCost(.infinity, row: 0, column: 1)
        assignment.solve()
        #expect(assignment.columnOfRow == [-1])
    }

    @Test func sortsInPlaceLikeTheStandardLibrary() {
        var random = SeededGenerator(seed: 3)
        for count in 0..<40 {
            var values = (0..<count).map { _ in Int.random(in: 0...20, using: &random) }
            let expected = values.sorted()
            values.sortInPlace(by: <)
            #expect(values == expected)
        }
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
