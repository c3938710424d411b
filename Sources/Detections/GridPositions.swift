/// The cells for which a head of the YOLO kind gives candidates: grids over the input, one a stride.
struct GridPositions {
    /// Strides that heads are made of; the first are those of nearly all.
    private static let strides: [[Int]] = [
        [8, 16, 32], [8, 16, 32, 64], [4, 8, 16, 32], [16, 32], [8, 16], [4, 8, 16], [4, 8, 16, 32, 64],
        [8, 16, 32, 64, 128],
    ]

    private let counts: Set<Int>
    /// Cells of the grids with strides 8, 16 and 32.
    let standardCount: Int

    init(width: Int, height: Int) {
        let sums = Self.strides.map { strides in strides.reduce(0) { $0 + (width / $1) * (height / $1) } }
        counts = Set(sums)
        standardCount = sums[0]
    }

    /// Whether `count` candidates are `perCell` for each cell of some head's grids.
    func fits(_ count: Int, perCell: Int) -> Bool {
        count > 0 && count % perCell == 0 && counts.contains(count / perCell)
    }
}

/// Walks over the cells of the grids with strides 8, 16 and 32, row by row, finest first.
struct GridCells {
    private let width: Int
    private let height: Int
    private var stride = 8
    private var x = 0
    private var y = 0

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    mutating func next() -> (x: Int, y: Int, stride: Int) {
        let cell = (x, y, stride)
        x += 1
        if x >= width / stride {
            x = 0
            y += 1
            if y >= height / stride {
                y = 0
                stride *= 2
            }
        }
        return cell
    }
}
